//! Labels and values in an aligned grid of one or two columns.

use super::{Block, HAIR_PT, label, set, text};
use crate::flow::{Laid, Strip};
use crate::fonts::{Setter, Style};
use crate::ink::{Colour, Ink, Paint, Tick};

/// One label with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// What it is.
    pub label: String,
    /// What it says.
    pub value: String,
    /// Takes the whole width.
    pub wide: bool,
    /// How the value is set.
    pub style: Style,
    /// A tick before the value.
    pub tick: Option<Tick>,
}

impl Field {
    /// A field of half the width.
    #[must_use]
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into(), wide: false, style: text(), tick: None }
    }

    /// The same over the whole width.
    #[must_use]
    pub fn wide(self) -> Self {
        Self { wide: true, ..self }
    }

    /// The same, set otherwise.
    #[must_use]
    pub fn styled(self, style: Style) -> Self {
        Self { style, ..self }
    }

    /// The same with a tick before the value.
    #[must_use]
    pub fn ticked(self, tick: Tick) -> Self {
        Self { tick: Some(tick), ..self }
    }
}

/// A grid of fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Fields {
    /// The fields, row by row.
    pub fields: Vec<Field>,
    /// How many stand side by side, 1 or 2.
    pub columns: usize,
    /// Room for a label, in points.
    pub label_pt: f32,
    /// The first row is the title of the others: tinted, and kept with the second.
    pub titled: bool,
}

/// Space above and below a value.
const PAD_PT: f32 = 3.0;
/// Space between the two columns.
const GUTTER_PT: f32 = 16.0;
/// Space above a titled grid.
const TITLE_SPACE_PT: f32 = 5.0;
/// Side of a tick, and the room it takes with the space after it.
const TICK_PT: (f32, f32) = (7.5, 12.0);

impl Block for Fields {
    fn lay(&self, setter: &mut Setter<'_>, width_pt: f32) -> Laid {
        let half = (width_pt - GUTTER_PT) / 2.0;
        let mut strips = Vec::new();
        let mut rest = self.fields.as_slice();
        while let [first, after @ ..] = rest {
            let paired = self.columns > 1 && !first.wide;
            let second = after.first().filter(|second| paired && !second.wide);
            let width = if paired { half } else { width_pt };
            let mut ink = Vec::new();
            let mut height = self.field(setter, &mut ink, first, 0.0, width);
            if let Some(second) = second {
                height = height.max(self.field(setter, &mut ink, second, half + GUTTER_PT, half));
            }
            rest = if second.is_some() { &after[1..] } else { after };
            let y = height + 2.0 * PAD_PT;
            ink.push(Ink::Rule { x: 0.0, y, length: width_pt, weight: HAIR_PT, colour: Colour::RULE });
            let title = self.titled && strips.is_empty();
            if title {
                let paint = Paint::Fill(Colour::WASH);
                ink.insert(0, Ink::Area { x: 0.0, y: 0.0, width: width_pt, height: y, paint });
            }
            let space_before = if title { TITLE_SPACE_PT } else { 0.0 };
            strips.push(Strip { height: y + HAIR_PT, ink, space_before, keep_with_next: title && !rest.is_empty() });
        }
        Laid { head: None, strips }
    }
}

impl Fields {
    /// Sets one field at `x` and returns its height without padding.
    fn field(&self, setter: &mut Setter<'_>, ink: &mut Vec<Ink>, field: &Field, x: f32, width: f32) -> f32 {
        let sink = field.style.baseline_pt() - label().baseline_pt();
        let named = set(setter, ink, &field.label, label(), (x, PAD_PT + sink), self.label_pt - 4.0);
        let mut left = x + self.label_pt;
        if let Some(tick) = field.tick {
            let y = PAD_PT + (field.style.leading_pt - TICK_PT.0) / 2.0;
            ink.push(Ink::Tick { x: left, y, size: TICK_PT.0, tick });
            left += TICK_PT.1;
        }
        let said = set(setter, ink, &field.value, field.style, (left, PAD_PT), x + width - left);
        named.max(said).max(field.style.leading_pt)
    }
}
