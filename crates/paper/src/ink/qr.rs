//! QR codes as a few filled polygons, sharp at any size.

use qrcode::{Color, EcLevel, QrCode};

use crate::Error;

/// A QR code: modules merged into runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QrMark {
    /// Modules along one side, without the quiet zone.
    pub side: usize,
    /// Dark runs: column, row, length.
    pub runs: Vec<(usize, usize, usize)>,
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
        let mut runs = Vec::new();
        for (row, modules) in modules.chunks(side).enumerate() {
            let mut column = 0;
            for run in modules.chunk_by(|one, next| one == next) {
                if run.first() == Some(&Color::Dark) {
                    runs.push((column, row, run.len()));
                }
                column += run.len();
            }
        }
        Ok(Self { side, runs })
    }
}
