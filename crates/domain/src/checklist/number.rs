//! Numbers as people type them: read as the one number that can be meant, or refused. Never guessed at.

use crate::{Code, Refusal};
use serde_json::Value;

/// Most digits of a number: what a double carries without turning it into another one.
const DIGITS_MAX: usize = 15;
/// Most digits after the point; below, interfaces show an exponent.
const DECIMALS_MAX: usize = 6;
/// Counting words that people set behind a number where an item names no unit.
const COUNTERS: [&str; 12] = ["个", "台", "套", "次", "份", "项", "条", "人", "张", "块", "处", "件"];

/// Reads what was typed into an item that counts in `unit`: `null` when nothing was.
///
/// Half and full width are one. Thousands may be set apart by a comma, a space or an apostrophe, always the same and
/// always three digits; the point is a point. 万 and 亿 count, and the item's own unit may follow.
///
/// # Errors
/// [`Code::NotANumber`] where another number might be meant (`1,23`, `1.234,5`), where none is, and where it has more than
/// 15 digits or 6 after the point.
pub fn read_number(typed: &str, unit: &str) -> Result<Value, Refusal> {
    let text: String = typed.chars().map(half_width).collect();
    let text = text.trim();
    if text.is_empty() {
        return Ok(Value::Null);
    }
    plain(text, unit).ok_or_else(|| Refusal::new(Code::NotANumber, "not one number and no other"))
}

fn plain(text: &str, unit: &str) -> Option<Value> {
    let (is_negative, text) = match text.strip_prefix(['-', '负']) {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = text.find(|c: char| !c.is_ascii_digit() && !" ,'.".contains(c)).unwrap_or(text.len());
    let (number, behind) = text.split_at_checked(end)?;
    let zeros = zeros_behind(behind.trim(), unit)?;
    let (whole, decimals) = match number.trim_end().split_once('.') {
        Some((whole, decimals)) if !decimals.is_empty() && is_digits(decimals) => (whole, decimals),
        Some(_) => return None,
        None => (number.trim_end(), ""),
    };
    // `.5` is a half; otherwise something stands before the point.
    let whole = if whole.is_empty() && !decimals.is_empty() { "0".to_owned() } else { without_separators(whole)? };
    value(is_negative, &whole, decimals, zeros)
}

/// The digits of a whole number whose thousands may be set apart.
fn without_separators(text: &str) -> Option<String> {
    let Some(separator) = text.chars().find(|c| !c.is_ascii_digit()) else {
        return is_digits(text).then(|| text.to_owned());
    };
    let mut groups = text.split(separator);
    let first = groups.next()?;
    // `0,123` is what some write for a part of one.
    let fits = is_digits(first) && first.len() <= 3 && !first.starts_with('0');
    (fits && groups.all(|group| group.len() == 3 && is_digits(group))).then(|| text.replace(separator, ""))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// How many zeros what stands behind a number adds to it; `None` when it says something else.
fn zeros_behind(behind: &str, unit: &str) -> Option<usize> {
    let unit: String = unit.trim().chars().map(half_width).collect();
    if behind.is_empty() || is_unit(behind, &unit) {
        return Some(0);
    }
    // Where the item counts in 万元, a bare 万 may be its unit or more of it.
    let (zeros, rest) = match behind.strip_prefix('万') {
        Some(rest) => (4, rest),
        None => (8, behind.strip_prefix('亿')?),
    };
    let rest = rest.trim_start();
    (!unit.starts_with(['万', '亿']) && (rest.is_empty() || is_unit(rest, &unit))).then_some(zeros)
}

/// Whether `word` is the item's unit. Sizes in bytes are written in any case, and shortly; of others `m` and `M` differ.
fn is_unit(word: &str, unit: &str) -> bool {
    if unit.is_empty() {
        return COUNTERS.contains(&word);
    }
    let bytes = ["KB", "MB", "GB", "TB", "PB"].into_iter().find(|size| size.eq_ignore_ascii_case(unit));
    let is_size = bytes.is_some_and(|size| size.eq_ignore_ascii_case(word) || size[..1].eq_ignore_ascii_case(word));
    word == unit || is_size
}

fn value(is_negative: bool, whole: &str, decimals: &str, zeros: usize) -> Option<Value> {
    let moved = decimals.len().min(zeros);
    let (raised, decimals) = decimals.split_at_checked(moved)?;
    let whole = format!("{whole}{raised}{}", "0".repeat(zeros - moved));
    let (whole, decimals) = (whole.trim_start_matches('0'), decimals.trim_end_matches('0'));
    if whole.len() + decimals.len() > DIGITS_MAX || decimals.len() > DECIMALS_MAX {
        return None;
    }
    let sign = if is_negative { "-" } else { "" };
    if decimals.is_empty() {
        let whole = if whole.is_empty() { "0" } else { whole };
        return format!("{sign}{whole}").parse::<i64>().ok().map(Value::from);
    }
    format!("{sign}{whole}.{decimals}").parse::<f64>().ok().map(Value::from)
}

/// A sign of any width as the one it stands for: digits, points, commas, minus signs, spaces, apostrophes.
fn half_width(c: char) -> char {
    match c {
        '−' | '－' | '–' | '—' | '﹣' | '‐' | '‑' | '⁻' => '-',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '。' | '｡' => '.',
        '’' => '\'',
        '﹐' => ',',
        '﹪' => '%',
        c if c.is_whitespace() => ' ',
        c => c,
    }
}
