//! Dates as people write them in a list. Never takes one of two readings that are both possible.

use chrono::{Datelike, Days, Months, NaiveDate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// A date read from a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReadDate {
    /// The day.
    pub date: NaiveDate,
    /// Only a month or a year was written; the date is its last day.
    pub day_assumed: bool,
}

/// Why a cell is no date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DateFault {
    /// Not a date, or a day that does not exist.
    Invalid,
    /// Day and month could be either way round, or the century is open.
    Ambiguous,
    /// Before 1990 or after 2100.
    OutOfRange,
    /// 长期, 永久: no end is meant.
    OpenEnded,
}

/// Years taken.
const YEARS: std::ops::RangeInclusive<i32> = 1990..=2100;
/// Excel counts days from here (its first two months are off by one and out of range).
const SERIAL_ZERO: (i32, u32, u32) = (1899, 12, 30);

/// Reads `2026-11-23`, `2026/11/23`, `2026.11.23`, `2026年11月23日`, `20261123`, Excel's serial numbers,
/// `Nov 23, 2026`, with or without a time behind; `2026年11月` and `2026` stand for their last day. `2026.1` is January
/// to a person and October to a program that dropped a zero, so it is neither.
///
/// # Errors
/// [`DateFault`] when the text is no date, could be two, or lies outside 1990 to 2100.
pub fn read_date(cell: &str) -> Result<ReadDate, DateFault> {
    let text: String = cell.nfkc().collect();
    let text = text.trim();
    if ["长期", "永久", "无限期", "终身", "permanent", "lifetime"].iter().any(|word| text.eq_ignore_ascii_case(word))
    {
        return Err(DateFault::OpenEnded);
    }
    if text.is_empty() || text.chars().count() > 40 {
        return Err(DateFault::Invalid);
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return from_digits(text);
    }
    if let Some(serial) = fractional_serial(text) {
        return day(serial);
    }
    if text.chars().any(|c| c.is_ascii_alphabetic() && c != 'T' && c != 'Z') {
        return with_month_name(text);
    }
    let is_decimal = text.split_once('.').is_some_and(|(year, month)| year.len() == 4 && month == "1");
    from_parts(&number_parts(text)?, is_decimal)
}

/// 20261123, 202611, 2026, 46349.
fn from_digits(text: &str) -> Result<ReadDate, DateFault> {
    let number: i64 = text.parse().map_err(|_| DateFault::Invalid)?;
    let part = |range: std::ops::Range<usize>| text.get(range).and_then(|t| t.parse::<u32>().ok()).unwrap_or(0);
    let year = i32::try_from(part(0..4)).unwrap_or(0);
    match text.len() {
        8 => exact(year, part(4..6), part(6..8)),
        6 => last_day(year, Some(part(4..6))),
        5 => day(number),
        4 => last_day(year, None),
        _ => Err(DateFault::Invalid),
    }
}

/// Excel's serial number with a time: 46349.5.
fn fractional_serial(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.')?;
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    (whole.len() == 5 && digits(whole) && digits(fraction)).then(|| whole.parse().ok())?
}

fn day(serial: i64) -> Result<ReadDate, DateFault> {
    let (y, m, d) = SERIAL_ZERO;
    let date = u64::try_from(serial)
        .ok()
        .and_then(|days| NaiveDate::from_ymd_opt(y, m, d)?.checked_add_days(Days::new(days)))
        .ok_or(DateFault::Invalid)?;
    in_range(date, false)
}

/// Numbers of the date with their count of digits; a time behind is cut off.
fn number_parts(text: &str) -> Result<Vec<(u32, usize)>, DateFault> {
    let date = match text.find(':') {
        Some(colon) => text
            .get(..colon)
            .unwrap_or(text)
            .trim_end_matches(|c: char| c.is_ascii_digit())
            .trim_end_matches([' ', 'T', '上', '下', '午']),
        None => text,
    };
    let mut parts = Vec::new();
    for piece in date.split(['年', '月', '日', '号', '-', '/', '.', '–', '—', '、']) {
        let piece = piece.trim();
        if piece.is_empty() {
            continue;
        }
        if piece.len() > 4 || !piece.bytes().all(|b| b.is_ascii_digit()) {
            return Err(DateFault::Invalid);
        }
        parts.push((piece.parse().map_err(|_| DateFault::Invalid)?, piece.len()));
    }
    Ok(parts)
}

fn from_parts(parts: &[(u32, usize)], is_decimal: bool) -> Result<ReadDate, DateFault> {
    let year = |value: u32| i32::try_from(value).unwrap_or(0);
    match *parts {
        [(y, 4), (m, _), (d, _)] => exact(year(y), m, d),
        [(a, _), (b, _), (y, 4)] if a > 12 => exact(year(y), b, a),
        [(a, _), (b, _), (y, 4)] if b > 12 => exact(year(y), a, b),
        [(a, _), (b, _), (y, 4)] if a == b => exact(year(y), a, b),
        [_, _, (_, 4)] | [(_, ..=2), (_, ..=2), (_, ..=2)] => Err(DateFault::Ambiguous),
        // 2027.10 without its zero.
        [(y, 4), (1, 1)] if is_decimal => in_year(year(y)).and(Err(DateFault::Ambiguous)),
        [(y, 4), (m, ..=2)] => last_day(year(y), Some(m)),
        [(y, 4)] => last_day(year(y), None),
        _ => Err(DateFault::Invalid),
    }
}

/// Nov 23, 2026; 23 November 2026.
fn with_month_name(text: &str) -> Result<ReadDate, DateFault> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let (mut month, mut year, mut day) = (None, None, None);
    for word in text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()) {
        let lower = word.to_ascii_lowercase();
        if lower.bytes().all(|b| b.is_ascii_alphabetic()) {
            let at = MONTHS.iter().position(|name| lower.starts_with(name));
            if at.is_none() || month.is_some() {
                return Err(DateFault::Invalid);
            }
            month = at.and_then(|at| u32::try_from(at + 1).ok());
            continue;
        }
        let number: u32 =
            lower.trim_end_matches(|c: char| c.is_ascii_alphabetic()).parse().map_err(|_| DateFault::Invalid)?;
        match word.len() {
            4 if year.is_none() && number > 31 => year = i32::try_from(number).ok(),
            _ if day.is_none() => day = Some(number),
            _ => return Err(DateFault::Invalid),
        }
    }
    match (year, month, day) {
        (Some(year), Some(month), Some(day)) => exact(year, month, day),
        (Some(year), Some(month), None) => last_day(year, Some(month)),
        _ => Err(DateFault::Invalid),
    }
}

fn exact(year: i32, month: u32, day: u32) -> Result<ReadDate, DateFault> {
    let date = NaiveDate::from_ymd_opt(year, month, day).ok_or(DateFault::Invalid)?;
    in_range(date, false)
}

fn last_day(year: i32, month: Option<u32>) -> Result<ReadDate, DateFault> {
    let date = NaiveDate::from_ymd_opt(year, month.unwrap_or(12), 1)
        .and_then(|first| first.checked_add_months(Months::new(1)))
        .and_then(|next| next.pred_opt())
        .ok_or(DateFault::Invalid)?;
    in_range(date, true)
}

fn in_year(year: i32) -> Result<(), DateFault> {
    if YEARS.contains(&year) { Ok(()) } else { Err(DateFault::OutOfRange) }
}

fn in_range(date: NaiveDate, day_assumed: bool) -> Result<ReadDate, DateFault> {
    if YEARS.contains(&date.year()) { Ok(ReadDate { date, day_assumed }) } else { Err(DateFault::OutOfRange) }
}
