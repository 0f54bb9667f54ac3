//! The cells of one XLS sheet, as a person sees them there. Where the sheet says it begins and ends is not asked.

use crate::fault::ReadError;
use crate::grid::{Doubted, Grid, Merge};
use crate::legacy::Globals;
use crate::limits;
use crate::number_format::{Shape, has_lost_digits};
use crate::records::{BEGIN, END, Record, Script, Texts, f64_at, records, u16_at, u32_at};

/// Records of one sheet.
const RECORDS_MAX: usize = 8_000_000;

const BOOLEAN_OR_ERROR: u16 = 0x0205;
const COLUMN: u16 = 0x007d;
const FORMULAS: [u16; 3] = [0x0006, 0x0206, 0x0406];
/// The text a formula gave.
const FORMULA_TEXT: u16 = 0x0207;
const LABEL: u16 = 0x0204;
const LABEL_SHARED: u16 = 0x00fd;
const MERGED: u16 = 0x00e5;
const MULTIPLE_RK: u16 = 0x00bd;
const NUMBER: u16 = 0x0203;
const RICH_LABEL: u16 = 0x00d6;
const RK: u16 = 0x027e;
const ROW: u16 = 0x0208;

/// Where a cell is and how it is shown.
#[derive(Clone, Copy)]
struct Place {
    line: u32,
    column: usize,
    style: usize,
}

impl Place {
    fn of(data: &[u8]) -> Option<Self> {
        Some(Self {
            line: u32::from(u16_at(data, 0)?) + 1,
            column: usize::from(u16_at(data, 2)?),
            style: usize::from(u16_at(data, 4)?),
        })
    }
}

/// Reads a sheet.
pub(crate) struct Cells<'a> {
    stream: &'a [u8],
    globals: &'a Globals,
    grid: Grid,
    merges: Vec<Merge>,
    /// The formula whose text comes in a record of its own.
    awaiting: Option<Place>,
    /// Formulas whose result is blank, and whether any has another.
    blank_formulas: Vec<Place>,
    has_results: bool,
}

impl<'a> Cells<'a> {
    pub fn new(stream: &'a [u8], globals: &'a Globals) -> Self {
        Self {
            stream,
            globals,
            grid: Grid::default(),
            merges: Vec::new(),
            awaiting: None,
            blank_formulas: Vec::new(),
            has_results: false,
        }
    }

    /// The cells of the sheet that begins at this offset.
    pub fn read(mut self, start: usize) -> Result<Grid, ReadError> {
        let mut depth = 0_usize;
        for (count, record) in records(self.stream, start).enumerate() {
            if count > RECORDS_MAX {
                return Err(ReadError::unpacked_too_large(limits::UNPACKED_BYTES_MAX));
            }
            match record.kind {
                BEGIN => depth += 1,
                // Charts in a sheet are parts within the part.
                END if depth <= 1 => break,
                END => depth -= 1,
                _ if depth <= 1 => self.record(record)?,
                _ => {}
            }
        }
        if !self.has_results {
            // A sheet in which no formula gave anything was never worked out.
            for place in std::mem::take(&mut self.blank_formulas) {
                self.grid.put(place.line, place.column, "=", Some(Doubted::NotComputed))?;
            }
        }
        self.grid.fill_down(self.merges.into_iter())?;
        Ok(self.grid)
    }

    fn record(&mut self, record: Record) -> Result<(), ReadError> {
        let data = record.data(self.stream);
        match record.kind {
            ROW => self.row(data),
            COLUMN => self.column(data),
            MERGED => self.merged(data),
            FORMULA_TEXT => return self.formula_text(record),
            MULTIPLE_RK => return self.multiple(data),
            _ => {}
        }
        let is_cell = matches!(record.kind, BOOLEAN_OR_ERROR | LABEL | LABEL_SHARED | NUMBER | RICH_LABEL | RK)
            || FORMULAS.contains(&record.kind);
        if !is_cell {
            return Ok(());
        }
        let cut_off = || ReadError::BrokenWorkbook(None);
        let place = Place::of(data).ok_or_else(cut_off)?;
        match record.kind {
            NUMBER => self.number(place, f64_at(data, 6).ok_or_else(cut_off)?),
            RK => self.number(place, rk(u32_at(data, 6).ok_or_else(cut_off)?)),
            LABEL | RICH_LABEL => {
                let text = data.get(6..).and_then(|text| self.globals.script.short_text(text, 2));
                self.text(place, text.ok_or_else(cut_off)?)
            }
            LABEL_SHARED => {
                let at = u32_at(data, 6).ok_or_else(cut_off)? as usize;
                let text = self.globals.strings.get(at).ok_or_else(cut_off)?.to_owned();
                self.text(place, text)
            }
            BOOLEAN_OR_ERROR => match (data.get(6), data.get(7)) {
                (Some(code), Some(0)) => self.put(place, if *code == 0 { "FALSE" } else { "TRUE" }),
                (Some(code), Some(_)) => self.put(place, error_words(*code)),
                _ => Err(cut_off()),
            },
            _ => self.formula(place, data),
        }
    }

    fn shape(&self, place: Place) -> &'a Shape {
        self.globals.shapes.get(place.style).map_or(&Shape::General, |shape| &**shape)
    }

    fn put(&mut self, place: Place, text: &str) -> Result<(), ReadError> {
        self.grid.put(place.line, place.column, text, None)
    }

    fn text(&mut self, place: Place, text: String) -> Result<(), ReadError> {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let shown = self.shape(place).text(text);
        self.put(place, &shown)
    }

    fn number(&mut self, place: Place, number: f64) -> Result<(), ReadError> {
        let shown = self.shape(place).number(number, self.globals.system);
        let doubt = has_lost_digits(number).then_some(Doubted::DigitsLost);
        self.grid.put(place.line, place.column, &shown, doubt)
    }

    fn multiple(&mut self, data: &[u8]) -> Result<(), ReadError> {
        let (Some(row), Some(first)) = (u16_at(data, 0), u16_at(data, 2)) else {
            return Err(ReadError::BrokenWorkbook(None));
        };
        let cells = data.get(4..data.len().saturating_sub(2)).unwrap_or(&[]);
        for (offset, cell) in cells.chunks_exact(6).enumerate() {
            let (Some(style), Some(value)) = (u16_at(cell, 0), u32_at(cell, 2)) else { continue };
            let column = usize::from(first) + offset;
            self.number(Place { line: u32::from(row) + 1, column, style: usize::from(style) }, rk(value))?;
        }
        Ok(())
    }

    fn formula(&mut self, place: Place, data: &[u8]) -> Result<(), ReadError> {
        let cut_off = || ReadError::BrokenWorkbook(None);
        self.awaiting = None;
        if u16_at(data, 12).ok_or_else(cut_off)? != u16::MAX {
            let number = f64_at(data, 6).ok_or_else(cut_off)?;
            let is_worked_out_on_opening = u16_at(data, 14).is_some_and(|flags| flags & 3 != 0);
            if number == 0.0 && is_worked_out_on_opening {
                return self.grid.put(place.line, place.column, "=", Some(Doubted::NotComputed));
            }
            self.has_results = true;
            return self.number(place, number);
        }
        let code = data.get(8).copied().unwrap_or(0);
        match data.get(6) {
            Some(0) => self.awaiting = Some(place),
            Some(1) => {
                self.has_results = true;
                return self.put(place, if code == 0 { "FALSE" } else { "TRUE" });
            }
            Some(2) => {
                self.has_results = true;
                return self.put(place, error_words(code));
            }
            _ if self.blank_formulas.len() < limits::ROWS_MAX * 4 => self.blank_formulas.push(place),
            _ => {}
        }
        Ok(())
    }

    fn formula_text(&mut self, record: Record) -> Result<(), ReadError> {
        let Some(place) = self.awaiting.take() else { return Ok(()) };
        self.has_results = true;
        let parts = record.parts(self.stream);
        let text = match self.globals.script {
            Script::Unicode => {
                let is_wide = parts.first().and_then(|part| part.get(2)).is_some_and(|flags| flags & 1 != 0);
                let count = parts.first().and_then(|part| u16_at(part, 0));
                count.and_then(|count| Texts::new(&parts, 3).characters(usize::from(count), is_wide))
            }
            script => script.short_text(record.data(self.stream), 2),
        };
        self.text(place, text.unwrap_or_default())
    }

    fn row(&mut self, data: &[u8]) {
        let is_hidden = u16_at(data, 12).is_some_and(|flags| flags & 0x20 != 0);
        if let Some(row) = u16_at(data, 0).filter(|_| is_hidden) {
            self.grid.hide_line(u32::from(row) + 1);
        }
    }

    fn column(&mut self, data: &[u8]) {
        let is_hidden = u16_at(data, 8).is_some_and(|flags| flags & 1 != 0) || u16_at(data, 4) == Some(0);
        if let (Some(first), Some(last), true) = (u16_at(data, 0), u16_at(data, 2), is_hidden) {
            self.grid.hide_columns(usize::from(first), usize::from(last));
        }
    }

    fn merged(&mut self, data: &[u8]) {
        for area in data.get(2..).unwrap_or(&[]).chunks_exact(8) {
            if let (Some(first), Some(last), Some(column)) = (u16_at(area, 0), u16_at(area, 2), u16_at(area, 4))
                && self.merges.len() < limits::ROWS_MAX
            {
                self.merges.push(Merge {
                    first_line: u32::from(first) + 1,
                    last_line: u32::from(last) + 1,
                    first_column: usize::from(column),
                });
            }
        }
    }
}

/// A number in four bytes (MS-XLS 2.5.122): a whole one or the upper half of a float, either perhaps a hundredfold.
fn rk(value: u32) -> f64 {
    let number =
        if value & 2 != 0 { f64::from(value.cast_signed() >> 2) } else { f64::from_bits(u64::from(value & !3) << 32) };
    if value & 1 != 0 { number / 100.0 } else { number }
}

fn error_words(code: u8) -> &'static str {
    match code {
        0x00 => "#NULL!",
        0x07 => "#DIV/0!",
        0x0f => "#VALUE!",
        0x17 => "#REF!",
        0x1d => "#NAME?",
        0x24 => "#NUM!",
        _ => "#N/A",
    }
}
