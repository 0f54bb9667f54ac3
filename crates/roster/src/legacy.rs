//! XLS (Excel 97 to 2003): calamine trusts what these files declare, so the workbook stream is taken out
//! of its container, weighed record by record, and only then handed over in a container of ours.

use std::io::{Cursor, Read, Write};

use calamine::{Reader, Xls, XlsError};
use cfb::{CompoundFile, Version};

use crate::content::FileKind;
use crate::fault::ReadError;
use crate::grid::Grid;
use crate::limits;
use crate::sheet::{Format, Sheet};
use crate::workbook::{contained, merge, sheet_names, shown};

/// Cells in the rectangles around all sheets' cells: calamine keeps one value for each, blank or not.
const RECTANGLE_CELLS_MAX: u64 = 4_000_000;
/// Sheets of one workbook; each repeats the work on what its record points at.
const SHEETS_MAX: usize = 200;
/// Records of all sheets together.
const RECORDS_MAX: usize = 8_000_000;

const BOUND_SHEET: u16 = 0x0085;
const CONTINUE: u16 = 0x003c;
const DIMENSIONS: u16 = 0x0200;
const END_OF_PART: u16 = 0x000a;
const FILE_PASS: u16 = 0x002f;
const FORMULA: u16 = 0x0006;
const LABEL_SST: u16 = 0x00fd;
const MULTIPLE_RK: u16 = 0x00bd;
const SHARED_STRINGS: u16 = 0x00fc;
/// Where in a formula's record its value ends and the formula begins.
const FORMULA_VALUE_BYTES: usize = 20;
/// The text a formula gave. Its place is that of the formula before it, or the first cell without one.
const FORMULA_TEXT: u16 = 0x0207;
/// Number, Label, BoolErr, RK, RString: a row and a column come first.
const SINGLE_CELLS: [u16; 5] = [0x0203, 0x0204, 0x0205, 0x027e, 0x00d6];

/// Reads an XLS, the wanted sheet or the first visible one with something in it.
pub(crate) fn read(bytes: &[u8], wanted: Option<&str>) -> Result<Sheet, ReadError> {
    let stream = contained(|| workbook_stream(bytes))?;
    let stream = weighed(stream)?;
    contained(move || read_weighed(stream, wanted))
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

/// One record: where its data starts and how long it is.
#[derive(Clone, Copy)]
struct Record {
    kind: u16,
    start: usize,
    len: usize,
}

/// Records from an offset on, to the end of the stream or the first that is cut off.
fn records(stream: &[u8], from: usize) -> impl Iterator<Item = Record> {
    let mut at = from;
    std::iter::from_fn(move || {
        let kind = u16_at(stream, at)?;
        let len = usize::from(u16_at(stream, at + 2)?);
        let start = at + 4;
        at = start.checked_add(len).filter(|end| *end <= stream.len())?;
        Some(Record { kind, start, len })
    })
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let two = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(two.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(four.try_into().ok()?))
}

/// Refuses a stream that would make its reader take memory without bound, and blanks what is not needed
/// and could do so: the sizes its sheets declare, which are only hints, and the formulas behind values.
fn weighed(mut stream: Vec<u8>) -> Result<Vec<u8>, ReadError> {
    let mut sheet_starts = Vec::new();
    let mut string_lens = Vec::new();
    for record in records(&stream, 0) {
        match record.kind {
            FILE_PASS => return Err(ReadError::Encrypted),
            BOUND_SHEET => {
                let start = u32_at(&stream, record.start).map_or(usize::MAX, |at| at as usize);
                if start >= stream.len() || sheet_starts.len() >= SHEETS_MAX {
                    return Err(ReadError::BrokenWorkbook(None));
                }
                sheet_starts.push(start);
            }
            SHARED_STRINGS => string_lens = shared_string_lens(&stream, record),
            END_OF_PART => break,
            _ => {}
        }
    }
    let mut weight = Weight::default();
    let mut blanks = Vec::new();
    for start in sheet_starts {
        let mut depth = 0_usize;
        weight.next_sheet()?;
        for record in records(&stream, start) {
            weight.records += 1;
            if weight.records > RECORDS_MAX {
                return Err(ReadError::unpacked_too_large(limits::UNPACKED_BYTES_MAX));
            }
            match record.kind {
                0x0809 => depth += 1,
                // Charts in a sheet are parts within the part.
                END_OF_PART if depth <= 1 => break,
                END_OF_PART => depth -= 1,
                DIMENSIONS => blanks.push(record.start..record.start + record.len),
                _ => weight.add(&stream, record, &string_lens)?,
            }
            if record.kind == FORMULA && record.len > FORMULA_VALUE_BYTES {
                blanks.push(record.start + FORMULA_VALUE_BYTES..record.start + record.len);
            }
        }
    }
    weight.next_sheet()?;
    for blank in blanks {
        if let Some(data) = stream.get_mut(blank) {
            data.fill(0);
        }
    }
    Ok(stream)
}

/// What reading the cells would take.
#[derive(Default)]
struct Weight {
    records: usize,
    rectangles: u64,
    text_bytes: u64,
    /// First and last row, first and last column of the sheet at hand.
    bounds: Option<(u16, u16, u16, u16)>,
}

impl Weight {
    /// Closes the sheet at hand.
    fn next_sheet(&mut self) -> Result<(), ReadError> {
        if let Some((top, bottom, left, right)) = self.bounds.take() {
            let rows = u64::from(bottom - top) + 1;
            self.rectangles += rows * (u64::from(right - left) + 1);
        }
        if self.rectangles > RECTANGLE_CELLS_MAX {
            return Err(ReadError::unpacked_too_large(limits::UNPACKED_BYTES_MAX));
        }
        Ok(())
    }

    fn add(&mut self, stream: &[u8], record: Record, lens: &[u32]) -> Result<(), ReadError> {
        let is_cell = SINGLE_CELLS.contains(&record.kind) || matches!(record.kind, FORMULA | LABEL_SST | MULTIPLE_RK);
        if record.kind == FORMULA_TEXT {
            let (_, bottom, _, right) = self.bounds.unwrap_or_default();
            self.bounds = Some((0, bottom, 0, right));
        }
        if !is_cell {
            return Ok(());
        }
        let (Some(row), Some(column)) = (u16_at(stream, record.start), u16_at(stream, record.start + 2)) else {
            return Err(ReadError::BrokenWorkbook(None));
        };
        let last = match record.kind {
            MULTIPLE_RK => u16_at(stream, record.start + record.len.saturating_sub(2)).unwrap_or(column).max(column),
            _ => column,
        };
        if record.kind == LABEL_SST {
            let index = u32_at(stream, record.start + 6).map_or(usize::MAX, |i| i as usize);
            self.text_bytes += lens.get(index).map_or(0, |len| u64::from(*len) * 3);
            if self.text_bytes > limits::TEXT_BYTES_MAX as u64 {
                return Err(ReadError::unpacked_too_large(self.text_bytes));
            }
        }
        let (top, bottom, left, right) = self.bounds.unwrap_or((row, row, column, last));
        self.bounds = Some((top.min(row), bottom.max(row), left.min(column), right.max(last)));
        Ok(())
    }
}

/// Characters of each shared string, so that many cells naming one long string are seen beforehand.
fn shared_string_lens(stream: &[u8], first: Record) -> Vec<u32> {
    let mut parts = vec![stream.get(first.start..first.start + first.len).unwrap_or(&[])];
    for record in records(stream, first.start + first.len) {
        if record.kind != CONTINUE {
            break;
        }
        parts.push(stream.get(record.start..record.start + record.len).unwrap_or(&[]));
    }
    let mut reader = Parts { parts: &parts, at: 8 };
    let mut lens = Vec::new();
    while let Some(len) = reader.next_string() {
        lens.push(len);
    }
    lens
}

/// Walks over strings that run on from one record into the next.
struct Parts<'a> {
    parts: &'a [&'a [u8]],
    at: usize,
}

impl Parts<'_> {
    /// Steps over one string (MS-XLS 2.5.293) and says how many characters it has.
    fn next_string(&mut self) -> Option<u32> {
        while self.parts.first().is_some_and(|part| self.at >= part.len()) {
            self.next_part()?;
        }
        let part = self.parts.first()?;
        let chars = u16_at(part, self.at)?;
        let flags = *part.get(self.at + 2)?;
        self.at += 3;
        let mut behind = 0_usize;
        if flags & 0x8 != 0 {
            behind += usize::from(u16_at(part, self.at)?) * 4;
            self.at += 2;
        }
        if flags & 0x4 != 0 {
            behind += u32_at(part, self.at)? as usize;
            self.at += 4;
        }
        self.skip_chars(usize::from(chars), flags & 1 != 0)?;
        self.skip(behind)?;
        Some(u32::from(chars))
    }

    fn next_part(&mut self) -> Option<()> {
        self.parts = self.parts.get(1..)?;
        self.at = 0;
        self.parts.first().map(|_| ())
    }

    /// Each record that goes on with a string says anew whether its characters are wide.
    fn skip_chars(&mut self, mut chars: usize, mut wide: bool) -> Option<()> {
        loop {
            let size = if wide { 2 } else { 1 };
            let here = self.parts.first()?.len().saturating_sub(self.at) / size;
            let taken = chars.min(here);
            self.at += taken * size;
            chars -= taken;
            if chars == 0 {
                return Some(());
            }
            self.next_part()?;
            wide = self.parts.first()?.first()? & 1 != 0;
            self.at = 1;
        }
    }

    fn skip(&mut self, mut bytes: usize) -> Option<()> {
        loop {
            let taken = bytes.min(self.parts.first()?.len().saturating_sub(self.at));
            self.at += taken;
            bytes -= taken;
            if bytes == 0 {
                return Some(());
            }
            self.next_part()?;
        }
    }
}

/// A container with nothing but the weighed stream.
fn container_of(stream: &[u8]) -> std::io::Result<Vec<u8>> {
    // calamine takes a container of version 4 without small streams for a broken one.
    let mut container = CompoundFile::create_with_version(Version::V3, Cursor::new(Vec::new()))?;
    container.create_stream("/Workbook")?.write_all(stream)?;
    container.flush()?;
    Ok(container.into_inner().into_inner())
}

fn read_weighed(stream: Vec<u8>, wanted: Option<&str>) -> Result<Sheet, ReadError> {
    let bytes = container_of(&stream).map_err(ReadError::broken)?;
    drop(stream);
    let mut book: Xls<_> = Xls::new(Cursor::new(bytes)).map_err(fault)?;
    let names = sheet_names(book.sheets_metadata());
    let candidates: Vec<&String> = match wanted {
        Some(wanted) => names.iter().filter(|name| *name == wanted).collect(),
        None => names.iter().collect(),
    };
    if wanted.is_some() && candidates.is_empty() {
        return Err(ReadError::NoSuchSheet);
    }
    for name in candidates {
        let mut grid = Grid::default();
        let range = book.worksheet_range(name).map_err(fault)?;
        let (top, left) = range.start().unwrap_or((0, 0));
        for (row, column, value) in range.used_cells() {
            let line = u32::try_from(row).unwrap_or(u32::MAX).saturating_add(top);
            grid.put(line.saturating_add(1), column + left as usize, &shown(value))?;
        }
        if grid.is_empty() {
            continue;
        }
        let merges = book.merge_cells_by_sheet_name(name).map_err(fault)?;
        grid.fill_down(merges.iter().map(merge))?;
        let mut sheet = grid.into_sheet(Format::Xls)?;
        sheet.other_sheets = names.iter().filter(|other| *other != name).cloned().collect();
        sheet.sheet_name = Some(name.clone());
        return Ok(sheet);
    }
    Err(ReadError::Empty)
}

fn fault(error: XlsError) -> ReadError {
    match error {
        XlsError::Password => ReadError::Encrypted,
        other => ReadError::broken(other),
    }
}
