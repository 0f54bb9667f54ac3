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
    /// Words stood beside the number, a person's name perhaps, which are not part of it.
    pub has_words: bool,
}

impl Phone {
    fn new(number: String, kind: PhoneKind) -> Self {
        Self { number, kind, has_words: false }
    }
}

/// Reads all numbers of a cell, separated by `、`, `/`, `;`, `,`, `|`, `和`, `或` or line breaks; blanks too, when the
/// parts are numbers by themselves. What programs put around and into a number is looked through. Each part that is
/// none comes back as it was written.
#[must_use]
pub fn read_phones(cell: &str) -> Vec<Result<Phone, String>> {
    let text = bare(cell);
    let mut found = Vec::new();
    for part in text.split(['、', '/', '\\', ';', ',', '|', '\n', '。', '和', '或', '&']) {
        let part = part.trim();
        // RFC 3966: what follows a number in a link.
        if part.is_empty() || part.starts_with("ext=") && found.last().is_some_and(Result::is_ok) {
            continue;
        }
        if let Some(phone) = one(part) {
            found.push(Ok(phone));
            continue;
        }
        let pieces: Vec<Option<Phone>> = part.split_whitespace().map(one).collect();
        if pieces.len() > 1 && pieces.iter().all(Option::is_some) {
            found.extend(pieces.into_iter().flatten().map(Ok));
            continue;
        }
        let among = among_words(part);
        if !among.is_empty() {
            found.extend(among.into_iter().map(Ok));
        } else if !without_label(part).is_empty() {
            found.push(Err(part.to_owned()));
        }
    }
    found
}

/// The text in one width, without what nobody sees and without what spreadsheets put around digits.
fn bare(cell: &str) -> String {
    // ① before a number counts it; in one width it would be a digit of it.
    let counted = |c: char| if matches!(c, '①'..='⓿' | '❶'..='➓') { ';' } else { c };
    let mut text: String = cell.chars().map(counted).nfkc().filter(|c| !is_unseen(*c)).collect();
    if let Some(inner) = text.trim().strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')) {
        text = inner.to_owned();
    }
    let plain = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '`' | '‘' | '’' | '“' | '”'));
    // A number that a program kept as one: 13812345678.0, 13,812,345,678.
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
    let is_number = fraction.len() <= 2 && fraction.bytes().all(|b| b == b'0');
    if is_number && let Some(digits) = ungrouped(whole) {
        return digits;
    }
    plain.to_owned()
}

/// Characters without a picture: those that make letters run from right to left, as phones put them around copied
/// numbers, joiners, soft hyphens, marks of byte order.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffc}')
        || (c.is_control() && !c.is_whitespace())
}

/// The digits of a whole number, grouped by thousands or not at all.
pub(crate) fn ungrouped(text: &str) -> Option<String> {
    let mut groups = text.split(',');
    let first = groups.next().filter(|first| !first.is_empty() && first.bytes().all(|b| b.is_ascii_digit()))?;
    let mut digits = first.to_owned();
    for group in groups {
        if first.len() > 3 || group.len() != 3 || !group.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        digits.push_str(group);
    }
    Some(digits)
}

/// The numbers among words: 张三13812345678, 13812345678(微信同号). Only where every run of digits is a number.
fn among_words(part: &str) -> Vec<Phone> {
    // Numbers of other kinds look like telephones without an area code.
    if ["qq", "邮编", "工号"].iter().any(|word| part.to_ascii_lowercase().contains(word)) {
        return Vec::new();
    }
    let has_words = part.chars().any(char::is_alphabetic);
    let is_number = |c: char| c.is_ascii_digit() || c == '+' || is_mark(c);
    let mut phones = Vec::new();
    for run in part.split(|c| !is_number(c)).filter(|run| run.contains(|c: char| c.is_ascii_digit())) {
        let pieces: Option<Vec<Phone>> = match one(run) {
            Some(phone) => Some(vec![phone]),
            None => run.split_whitespace().map(one).collect(),
        };
        match pieces {
            Some(pieces) if pieces.iter().all(|phone| phone.number.len() > 6) => phones.extend(pieces),
            _ => return Vec::new(),
        }
    }
    phones.into_iter().map(|phone| Phone { has_words, ..phone }).collect()
}

/// What people and programs group digits with.
fn is_mark(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '-' | '‐'
                ..='―'
                    | '−'
                    | '─'
                    | '━'
                    | '﹘'
                    | '﹣'
                    | 'ー'
                    | 'ｰ'
                    | '~'
                    | '〜'
                    | '_'
                    | '.'
                    | '('
                    | ')'
                    | '['
                    | ']'
                    | '【'
                    | '】'
                    | '〔'
                    | '〕'
                    | '<'
                    | '>'
                    | '·'
                    | '•'
                    | '・'
                    | '*'
        )
}

/// The text is one mobile number.
pub(crate) fn is_mobile(text: &str) -> bool {
    matches!(read_phones(text).as_slice(), [Ok(phone)] if phone.kind == PhoneKind::Mobile && !phone.has_words)
}

/// The text is one number of an office.
pub(crate) fn is_land_line(text: &str) -> bool {
    matches!(read_phones(text).as_slice(), [Ok(phone)]
        if matches!(phone.kind, PhoneKind::LandLine | PhoneKind::Service) && phone.number.len() > 7 && !phone.has_words)
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
    let main = main.trim_start_matches(is_mark);
    let abroad = main.starts_with('+');
    let groups = digit_groups(main)?;
    let digits: String = groups.concat();
    if digits.len() > 20 {
        return None;
    }
    let home = from_abroad(&digits);
    if abroad && home.is_none() {
        let known = (7..=15).contains(&digits.len()) && !digits.starts_with("86");
        return known.then(|| Phone::new(format!("+{digits}"), PhoneKind::Abroad));
    }
    let digits = home.unwrap_or(digits);
    let digits = without_carrier(&digits);
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
    let labels = [
        "电话", "手机", "办公", "座机", "固话", "传真", "联系", "号码", "号", "移动", "微信", "方式", "tel", "mobile",
        "phone", "mob", "cell", "callto", "sms",
    ];
    let mut text = text.trim();
    loop {
        let rest = labels.iter().find_map(|label| {
            let start = text.get(..label.len())?;
            start.eq_ignore_ascii_case(label).then(|| &text[label.len()..])
        });
        match rest {
            Some(rest) => text = rest.trim_start_matches([':', '.', ' ', '：', '/']),
            None => return text,
        }
    }
}

/// Cuts off 转801, ext. 801, #801, x801.
fn split_extension(text: &str) -> Option<(&str, Option<&str>)> {
    let lower = text.to_ascii_lowercase();
    for mark in ["转分机", "分机", "转接", "转", "ext.", "ext", "#", "x"] {
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
    let groups: Vec<String> = text.split(is_mark).filter(|g| !g.is_empty()).map(str::to_owned).collect();
    let all_digits = groups.iter().all(|group| group.bytes().all(|b| b.is_ascii_digit()));
    (all_digits && !groups.is_empty()).then_some(groups)
}

/// A number with the country's code before it, as it is dialled at home.
fn from_abroad(digits: &str) -> Option<String> {
    let rest = ["0086", "086", "86"].iter().find_map(|code| digits.strip_prefix(code))?;
    if mobile(rest).is_some() || office(rest, None).is_some_and(|p| p.kind == PhoneKind::LandLine) {
        return Some(rest.to_owned());
    }
    // From abroad an area code is dialled without its zero.
    let with_zero = format!("0{rest}");
    office(&with_zero, None).map(|_| with_zero)
}

/// A mobile without the carrier's number that makes long distance cheaper.
fn without_carrier(digits: &str) -> &str {
    let rest = ["17951", "17911", "12593", "10193"].iter().find_map(|carrier| digits.strip_prefix(carrier));
    rest.filter(|rest| mobile(rest).is_some()).unwrap_or(digits)
}

fn mobile(digits: &str) -> Option<Phone> {
    // A zero before a mobile was once dialled from other provinces.
    let digits = digits.strip_prefix('0').filter(|rest| rest.len() == 11 && rest.starts_with('1')).unwrap_or(digits);
    let fits = digits.len() == 11
        && digits.starts_with('1')
        && digits.as_bytes().get(1).is_some_and(|b| (b'3'..=b'9').contains(b));
    fits.then(|| Phone::new(digits.to_owned(), PhoneKind::Mobile))
}

fn service(digits: &str) -> Option<Phone> {
    let free = digits.len() == 10 && (digits.starts_with("400") || digits.starts_with("800"));
    let short = (5..=6).contains(&digits.len()) && ["95", "96", "100", "12"].iter().any(|s| digits.starts_with(s));
    (free || short).then(|| Phone::new(digits.to_owned(), PhoneKind::Service))
}

/// A land line: area code of three digits in the great cities (010, 02x), else four; then seven or eight.
fn office(digits: &str, extension: Option<&str>) -> Option<Phone> {
    let behind = extension.map(|e| format!("-{e}")).unwrap_or_default();
    if (7..=8).contains(&digits.len()) && digits.starts_with(['2', '3', '4', '5', '6', '7', '8']) {
        return Some(Phone::new(format!("{digits}{behind}"), PhoneKind::WithoutAreaCode));
    }
    let code_len = if digits.starts_with("010") || digits.starts_with("02") { 3 } else { 4 };
    let (code, local) = digits.split_at_checked(code_len)?;
    let fits = code.starts_with('0')
        && !code.starts_with("00")
        && (7..=8).contains(&local.len())
        && !local.starts_with(['0', '1']);
    fits.then(|| Phone::new(format!("{code}-{local}{behind}"), PhoneKind::LandLine))
}
