//! Running text.

use super::{Block, set, text};
use crate::flow::{Laid, Strip};
use crate::fonts::{Setter, Style};
use crate::ink::Ink;

/// A paragraph; may break between lines.
#[derive(Debug, Clone, PartialEq)]
pub struct Paragraph {
    /// What it says; line breaks are kept.
    pub text: String,
    /// How it is set.
    pub style: Style,
    /// Space above, in points.
    pub space_before: f32,
}

impl Paragraph {
    /// A paragraph in the paper's running text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), style: self::text(), space_before: 4.0 }
    }
}

impl Block for Paragraph {
    fn lay(&self, setter: &mut Setter<'_>, width_pt: f32) -> Laid {
        Laid { head: None, strips: strips(setter, &self.text, self.style, (0.0, width_pt), self.space_before) }
    }
}

/// A paragraph with its number in the margin.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbered {
    /// The number.
    pub number: usize,
    /// What it says, and how.
    pub paragraph: Paragraph,
}

/// Room for the number.
const NUMBER_PT: f32 = 16.0;

impl Block for Numbered {
    fn lay(&self, setter: &mut Setter<'_>, width_pt: f32) -> Laid {
        let Paragraph { text, style, space_before } = &self.paragraph;
        let mut strips = strips(setter, text, *style, (NUMBER_PT, width_pt - NUMBER_PT), *space_before);
        if let Some(first) = strips.first_mut() {
            let mut number = Vec::new();
            set(setter, &mut number, &format!("{}.", self.number), *style, (0.0, 0.0), NUMBER_PT);
            first.ink.splice(0..0, number);
        }
        Laid { head: None, strips }
    }
}

/// One strip a line; the first stays with the second, so that no line stands alone at the foot of a page.
fn strips(setter: &mut Setter<'_>, text: &str, style: Style, (x, width_pt): (f32, f32), space: f32) -> Vec<Strip> {
    let lines = setter.lines(text, style, width_pt);
    let count = lines.len();
    let strip = |(index, line)| Strip {
        height: style.leading_pt,
        ink: vec![Ink::Text { x, y: 0.0, line, style }],
        space_before: if index == 0 { space } else { 0.0 },
        keep_with_next: count > 1 && (index == 0 || index + 2 == count),
    };
    lines.into_iter().enumerate().map(strip).collect()
}
