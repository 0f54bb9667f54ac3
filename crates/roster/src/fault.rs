//! Why a file could not be read, each cause with a code the interface translates. Rows that read but are
//! wrong are not here: see `drafts`.

use thiserror::Error;

use crate::content::FileKind;
use crate::limits;

/// Why a file could not be read. Nothing was taken from it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// No bytes, or no cell with anything in it.
    #[error("The file has nothing in it. Choose a file with a table.")]
    Empty,
    /// The content is something else than a table, whatever the name says.
    #[error("This is {} and not a table. Choose a CSV, XLSX or XLS file.", .kind.in_words())]
    NotATable {
        /// What the content looks like.
        kind: FileKind,
    },
    /// A table in a format that is not read.
    #[error("This is {}. Open it in the program it comes from and save it as XLSX.", .kind.in_words())]
    OtherTable {
        /// What the content looks like.
        kind: FileKind,
    },
    /// The workbook is locked with a password.
    #[error("The workbook is locked with a password. Save a copy without one and choose that.")]
    Encrypted,
    /// More bytes, packed or unpacked, than are taken.
    #[error("The file is too large ({bytes} bytes, at most {bytes_max}). Split it.")]
    TooLarge {
        /// What was found, as far as it was read.
        bytes: u64,
        /// What is taken.
        bytes_max: u64,
    },
    /// More rows than are taken.
    #[error("The table has more than {rows_max} rows. Split it.")]
    TooManyRows {
        /// What is taken.
        rows_max: usize,
    },
    /// More columns than are taken.
    #[error("Line {line} has something beyond column {columns_max}. Remove the columns that are not needed.")]
    TooManyColumns {
        /// Line in the file, from 1.
        line: u32,
        /// What is taken.
        columns_max: usize,
    },
    /// One cell has more text than is taken.
    #[error(
        "Line {line}, column {column} has more than {chars_max} characters. Shorten it; in a CSV, look for a quotation mark that is never closed."
    )]
    CellTooLong {
        /// Line in the file, from 1.
        line: u32,
        /// Column, from 1.
        column: u32,
        /// What is taken.
        chars_max: usize,
    },
    /// A quotation mark opens a cell and never closes, so the rest of the file would be one cell.
    #[error("A quotation mark opened on line {line} is never closed. Close it and choose the file again.")]
    UnclosedQuote {
        /// Line in the file, from 1.
        line: u32,
    },
    /// The workbook's parts don't fit together.
    #[error("The workbook is damaged. Open it in Excel or WPS, save it anew and choose it again.")]
    BrokenWorkbook(#[source] Option<Box<dyn std::error::Error + Send + Sync>>),
    /// There is no sheet of that name.
    #[error("The workbook has no sheet of that name.")]
    NoSuchSheet,
    /// The bytes are no text in UTF-8, UTF-16 or GBK/GB18030.
    #[error("From line {line} on the text cannot be read{}. Save the file as CSV UTF-8 and choose it again.", .looks_like.as_deref().map(|l| format!("; it looks like {l}")).unwrap_or_default())]
    UnreadableText {
        /// First line that could not be read, from 1.
        line: u32,
        /// Name of the encoding it may be in, if one fits.
        looks_like: Option<String>,
    },
}

impl ReadError {
    /// A stable name for the interface to translate by.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "roster_empty",
            Self::NotATable { .. } => "roster_not_a_table",
            Self::OtherTable { .. } => "roster_other_table",
            Self::Encrypted => "roster_encrypted",
            Self::TooLarge { .. } => "roster_too_large",
            Self::TooManyRows { .. } => "roster_too_many_rows",
            Self::TooManyColumns { .. } => "roster_too_many_columns",
            Self::CellTooLong { .. } => "roster_cell_too_long",
            Self::UnclosedQuote { .. } => "roster_unclosed_quote",
            Self::BrokenWorkbook(_) => "roster_broken_workbook",
            Self::NoSuchSheet => "roster_no_such_sheet",
            Self::UnreadableText { .. } => "roster_unreadable_text",
        }
    }

    /// The line of the file it concerns, from 1, where there is one.
    #[must_use]
    pub fn line(&self) -> Option<u32> {
        match self {
            Self::TooManyColumns { line, .. }
            | Self::CellTooLong { line, .. }
            | Self::UnclosedQuote { line }
            | Self::UnreadableText { line, .. } => Some(*line),
            _ => None,
        }
    }

    /// The workbook is damaged, and this is what its reader said.
    pub(crate) fn broken(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::BrokenWorkbook(Some(Box::new(source)))
    }

    /// The file as it lies is larger than is taken.
    pub(crate) fn file_too_large(bytes: usize) -> Self {
        Self::TooLarge { bytes: bytes as u64, bytes_max: limits::FILE_BYTES_MAX as u64 }
    }

    /// The file is larger than is taken once unpacked.
    pub(crate) fn unpacked_too_large(bytes: u64) -> Self {
        Self::TooLarge { bytes, bytes_max: limits::UNPACKED_BYTES_MAX }
    }
}
