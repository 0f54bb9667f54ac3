//! Customer lists as people keep them in files: told by content, read, matched, checked, compared, written.
//!
//! Owns: telling a table from anything else by its bytes; CSV (UTF-8, UTF-16, GBK/GB18030), XLSX and XLS
//! in, CSV and XLSX out; which column means what; what is wrong with a row; which rows may be the same
//! customer. The way in is [`read`] → [`suggest`] → [`drafts`] → [`possible_duplicates`]; the way out is
//! [`write`], and [`errors_file`] for the rows that could not be taken.
//!
//! Must never: touch a disk, a clock, a database or the network; decide for a person which column or which
//! customer is meant; drop a value silently. Sentences for the screen belong to the interface: this crate
//! gives stable codes.

mod book;
mod column;
mod contact;
mod content;
mod dates;
mod delimited;
mod drafts;
mod duplicates;
mod encoding;
mod export;
mod fault;
mod footer;
mod grid;
mod legacy;
mod legacy_cells;
mod matching;
mod number_format;
mod package;
mod path;
mod phones;
mod read;
mod records;
mod sheet;
mod strings;
mod workbook;
mod worksheet;
mod xml;

pub use column::Column;
pub use contact::{DraftContact, DraftInstallation};
pub use content::FileKind;
pub use dates::{DateFault, ReadDate, read_date};
pub use drafts::{Draft, RowCode, RowError, drafts};
pub use duplicates::{By, Duplicate, Known, With, possible_duplicates};
pub use encoding::Encoding;
pub use export::{Export, ExportFormat, WriteError, Written, errors_file, write};
pub use fault::ReadError;
pub use matching::{Basis, MatchedColumn, Matching, suggest};
pub use path::{Level, PathPart};
pub use phones::{Phone, PhoneKind, read_phones};
pub use read::{read, read_sheet};
pub use sheet::{Doubt, Doubted, FarCells, Format, Row, Sheet};

/// Limits on everything that comes from a file.
pub mod limits {
    /// A file may have at most this many bytes (32 MiB).
    pub const FILE_BYTES_MAX: usize = 32 * 1024 * 1024;
    /// Rows below the header.
    pub const ROWS_MAX: usize = 100_000;
    /// Columns with something in them.
    pub const COLUMNS_MAX: usize = 100;
    /// Characters in one cell.
    pub const CELL_CHARS_MAX: usize = 4_000;
    /// Bytes a workbook's parts may take together once unpacked (256 MiB).
    pub const UNPACKED_BYTES_MAX: u64 = 256 * 1024 * 1024;
    /// Bytes of text in all cells together (128 MiB).
    pub const TEXT_BYTES_MAX: usize = 128 * 1024 * 1024;
}
