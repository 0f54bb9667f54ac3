//! Exif: a TIFF without a picture. Only a few of its entries are looked at, by their numbers, within its own bounds.

use super::Told;

const ORIENTATION: u16 = 0x0112;
const EXIF: u16 = 0x8769;
const GPS: u16 = 0x8825;
/// Most entries of a directory that are looked at.
const ENTRIES_MAX: usize = 1_000;

/// A TIFF, without the mark that some containers set before it.
struct Tiff<'b> {
    bytes: &'b [u8],
    is_little: bool,
}

impl<'b> Tiff<'b> {
    fn of(bytes: &'b [u8]) -> Option<Self> {
        let bytes = bytes.strip_prefix(b"Exif\0\0").unwrap_or(bytes);
        match bytes {
            [b'I', b'I', 42, 0, ..] => Some(Self { bytes, is_little: true }),
            [b'M', b'M', 0, 42, ..] => Some(Self { bytes, is_little: false }),
            _ => None,
        }
    }

    fn short(&self, at: usize) -> Option<u16> {
        let two = self.bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.is_little { u16::from_le_bytes(two) } else { u16::from_be_bytes(two) })
    }

    fn long(&self, at: usize) -> Option<usize> {
        let four = self.bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        usize::try_from(if self.is_little { u32::from_le_bytes(four) } else { u32::from_be_bytes(four) }).ok()
    }

    /// The numbers of a directory's entries, each with where its value stands.
    fn entries(&self, at: usize) -> impl Iterator<Item = (u16, usize)> {
        let count = self.short(at).map_or(0, usize::from).min(ENTRIES_MAX);
        (0..count).map_while(move |n| {
            let entry = at.checked_add(2 + 12 * n)?;
            Some((self.short(entry)?, entry.checked_add(8)?))
        })
    }
}

/// What Exif tells beside the picture.
pub(super) fn told(bytes: &[u8]) -> Option<Told> {
    let tiff = Tiff::of(bytes)?;
    let mut told = None;
    for (number, value) in tiff.entries(tiff.long(4)?) {
        let of_entry = match number {
            // Many write the directory with nothing but its version: only latitude and longitude are a place.
            GPS => tiff.entries(tiff.long(value)?).any(|(n, _)| (1..=4).contains(&n)).then_some(Told::Place),
            // Maker, model, when, who, what it was made with.
            0x010f | 0x0110 | 0x0131 | 0x0132 | 0x013b | 0x013c => Some(Told::Camera),
            EXIF => {
                // When, the maker's own notes, owner, serial numbers, lens.
                let tells = |n: u16| matches!(n, 0x9003 | 0x9004 | 0x927c | 0x9286 | 0xa420 | 0xa430..=0xa435);
                tiff.entries(tiff.long(value)?).any(|(n, _)| tells(n)).then_some(Told::Camera)
            }
            _ => None,
        };
        told = told.max(of_entry);
    }
    told
}

/// How the picture is turned, 2 to 8; `None` when it stands upright.
pub(super) fn orientation(bytes: &[u8]) -> Option<u16> {
    let tiff = Tiff::of(bytes)?;
    let (_, value) = tiff.entries(tiff.long(4)?).find(|(number, _)| *number == ORIENTATION)?;
    tiff.short(value).filter(|turned| (2..=8).contains(turned))
}

/// Exif that says how the picture is turned and nothing else.
pub(super) fn only_orientation(turned: u16) -> Vec<u8> {
    let entry = [&ORIENTATION.to_le_bytes()[..], &[3, 0, 1, 0, 0, 0], &turned.to_le_bytes(), &[0, 0]].concat();
    [&b"II*\0"[..], &[8, 0, 0, 0, 1, 0], &entry, &[0; 4]].concat()
}
