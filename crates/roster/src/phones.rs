//! Telephone numbers as people write them in a cell, in one way of writing: `13812345678`,
//! `028-87654321`, `028-87654321-801`, `4008001234`. Never guesses digits that are not there.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// What kind of number it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PhoneKind {
    /// Eleven digits beginning with 13 to 19.
    Mobile,
    /// With its area code.
    LandLine,
    /// Seven or eight digits, the area code is missing.
    WithoutAreaCode,
    /// 400, 800 and short service numbers.
    Service,
    /// Outside the mainland, with `+`.
    Abroad,
}

/// One number.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Phone {
    /// The number in our way of writing.
    pub number: String,
    /// What kind it is.
    pub kind: PhoneKind,
}

/// Reads all numbers of a cell, separated by `、`, `/`, `;`, `,`, `|` or line breaks; blanks too, when the
/// parts are numbers by themselves. Each part that is none comes back as it was written.
#[must_use]
pub fn read_phones(cell: &str) -> Vec<Result<Phone, String>> {
    let text: String = cell.nfkc().collect();
    let mut found = Vec::new();
    for part in text.split(['、', '/', '\\', ';', ',', '|', '\n', '。']) {
        let part = part.trim();
        if part.is_empty() {
            continue;
        }
        if let Some(phone) = one(part) {
            found.push(Ok(phone));
            continue;
        }
        let pieces: Vec<Option<Phone>> = part.split_whitespace().map(one).collect();
        if pieces.len() > 1 && pieces.iter().all(Option::is_some) {
            found.extend(pieces.into_iter().flatten().map(Ok));
        } else {
            found.push(Err(part.to_owned()));
        }
    }
    found
}

/// The text is one mobile number.
pub(crate) fn is_mobile(text: &str) -> bool {
    matches!(read_phones(text).as_slice(), [Ok(phone)] if phone.kind == PhoneKind::Mobile)
}

/// The text is one number of an office.
pub(crate) fn is_land_line(text: &str) -> bool {
    matches!(read_phones(text).as_slice(), [Ok(phone)]
        if matches!(phone.kind, PhoneKind::LandLine | PhoneKind::Service) && phone.number.len() > 7)
}

/// Digits by which numbers compare: no extension, no marks.
pub(crate) fn comparable(number: &str) -> String {
    let mut groups = number.split('-');
    let first = groups.next().unwrap_or("");
    let second = groups.next().unwrap_or("");
    first.chars().chain(second.chars()).filter(char::is_ascii_digit).collect()
}

/// Reads one number; `text` is NFKC.
fn one(text: &str) -> Option<Phone> {
    let text = without_label(text);
    let (main, extension) = split_extension(text)?;
    let abroad = main.starts_with('+');
    let groups = digit_groups(main)?;
    let digits: String = groups.concat();
    if digits.len() > 20 {
        return None;
    }
    let home = from_abroad(&digits);
    if abroad && home.is_none() {
        let known = (7..=15).contains(&digits.len()) && !digits.starts_with("86");
        return known.then(|| Phone { number: format!("+{digits}"), kind: PhoneKind::Abroad });
    }
    let digits = home.unwrap_or(digits);
    let digits = digits.as_str();
    if extension.is_none() {
        if let Some(mobile) = mobile(digits) {
            return Some(mobile);
        }
        if let Some(service) = service(digits) {
            return Some(service);
        }
    }
    office(digits, extension).or_else(|| {
        // 028-87654321-801: the last group is the extension.
        let (last, rest) = groups.split_last()?;
        if extension.is_some() || rest.is_empty() || !(1..=6).contains(&last.len()) {
            return None;
        }
        office(&rest.concat(), Some(last))
    })
}

/// 电话:, 手机, Tel. before a number, and a name in brackets behind none of it.
fn without_label(text: &str) -> &str {
    let labels = ["电话", "手机", "办公", "座机", "固话", "传真", "联系", "tel", "mobile", "phone"];
    let mut text = text.trim();
    loop {
        let rest = labels.iter().find_map(|label| {
            let start = text.get(..label.len())?;
            start.eq_ignore_ascii_case(label).then(|| &text[label.len()..])
        });
        match rest {
            Some(rest) => text = rest.trim_start_matches([':', '.', ' ', '：']),
            None => return text,
        }
    }
}

/// Cuts off 转801, ext. 801, #801, x801.
fn split_extension(text: &str) -> Option<(&str, Option<&str>)> {
    let lower = text.to_ascii_lowercase();
    for mark in ["分机", "转", "ext.", "ext", "#", "x"] {
        let Some(at) = lower.find(mark) else { continue };
        let main = text.get(..at)?.trim().trim_end_matches(['-', ',']);
        let extension = text.get(at + mark.len()..)?.trim_matches([' ', ':', '.', '-', '号', '机']);
        let is_number = (1..=6).contains(&extension.len()) && extension.bytes().all(|b| b.is_ascii_digit());
        return is_number.then_some((main, Some(extension)));
    }
    Some((text, None))
}

/// Digits as they are grouped by blanks, dashes, dots and brackets; `None` when anything else is there.
fn digit_groups(text: &str) -> Option<Vec<String>> {
    let text = text.strip_prefix('+').unwrap_or(text);
    let is_mark = |c: char| {
        c.is_whitespace() || matches!(c, '-' | '–' | '—' | '‐' | '‑' | '−' | 'ー' | '_' | '.' | '(' | ')' | '·')
    };
    let groups: Vec<String> = text.split(is_mark).filter(|g| !g.is_empty()).map(str::to_owned).collect();
    let all_digits = groups.iter().all(|group| group.bytes().all(|b| b.is_ascii_digit()));
    (all_digits && !groups.is_empty()).then_some(groups)
}

/// A number with the country's code before it, as it is dialled at home.
fn from_abroad(digits: &str) -> Option<String> {
    let rest = ["0086", "86"].iter().find_map(|code| digits.strip_prefix(code))?;
    if mobile(rest).is_some() || office(rest, None).is_some_and(|p| p.kind == PhoneKind::LandLine) {
        return Some(rest.to_owned());
    }
    // From abroad an area code is dialled without its zero.
    let with_zero = format!("0{rest}");
    office(&with_zero, None).map(|_| with_zero)
}

fn mobile(digits: &str) -> Option<Phone> {
    // A zero before a mobile was once dialled from other provinces.
    let digits = digits.strip_prefix('0').filter(|rest| rest.len() == 11 && rest.starts_with('1')).unwrap_or(digits);
    let fits = digits.len() == 11
        && digits.starts_with('1')
        && digits.as_bytes().get(1).is_some_and(|b| (b'3'..=b'9').contains(b));
    fits.then(|| Phone { number: digits.to_owned(), kind: PhoneKind::Mobile })
}

fn service(digits: &str) -> Option<Phone> {
    let free = digits.len() == 10 && (digits.starts_with("400") || digits.starts_with("800"));
    let short = (5..=6).contains(&digits.len()) && ["95", "96", "100", "12"].iter().any(|s| digits.starts_with(s));
    (free || short).then(|| Phone { number: digits.to_owned(), kind: PhoneKind::Service })
}

/// A land line: area code of three digits in the great cities (010, 02x), else four; then seven or eight.
fn office(digits: &str, extension: Option<&str>) -> Option<Phone> {
    let behind = extension.map(|e| format!("-{e}")).unwrap_or_default();
    if (7..=8).contains(&digits.len()) && digits.starts_with(['2', '3', '4', '5', '6', '7', '8']) {
        return Some(Phone { number: format!("{digits}{behind}"), kind: PhoneKind::WithoutAreaCode });
    }
    let code_len = if digits.starts_with("010") || digits.starts_with("02") { 3 } else { 4 };
    let (code, local) = digits.split_at_checked(code_len)?;
    let fits = code.starts_with('0')
        && !code.starts_with("00")
        && (7..=8).contains(&local.len())
        && !local.starts_with(['0', '1']);
    fits.then(|| Phone { number: format!("{code}-{local}{behind}"), kind: PhoneKind::LandLine })
}
