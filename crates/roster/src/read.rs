//! The way in: bytes to one table, told by content. Decides only which reader takes the bytes.

use crate::content::{Content, tell};
use crate::fault::ReadError;
use crate::sheet::{Format, Sheet};
use crate::{delimited, legacy, limits, workbook};

/// Reads a customer list: CSV, XLSX or XLS, told by content. Of a workbook, the first visible sheet with the
/// headings of a customer list; where none has them, the first with something in it.
///
/// `file_name` is only compared with what the content turned out to be ([`Sheet::name_disagrees`]).
///
/// # Errors
/// [`ReadError`], with a stable [`ReadError::code`], when the bytes are no table or exceed [`limits`].
pub fn read(bytes: &[u8], file_name: &str) -> Result<Sheet, ReadError> {
    read_any(bytes, file_name, None)
}

/// Reads a workbook's sheet by its name, as [`Sheet::other_sheets`] and [`Sheet::hidden_sheets`] list them.
///
/// # Errors
/// As [`read`], and [`ReadError::NoSuchSheet`].
pub fn read_sheet(bytes: &[u8], file_name: &str, sheet_name: &str) -> Result<Sheet, ReadError> {
    read_any(bytes, file_name, Some(sheet_name))
}

fn read_any(bytes: &[u8], file_name: &str, wanted: Option<&str>) -> Result<Sheet, ReadError> {
    if bytes.is_empty() {
        return Err(ReadError::Empty);
    }
    if bytes.len() > limits::FILE_BYTES_MAX {
        return Err(ReadError::file_too_large(bytes.len()));
    }
    let mut sheet = match tell(bytes) {
        Content::Zip => workbook::read(bytes, wanted),
        Content::Compound => legacy::read(bytes, wanted),
        Content::Records => legacy::read_records(bytes, wanted),
        Content::Text if wanted.is_some() => Err(ReadError::NoSuchSheet),
        Content::Text => delimited::read(bytes),
        Content::Other(kind) if kind.may_hold_a_table() => Err(ReadError::OtherTable { kind }),
        Content::Other(kind) => Err(ReadError::NotATable { kind }),
    }?;
    sheet.name_disagrees = promised(file_name).is_some_and(|format| format != sheet.format);
    Ok(sheet)
}

/// The format a file's name promises, where it promises one.
fn promised(file_name: &str) -> Option<Format> {
    let ending = file_name.rsplit_once('.')?.1.to_ascii_lowercase();
    match ending.as_str() {
        "csv" | "txt" | "tsv" => Some(Format::Csv),
        "xlsx" | "xlsm" | "xltx" | "xltm" => Some(Format::Xlsx),
        "xls" | "xlt" | "et" | "ett" => Some(Format::Xls),
        _ => None,
    }
}
