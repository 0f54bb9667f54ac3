//! The operators of a page as PDF writes them (ISO 32000-1, annex A), straight into bytes.
//!
//! It knows how an operator is spelt, never what is drawn. Numbers keep three decimals, trailing zeros dropped.

/// A page's content while it is written.
#[derive(Default)]
pub(super) struct Content {
    bytes: Vec<u8>,
}

impl Content {
    /// Numbers, then the operator that takes them.
    pub fn put(&mut self, numbers: &[f32], operator: &str) {
        for number in numbers {
            self.number(*number);
            self.bytes.push(b' ');
        }
        self.raw(operator.as_bytes());
        self.bytes.push(b'\n');
    }

    /// A name of the page's resources, numbers, then the operator that takes them.
    pub fn named(&mut self, name: &str, numbers: &[f32], operator: &str) {
        self.bytes.push(b'/');
        self.raw(name.as_bytes());
        self.bytes.push(b' ');
        self.put(numbers, operator);
    }

    /// Letters by their codes, shown where the text stands.
    pub fn show(&mut self, codes: &[u16]) {
        self.bytes.push(b'(');
        for byte in codes.iter().flat_map(|code| code.to_be_bytes()) {
            match byte {
                b'(' | b')' | b'\\' => self.raw(&[b'\\', byte]),
                // As it is, a reader would take it for the end of a line.
                b'\r' => self.raw(b"\\r"),
                _ => self.bytes.push(byte),
            }
        }
        self.raw(b")Tj\n");
    }

    /// Begins a piece of text that stands for `text`, whatever its letters show.
    pub fn begin_standing_for(&mut self, text: &str) {
        self.raw(b"/Span<</ActualText<FEFF");
        for unit in text.encode_utf16() {
            self.raw(format!("{unit:04X}").as_bytes());
        }
        self.raw(b">>>BDC\n");
    }

    /// The page's content.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn number(&mut self, number: f32) {
        let thousandths = (f64::from(number) * 1000.0).round() as i64;
        if thousandths < 0 {
            self.bytes.push(b'-');
        }
        let (whole, mut part) = (thousandths.unsigned_abs() / 1000, thousandths.unsigned_abs() % 1000);
        self.whole(whole);
        if part > 0 {
            self.bytes.push(b'.');
        }
        let mut place = 100;
        while part > 0 {
            self.bytes.push(b'0' + (part / place) as u8);
            part %= place;
            place /= 10;
        }
    }

    fn whole(&mut self, number: u64) {
        if number >= 10 {
            self.whole(number / 10);
        }
        self.bytes.push(b'0' + (number % 10) as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(numbers: &[f32]) -> String {
        let mut content = Content::default();
        content.put(numbers, "x");
        String::from_utf8(content.into_bytes()).unwrap()
    }

    #[test]
    fn numbers_keep_three_decimals_and_no_trailing_zeros() {
        assert_eq!(
            put(&[0.0, -0.0001, 7.0, 841.9, 0.05, -12.345, 100.0, 0.9996]),
            "0 0 7 841.9 0.05 -12.345 100 1 x\n"
        );
    }

    #[test]
    fn codes_that_look_like_brackets_or_line_ends_read_back_as_they_are() {
        let codes: Vec<u16> = (0..=0x0200).chain([0x2829, 0x5C0D, 0x0D0A]).collect();
        let mut content = Content::default();
        content.show(&codes);
        let read = lopdf::content::Content::decode(&content.into_bytes()).unwrap();
        let bytes: Vec<u8> = codes.iter().flat_map(|code| code.to_be_bytes()).collect();
        assert_eq!(read.operations[0].operands[0].as_str().unwrap(), bytes);
    }
}
