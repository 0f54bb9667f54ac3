//! Ink into the operators of a page, turning the page's top-left points into PDF's bottom-left ones.

use std::rc::Rc;

use printpdf::{ExternalXObject, XObjectId};

use super::content::Content;
use super::{Colour, Ink, Paint, Picture, QrMark, Tick, strokes};
use crate::fonts::{
    BOLD_STROKE, Case, Cluster, Line, Mark, NAME_SCALE, Piece, Setter, Shape, Style, Weight, clusters, is_shaped,
    name_of,
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

/// The name under which pages refer to the small font at `index`.
pub(crate) fn font_name(index: usize) -> String {
    format!("T{index}")
}

/// One page being drawn; remembers what was set last, so that nothing is said twice.
struct Canvas {
    height: f32,
    content: Content,
    /// Where the last text began, while text is being written.
    text_at: Option<(f32, f32)>,
    font: Option<(usize, f32)>,
    heavy: bool,
    fill: Option<Colour>,
    stroke: Option<(Colour, f32)>,
}

/// Strokes around bold letters keep square corners square and cut sharper ones than 60° off.
const MITRE_LIMIT: f32 = 2.0;
/// PDF's number for mitred joins.
const MITRED: f32 = 0.0;
/// PDF's number for round ends.
const ROUND: f32 = 1.0;
/// PDF's number for letters that are filled.
const FILLED: f32 = 0.0;
/// PDF's number for letters with a stroke around them.
const STROKED: f32 = 2.0;

/// Draws `ink`, placed from the top left of a page `height` points high.
pub(crate) fn draw(pen: &mut Pen<'_, '_>, ink: &[Ink], height: f32) -> Vec<u8> {
    let content = Content::default();
    let mut canvas = Canvas { height, content, text_at: None, font: None, heavy: false, fill: None, stroke: None };
    canvas.content.put(&[MITRED], "j");
    canvas.content.put(&[MITRE_LIMIT], "M");
    canvas.content.put(&[ROUND], "J");
    for piece in ink {
        canvas.piece(pen, piece);
    }
    canvas.leave_text();
    canvas.content.into_bytes()
}

impl Canvas {
    fn piece(&mut self, pen: &mut Pen<'_, '_>, ink: &Ink) {
        match ink {
            Ink::Text { x, y, line, style } => self.text(pen, *x, y + style.baseline_pt(), line, *style),
            Ink::Rule { x, y, length, weight, colour } => {
                self.fill(*colour);
                self.rectangle(*x, *y, *length, *weight, "re f");
            }
            Ink::Area { x, y, width, height, paint } => self.area(*x, *y, *width, *height, *paint),
            Ink::Tick { x, y, size, tick } => self.tick(*x, *y, *size, *tick),
            Ink::Picture { x, y, width, height, picture } => {
                let id = pen.picture(picture);
                self.leave_text();
                self.content.put(&[], "q");
                self.content.put(&[*width, 0.0, 0.0, *height, *x, self.height - y - height], "cm");
                self.content.named(&id.0, &[], "Do");
                self.content.put(&[], "Q");
            }
            Ink::Qr { x, y, size, code } => self.qr(*x, *y, *size, code),
        }
    }

    fn text(&mut self, pen: &mut Pen<'_, '_>, x: f32, baseline: f32, line: &Line, style: Style) {
        if is_shaped(&line.text) {
            self.pieces(pen, x, baseline, &line.text, style);
        } else {
            self.plain(pen, x, baseline, &line.text, style);
        }
    }

    /// Writes a line with letters that change with their neighbours, from left to right as it is seen. Whoever copies the
    /// text gets each letter as it was typed.
    fn pieces(&mut self, pen: &mut Pen<'_, '_>, x: f32, baseline: f32, text: &str, style: Style) {
        let scale = style.size_pt / 1000.0;
        let mut at = x;
        for piece in pen.setter.fonts().pieces(text) {
            match piece {
                Piece::Plain(text) => {
                    self.plain(pen, at, baseline, &text, style);
                    at += pen.setter.width(&text, style);
                }
                Piece::Shaped { typeface, clusters, advance } => {
                    for cluster in &clusters {
                        self.cluster(pen, (at, baseline), typeface, cluster, style);
                    }
                    at += advance * scale;
                }
            }
        }
    }

    fn cluster(&mut self, pen: &mut Pen<'_, '_>, at: (f32, f32), typeface: usize, cluster: &Cluster, style: Style) {
        let scale = style.size_pt / 1000.0;
        // One glyph says what it stands for; several say it together.
        let together = cluster.glyphs.len() > 1;
        if together {
            self.leave_text();
            self.content.begin_standing_for(&cluster.text);
        }
        for glyph in &cluster.glyphs {
            let letter = pen.case.letter(typeface, glyph.gid, if together { " " } else { &cluster.text });
            let mut run = Run { x: at.0 + glyph.right * scale, font: letter.font, codes: vec![letter.code] };
            self.show(&mut run, at.1 - glyph.up * scale, style);
        }
        if together {
            self.leave_text();
            self.content.put(&[], "EMC");
        }
    }

    fn plain(&mut self, pen: &mut Pen<'_, '_>, x: f32, baseline: f32, text: &str, style: Style) {
        let mut run = Run { x, font: 0, codes: Vec::new() };
        let mut at = x;
        for cluster in clusters(text) {
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
                if run.codes.is_empty() || run.font != letter.font {
                    self.show(&mut run, baseline, style);
                    (run.x, run.font) = (at, letter.font);
                }
                run.codes.push(letter.code);
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
        if run.codes.is_empty() {
            return;
        }
        self.fill(style.colour);
        if self.text_at.is_none() {
            self.content.put(&[], "BT");
        }
        if self.font != Some((run.font, style.size_pt)) {
            self.font = Some((run.font, style.size_pt));
            self.content.named(&font_name(run.font), &[style.size_pt], "Tf");
        }
        self.weigh(style);
        let (from, to) = (self.text_at.unwrap_or_default(), (tenth(run.x), tenth(self.height - baseline)));
        self.text_at = Some(to);
        self.content.put(&[tenth(to.0 - from.0), tenth(to.1 - from.1)], "Td");
        self.content.show(&run.codes);
        run.codes.clear();
    }

    /// Puts a stroke around the letters that follow, or takes it away.
    fn weigh(&mut self, style: Style) {
        let heavy = style.weight == Weight::Bold;
        if heavy {
            self.stroke_with(style.colour, style.size_pt * BOLD_STROKE);
        }
        if std::mem::replace(&mut self.heavy, heavy) != heavy {
            self.content.put(&[if heavy { STROKED } else { FILLED }], "Tr");
        }
    }

    /// Names a character no font has; whoever copies the text gets the character itself.
    fn name(&mut self, pen: &mut Pen<'_, '_>, x: f32, baseline: f32, cluster: &str, style: Style) {
        self.leave_text();
        self.content.begin_standing_for(cluster);
        let text: String = cluster.chars().take(1).map(name_of).collect();
        let small = Style { size_pt: style.size_pt * NAME_SCALE, weight: Weight::Regular, ..style };
        self.text(pen, x, baseline, &Line { text, width_pt: 0.0 }, small);
        self.leave_text();
        self.content.put(&[], "EMC");
    }

    fn mark(&mut self, x: f32, baseline: f32, mark: Mark, style: Style) {
        let scale = style.size_pt / 1000.0;
        for stroke in strokes(mark) {
            let place = |(right, up): &(f32, f32)| (x + right * scale, baseline - up * scale);
            self.stroke(&stroke.iter().map(place).collect::<Vec<_>>(), style.size_pt * 0.07, style.colour);
        }
    }

    fn tick(&mut self, x: f32, y: f32, size: f32, tick: Tick) {
        let mut stroke = |points: &[(f32, f32)], colour| {
            let points: Vec<_> = points.iter().map(|(dx, dy)| (x + dx * size, y + dy * size)).collect();
            self.stroke(&points, size * 0.13, colour);
        };
        match tick {
            Tick::Good => stroke(&[(0.12, 0.55), (0.40, 0.82), (0.90, 0.20)], Colour::GOOD),
            Tick::Bad => {
                stroke(&[(0.18, 0.18), (0.82, 0.82)], Colour::BAD);
                stroke(&[(0.18, 0.82), (0.82, 0.18)], Colour::BAD);
            }
            Tick::None => stroke(&[(0.15, 0.50), (0.85, 0.50)], Colour::MUTED),
        }
    }

    fn stroke(&mut self, points: &[(f32, f32)], weight: f32, colour: Colour) {
        self.leave_text();
        self.stroke_with(colour, weight);
        for (index, (x, y)) in points.iter().enumerate() {
            let operator = if index == 0 { "m" } else { "l" };
            self.content.put(&[hundredth(*x), hundredth(self.height - y)], operator);
        }
        self.content.put(&[], "S");
    }

    fn area(&mut self, x: f32, y: f32, width: f32, height: f32, paint: Paint) {
        if let Paint::Fill(colour) = paint {
            self.fill(colour);
            return self.rectangle(x, y, width, height, "re f");
        }
        let (Paint::Fill(colour) | Paint::Outline(colour) | Paint::Dashes(colour)) = paint;
        self.stroke_with(colour, 0.5);
        let dashed = matches!(paint, Paint::Dashes(_));
        if dashed {
            self.content.put(&[], "[3 2] 0 d");
        }
        self.rectangle(x, y, width, height, "re S");
        if dashed {
            self.content.put(&[], "[] 0 d");
        }
    }

    fn rectangle(&mut self, x: f32, y: f32, width: f32, height: f32, operator: &str) {
        self.leave_text();
        let (x, y) = (tenth(x), tenth(self.height - y - height));
        self.content.put(&[x, y, hundredth(width), hundredth(height)], operator);
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
            self.rectangle(x, y, width, height, "re");
        }
        self.content.put(&[], "f");
    }

    fn fill(&mut self, colour: Colour) {
        if self.fill.replace(colour) != Some(colour) {
            let Colour(red, green, blue) = colour;
            self.content.put(&[red, green, blue], "rg");
        }
    }

    /// Sets colour and thickness of lines.
    fn stroke_with(&mut self, colour: Colour, weight: f32) {
        let weight = hundredth(weight);
        if self.stroke.replace((colour, weight)) != Some((colour, weight)) {
            let Colour(red, green, blue) = colour;
            self.content.put(&[red, green, blue], "RG");
            self.content.put(&[weight], "w");
        }
    }

    fn leave_text(&mut self) {
        if self.text_at.take().is_some() {
            self.content.put(&[], "ET");
        }
    }
}

/// Places of text and rules: a tenth of a point is the width of two dots at 1,200 dpi.
fn tenth(points: f32) -> f32 {
    (points * 10.0).round() / 10.0
}

/// Sizes: a hundredth of a point is finer than any printer; more digits would only make the file larger.
fn hundredth(points: f32) -> f32 {
    (points * 100.0).round() / 100.0
}

/// Letters of one font in a row, and where they begin.
struct Run {
    x: f32,
    font: usize,
    codes: Vec<u16>,
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

#[cfg(test)]
mod tests {
    use lopdf::content::{Content, Operation};

    use super::*;
    use crate::fonts::Fonts;

    /// The operations that draw `text`, and what each shows, as it reads back.
    fn drawn(text: &str) -> (Vec<Operation>, Vec<String>) {
        let mut setter = Setter::new(Fonts::embedded().unwrap());
        let style = Style::new(10.0);
        let line = setter.lines(text, style, 500.0).remove(0);
        let case = Case::new(setter.fonts());
        let mut pen = Pen { setter: &mut setter, case, pictures: Vec::new() };
        let content = draw(&mut pen, &[Ink::Text { x: 10.0, y: 10.0, line, style }], 800.0);
        let operations = Content::decode(&content).unwrap().operations;
        let mut font = 0;
        let mut shown = Vec::new();
        for operation in &operations {
            match (operation.operator.as_str(), operation.operands.as_slice()) {
                ("Tf", [name, ..]) => {
                    font = (0..9).find(|index| font_name(*index).as_bytes() == name.as_name().unwrap()).unwrap();
                }
                ("Tj", [codes]) => {
                    let codes = codes.as_str().unwrap().as_chunks::<2>().0.iter();
                    let texts = &pen.case.small()[font].texts;
                    shown.push(codes.map(|code| texts[usize::from(u16::from_be_bytes(*code))].as_str()).collect());
                }
                _ => {}
            }
        }
        (operations, shown)
    }

    #[test]
    fn a_character_no_font_has_is_named_and_reads_back_as_itself() {
        let (operations, shown) = drawn("好😀的");
        assert_eq!(shown, ["好", "[U+1F600]", "的"]);
        let properties = operations.iter().find(|operation| operation.operator == "BDC").unwrap();
        let actual = properties.operands[1].as_dict().unwrap().get(b"ActualText").unwrap();
        assert_eq!(actual.as_str().unwrap(), [0xFE, 0xFF, 0xD8, 0x3D, 0xDE, 0x00]);
    }

    #[test]
    fn a_ticked_box_is_drawn_with_lines_and_reads_back_as_itself() {
        let (operations, shown) = drawn("☑已核对");
        assert_eq!(operations.iter().filter(|operation| operation.operator == "S").count(), 2);
        assert_eq!(shown.concat(), "☑已核对");
    }

    #[test]
    fn text_sections_and_marked_content_are_properly_nested() {
        let mut open = Vec::new();
        for operation in drawn("a😀b☑c葛\u{E0100}").0 {
            match operation.operator.as_str() {
                "BT" => open.push("text"),
                "BDC" => open.push("marked"),
                "ET" => assert_eq!(open.pop(), Some("text")),
                "EMC" => assert_eq!(open.pop(), Some("marked")),
                "m" | "re" => assert!(!open.contains(&"text")),
                _ => {}
            }
        }
        assert!(open.is_empty());
    }
}
