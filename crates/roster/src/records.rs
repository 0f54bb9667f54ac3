//! The records an XLS consists of, and the texts in them. Nothing is believed of what they declare: a record
//! ends where the stream ends, a text where its record and those that go on with it end.

use encoding_rs::Encoding;

use crate::encoding;

pub(crate) const CONTINUE: u16 = 0x003c;
/// Begins a part: the workbook itself, a sheet, a chart in a sheet.
pub(crate) const BEGIN: u16 = 0x0809;
/// Ends a part.
pub(crate) const END: u16 = 0x000a;

/// One record: where its data starts and how long it is.
#[derive(Clone, Copy)]
pub(crate) struct Record {
    pub kind: u16,
    start: usize,
    len: usize,
}

/// Records from an offset on, to the end of the stream or the first that is cut off.
pub(crate) fn records(stream: &[u8], from: usize) -> impl Iterator<Item = Record> {
    let mut at = from;
    std::iter::from_fn(move || {
        let kind = u16_at(stream, at)?;
        let len = usize::from(u16_at(stream, at + 2)?);
        let start = at + 4;
        at = start.checked_add(len).filter(|end| *end <= stream.len())?;
        Some(Record { kind, start, len })
    })
}

impl Record {
    pub fn data<'s>(&self, stream: &'s [u8]) -> &'s [u8] {
        stream.get(self.start..self.start + self.len).unwrap_or(&[])
    }

    /// The data with that of the records which go on with it.
    pub fn parts<'s>(&self, stream: &'s [u8]) -> Vec<&'s [u8]> {
        let behind = records(stream, self.start + self.len).take_while(|record| record.kind == CONTINUE);
        std::iter::once(self.data(stream)).chain(behind.map(|record| record.data(stream))).collect()
    }
}

pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let two = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(two.try_into().ok()?))
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(four.try_into().ok()?))
}

pub(crate) fn f64_at(bytes: &[u8], at: usize) -> Option<f64> {
    let eight = bytes.get(at..at.checked_add(8)?)?;
    Some(f64::from_le_bytes(eight.try_into().ok()?))
}

/// How the texts of a workbook are written.
#[derive(Clone, Copy)]
pub(crate) enum Script {
    /// BIFF8: UTF-16, or its low bytes alone where the high ones are zero. The code page says nothing of it.
    Unicode,
    /// BIFF5: bytes in the code page, where one is named.
    Bytes(Option<&'static Encoding>),
}

impl Script {
    /// The encoding of a Windows code page, as far as lists come in it.
    pub fn of_code_page(page: u16) -> Self {
        let label = match page {
            936 | 10008 => "gbk",
            54936 => "gb18030",
            65001 => "utf-8",
            950 => "big5",
            932 => "shift_jis",
            949 => "euc-kr",
            874 => "windows-874",
            1250 => "windows-1250",
            1251 => "windows-1251",
            1253 => "windows-1253",
            1254 => "windows-1254",
            1255 => "windows-1255",
            1256 => "windows-1256",
            1257 => "windows-1257",
            1258 => "windows-1258",
            // 1252 stands in files of writers that know no other; see `plain_text`.
            _ => return Self::Bytes(None),
        };
        Self::Bytes(Encoding::for_label(label.as_bytes()))
    }

    /// A text without formatting behind a count of its characters, of one byte or two.
    pub fn short_text(self, data: &[u8], count_bytes: usize) -> Option<String> {
        let count = match count_bytes {
            1 => usize::from(*data.first()?),
            _ => usize::from(u16_at(data, 0)?),
        };
        let behind = data.get(count_bytes..)?;
        match self {
            Self::Unicode => {
                let is_wide = behind.first()? & 1 != 0;
                let parts = [behind.get(1..)?];
                let mut reader = Texts::new(&parts, 0);
                reader.characters(count, is_wide)
            }
            Self::Bytes(encoding) => Some(plain_text(behind.get(..count.min(behind.len()))?, encoding)),
        }
    }
}

/// Bytes in a code page. Writers that know nothing of code pages put Chinese in without naming it.
fn plain_text(bytes: &[u8], encoding: Option<&'static Encoding>) -> String {
    match encoding {
        Some(encoding) => encoding.decode_without_bom_handling(bytes).0.into_owned(),
        None => encoding::guess(bytes),
    }
}

/// Walks over texts that run on from one record into the next.
pub(crate) struct Texts<'a> {
    parts: &'a [&'a [u8]],
    at: usize,
}

impl<'a> Texts<'a> {
    pub fn new(parts: &'a [&'a [u8]], at: usize) -> Self {
        Self { parts, at }
    }

    /// The next text (MS-XLS 2.5.293), without its fonts and how it is pronounced.
    pub fn next(&mut self) -> Option<String> {
        while self.parts.first().is_some_and(|part| self.at >= part.len()) {
            self.next_part()?;
        }
        let part = self.parts.first()?;
        let characters = u16_at(part, self.at)?;
        let flags = *part.get(self.at + 2)?;
        self.at += 3;
        let mut behind = 0_usize;
        if flags & 0x8 != 0 {
            behind += usize::from(u16_at(part, self.at)?) * 4;
            self.at += 2;
        }
        if flags & 0x4 != 0 {
            behind = behind.saturating_add(u32_at(part, self.at)? as usize);
            self.at += 4;
        }
        let text = self.characters(usize::from(characters), flags & 1 != 0)?;
        self.skip(behind);
        Some(text)
    }

    fn next_part(&mut self) -> Option<()> {
        self.parts = self.parts.get(1..)?;
        self.at = 0;
        self.parts.first().map(|_| ())
    }

    /// Each record that goes on with a text says anew whether its characters are wide.
    pub fn characters(&mut self, mut left: usize, mut is_wide: bool) -> Option<String> {
        let mut units: Vec<u16> = Vec::new();
        loop {
            let here = self.parts.first()?.get(self.at..)?;
            let size = if is_wide { 2 } else { 1 };
            let taken = left.min(here.len() / size);
            let bytes = here.get(..taken * size)?;
            if is_wide {
                units.extend(bytes.chunks_exact(2).filter_map(|pair| u16_at(pair, 0)));
            } else {
                units.extend(bytes.iter().map(|byte| u16::from(*byte)));
            }
            self.at += taken * size;
            left -= taken;
            if left == 0 || self.next_part().is_none() {
                return (left == 0).then(|| String::from_utf16_lossy(&units));
            }
            is_wide = self.parts.first()?.first()? & 1 != 0;
            self.at = 1;
        }
    }

    fn skip(&mut self, mut bytes: usize) {
        while let Some(part) = self.parts.first() {
            let taken = bytes.min(part.len().saturating_sub(self.at));
            self.at += taken;
            bytes -= taken;
            if bytes == 0 || self.next_part().is_none() {
                return;
            }
        }
    }
}
