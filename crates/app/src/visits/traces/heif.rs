//! HEIC and AVIF: boxes; notes are items whose place a table gives. Everything else stands where tables say, so notes are
//! written over in place and no byte moves.

use super::{Note, NoteKind};
use std::ops::Range;

/// Most items and parts of items that are looked at.
const ITEMS_MAX: usize = 10_000;

pub(super) fn is_one(bytes: &[u8]) -> bool {
    let brands = bytes.get(8..).and_then(|rest| rest.get(..64.min(rest.len()))).unwrap_or_default();
    let known = [&b"heic"[..], b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif", b"avis"];
    brands.chunks_exact(4).any(|brand| known.contains(&brand))
}

/// Reads numbers from a box, each of as many bytes as asked for.
struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Reader<'_> {
    fn number(&mut self, width: usize) -> Option<usize> {
        let taken = self.bytes.get(self.at..self.at.checked_add(width)?)?;
        self.at += width;
        taken.iter().try_fold(0usize, |sum, byte| Some(sum.checked_mul(256)? + usize::from(*byte)))
    }
}

/// The boxes within a part of the file, by name and content.
fn boxes(bytes: &[u8], within: Range<usize>) -> impl Iterator<Item = (&[u8], Range<usize>)> {
    let mut at = within.start;
    std::iter::from_fn(move || {
        let head = bytes.get(at..at.checked_add(8)?).filter(|_| at + 8 <= within.end)?;
        let mut length = usize::try_from(u32::from_be_bytes(head[..4].try_into().ok()?)).ok()?;
        let mut start = at + 8;
        if length == 1 {
            length = usize::try_from(u64::from_be_bytes(bytes.get(start..start + 8)?.try_into().ok()?)).ok()?;
            start += 8;
        } else if length == 0 {
            length = within.end - at;
        }
        let end = at.checked_add(length).filter(|end| *end <= within.end && *end >= start)?;
        at = end;
        Some((&head[4..8], start..end))
    })
}

fn one(bytes: &[u8], within: Range<usize>, name: &[u8]) -> Option<Range<usize>> {
    boxes(bytes, within).find(|(found, _)| *found == name).map(|(_, content)| content)
}

/// The items that are notes, by their numbers.
fn items(bytes: &[u8], iinf: Range<usize>) -> Option<Vec<(usize, NoteKind)>> {
    let mut reader = Reader { bytes: bytes.get(iinf.clone())?, at: 0 };
    let width = if reader.number(4)? >> 24 == 0 { 2 } else { 4 };
    reader.number(width)?;
    let entries = boxes(bytes, iinf.start + reader.at..iinf.end).take(ITEMS_MAX).filter(|(name, _)| *name == b"infe");
    let item = |(_, content): (&[u8], Range<usize>)| {
        let mut reader = Reader { bytes: bytes.get(content)?, at: 0 };
        let version = reader.number(4)? >> 24;
        let id = reader.number(if version == 3 { 4 } else { 2 })?;
        reader.number(2)?;
        let kind = match reader.bytes.get(reader.at..reader.at + 4)? {
            b"Exif" => NoteKind::Exif,
            // XMP, and whatever else is said in words.
            b"mime" | b"uri " => NoteKind::Text,
            _ => return None,
        };
        Some((id, kind))
    };
    Some(entries.filter_map(item).collect())
}

/// Where the parts of each item are, as the table of places says.
fn places(bytes: &[u8], iloc: Range<usize>, idat: Option<Range<usize>>) -> Option<Vec<(usize, Range<usize>)>> {
    let mut reader = Reader { bytes: bytes.get(iloc)?, at: 0 };
    let version = reader.number(4)? >> 24;
    let widths = reader.number(2)?;
    let [offset, length, base, index] = [12, 8, 4, 0].map(|shift| widths >> shift & 15);
    let count = reader.number(if version == 2 { 4 } else { 2 })?;
    let mut found = Vec::new();
    for _ in 0..count.min(ITEMS_MAX) {
        let id = reader.number(if version == 2 { 4 } else { 2 })?;
        let method = if version > 0 { reader.number(2)? & 15 } else { 0 };
        reader.number(2)?;
        let base = reader.number(base)?;
        for _ in 0..reader.number(2)? {
            if version > 0 {
                reader.number(index)?;
            }
            let (offset, length) = (reader.number(offset)?, reader.number(length)?);
            let start = match method {
                0 => Some(0),
                1 => idat.as_ref().map(|idat| idat.start),
                _ => None,
            };
            let place = start.and_then(|start| {
                let start = start.checked_add(base)?.checked_add(offset)?;
                Some(start..start.checked_add(length)?)
            });
            found.extend(place.filter(|_| found.len() < ITEMS_MAX).map(|place| (id, place)));
        }
    }
    Some(found)
}

/// Every part of every note, as it lies in the file.
fn parts(bytes: &[u8]) -> Option<Vec<Note>> {
    let meta = one(bytes, 0..bytes.len(), b"meta")?;
    let meta = meta.start.checked_add(4)?..meta.end;
    let items = items(bytes, one(bytes, meta.clone(), b"iinf")?)?;
    let idat = one(bytes, meta.clone(), b"idat");
    let places = places(bytes, one(bytes, meta, b"iloc")?, idat)?;
    let of = |(id, content): (usize, Range<usize>)| {
        let (_, kind) = items.iter().find(|(item, _)| *item == id)?;
        bytes.get(content.clone()).map(|_| Note { content, kind: *kind })
    };
    Some(places.into_iter().filter_map(of).collect())
}

/// Notes with their content: in front of Exif stands how far it is to the TIFF.
pub(super) fn notes(bytes: &[u8]) -> Vec<Note> {
    let inner = |note: Note| {
        if note.kind == NoteKind::Text {
            return Some(note);
        }
        let mut reader = Reader { bytes: bytes.get(note.content.clone())?, at: 0 };
        let start = note.content.start.checked_add(4)?.checked_add(reader.number(4)?)?;
        (start <= note.content.end).then_some(Note { content: start..note.content.end, kind: note.kind })
    };
    parts(bytes).unwrap_or_default().into_iter().filter_map(inner).collect()
}

/// With every note written over: Exif by one that says nothing, words by spaces. The picture's turn is a property of its own.
pub(super) fn without(bytes: &[u8]) -> Option<Vec<u8>> {
    const SAYS_NOTHING: [u8; 18] = [0, 0, 0, 0, b'I', b'I', 42, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let mut out = bytes.to_vec();
    for note in parts(bytes)? {
        let place = out.get_mut(note.content)?;
        match note.kind {
            NoteKind::Text => place.fill(b' '),
            NoteKind::Exif => {
                place.fill(0);
                if let Some(head) = place.get_mut(..SAYS_NOTHING.len()) {
                    head.copy_from_slice(&SAYS_NOTHING);
                }
            }
        }
    }
    Some(out)
}
