//! A printer's answer, read within bounds. A printer is a stranger on the network: whatever it sends ends in values or in an
//! error, never in a panic, and with nothing that nests.
//!
//! The `ipp` crate writes our requests; its reader trusts lengths and recurses over collections (5.4), so answers are read
//! here. We ask for nothing that comes in a collection: those are walked over by counting how deep they are.

use std::collections::BTreeMap;

/// Most bytes of an answer.
pub(super) const BYTES_MAX: usize = 1024 * 1024;
/// Most values of an answer; a printer with everything has some hundreds.
const VALUES_MAX: usize = 20_000;
/// Deepest collection: `media-col-database` goes to 4.
const DEPTH_MAX: usize = 16;

/// What came is not an IPP answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    /// It ends in the middle.
    #[error("the answer ends in the middle")]
    CutOff,
    /// Something stands where it cannot.
    #[error("the answer has a {0:#04x} out of place")]
    OutOfPlace(u8),
    /// Beyond what any printer needs to say.
    #[error("the answer says too much, or nests too deep")]
    TooMuch,
}

/// What an attribute says. Kinds of values that nobody here asks for are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Number(i32),
    Flag(bool),
    Text(String),
}

/// A group of attributes, each with its values in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Group(BTreeMap<String, Vec<Value>>);

/// An answer: its status, and its groups by their tags.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Answer {
    /// RFC 8011, 4.1.6.
    pub status: u16,
    groups: Vec<(u8, Group)>,
}

const END: u8 = 0x03;
const JOB: u8 = 0x02;
const PRINTER: u8 = 0x04;
const BEGIN_COLLECTION: u8 = 0x34;
const END_COLLECTION: u8 = 0x37;

impl Answer {
    /// Reads an answer up to the end of its attributes.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        if bytes.len() > BYTES_MAX {
            return Err(Malformed::TooMuch);
        }
        let mut rest = Rest(bytes);
        let [_, _, high, low, ..] = rest.take_array::<8>()?;
        let mut answer = Self { status: u16::from_be_bytes([high, low]), groups: Vec::new() };
        let mut name = String::new();
        let mut depth = 0usize;
        for _ in 0..VALUES_MAX {
            let [tag] = rest.take_array()?;
            if tag == END && depth == 0 {
                return Ok(answer);
            }
            if tag < 0x10 {
                if tag == 0 || depth > 0 {
                    return Err(Malformed::OutOfPlace(tag));
                }
                answer.groups.push((tag, Group::default()));
                name.clear();
                continue;
            }
            let (new_name, value) = (rest.take_counted()?, rest.take_counted()?);
            let Some((_, group)) = answer.groups.last_mut() else { return Err(Malformed::OutOfPlace(tag)) };
            // Members of a collection and further values of an attribute come without a name.
            if !new_name.is_empty() && depth == 0 {
                name = String::from_utf8_lossy(new_name).into_owned();
            }
            match tag {
                BEGIN_COLLECTION => depth += 1,
                END_COLLECTION => depth = depth.checked_sub(1).ok_or(Malformed::OutOfPlace(tag))?,
                _ if depth == 0 && !name.is_empty() => group.add(&name, Value::read(tag, value)),
                _ => {}
            }
            if depth > DEPTH_MAX {
                return Err(Malformed::TooMuch);
            }
        }
        Err(Malformed::TooMuch)
    }

    /// Whether the request was carried out.
    pub(super) fn is_success(&self) -> bool {
        self.status < 0x0100
    }

    /// What is said of printers, one group each.
    pub(super) fn printers(&self) -> impl Iterator<Item = &Group> {
        self.of(PRINTER)
    }

    /// What is said of the job.
    pub(super) fn job(&self) -> Option<&Group> {
        self.of(JOB).next()
    }

    fn of(&self, wanted: u8) -> impl Iterator<Item = &Group> {
        self.groups.iter().filter(move |(tag, _)| *tag == wanted).map(|(_, group)| group)
    }
}

impl Group {
    fn add(&mut self, name: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.0.entry(name.to_owned()).or_default().push(value);
        }
    }

    /// The first number of an attribute.
    pub(super) fn number(&self, name: &str) -> Option<i32> {
        self.0.get(name)?.iter().find_map(|value| if let Value::Number(number) = value { Some(*number) } else { None })
    }

    /// The first yes or no of an attribute.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.0.get(name)?.iter().find_map(|value| if let Value::Flag(flag) = value { Some(*flag) } else { None })
    }

    /// The texts of an attribute.
    pub(super) fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        let values = self.0.get(name).map(Vec::as_slice).unwrap_or_default();
        values.iter().filter_map(|value| if let Value::Text(text) = value { Some(text.as_str()) } else { None })
    }

    /// The first text of an attribute that says anything.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.texts(name).find(|text| !text.is_empty()).map(str::to_owned)
    }
}

impl Value {
    /// A value of a kind that is asked for and of the length that its kind has; anything else says nothing.
    fn read(tag: u8, bytes: &[u8]) -> Option<Self> {
        let text = |bytes: &[u8]| Some(Self::Text(String::from_utf8_lossy(bytes).into_owned()));
        match tag {
            // integer, enum
            0x21 | 0x23 => Some(Self::Number(i32::from_be_bytes(bytes.try_into().ok()?))),
            // boolean
            0x22 => Some(Self::Flag(*bytes.first()? != 0)),
            // text and name with their language before them
            0x35 | 0x36 => {
                let mut rest = Rest(bytes);
                rest.take_counted().ok()?;
                text(rest.take_counted().ok()?)
            }
            // text, name, keyword, uri, uri scheme, charset, language, media type
            0x41 | 0x42 | 0x44..=0x49 => text(bytes),
            _ => None,
        }
    }
}

/// What of the bytes is still to be read.
struct Rest<'b>(&'b [u8]);

impl<'b> Rest<'b> {
    fn take(&mut self, bytes: usize) -> Result<&'b [u8], Malformed> {
        let (taken, rest) = self.0.split_at_checked(bytes).ok_or(Malformed::CutOff)?;
        self.0 = rest;
        Ok(taken)
    }

    fn take_array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        self.take(N)?.try_into().map_err(|_| Malformed::CutOff)
    }

    /// Bytes with their count in two bytes before them.
    fn take_counted(&mut self) -> Result<&'b [u8], Malformed> {
        let count = u16::from_be_bytes(self.take_array()?);
        self.take(usize::from(count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: [u8; 8] = [1, 1, 0, 0, 0, 0, 0, 1];

    fn value(tag: u8, name: &str, value: &[u8]) -> Vec<u8> {
        let counted = |bytes: &[u8]| [&u16::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat();
        [vec![tag], counted(name.as_bytes()), counted(value)].concat()
    }

    fn answer(group: u8, values: &[Vec<u8>]) -> Vec<u8> {
        [&HEAD[..], &[group], &values.concat(), &[END]].concat()
    }

    #[test]
    fn an_answer_gives_the_values_of_each_printer() {
        let bytes = answer(
            PRINTER,
            &[
                value(0x23, "printer-state", &[0, 0, 0, 5]),
                value(0x44, "printer-state-reasons", b"media-empty-error"),
                value(0x44, "", b"paused"),
                value(BEGIN_COLLECTION, "media-col-ready", &[]),
                value(0x4a, "", b"media-type"),
                value(0x44, "", b"plain"),
                value(END_COLLECTION, "", &[]),
                value(0x35, "printer-info", b"\x00\x02zh\x00\x06\xe4\xb8\x80\xe5\xb1\x82"),
                value(0x22, "printer-is-accepting-jobs", &[1]),
            ],
        );
        let read = Answer::read(&bytes).unwrap();
        let printer = read.printers().next().unwrap();
        assert_eq!(printer.number("printer-state"), Some(5));
        assert_eq!(printer.texts("printer-state-reasons").collect::<Vec<_>>(), ["media-empty-error", "paused"]);
        assert_eq!(printer.text("printer-info").as_deref(), Some("一层"));
        assert_eq!(printer.flag("printer-is-accepting-jobs"), Some(true));
        assert_eq!(printer.text("media-col-ready"), None, "what is in a collection is nobody's");
        assert!(read.is_success() && read.job().is_none());
    }

    #[test]
    fn nested_collections_are_refused_however_many_there_are() {
        let nested = |depth: usize| {
            let begin = value(BEGIN_COLLECTION, "a", &[]).repeat(depth);
            answer(PRINTER, &[begin, value(END_COLLECTION, "", &[]).repeat(depth)])
        };
        assert!(Answer::read(&nested(DEPTH_MAX)).is_ok());
        for depth in [DEPTH_MAX + 1, 1_000, 19_000, 100_000] {
            assert_eq!(Answer::read(&nested(depth)), Err(Malformed::TooMuch), "{depth}");
        }
    }

    #[test]
    fn a_value_of_a_wrong_length_says_nothing_and_one_longer_than_the_answer_ends_it() {
        let wrong = [value(0x21, "job-id", &[1, 2]), value(0x22, "flag", &[]), value(0x36, "name", &[0, 200, 1])];
        let read = Answer::read(&answer(JOB, &wrong)).unwrap();
        let job = read.job().unwrap();
        assert_eq!((job.number("job-id"), job.flag("flag"), job.text("name")), (None, None, None));
        let longer = [&HEAD[..], &[JOB, 0x21, 0, 1, b'a', 0xff, 0xff, 0]].concat();
        assert_eq!(Answer::read(&longer), Err(Malformed::CutOff));
        assert_eq!(Answer::read(&[&HEAD[..], &[JOB]].concat()), Err(Malformed::CutOff), "no end");
        assert_eq!(Answer::read(&answer(JOB, &[value(END_COLLECTION, "a", &[])])), Err(Malformed::OutOfPlace(0x37)));
        assert_eq!(Answer::read(&[&HEAD[..], &value(0x21, "a", &[0; 4])].concat()), Err(Malformed::OutOfPlace(0x21)));
    }

    #[test]
    fn no_bytes_whatever_make_reading_panic() {
        let whole = answer(PRINTER, &[value(0x36, "a", b"\x00\x01x\x00\x01y"), value(0x21, "b", &[0; 4])]);
        for at in 0..whole.len() {
            Answer::read(&whole[..at]).unwrap_err();
            for byte in 0..=u8::MAX {
                let mut bytes = whole.clone();
                bytes[at] = byte;
                Answer::read(&bytes).ok();
            }
        }
    }
}
