//! Tables out: CSV and XLSX that `read` gives back as they were. Never lets a value become a formula,
//! never replaces a character silently, and never asks the clock: equal tables make equal files.

use encoding_rs::{GB18030, GBK};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format as CellFormat, FormatAlign, Workbook, XlsxError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::delimited::needs_guard;
use crate::drafts::{Draft, RowError};
use crate::encoding::{Encoding, in_gbk};
use crate::sheet::Sheet;

/// Characters Excel takes in one cell, counted as UTF-16.
const CELL_UNITS_MAX: usize = 32_767;
/// Rows Excel takes, the header among them.
const ROWS_MAX: usize = 1_048_576;
/// Columns Excel takes.
const COLUMNS_MAX: usize = 16_384;
/// Rows looked at for the width of a column.
const WIDTH_ROWS: usize = 500;
/// Characters a column is narrow and wide at most.
const WIDTH_CHARS: (u16, u16) = (8, 48);

/// A table to write.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Export {
    /// Headings.
    pub header: Vec<String>,
    /// Rows, each as long as the header or shorter.
    pub rows: Vec<Vec<String>>,
}

/// What to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// Excel 2007 and later.
    Xlsx,
    /// CSV in UTF-8 with a byte order mark, which Excel and WPS open rightly.
    CsvUtf8,
    /// CSV in GBK for older programs; GB18030 where GBK lacks a character.
    CsvGbk,
}

/// A written file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The file's bytes.
    pub bytes: Vec<u8>,
    /// How its text is encoded; only for CSV.
    pub encoding: Option<Encoding>,
    /// Characters GBK lacks, each once, when GB18030 was written instead: programs that know only GBK
    /// show them wrongly.
    pub beyond_gbk: Vec<char>,
}

/// Why a table could not be written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WriteError {
    /// A cell is longer than Excel takes.
    #[error("Row {row}, column {column} has more than 32,767 characters, more than a table takes. Shorten it.")]
    CellTooLong {
        /// Row, from 1, the header being 1.
        row: usize,
        /// Column, from 1.
        column: usize,
    },
    /// More rows or columns than Excel takes.
    #[error("The table is larger than a sheet can be. Export fewer rows.")]
    TooLarge,
    /// A character that no Chinese encoding has.
    #[error("The character {character:?} cannot be written in GBK or GB18030. Export as CSV UTF-8 or XLSX.")]
    Unencodable {
        /// The character.
        character: char,
    },
    /// The writer of workbooks refused.
    #[error("The workbook could not be written. Try CSV UTF-8.")]
    Workbook(#[from] XlsxError),
    /// The writer of CSV refused.
    #[error("The CSV could not be written. Try XLSX.")]
    Csv(#[from] csv::Error),
}

impl WriteError {
    /// A stable name for the interface to translate by.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::CellTooLong { .. } => "roster_cell_too_long_to_write",
            Self::TooLarge => "roster_too_large_to_write",
            Self::Unencodable { .. } => "roster_unencodable",
            Self::Workbook(_) => "roster_workbook_not_written",
            Self::Csv(_) => "roster_csv_not_written",
        }
    }
}

/// Writes a table. Line breaks become `\n`; control characters that no file format of tables can hold are
/// left out. In CSV an apostrophe goes before what a spreadsheet would run as a formula (`=`, `+`, `-`,
/// `@`), and [`crate::read`] takes it off again; in XLSX every cell is text.
///
/// # Errors
/// [`WriteError`], with a stable [`WriteError::code`].
pub fn write(table: &Export, format: ExportFormat) -> Result<Written, WriteError> {
    let lines = || std::iter::once(&table.header).chain(&table.rows);
    if table.rows.len() >= ROWS_MAX || lines().any(|cells| cells.len() > COLUMNS_MAX) {
        return Err(WriteError::TooLarge);
    }
    let mut rows = Vec::with_capacity(table.rows.len() + 1);
    for (at, cells) in lines().enumerate() {
        let cells: Vec<String> = cells.iter().map(|cell| writable(cell)).collect();
        if let Some(column) = cells.iter().position(|cell| is_too_long(cell)) {
            return Err(WriteError::CellTooLong { row: at + 1, column: column + 1 });
        }
        rows.push(cells);
    }
    match format {
        ExportFormat::Xlsx => workbook(&rows),
        ExportFormat::CsvUtf8 => {
            let mut bytes = b"\xef\xbb\xbf".to_vec();
            bytes.extend_from_slice(csv_text(&rows)?.as_bytes());
            Ok(Written { bytes, encoding: Some(Encoding::Utf8Bom), beyond_gbk: Vec::new() })
        }
        ExportFormat::CsvGbk => chinese(&csv_text(&rows)?),
    }
}

/// The rows that could not be taken, or not whole, as the file had them, with one more column that says why.
/// `heading` names it (问题), `explain` puts one error into words.
///
/// # Errors
/// As [`write`].
pub fn errors_file(
    sheet: &Sheet,
    drafts: &[Draft],
    format: ExportFormat,
    heading: &str,
    explain: impl Fn(&RowError) -> String,
) -> Result<Written, WriteError> {
    let mut header = sheet.header.clone();
    header.push(heading.to_owned());
    let mut bad = drafts.iter().filter(|draft| !draft.is_whole()).peekable();
    let mut rows = Vec::new();
    for row in &sheet.rows {
        // Both are in the file's order.
        while bad.next_if(|draft| draft.line < row.line).is_some() {}
        if let Some(draft) = bad.next_if(|draft| draft.line == row.line) {
            let mut cells = row.cells.clone();
            cells.resize(sheet.header.len(), String::new());
            cells.push(draft.errors.iter().chain(&draft.refused).map(&explain).collect::<Vec<_>>().join("; "));
            rows.push(cells);
        }
    }
    write(&Export { header, rows }, format)
}

/// What every format can hold, with line breaks of one kind.
fn writable(cell: &str) -> String {
    cell.replace("\r\n", "\n")
        .replace('\r', "\n")
        .chars()
        .filter(|c| !matches!(c, '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}' | '\u{fffe}' | '\u{ffff}'))
        .collect()
}

fn is_too_long(cell: &str) -> bool {
    cell.len() > CELL_UNITS_MAX && cell.encode_utf16().count() > CELL_UNITS_MAX
}

fn csv_text(rows: &[Vec<String>]) -> Result<String, WriteError> {
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).flexible(true).from_writer(Vec::new());
    for row in rows {
        let guarded = row.iter().map(|cell| if needs_guard(cell) { format!("'{cell}") } else { cell.clone() });
        let blanks = std::iter::repeat_n(String::new(), width - row.len());
        writer.write_record(guarded.chain(blanks))?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn chinese(text: &str) -> Result<Written, WriteError> {
    let (bytes, _, unmappable) = GBK.encode(text);
    if !unmappable {
        return Ok(Written { bytes: bytes.into_owned(), encoding: Some(Encoding::Gbk), beyond_gbk: Vec::new() });
    }
    let mut beyond_gbk: Vec<char> = text.chars().filter(|c| !c.is_ascii() && !in_gbk(*c)).collect();
    beyond_gbk.sort_unstable();
    beyond_gbk.dedup();
    let lost = beyond_gbk.iter().find(|c| {
        let mut utf8 = [0_u8; 4];
        GB18030.encode(c.encode_utf8(&mut utf8)).2
    });
    if let Some(character) = lost {
        return Err(WriteError::Unencodable { character: *character });
    }
    Ok(Written { bytes: GB18030.encode(text).0.into_owned(), encoding: Some(Encoding::Gb18030), beyond_gbk })
}

fn workbook(rows: &[Vec<String>]) -> Result<Written, WriteError> {
    let mut book = Workbook::new();
    // A fixed time instead of now: this crate has no clock.
    let made = ExcelDateTime::from_ymd(2000, 1, 1)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let heading = CellFormat::new().set_bold().set_num_format("@").set_align(FormatAlign::Top);
    // As text, so that a number typed over a telephone or dongle number stays as it is typed.
    let text = CellFormat::new().set_num_format("@").set_align(FormatAlign::Top);
    let sheet = book.add_worksheet();
    for (row, cells) in rows.iter().enumerate() {
        let format = if row == 0 { &heading } else { &text };
        let row = u32::try_from(row).map_err(|_| WriteError::TooLarge)?;
        for (column, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
            let column = u16::try_from(column).map_err(|_| WriteError::TooLarge)?;
            sheet.write_string_with_format(row, column, cell, format)?;
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    for (column, width) in widths(rows).into_iter().enumerate() {
        let column = u16::try_from(column).map_err(|_| WriteError::TooLarge)?;
        sheet.set_column_width(column, f64::from(width))?;
    }
    Ok(Written { bytes: book.save_to_buffer()?, encoding: None, beyond_gbk: Vec::new() })
}

/// Column widths in characters; a Chinese character is two wide.
fn widths(rows: &[Vec<String>]) -> Vec<u16> {
    let (narrow, wide) = WIDTH_CHARS;
    let mut widths: Vec<u16> = Vec::new();
    for cells in rows.iter().take(WIDTH_ROWS) {
        if widths.len() < cells.len() {
            widths.resize(cells.len(), narrow);
        }
        for (width, cell) in widths.iter_mut().zip(cells) {
            let units: usize = cell.chars().take(usize::from(wide)).map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
            let needed = u16::try_from(units + 2).unwrap_or(wide).min(wide);
            *width = (*width).max(needed);
        }
    }
    widths
}
