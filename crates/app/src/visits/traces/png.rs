//! PNG: chunks, each with its length, name and sum.

use super::{Note, NoteKind, exif::only_orientation};
use std::ops::Range;

const MAGIC: usize = 8;

struct Chunk<'b> {
    name: &'b [u8],
    whole: Range<usize>,
    content: Range<usize>,
}

/// The chunks up to the picture's end, or to where they do not add up.
fn chunks(bytes: &[u8]) -> impl Iterator<Item = Chunk<'_>> {
    let mut at = MAGIC;
    let mut is_over = false;
    std::iter::from_fn(move || {
        let head = bytes.get(at..at.checked_add(8)?).filter(|_| !is_over)?;
        let length = usize::try_from(u32::from_be_bytes(head[..4].try_into().ok()?)).ok()?;
        let content = at + 8..(at + 8).checked_add(length)?;
        let whole = at..content.end.checked_add(4)?;
        bytes.get(whole.clone())?;
        at = whole.end;
        is_over = &head[4..] == b"IEND";
        Some(Chunk { name: &head[4..], whole, content })
    })
}

fn kind(name: &[u8]) -> Option<NoteKind> {
    match name {
        b"eXIf" => Some(NoteKind::Exif),
        b"tEXt" | b"zTXt" | b"iTXt" => Some(NoteKind::Text),
        _ => None,
    }
}

pub(super) fn notes(bytes: &[u8]) -> Vec<Note> {
    chunks(bytes).filter_map(|chunk| Some(Note { content: chunk.content, kind: kind(chunk.name)? })).collect()
}

pub(super) fn without(bytes: &[u8], turned: Option<u16>) -> Option<Vec<u8>> {
    let mut out = bytes.get(..MAGIC)?.to_vec();
    let mut is_whole = false;
    for chunk in chunks(bytes) {
        is_whole |= chunk.name == b"IEND";
        if kind(chunk.name).is_none() && chunk.name != b"tIME" {
            out.extend_from_slice(&bytes[chunk.whole]);
        }
        if let Some(turned) = turned.filter(|_| chunk.name == b"IHDR") {
            out.extend(made(b"eXIf", &only_orientation(turned))?);
        }
    }
    is_whole.then_some(out)
}

fn made(name: &[u8], content: &[u8]) -> Option<Vec<u8>> {
    let named = [name, content].concat();
    let length = u32::try_from(content.len()).ok()?;
    Some([&length.to_be_bytes()[..], &named, &sum(&named).to_be_bytes()].concat())
}

/// CRC-32 as PNG has it; of some thirty bytes, so without a table.
fn sum(bytes: &[u8]) -> u32 {
    let step = |sum: u32, _| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 };
    !bytes.iter().fold(u32::MAX, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), step))
}
