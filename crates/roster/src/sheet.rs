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
    /// Cells of the lines above the header (titles, remarks), kept so that a person can see them.
    pub above: Vec<Row>,
    /// Line of the header in the file, from 1; `None` when the file has no header and letters stand in.
    pub header_line: Option<u32>,
    /// One heading for each column; blank where the file has none.
    pub header: Vec<String>,
    /// Lines with something in them, in the file's order.
    pub rows: Vec<Row>,
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
