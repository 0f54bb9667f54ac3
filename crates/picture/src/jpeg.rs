//! JPEG (ITU-T T.81): read at full size where that is cheap, else at a half, a quarter or an eighth, which the transform
//! in its blocks gives at once.
//!
//! Some cameras and programs leave out the marker at the end. A decoder fills what is missing of a picture that was cut
//! off with grey, and a photo that was copied in part must not pass for evidence: without its end a picture is read
//! twice with different bytes after it. Where they change what is seen, the picture needed more than there is.

use crate::{Fault, Format, Head, exif, fitted};
use image::{DynamicImage, GrayImage, RgbImage, codecs::jpeg::JpegDecoder, metadata::Orientation};
use std::io::{Cursor, Read};

/// What is read at full size takes no more bytes than this.
const FULL_BYTES_MAX: u64 = 96 << 20;
/// Most scans of one picture. Encoders write up to a dozen; each further one takes as long as a whole picture.
const SCANS_MAX: u32 = 40;
/// Pixels of all scans together, which bounds the time.
const SCANNED_PIXELS_MAX: u64 = 2_000_000_000;
const START_OF_SCAN: u8 = 0xDA;
const END: u8 = 0xD9;
const NOTES: u8 = 0xE1;
/// What follows a picture without its end, once and once more.
const ENDS: [(u8, usize); 2] = [(0, 0), (0b1010_0110, 4096)];

/// What the segments say.
pub(crate) fn head(bytes: &[u8]) -> Result<Head, Fault> {
    let (mut frame, mut orientation, mut scans, mut ended) = (None, None, 0, false);
    for (marker, data) in segments(bytes) {
        let Some(data) = data else { return Err(Fault::CutOff) };
        match marker {
            START_OF_SCAN => scans += 1,
            END => ended = true,
            NOTES if data.starts_with(exif::MARK) => {
                orientation.get_or_insert_with(|| exif::orientation(data));
            }
            0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) && frame.is_none() => {
                frame = Some(Frame::read(marker, data).ok_or_else(|| Fault::Damaged("its frame".into()))?);
            }
            _ => {}
        }
    }
    let frame = frame.filter(|_| scans > 0).ok_or(Fault::CutOff)?;
    let orientation = orientation.unwrap_or(Orientation::NoTransforms);
    let (width, height, channels) = (frame.width, frame.height, frame.channels);
    let mut head = Head { format: Format::Jpeg, width, height, orientation, channels, need: 0, ended };
    if scans > SCANS_MAX || (scans > 4 && u64::from(scans) * head.pixels() > SCANNED_PIXELS_MAX) {
        return Err(Fault::Damaged(format!("{scans} scans")));
    }
    head.need = head.pixels() * u64::from(channels);
    head.need += if frame.is_progressive || scans > 1 { frame.coefficients() * 2 } else { 0 };
    Ok(head)
}

pub(crate) fn read(bytes: &[u8], head: &Head, side_max: u32) -> Result<DynamicImage, Fault> {
    if head.ended {
        return decode(bytes, head, side_max);
    }
    let with_end = |(fill, count): (u8, usize)| [bytes, &vec![fill; count], &[0xFF, END]].concat();
    let seen = decode(&with_end(ENDS[0]), head, side_max)?;
    let again = decode(&with_end(ENDS[1]), head, side_max).map_err(|_| Fault::CutOff)?;
    if seen.as_bytes() == again.as_bytes() { Ok(seen) } else { Err(Fault::CutOff) }
}

fn decode(bytes: &[u8], head: &Head, side_max: u32) -> Result<DynamicImage, Fault> {
    if head.need <= FULL_BYTES_MAX || head.channels == 4 {
        head.afford(head.need)?;
        return Ok(fitted(DynamicImage::from_decoder(JpegDecoder::new(Cursor::new(bytes))?)?, side_max));
    }
    smaller(bytes, head, side_max)
}

/// Reads the picture at a part of its size that is no smaller than what is wanted.
fn smaller(bytes: &[u8], head: &Head, side_max: u32) -> Result<DynamicImage, Fault> {
    let damaged = |e: jpeg_decoder::Error| Fault::Damaged(e.to_string());
    let longest = head.width.max(head.height);
    let wanted = |side: u32| u16::try_from(u64::from(side) * u64::from(side_max.min(longest)) / u64::from(longest));
    let (Ok(across), Ok(down)) = (wanted(head.width), wanted(head.height)) else {
        return Err(Fault::TooLarge { width: head.width, height: head.height });
    };
    let mut decoder = jpeg_decoder::Decoder::new(Cursor::new(bytes).take(bytes.len() as u64));
    let (width, height) = decoder.scale(across, down).map_err(damaged)?;
    let pixels = u64::from(width) * u64::from(height);
    let coefficients = head.need.saturating_sub(head.pixels() * u64::from(head.channels));
    // The samples of each colour, then those of each pixel.
    head.afford(coefficients + 2 * pixels * u64::from(head.channels))?;
    let samples = decoder.decode().map_err(damaged)?;
    let (width, height) = (width.into(), height.into());
    let image = match decoder.info().map(|info| info.pixel_format) {
        Some(jpeg_decoder::PixelFormat::L8) => {
            GrayImage::from_raw(width, height, samples).map(DynamicImage::ImageLuma8)
        }
        Some(jpeg_decoder::PixelFormat::RGB24) => {
            RgbImage::from_raw(width, height, samples).map(DynamicImage::ImageRgb8)
        }
        _ => None,
    };
    image.map(|image| fitted(image, side_max)).ok_or_else(|| Fault::Damaged("its colours".into()))
}

/// The measures of a picture, from its frame's header.
struct Frame {
    width: u32,
    height: u32,
    channels: u8,
    is_progressive: bool,
    /// Blocks of each colour in a unit of the scan, across and down.
    sampling: Vec<(u64, u64)>,
}

impl Frame {
    fn read(marker: u8, data: &[u8]) -> Option<Self> {
        let short = |at: usize| Some(u32::from(u16::from_be_bytes(*data.get(at..)?.first_chunk()?)));
        let channels = *data.get(5)?;
        let colours = data.get(6..6 + 3 * usize::from(channels))?.as_chunks::<3>().0;
        let sampling: Vec<_> = colours.iter().map(|[_, by, _]| (u64::from(by >> 4), u64::from(by & 0x0F))).collect();
        let is_sound =
            matches!(channels, 1 | 3 | 4) && sampling.iter().all(|(h, v)| (1..=4).contains(h) && (1..=4).contains(v));
        let is_progressive = marker & 0x03 == 2;
        is_sound.then_some(Self { width: short(3)?, height: short(1)?, channels, is_progressive, sampling })
    }

    /// Numbers that stand for all blocks, which a picture in several scans keeps until the last.
    fn coefficients(&self) -> u64 {
        let most = |side: fn(&(u64, u64)) -> u64| self.sampling.iter().map(side).max().unwrap_or(1);
        let (across, down) = (most(|s| s.0), most(|s| s.1));
        let units = u64::from(self.width).div_ceil(8 * across) * u64::from(self.height).div_ceil(8 * down);
        units * 64 * self.sampling.iter().map(|(h, v)| h * v).sum::<u64>()
    }
}

/// Each segment's marker and data, up to the end of the first picture; thumbnails within one have ends of their own.
/// `None` for data that is cut off.
fn segments(bytes: &[u8]) -> impl Iterator<Item = (u8, Option<&[u8]>)> {
    let (mut at, mut in_scan, mut done) = (2, false, false);
    std::iter::from_fn(move || {
        while !done {
            // In the data of a scan 0xFF is a marker unless a zero or a restart follows.
            at += bytes.get(at..)?.iter().position(|byte| *byte == 0xFF)? + 1;
            match *bytes.get(at)? {
                0x00 | 0xD0..=0xD7 if in_scan => at += 1,
                0xFF => {}
                END => {
                    done = true;
                    return Some((END, Some(&bytes[at..at])));
                }
                marker => {
                    let length =
                        bytes.get(at + 1..).and_then(<[u8]>::first_chunk).map(|l| u16::from_be_bytes(*l).into());
                    let data = length.and_then(|length: usize| bytes.get(at + 3..at + 1 + length.max(2)));
                    (done, in_scan) = (data.is_none(), marker == START_OF_SCAN);
                    at += 3 + data.map_or(0, <[u8]>::len);
                    return Some((marker, data));
                }
            }
        }
        None
    })
}
