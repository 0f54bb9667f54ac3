//! WebP: RIFF chunks, padded to even lengths; the first says which others there are.

use super::{Note, NoteKind, exif::only_orientation};
use std::ops::Range;

const HEAD: usize = 12;
/// Bits of the first chunk: Exif and XMP are there.
const HAS_EXIF: u8 = 0x08;
const HAS_XMP: u8 = 0x04;

struct Chunk<'b> {
    name: &'b [u8],
    whole: Range<usize>,
    content: Range<usize>,
}

fn chunks(bytes: &[u8]) -> impl Iterator<Item = Chunk<'_>> {
    let mut at = HEAD;
    std::iter::from_fn(move || {
        let head = bytes.get(at..at.checked_add(8)?)?;
        let length = usize::try_from(u32::from_le_bytes(head[4..].try_into().ok()?)).ok()?;
        let content = at + 8..(at + 8).checked_add(length)?;
        bytes.get(content.clone())?;
        let whole = at..content.end.checked_add(length % 2)?.min(bytes.len());
        at = whole.end;
        Some(Chunk { name: &head[..4], whole, content })
    })
}

fn kind(name: &[u8]) -> Option<NoteKind> {
    match name {
        b"EXIF" => Some(NoteKind::Exif),
        b"XMP " => Some(NoteKind::Text),
        _ => None,
    }
}

pub(super) fn notes(bytes: &[u8]) -> Vec<Note> {
    chunks(bytes).filter_map(|chunk| Some(Note { content: chunk.content, kind: kind(chunk.name)? })).collect()
}

pub(super) fn without(bytes: &[u8], turned: Option<u16>) -> Option<Vec<u8>> {
    let mut out = bytes.get(..HEAD)?.to_vec();
    for chunk in chunks(bytes).filter(|chunk| kind(chunk.name).is_none()) {
        let start = out.len();
        out.extend_from_slice(&bytes[chunk.whole]);
        if chunk.name == b"VP8X"
            && let Some(flags) = out.get_mut(start + 8)
        {
            *flags &= !(HAS_EXIF | HAS_XMP);
            *flags |= if turned.is_some() { HAS_EXIF } else { 0 };
        }
    }
    if let Some(turned) = turned {
        let exif = only_orientation(turned);
        out.extend_from_slice(b"EXIF");
        out.extend(u32::try_from(exif.len()).ok()?.to_le_bytes());
        out.extend_from_slice(&exif);
    }
    let length = u32::try_from(out.len().checked_sub(8)?).ok()?;
    out.get_mut(4..8)?.copy_from_slice(&length.to_le_bytes());
    Some(out)
}
