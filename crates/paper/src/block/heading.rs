//! The heading of a section: an accent bar, the title, a hairline.

use super::{Block, HAIR_PT, set};
use crate::flow::{Laid, Strip};
use crate::fonts::{Setter, Style};
use crate::ink::{Colour, Ink, Paint};

/// A section's title; stays with what follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// What it says.
    pub title: String,
}

const SIZE_PT: f32 = 11.5;

impl Block for Heading {
    fn lay(&self, setter: &mut Setter<'_>, width_pt: f32) -> Laid {
        let style = Style { leading_pt: SIZE_PT * 1.4, ..Style::new(SIZE_PT).bold().coloured(Colour::ACCENT) };
        let bar = Ink::Area { x: 0.0, y: 2.6, width: 3.0, height: SIZE_PT, paint: Paint::Fill(Colour::ACCENT) };
        let mut ink = vec![bar];
        let height = set(setter, &mut ink, &self.title, style, (9.0, 0.0), width_pt - 9.0);
        let y = height + 2.5;
        ink.push(Ink::Rule { x: 0.0, y, length: width_pt, weight: HAIR_PT, colour: Colour::RULE });
        let strip = Strip { height: y + HAIR_PT, ink, space_before: 13.0, keep_with_next: true };
        Laid { head: None, strips: vec![strip] }
    }
}
