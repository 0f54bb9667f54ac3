//! What a camera notes in a picture beside the picture: where it was taken, with what, when. Photos lose it as they are stored;
//! a picture that is attached as a file is kept byte for byte, so the person is asked.
//!
//! Told by content, never by name, and taken out without touching the picture itself. JPEG, PNG, WebP and HEIC (AVIF) are
//! known; each container is walked within the bounds that its own lengths give.

mod exif;
mod heif;
mod jpeg;
mod png;
mod webp;

use schemars::JsonSchema;
use serde::Deserialize;
use std::ops::Range;

/// What to do with what a camera noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Traces {
    /// The file stays as it is.
    Keep,
    /// It is taken out.
    Remove,
}

/// What a picture tells beside what it shows; ordered by how much that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Told {
    /// With what it was taken, or when.
    Camera,
    /// Where.
    Place,
}

impl Told {
    /// As the interface calls it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Camera => "camera",
            Self::Place => "place",
        }
    }
}

/// Most bytes of a text that are looked through.
const TEXT_BYTES_MAX: usize = 1024 * 1024;

/// A part of a picture's file that says something about it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Note {
    /// Where its content is in the file.
    content: Range<usize>,
    kind: NoteKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NoteKind {
    /// TIFF as Exif has it.
    Exif,
    /// XMP, or any other text.
    Text,
}

/// A picture's file, by its container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Container {
    Jpeg,
    Png,
    Webp,
    Heif,
}

impl Container {
    fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::Webp),
            [_, _, _, _, b'f', b't', b'y', b'p', ..] if heif::is_one(bytes) => Some(Self::Heif),
            _ => None,
        }
    }

    fn notes(self, bytes: &[u8]) -> Vec<Note> {
        match self {
            Self::Jpeg => jpeg::notes(bytes),
            Self::Png => png::notes(bytes),
            Self::Webp => webp::notes(bytes),
            Self::Heif => heif::notes(bytes),
        }
    }
}

/// What a file tells, when it is a picture that tells anything.
pub(crate) fn told(bytes: &[u8]) -> Option<Told> {
    let notes = Container::of(bytes)?.notes(bytes);
    let content = |note: &Note| Some((note.kind, bytes.get(note.content.clone())?));
    notes
        .iter()
        .filter_map(content)
        .filter_map(|(kind, content)| match kind {
            NoteKind::Exif => exif::told(content),
            NoteKind::Text => in_text(content),
        })
        .max()
}

/// The same picture without what it tells; how it is turned stays. `None` for what is no picture, or one whose parts do not
/// add up: nothing of that is cut.
pub(crate) fn removed(bytes: &[u8]) -> Option<Vec<u8>> {
    let container = Container::of(bytes)?;
    let exif = container.notes(bytes).into_iter().find(|note| note.kind == NoteKind::Exif);
    let turned = exif.and_then(|note| exif::orientation(bytes.get(note.content)?));
    let without = match container {
        Container::Jpeg => jpeg::without(bytes, turned),
        Container::Png => png::without(bytes, turned),
        Container::Webp => webp::without(bytes, turned),
        Container::Heif => heif::without(bytes),
    };
    // What cannot be taken out is not said to be.
    without.filter(|without| told(without).is_none())
}

/// XMP and other texts: by the names of their fields.
fn in_text(text: &[u8]) -> Option<Told> {
    let text = text.get(..TEXT_BYTES_MAX).unwrap_or(text);
    let has = |word: &[u8]| text.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word));
    if [&b"GPSL"[..], b"exif:GPS", b"Iptc4xmpCore:Location", b"photoshop:City", b"geo:lat"].iter().any(|word| has(word))
    {
        return Some(Told::Place);
    }
    let camera =
        [&b"tiff:Model"[..], b"tiff:Make", b"aux:", b"exifEX:", b"exif:DateTime", b"SerialNumber", b"Raw profile type"];
    camera.iter().any(|word| has(word)).then_some(Told::Camera)
}

#[cfg(test)]
mod tests;
