//! PNG (ISO 15948): only what pixels need goes to the decoder. Compressed texts and profiles can be far larger than the
//! picture, and nobody here reads them.

use crate::{Fault, Format, Head, exif};
use image::{DynamicImage, codecs::png::PngDecoder, metadata::Orientation};
use std::io::Cursor;

/// What every PNG begins with.
pub(crate) const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Chunks that pixels need.
const NEEDED: [&[u8; 4]; 5] = [b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"];
/// Length, name and sum of a chunk.
const AROUND_A_CHUNK: usize = 12;

/// What the header says. The notes of the camera may stand before the pixels or after them.
pub(crate) fn head(bytes: &[u8]) -> Result<Head, Fault> {
    let header = bytes.get(8..33).filter(|header| header.get(4..8) == Some(b"IHDR")).ok_or(Fault::CutOff)?;
    let number = |at: usize| header.get(at..at + 4).and_then(|n| n.try_into().ok()).map_or(0, u32::from_be_bytes);
    let (depth, colour) = (header[16], header[17]);
    let mut orientation = Orientation::NoTransforms;
    let (mut see_through, mut ended) = (matches!(colour, 4 | 6), false);
    for (name, data, _) in chunks(bytes) {
        match name {
            b"eXIf" => orientation = exif::orientation(data),
            b"tRNS" => see_through = true,
            b"IEND" => ended = true,
            _ => {}
        }
    }
    let channels = u8::from(see_through) + if matches!(colour, 0 | 4) { 1 } else { 3 };
    let mut head =
        Head { format: Format::Png, width: number(8), height: number(12), orientation, channels, need: 0, ended };
    // Sixteen bits a sample are read as they are, then brought to eight.
    head.need = head.pixels() * u64::from(channels) * if depth == 16 { 3 } else { 1 };
    Ok(head)
}

pub(crate) fn read(bytes: &[u8], head: &Head) -> Result<DynamicImage, Fault> {
    head.afford(head.need)?;
    if !head.ended {
        return Err(Fault::CutOff);
    }
    let needed = chunks(bytes).filter(|(name, ..)| NEEDED.contains(name)).map(|(.., whole)| whole);
    let bare: Vec<u8> = std::iter::once(SIGNATURE).chain(needed).collect::<Vec<_>>().concat();
    Ok(DynamicImage::from_decoder(PngDecoder::new(Cursor::new(bare))?)?)
}

/// Each whole chunk: its name, its data, and all of it.
fn chunks(bytes: &[u8]) -> impl Iterator<Item = (&[u8; 4], &[u8], &[u8])> {
    let mut rest = bytes.get(SIGNATURE.len()..).unwrap_or_default();
    std::iter::from_fn(move || {
        let length = u32::from_be_bytes(*rest.first_chunk()?) as usize;
        let (whole, after) = rest.split_at_checked(length.checked_add(AROUND_A_CHUNK)?)?;
        let name = whole.get(4..8)?.first_chunk()?;
        rest = if name == b"IEND" { &[] } else { after };
        Some((name, whole.get(8..8 + length)?, whole))
    })
}
