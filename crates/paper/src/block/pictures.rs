//! Photos side by side, each with its caption, in their own proportions.

use std::rc::Rc;

use super::{Block, SMALL_PT, set};
use crate::flow::{Laid, Strip};
use crate::fonts::{Setter, Style};
use crate::ink::{Colour, Ink, Picture};

/// One photo.
#[derive(Debug, Clone)]
pub struct Shot {
    /// The picture.
    pub picture: Rc<Picture>,
    /// What is written under it.
    pub caption: String,
}

/// Photos in rows.
#[derive(Debug, Clone)]
pub struct Pictures {
    /// The photos, row by row.
    pub shots: Vec<Shot>,
    /// How many stand side by side.
    pub columns: usize,
}

const GUTTER_PT: f32 = 12.0;
const HEIGHT_PT_MAX: f32 = 175.0;

impl Block for Pictures {
    fn lay(&self, setter: &mut Setter<'_>, width_pt: f32) -> Laid {
        let columns = self.columns.max(1);
        let width = (width_pt - GUTTER_PT * (columns - 1) as f32) / columns as f32;
        let strips = self.shots.chunks(columns).map(|row| strip(setter, row, width)).collect();
        Laid { head: None, strips }
    }
}

fn strip(setter: &mut Setter<'_>, row: &[Shot], width_pt: f32) -> Strip {
    let style = Style::new(SMALL_PT).coloured(Colour::MUTED);
    let fits = row.iter().map(|shot| shot.picture.fit(width_pt, HEIGHT_PT_MAX));
    let tallest = fits.fold(0.0_f32, |tallest, (_, height)| tallest.max(height));
    let mut ink = Vec::new();
    let mut height = tallest;
    for (index, shot) in row.iter().enumerate() {
        let left = index as f32 * (width_pt + GUTTER_PT);
        let (width, own) = shot.picture.fit(width_pt, HEIGHT_PT_MAX);
        ink.push(Ink::Picture { x: left, y: 0.0, width, height: own, picture: Rc::clone(&shot.picture) });
        let caption = set(setter, &mut ink, &shot.caption, style, (left, tallest + 2.0), width_pt);
        height = height.max(tallest + 2.0 + caption);
    }
    Strip { height, ink, space_before: 8.0, keep_with_next: false }
}
