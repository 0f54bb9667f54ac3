//! The outlines of a font that the program carries, taken out one by one: what [`super::cff`] wrote.
//!
//! It reads a font of our own making, once; it must still never trust a place that the font names.

/// The parts of a Compact Font Format table from which smaller ones are made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Program<'a> {
    /// Copyright notice.
    pub notice: &'a [u8],
    charstrings: Index<'a>,
}

/// The place of the notice among the font's own strings.
const NOTICE: usize = 2;
/// The operator of the top dictionary that says where the charstrings are.
const CHARSTRINGS: u8 = 17;

impl<'a> Program<'a> {
    /// Reads the table. `None` when it is damaged.
    pub fn read(table: &'a [u8]) -> Option<Self> {
        let (_names, rest) = Index::read(table.get(usize::from(*table.get(2)?)..)?)?;
        let (dictionaries, rest) = Index::read(rest)?;
        let (strings, _) = Index::read(rest)?;
        let at = usize::try_from(named_place(dictionaries.entry(0)?, CHARSTRINGS)?).ok()?;
        let (charstrings, _) = Index::read(table.get(at..)?)?;
        Some(Self { notice: strings.entry(NOTICE)?, charstrings })
    }

    /// The outline of glyph `gid`.
    pub fn charstring(&self, gid: u16) -> Option<&'a [u8]> {
        self.charstrings.entry(gid.into())
    }
}

/// An INDEX: where each entry ends, then all of them.
#[derive(Debug, Clone, Copy)]
struct Index<'a> {
    places: &'a [u8],
    digits: usize,
    entries: &'a [u8],
}

impl<'a> Index<'a> {
    /// The INDEX at the beginning of `bytes`, and what follows it.
    fn read(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (count, rest) = bytes.split_first_chunk().map(|(count, rest)| (u16::from_be_bytes(*count), rest))?;
        if count == 0 {
            return Some((Self { places: &[], digits: 1, entries: &[] }, rest));
        }
        let (digits, rest) = rest.split_first().map(|(digits, rest)| (usize::from(*digits), rest))?;
        let (places, rest) = rest.split_at_checked((usize::from(count) + 1) * digits)?;
        let mut index = Self { places, digits, entries: rest };
        let (entries, rest) = rest.split_at_checked(index.place(count.into())?)?;
        index.entries = entries;
        Some((index, rest))
    }

    fn entry(&self, at: usize) -> Option<&'a [u8]> {
        self.entries.get(self.place(at)?..self.place(at + 1)?)
    }

    /// Where entry `at` begins among the entries.
    fn place(&self, at: usize) -> Option<usize> {
        let bytes = self.places.get(at * self.digits..(at + 1) * self.digits)?;
        bytes.iter().fold(0, |place, byte| place << 8 | usize::from(*byte)).checked_sub(1)
    }
}

/// The place that `operator` names in a dictionary. Places are five bytes long; other numbers are passed over.
fn named_place(mut dictionary: &[u8], operator: u8) -> Option<i32> {
    let mut last = None;
    while let Some((first, rest)) = dictionary.split_first() {
        dictionary = rest;
        match *first {
            found @ 0..=21 if found == operator => return last,
            29 => {
                let (number, rest) = rest.split_first_chunk()?;
                (last, dictionary) = (Some(i32::from_be_bytes(*number)), rest);
                continue;
            }
            30 => dictionary = rest.get(rest.iter().position(|pair| pair & 0x0F == 0x0F)? + 1..)?,
            28 => dictionary = rest.get(2..)?,
            12 | 247..=254 => dictionary = rest.get(1..)?,
            _ => {}
        }
        last = None;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::cff::{Imprint, font};
    use super::*;

    fn written() -> Vec<u8> {
        let imprint = Imprint { name: "Test", notice: b"made for a test", bounds: [-200, 0, 1200, 9] };
        font(&imprint, &[vec![14], vec![1; 300], vec![], vec![2, 14]]).unwrap()
    }

    #[test]
    fn outlines_and_notice_are_read_as_they_were_written() {
        let table = written();
        let program = Program::read(&table).unwrap();
        assert_eq!(program.notice, b"made for a test");
        let read: Vec<_> = (0..5).map(|gid| program.charstring(gid).map(<[u8]>::to_vec)).collect();
        assert_eq!(read, [Some(vec![14]), Some(vec![1; 300]), Some(vec![]), Some(vec![2, 14]), None]);
    }

    #[test]
    fn a_table_cut_short_or_changed_never_panics() {
        let table = written();
        for end in 0..table.len() {
            assert!(Program::read(&table[..end]).is_none(), "cut to {end} bytes");
        }
        for at in 0..table.len() {
            let mut changed = table.clone();
            changed[at] ^= 0xFF;
            if let Some(program) = Program::read(&changed) {
                assert!((0..5).all(|gid| program.charstring(gid).is_none_or(|outline| outline.len() < table.len())));
            }
        }
    }
}
