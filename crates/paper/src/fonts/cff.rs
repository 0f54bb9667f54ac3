//! A font in Compact Font Format (Adobe Technical Note 5176), written whole: keyed by number, so that no glyph has a
//! name and a glyph's number is its place. The build writes the fonts that the program carries with it, a paper the
//! small fonts that it embeds.

/// Units to the em.
pub const UNITS_PER_EM: u16 = 250;
/// The first number that stands for a string of the font's own (appendix A).
const OWN_STRINGS: i32 = 391;

/// What a font says about itself.
#[derive(Debug, Clone, Copy)]
pub struct Imprint<'a> {
    /// PostScript name.
    pub name: &'a str,
    /// Copyright notice.
    pub notice: &'a [u8],
    /// Left, lower, right and upper edge of all glyphs, in units.
    pub bounds: [i16; 4],
}

/// The font with these glyphs, the first of which stands for what is missing. `None` when they are fewer than two or
/// more than a font can have.
pub fn font<G: AsRef<[u8]>>(imprint: &Imprint<'_>, charstrings: &[G]) -> Option<Vec<u8>> {
    let count = u16::try_from(charstrings.len()).ok()?;
    let before = [vec![1, 0, 4, 4], index(&[imprint.name.as_bytes()])?].concat();
    let between = [index(&[b"Adobe", b"Identity".as_slice(), imprint.notice])?, index::<&[u8]>(&[])?].concat();
    // Where things lie depends on how long the dictionary is that says so; its length does not depend on where.
    let length = index(&[top_dictionary(imprint, count, [0; 4])])?.len();
    let charset = [vec![2], words([1, count.checked_sub(2)?])].concat();
    let select = [vec![3], words([1, 0]), vec![0], words([count])].concat();
    let private = [operand(UNITS_PER_EM.into()), vec![20]].concat();
    let charset_at = before.len() + length + between.len();
    let select_at = charset_at + charset.len();
    let private_at = select_at + select.len();
    let array_at = private_at + private.len();
    let array = index(&[[place(private.len()), place(private_at), vec![18]].concat()])?;
    let places = [charset_at, array_at + array.len(), array_at, select_at];
    let dictionary = index(&[top_dictionary(imprint, count, places)])?;
    Some([before, dictionary, between, charset, select, private, array, index(charstrings)?].concat())
}

/// `places` are those of charset, charstrings, and the array of font dictionaries (there is one) with the choice among
/// them.
fn top_dictionary(imprint: &Imprint<'_>, count: u16, [charset, charstrings, array, select]: [usize; 4]) -> Vec<u8> {
    // One unit in ems, as decimal digits: 0.004 is `.`, `0`, `0`, `4`, end, two to a byte.
    let unit: &[u8] = &[30, 0xA0, 0x04, 0xFF];
    let none = operand(0);
    let matrix = [unit, &none, &none, unit, &none, &none].concat();
    let bounds: Vec<u8> = imprint.bounds.iter().flat_map(|edge| operand((*edge).into())).collect();
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
fn index<E: AsRef<[u8]>>(entries: &[E]) -> Option<Vec<u8>> {
    let mut bytes = words([u16::try_from(entries.len()).ok()?]);
    if entries.is_empty() {
        return Some(bytes);
    }
    let length: usize = entries.iter().map(|entry| entry.as_ref().len()).sum();
    let end = u32::try_from(length).ok()?.checked_add(1)?;
    let digits = (4 - end.leading_zeros() / 8) as usize;
    bytes.reserve(1 + (entries.len() + 1) * digits + length);
    bytes.push(digits as u8);
    let mut at = 1_u32;
    bytes.extend_from_slice(&at.to_be_bytes()[4 - digits..]);
    for entry in entries {
        at += entry.as_ref().len() as u32;
        bytes.extend_from_slice(&at.to_be_bytes()[4 - digits..]);
    }
    entries.iter().for_each(|entry| bytes.extend_from_slice(entry.as_ref()));
    Some(bytes)
}

/// Sixteen-bit numbers as a font file has them.
pub fn words<const N: usize>(values: [u16; N]) -> Vec<u8> {
    values.into_iter().flat_map(u16::to_be_bytes).collect()
}
