//! The signature and the QR code as pictures, for those who cannot draw them.

use image::{GrayImage, ImageFormat, Luma, Rgba, RgbaImage};
use std::{error::Error, io::Cursor, path::Path};

/// A signature of a few strokes, 600 × 200, as PNG.
pub fn signature() -> Result<Vec<u8>, Box<dyn Error>> {
    let mut picture = RgbaImage::from_pixel(600, 200, Rgba([255, 255, 255, 0]));
    for step in 0..3_000u32 {
        let t = f64::from(step) / 3_000.0;
        let (x, y) = (40.0 + 520.0 * t, 100.0 + 70.0 * (t * 23.0).sin() * (t * 5.0).cos());
        for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1), (2, 1), (1, 2)] {
            picture.put_pixel(x as u32 + dx, y as u32 + dy, Rgba([20, 20, 60, 255]));
        }
    }
    let mut png = Cursor::new(Vec::new());
    picture.write_to(&mut png, ImageFormat::Png)?;
    Ok(png.into_inner())
}

/// A QR code of `text`, one pixel a module.
pub fn qr(text: &str, file: &Path) -> Result<(), Box<dyn Error>> {
    let code = qrcode::QrCode::new(text)?;
    let side = u32::try_from(code.width())?;
    let dark = |x: u32, y: u32| code[(x as usize, y as usize)] == qrcode::Color::Dark;
    let picture = GrayImage::from_fn(side, side, |x, y| Luma([if dark(x, y) { 0 } else { 255 }]));
    Ok(picture.save_with_format(file, ImageFormat::Png)?)
}
