//! XML of a workbook's parts as a stream of tags and text. Names count without their prefix, so that every
//! namespace people's programs write is read alike. Never holds more of a part than one tag or text of it.

use std::borrow::Cow;
use std::io::{BufRead, Read};

use quick_xml::XmlVersion;
use quick_xml::events::{BytesEnd, BytesStart, Event};
use quick_xml::reader::Reader;

use crate::fault::ReadError;

/// Bytes one tag or text may have: a cell has at most 32,767 characters, and each may be written as `&#x…;`.
const EVENT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Tags within tags; workbooks have a dozen.
const DEPTH_MAX: usize = 256;

/// A part being read.
pub(crate) struct Xml<R: BufRead> {
    reader: Reader<Metered<R>>,
    buffer: Vec<u8>,
    depth: usize,
}

/// What comes next in a part.
pub(crate) enum Node<'a> {
    /// A tag opens; one without content closes right after.
    Open(Tag<'a>),
    /// A tag closes.
    Close(Closing<'a>),
    /// Text, or a piece of it.
    Text(Cow<'a, str>),
    /// The part ends.
    End,
}

impl<R: BufRead> Xml<R> {
    pub fn new(part: R) -> Self {
        let mut reader = Reader::from_reader(Metered { part, since: 0 });
        reader.config_mut().expand_empty_elements = true;
        Self { reader, buffer: Vec::new(), depth: 0 }
    }

    /// The next node; comments and instructions are passed over.
    pub fn next(&mut self) -> Result<Node<'_>, ReadError> {
        self.buffer.clear();
        self.reader.get_mut().since = 0;
        let event = self.reader.read_event_into(&mut self.buffer).map_err(ReadError::broken)?;
        match event {
            Event::Start(_) if self.depth >= DEPTH_MAX => return Err(ReadError::BrokenWorkbook(None)),
            Event::Start(_) => self.depth += 1,
            Event::End(_) => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        Ok(match event {
            Event::Start(tag) | Event::Empty(tag) => Node::Open(Tag(tag)),
            Event::End(tag) => Node::Close(Closing(tag)),
            Event::Text(text) => Node::Text(in_one_kind(text.into_inner())),
            Event::CData(text) => Node::Text(in_one_kind(text.into_inner())),
            Event::GeneralRef(name) => Node::Text(Cow::Owned(referred(&name))),
            Event::Eof => Node::End,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => Node::Text(Cow::Borrowed("")),
        })
    }
}

/// Line breaks as XML has them: one kind, whatever was written.
fn in_one_kind(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains('\r') { Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")) } else { text }
}

/// `&lt;`, `&#x4e2d;`; a name that nobody defines stays as it is written.
fn referred(name: &quick_xml::events::BytesRef<'_>) -> String {
    if let Ok(Some(character)) = name.resolve_char_ref() {
        return character.to_string();
    }
    match &**name {
        "lt" => "<".to_owned(),
        "gt" => ">".to_owned(),
        "amp" => "&".to_owned(),
        "quot" => "\"".to_owned(),
        "apos" => "'".to_owned(),
        other => format!("&{other};"),
    }
}

/// A tag that opens.
pub(crate) struct Tag<'a>(BytesStart<'a>);

impl Tag<'_> {
    /// Its name without a prefix.
    pub fn name(&self) -> &str {
        self.0.local_name().into_inner()
    }

    /// An attribute by its name without a prefix.
    pub fn attribute(&self, name: &str) -> Option<String> {
        let mut attributes = self.0.attributes();
        let found = attributes.with_checks(false).flatten().find(|a| a.key.local_name().as_ref() == name)?;
        found.normalized_value(XmlVersion::Implicit1_0).map(Cow::into_owned).ok()
    }

    /// An attribute that is a whole number.
    pub fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.attribute(name)?.trim().parse().ok()
    }

    /// An attribute that says yes.
    pub fn says_yes(&self, name: &str) -> bool {
        self.attribute(name).is_some_and(|value| matches!(value.trim(), "1" | "true" | "on"))
    }
}

/// A tag that closes.
pub(crate) struct Closing<'a>(BytesEnd<'a>);

impl Closing<'_> {
    /// Its name without a prefix.
    pub fn name(&self) -> &str {
        self.0.local_name().into_inner()
    }
}

/// Stops a reader that would gather one event without end.
struct Metered<R> {
    part: R,
    since: usize,
}

impl<R: BufRead> Read for Metered<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.part.read(into)?;
        self.since = self.since.saturating_add(read);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Metered<R> {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        if self.since > EVENT_BYTES_MAX {
            return Err(std::io::Error::other("a tag or text without end"));
        }
        self.part.fill_buf()
    }

    fn consume(&mut self, bytes: usize) {
        self.since = self.since.saturating_add(bytes);
        self.part.consume(bytes);
    }
}
