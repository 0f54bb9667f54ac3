//! A workbook of either format as its sheets: which there are, and which is most likely the list. What is in
//! a sheet is read by the format's own reader.

use crate::column;
use crate::fault::ReadError;
use crate::grid::Grid;
use crate::matching::names_a_customer;
use crate::sheet::{Format, Sheet};

/// Sheets of one workbook that are looked at.
pub(crate) const SHEETS_MAX: usize = 200;
/// Known headings by which a sheet is taken for a list at once.
const HEADINGS_ENOUGH: usize = 2;

/// A sheet of a workbook.
#[derive(Debug, Clone)]
pub(crate) struct SheetName {
    pub name: String,
    /// Hidden by whoever made the workbook.
    pub is_hidden: bool,
}

/// A workbook being read.
pub(crate) trait Book {
    const FORMAT: Format;

    /// Sheets of cells, in the order a person sees them.
    fn names(&self) -> Vec<SheetName>;

    /// The cells of the sheet at this place among the names.
    fn grid(&mut self, at: usize) -> Result<Grid, ReadError>;
}

/// Reads the wanted sheet; or the first visible one with headings of a customer list, else the one with most
/// known headings, else the first with something in it. A hidden one only when no visible one has anything.
pub(crate) fn read(mut book: impl Book, wanted: Option<&str>) -> Result<Sheet, ReadError> {
    let names = book.names();
    if let Some(wanted) = wanted {
        let at = names.iter().position(|sheet| sheet.name == wanted).ok_or(ReadError::NoSuchSheet)?;
        return sheet_at(&mut book, &names, at);
    }
    let mut best: Option<(usize, Sheet)> = None;
    let mut refused = None;
    let in_order = (0..names.len()).filter(|at| is_hidden(&names, *at).is_some_and(|hidden| !hidden));
    let hidden = (0..names.len()).filter(|at| is_hidden(&names, *at).is_some_and(|hidden| hidden));
    for at in in_order.chain(hidden) {
        if is_hidden(&names, at) == Some(true) && best.is_some() {
            break;
        }
        match sheet_at(&mut book, &names, at) {
            Ok(sheet) => {
                let known = sheet.header.iter().filter_map(|heading| column::named(heading));
                let (mut count, mut names_one) = (0, false);
                for column in known {
                    count += 1;
                    names_one |= names_a_customer(column);
                }
                // Headings alone, as in a form to fill in, are no list yet.
                count = if sheet.rows.is_empty() { 0 } else { count };
                if count >= HEADINGS_ENOUGH && names_one {
                    return Ok(sheet);
                }
                if best.as_ref().is_none_or(|(most, _)| count > *most) {
                    best = Some((count, sheet));
                }
            }
            Err(ReadError::Empty) => {}
            Err(other) => refused = refused.or(Some(other)),
        }
    }
    match (best, refused) {
        // What stands beside a sheet nobody can read is no list by its headings: say what is wrong.
        (Some((0, _)), Some(refused)) | (None, Some(refused)) => Err(refused),
        (Some((_, sheet)), _) => Ok(sheet),
        (None, None) => Err(ReadError::Empty),
    }
}

fn is_hidden(names: &[SheetName], at: usize) -> Option<bool> {
    names.get(at).map(|sheet| sheet.is_hidden)
}

fn sheet_at<B: Book>(book: &mut B, names: &[SheetName], at: usize) -> Result<Sheet, ReadError> {
    let mut sheet = book.grid(at)?.into_sheet(B::FORMAT)?;
    for (place, other) in names.iter().enumerate() {
        if place == at {
            sheet.sheet_name = Some(other.name.clone());
        } else if other.is_hidden {
            sheet.hidden_sheets.push(other.name.clone());
        } else {
            sheet.other_sheets.push(other.name.clone());
        }
    }
    Ok(sheet)
}
