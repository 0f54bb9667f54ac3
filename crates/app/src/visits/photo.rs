//! Photos: told by their content, turned upright, bounded in size. Where they were taken is not kept.

use crate::{Failure, Result};
use doorstep_domain::Code;
use image::{
    DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, Rgba, RgbaImage,
    codecs::jpeg::JpegEncoder,
    imageops::{FilterType, overlay},
};
use std::io::Cursor;

/// Longest side of a stored photo, in pixels.
const SIDE_PIXELS_MAX: u32 = 2560;
/// Most pixels across or down that are read at all.
const READ_PIXELS_MAX: u32 = 20_000;
/// Most memory for reading one.
const READ_BYTES_MAX: u64 = 512 * 1024 * 1024;
const JPEG_QUALITY: u8 = 85;

/// A picture as it is stored.
pub(crate) struct Picture {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its media type.
    pub media_type: &'static str,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

/// Reads a photo, turns it upright, bounds it, and writes it without what the camera noted about place and device.
///
/// # Errors
/// [`Code::NotAPicture`] when the bytes are not a JPEG, PNG or WebP that can be read.
pub(crate) fn picture(bytes: &[u8]) -> Result<Picture> {
    let (image, format) = read(bytes)?;
    let image = bounded(image, SIDE_PIXELS_MAX);
    let (width, height) = (image.width(), image.height());
    if format == ImageFormat::Png {
        return Ok(Picture { bytes: write(&image, ImageFormat::Png)?, media_type: "image/png", width, height });
    }
    Ok(Picture { bytes: jpeg(&image)?, media_type: "image/jpeg", width, height })
}

/// Pixels of ink that the smallest signature has.
const INK_PIXELS_MIN: usize = 40;

/// Reads a drawn signature: a PNG with ink on it.
///
/// # Errors
/// [`Code::NotAPicture`]; [`Code::Missing`] when nothing is drawn.
pub(crate) fn signature(bytes: &[u8]) -> Result<Picture> {
    let (image, format) = read(bytes)?;
    if format != ImageFormat::Png {
        return Err(Failure::new(Code::NotAPicture, "a signature is a PNG").on("signature"));
    }
    let is_ink = |p: &Rgba<u8>| p.0[3] > 40 && p.0[..3].iter().any(|channel| *channel < 160);
    if image.to_rgba8().pixels().filter(|p| is_ink(p)).count() < INK_PIXELS_MIN {
        return Err(Failure::new(Code::Missing, "nothing is drawn").on("signature"));
    }
    picture(bytes)
}

/// A stored picture, smaller: a JPEG of at most `pixels_max` on its longest side.
///
/// # Errors
/// [`Code::NotAPicture`].
pub(crate) fn thumbnail(bytes: &[u8], pixels_max: u32) -> Result<Vec<u8>> {
    jpeg(&bounded(read(bytes)?.0, pixels_max.clamp(16, SIDE_PIXELS_MAX)))
}

/// Whether a JPEG goes on to its end. The decoder fills what is missing of one that was cut off with grey, and a photo
/// that was copied in part must not pass for evidence.
fn is_whole_jpeg(bytes: &[u8]) -> bool {
    const SCAN: u8 = 0xDA;
    const END: u8 = 0xD9;
    let mut at = 2;
    let mut is_in_scan = false;
    loop {
        // In the data of a scan 0xFF is a marker unless a zero or a restart follows.
        let Some(found) = bytes.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == 0xFF)) else {
            return false;
        };
        at += found + 1;
        match bytes.get(at) {
            None => return false,
            Some(0x00 | 0xD0..=0xD7) if is_in_scan => at += 1,
            Some(0xFF) => {}
            Some(&END) => return true,
            Some(marker) => {
                // Every other segment says how long it is; thumbnails within one have ends of their own.
                let Some(&[high, low]) = bytes.get(at + 1..at + 3) else { return false };
                is_in_scan = *marker == SCAN;
                at += 1 + usize::from(u16::from_be_bytes([high, low]));
            }
        }
    }
}

fn read(bytes: &[u8]) -> Result<(DynamicImage, ImageFormat)> {
    let not_one = |e: &dyn std::fmt::Display| Failure::new(Code::NotAPicture, format!("not a picture: {e}"));
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|e| not_one(&e))?;
    let format = reader.format().ok_or_else(|| not_one(&"unknown content"))?;
    if format == ImageFormat::Jpeg && !is_whole_jpeg(bytes) {
        return Err(not_one(&"it ends in the middle"));
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(READ_PIXELS_MAX);
    limits.max_image_height = Some(READ_PIXELS_MAX);
    limits.max_alloc = Some(READ_BYTES_MAX);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|e| not_one(&e))?;
    let orientation = decoder.orientation().map_err(|e| not_one(&e))?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(|e| not_one(&e))?;
    image.apply_orientation(orientation);
    Ok((image, format))
}

fn bounded(image: DynamicImage, pixels_max: u32) -> DynamicImage {
    if image.width().max(image.height()) <= pixels_max {
        return image;
    }
    image.resize(pixels_max, pixels_max, FilterType::CatmullRom)
}

/// JPEG knows no transparency: what shows through is white, as paper is.
fn jpeg(image: &DynamicImage) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY);
    let mut paper = RgbaImage::from_pixel(image.width(), image.height(), Rgba([255; 4]));
    overlay(&mut paper, &image.to_rgba8(), 0, 0);
    DynamicImage::ImageRgba8(paper)
        .to_rgb8()
        .write_with_encoder(encoder)
        .map_err(|e| Failure::internal(format!("JPEG: {e}")))?;
    Ok(bytes)
}

fn write(image: &DynamicImage, format: ImageFormat) -> Result<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).map_err(|e| Failure::internal(format!("picture: {e}")))?;
    Ok(bytes.into_inner())
}
