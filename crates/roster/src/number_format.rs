//! What Excel shows for a number: the format of its cell decides. Days are written `2026-11-23` whatever the
//! format's order, which two people read in two ways; a number whose digits a format hides is given whole.

use std::collections::HashMap;
use std::panic::catch_unwind;
use std::sync::Arc;

use chrono::{Days, NaiveDate};
use ssfmt::ast::{DatePart, FormatPart};
use ssfmt::{DateSystem, FormatOptions, NumberFormat};

/// Characters of a format that are looked at; Excel takes 255.
const CODE_CHARS_MAX: usize = 255;
/// Characters of all formats of a workbook: taken apart, each takes a hundred bytes.
const ALL_CODE_CHARS_MAX: usize = 200_000;
/// Excel keeps this many digits; beyond them it writes zeros.
const DIGITS_KEPT: f64 = 1e15;
/// The day after the last that Excel knows, 9999-12-31.
const SERIAL_END: f64 = 2_958_466.0;

/// The formats of a workbook by their number, each taken apart once.
#[derive(Default)]
pub(crate) struct Formats {
    shapes: HashMap<u32, Arc<Shape>>,
    chars: usize,
}

impl Formats {
    /// A format the file defines; beyond what a workbook has, the rest is shown as numbers are.
    pub fn define(&mut self, id: u32, code: &str) {
        self.chars = self.chars.saturating_add(code.len());
        if self.chars <= ALL_CODE_CHARS_MAX {
            self.shapes.insert(id, Arc::new(Shape::of_code(code)));
        }
    }

    /// The format of that number.
    pub fn shape(&mut self, id: u32) -> Arc<Shape> {
        match self.shapes.get(&id) {
            Some(shape) => shape.clone(),
            // Only Chinese Excel's own have numbers below this.
            None if id > 100 => Arc::default(),
            None => self.shapes.entry(id).or_insert_with(|| Arc::new(Shape::built_in(id))).clone(),
        }
    }
}

/// How a cell shows what is in it.
#[derive(Debug, Clone, Default)]
pub(crate) enum Shape {
    /// As the number is.
    #[default]
    General,
    /// Not at all: `;;;`.
    Nothing,
    /// As a day, a month, a time.
    Date(DateShape),
    /// By a format.
    Number(NumberFormat),
}

#[derive(Debug, Clone)]
pub(crate) struct DateShape {
    format: NumberFormat,
    /// The Chinese words for the halves of the day stand in it.
    has_chinese_halves: bool,
    shows_day: bool,
    shows_year: bool,
    /// The month is a number and the year has four digits, so that the format's own way is read one way only.
    is_clear: bool,
    shows_date: bool,
    shows_time: bool,
}

impl Shape {
    /// A format as it is written in the file.
    pub fn of_code(code: &str) -> Self {
        if code.chars().count() > CODE_CHARS_MAX {
            return Self::General;
        }
        let has_chinese_halves = code.contains("上午/下午");
        let code = in_english(code);
        if code.trim().is_empty() || code.eq_ignore_ascii_case("general") {
            return Self::General;
        }
        if code.chars().all(|c| c == ';') {
            return Self::Nothing;
        }
        match catch_unwind(|| NumberFormat::parse(&code)) {
            Ok(Ok(format)) => Self::of_format(format, has_chinese_halves),
            _ => Self::General,
        }
    }

    /// A format that files name by number only, as Chinese Excel has them.
    pub fn built_in(id: u32) -> Self {
        match id {
            5..=8 => Self::of_code("\"¥\"#,##0.00;\"¥\"-#,##0.00"),
            27 | 36 | 50 | 52 | 57 => Self::of_code("yyyy\"年\"m\"月\""),
            28..=31 | 51 | 53 | 54 | 58 => Self::of_code("yyyy-m-d"),
            32 => Self::of_code("h\"时\"mm\"分\""),
            33 => Self::of_code("h\"时\"mm\"分\"ss\"秒\""),
            34 | 55 => Self::of_code("上午/下午h\"时\"mm\"分\""),
            35 | 56 => Self::of_code("上午/下午h\"时\"mm\"分\"ss\"秒\""),
            41..=44 => Self::of_code("#,##0.00"),
            _ => ssfmt::format_code_from_id(id).map_or(Self::General, Self::of_code),
        }
    }

    fn of_format(format: NumberFormat, has_chinese_halves: bool) -> Self {
        let Some(section) = format.sections().first().filter(|section| section.has_date_parts()) else {
            return Self::Number(format);
        };
        let mut shape = DateShape {
            format: format.clone(),
            has_chinese_halves,
            shows_day: false,
            shows_year: false,
            is_clear: true,
            shows_date: false,
            shows_time: false,
        };
        for part in &section.parts {
            match part {
                FormatPart::DatePart(DatePart::Day | DatePart::Day2 | DatePart::DayAbbr | DatePart::DayFull) => {
                    shape.shows_day = true;
                }
                FormatPart::DatePart(DatePart::Year4) => shape.shows_year = true,
                FormatPart::DatePart(DatePart::Month | DatePart::Month2) => shape.shows_date = true,
                FormatPart::DatePart(
                    DatePart::Hour
                    | DatePart::Hour2
                    | DatePart::Minute
                    | DatePart::Minute2
                    | DatePart::Second
                    | DatePart::Second2
                    | DatePart::SubSecond(_),
                )
                | FormatPart::AmPm(_)
                | FormatPart::Elapsed(_) => shape.shows_time = true,
                FormatPart::DatePart(_) => {
                    shape.is_clear = false;
                    shape.shows_date = true;
                }
                _ => {}
            }
        }
        shape.shows_date |= shape.shows_day || shape.shows_year;
        Self::Date(shape)
    }

    /// What is shown for a number.
    pub fn number(&self, value: f64, system: DateSystem) -> String {
        match self {
            Self::General => number_text(value),
            Self::Nothing => String::new(),
            Self::Date(shape) => shape.shown(value, system),
            Self::Number(_) if value.abs() >= DIGITS_KEPT => number_text(value),
            Self::Number(format) => {
                let shown = formatted(format, value, system);
                let hides = |part: &FormatPart| matches!(part, FormatPart::Scientific { .. });
                let hides_digits = format.sections().iter().any(|section| section.parts.iter().any(hides));
                shown.filter(|_| !hides_digits).unwrap_or_else(|| number_text(value))
            }
        }
    }

    /// What is shown for a text: a format may put words around it.
    pub fn text(&self, text: String) -> String {
        let format = match self {
            Self::Nothing => return String::new(),
            Self::Number(format) => format,
            Self::General | Self::Date(_) => return text,
        };
        let sections = format.sections();
        let section = match sections {
            [_, _, _, fourth, ..] => Some(fourth),
            _ => sections.last().filter(|last| last.has_text_placeholder()),
        };
        let Some(section) = section else { return text };
        let mut shown = String::new();
        for part in &section.parts {
            match part {
                FormatPart::TextPlaceholder => shown.push_str(&text),
                FormatPart::Literal(words) | FormatPart::EscapedLiteral(words) => shown.push_str(words),
                _ => {}
            }
        }
        shown
    }
}

impl DateShape {
    fn shown(&self, value: f64, system: DateSystem) -> String {
        let in_format = || {
            let shown = formatted(&self.format, value, system).filter(|shown| !shown.is_empty());
            let shown = shown.unwrap_or_else(|| number_text(value));
            if self.has_chinese_halves { shown.replace("AM", "上午").replace("PM", "下午") } else { shown }
        };
        let Some((date, seconds)) = moment(value, system) else {
            return number_text(value);
        };
        if !self.shows_date {
            return in_format();
        }
        let time = clock(seconds);
        match date {
            // A time alone under a format for days: Excel would show the day zero.
            None => time,
            Some(_) if self.is_clear && self.shows_year && !self.shows_day && !self.shows_time => in_format(),
            Some(date) if self.shows_year_and_month_only() => date.format("%Y-%m").to_string(),
            Some(date) if self.shows_time && seconds > 0 => format!("{date} {time}"),
            Some(date) => date.to_string(),
        }
    }

    fn shows_year_and_month_only(&self) -> bool {
        !self.is_clear && !self.shows_day && !self.shows_time
    }
}

/// The day, `None` for day zero, and the second of it.
fn moment(value: f64, system: DateSystem) -> Option<(Option<NaiveDate>, u32)> {
    if !(0.0..SERIAL_END).contains(&value) {
        return None;
    }
    let seconds = (value * 86_400.0).round() as u64;
    let (day, second) = (seconds / 86_400, u32::try_from(seconds % 86_400).ok()?);
    let (zero, day) = match system {
        DateSystem::Date1904 => (NaiveDate::from_ymd_opt(1904, 1, 1)?, day),
        DateSystem::Date1900 if day == 0 => return Some((None, second)),
        // Excel has a 29 February 1900; days before it are one further on.
        DateSystem::Date1900 => (NaiveDate::from_ymd_opt(1899, 12, 30)?, if day < 60 { day + 1 } else { day }),
    };
    Some((Some(zero.checked_add_days(Days::new(day))?), second))
}

fn clock(seconds: u32) -> String {
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if second == 0 { format!("{hour:02}:{minute:02}") } else { format!("{hour:02}:{minute:02}:{second:02}") }
}

fn formatted(format: &NumberFormat, value: f64, system: DateSystem) -> Option<String> {
    let options = FormatOptions { date_system: system, ..FormatOptions::default() };
    let shown = catch_unwind(|| format.try_format(value, &options)).ok()?.ok()?;
    Some(shown.trim().to_owned())
}

/// Words of Chinese formats that the reader of formats does not know, in those it does.
fn in_english(code: &str) -> String {
    let mut code = code.replace("G/通用格式", "General").replace("上午/下午", "AM/PM");
    for digits in ["[DBNum1]", "[DBNum2]", "[DBNum3]", "[DBNum4]", "[dbnum1]", "[dbnum2]"] {
        code = code.replace(digits, "");
    }
    // Weekdays in Chinese: 星期一 and 一.
    if !code.contains('"') {
        code = code.replace("aaaa", "dddd").replace("aaa", "ddd");
    }
    let bare = code.split_once(']').filter(|(locale, _)| locale.starts_with("[$-")).map_or(code.as_str(), |(_, b)| b);
    if bare.eq_ignore_ascii_case("general") { String::new() } else { code }
}

/// Excel keeps fifteen digits of a number; this one had more, or may have had.
pub(crate) fn has_lost_digits(value: f64) -> bool {
    value.abs() >= DIGITS_KEPT && value.is_finite()
}

/// The shortest decimal that is this number; Rust writes no exponents here.
pub(crate) fn number_text(number: f64) -> String {
    let shortest = format!("{number}");
    // Excel keeps 15 digits: 0.1 + 0.2 is shown as 0.3.
    let rounded: Result<f64, _> = format!("{number:.14e}").parse();
    match rounded.map(|r| format!("{r}")) {
        Ok(text) if text.len() < shortest.len() => text,
        _ => shortest,
    }
}
