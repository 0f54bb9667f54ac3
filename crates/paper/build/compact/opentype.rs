//! The compact font as an OpenType file: what measuring, subsetting and embedding read, and no more.

use std::collections::BTreeMap;

use super::{Glyph, Measures, UNITS_PER_EM};

/// The first number that stands for a string of the font's own (Adobe Technical Note 5176, appendix A).
const OWN_STRINGS: i32 = 391;

/// The file; `None` when it would be too large to be one.
pub fn font(measures: &Measures, glyphs: &[Glyph], characters: &BTreeMap<u32, u16>) -> Option<Vec<u8>> {
    let count = u16::try_from(glyphs.len()).ok()?;
    let tables: [(&[u8; 4], Vec<u8>); 7] = [
        (b"CFF ", compact_font_format(measures, glyphs)?),
        (b"OS/2", os_2(measures)),
        (b"cmap", cmap(characters)?),
        (b"head", head(measures)),
        (b"hhea", hhea(measures, count)),
        (b"hmtx", glyphs.iter().flat_map(|glyph| words([glyph.advance, 0])).collect()),
        (b"maxp", [0x0000_5000_u32.to_be_bytes().to_vec(), words([count])].concat()),
    ];
    assemble(&tables)
}

/// A font keyed by number: no glyph has a name, and a glyph's number is its place.
fn compact_font_format(measures: &Measures, glyphs: &[Glyph]) -> Option<Vec<u8>> {
    let count = u16::try_from(glyphs.len()).ok()?;
    let before = [vec![1, 0, 4, 4], index(&[measures.name.as_bytes().to_vec()])?].concat();
    let strings = [b"Adobe", b"Identity".as_slice(), measures.copyright.as_bytes()].map(<[u8]>::to_vec);
    let between = [index(&strings)?, index(&[])?].concat();
    // Where things lie depends on how long the dictionary is that says so; its length does not depend on where.
    let length = index(&[top_dictionary(measures, count, [0; 4])])?.len();
    let charset = [vec![2], words([1, count.checked_sub(2)?])].concat();
    let select = [vec![3], words([1, 0]), vec![0], words([count])].concat();
    let private = [operand(UNITS_PER_EM.into()), vec![20]].concat();
    let charset_at = before.len() + length + between.len();
    let select_at = charset_at + charset.len();
    let private_at = select_at + select.len();
    let array_at = private_at + private.len();
    let array = index(&[[place(private.len()), place(private_at), vec![18]].concat()])?;
    let places = [charset_at, array_at + array.len(), array_at, select_at];
    let dictionary = index(&[top_dictionary(measures, count, places)])?;
    let charstrings: Vec<Vec<u8>> = glyphs.iter().map(|glyph| glyph.charstring.clone()).collect();
    Some([before, dictionary, between, charset, select, private, array, index(&charstrings)?].concat())
}

/// What the font says about itself. `places` are those of charset, charstrings, and the array of font dictionaries
/// (there is one) with the choice among them.
fn top_dictionary(measures: &Measures, count: u16, [charset, charstrings, array, select]: [usize; 4]) -> Vec<u8> {
    // One unit in ems, as decimal digits: 0.004 is `.`, `0`, `0`, `4`, end, two to a byte.
    let unit: &[u8] = &[30, 0xA0, 0x04, 0xFF];
    let none = operand(0);
    let matrix = [unit, &none, &none, unit, &none, &none].concat();
    let bounds: Vec<u8> = measures.bounds.iter().flat_map(|edge| operand((*edge).into())).collect();
    [
        [operand(OWN_STRINGS), operand(OWN_STRINGS + 1), operand(0), vec![12, 30]].concat(),
        [operand(OWN_STRINGS + 2), vec![1]].concat(),
        [matrix, vec![12, 7]].concat(),
        [bounds, vec![5]].concat(),
        [place(charset), vec![15]].concat(),
        [place(charstrings), vec![17]].concat(),
        [operand(count.into()), vec![12, 34]].concat(),
        [place(array), vec![12, 36]].concat(),
        [place(select), vec![12, 37]].concat(),
    ]
    .concat()
}

/// A number in a dictionary, as short as it goes.
fn operand(value: i32) -> Vec<u8> {
    match value {
        -107..=107 => vec![(value + 139) as u8],
        108..=1131 => vec![((value - 108) / 256 + 247) as u8, ((value - 108) % 256) as u8],
        -1131..=-108 => vec![((-value - 108) / 256 + 251) as u8, ((-value - 108) % 256) as u8],
        _ => [vec![29], value.to_be_bytes().to_vec()].concat(),
    }
}

/// A place in the file, which takes the same room wherever it is.
fn place(at: usize) -> Vec<u8> {
    [vec![29], (at as u32).to_be_bytes().to_vec()].concat()
}

/// An INDEX: how many, where each begins, all of them.
fn index(entries: &[Vec<u8>]) -> Option<Vec<u8>> {
    let mut bytes = words([u16::try_from(entries.len()).ok()?]);
    if entries.is_empty() {
        return Some(bytes);
    }
    bytes.push(4);
    let mut at = 1_u32;
    bytes.extend(at.to_be_bytes());
    for entry in entries {
        at = at.checked_add(u32::try_from(entry.len()).ok()?)?;
        bytes.extend(at.to_be_bytes());
    }
    entries.iter().for_each(|entry| bytes.extend(entry));
    Some(bytes)
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

fn words<const N: usize>(values: [u16; N]) -> Vec<u8> {
    values.into_iter().flat_map(u16::to_be_bytes).collect()
}

fn assemble(tables: &[(&[u8; 4], Vec<u8>)]) -> Option<Vec<u8>> {
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
