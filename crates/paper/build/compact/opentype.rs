//! The compact font as an OpenType file: what measuring, subsetting and embedding read, and no more.

use std::collections::BTreeMap;

use super::cff::{self, UNITS_PER_EM, words};
use super::{Glyph, Measures};

/// The file; `None` when it would be too large to be one.
pub fn font(measures: &Measures, glyphs: &[Glyph], characters: &BTreeMap<u32, u16>) -> Option<Vec<u8>> {
    let count = u16::try_from(glyphs.len()).ok()?;
    let (name, notice) = (&measures.name, measures.copyright.as_bytes());
    let charstrings: Vec<&[u8]> = glyphs.iter().map(|glyph| glyph.charstring.as_slice()).collect();
    let tables: [(&[u8; 4], Vec<u8>); 7] = [
        (b"CFF ", cff::font(&cff::Imprint { name, notice, bounds: measures.bounds }, &charstrings)?),
        (b"OS/2", os_2(measures)),
        (b"cmap", cmap(characters)?),
        (b"head", head(measures)),
        (b"hhea", hhea(measures, count)),
        (b"hmtx", glyphs.iter().flat_map(|glyph| words([glyph.advance, 0])).collect()),
        (b"maxp", [0x0000_5000_u32.to_be_bytes().to_vec(), words([count])].concat()),
    ];
    assemble(&tables)
}

/// Which glyph each character has, in runs (format 12).
fn cmap(characters: &BTreeMap<u32, u16>) -> Option<Vec<u8>> {
    let mut runs: Vec<[u32; 3]> = Vec::new();
    for (code, gid) in characters {
        match runs.last_mut() {
            Some([first, last, start]) if *last + 1 == *code && *start + (*code - *first) == u32::from(*gid) => {
                *last = *code;
            }
            _ => runs.push([*code, *code, (*gid).into()]),
        }
    }
    let count = u32::try_from(runs.len()).ok()?;
    let mut table = words([0, 1, 3, 10]);
    table.extend(12_u32.to_be_bytes());
    table.extend(words([12, 0]));
    for number in [16 + 12 * count, 0, count].into_iter().chain(runs.into_iter().flatten()) {
        table.extend(number.to_be_bytes());
    }
    Some(table)
}

fn head(measures: &Measures) -> Vec<u8> {
    let mut table = words([1, 0, 1, 0]);
    // The sum of the whole file, which nobody checks inside a program, and the table's mark.
    table.extend([0; 4]);
    table.extend(0x5F0F_3CF5_u32.to_be_bytes());
    table.extend(words([0, UNITS_PER_EM]));
    table.extend([0; 16]);
    table.extend(measures.bounds.iter().flat_map(|edge| edge.to_be_bytes()));
    table.extend(words([0, 6, 2, 0, 0]));
    table
}

fn hhea(measures: &Measures, count: u16) -> Vec<u8> {
    let mut table = words([1, 0]);
    table.extend([measures.ascender, measures.descender].iter().flat_map(|edge| edge.to_be_bytes()));
    // Widest advance, then margins, slant and reserved words, then how many glyphs have an advance of their own.
    table.extend(words([0, UNITS_PER_EM, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, count]));
    table
}

/// Version 0 with only the weight filled in.
fn os_2(measures: &Measures) -> Vec<u8> {
    let mut table = vec![0; 78];
    table[4..6].copy_from_slice(&measures.weight.to_be_bytes());
    table
}

/// A file of these tables, which are in order; `None` when it would be too large to be one.
pub fn assemble(tables: &[(&[u8; 4], Vec<u8>)]) -> Option<Vec<u8>> {
    let count = u16::try_from(tables.len()).ok()?;
    let power = count.checked_ilog2()? as u16;
    let mut font = b"OTTO".to_vec();
    font.extend(words([count, 16 << power, power, count * 16 - (16 << power)]));
    let mut at = 12 + 16 * tables.len();
    for (tag, data) in tables {
        font.extend(*tag);
        for number in [sum(data), u32::try_from(at).ok()?, u32::try_from(data.len()).ok()?] {
            font.extend(number.to_be_bytes());
        }
        at += data.len().next_multiple_of(4);
    }
    for (_, data) in tables {
        font.extend(data);
        font.resize(font.len().next_multiple_of(4), 0);
    }
    Some(font)
}

fn sum(data: &[u8]) -> u32 {
    let word = |bytes: &[u8]| (0..4).fold(0, |word, at| word << 8 | u32::from(bytes.get(at).copied().unwrap_or(0)));
    data.chunks(4).map(word).fold(0, u32::wrapping_add)
}
