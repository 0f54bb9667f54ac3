//! Cells as they come from any reader, under the limits, and where among them the header stands.
//! Knows headings only as a list of words; which column they mean is matching's business.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use unicode_normalization::UnicodeNormalization;

use crate::column;
use crate::fault::ReadError;
use crate::limits;
use crate::phones;
pub(crate) use crate::sheet::Doubted;
use crate::sheet::{Doubt, FarCells, Format, Row, Sheet};

/// How many lines with something in them are searched for the header.
const HEADER_SEARCH_ROWS: usize = 20;
/// Merged areas looked at; more is no list.
const MERGES_MAX: usize = 20_000;
/// Cells filled from merged areas; more is no list.
const MERGE_FILLS_MAX: usize = 1_000_000;
/// Cells with something doubtful about them; more is no list.
const DOUBTS_MAX: usize = 500_000;
/// Cells far to the right of the table that are passed over; more are columns.
const FAR_CELLS_MAX: u32 = 20;
/// Blank columns between a table and a cell that does not belong to it.
const FAR_COLUMNS_MIN: usize = 5;

/// Lines of cells in the order of the file.
#[derive(Debug, Default)]
pub(crate) struct Grid {
    rows: Vec<Row>,
    text_bytes: usize,
    /// Where a line that came out of order is, if any did.
    by_line: HashMap<u32, usize>,
    doubts: BTreeMap<(u32, usize), Doubted>,
    hidden_lines: BTreeSet<u32>,
    hidden_columns: BTreeSet<usize>,
    far: Option<FarCells>,
}

/// A merged area of a workbook: lines from 1, columns from 0, both ends included.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Merge {
    pub first_line: u32,
    pub last_line: u32,
    pub first_column: usize,
}

impl Grid {
    /// Takes one cell; blank ones are not kept, and those far to the right are counted.
    pub fn put(&mut self, line: u32, column: usize, text: &str, doubt: Option<Doubted>) -> Result<(), ReadError> {
        if is_blank(text) {
            return Ok(());
        }
        if column >= limits::COLUMNS_MAX {
            return self.pass_over(line, column);
        }
        if let Some(doubt) = doubt {
            self.doubts.insert((line, column), doubt);
            if self.doubts.len() > DOUBTS_MAX {
                return Err(ReadError::unpacked_too_large(limits::UNPACKED_BYTES_MAX));
            }
        }
        if text.len() > limits::CELL_CHARS_MAX && text.chars().count() > limits::CELL_CHARS_MAX {
            return Err(ReadError::CellTooLong {
                line,
                column: u32::try_from(column).map_or(u32::MAX, |c| c.saturating_add(1)),
                chars_max: limits::CELL_CHARS_MAX,
            });
        }
        self.text_bytes = self.text_bytes.saturating_add(text.len());
        if self.text_bytes > limits::TEXT_BYTES_MAX {
            return Err(ReadError::unpacked_too_large(self.text_bytes as u64));
        }
        let row = self.row(line)?;
        if row.cells.len() <= column {
            row.cells.resize(column + 1, String::new());
        }
        if let Some(cell) = row.cells.get_mut(column) {
            text.clone_into(cell);
        }
        Ok(())
    }

    /// A cell that somebody left far out is no reason to refuse a list.
    fn pass_over(&mut self, line: u32, column: usize) -> Result<(), ReadError> {
        let far = self.far.get_or_insert(FarCells { count: 0, line, column });
        far.count += 1;
        far.column = far.column.min(column);
        if far.count > FAR_CELLS_MAX {
            return Err(ReadError::TooManyColumns { line, columns_max: limits::COLUMNS_MAX });
        }
        Ok(())
    }

    /// The line is hidden, or filtered out.
    pub fn hide_line(&mut self, line: u32) {
        // Lines without cells cost nothing; those with cells are limited.
        if self.hidden_lines.len() <= 2 * limits::ROWS_MAX {
            self.hidden_lines.insert(line);
        }
    }

    /// The columns are hidden, both ends included.
    pub fn hide_columns(&mut self, first: usize, last: usize) {
        self.hidden_columns.extend(first..=last.min(limits::COLUMNS_MAX));
    }

    fn row(&mut self, line: u32) -> Result<&mut Row, ReadError> {
        let known = match self.rows.last() {
            Some(last) if last.line == line => Some(self.rows.len() - 1),
            Some(last) if last.line > line => self.by_line.get(&line).copied(),
            _ => None,
        };
        let index = match known {
            Some(index) => index,
            None => {
                // The header and the lines above it come on top of the rows.
                if self.rows.len() > limits::ROWS_MAX + HEADER_SEARCH_ROWS {
                    return Err(ReadError::TooManyRows { rows_max: limits::ROWS_MAX });
                }
                self.by_line.insert(line, self.rows.len());
                self.rows.push(Row { line, cells: Vec::new() });
                self.rows.len() - 1
            }
        };
        self.rows.get_mut(index).ok_or(ReadError::Empty)
    }

    /// Gives each line of a merged area its value: a group's name merged down over its companies stands
    /// for all of them. Only down, and only where the cell is blank; a title merged across stays one cell.
    pub fn fill_down(&mut self, merges: impl Iterator<Item = Merge>) -> Result<(), ReadError> {
        self.rows.sort_by_key(|row| row.line);
        let mut fills = 0_usize;
        for merge in merges.take(MERGES_MAX) {
            if merge.first_column >= limits::COLUMNS_MAX || merge.last_line <= merge.first_line {
                continue;
            }
            let from = self.rows.partition_point(|row| row.line < merge.first_line);
            let to = self.rows.partition_point(|row| row.line <= merge.last_line);
            let Some((first, below)) = self.rows.get_mut(from..to).and_then(<[Row]>::split_first_mut) else {
                continue;
            };
            let value = first.cell(merge.first_column).to_owned();
            if first.line != merge.first_line || value.is_empty() {
                continue;
            }
            for row in below {
                fills += 1;
                self.text_bytes = self.text_bytes.saturating_add(value.len());
                if fills > MERGE_FILLS_MAX || self.text_bytes > limits::TEXT_BYTES_MAX {
                    return Err(ReadError::unpacked_too_large(self.text_bytes as u64));
                }
                if row.cells.len() <= merge.first_column {
                    row.cells.resize(merge.first_column + 1, String::new());
                }
                if let Some(cell) = row.cells.get_mut(merge.first_column).filter(|c| c.is_empty()) {
                    cell.clone_from(&value);
                }
            }
        }
        Ok(())
    }

    /// Finds the header and makes the table.
    pub fn into_sheet(mut self, format: Format) -> Result<Sheet, ReadError> {
        let width = self.rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
        if let Some(far) = self.far.filter(|far| self.rows.is_empty() || far.column < width + FAR_COLUMNS_MIN) {
            return Err(ReadError::TooManyColumns { line: far.line, columns_max: limits::COLUMNS_MAX });
        }
        if self.rows.is_empty() {
            return Err(ReadError::Empty);
        }
        self.rows.sort_by_key(|row| row.line);
        let at = find_header(&self.rows, width);
        let rows = self.rows.split_off(at.map_or(0, |at| at + 1));
        let named = at.and_then(|_| self.rows.pop());
        if rows.len() > limits::ROWS_MAX {
            return Err(ReadError::TooManyRows { rows_max: limits::ROWS_MAX });
        }
        let header_line = named.as_ref().map(|row| row.line);
        let mut header = named.map_or_else(|| (0..width).map(letters).collect(), |row| row.cells);
        header.resize(width, String::new());
        Ok(Sheet {
            format,
            name_disagrees: false,
            encoding: None,
            delimiter: None,
            sheet_name: None,
            other_sheets: Vec::new(),
            hidden_sheets: Vec::new(),
            hidden_lines: rows.iter().map(|row| row.line).filter(|line| self.hidden_lines.contains(line)).collect(),
            hidden_columns: self.hidden_columns.into_iter().filter(|column| *column < width).collect(),
            doubts: self.doubts.into_iter().map(|((line, column), what)| Doubt { line, column, what }).collect(),
            far: self.far,
            above: self.rows,
            header_line,
            header,
            rows,
        })
    }
}

/// The line that names the columns: the one with most known headings; where none is known, the first
/// that fills at least half of the table's width, unless it already looks like a customer.
fn find_header(rows: &[Row], width: usize) -> Option<usize> {
    let sample = rows.get(..rows.len().min(HEADER_SEARCH_ROWS)).unwrap_or(rows);
    let mut best = (0, 0);
    for (index, row) in sample.iter().enumerate() {
        let known = row.cells.iter().filter(|cell| column::named(cell).is_some()).count();
        // A lone heading over a wider table is rather a title.
        if known > best.0 && (known > 1 || width == 1 || filled(row) > 1) {
            best = (known, index);
        }
    }
    if best.0 > 0 {
        return Some(best.1);
    }
    // One stray cell far to the right makes no wide table.
    let usual = sample.iter().map(filled).max().unwrap_or(width);
    let enough = (usual / 2).max(2).min(usual);
    let first = sample.iter().position(|row| filled(row) >= enough).unwrap_or(0);
    let is_data = sample.get(first).is_some_and(|row| row.cells.iter().any(|cell| looks_like_data(cell)));
    (!is_data).then_some(first)
}

fn filled(row: &Row) -> usize {
    row.cells.iter().filter(|cell| !cell.is_empty()).count()
}

/// A value that no heading is: a phone number, an address for mail, a date or other number, a company.
fn looks_like_data(cell: &str) -> bool {
    let text: String = cell.nfkc().collect();
    let text = text.trim();
    let digits = text.chars().filter(char::is_ascii_digit).count();
    text.contains('@')
        || digits >= 5
        || phones::is_mobile(text)
        || (text.chars().count() > 4 && text.ends_with("公司"))
        || text.ends_with("项目部")
}

/// Nothing a person would see.
pub(crate) fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || matches!(c, '\u{200b}' | '\u{200c}' | '\u{200d}' | '\u{feff}'))
}

/// Spreadsheet letters for a column, from 0: A to Z, AA and on.
fn letters(index: usize) -> String {
    const ALPHABET: &[u8; 26] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let letter = |at: usize| ALPHABET.get(at % 26).map_or('A', |b| char::from(*b));
    match (index / 26).checked_sub(1) {
        Some(high) => [letter(high), letter(index)].iter().collect(),
        None => letter(index).to_string(),
    }
}
