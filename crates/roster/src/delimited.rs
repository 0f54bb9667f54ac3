//! CSV: text with a delimiter, found by trying. Text to a grid; what the rows mean is not its business.

use csv::{ReaderBuilder, StringRecord};

use crate::encoding::decode;
use crate::fault::ReadError;
use crate::grid::Grid;
use crate::sheet::{Format, Sheet};

/// Records looked at to find the delimiter.
const SAMPLE_RECORDS: usize = 64;

/// Reads CSV text in any encoding that `decode` takes.
pub(crate) fn read(bytes: &[u8]) -> Result<Sheet, ReadError> {
    let (text, encoding) = decode(bytes)?;
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    // DOS programs end a text with this mark.
    let text = text.trim_end_matches('\u{1a}');
    let (body, lines_before, declared) = declared_delimiter(text);
    let delimiter = declared.unwrap_or_else(|| find_delimiter(body));
    let mut grid = Grid::default();
    fill(&mut grid, body, lines_before, delimiter)?;
    let mut sheet = grid.into_sheet(Format::Csv)?;
    sheet.encoding = Some(encoding);
    sheet.delimiter = Some(char::from(delimiter));
    Ok(sheet)
}

/// Excel lets the first line name the delimiter: `sep=;`.
fn declared_delimiter(text: &str) -> (&str, u32, Option<u8>) {
    let Some((first, rest)) = text.split_once('\n') else {
        return (text, 0, None);
    };
    match first.trim_matches('"').strip_prefix("sep=").map(str::as_bytes) {
        Some([delimiter]) if delimiter.is_ascii() => (rest, 1, Some(*delimiter)),
        _ => (text, 0, None),
    }
}

/// The delimiter that cuts the first records into the most even table; a comma when none does.
fn find_delimiter(text: &str) -> u8 {
    let mut best = (0_usize, b',');
    for delimiter in [b',', b'\t', b';'] {
        let widths: Vec<usize> = reader(text, delimiter)
            .into_records()
            .take(SAMPLE_RECORDS)
            .filter_map(Result::ok)
            .map(|record| record.len())
            .collect();
        let Some(most) = widths.iter().max().copied().filter(|most| *most > 1) else {
            continue;
        };
        let even =
            (2..=most).map(|width| widths.iter().filter(|w| **w == width).count() * 100 + width).max().unwrap_or(0);
        if even > best.0 {
            best = (even, delimiter);
        }
    }
    best.1
}

fn reader(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(text.as_bytes())
}

fn fill(grid: &mut Grid, text: &str, lines_before: u32, delimiter: u8) -> Result<(), ReadError> {
    let mut reader = reader(text, delimiter);
    let mut record = StringRecord::new();
    let mut lines = LineCounter::new(text, lines_before);
    loop {
        let start = usize::try_from(reader.position().byte()).unwrap_or(text.len());
        // The text was decoded before, so the reader has no cause to fail.
        if !reader.read_record(&mut record).map_err(ReadError::broken)? {
            return Ok(());
        }
        let line = lines.line_of_record(start);
        if record.iter().any(|cell| cell.contains('\n')) && is_unclosed(text, start, &reader) {
            return Err(ReadError::UnclosedQuote { line });
        }
        for (column, cell) in record.iter().enumerate() {
            grid.put(line, column, unguarded(cell))?;
        }
    }
}

/// The record ran to the end of the text inside a quotation.
fn is_unclosed(text: &str, start: usize, reader: &csv::Reader<&[u8]>) -> bool {
    let end = usize::try_from(reader.position().byte()).unwrap_or(text.len());
    let rest = text.get(start..).unwrap_or("");
    end >= text.trim_end_matches('\n').len() && rest.matches('"').count() % 2 == 1
}

/// Takes off the apostrophe that [`crate::write`] puts before what a spreadsheet would run as a formula.
fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_formula_like(rest) => rest,
        _ => cell,
    }
}

/// A spreadsheet program might run this as a formula when it opens a CSV. Apostrophes and blanks before
/// it are looked through, so that guarding can always be undone.
pub(crate) fn is_formula_like(cell: &str) -> bool {
    let bare = cell.trim_start_matches('\'');
    bare.starts_with(['\t', '\r', '\n']) || bare.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

/// Counts lines as records go by, looking at each byte once.
struct LineCounter<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u32,
}

impl<'a> LineCounter<'a> {
    fn new(text: &'a str, lines_before: u32) -> Self {
        Self { bytes: text.as_bytes(), at: 0, line: lines_before.saturating_add(1) }
    }

    /// The line where the record read from this offset starts; blank lines before it are passed over.
    fn line_of_record(&mut self, start: usize) -> u32 {
        while let Some(&byte) = self.bytes.get(self.at) {
            if self.at >= start && byte != b'\n' {
                break;
            }
            self.line = self.line.saturating_add(u32::from(byte == b'\n'));
            self.at += 1;
        }
        self.line
    }
}
