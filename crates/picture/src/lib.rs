//! Pictures from outside: told by their content, bounded before anything is reserved for them, turned upright.
//!
//! A few bytes can promise gigabytes of pixels, so a picture is read in two steps: its structure first ([`head`]), which
//! costs nothing, then its pixels ([`read`]), one picture at a time in the whole process and only when what it takes is
//! there. Everything that a picture carries besides pixels (colour profiles, texts, further frames) is passed over.
//! This crate must never decide what a picture is good for, and never keep where or with what it was taken.

mod area;
mod exif;
mod jpeg;
mod memory;
mod other;
mod png;
mod webp;

pub use image::metadata::Orientation;

use image::{DynamicImage, ImageError};
use std::sync::Mutex;

/// What reading one picture may take, in bytes; a photo of 108 million pixels stays below it, since large ones are read
/// at a half, a quarter or an eighth of their size.
pub const MEMORY_BYTES_MAX: u64 = 256 << 20;
/// Longest side of any picture that is read, in pixels. No format here can say more than 65,535 and be real.
pub const SIDE_PIXELS_MAX: u32 = 30_000;

/// A form in which pictures are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JPEG, baseline or progressive.
    Jpeg,
    /// PNG; of an animated one the first picture.
    Png,
    /// WebP; of an animated one the first picture.
    WebP,
}

/// What a picture says about itself, before its pixels are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Its form.
    pub format: Format,
    /// Pixels across, as they are stored.
    pub width: u32,
    /// Pixels down, as they are stored.
    pub height: u32,
    /// How it has to be turned to stand upright.
    pub orientation: Orientation,
    /// Samples of a pixel: 1 for grey, 3 for colours, 4 for four inks or colours that can be seen through.
    pub channels: u8,
    /// Bytes that its pixels take at full size while they are read.
    need: u64,
    /// Whether it goes on to the end that its form asks for.
    ended: bool,
}

/// A picture that was read: upright, eight bits a sample.
#[derive(Debug)]
pub struct Upright {
    /// Its pixels.
    pub image: DynamicImage,
    /// The form in which it came.
    pub format: Format,
}

/// Why bytes are not read as a picture.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// No picture, or of a form nobody here knows.
    #[error("not a picture")]
    Unknown,
    /// A picture of another form.
    #[error("a picture in the form {0}, which is not read here")]
    Other(&'static str),
    /// It ends in the middle.
    #[error("the picture ends in the middle")]
    CutOff,
    /// It has more pixels than can be read.
    #[error("{width} x {height} pixels take more memory than there is for one picture")]
    TooLarge {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// It is damaged.
    #[error("the picture is damaged: {0}")]
    Damaged(String),
}

impl From<ImageError> for Fault {
    fn from(error: ImageError) -> Self {
        Self::Damaged(error.to_string())
    }
}

/// One picture at a time: six at once would take six times as much.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// What the bytes say about the picture in them. Reserves nothing that they name.
///
/// # Errors
/// [`Fault`]: no picture, of another form, cut off within its structure, or larger than any that is read.
pub fn head(bytes: &[u8]) -> Result<Head, Fault> {
    let head = if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
        jpeg::head(bytes)?
    } else if bytes.starts_with(png::SIGNATURE) {
        png::head(bytes)?
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        webp::head(bytes)?
    } else {
        return Err(other::form(bytes).map_or(Fault::Unknown, Fault::Other));
    };
    let (width, height) = (head.width, head.height);
    match (width, height) {
        (0, _) | (_, 0) => Err(Fault::Damaged("no pixels".into())),
        _ if width.max(height) > SIDE_PIXELS_MAX => Err(Fault::TooLarge { width, height }),
        _ => Ok(head),
    }
}

/// Reads a picture, upright and no longer than `side_max` pixels on either side.
///
/// # Errors
/// [`Fault`]; nothing was reserved for a picture that is too large.
pub fn read(bytes: &[u8], side_max: u32) -> Result<Upright, Fault> {
    let head = head(bytes)?;
    let side_max = side_max.max(1);
    // Whoever panicked while reading left nothing half-done here.
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let image = match head.format {
        Format::Jpeg => jpeg::read(bytes, &head, side_max)?,
        Format::Png => fitted(png::read(bytes, &head)?, side_max),
        Format::WebP => fitted(webp::read(bytes, &head)?, side_max),
    };
    let mut image = image;
    image.apply_orientation(head.orientation);
    Ok(Upright { image, format: head.format })
}

impl Head {
    /// Refuses a picture for which `need` bytes are not to be had.
    fn afford(&self, need: u64) -> Result<(), Fault> {
        let is_there = need <= MEMORY_BYTES_MAX && memory::is_there(need);
        if is_there { Ok(()) } else { Err(Fault::TooLarge { width: self.width, height: self.height }) }
    }

    fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

/// The picture at eight bits a sample and no longer than `side_max` on either side.
fn fitted(image: DynamicImage, side_max: u32) -> DynamicImage {
    area::reduced(image, side_max)
}
