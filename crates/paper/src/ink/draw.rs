//! Ink into printpdf's operations, turning the page's top-left points into PDF's bottom-left ones.

use std::collections::BTreeMap;
use std::rc::Rc;

use printpdf::{
    Codepoint, Color, DictItem, ExternalXObject, Line as PdfLine, LineCapStyle, LineDashPattern, LineJoinStyle,
    LinePoint, Op, PaintMode, PdfFontHandle, Point, Polygon, PolygonRing, Pt, Rect, Rgb, TextItem, TextMatrix,
    TextRenderingMode, WindingOrder, XObjectId, XObjectTransform,
};

use super::{Colour, Ink, Paint, Picture, QrMark, Tick, strokes};
use crate::fonts::{
    BOLD_STROKE, Case, Letter, Line, Mark, NAME_SCALE, Setter, Shape, Style, Weight, clusters, name_of,
};

/// What is needed to draw pages: the letters used so far and the pictures used so far.
pub(crate) struct Pen<'s, 'f> {
    /// Looks characters up.
    pub setter: &'s mut Setter<'f>,
    /// Gathers the letters.
    pub case: Case<'f>,
    /// Pictures by name, each once.
    pub pictures: Vec<(XObjectId, Rc<Picture>, ExternalXObject)>,
}

/// One page being drawn; remembers what was set last, so that nothing is said twice.
struct Canvas {
    height: f32,
    ops: Vec<Op>,
    in_text: bool,
    font: Option<(usize, f32)>,
    heavy: bool,
    fill: Option<Colour>,
}

/// Draws `ink`, placed from the top left of a page `height` points high.
pub(crate) fn draw(pen: &mut Pen<'_, '_>, ink: &[Ink], height: f32) -> Vec<Op> {
    let mut canvas = Canvas { height, ops: Vec::new(), in_text: false, font: None, heavy: false, fill: None };
    canvas.ops.push(Op::SetLineJoinStyle { join: LineJoinStyle::Round });
    canvas.ops.push(Op::SetLineCapStyle { cap: LineCapStyle::Round });
    for piece in ink {
        canvas.piece(pen, piece);
    }
    canvas.leave_text();
    canvas.ops
}

impl Canvas {
    fn piece(&mut self, pen: &mut Pen<'_, '_>, ink: &Ink) {
        match ink {
            Ink::Text { x, y, line, style } => self.text(pen, *x, y + style.baseline_pt(), line, *style),
            Ink::Rule { x, y, length, weight, colour } => {
                self.fill(*colour);
                self.rectangle(*x, *y, *length, *weight, PaintMode::Fill);
            }
            Ink::Area { x, y, width, height, paint } => self.area(*x, *y, *width, *height, *paint),
            Ink::Tick { x, y, size, tick } => self.tick(*x, *y, *size, *tick),
            Ink::Picture { x, y, width, height, picture } => {
                let id = pen.picture(picture);
                self.leave_text();
                let transform = XObjectTransform {
                    translate_x: Some(Pt(*x)),
                    translate_y: Some(Pt(self.height - y - height)),
                    scale_x: Some(*width),
                    scale_y: Some(*height),
                    no_auto_scale: true,
                    ..XObjectTransform::default()
                };
                self.ops.push(Op::UseXobject { id, transform });
            }
            Ink::Qr { x, y, size, code } => self.qr(*x, *y, *size, code),
        }
    }

    fn text(&mut self, pen: &mut Pen<'_, '_>, x: f32, baseline: f32, line: &Line, style: Style) {
        let mut run = Run { x, font: 0, glyphs: Vec::new() };
        let mut at = x;
        for cluster in clusters(&line.text) {
            let Some(character) = cluster.chars().next() else { continue };
            let look = pen.setter.look(character);
            let letter = match look.shape {
                Shape::Glyph { typeface, gid } => Some(pen.case.letter(typeface, gid, cluster)),
                Shape::Drawn(mark) => {
                    self.mark(at, baseline, mark, style);
                    pen.case.blank(cluster)
                }
                Shape::Named => {
                    self.show(&mut run, baseline, style);
                    self.name(pen, at, baseline, cluster, style);
                    None
                }
            };
            if let Some(letter) = letter {
                if run.glyphs.is_empty() || run.font != letter.font {
                    self.show(&mut run, baseline, style);
                    run = Run { x: at, font: letter.font, glyphs: Vec::new() };
                }
                run.push(&letter, cluster);
            }
            if !matches!(look.shape, Shape::Glyph { .. }) {
                self.show(&mut run, baseline, style);
            }
            at += look.advance * style.size_pt / 1000.0;
        }
        self.show(&mut run, baseline, style);
    }

    /// Writes the letters gathered in `run` and empties it.
    fn show(&mut self, run: &mut Run, baseline: f32, style: Style) {
        let glyphs = std::mem::take(&mut run.glyphs);
        if glyphs.is_empty() {
            return;
        }
        self.fill(style.colour);
        if !std::mem::replace(&mut self.in_text, true) {
            self.ops.push(Op::StartTextSection);
            self.font = None;
        }
        if self.font != Some((run.font, style.size_pt)) {
            self.font = Some((run.font, style.size_pt));
            let font = PdfFontHandle::External(Case::font_id(run.font));
            self.ops.push(Op::SetFont { font, size: Pt(style.size_pt) });
        }
        self.weigh(style);
        let matrix = TextMatrix::Translate(Pt(run.x), Pt(self.height - baseline));
        self.ops.push(Op::SetTextMatrix { matrix });
        self.ops.push(Op::ShowText { items: vec![TextItem::GlyphIds(glyphs)] });
    }

    /// Puts a stroke around the letters that follow, or takes it away.
    fn weigh(&mut self, style: Style) {
        let heavy = style.weight == Weight::Bold;
        if heavy {
            self.ops.push(Op::SetOutlineColor { col: style.colour.into() });
            self.ops.push(Op::SetOutlineThickness { pt: Pt(style.size_pt * BOLD_STROKE) });
        }
        if std::mem::replace(&mut self.heavy, heavy) != heavy {
            let mode = if heavy { TextRenderingMode::FillStroke } else { TextRenderingMode::Fill };
            self.ops.push(Op::SetTextRenderingMode { mode });
        }
    }

    /// Names a character no font has; whoever copies the text gets the character itself.
    fn name(&mut self, pen: &mut Pen<'_, '_>, x: f32, baseline: f32, cluster: &str, style: Style) {
        let mut utf16 = vec![0xFE, 0xFF];
        utf16.extend(cluster.encode_utf16().flat_map(u16::to_be_bytes));
        let map = BTreeMap::from([("ActualText".to_owned(), DictItem::Bytes(utf16))]);
        let properties = DictItem::Dict { map };
        self.leave_text();
        self.ops.push(Op::BeginMarkedContentWithProperties { tag: "Span".to_owned(), properties });
        let text: String = cluster.chars().take(1).map(name_of).collect();
        let small = Style { size_pt: style.size_pt * NAME_SCALE, weight: Weight::Regular, ..style };
        self.text(pen, x, baseline, &Line { text, width_pt: 0.0 }, small);
        self.leave_text();
        self.ops.push(Op::EndMarkedContentWithProperties);
    }

    fn mark(&mut self, x: f32, baseline: f32, mark: Mark, style: Style) {
        let scale = style.size_pt / 1000.0;
        for stroke in strokes(mark) {
            let points = stroke.iter().map(|(right, up)| (x + right * scale, baseline - up * scale)).collect();
            self.stroke(points, style.size_pt * 0.07, style.colour);
        }
    }

    fn tick(&mut self, x: f32, y: f32, size: f32, tick: Tick) {
        let place = |points: &[(f32, f32)]| points.iter().map(|(dx, dy)| (x + dx * size, y + dy * size)).collect();
        let weight = size * 0.13;
        match tick {
            Tick::Good => self.stroke(place(&[(0.12, 0.55), (0.40, 0.82), (0.90, 0.20)]), weight, Colour::GOOD),
            Tick::Bad => {
                self.stroke(place(&[(0.18, 0.18), (0.82, 0.82)]), weight, Colour::BAD);
                self.stroke(place(&[(0.18, 0.82), (0.82, 0.18)]), weight, Colour::BAD);
            }
            Tick::None => self.stroke(place(&[(0.15, 0.50), (0.85, 0.50)]), weight, Colour::MUTED),
        }
    }

    fn stroke(&mut self, points: Vec<(f32, f32)>, weight: f32, colour: Colour) {
        self.leave_text();
        self.ops.push(Op::SetOutlineColor { col: colour.into() });
        self.ops.push(Op::SetOutlineThickness { pt: Pt(weight) });
        let points = points.into_iter().map(|(x, y)| self.point(x, y)).collect();
        self.ops.push(Op::DrawLine { line: PdfLine { points, is_closed: false } });
    }

    fn area(&mut self, x: f32, y: f32, width: f32, height: f32, paint: Paint) {
        if let Paint::Fill(colour) = paint {
            self.fill(colour);
            return self.rectangle(x, y, width, height, PaintMode::Fill);
        }
        let (Paint::Fill(colour) | Paint::Outline(colour) | Paint::Dashes(colour)) = paint;
        self.leave_text();
        self.ops.push(Op::SetOutlineColor { col: colour.into() });
        self.ops.push(Op::SetOutlineThickness { pt: Pt(0.5) });
        let dashed = matches!(paint, Paint::Dashes(_));
        if dashed {
            let dash = LineDashPattern::new(0.0, &[3.0, 2.0]);
            self.ops.push(Op::SetLineDashPattern { dash });
        }
        self.rectangle(x, y, width, height, PaintMode::Stroke);
        if dashed {
            self.ops.push(Op::SetLineDashPattern { dash: LineDashPattern::default() });
        }
    }

    fn rectangle(&mut self, x: f32, y: f32, width: f32, height: f32, mode: PaintMode) {
        self.leave_text();
        let rectangle = Rect {
            x: Pt(x),
            y: Pt(self.height - y - height),
            width: Pt(width),
            height: Pt(height),
            mode: Some(mode),
            winding_order: None,
        };
        self.ops.push(Op::DrawRectangle { rectangle });
    }

    fn qr(&mut self, x: f32, y: f32, size: f32, code: &QrMark) {
        self.leave_text();
        self.fill(Colour::INK);
        let module = size / code.side.max(1) as f32;
        let ring = |(column, row, length): &(usize, usize, usize)| {
            let (left, top) = (x + *column as f32 * module, y + *row as f32 * module);
            let (right, bottom) = (left + *length as f32 * module, top + module);
            let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
            PolygonRing { points: corners.into_iter().map(|(x, y)| self.point(x, y)).collect() }
        };
        let rings = code.runs.iter().map(ring).collect();
        let polygon = Polygon { rings, mode: PaintMode::Fill, winding_order: WindingOrder::NonZero };
        self.ops.push(Op::DrawPolygon { polygon });
    }

    fn point(&self, x: f32, y: f32) -> LinePoint {
        LinePoint { p: Point { x: Pt(x), y: Pt(self.height - y) }, bezier: false }
    }

    fn fill(&mut self, colour: Colour) {
        if self.fill != Some(colour) {
            self.fill = Some(colour);
            self.ops.push(Op::SetFillColor { col: colour.into() });
        }
    }

    fn leave_text(&mut self) {
        if std::mem::take(&mut self.in_text) {
            self.ops.push(Op::EndTextSection);
        }
    }
}

/// Letters of one font in a row, and where they begin.
struct Run {
    x: f32,
    font: usize,
    glyphs: Vec<Codepoint>,
}

impl Run {
    fn push(&mut self, letter: &Letter, text: &str) {
        self.glyphs.push(Codepoint::with_cid(letter.code, 0.0, text.to_owned()));
    }
}

impl Pen<'_, '_> {
    fn picture(&mut self, picture: &Rc<Picture>) -> XObjectId {
        if let Some((id, ..)) = self.pictures.iter().find(|(_, known, _)| Rc::ptr_eq(known, picture)) {
            return id.clone();
        }
        let id = XObjectId(format!("P{}", self.pictures.len()));
        self.pictures.push((id.clone(), Rc::clone(picture), picture.to_stream()));
        id
    }
}

impl From<Colour> for Color {
    fn from(Colour(r, g, b): Colour) -> Self {
        Self::Rgb(Rgb { r, g, b, icc_profile: None })
    }
}
