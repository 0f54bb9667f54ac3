//! Pictures as a PDF takes them: JPEG as it is, everything else as plain samples on white.

use std::collections::BTreeMap;
use std::io::Cursor;

use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage};
use printpdf::{DictItem, ExternalStream, ExternalXObject};

use crate::Error;

/// The largest side a picture may have, in pixels.
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
    filter: Option<&'static str>,
    samples: Vec<u8>,
}

impl Picture {
    /// Reads a PNG, JPEG or WebP. `place` names it in an error.
    ///
    /// # Errors
    /// [`Error::Picture`] when it is none of these or broken, [`Error::TooMuch`] when it is too large.
    pub fn read(bytes: &[u8], place: &str) -> Result<Self, Error> {
        Self::checked(bytes, place, |bytes| match image::guess_format(bytes)? {
            ImageFormat::Jpeg => Self::photo(bytes),
            _ => decode(bytes).map(|picture| Self::plain(&on_white(&picture))),
        })
    }

    /// Reads a drawn signature: in shades of grey, trimmed to the strokes. A drawing without strokes stays whole.
    ///
    /// # Errors
    /// As [`Picture::read`].
    pub fn read_drawing(bytes: &[u8], place: &str) -> Result<Self, Error> {
        Self::checked(bytes, place, |bytes| decode(bytes).map(|picture| Self::drawing(&on_white(&picture))))
    }

    fn checked(bytes: &[u8], place: &str, read: impl FnOnce(&[u8]) -> Result<Self, ImageError>) -> Result<Self, Error> {
        if bytes.len() > FILE_BYTES_MAX {
            return Err(Error::TooMuch { what: "bytes in a picture", count: bytes.len(), max: FILE_BYTES_MAX });
        }
        read(bytes).map_err(|source| Error::Picture { place: place.to_owned(), source })
    }

    /// A JPEG goes in as it is, unless it lies on its side or has four inks.
    fn photo(bytes: &[u8]) -> Result<Self, ImageError> {
        let mut decoder = JpegDecoder::new(Cursor::new(bytes))?;
        decoder.set_limits(limits())?;
        let (width_px, height_px) = decoder.dimensions();
        let upright = decoder.orientation()? == Orientation::NoTransforms;
        let colour_space = match decoder.original_color_type() {
            image::ExtendedColorType::L8 if upright => "DeviceGray",
            image::ExtendedColorType::Rgb8 if upright => "DeviceRGB",
            _ => return Self::turned(decoder),
        };
        Ok(Self { width_px, height_px, colour_space, filter: Some("DCTDecode"), samples: bytes.to_vec() })
    }

    fn turned(mut decoder: JpegDecoder<Cursor<&[u8]>>) -> Result<Self, ImageError> {
        let orientation = decoder.orientation()?;
        let mut picture = DynamicImage::from_decoder(decoder)?;
        picture.apply_orientation(orientation);
        let picture = picture.into_rgb8();
        let mut samples = Vec::new();
        JpegEncoder::new_with_quality(&mut samples, JPEG_QUALITY).encode_image(&picture)?;
        let (width_px, height_px) = picture.dimensions();
        Ok(Self { width_px, height_px, colour_space: "DeviceRGB", filter: Some("DCTDecode"), samples })
    }

    fn plain(picture: &RgbImage) -> Self {
        let (width_px, height_px) = picture.dimensions();
        let samples = picture.as_raw().clone();
        Self { width_px, height_px, colour_space: "DeviceRGB", filter: None, samples }
    }

    fn drawing(picture: &RgbImage) -> Self {
        let grey: Vec<u8> = picture.pixels().map(|pixel| darkest(pixel.0)).collect();
        let width = picture.width() as usize;
        let inked = |index: &usize| grey[*index] < PAPER;
        let columns = (0..grey.len()).filter(inked).map(|index| index % width);
        let rows = (0..grey.len()).filter(inked).map(|index| index / width);
        let (left, right) = span(columns).unwrap_or((0, width - 1));
        let (top, bottom) = span(rows).unwrap_or((0, picture.height() as usize - 1));
        let samples: Vec<u8> =
            (top..=bottom).flat_map(|row| &grey[row * width + left..=row * width + right]).copied().collect();
        let (width_px, height_px) = ((right - left + 1) as u32, (bottom - top + 1) as u32);
        Self { width_px, height_px, colour_space: "DeviceGray", filter: None, samples }
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
            ("BitsPerComponent".to_owned(), DictItem::Int(8)),
            ("Interpolate".to_owned(), DictItem::Bool(true)),
        ]);
        if let Some(filter) = self.filter {
            dict.insert("Filter".to_owned(), name(filter));
        }
        let stream = ExternalStream { dict, content: self.samples.clone(), compress: self.filter.is_none() };
        ExternalXObject { stream, width: None, height: None, dpi: None }
    }
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_PX_MAX);
    limits.max_image_height = Some(SIDE_PX_MAX);
    limits
}

fn decode(bytes: &[u8]) -> Result<DynamicImage, ImageError> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    reader.limits(limits());
    reader.decode()
}

/// What is transparent becomes paper.
fn on_white(picture: &DynamicImage) -> RgbImage {
    if picture.color() == ColorType::Rgb8 {
        return picture.to_rgb8();
    }
    let picture = picture.to_rgba8();
    let over = |sample: u8, alpha: u8| {
        let (sample, alpha) = (u32::from(sample), u32::from(alpha));
        ((sample * alpha + 255 * (255 - alpha)) / 255) as u8
    };
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [red, green, blue, alpha] = picture.get_pixel(x, y).0;
        image::Rgb([over(red, alpha), over(green, alpha), over(blue, alpha)])
    })
}

fn darkest([red, green, blue]: [u8; 3]) -> u8 {
    red.min(green).min(blue)
}

fn span(values: impl Iterator<Item = usize>) -> Option<(usize, usize)> {
    values.fold(None, |span, value| {
        let (low, high) = span.unwrap_or((value, value));
        Some((low.min(value), high.max(value)))
    })
}
