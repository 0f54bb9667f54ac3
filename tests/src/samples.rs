//! Files that people bring along: a customer list as a spreadsheet, a photo. Every name is made up.

use anyhow::Result;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use rust_xlsxwriter::Workbook;
use std::path::Path;

/// Writes a spreadsheet of text cells.
///
/// # Errors
/// When it cannot be written.
pub fn workbook(path: &Path, rows: &[&[&str]]) -> Result<()> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name("客户名单")?;
    for (row, cells) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(*cells) {
            sheet.write_string(row, column, *cell)?;
        }
    }
    Ok(book.save(path)?)
}

/// Bytes of a photo: a JPEG with enough in it that two of them differ.
///
/// # Errors
/// When it cannot be encoded.
pub fn photo(width: u32, height: u32) -> Result<Vec<u8>> {
    let image = RgbImage::from_fn(width, height, |x, y| {
        let wave = ((x * x + y * 3) / 97) as u8;
        Rgb([wave, (x / 5) as u8, 255 - (y / 4) as u8])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(image).write_to(&mut bytes, ImageFormat::Jpeg)?;
    Ok(bytes.into_inner())
}

/// Bytes of a signature: a few strokes on nothing.
///
/// # Errors
/// When it cannot be encoded.
pub fn signature() -> Result<Vec<u8>> {
    let mut image = image::RgbaImage::new(600, 200);
    for step in 0..500_u32 {
        let y = 100 + (f64::from(step) / 23.0).sin().mul_add(60.0, 0.0) as i64;
        for thick in 0..3 {
            if let Ok(y) = u32::try_from(y + thick) {
                image.put_pixel(40 + step, y.min(199), image::Rgba([16, 20, 46, 255]));
            }
        }
    }
    let mut bytes = std::io::Cursor::new(Vec::new());
    DynamicImage::ImageRgba8(image).write_to(&mut bytes, ImageFormat::Png)?;
    Ok(bytes.into_inner())
}
