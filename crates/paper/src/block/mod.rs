//! Blocks: the parts a paper is made of, each of which can lay itself out in a given width.
//!
//! A block turns into strips (`Laid`) that the flow places from top to bottom. A block knows text and widths; it must
//! never know on which page it will land.

mod fields;
mod heading;
mod paragraph;
mod pictures;
mod signature;
mod table;

pub use fields::{Field, Fields};
pub use heading::Heading;
pub use paragraph::{Numbered, Paragraph};
pub use pictures::{Pictures, Shot};
pub use signature::{SignatureBox, Signing};
pub use table::{Cell, Column, Room, Row, Table};

use crate::flow::Laid;
use crate::fonts::{Setter, Style, Weight};
use crate::ink::{Colour, Ink};

/// A part of a paper.
pub trait Block {
    /// Lays the block out, `width_pt` wide.
    fn lay(&self, setter: &mut Setter<'_>, width_pt: f32) -> Laid;
}

/// A block that stays on one page with whatever follows it, as far as a page can hold both.
pub struct Kept(pub Box<dyn Block>);

impl Block for Kept {
    fn lay(&self, setter: &mut Setter<'_>, width_pt: f32) -> Laid {
        let mut laid = self.0.lay(setter, width_pt);
        laid.strips.iter_mut().for_each(|strip| strip.keep_with_next = true);
        laid
    }
}

/// Size of running text, in points.
pub(crate) const TEXT_PT: f32 = 9.5;
/// Size of labels, remarks and table heads, in points.
pub(crate) const SMALL_PT: f32 = 8.5;
/// Thickness of a hairline, in points.
pub(crate) const HAIR_PT: f32 = 0.5;

pub(crate) fn text() -> Style {
    Style::new(TEXT_PT)
}

pub(crate) fn label() -> Style {
    Style { size_pt: SMALL_PT, leading_pt: TEXT_PT * 1.5, weight: Weight::Regular, colour: Colour::MUTED }
}

/// Sets `text` into lines from `(x, y)` down and returns the height they take.
pub(crate) fn set(
    setter: &mut Setter<'_>,
    ink: &mut Vec<Ink>,
    text: &str,
    style: Style,
    (x, y): (f32, f32),
    width_pt: f32,
) -> f32 {
    let lines = setter.lines(text, style, width_pt);
    let height = lines.len() as f32 * style.leading_pt;
    let placed = lines.into_iter().enumerate();
    ink.extend(placed.map(|(index, line)| Ink::Text { x, y: y + index as f32 * style.leading_pt, line, style }));
    height
}

/// Sets `text` on one line that ends at `right`.
pub(crate) fn set_right(setter: &mut Setter<'_>, ink: &mut Vec<Ink>, text: &str, style: Style, (right, y): (f32, f32)) {
    let width_pt = setter.width(text, style);
    let line = crate::fonts::Line { text: text.to_owned(), width_pt };
    ink.push(Ink::Text { x: right - width_pt, y, line, style });
}
