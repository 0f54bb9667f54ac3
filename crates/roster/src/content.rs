//! Tells by its first bytes what a file is. Never looks at its name, and never reads what it holds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a file that is no table looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// PDF.
    Pdf,
    /// A picture of any kind.
    Picture,
    /// Word, old or new.
    Word,
    /// PowerPoint, old or new.
    PowerPoint,
    /// A web page, as some systems export under an Excel name.
    WebPage,
    /// XML, Excel's 2003 XML workbook among it.
    Xml,
    /// An OpenDocument table.
    OpenDocument,
    /// Excel's binary workbook (XLSB).
    BinaryWorkbook,
    /// A workbook of Excel 4 or older.
    OldWorkbook,
    /// An archive: ZIP, RAR, 7z, gzip.
    Archive,
    /// A program.
    Program,
    /// A database: Access, SQLite.
    Database,
    /// A compound file that is no workbook.
    CompoundFile,
    /// Rich text.
    RichText,
    /// Bytes that are no text.
    Binary,
}

impl FileKind {
    /// In plain English, with its article.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Pdf => "a PDF",
            Self::Picture => "a picture",
            Self::Word => "a Word document",
            Self::PowerPoint => "a PowerPoint presentation",
            Self::WebPage => "a web page",
            Self::Xml => "an XML file",
            Self::OpenDocument => "an OpenDocument file",
            Self::BinaryWorkbook => "a binary Excel workbook (XLSB)",
            Self::OldWorkbook => "a workbook of Excel 4 or older",
            Self::Archive => "an archive",
            Self::Program => "a program",
            Self::Database => "a database",
            Self::CompoundFile => "a file of an older program",
            Self::RichText => "a rich text document",
            Self::Binary => "a file without readable text",
        }
    }

    /// Holds tables, so that saving it as another format would help.
    pub(crate) fn may_hold_a_table(self) -> bool {
        matches!(self, Self::WebPage | Self::Xml | Self::OpenDocument | Self::BinaryWorkbook | Self::OldWorkbook)
    }
}

/// What to try next with the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// A ZIP: perhaps an XLSX.
    Zip,
    /// A compound file: perhaps an XLS, perhaps an encrypted workbook.
    Compound,
    /// The records of an XLS without a compound file around them, as some programs write it.
    Records,
    /// Perhaps text.
    Text,
    /// Surely something else.
    Other(FileKind),
}

/// First bytes that say what a file is.
const SIGNATURES: &[(&[u8], FileKind)] = &[
    (b"%PDF-", FileKind::Pdf),
    (b"\x89PNG\r\n\x1a\n", FileKind::Picture),
    (b"\xff\xd8\xff", FileKind::Picture),
    (b"GIF87a", FileKind::Picture),
    (b"GIF89a", FileKind::Picture),
    (b"II*\0", FileKind::Picture),
    (b"MM\0*", FileKind::Picture),
    (b"Rar!\x1a\x07", FileKind::Archive),
    (b"7z\xbc\xaf\x27\x1c", FileKind::Archive),
    (b"\x1f\x8b\x08", FileKind::Archive),
    (b"\x28\xb5\x2f\xfd", FileKind::Archive),
    (b"\x7fELF", FileKind::Program),
    (b"\xcf\xfa\xed\xfe", FileKind::Program),
    (b"SQLite format 3\0", FileKind::Database),
    (b"\0\x01\0\0Standard Jet DB", FileKind::Database),
    (b"\0\x01\0\0Standard ACE DB", FileKind::Database),
    (b"{\\rtf", FileKind::RichText),
    (b"\x09\0\x04\0", FileKind::OldWorkbook),
    (b"\x09\x02\x06\0", FileKind::OldWorkbook),
    (b"\x09\x04\x06\0", FileKind::OldWorkbook),
];

/// How far into the file text marks such as `<html` are looked for, in bytes.
const MARK_BYTES_MAX: usize = 1024;

/// What the bytes look like, from the first of them alone.
pub(crate) fn tell(bytes: &[u8]) -> Content {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return Content::Zip;
    }
    if bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return Content::Compound;
    }
    if bytes.starts_with(b"\x09\x08\x08\0") || bytes.starts_with(b"\x09\x08\x10\0") {
        return Content::Records;
    }
    if let Some((_, kind)) = SIGNATURES.iter().find(|(mark, _)| bytes.starts_with(mark)) {
        return Content::Other(*kind);
    }
    if is_program(bytes) {
        return Content::Other(FileKind::Program);
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Content::Other(FileKind::Picture);
    }
    if bytes.starts_with(b"BM") && bytes.get(6..10) == Some(&[0, 0, 0, 0]) {
        return Content::Other(FileKind::Picture);
    }
    marked_up(bytes).map_or(Content::Text, Content::Other)
}

/// Windows programs begin with `MZ`, as a customer's name might; the byte behind it tells them apart.
fn is_program(bytes: &[u8]) -> bool {
    bytes.starts_with(b"MZ") && bytes.get(2..64).is_some_and(|head| head.contains(&0))
}

/// A web page or XML, told by its opening tags.
fn marked_up(bytes: &[u8]) -> Option<FileKind> {
    let start = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let head: Vec<u8> = start
        .iter()
        .take(MARK_BYTES_MAX)
        // UTF-16 text of these marks is ASCII with zeros between.
        .filter(|b| **b != 0 && **b < 0xfe)
        .map(u8::to_ascii_lowercase)
        .collect();
    let head = head.trim_ascii_start();
    if !head.starts_with(b"<") {
        return None;
    }
    let has = |mark: &[u8]| head.windows(mark.len()).any(|window| window == mark);
    if has(b"<html") || has(b"<!doctype html") || has(b"<table") || has(b"<meta") {
        Some(FileKind::WebPage)
    } else if head.starts_with(b"<?xml") {
        Some(FileKind::Xml)
    } else {
        None
    }
}
