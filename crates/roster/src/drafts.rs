//! Rows as customers to be: each checked by itself, its errors and warnings beside it. A row with an
//! error is never taken; of a row with a cell nobody can read the rest is; a warning is for a person to look at. Never compares rows: see `duplicates`.

use chrono::NaiveDate;
use doorstep_domain::customer::is_mail_address;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::column::Column;
use crate::contact::{DraftContact, DraftInstallation};
use crate::dates::{DateFault, read_date};
use crate::footer;
use crate::grid::is_blank;
use crate::matching::{Matching, names_a_customer};
use crate::path::{self, PathPart, Told, trace};
use crate::phones::{self, PhoneKind, read_phones};
use crate::sheet::{Doubt, Doubted, Row, Sheet};

/// Characters of a name.
const NAME_CHARS_MAX: usize = 200;
/// Characters of any other field but notes, addresses and machine notes.
const FIELD_CHARS_MAX: usize = 500;

/// What is wrong with a cell, or to be looked at. The interface has a sentence for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RowCode {
    /// Error: no name at any level.
    NameMissing,
    /// Error: longer than the field takes.
    TooLong,
    /// Error: no level we know.
    LevelUnknown,
    /// Error: the units don't fit above each other.
    LevelConflict,
    /// Error: not a date.
    DateInvalid,
    /// Error: day and month, or the century, could be read two ways.
    DateAmbiguous,
    /// Error: before 1990 or after 2100.
    DateOutOfRange,
    /// Error: not a telephone number.
    PhoneInvalid,
    /// Error: not a mail address.
    EmailInvalid,
    /// Error: a spreadsheet's error value such as `#N/A`.
    SpreadsheetError,
    /// Error: a formula that no program has worked out.
    NotComputed,
    /// Error where a number is meant, else a warning: Excel made zeros or an exponent of a long number's digits.
    DigitsLost,
    /// Warning: a land line without its area code.
    PhoneWithoutAreaCode,
    /// Warning: another kind of number where a mobile is expected.
    NotAMobile,
    /// Warning: only month or year was written, the last day is taken.
    DayAssumed,
    /// Warning: 长期 and the like; no date is kept.
    OpenEnded,
    /// Warning: one name was cut into several units.
    SplitFromName,
    /// Warning: a postcode has six digits.
    PostcodeOdd,
    /// Warning: mobile, position or mail without a contact's name; numbers go to the customer.
    ContactWithoutName,
    /// Warning: words stood beside a telephone number; the number alone is taken.
    WordsBesidePhone,
    /// Warning: the name is a group's, and it is taken as a company.
    GroupAsCompany,
    /// Warning: looks like a line of totals.
    LooksLikeTotal,
    /// Warning: looks like a signature or a remark under the list.
    LooksLikeNote,
}

/// Something about one cell of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RowError {
    /// Which column of ours.
    pub column: Column,
    /// What.
    pub code: RowCode,
    /// The value as written.
    pub value: String,
}

/// One row as a customer to be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Draft {
    /// Line in the file, from 1.
    pub line: u32,
    /// From the outermost unit down to the customer this row speaks of.
    pub path: Vec<PathPart>,
    /// Our own number for the customer.
    pub number: Option<String>,
    /// Region.
    pub region: Option<String>,
    /// Province.
    pub province: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Street address.
    pub address: Option<String>,
    /// Postcode.
    pub postcode: Option<String>,
    /// Numbers in our way of writing.
    pub phones: Vec<String>,
    /// A person there.
    pub contact: Option<DraftContact>,
    /// A product in use.
    pub installation: Option<DraftInstallation>,
    /// Validity of the file, that day included.
    pub file_valid_until: Option<NaiveDate>,
    /// Notes.
    pub notes: Option<String>,
    /// Why the row cannot be taken; empty when it can.
    pub errors: Vec<RowError>,
    /// Cells, or parts of them, that nobody can read: the row is taken without them.
    pub refused: Vec<RowError>,
    /// Probably no customer: a total, a signature, a remark. Left out unless a person wants it.
    pub no_customer: bool,
    /// What a person should look at.
    pub warnings: Vec<RowError>,
}

impl Draft {
    /// The row can be taken, though perhaps without some of its cells.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.errors.is_empty()
    }

    /// The row can be taken with all that stands in it, or is none.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.no_customer || self.errors.is_empty() && self.refused.is_empty()
    }

    /// The customer this row speaks of: the innermost unit.
    #[must_use]
    pub fn customer(&self) -> Option<&PathPart> {
        self.path.last()
    }
}

/// Makes a draft of every row; the header repeated further down (as printed lists have it) is passed over.
#[must_use]
pub fn drafts(sheet: &Sheet, matching: &Matching) -> Vec<Draft> {
    sheet
        .rows
        .iter()
        .filter(|row| sheet.header_line.is_none() || !repeats_header(sheet, row))
        .map(|row| RowReader::new(row, sheet.doubts_of(row.line), matching).draft())
        .collect()
}

fn repeats_header(sheet: &Sheet, row: &Row) -> bool {
    sheet.header.iter().enumerate().all(|(index, heading)| heading == row.cell(index))
}

/// Reads one row, gathering what is wrong on the way.
struct RowReader<'a> {
    row: &'a Row,
    doubts: &'a [Doubt],
    matching: &'a Matching,
    errors: Vec<RowError>,
    refused: Vec<RowError>,
    warnings: Vec<RowError>,
}

impl<'a> RowReader<'a> {
    fn new(row: &'a Row, doubts: &'a [Doubt], matching: &'a Matching) -> Self {
        Self { row, doubts, matching, errors: Vec::new(), refused: Vec::new(), warnings: Vec::new() }
    }

    fn draft(mut self) -> Draft {
        let path = self.path();
        let (contact, loose_numbers) = self.contact();
        let mut phones = self.phones(Column::Phone, false);
        phones.extend(loose_numbers);
        let no_customer = self.no_customer();
        Draft {
            line: self.row.line,
            number: self.field(Column::Number, FIELD_CHARS_MAX),
            region: self.field(Column::Region, FIELD_CHARS_MAX),
            province: self.field(Column::Province, FIELD_CHARS_MAX),
            city: self.field(Column::City, FIELD_CHARS_MAX),
            address: self.field(Column::Address, usize::MAX),
            postcode: self.postcode(),
            phones: without_repeats(phones),
            contact,
            installation: self.installation(),
            file_valid_until: self.date(Column::FileValidUntil),
            notes: self.text(Column::Notes, usize::MAX),
            path,
            errors: self.errors,
            refused: self.refused,
            no_customer,
            warnings: self.warnings,
        }
    }

    fn error(&mut self, column: Column, code: RowCode, value: &str) {
        let value = value.to_owned();
        self.errors.push(RowError { column, code, value });
    }

    /// The cell is left out; without its name nobody knows which customer a row speaks of.
    fn refuse(&mut self, column: Column, code: RowCode, value: &str) {
        if names_a_customer(column) {
            self.error(column, code, value);
        } else {
            let value = value.to_owned();
            self.refused.push(RowError { column, code, value });
        }
    }

    /// Whether the row is probably none, with the reason as a warning.
    fn no_customer(&mut self) -> bool {
        let cells = |names: bool| {
            let columns = self.matching.columns.iter().filter(move |matched| names_a_customer(matched.column) == names);
            columns.map(|matched| self.row.cell(matched.index)).filter(|cell| !is_blank(cell))
        };
        let code = footer::no_customer(self.row, &cells(true).collect::<Vec<_>>(), cells(false).next().is_some());
        if let Some(code) = code {
            let shown = self.row.cells.iter().find(|cell| !is_blank(cell)).cloned().unwrap_or_default();
            self.warn(Column::Name, code, &shown);
        }
        code.is_some()
    }

    fn warn(&mut self, column: Column, code: RowCode, value: &str) {
        let value = value.to_owned();
        self.warnings.push(RowError { column, code, value });
    }

    /// The cell as written, without blanks around it; line breaks stay.
    fn text(&mut self, column: Column, chars_max: usize) -> Option<String> {
        let index = self.matching.index(column)?;
        let text = trimmed(self.row.cell(index));
        if text.is_empty() {
            return None;
        }
        if is_spreadsheet_error(text) {
            self.refuse(column, RowCode::SpreadsheetError, text);
            return None;
        }
        match self.doubts.iter().find(|doubt| doubt.column == index).map(|doubt| doubt.what) {
            Some(Doubted::NotComputed) => {
                self.refuse(column, RowCode::NotComputed, text);
                return None;
            }
            Some(Doubted::DigitsLost) if is_a_number(column) && text.contains(['E', 'e']) => {
                self.refuse(column, RowCode::DigitsLost, text);
                return None;
            }
            Some(Doubted::DigitsLost) => self.warn(column, RowCode::DigitsLost, text),
            None => {}
        }
        if text.chars().count() > chars_max {
            self.refuse(column, RowCode::TooLong, text);
            return None;
        }
        Some(text.to_owned())
    }

    /// As `text`, on one line, and `None` for what people write to mean "nothing".
    fn field(&mut self, column: Column, chars_max: usize) -> Option<String> {
        let text = self.text(column, chars_max)?;
        let nothing = ["-", "--", "/", "\\", "—", "——", "无", "暂无", "n/a", "none", "null", "未知"];
        let is_nothing = nothing.iter().any(|word| text.eq_ignore_ascii_case(word));
        (!is_nothing).then(|| text.lines().map(trimmed).collect::<Vec<_>>().join(" "))
    }

    fn path(&mut self) -> Vec<PathPart> {
        let level_word = self.field(Column::Level, FIELD_CHARS_MAX);
        let level = level_word.as_deref().and_then(path::level_from_words);
        if let (Some(word), None) = (&level_word, level) {
            self.refuse(Column::Level, RowCode::LevelUnknown, word);
        }
        let levels = [Column::Group, Column::Company, Column::ProjectOffice, Column::Section];
        let told = Told {
            by_level: levels.map(|column| self.field(column, NAME_CHARS_MAX)),
            name: self.field(Column::Name, NAME_CHARS_MAX),
            level,
            parent: self.field(Column::Parent, NAME_CHARS_MAX),
        };
        let shown = told.name.clone().unwrap_or_default();
        let has_a_name = told.name.is_some() || told.by_level.iter().any(Option::is_some);
        if !has_a_name {
            // Why a name that is there can't be read was already said.
            if self.errors.is_empty() {
                self.error(Column::Name, RowCode::NameMissing, "");
            }
            return Vec::new();
        }
        let (path, codes) = trace(told);
        if path.is_empty() {
            // Nothing but marks between units.
            self.error(Column::Name, RowCode::NameMissing, &shown);
        }
        for code in codes {
            match code {
                RowCode::SplitFromName | RowCode::GroupAsCompany => self.warn(Column::Name, code, &shown),
                _ => self.error(Column::Name, code, &shown),
            }
        }
        path
    }

    /// The contact, or the numbers of one that has no name.
    fn contact(&mut self) -> (Option<DraftContact>, Vec<String>) {
        let name = self.field(Column::ContactName, NAME_CHARS_MAX);
        let mobiles = self.phones(Column::ContactMobile, true);
        let position = self.field(Column::ContactPosition, FIELD_CHARS_MAX);
        let emails = self.emails();
        let Some(name) = name else {
            let shown = mobiles.iter().chain(&position).chain(&emails).next().cloned();
            if let Some(shown) = shown {
                self.warn(Column::ContactName, RowCode::ContactWithoutName, &shown);
            }
            return (None, mobiles);
        };
        let contact = DraftContact { name, mobiles, position, emails };
        (Some(contact), Vec::new())
    }

    fn phones(&mut self, column: Column, mobile_expected: bool) -> Vec<String> {
        let Some(cell) = self.text(column, usize::MAX).filter(|cell| !stands_for_nothing(cell)) else {
            return Vec::new();
        };
        let mut numbers = Vec::new();
        for phone in read_phones(&cell) {
            match phone {
                Ok(phone) => {
                    if phone.has_words {
                        self.warn(column, RowCode::WordsBesidePhone, &cell);
                    }
                    if phone.kind == PhoneKind::WithoutAreaCode {
                        self.warn(column, RowCode::PhoneWithoutAreaCode, &phone.number);
                    } else if mobile_expected && !matches!(phone.kind, PhoneKind::Mobile | PhoneKind::Abroad) {
                        self.warn(column, RowCode::NotAMobile, &phone.number);
                    }
                    numbers.push(phone.number);
                }
                Err(part) => self.refuse(column, RowCode::PhoneInvalid, &part),
            }
        }
        without_repeats(numbers)
    }

    fn emails(&mut self) -> Vec<String> {
        let Some(cell) = self.field(Column::ContactEmail, FIELD_CHARS_MAX) else {
            return Vec::new();
        };
        let text: String = cell.nfkc().collect();
        let mut emails = Vec::new();
        for part in text.split([';', ',', '、', '/', ' ']).filter(|part| !part.is_empty()) {
            if is_mail_address(part) {
                emails.push(part.to_owned());
            } else {
                self.refuse(Column::ContactEmail, RowCode::EmailInvalid, part);
            }
        }
        without_repeats(emails)
    }

    fn postcode(&mut self) -> Option<String> {
        let postcode: String = self.field(Column::Postcode, FIELD_CHARS_MAX)?.nfkc().collect();
        if postcode.len() != 6 || !postcode.bytes().all(|b| b.is_ascii_digit()) {
            self.warn(Column::Postcode, RowCode::PostcodeOdd, &postcode);
        }
        Some(postcode)
    }

    fn date(&mut self, column: Column) -> Option<NaiveDate> {
        let cell = self.field(column, FIELD_CHARS_MAX)?;
        match read_date(&cell) {
            Ok(read) => {
                if read.day_assumed {
                    self.warn(column, RowCode::DayAssumed, &cell);
                }
                return Some(read.date);
            }
            Err(DateFault::OpenEnded) => self.warn(column, RowCode::OpenEnded, &cell),
            Err(DateFault::Invalid) => self.refuse(column, RowCode::DateInvalid, &cell),
            Err(DateFault::Ambiguous) => self.refuse(column, RowCode::DateAmbiguous, &cell),
            Err(DateFault::OutOfRange) => self.refuse(column, RowCode::DateOutOfRange, &cell),
        }
        None
    }

    fn installation(&mut self) -> Option<DraftInstallation> {
        let dongles = self.field(Column::DongleNumber, FIELD_CHARS_MAX).unwrap_or_default();
        // One number that a format groups by thousands is not several.
        let dongles = phones::ungrouped(&dongles).unwrap_or(dongles);
        let installation = DraftInstallation {
            product: self.field(Column::Product, FIELD_CHARS_MAX),
            version: self.field(Column::ProductVersion, FIELD_CHARS_MAX),
            dongle_numbers: without_repeats(
                dongles
                    .split(['、', ';', '；', ',', '，', '|'])
                    .map(trimmed)
                    .filter(|part| !part.is_empty())
                    .map(str::to_owned)
                    .collect(),
            ),
            quota_edition: self.field(Column::QuotaEdition, FIELD_CHARS_MAX),
            maintenance_until: self.date(Column::MaintenanceUntil),
            database_kind: self.field(Column::DatabaseKind, FIELD_CHARS_MAX),
            machine_notes: self.text(Column::MachineNotes, usize::MAX),
        };
        (installation != DraftInstallation::default()).then_some(installation)
    }
}

/// Digits that mean nothing when some of them are missing.
fn is_a_number(column: Column) -> bool {
    matches!(column, Column::Number | Column::Postcode | Column::Phone | Column::ContactMobile | Column::DongleNumber)
}

fn stands_for_nothing(cell: &str) -> bool {
    ["-", "--", "/", "—", "——", "无", "暂无"].contains(&cell)
}

/// Without white space and invisible characters around it.
fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| is_blank(c.encode_utf8(&mut [0; 4])))
}

fn is_spreadsheet_error(text: &str) -> bool {
    ["#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!"].contains(&text)
}

fn without_repeats(values: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::with_capacity(values.len());
    for value in values {
        if !kept.contains(&value) {
            kept.push(value);
        }
    }
    kept
}
