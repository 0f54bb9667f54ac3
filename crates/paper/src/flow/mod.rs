//! The flow deals strips out to pages.
//!
//! A strip stays whole unless it is taller than a page; a heading stays with what follows; the head of a table is
//! repeated on every page the table reaches. The flow must never lose a piece of ink, show one twice (heads apart),
//! or put one outside a page's body.

mod split;

use crate::ink::Ink;

/// Ink that belongs together, as wide as the page's body.
#[derive(Debug, Clone, Default)]
pub struct Strip {
    /// Height in points.
    pub height: f32,
    /// The ink, from the strip's top left.
    pub ink: Vec<Ink>,
    /// Space above, in points; dropped at the top of a page.
    pub space_before: f32,
    /// Must not be the last on a page.
    pub keep_with_next: bool,
}

/// A block laid out.
#[derive(Debug, Clone, Default)]
pub struct Laid {
    /// What is repeated above the strips on every page they reach.
    pub head: Option<Strip>,
    /// The strips, from top to bottom.
    pub strips: Vec<Strip>,
}

/// The part of a page that the flow fills.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Body {
    /// Left edge, from the paper's left edge.
    pub left_pt: f32,
    /// Upper edge on the first page, from the paper's upper edge.
    pub first_top_pt: f32,
    /// Upper edge on the other pages.
    pub top_pt: f32,
    /// Lower edge on every page.
    pub bottom_pt: f32,
}

/// Deals `blocks` out to pages and returns each page's ink, placed from the paper's top left. There is always at least
/// one page.
#[must_use]
pub fn deal(blocks: Vec<Laid>, body: Body) -> Vec<Vec<Ink>> {
    let mut dealer = Dealer { body, pages: vec![Vec::new()], y: body.first_top_pt, fresh: true };
    let mut kept: Vec<(Option<Strip>, Strip)> = Vec::new();
    for block in blocks {
        let mut opening = block.head.is_some();
        for strip in block.strips {
            if std::mem::take(&mut opening)
                && let Some(head) = &block.head
            {
                kept.push((None, head.clone()));
            }
            let keep = strip.keep_with_next;
            kept.push((block.head.clone(), strip));
            if !keep {
                dealer.place(std::mem::take(&mut kept));
            }
        }
    }
    dealer.place(kept);
    dealer.pages
}

struct Dealer {
    body: Body,
    pages: Vec<Vec<Ink>>,
    y: f32,
    /// Nothing has been placed on the current page yet, heads apart.
    fresh: bool,
}

/// Rounding that adds up over a page must not push its last strip away.
const SLACK_PT: f32 = 0.01;

/// How much of a strip that must be split has to follow its heading.
const OPENING_PT: f32 = 60.0;

impl Dealer {
    /// Places strips that must not be parted, each with the head to repeat should it open a page.
    fn place(&mut self, kept: Vec<(Option<Strip>, Strip)>) {
        let whole: f32 = kept.iter().map(|(_, strip)| strip.height + strip.space_before).sum();
        let page = self.body.bottom_pt - self.body.top_pt;
        let last = kept.last().map_or(0.0, |(_, strip)| strip.height);
        let need = if whole <= page { whole } else { whole - last + last.min(OPENING_PT) };
        if !self.fresh && need > self.room() + SLACK_PT && need <= page {
            self.turn();
            if let Some((Some(head), _)) = kept.first() {
                self.repeat(head);
            }
        }
        for (head, strip) in kept {
            self.strip(head.as_ref(), strip);
        }
    }

    fn strip(&mut self, head: Option<&Strip>, mut strip: Strip) {
        let fits = |dealer: &Self, strip: &Strip| strip.height + dealer.space(strip) <= dealer.room() + SLACK_PT;
        let head_pt = head.map_or(0.0, |head| head.height);
        let page = self.body.bottom_pt - self.body.top_pt - head_pt;
        if !fits(self, &strip) && !self.fresh && strip.height <= page {
            self.turn_with(head);
        }
        while !fits(self, &strip) {
            let room = self.room() - self.space(&strip);
            let Some((above, below)) = split::split(strip.clone(), room) else {
                if self.fresh {
                    break;
                }
                self.turn_with(head);
                continue;
            };
            self.put(above);
            self.turn_with(head);
            strip = below;
        }
        self.put(strip);
    }

    fn put(&mut self, strip: Strip) {
        self.y += self.space(&strip);
        self.fresh = false;
        self.lay_down(strip);
    }

    fn repeat(&mut self, head: &Strip) {
        self.lay_down(head.clone());
    }

    fn lay_down(&mut self, strip: Strip) {
        let (left, y) = (self.body.left_pt, self.y);
        if let Some(page) = self.pages.last_mut() {
            page.extend(strip.ink.into_iter().map(|ink| ink.moved(left, y)));
        }
        self.y += strip.height;
    }

    fn turn_with(&mut self, head: Option<&Strip>) {
        self.turn();
        if let Some(head) = head {
            self.repeat(head);
        }
    }

    fn turn(&mut self) {
        self.pages.push(Vec::new());
        self.y = self.body.top_pt;
        self.fresh = true;
    }

    fn room(&self) -> f32 {
        self.body.bottom_pt - self.y
    }

    fn space(&self, strip: &Strip) -> f32 {
        if self.fresh { 0.0 } else { strip.space_before }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fonts::{Line, Style};
    use crate::ink::{Colour, Paint};

    const BODY: Body = Body { left_pt: 50.0, first_top_pt: 120.0, top_pt: 60.0, bottom_pt: 700.0 };
    const LINE_PT: f32 = 15.0;

    fn line(name: &str, row: usize) -> Ink {
        let line = Line { text: name.to_owned(), width_pt: 10.0 };
        Ink::Text { x: 0.0, y: row as f32 * LINE_PT, line, style: Style::new(10.0) }
    }

    /// A strip of `rows` lines named after it, on a tinted ground.
    fn strip(name: &str, rows: usize, keep_with_next: bool) -> Strip {
        let height = rows as f32 * LINE_PT;
        let mut ink = vec![Ink::Area { x: 0.0, y: 0.0, width: 400.0, height, paint: Paint::Fill(Colour::WASH) }];
        ink.extend((0..rows).map(|row| line(&format!("{name}.{row}"), row)));
        Strip { height, ink, space_before: 7.0, keep_with_next }
    }

    fn names(page: &[Ink]) -> Vec<String> {
        let name = |ink: &Ink| if let Ink::Text { line, .. } = ink { Some(line.text.clone()) } else { None };
        page.iter().filter_map(name).collect()
    }

    fn table(rows: usize, lines: usize) -> Laid {
        let strips = (0..rows).map(|row| strip(&format!("row{row}"), lines, false)).collect();
        Laid { head: Some(Strip { space_before: 0.0, ..strip("head", 1, true) }), strips }
    }

    #[test]
    fn the_head_of_a_table_is_on_every_page_it_reaches() {
        let pages = deal(vec![table(100, 2)], BODY);
        assert!(pages.len() > 3);
        for page in &pages {
            assert_eq!(names(page).first().map(String::as_str), Some("head.0"));
            assert_eq!(names(page).iter().filter(|name| *name == "head.0").count(), 1);
        }
    }

    #[test]
    fn a_row_that_fits_on_a_page_is_never_parted() {
        for page in deal(vec![table(40, 7)], BODY) {
            let names = names(&page);
            for row in 0..40 {
                let lines = names.iter().filter(|name| name.starts_with(&format!("row{row}."))).count();
                assert!(lines == 0 || lines == 7, "row {row} has {lines} of 7 lines on a page");
            }
        }
    }

    #[test]
    fn a_row_taller_than_a_page_is_parted_between_lines_and_the_head_repeated() {
        let pages = deal(vec![table(1, 130)], BODY);
        assert!(pages.len() >= 3);
        assert!(pages.iter().all(|page| names(page)[0] == "head.0"));
        let lines: Vec<String> = pages.iter().flat_map(|page| names(page).into_iter().skip(1)).collect();
        assert_eq!(lines, (0..130).map(|row| format!("row0.{row}")).collect::<Vec<_>>());
    }

    #[test]
    fn a_heading_is_never_the_last_on_a_page() {
        for filler in 1..60 {
            let before =
                Laid { head: None, strips: (0..filler).map(|row| strip(&format!("f{row}"), 1, false)).collect() };
            let heading = Laid { head: None, strips: vec![strip("heading", 1, true)] };
            for page in deal(vec![before, heading, table(3, 2)], BODY) {
                let names = names(&page);
                if let Some(at) = names.iter().position(|name| name == "heading.0") {
                    assert!(names[at..].iter().any(|name| name == "row0.1"), "with {filler} lines before");
                }
            }
        }
    }

    #[test]
    fn nothing_to_print_is_still_one_page() {
        assert_eq!(deal(Vec::new(), BODY).len(), 1);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_doubled_reordered_or_outside_the_body(
            blocks in prop::collection::vec((any::<bool>(), prop::collection::vec((1_usize..70, any::<bool>()), 0..12)), 0..8)
        ) {
            let mut expected = Vec::new();
            let mut laid = Vec::new();
            for (block, (headed, strips)) in blocks.iter().enumerate() {
                let mut own = Vec::new();
                for (index, (rows, keep)) in strips.iter().enumerate() {
                    let name = format!("b{block}s{index}");
                    expected.extend((0..*rows).map(|row| format!("{name}.{row}")));
                    own.push(strip(&name, *rows, *keep));
                }
                laid.push(Laid { head: headed.then(|| strip("head", 1, true)), strips: own });
            }
            let pages = deal(laid, BODY);
            let found: Vec<String> =
                pages.iter().flat_map(|page| names(page)).filter(|name| name != "head.0").collect();
            prop_assert_eq!(found, expected);
            for (index, page) in pages.iter().enumerate() {
                let top = if index == 0 { BODY.first_top_pt } else { BODY.top_pt };
                let mut last = top;
                for ink in page {
                    let (upper, lower) = ink.extent();
                    prop_assert!(upper >= top - 0.1 && lower <= BODY.bottom_pt + 0.1, "{ink:?} on page {index}");
                    if matches!(ink, Ink::Text { .. }) {
                        prop_assert!(upper >= last - 0.1, "{ink:?} overlaps what is above it");
                        last = lower;
                    }
                }
            }
        }
    }
}
