//! Which column of a file means what: a suggestion, for a person to change. By headings first, then by
//! the look of what stands below. Never takes a column twice, never drops one without listing it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::column::{self, Column};
use crate::dates::read_date;
use crate::phones;
use crate::sheet::Sheet;

/// Rows looked at to see what a column holds.
const SAMPLE_ROWS: usize = 200;
/// Share of a column's values, in percent, that must look alike.
const ALIKE_PERCENT: usize = 70;

/// Why a column is thought to mean what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The heading is known.
    Heading,
    /// A known heading is part of it.
    PartOfHeading,
    /// The values look like it.
    Content,
    /// A person said so.
    Person,
}

/// One column of the file and what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MatchedColumn {
    /// What it means.
    pub column: Column,
    /// Which column of the sheet, from 0.
    pub index: usize,
    /// How sure, in percent.
    pub confidence: u8,
    /// Why.
    pub basis: Basis,
}

/// What the columns of a file mean.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Matching {
    /// At most one for each [`Column`] and each index, by index.
    pub columns: Vec<MatchedColumn>,
    /// Columns of the file with something in them that nothing is taken from.
    pub left_out: Vec<usize>,
}

impl Matching {
    /// Where in the file that column is.
    #[must_use]
    pub fn index(&self, column: Column) -> Option<usize> {
        self.columns.iter().find(|matched| matched.column == column).map(|matched| matched.index)
    }

    /// A person's choice: that column is at this index, or nowhere. Whatever was at the index gives way.
    pub fn set(&mut self, column: Column, index: Option<usize>) {
        let freed = self.index(column);
        self.columns.retain(|matched| matched.column != column && Some(matched.index) != index);
        if let Some(index) = index {
            self.left_out.retain(|left| *left != index);
            self.columns.push(MatchedColumn { column, index, confidence: 100, basis: Basis::Person });
            self.columns.sort_by_key(|matched| matched.index);
        }
        if let Some(freed) = freed.filter(|freed| Some(*freed) != index) {
            self.left_out.push(freed);
            self.left_out.sort_unstable();
        }
    }
}

/// What stands in that column is a customer's name, at whatever level.
pub(crate) fn names_a_customer(column: Column) -> bool {
    matches!(column, Column::Name | Column::Group | Column::Company | Column::ProjectOffice | Column::Section)
}

/// Suggests what each column means.
#[must_use]
pub fn suggest(sheet: &Sheet) -> Matching {
    let mut candidates = Vec::new();
    for (index, heading) in sheet.header.iter().enumerate() {
        if sheet.header_line.is_some() && !heading.is_empty() {
            if let Some(column) = column::named(heading) {
                let whole = column::folded(heading) == column::folded(&column::without_brackets(heading));
                candidates.push((if whole { 100 } else { 95 }, index, column, Basis::Heading));
            } else if let Some(column) = column::partly_named(heading) {
                candidates.push((70, index, column, Basis::PartOfHeading));
            }
        }
        if let Some((confidence, column)) = look(sheet, index) {
            candidates.push((confidence, index, column, Basis::Content));
        }
    }
    candidates.sort_by_key(|(confidence, index, ..)| (std::cmp::Reverse(*confidence), *index));
    let mut matching = Matching::default();
    for (confidence, index, column, basis) in candidates {
        let taken = matching.columns.iter().any(|matched| matched.index == index || matched.column == column);
        if !taken {
            matching.columns.push(MatchedColumn { column, index, confidence, basis });
        }
    }
    give_mobiles_to_the_contact(sheet, &mut matching);
    matching.columns.sort_by_key(|matched| matched.index);
    matching.left_out = (0..sheet.header.len())
        .filter(|index| matching.columns.iter().all(|matched| matched.index != *index))
        .filter(|index| sheet.rows.iter().any(|row| !row.cell(*index).is_empty()))
        .collect();
    matching
}

/// 联系电话 beside 联系人 with mobiles below is the person's, not the office's.
fn give_mobiles_to_the_contact(sheet: &Sheet, matching: &mut Matching) {
    if matching.index(Column::ContactName).is_none() || matching.index(Column::ContactMobile).is_some() {
        return;
    }
    let phone = matching.columns.iter_mut().find(|matched| matched.column == Column::Phone);
    if let Some(phone) = phone
        && share(sheet, phone.index, phones::is_mobile) >= ALIKE_PERCENT
    {
        phone.column = Column::ContactMobile;
        phone.confidence = phone.confidence.min(80);
    }
}

/// How sure, of what, and by which test of a value.
type Look = (u8, Column, fn(&str) -> bool);

/// What the values of a column look like.
fn look(sheet: &Sheet, index: usize) -> Option<(u8, Column)> {
    let tests: [Look; 5] = [
        (60, Column::ContactEmail, |text| text.contains('@') && text.contains('.')),
        (55, Column::ContactMobile, phones::is_mobile),
        (50, Column::Phone, phones::is_land_line),
        (50, Column::Name, is_like_a_unit),
        (30, Column::MaintenanceUntil, |text| !text.bytes().all(|b| b.is_ascii_digit()) && read_date(text).is_ok()),
    ];
    tests
        .into_iter()
        .find(|(_, _, test)| share(sheet, index, *test) >= ALIKE_PERCENT)
        .map(|(confidence, column, _)| (confidence, column))
}

/// Share, in percent, of the column's filled cells that pass.
fn share(sheet: &Sheet, index: usize, test: impl Fn(&str) -> bool) -> usize {
    let (mut all, mut passed) = (0, 0);
    for row in sheet.rows.iter().take(SAMPLE_ROWS) {
        let text: String = row.cell(index).nfkc().collect();
        if !text.trim().is_empty() {
            all += 1;
            passed += usize::from(test(text.trim()));
        }
    }
    (passed * 100).checked_div(all).unwrap_or(0)
}

fn is_like_a_unit(text: &str) -> bool {
    ["公司", "集团", "项目部", "局", "院", "处", "标段", "指挥部"]
        .iter()
        .any(|ending| text.ends_with(ending) && text.chars().count() > 3)
}
