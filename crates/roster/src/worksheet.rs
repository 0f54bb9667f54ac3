//! The cells of one XLSX sheet, as a person sees them there. Where a cell says no place it stands behind the
//! one before; what the sheet says of its own size is not asked.

use std::sync::Arc;

use ssfmt::DateSystem;

use crate::fault::ReadError;
use crate::grid::{Doubted, Grid, Merge};
use crate::number_format::{Shape, has_lost_digits};
use crate::package::Part;
use crate::strings::Strings;
use crate::workbook::{rich_text, unescaped};
use crate::xml::{Node, Tag};

/// Rows of a sheet (ECMA-376).
const ROWS_MAX: u32 = 1_048_576;
/// Bytes of a cell's value and formula; Excel takes 32,767 characters of each.
const CELL_BYTES_MAX: usize = 1024 * 1024;
/// Columns of a sheet.
const COLUMNS_MAX: usize = 16_384;

/// What the sheets of a workbook share.
#[derive(Default)]
pub(crate) struct Shared {
    pub strings: Strings,
    /// By style.
    pub shapes: Vec<Arc<Shape>>,
    pub system: DateSystem,
    /// Excel works every formula out when it opens the file, so that a stored 0 may stand for nothing known.
    pub recalculates: bool,
}

/// Where the reader is.
#[derive(Default)]
struct Place {
    /// From 1; 0 before the first row.
    line: u32,
    /// The next cell's column, from 0.
    column: usize,
}

/// A cell as it is stored.
#[derive(Default)]
struct Cell {
    kind: String,
    style: Option<usize>,
    value: String,
    inline: Option<String>,
    formula: Option<String>,
}

/// Reads the cells of a sheet, its hidden rows and columns and its merged areas.
pub(crate) fn grid(part: &mut Part<'_, '_>, shared: &Shared) -> Result<Grid, ReadError> {
    let mut grid = Grid::default();
    let mut place = Place::default();
    let mut merges = Vec::new();
    loop {
        match part.next()? {
            Node::Open(tag) => match tag.name() {
                "row" => row(&tag, &mut place, &mut grid)?,
                "c" => {
                    let at = tag.attribute("r").and_then(|r| cell_place(&r));
                    let (line, column) = at.unwrap_or((place.line.max(1), place.column));
                    place = Place { line, column: column.saturating_add(1) };
                    let cell = Cell {
                        kind: tag.attribute("t").unwrap_or_default(),
                        style: tag.number("s"),
                        ..Cell::default()
                    };
                    let cell = cell.read(part)?;
                    let (text, doubt) = cell.shown(shared)?;
                    grid.put(line, column, &text, doubt)?;
                }
                "col" => column(&tag, &mut grid),
                "mergeCell" => merges.extend(tag.attribute("ref").and_then(|area| merge(&area))),
                _ => {}
            },
            Node::End => break,
            _ => {}
        }
        if merges.len() > ROWS_MAX as usize {
            return Err(ReadError::BrokenWorkbook(None));
        }
    }
    grid.fill_down(merges.into_iter())?;
    Ok(grid)
}

fn row(tag: &Tag<'_>, place: &mut Place, grid: &mut Grid) -> Result<(), ReadError> {
    let line = tag.number("r").unwrap_or_else(|| place.line.saturating_add(1));
    if line > ROWS_MAX {
        return Err(ReadError::BrokenWorkbook(None));
    }
    *place = Place { line: line.max(1), column: 0 };
    let is_flat = tag.number::<f64>("ht") == Some(0.0);
    if tag.says_yes("hidden") || is_flat {
        grid.hide_line(place.line);
    }
    Ok(())
}

fn column(tag: &Tag<'_>, grid: &mut Grid) {
    let is_flat = tag.number::<f64>("width") == Some(0.0);
    let (Some(first), Some(last)) = (tag.number::<usize>("min"), tag.number::<usize>("max")) else { return };
    if (tag.says_yes("hidden") || is_flat) && first > 0 {
        grid.hide_columns(first - 1, last.saturating_sub(1));
    }
}

impl Cell {
    /// Goes on to where the cell closes.
    fn read(mut self, part: &mut Part<'_, '_>) -> Result<Self, ReadError> {
        let mut into = Into::Nothing;
        loop {
            if self.value.len() + self.formula.as_ref().map_or(0, String::len) > CELL_BYTES_MAX {
                return Err(ReadError::BrokenWorkbook(None));
            }
            match part.next()? {
                Node::Open(tag) => {
                    into = match tag.name() {
                        "v" => Into::Value,
                        "f" => {
                            self.formula.get_or_insert_default();
                            Into::Formula
                        }
                        "is" => {
                            self.inline = Some(rich_text(part, "is")?);
                            Into::Nothing
                        }
                        _ => Into::Nothing,
                    }
                }
                Node::Close(tag) if tag.name() == "c" => return Ok(self),
                Node::Close(_) => into = Into::Nothing,
                Node::Text(piece) => match into {
                    Into::Value => self.value.push_str(&piece),
                    Into::Formula => self.formula.get_or_insert_default().push_str(&piece),
                    Into::Nothing => {}
                },
                Node::End => return Err(ReadError::BrokenWorkbook(None)),
            }
        }
    }

    /// What a person sees, and what is doubtful about it.
    fn shown(self, shared: &Shared) -> Result<(String, Option<Doubted>), ReadError> {
        let shape = self.style.and_then(|style| shared.shapes.get(style)).map_or(&Shape::General, |shape| &**shape);
        let value = self.value.trim();
        if let Some(formula) = &self.formula {
            let is_unknown = match self.kind.as_str() {
                "str" | "inlineStr" | "s" => false,
                _ => value.is_empty() || shared.recalculates && value == "0",
            };
            if is_unknown {
                return Ok((format!("={formula}"), Some(Doubted::NotComputed)));
            }
        }
        let text = match self.kind.as_str() {
            "s" => {
                // A cell that names a text and says none is blank.
                let Ok(at) = value.parse::<usize>() else { return Ok((String::new(), None)) };
                let text = shared.strings.get(at).ok_or(ReadError::BrokenWorkbook(None))?;
                shape.text(text.to_owned())
            }
            "inlineStr" => shape.text(self.inline.unwrap_or_else(|| unescaped(self.value))),
            "str" => shape.text(self.inline.unwrap_or_else(|| unescaped(self.value))),
            "b" => match value {
                "" => String::new(),
                "0" | "false" => "FALSE".to_owned(),
                _ => "TRUE".to_owned(),
            },
            "e" => value.to_owned(),
            "d" => iso_date(value),
            _ => match (value.parse::<f64>(), self.inline) {
                (Ok(number), _) if number.is_finite() => {
                    let doubt = has_lost_digits(number).then_some(Doubted::DigitsLost);
                    return Ok((shape.number(number, shared.system), doubt));
                }
                (_, Some(inline)) => shape.text(inline),
                _ => value.to_owned(),
            },
        };
        Ok((text, None))
    }
}

/// Where text inside a cell belongs.
enum Into {
    Nothing,
    Value,
    Formula,
}

/// `2026-11-23T00:00:00` as a day is shown.
fn iso_date(value: &str) -> String {
    let value = value.trim_end_matches('Z');
    match value.split_once('T') {
        Some((day, time)) if time.bytes().all(|b| matches!(b, b'0' | b':' | b'.')) => day.to_owned(),
        Some((day, time)) => format!("{day} {time}"),
        None => value.to_owned(),
    }
}

/// `B7` as line 7, column 1.
fn cell_place(reference: &str) -> Option<(u32, usize)> {
    let reference = reference.replace('$', "");
    let split = reference.find(|c: char| c.is_ascii_digit())?;
    let (letters, digits) = reference.split_at_checked(split)?;
    let mut column = 0_usize;
    for letter in letters.bytes() {
        let digit = letter.to_ascii_uppercase().checked_sub(b'A').filter(|digit| *digit < 26)?;
        column = column.checked_mul(26)?.checked_add(usize::from(digit) + 1)?;
    }
    let line: u32 = digits.parse().ok()?;
    ((1..=ROWS_MAX).contains(&line) && (1..=COLUMNS_MAX).contains(&column)).then(|| (line, column - 1))
}

/// `A2:A5` as an area.
fn merge(area: &str) -> Option<Merge> {
    let (first, last) = area.split_once(':')?;
    let ((first_line, first_column), (last_line, _)) = (cell_place(first)?, cell_place(last)?);
    Some(Merge { first_line, last_line, first_column })
}
