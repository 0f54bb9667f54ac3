//! Photos: told by their content, turned upright, bounded in size. Where they were taken is not kept.

use crate::{Failure, Result};
use doorstep_domain::Code;
use doorstep_picture::{Fault, Format, Upright};
use image::{DynamicImage, ImageFormat, Rgba, RgbaImage, codecs::jpeg::JpegEncoder, imageops::overlay};
use std::io::Cursor;

/// Longest side of a stored photo, in pixels.
const SIDE_PIXELS_MAX: u32 = 2560;
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
/// [`Code::NotAPicture`] when the bytes are not a JPEG, PNG or WebP that can be read, [`Code::PictureHeic`] when a phone
/// wrote them in a form that few programs read, [`Code::PictureTooLarge`].
pub(crate) fn picture(bytes: &[u8]) -> Result<Picture> {
    stored(&read(bytes, SIDE_PIXELS_MAX)?)
}

/// Reads a drawn signature: a PNG on which a hand has drawn enough to be one.
///
/// # Errors
/// [`Code::NotAPicture`]; those of [`super::drawing::check`].
pub(crate) fn signature(bytes: &[u8]) -> Result<Picture> {
    let read = read(bytes, SIDE_PIXELS_MAX).map_err(|failure| failure.on("signature"))?;
    if read.format != Format::Png {
        return Err(Failure::new(Code::NotAPicture, "a signature is a PNG").on("signature"));
    }
    super::drawing::check(&read.image.to_rgba8()).map_err(|refusal| Failure::from(refusal.on("signature")))?;
    stored(&read)
}

/// A stored picture, smaller: a JPEG of at most `pixels_max` on its longest side.
///
/// # Errors
/// As [`picture`].
pub(crate) fn thumbnail(bytes: &[u8], pixels_max: u32) -> Result<Vec<u8>> {
    jpeg(&read(bytes, pixels_max.clamp(16, SIDE_PIXELS_MAX))?.image)
}

fn stored(read: &Upright) -> Result<Picture> {
    let (width, height) = (read.image.width(), read.image.height());
    if read.format == Format::Png {
        return Ok(Picture { bytes: write(&read.image, ImageFormat::Png)?, media_type: "image/png", width, height });
    }
    Ok(Picture { bytes: jpeg(&read.image)?, media_type: "image/jpeg", width, height })
}

fn read(bytes: &[u8], side_max: u32) -> Result<Upright> {
    doorstep_picture::read(bytes, side_max).map_err(|fault| {
        let code = match fault {
            Fault::Other("HEIC" | "AVIF") => Code::PictureHeic,
            Fault::TooLarge { .. } => Code::PictureTooLarge,
            Fault::Unknown | Fault::Other(_) | Fault::CutOff | Fault::Damaged(_) => Code::NotAPicture,
        };
        Failure::new(code, fault.to_string())
    })
}

/// JPEG knows no transparency: what shows through is white, as paper is.
fn jpeg(image: &DynamicImage) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY);
    let failed = |e: image::ImageError| Failure::internal(format!("JPEG: {e}"));
    if !image.color().has_alpha() {
        image.to_rgb8().write_with_encoder(encoder).map_err(failed)?;
        return Ok(bytes);
    }
    let mut paper = RgbaImage::from_pixel(image.width(), image.height(), Rgba([255; 4]));
    overlay(&mut paper, &image.to_rgba8(), 0, 0);
    DynamicImage::ImageRgba8(paper).to_rgb8().write_with_encoder(encoder).map_err(failed)?;
    Ok(bytes)
}

fn write(image: &DynamicImage, format: ImageFormat) -> Result<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).map_err(|e| Failure::internal(format!("picture: {e}")))?;
    Ok(bytes.into_inner())
}
