//! Pictures as a PDF takes them: JPEG as it is, everything else as plain samples on white.

use std::collections::BTreeMap;

use doorstep_picture::{Fault, Format, Orientation, head, read};
use image::codecs::jpeg::JpegEncoder;
use image::{ColorType, DynamicImage, RgbImage};
use printpdf::{DictItem, ExternalStream, ExternalXObject};

use crate::Error;

/// The longest side a picture has on paper, in pixels; what is larger is made smaller.
const SIDE_PX_MAX: u32 = 8_000;
/// The largest file a picture may come from, in bytes.
const FILE_BYTES_MAX: usize = 16 << 20;
/// Quality of a photo that had to be turned upright.
const JPEG_QUALITY: u8 = 80;
/// Samples lighter than this count as paper when a drawing is trimmed.
const PAPER: u8 = 0xF4;

/// A picture that can be put into a PDF.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// Width in pixels.
    pub width_px: u32,
    /// Height in pixels.
    pub height_px: u32,
    colour_space: &'static str,
    sample_bits: u8,
    filter: Option<&'static str>,
    samples: Vec<u8>,
}

impl Picture {
    /// Reads a PNG, JPEG or WebP. `place` names it in an error.
    ///
    /// # Errors
    /// [`Error::Picture`] when it is none of these, broken, or has too many pixels, [`Error::TooMuch`] when its file is
    /// too large.
    pub fn read(bytes: &[u8], place: &str) -> Result<Self, Error> {
        Self::checked(bytes, place, |bytes| match head(bytes)?.format {
            Format::Jpeg => Self::photo(bytes),
            Format::Png | Format::WebP => Ok(Self::plain(on_white(read(bytes, SIDE_PX_MAX)?.image))),
        })
    }

    /// Reads a drawn signature: in 16 shades of grey, trimmed to the strokes. A drawing without strokes stays whole.
    ///
    /// # Errors
    /// As [`Picture::read`].
    pub fn read_drawing(bytes: &[u8], place: &str) -> Result<Self, Error> {
        Self::checked(bytes, place, |bytes| Ok(Self::drawing(read(bytes, SIDE_PX_MAX)?.image)))
    }

    fn checked(bytes: &[u8], place: &str, read: impl FnOnce(&[u8]) -> Result<Self, Fault>) -> Result<Self, Error> {
        if bytes.len() > FILE_BYTES_MAX {
            return Err(Error::TooMuch { what: "bytes in a picture", count: bytes.len(), max: FILE_BYTES_MAX });
        }
        read(bytes).map_err(|source| Error::Picture { place: place.to_owned(), source })
    }

    /// A JPEG goes in as it is, unless it lies on its side, has four inks, or is larger than paper needs.
    fn photo(bytes: &[u8]) -> Result<Self, Fault> {
        let head = head(bytes)?;
        let as_it_is = head.orientation == Orientation::NoTransforms && head.width.max(head.height) <= SIDE_PX_MAX;
        let colour_space = match head.channels {
            1 if as_it_is => "DeviceGray",
            3 if as_it_is => "DeviceRGB",
            _ => return Self::turned(read(bytes, SIDE_PX_MAX)?.image),
        };
        let (width_px, height_px, samples) = (head.width, head.height, bytes.to_vec());
        Ok(Self { width_px, height_px, colour_space, sample_bits: 8, filter: Some("DCTDecode"), samples })
    }

    fn turned(picture: DynamicImage) -> Result<Self, Fault> {
        let picture = picture.into_rgb8();
        let mut samples = Vec::new();
        JpegEncoder::new_with_quality(&mut samples, JPEG_QUALITY).encode_image(&picture)?;
        let (width_px, height_px) = picture.dimensions();
        let colour_space = "DeviceRGB";
        Ok(Self { width_px, height_px, colour_space, sample_bits: 8, filter: Some("DCTDecode"), samples })
    }

    fn plain(picture: RgbImage) -> Self {
        let (width_px, height_px) = picture.dimensions();
        let samples = picture.into_raw();
        Self { width_px, height_px, colour_space: "DeviceRGB", sample_bits: 8, filter: None, samples }
    }

    fn drawing(picture: DynamicImage) -> Self {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let grey = darkest_on_white(picture);
        let inked = |sample: &u8| *sample < PAPER;
        let rows = || grey.chunks_exact(width);
        let (top, bottom) = span(rows().map(|row| row.iter().any(inked))).unwrap_or((0, height - 1));
        let drawn = || rows().take(bottom + 1).skip(top);
        let left = drawn().filter_map(|row| row.iter().position(inked)).min().unwrap_or(0);
        let right = drawn().filter_map(|row| row.iter().rposition(inked)).max().unwrap_or(width - 1);
        let samples = drawn().flat_map(|row| row[left..=right].chunks(2).map(two_shades)).collect();
        let (width_px, height_px) = ((right - left + 1) as u32, (bottom - top + 1) as u32);
        Self { width_px, height_px, colour_space: "DeviceGray", sample_bits: 4, filter: None, samples }
    }

    /// Width and height, in points, of the largest copy that fits into the given room.
    pub(crate) fn fit(&self, width_pt: f32, height_pt: f32) -> (f32, f32) {
        let (width, height) = (self.width_px.max(1) as f32, self.height_px.max(1) as f32);
        let scale = (width_pt / width).min(height_pt / height);
        (width * scale, height * scale)
    }

    pub(crate) fn to_stream(&self) -> ExternalXObject {
        let name = |name: &str| DictItem::Name(name.as_bytes().to_vec());
        let mut dict = BTreeMap::from([
            ("Type".to_owned(), name("XObject")),
            ("Subtype".to_owned(), name("Image")),
            ("Width".to_owned(), DictItem::Int(i64::from(self.width_px))),
            ("Height".to_owned(), DictItem::Int(i64::from(self.height_px))),
            ("ColorSpace".to_owned(), name(self.colour_space)),
            ("BitsPerComponent".to_owned(), DictItem::Int(i64::from(self.sample_bits))),
            ("Interpolate".to_owned(), DictItem::Bool(true)),
        ]);
        if let Some(filter) = self.filter {
            dict.insert("Filter".to_owned(), name(filter));
        }
        let stream = ExternalStream { dict, content: self.samples.clone(), compress: self.filter.is_none() };
        ExternalXObject { stream, width: None, height: None, dpi: None }
    }
}

/// What is transparent becomes paper.
fn on_white(picture: DynamicImage) -> RgbImage {
    if picture.color() == ColorType::Rgb8 {
        return picture.into_rgb8();
    }
    let above = picture.into_rgba8();
    let mut paper = RgbImage::from_pixel(above.width(), above.height(), image::Rgb([255; 3]));
    let (pixels, _) = above.as_chunks::<4>();
    for (seen, [red, green, blue, alpha]) in paper.as_chunks_mut::<3>().0.iter_mut().zip(pixels) {
        *seen = [red, green, blue].map(|sample| on_paper(*sample, *alpha));
    }
    paper
}

/// The darkest colour of each pixel, on white.
fn darkest_on_white(picture: DynamicImage) -> Vec<u8> {
    let above = picture.into_rgba8();
    let (pixels, _) = above.as_chunks::<4>();
    pixels.iter().map(|[red, green, blue, alpha]| on_paper(*red.min(green).min(blue), *alpha)).collect()
}

/// Two samples of a row in one byte, or the last one alone.
fn two_shades(samples: &[u8]) -> u8 {
    let shade = |at: usize| samples.get(at).map_or(0, |sample| ((u16::from(*sample) * 15 + 127) / 255) as u8);
    shade(0) << 4 | shade(1)
}

fn on_paper(sample: u8, alpha: u8) -> u8 {
    let (sample, alpha) = (u32::from(sample), u32::from(alpha));
    ((sample * alpha + 255 * (255 - alpha)) / 255) as u8
}

/// The first and the last that is so.
fn span(so: impl DoubleEndedIterator<Item = bool> + ExactSizeIterator + Clone) -> Option<(usize, usize)> {
    Some((so.clone().position(|so| so)?, so.clone().rposition(|so| so)?))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{ImageFormat, Rgba, RgbaImage};

    use super::*;

    fn png(picture: &RgbaImage) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn a_drawing_is_trimmed_to_its_strokes_and_kept_in_sixteen_shades() {
        let mut picture = RgbaImage::from_pixel(9, 7, Rgba([0, 0, 0, 0]));
        for (x, y, colour) in [(2, 1, [0, 0, 0, 255]), (4, 3, [0, 0, 90, 128]), (3, 2, [255, 255, 255, 255])] {
            picture.put_pixel(x, y, Rgba(colour));
        }
        let drawing = Picture::read_drawing(&png(&picture), "signature").unwrap();
        assert_eq!((drawing.width_px, drawing.height_px), (3, 3));
        assert_eq!(drawing.samples, [0x0f, 0xf0, 0xff, 0xf0, 0xff, 0x70], "rows end on whole bytes");
    }

    #[test]
    fn a_drawing_without_strokes_stays_whole() {
        let drawing = Picture::read_drawing(&png(&RgbaImage::new(2, 5)), "signature").unwrap();
        assert_eq!((drawing.width_px, drawing.height_px, drawing.samples), (2, 5, vec![0xff; 5]));
    }
}
