//! Ink into printpdf's operations, turning the page's top-left points into PDF's bottom-left ones.

use std::collections::BTreeMap;
use std::rc::Rc;

use printpdf::{
    Codepoint, Color, DictItem, ExternalXObject, Line as PdfLine, LineCapStyle, LineDashPattern, LineJoinStyle,
    LinePoint, Op, PaintMode, PdfFontHandle, Point, Pt, Rect, Rgb, TextItem, TextMatrix, TextRenderingMode, XObjectId,
    XObjectTransform,
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

/// Strokes around bold letters keep square corners square and cut sharper ones than 60° off.
const MITRE_LIMIT: f32 = 2.0;

/// Draws `ink`, placed from the top left of a page `height` points high.
pub(crate) fn draw(pen: &mut Pen<'_, '_>, ink: &[Ink], height: f32) -> Vec<Op> {
    let mut canvas = Canvas { height, ops: Vec::new(), in_text: false, font: None, heavy: false, fill: None };
    canvas.ops.push(Op::SetLineJoinStyle { join: LineJoinStyle::Miter });
    canvas.ops.push(Op::SetMiterLimit { limit: Pt(MITRE_LIMIT) });
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
        let mut run = Run { x, font: 0, items: Vec::new() };
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
                if run.items.is_empty() || run.font != letter.font {
                    self.show(&mut run, baseline, style);
                    run = Run { x: at, font: letter.font, items: Vec::new() };
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
        let items = std::mem::take(&mut run.items);
        if items.is_empty() {
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
        let matrix = TextMatrix::Translate(place(run.x), place(self.height - baseline));
        self.ops.push(Op::SetTextMatrix { matrix });
        self.ops.push(Op::ShowText { items });
    }

    /// Puts a stroke around the letters that follow, or takes it away.
    fn weigh(&mut self, style: Style) {
        let heavy = style.weight == Weight::Bold;
        if heavy {
            self.ops.push(Op::SetOutlineColor { col: style.colour.into() });
            self.ops.push(Op::SetOutlineThickness { pt: pt(style.size_pt * BOLD_STROKE) });
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
        self.ops.push(Op::SetOutlineThickness { pt: pt(weight) });
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
            x: place(x),
            y: place(self.height - y - height),
            width: pt(width),
            height: pt(height),
            mode: Some(mode),
            winding_order: None,
        };
        self.ops.push(Op::DrawRectangle { rectangle });
    }

    /// Modules are whole tenths of a point, so that their corners are short to write and meet exactly.
    fn qr(&mut self, x: f32, y: f32, size: f32, code: &QrMark) {
        self.fill(Colour::INK);
        let tenths = |points: f32| (points * 10.0).floor() / 10.0;
        let module = tenths(size / code.side.max(1) as f32).max(0.1);
        let right = tenths(x + size);
        let (left, top) = (right - module * code.side as f32, self.height - tenths(self.height - y));
        for patch in &code.patches {
            let (width, height) = (patch.width as f32 * module, patch.height as f32 * module);
            let (x, y) = (left + patch.column as f32 * module, top + patch.row as f32 * module);
            self.rectangle(x, y, width, height, PaintMode::Fill);
        }
    }

    fn point(&self, x: f32, y: f32) -> LinePoint {
        LinePoint { p: Point { x: pt(x), y: pt(self.height - y) }, bezier: false }
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

/// Places of text and rules: a tenth of a point is the width of two dots at 1,200 dpi.
fn place(points: f32) -> Pt {
    Pt((points * 10.0).round() / 10.0)
}

/// Sizes: a hundredth of a point is finer than any printer; more digits would only make the file larger.
fn pt(points: f32) -> Pt {
    Pt((points * 100.0).round() / 100.0)
}

/// Letters of one font in a row, and where they begin.
struct Run {
    x: f32,
    font: usize,
    items: Vec<TextItem>,
}

impl Run {
    fn push(&mut self, letter: &Letter, text: &str) {
        if text.chars().nth(1).is_some() {
            let glyph = Codepoint::with_cid(letter.code, 0.0, text.to_owned());
            self.items.push(TextItem::GlyphIds(vec![glyph]));
        } else if let Some(TextItem::Text(open)) = self.items.last_mut() {
            open.push_str(text);
        } else {
            self.items.push(TextItem::Text(text.to_owned()));
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fonts::Fonts;

    fn drawn(text: &str) -> Vec<Op> {
        let mut setter = Setter::new(Fonts::embedded().unwrap());
        let style = Style::new(10.0);
        let line = setter.lines(text, style, 500.0).remove(0);
        let case = Case::new(setter.fonts());
        let mut pen = Pen { setter: &mut setter, case, pictures: Vec::new() };
        draw(&mut pen, &[Ink::Text { x: 10.0, y: 10.0, line, style }], 800.0)
    }

    fn shown(ops: &[Op]) -> Vec<String> {
        let items = ops.iter().filter_map(|op| if let Op::ShowText { items } = op { Some(items) } else { None });
        let text = |item: &TextItem| match item {
            TextItem::Text(text) => text.clone(),
            TextItem::GlyphIds(glyphs) => glyphs.iter().filter_map(|glyph| glyph.cid.clone()).collect(),
            TextItem::Offset(_) => String::new(),
        };
        items.map(|items| items.iter().map(text).collect()).collect()
    }

    #[test]
    fn a_character_no_font_has_is_named_and_reads_back_as_itself() {
        let ops = drawn("好😀的");
        assert_eq!(shown(&ops), ["好", "[U+1F600]", "的"]);
        let actual = ops.iter().find_map(|op| match op {
            Op::BeginMarkedContentWithProperties { properties: DictItem::Dict { map }, .. } => map.get("ActualText"),
            _ => None,
        });
        assert_eq!(actual, Some(&DictItem::Bytes(vec![0xFE, 0xFF, 0xD8, 0x3D, 0xDE, 0x00])));
    }

    #[test]
    fn a_ticked_box_is_drawn_with_lines_and_reads_back_as_itself() {
        let ops = drawn("☑已核对");
        assert_eq!(ops.iter().filter(|op| matches!(op, Op::DrawLine { .. })).count(), 2);
        assert_eq!(shown(&ops).concat(), "☑已核对");
    }

    #[test]
    fn text_sections_and_marked_content_are_properly_nested() {
        let mut open = Vec::new();
        for op in drawn("a😀b☑c葛\u{E0100}") {
            match op {
                Op::StartTextSection => open.push("text"),
                Op::BeginMarkedContentWithProperties { .. } => open.push("marked"),
                Op::EndTextSection => assert_eq!(open.pop(), Some("text")),
                Op::EndMarkedContentWithProperties => assert_eq!(open.pop(), Some("marked")),
                Op::DrawLine { .. } => assert!(!open.contains(&"text")),
                _ => {}
            }
        }
        assert!(open.is_empty());
    }
}
