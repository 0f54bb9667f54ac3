//! XLS (Excel 5 to 2003): the workbook's stream is taken out of its container, and what its sheets share is read
//! from its first part. Cells are `legacy_cells`'. Never makes room for a size the file declares.

use std::io::{Cursor, Read};
use std::sync::Arc;

use cfb::CompoundFile;
use ssfmt::DateSystem;

use crate::book::{Book, SHEETS_MAX, SheetName};
use crate::content::FileKind;
use crate::fault::ReadError;
use crate::grid::Grid;
use crate::legacy_cells::Cells;
use crate::limits;
use crate::number_format::{Formats, Shape};
use crate::records::{BEGIN, END, Script, Texts, records, u16_at, u32_at};
use crate::sheet::{Format, Sheet};
use crate::strings::Strings;
use crate::workbook::contained;

/// Styles of cells; Excel takes 4,050.
const STYLES_MAX: usize = 65_536;

const BOUND_SHEET: u16 = 0x0085;
const CODE_PAGE: u16 = 0x0042;
const DATE_MODE: u16 = 0x0022;
const FILE_PASS: u16 = 0x002f;
const FORMAT: u16 = 0x041e;
const SHARED_STRINGS: u16 = 0x00fc;
const STYLE: u16 = 0x00e0;
/// The version that writes its texts in Unicode.
const BIFF8: u16 = 0x0600;
/// A part that is a sheet of cells.
const SHEET_PART: u16 = 0x0010;

/// Reads an XLS; which sheet, says [`crate::book::read`].
pub(crate) fn read(bytes: &[u8], wanted: Option<&str>) -> Result<Sheet, ReadError> {
    let stream = contained(|| workbook_stream(bytes))?;
    read_records(&stream, wanted)
}

/// Reads the records of an XLS that has no container.
pub(crate) fn read_records(stream: &[u8], wanted: Option<&str>) -> Result<Sheet, ReadError> {
    contained(|| crate::book::read(OldBook::open(stream)?, wanted))
}

/// The workbook's stream; or what the container holds instead.
fn workbook_stream(bytes: &[u8]) -> Result<Vec<u8>, ReadError> {
    let mut container = CompoundFile::open(Cursor::new(bytes)).map_err(ReadError::broken)?;
    if container.exists("/EncryptedPackage") {
        return Err(ReadError::Encrypted);
    }
    let name = ["/Workbook", "/Book", "/WORKBOOK", "/BOOK"].into_iter().find(|name| container.is_stream(name));
    let Some(name) = name else {
        let kind = if container.exists("/WordDocument") {
            FileKind::Word
        } else if container.exists("/PowerPoint Document") {
            FileKind::PowerPoint
        } else {
            FileKind::CompoundFile
        };
        return Err(ReadError::NotATable { kind });
    };
    let mut stream = Vec::new();
    container
        .open_stream(name)
        .and_then(|s| s.take(limits::FILE_BYTES_MAX as u64).read_to_end(&mut stream))
        .map_err(ReadError::broken)?;
    Ok(stream)
}

/// What the sheets of an old workbook share.
pub(crate) struct Globals {
    pub script: Script,
    pub strings: Strings,
    /// By style.
    pub shapes: Vec<Arc<Shape>>,
    pub system: DateSystem,
}

struct OldBook<'s> {
    stream: &'s [u8],
    sheets: Vec<(SheetName, usize)>,
    globals: Globals,
}

impl Book for OldBook<'_> {
    const FORMAT: Format = Format::Xls;

    fn names(&self) -> Vec<SheetName> {
        self.sheets.iter().map(|(name, _)| name.clone()).collect()
    }

    fn grid(&mut self, at: usize) -> Result<Grid, ReadError> {
        let (_, start) = self.sheets.get(at).ok_or(ReadError::NoSuchSheet)?;
        Cells::new(self.stream, &self.globals).read(*start)
    }
}

impl<'s> OldBook<'s> {
    fn open(stream: &'s [u8]) -> Result<Self, ReadError> {
        let first = records(stream, 0).next().filter(|record| record.kind == BEGIN);
        let first = first.ok_or(ReadError::BrokenWorkbook(None))?.data(stream);
        let is_unicode = u16_at(first, 0) == Some(BIFF8);
        let script = if is_unicode { Script::Unicode } else { Script::Bytes(None) };
        let globals = Globals { script, strings: Strings::default(), shapes: Vec::new(), system: DateSystem::Date1900 };
        let mut book = Self { stream, sheets: Vec::new(), globals };
        if u16_at(first, 2) == Some(SHEET_PART) {
            // Small writers leave out what no single sheet needs.
            book.sheets.push((SheetName { name: "Sheet1".to_owned(), is_hidden: false }, 0));
            return Ok(book);
        }
        book.read_globals()?;
        Ok(book)
    }

    fn read_globals(&mut self) -> Result<(), ReadError> {
        let stream = self.stream;
        // Names may stand before the code page that they are written in.
        let page = records(stream, 0).take_while(|r| r.kind != END).find(|r| r.kind == CODE_PAGE);
        if let (Script::Bytes(_), Some(page)) = (self.globals.script, page) {
            self.globals.script = u16_at(page.data(stream), 0).map_or(self.globals.script, Script::of_code_page);
        }
        let (mut formats, mut styles) = (Formats::default(), Vec::new());
        for record in records(stream, 0).take_while(|record| record.kind != END) {
            let data = record.data(stream);
            match record.kind {
                FILE_PASS => return Err(ReadError::Encrypted),
                DATE_MODE if u16_at(data, 0) == Some(1) => self.globals.system = DateSystem::Date1904,
                BOUND_SHEET => self.add_sheet(data)?,
                FORMAT => {
                    let count_bytes = if matches!(self.globals.script, Script::Unicode) { 2 } else { 1 };
                    let code = data.get(2..).and_then(|text| self.globals.script.short_text(text, count_bytes));
                    if let (Some(id), Some(code)) = (u16_at(data, 0), code) {
                        formats.define(u32::from(id), &code);
                    }
                }
                STYLE if styles.len() < STYLES_MAX => styles.push(u16_at(data, 2).unwrap_or(0)),
                SHARED_STRINGS => {
                    let parts = record.parts(stream);
                    let mut texts = Texts::new(&parts, 8);
                    while let Some(text) = texts.next() {
                        self.globals.strings.push(&text)?;
                    }
                }
                _ => {}
            }
        }
        self.globals.shapes = styles.into_iter().map(|id| formats.shape(u32::from(id))).collect();
        Ok(())
    }

    /// Takes a sheet of cells; charts, macros and modules are none.
    fn add_sheet(&mut self, data: &[u8]) -> Result<(), ReadError> {
        let start = u32_at(data, 0).map_or(usize::MAX, |at| at as usize);
        let (Some(visibility), Some(kind)) = (data.get(4), data.get(5)) else {
            return Err(ReadError::BrokenWorkbook(None));
        };
        if *kind != 0 {
            return Ok(());
        }
        if start >= self.stream.len() || self.sheets.len() >= SHEETS_MAX {
            return Err(ReadError::BrokenWorkbook(None));
        }
        let name = data.get(6..).and_then(|text| self.globals.script.short_text(text, 1)).unwrap_or_default();
        self.sheets.push((SheetName { name, is_hidden: visibility & 3 != 0 }, start));
        Ok(())
    }
}
