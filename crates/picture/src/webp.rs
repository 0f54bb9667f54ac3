//! WebP (RFC 9649): its measures are said up to three times, and the largest counts.

use crate::{Fault, Format, Head, exif};
use image::{DynamicImage, codecs::webp::WebPDecoder, metadata::Orientation};
use std::io::Cursor;

/// Copies of the pixels, of four bytes each, that the decoder has at once.
const COPIES: u64 = 3;

/// What the chunks say.
pub(crate) fn head(bytes: &[u8]) -> Result<Head, Fault> {
    let said = bytes.get(4..8).and_then(|size| size.try_into().ok()).map_or(0, u32::from_le_bytes) as usize;
    let ended = bytes.len() >= said.saturating_add(8);
    let (mut width, mut height, mut orientation) = (0, 0, Orientation::NoTransforms);
    let mut measure = |name: &[u8; 4], data: &[u8]| {
        let (across, down) = measures(name, data).unwrap_or_default();
        (width, height) = (width.max(across), height.max(down));
    };
    for (name, data) in chunks(bytes.get(12..).unwrap_or_default()) {
        measure(name, data);
        match name {
            b"EXIF" => orientation = exif::orientation(data),
            b"ANMF" => chunks(data.get(16..).unwrap_or_default()).for_each(|(name, data)| measure(name, data)),
            _ => {}
        }
    }
    let mut head = Head { format: Format::WebP, width, height, orientation, channels: 4, need: 0, ended };
    head.need = head.pixels() * 4 * COPIES;
    Ok(head)
}

pub(crate) fn read(bytes: &[u8], head: &Head) -> Result<DynamicImage, Fault> {
    head.afford(head.need)?;
    if !head.ended {
        return Err(Fault::CutOff);
    }
    Ok(DynamicImage::from_decoder(WebPDecoder::new(Cursor::new(bytes))?)?)
}

/// Pixels across and down, where a chunk says so.
fn measures(name: &[u8; 4], data: &[u8]) -> Option<(u32, u32)> {
    let byte = |at: usize| data.get(at).copied().map(u32::from);
    let short = |at: usize| Some(byte(at)? | byte(at + 1)? << 8);
    match name {
        b"VP8X" => Some(((short(4)? | byte(6)? << 16) + 1, (short(7)? | byte(9)? << 16) + 1)),
        b"VP8 " => Some((short(6)? & 0x3FFF, short(8)? & 0x3FFF)),
        b"VP8L" => {
            let bits = short(1)? | short(3)? << 16;
            Some(((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1))
        }
        _ => None,
    }
}

/// Each chunk's name and data; of one that is cut off what is there.
fn chunks(mut rest: &[u8]) -> impl Iterator<Item = (&[u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let name = rest.first_chunk::<4>()?;
        let length = u32::from_le_bytes(*rest.get(4..)?.first_chunk()?) as usize;
        let data = rest.get(8..)?;
        let (data, after) = data.split_at(length.min(data.len()));
        rest = after.get(length % 2..).unwrap_or_default();
        Some((name, data))
    })
}
