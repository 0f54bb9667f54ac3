//! What can be put on paper: text, rules, boxes, ticks, pictures and QR codes, placed from the top left of a strip.
//!
//! Ink knows its place and its extent, so that the flow can deal it out to pages; it must never know what it means.

mod content;
mod draw;
mod picture;
mod qr;

use std::rc::Rc;

use crate::fonts::{Line, Mark, Style};
pub(crate) use draw::{Pen, draw, font_name};
pub use picture::Picture;
pub use qr::{Patch, QrMark};

/// A colour, red, green and blue from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Colour(pub f32, pub f32, pub f32);

impl Colour {
    /// Text.
    pub const INK: Self = Self(0.11, 0.12, 0.14);
    /// Labels and asides; 5.4 to 1 on white.
    pub const MUTED: Self = Self(0.40, 0.42, 0.46);
    /// The one accent: headings and the letterhead's rule.
    pub const ACCENT: Self = Self(0.08, 0.27, 0.47);
    /// Thin rules.
    pub const RULE: Self = Self(0.80, 0.82, 0.85);
    /// Behind table heads.
    pub const WASH: Self = Self(0.95, 0.96, 0.975);
    /// As expected, solved.
    pub const GOOD: Self = Self(0.10, 0.45, 0.28);
    /// Not as expected, not solved, refused.
    pub const BAD: Self = Self(0.72, 0.16, 0.13);
}

/// How an item or a problem came out; drawn, so that it never rests on colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tick {
    /// A tick.
    Good,
    /// A cross.
    Bad,
    /// A dash.
    None,
}

/// One piece of ink. `x` is from the left edge of the strip, `y` from its top, both in points.
#[derive(Debug, Clone)]
pub enum Ink {
    /// One line of text.
    Text {
        /// Left edge.
        x: f32,
        /// Top of the line.
        y: f32,
        /// What it says.
        line: Line,
        /// How it is set.
        style: Style,
    },
    /// A horizontal rule.
    Rule {
        /// Left end.
        x: f32,
        /// Height at which it lies.
        y: f32,
        /// Length.
        length: f32,
        /// Thickness.
        weight: f32,
        /// Colour.
        colour: Colour,
    },
    /// A rectangle, filled or outlined.
    Area {
        /// Left edge.
        x: f32,
        /// Upper edge.
        y: f32,
        /// Width.
        width: f32,
        /// Height.
        height: f32,
        /// Fill or outline.
        paint: Paint,
    },
    /// A tick, cross or dash in a square of `size`.
    Tick {
        /// Left edge.
        x: f32,
        /// Upper edge.
        y: f32,
        /// Side of the square.
        size: f32,
        /// Which one.
        tick: Tick,
    },
    /// A picture.
    Picture {
        /// Left edge.
        x: f32,
        /// Upper edge.
        y: f32,
        /// Width.
        width: f32,
        /// Height.
        height: f32,
        /// The picture itself.
        picture: Rc<Picture>,
    },
    /// A QR code in a square of `size`.
    Qr {
        /// Left edge.
        x: f32,
        /// Upper edge.
        y: f32,
        /// Side of the square.
        size: f32,
        /// The code itself.
        code: Rc<QrMark>,
    },
}

/// How a rectangle is painted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Paint {
    /// Filled.
    Fill(Colour),
    /// Outlined, half a point thick.
    Outline(Colour),
    /// Outlined with dashes.
    Dashes(Colour),
}

impl Ink {
    /// Upper and lower edge.
    #[must_use]
    pub fn extent(&self) -> (f32, f32) {
        match self {
            Self::Text { y, style, .. } => (*y, y + style.leading_pt),
            Self::Rule { y, weight, .. } => (*y, y + weight),
            Self::Area { y, height, .. } | Self::Picture { y, height, .. } => (*y, y + height),
            Self::Tick { y, size, .. } | Self::Qr { y, size, .. } => (*y, y + size),
        }
    }

    /// The same ink further right and further down.
    #[must_use]
    pub fn moved(mut self, right: f32, down: f32) -> Self {
        match &mut self {
            Self::Text { x, y, .. }
            | Self::Rule { x, y, .. }
            | Self::Area { x, y, .. }
            | Self::Tick { x, y, .. }
            | Self::Picture { x, y, .. }
            | Self::Qr { x, y, .. } => {
                *x += right;
                *y += down;
            }
        }
        self
    }
}

/// Corners of a mark's strokes in thousandths of an em, above the baseline.
pub(crate) fn strokes(mark: Mark) -> &'static [&'static [(f32, f32)]] {
    const BOX: &[(f32, f32)] = &[(130.0, -10.0), (870.0, -10.0), (870.0, 730.0), (130.0, 730.0), (130.0, -10.0)];
    const TICK: &[(f32, f32)] = &[(260.0, 370.0), (440.0, 180.0), (760.0, 580.0)];
    const RISING: &[(f32, f32)] = &[(290.0, 150.0), (710.0, 570.0)];
    const FALLING: &[(f32, f32)] = &[(290.0, 570.0), (710.0, 150.0)];
    match mark {
        Mark::Box => &[BOX],
        Mark::TickedBox => &[BOX, TICK],
        Mark::CrossedBox => &[BOX, RISING, FALLING],
        Mark::Tick => &[TICK],
        Mark::Cross => &[RISING, FALLING],
    }
}
