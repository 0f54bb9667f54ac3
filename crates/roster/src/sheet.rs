//! The table as read: words in cells and where they stood. Holds no meaning; that is matching's work.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::encoding::Encoding;

/// What the file turned out to be, whatever its name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Text with a delimiter.
    Csv,
    /// Excel 2007 and later.
    Xlsx,
    /// Excel 97 to 2003.
    Xls,
}

/// One table from a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sheet {
    /// What the file turned out to be.
    pub format: Format,
    /// The file's name promises another format than its content has.
    pub name_disagrees: bool,
    /// How the text was encoded; only for CSV.
    pub encoding: Option<Encoding>,
    /// What separates the cells; only for CSV.
    pub delimiter: Option<char>,
    /// The sheet that was read; only for workbooks.
    pub sheet_name: Option<String>,
    /// Other sheets a person may want instead; see [`crate::read_sheet`].
    pub other_sheets: Vec<String>,
    /// Sheets that are hidden, which can be read by name all the same.
    pub hidden_sheets: Vec<String>,
    /// Lines below the header that are hidden or filtered out, in order; a person is asked about them.
    pub hidden_lines: Vec<u32>,
    /// Columns that are hidden, from 0.
    pub hidden_columns: Vec<usize>,
    /// Cells that may not say what was meant, by line and column.
    pub doubts: Vec<Doubt>,
    /// Cells far to the right of the table, which were not read.
    pub far: Option<FarCells>,
    /// Cells of the lines above the header (titles, remarks), kept so that a person can see them.
    pub above: Vec<Row>,
    /// Line of the header in the file, from 1; `None` when the file has no header and letters stand in.
    pub header_line: Option<u32>,
    /// One heading for each column; blank where the file has none.
    pub header: Vec<String>,
    /// Lines with something in them, in the file's order.
    pub rows: Vec<Row>,
}

/// Why a cell may not say what was meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Doubted {
    /// A number of more than fifteen digits: Excel made zeros of those behind.
    DigitsLost,
    /// A formula that no program has worked out; the cell holds the formula.
    NotComputed,
}

/// A cell that may not say what was meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Doubt {
    /// Line in the file, from 1.
    pub line: u32,
    /// Column, from 0.
    pub column: usize,
    /// Why.
    pub what: Doubted,
}

/// Cells that stand apart from the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FarCells {
    /// How many.
    pub count: u32,
    /// Line of the first, from 1.
    pub line: u32,
    /// The leftmost column, from 0.
    pub column: usize,
}

impl Sheet {
    /// Takes the hidden lines out; hidden columns stay, for a matching to leave out.
    pub fn leave_out_hidden_lines(&mut self) {
        let hidden = std::mem::take(&mut self.hidden_lines);
        self.rows.retain(|row| hidden.binary_search(&row.line).is_err());
    }

    /// What is doubtful about the cells of a line.
    pub(crate) fn doubts_of(&self, line: u32) -> &[Doubt] {
        let from = self.doubts.partition_point(|doubt| doubt.line < line);
        let to = self.doubts.partition_point(|doubt| doubt.line <= line);
        self.doubts.get(from..to).unwrap_or(&[])
    }
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    /// Line in the file, from 1: the row number in a workbook, the line where the record starts in a CSV.
    pub line: u32,
    /// Cells from the left; blank ones at the end are left out, so there may be fewer than headings.
    pub cells: Vec<String>,
}

impl Row {
    /// The cell in that column; blank when the row is shorter.
    #[must_use]
    pub fn cell(&self, index: usize) -> &str {
        self.cells.get(index).map_or("", String::as_str)
    }
}
