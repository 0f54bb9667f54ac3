//! Sizes of paper and the margins that belong to them.

use serde::{Deserialize, Serialize};

/// PDF points in a millimetre.
pub(crate) const PT_PER_MM: f32 = 72.0 / 25.4;

/// A size of paper. A4 is what receipts are made for; the others use the same blocks in fewer columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Paper {
    /// 210 × 297 mm.
    #[default]
    A4,
    /// 148 × 210 mm.
    A5,
    /// A roll 80 mm wide, cut every 297 mm.
    Roll80,
}

/// Where ink may go, in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sheet {
    /// Width of the paper.
    pub width_pt: f32,
    /// Height of the paper.
    pub height_pt: f32,
    /// Left and right margin.
    pub side_pt: f32,
    /// From the upper edge to the first ink.
    pub top_pt: f32,
    /// From the last ink to the lower edge.
    pub bottom_pt: f32,
}

impl Paper {
    /// The sheet with its margins. Printers leave 4 to 6 mm of an A4 page blank, so margins are never smaller.
    pub(crate) fn sheet(self) -> Sheet {
        let (width_mm, height_mm, side_mm, top_mm, bottom_mm) = match self {
            Self::A4 => (210.0, 297.0, 18.0, 14.0, 10.0),
            Self::A5 => (148.0, 210.0, 12.0, 10.0, 8.0),
            Self::Roll80 => (80.0, 297.0, 4.0, 5.0, 5.0),
        };
        Sheet {
            width_pt: width_mm * PT_PER_MM,
            height_pt: height_mm * PT_PER_MM,
            side_pt: side_mm * PT_PER_MM,
            top_pt: top_mm * PT_PER_MM,
            bottom_pt: bottom_mm * PT_PER_MM,
        }
    }
}

impl Sheet {
    /// Width between the side margins.
    pub fn inner_pt(&self) -> f32 {
        self.width_pt - 2.0 * self.side_pt
    }

    /// Whether there is room for two columns of labels and values side by side.
    pub fn is_wide(&self) -> bool {
        self.inner_pt() > 330.0
    }
}
