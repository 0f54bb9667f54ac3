//! JPEG: segments, each with its marker and length; behind the picture's end some cameras set more.

use super::{Note, NoteKind, exif::only_orientation};
use std::ops::Range;

const END: u8 = 0xd9;
const SCAN: u8 = 0xda;

/// A segment: its marker, all of it, and what it holds.
struct Segment {
    marker: u8,
    whole: Range<usize>,
    content: Range<usize>,
}

/// The segments up to the picture's end, those of the picture itself included; nothing when lengths do not add up.
fn segments(bytes: &[u8]) -> Option<Vec<Segment>> {
    let mut found = Vec::new();
    let mut at = 2;
    loop {
        let start = at;
        // Any number of 0xFF may stand before a marker.
        while bytes.get(at) == Some(&0xff) {
            at += 1;
        }
        let marker = *bytes.get(at).filter(|_| at > start)?;
        at += 1;
        if marker == END {
            found.push(Segment { marker, whole: start..at, content: at..at });
            return Some(found);
        }
        let has_no_length = matches!(marker, 0x01 | 0xd0..=0xd7);
        let length =
            if has_no_length { 0 } else { usize::from(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?)) };
        if !has_no_length && length < 2 {
            return None;
        }
        let mut end = at + length;
        let content = (at + length.min(2))..end;
        bytes.get(content.clone())?;
        if marker == SCAN {
            end = scan_end(bytes, end)?;
        }
        found.push(Segment { marker, whole: start..end, content });
        at = end;
    }
}

/// Where the data of a scan ends: at the next marker that is no restart and no stuffed byte.
fn scan_end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == 0xff)?;
        match bytes.get(at + 1)? {
            0x00 | 0xd0..=0xd7 => at += 2,
            _ => return Some(at),
        }
    }
}

pub(super) fn notes(bytes: &[u8]) -> Vec<Note> {
    let mut notes: Vec<Note> = Vec::new();
    let mut at = 2;
    // The notes stand before the picture: they are found in one that is cut off, too.
    while let Some(&[0xff, marker, high, low]) = bytes.get(at..at + 4) {
        let length = usize::from(u16::from_be_bytes([high, low]));
        if marker == SCAN || length < 2 {
            break;
        }
        let end = (at + 2 + length).min(bytes.len());
        let content = (at + 4).min(end)..end;
        let kind = match marker {
            0xe1 if bytes[content.clone()].starts_with(b"Exif\0\0") => Some(NoteKind::Exif),
            0xe1 | 0xed | 0xfe => Some(NoteKind::Text),
            _ => None,
        };
        notes.extend(kind.map(|kind| Note { content, kind }));
        at = end;
    }
    notes
}

/// Without notes, with the parts that a viewer needs: JFIF, colour profile, Adobe's colour transform.
pub(super) fn without(bytes: &[u8], turned: Option<u16>) -> Option<Vec<u8>> {
    let mut out = bytes.get(..2)?.to_vec();
    if let Some(turned) = turned {
        let exif = [&b"Exif\0\0"[..], &only_orientation(turned)].concat();
        out.extend([0xff, 0xe1]);
        out.extend(u16::try_from(exif.len() + 2).ok()?.to_be_bytes());
        out.extend(exif);
    }
    for segment in segments(bytes)? {
        let is_kept = match segment.marker {
            0xe0 | 0xee => true,
            0xe2 => bytes.get(segment.content)?.starts_with(b"ICC_PROFILE\0"),
            0xe1..=0xef | 0xfe => false,
            _ => true,
        };
        if is_kept {
            out.extend_from_slice(bytes.get(segment.whole)?);
        }
    }
    Some(out)
}
