//! CSV: text with a delimiter, found by trying. Text to a grid; what the rows mean is not its business.

use std::borrow::Cow;

use csv::{ReaderBuilder, StringRecord};

use crate::column;
use crate::encoding::decode;
use crate::fault::ReadError;
use crate::grid::{Doubted, Grid};
use crate::limits;
use crate::sheet::{Format, Sheet};

/// Records looked at to find the delimiter.
const SAMPLE_RECORDS: usize = 64;
/// Characters looked at for it.
const SAMPLE_CHARS: usize = 200_000;
/// Digits Excel keeps of a number.
const DIGITS_KEPT: usize = 15;

/// Stands for a delimiter of more than one byte while the text is cut; no list has this character.
const STAND_IN: char = '\u{1f}';

/// Marks that part columns, and whether they also stand inside names and sentences, so that they part columns only
/// where the whole list agrees.
const DELIMITERS: [(char, bool); 7] =
    [(',', false), ('\t', false), (';', false), ('|', true), ('，', true), ('；', true), ('｜', true)];

/// Share of records, in percent, that a mark of sentences must cut alike to be taken for a delimiter.
const AGREED_PERCENT: usize = 80;

/// Reads CSV text in any encoding that `decode` takes.
pub(crate) fn read(bytes: &[u8]) -> Result<Sheet, ReadError> {
    let (text, encoding) = decode(bytes)?;
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    // DOS programs end a text with this mark.
    let text = text.trim_end_matches('\u{1a}');
    let (body, lines_before, declared) = declared_delimiter(text);
    let delimiter = declared.unwrap_or_else(|| find_delimiter(body));
    let mut grid = Grid::default();
    fill(&mut grid, &Cut::new(body, delimiter), lines_before)?;
    let mut sheet = grid.into_sheet(Format::Csv)?;
    sheet.encoding = Some(encoding);
    sheet.delimiter = Some(delimiter);
    Ok(sheet)
}

/// Excel lets the first line name the delimiter: `sep=;`.
fn declared_delimiter(text: &str) -> (&str, u32, Option<char>) {
    let Some((first, rest)) = text.split_once('\n') else {
        return (text, 0, None);
    };
    let named = first.trim_matches('"').strip_prefix("sep=").map(|mark| (mark.chars().next(), mark.chars().count()));
    match named {
        Some((Some(delimiter), 1)) if delimiter != '"' => (rest, 1, Some(delimiter)),
        _ => (text, 0, None),
    }
}

/// The delimiter that cuts the first records into the most even table; a comma when none does.
fn find_delimiter(text: &str) -> char {
    let sample = sample(text);
    let mut best = (0_usize, ',');
    for (delimiter, is_in_sentences) in DELIMITERS {
        if !sample.contains(delimiter) || (!delimiter.is_ascii() && sample.contains(STAND_IN)) {
            continue;
        }
        let cut = Cut::new(sample, delimiter);
        let records: Vec<StringRecord> =
            cut.reader().into_records().take(SAMPLE_RECORDS).filter_map(Result::ok).collect();
        let alike = |width: usize| records.iter().filter(|record| record.len() == width).count();
        let Some(most) = records.iter().map(StringRecord::len).max().filter(|most| *most > 1) else {
            continue;
        };
        // More columns than are read are text that happens to hold the mark.
        let widths = 2..=most.min(limits::COLUMNS_MAX);
        let Some((count, width)) = widths.map(|width| (alike(width), width)).max_by_key(|(n, w)| n * 100 + w) else {
            continue;
        };
        let names_columns = records.iter().any(|r| r.iter().filter(|cell| column::named(cell).is_some()).count() > 1);
        let is_agreed = names_columns || count * 100 >= records.len() * AGREED_PERCENT && records.len() > 1;
        let even = count * 100 + width;
        if even > best.0 && (!is_in_sentences || is_agreed) {
            best = (even, delimiter);
        }
    }
    best.1
}

/// The beginning that is looked at: enough for the records of the sample, however long the text is.
fn sample(text: &str) -> &str {
    text.char_indices().nth(SAMPLE_CHARS).map_or(text, |(end, _)| text.get(..end).unwrap_or(text))
}

/// A text and the byte that parts its cells.
struct Cut<'t> {
    text: Cow<'t, str>,
    delimiter: char,
}

impl<'t> Cut<'t> {
    fn new(text: &'t str, delimiter: char) -> Self {
        let is_one_byte = delimiter.is_ascii() || text.contains(STAND_IN);
        let text = if is_one_byte {
            Cow::Borrowed(text)
        } else {
            Cow::Owned(text.replace(delimiter, STAND_IN.encode_utf8(&mut [0; 4])))
        };
        Self { text, delimiter }
    }

    fn reader(&self) -> csv::Reader<&[u8]> {
        let byte = u8::try_from(self.delimiter).ok().filter(u8::is_ascii).unwrap_or(STAND_IN as u8);
        ReaderBuilder::new().delimiter(byte).has_headers(false).flexible(true).from_reader(self.text.as_bytes())
    }

    /// A cell as it was written: within quotation marks the delimiter is text.
    fn cell<'c>(&self, cell: &'c str) -> Cow<'c, str> {
        if !self.delimiter.is_ascii() && cell.contains(STAND_IN) {
            return Cow::Owned(cell.replace(STAND_IN, self.delimiter.encode_utf8(&mut [0; 4])));
        }
        Cow::Borrowed(cell)
    }
}

fn fill(grid: &mut Grid, cut: &Cut<'_>, lines_before: u32) -> Result<(), ReadError> {
    let text: &str = &cut.text;
    let mut reader = cut.reader();
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
            let cell = unguarded(&cut.cell(cell)).into_owned();
            let doubt = has_lost_digits(&cell).then_some(Doubted::DigitsLost);
            grid.put(line, column, &cell, doubt)?;
        }
    }
}

/// The record ran to the end of the text inside a quotation.
fn is_unclosed(text: &str, start: usize, reader: &csv::Reader<&[u8]>) -> bool {
    let end = usize::try_from(reader.position().byte()).unwrap_or(text.len());
    let rest = text.get(start..).unwrap_or("");
    end >= text.trim_end_matches('\n').len() && rest.matches('"').count() % 2 == 1
}

/// What is meant by a cell: without the apostrophe that [`crate::write`] puts before what a spreadsheet would run as a
/// formula, or that marks digits as text, and without the formula `="…"` that does the same.
fn unguarded<'c>(cell: &'c str) -> Cow<'c, str> {
    if let Some(rest) =
        cell.strip_prefix('\'').filter(|rest| is_formula_like(rest) || is_digits(rest.trim_start_matches('\'')))
    {
        return Cow::Owned(rest.to_owned());
    }
    let quoted = cell.trim().strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    match quoted.filter(|text| !text.replace("\"\"", "").contains('"')) {
        Some(text) => Cow::Owned(text.replace("\"\"", "\"")),
        None => Cow::Borrowed(cell),
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// What Excel writes of a long number: `1.38E+10`, or fifteen digits with zeros behind them.
fn has_lost_digits(cell: &str) -> bool {
    let cell = cell.trim();
    if is_digits(cell) {
        return cell.len() > DIGITS_KEPT && cell.get(DIGITS_KEPT..).is_some_and(|rest| rest.bytes().all(|b| b == b'0'));
    }
    let Some((digits, exponent)) = cell.split_once(['E', 'e']) else { return false };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let power = exponent.strip_prefix('+').filter(|power| power.len() > 1 && is_digits(power));
    is_digits(whole) && whole.len() < 4 && is_digits(fraction) && power.is_some()
}

/// A spreadsheet program might run this as a formula when it opens a CSV. Apostrophes and blanks before
/// it are looked through, so that guarding can always be undone.
pub(crate) fn is_formula_like(cell: &str) -> bool {
    let bare = cell.trim_start_matches('\'');
    bare.starts_with(['\t', '\r', '\n']) || bare.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

/// Whether a cell is written with an apostrophe before it: one that a spreadsheet might run, and one whose own apostrophe
/// would be taken for such a guard.
pub(crate) fn needs_guard(cell: &str) -> bool {
    is_formula_like(cell) || (cell.starts_with('\'') && is_digits(cell.trim_start_matches('\'')))
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
