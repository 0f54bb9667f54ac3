//! QR codes as filled rectangles, sharp at any size.

use qrcode::{Color, EcLevel, QrCode};

use crate::Error;

/// A dark rectangle of modules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patch {
    /// First column.
    pub column: usize,
    /// First row.
    pub row: usize,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

/// A QR code: modules merged into rectangles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QrMark {
    /// Modules along one side, without the quiet zone.
    pub side: usize,
    /// Dark rectangles.
    pub patches: Vec<Patch>,
}

impl QrMark {
    /// Encodes `text` with medium error correction.
    ///
    /// # Errors
    /// [`Error::Qr`] when the text is longer than a QR code can be.
    pub fn encode(text: &str) -> Result<Self, Error> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(|source| Error::Qr { source })?;
        let side = code.width();
        let modules = code.to_colors();
        let mut patches: Vec<Patch> = Vec::new();
        for (row, modules) in modules.chunks(side).enumerate() {
            let mut column = 0;
            for run in modules.chunk_by(|one, next| one == next) {
                if run.first() == Some(&Color::Dark) {
                    let width = run.len();
                    let above = |patch: &&mut Patch| {
                        (patch.column, patch.width, patch.row + patch.height) == (column, width, row)
                    };
                    match patches.iter_mut().rev().find(above) {
                        Some(patch) => patch.height += 1,
                        None => patches.push(Patch { column, row, width, height: 1 }),
                    }
                }
                column += run.len();
            }
        }
        Ok(Self { side, patches })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_patches_cover_the_dark_modules_and_nothing_else() {
        let text = "DS-CD-20261123-7F3A9C 9F2C4E8B7A1D0C6F5E3B2A1908F7E6D5C4B3A29180F7E6D5C4B3A2910F8E7D6C";
        let mark = QrMark::encode(text).unwrap();
        let mut covered = vec![0; mark.side * mark.side];
        for patch in &mark.patches {
            for row in patch.row..patch.row + patch.height {
                for column in patch.column..patch.column + patch.width {
                    covered[row * mark.side + column] += 1;
                }
            }
        }
        let code = QrCode::with_error_correction_level(text, EcLevel::M).unwrap();
        let dark: Vec<i32> = code.to_colors().into_iter().map(|colour| i32::from(colour == Color::Dark)).collect();
        assert_eq!(covered, dark);
    }
}
