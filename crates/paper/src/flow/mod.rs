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
