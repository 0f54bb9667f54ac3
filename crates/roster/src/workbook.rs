//! XLSX: the package is measured before calamine sees it, cells are taken one by one under the limits.
//! Never trusts a size the file declares.

use std::io::{Cursor, Read};
use std::panic::{UnwindSafe, catch_unwind};

use calamine::{Data, DataRef, Reader, SheetType, SheetVisible, Xlsx, XlsxError};
use zip::ZipArchive;

use crate::content::FileKind;
use crate::fault::ReadError;
use crate::grid::{Grid, Merge};
use crate::limits;
use crate::sheet::{Format, Sheet};

/// Parts in one package; a workbook of many sheets and pictures has hundreds.
const PARTS_MAX: usize = 10_000;
/// Sheets of one workbook that are looked at.
const SHEETS_MAX: usize = 200;

/// Reads an XLSX, the wanted sheet or the first visible one with something in it.
pub(crate) fn read(bytes: &[u8], wanted: Option<&str>) -> Result<Sheet, ReadError> {
    measure(bytes)?;
    contained(|| read_measured(bytes, wanted))
}

/// Runs a third-party reader; should it panic on a damaged file, the file is what is at fault.
pub(crate) fn contained<T>(work: impl FnOnce() -> Result<T, ReadError> + UnwindSafe) -> Result<T, ReadError> {
    catch_unwind(work).unwrap_or(Err(ReadError::BrokenWorkbook(None)))
}

/// Unpacks every part into nothing, counting, so that no declared size is believed; and tells a workbook
/// from the other things that come as ZIP.
fn measure(bytes: &[u8]) -> Result<(), ReadError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(ReadError::broken)?;
    if archive.len() > PARTS_MAX {
        return Err(ReadError::unpacked_too_large(limits::UNPACKED_BYTES_MAX));
    }
    if let Some(kind) = other_package(&archive) {
        return Err(if kind.may_hold_a_table() {
            ReadError::OtherTable { kind }
        } else {
            ReadError::NotATable { kind }
        });
    }
    let mut total = 0_u64;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(ReadError::broken)?;
        if part.encrypted() {
            return Err(ReadError::Encrypted);
        }
        let left = limits::UNPACKED_BYTES_MAX.saturating_sub(total);
        let read =
            std::io::copy(&mut part.take(left.saturating_add(1)), &mut std::io::sink()).map_err(ReadError::broken)?;
        total = total.saturating_add(read);
        if total > limits::UNPACKED_BYTES_MAX {
            return Err(ReadError::unpacked_too_large(total));
        }
    }
    Ok(())
}

/// What a ZIP is when it is no XLSX.
fn other_package(archive: &ZipArchive<Cursor<&[u8]>>) -> Option<FileKind> {
    let names: Vec<String> =
        archive.file_names().filter_map(Result::ok).map(|name| name.to_ascii_lowercase().replace('\\', "/")).collect();
    let has = |start: &str| names.iter().any(|name| name.trim_start_matches('/').starts_with(start));
    if has("xl/workbook.bin") {
        Some(FileKind::BinaryWorkbook)
    } else if has("xl/") {
        None
    } else if has("word/") {
        Some(FileKind::Word)
    } else if has("ppt/") {
        Some(FileKind::PowerPoint)
    } else if has("content.xml") && has("mimetype") {
        Some(FileKind::OpenDocument)
    } else if has("[content_types].xml") {
        // A workbook may keep its parts under any name; calamine follows the relationships.
        None
    } else {
        Some(FileKind::Archive)
    }
}

fn read_measured(bytes: &[u8], wanted: Option<&str>) -> Result<Sheet, ReadError> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(fault)?;
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
        read_cells(&mut book, name, &mut grid)?;
        if grid.is_empty() {
            continue;
        }
        let merges = book.merge_cells_by_sheet_name(name).map_err(fault)?;
        grid.fill_down(merges.iter().map(merge))?;
        let mut sheet = grid.into_sheet(Format::Xlsx)?;
        sheet.other_sheets = names.iter().filter(|other| *other != name).cloned().collect();
        sheet.sheet_name = Some(name.clone());
        return Ok(sheet);
    }
    Err(ReadError::Empty)
}

/// Work sheets a person sees when opening the workbook, in their order.
pub(crate) fn sheet_names(sheets: &[calamine::Sheet]) -> Vec<String> {
    sheets
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible)
        .map(|sheet| sheet.name.clone())
        .take(SHEETS_MAX)
        .collect()
}

/// A merged area in the grid's counting.
pub(crate) fn merge(area: &calamine::Dimensions) -> Merge {
    Merge {
        first_line: area.start.0.saturating_add(1),
        last_line: area.end.0.saturating_add(1),
        first_column: area.start.1 as usize,
    }
}

fn read_cells(book: &mut Xlsx<Cursor<&[u8]>>, name: &str, grid: &mut Grid) -> Result<(), ReadError> {
    let mut cells = match book.worksheet_cells_reader(name) {
        Ok(cells) => cells,
        // A chart on a sheet of its own.
        Err(XlsxError::NotAWorksheet(_)) => return Ok(()),
        Err(other) => return Err(fault(other)),
    };
    let paddings: Vec<usize> = cells
        .styles()
        .iter()
        .map(|style| style.number_format.as_ref().map_or(0, |f| zero_padding(&f.format_code)))
        .collect();
    while let Some((cell, style)) = cells.next_cell_with_style_id().map_err(fault)? {
        let (row, column) = cell.get_position();
        let line = row.saturating_add(1);
        match cell.get_value() {
            DataRef::Empty => {}
            DataRef::String(text) => grid.put(line, column as usize, text)?,
            DataRef::SharedString(text) => grid.put(line, column as usize, text)?,
            other => {
                let padding = paddings.get(style).copied().unwrap_or(0);
                let text = shown(&Data::from(other.clone()));
                grid.put(line, column as usize, &padded(text, padding))?;
            }
        }
    }
    Ok(())
}

/// Digits a format such as `00000000` fills up with zeros, as numbers of customers and dongles are kept.
fn zero_padding(format_code: &str) -> usize {
    let all_zeros = format_code.bytes().all(|b| b == b'0');
    if all_zeros { format_code.len().min(32) } else { 0 }
}

fn padded(text: String, digits: usize) -> String {
    if digits > text.len() && text.bytes().all(|b| b.is_ascii_digit()) { format!("{text:0>digits$}") } else { text }
}

/// A value as a person sees it in the sheet: no `.0`, no exponent, dates as `2026-11-23`.
pub(crate) fn shown(value: &Data) -> String {
    match value {
        Data::Empty => String::new(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number_text(*number),
        Data::Bool(yes) => if *yes { "TRUE" } else { "FALSE" }.to_owned(),
        Data::DateTime(moment) if moment.is_duration() => number_text(moment.as_f64()),
        Data::DateTime(moment) => {
            let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
            let date = format!("{year:04}-{month:02}-{day:02}");
            match (hour, minute, second) {
                (0, 0, 0) => date,
                (_, _, 0) => format!("{date} {hour:02}:{minute:02}"),
                _ => format!("{date} {hour:02}:{minute:02}:{second:02}"),
            }
        }
        Data::Error(error) => error.to_string(),
    }
}

/// The shortest decimal that is this number; Rust writes no exponents here.
fn number_text(number: f64) -> String {
    let shortest = format!("{number}");
    // Excel keeps 15 digits: 0.1 + 0.2 is shown as 0.3.
    let rounded: Result<f64, _> = format!("{number:.14e}").parse();
    match rounded.map(|r| format!("{r}")) {
        Ok(text) if text.len() < shortest.len() => text,
        _ => shortest,
    }
}

fn fault(error: XlsxError) -> ReadError {
    match error {
        XlsxError::Password => ReadError::Encrypted,
        other => ReadError::broken(other),
    }
}
