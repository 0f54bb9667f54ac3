//! Bounds of what people write: which characters a text may have, between which years a date lies, and how far from the
//! present. Held where something is changed, on the laptop and again at HQ; what was stored before stays readable.

use crate::{Code, Doc, Kind, Refusal, noun::describe};
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use serde_json::Value;

/// Dates and times lie between the beginning of the first of these years and the end of the second.
pub const YEARS: (i32, i32) = (1990, 2100);

/// How far in the future what has happened may lie: clocks and zones differ, and people note a step before they take it.
pub const HAPPENED_AHEAD_MAX: TimeDelta = TimeDelta::days(1);

/// How far in the future an appointment may lie.
pub const AGREED_AHEAD_MAX: TimeDelta = TimeDelta::days(731);

/// Texts that may have several lines, by the names of their fields wherever they stand.
const IN_LINES: &[&str] = &[
    "action",
    "address",
    "amendment_reason",
    "answer",
    "cancelled_reason",
    "caption",
    "cause",
    "demonstrated",
    "entered_afterwards",
    "explanation",
    "guidance",
    "handed_over",
    "help",
    "internal_notes",
    "machine_notes",
    "no_appointment_reason",
    "note",
    "notes",
    "privacy_notice",
    "question",
    "reason",
    "remark",
    "reservations",
    "symptom",
    "text",
    "value",
    "zh",
    "en",
];

/// Checks the new value of a field of a record of kind `kind`: every text and every date in it, however deep. What
/// machines write (a sealed document, a conflict's sides) and kinds of a newer version are not for this version to judge.
///
/// # Errors
/// [`Code::BadText`] or [`Code::OutOfRange`] with the field.
pub fn check(kind: &Kind, field: &str, value: &Value) -> Result<(), Refusal> {
    if describe(kind).is_peoples(field) { within(field, value).map_err(|refusal| refusal.on(field)) } else { Ok(()) }
}

fn within(name: &str, value: &Value) -> Result<(), Refusal> {
    match value {
        Value::String(text) if is_moment(name) && year(text).is_some() => {
            check_year(year(text).unwrap_or_default(), name)
        }
        Value::String(text) => check_text(text, name, IN_LINES.contains(&name)),
        Value::Array(items) => items.iter().try_for_each(|item| within(name, item)),
        Value::Object(fields) => fields.iter().try_for_each(|(name, value)| within(name, value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

/// Whether a field of this name, wherever it stands, holds a date or a time.
fn is_moment(name: &str) -> bool {
    ["_at", "_on", "_until"].iter().any(|end| name.ends_with(end))
        || matches!(name, "at" | "due" | "from" | "to" | "on")
}

fn year(text: &str) -> Option<i32> {
    let date = text.parse::<NaiveDate>().map(|date| date.year());
    date.or_else(|_| text.parse::<DateTime<Utc>>().map(|moment| moment.year())).ok()
}

fn check_year(year: i32, field: &str) -> Result<(), Refusal> {
    if (YEARS.0..=YEARS.1).contains(&year) {
        return Ok(());
    }
    Err(Refusal::new(Code::OutOfRange, format!("not between {} and {}", YEARS.0, YEARS.1)).on(field))
}

/// Checks a date.
///
/// # Errors
/// [`Code::OutOfRange`].
pub fn check_date(date: NaiveDate, field: &str) -> Result<(), Refusal> {
    check_year(date.year(), field)
}

/// Checks the moment at which something happened, as somebody says at `now`.
///
/// # Errors
/// [`Code::OutOfRange`], or [`Code::NotYet`] when it lies in the future.
pub fn check_happened(at: DateTime<Utc>, now: DateTime<Utc>, field: &str) -> Result<(), Refusal> {
    check_year(at.year(), field)?;
    if at.signed_duration_since(now) > HAPPENED_AHEAD_MAX {
        return Err(Refusal::new(Code::NotYet, "it has not happened yet").on(field));
    }
    Ok(())
}

/// Checks the moment for which something is agreed.
///
/// # Errors
/// [`Code::OutOfRange`], also when it lies too far in the future.
pub fn check_agreed(at: DateTime<Utc>, now: DateTime<Utc>, field: &str) -> Result<(), Refusal> {
    check_year(at.year(), field)?;
    if at.signed_duration_since(now) > AGREED_AHEAD_MAX {
        return Err(Refusal::new(Code::OutOfRange, "more than two years ahead").on(field));
    }
    Ok(())
}

/// Checks the characters of a text: none that control a terminal or a printer, that turn the direction of what stands
/// around them, or that Unicode says are no characters. Lines and tabs only where a text has lines.
///
/// # Errors
/// [`Code::BadText`].
pub fn check_text(text: &str, field: &str, in_lines: bool) -> Result<(), Refusal> {
    let bad = text.chars().find(|c| match c {
        '\n' | '\r' | '\t' => !in_lines,
        c => c.is_control() || is_no_text(*c),
    });
    match bad {
        Some(c) => Err(Refusal::new(Code::BadText, format!("U+{:04X}", u32::from(c))).on(field)),
        None => Ok(()),
    }
}

fn is_no_text(c: char) -> bool {
    let code = u32::from(c);
    is_wrapping(c)
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202d}' | '\u{202e}' | '\u{fff9}'..='\u{fffb}' | '\u{fdd0}'..='\u{fdef}')
        || code & 0xfffe == 0xfffe
}

/// What programs wrap around a text that is copied: marks of direction and of byte order, which nobody sees.
fn is_wrapping(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202c}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Takes off what other programs wrapped around what a person pasted, in every text of `fields`: they see none of it, and
/// mean none of it.
pub fn unwrap(fields: &mut Doc) {
    fn clean(value: &mut Value) {
        match value {
            Value::String(text) if text.contains(is_wrapping) => text.retain(|c| !is_wrapping(c)),
            Value::Array(items) => items.iter_mut().for_each(clean),
            Value::Object(fields) => fields.values_mut().for_each(clean),
            _ => {}
        }
    }
    fields.values_mut().for_each(clean);
}

/// Makes values of a list that a program wrote fit: what no text may have becomes a blank, and a date that can be none is
/// left out, so that one cell does not keep the whole list away.
pub fn fit(kind: &Kind, fields: &mut Doc) {
    unwrap(fields);
    for (field, value) in fields.iter_mut() {
        if let Value::String(text) = value
            && check_text(text, field, IN_LINES.contains(&field.as_str())).is_err()
        {
            let in_lines = IN_LINES.contains(&field.as_str());
            let fits = |c: char| check_text(c.encode_utf8(&mut [0; 4]), field, in_lines).is_ok();
            *text = text.chars().map(|c| if fits(c) { c } else { ' ' }).collect::<String>().trim().to_owned();
        }
    }
    fields.retain(|field, value| check(kind, field, value).is_ok());
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn checked(kind: &Kind, field: &str, value: Value) -> Option<Code> {
        check(kind, field, &value).err().map(|refusal| {
            assert_eq!(refusal.field.as_deref(), Some(field));
            refusal.code
        })
    }

    #[test]
    fn a_text_has_no_control_characters_and_lines_only_where_it_may_have_several() {
        for bad in
            ["\0", "a\u{1b}[2J", "\u{7f}", "\u{9b}", "\u{202e}gpj.exe", "\u{2028}", "\u{fffe}", "\u{1ffff}", "\u{fdd0}"]
        {
            assert_eq!(checked(&Kind::CUSTOMER, "name", json!(bad)), Some(Code::BadText), "{bad:?}");
            assert_eq!(checked(&Kind::PROBLEM, "symptom", json!(bad)), Some(Code::BadText), "{bad:?}");
        }
        assert_eq!(checked(&Kind::PROBLEM, "symptom", json!("一\r\n\t二")), None);
        assert_eq!(checked(&Kind::CUSTOMER, "name", json!("一\n二")), Some(Code::BadText));
        assert_eq!(checked(&Kind::VISIT, "companions", json!([{ "name": "\0", "sales": true }])), Some(Code::BadText));
        for good in ["邓𠮷祥", "ئۇيغۇر", "བོད", "👨\u{200d}👩", "e\u{301}", "ق\u{200c}ا"] {
            assert_eq!(checked(&Kind::CUSTOMER, "name", json!(good)), None, "{good:?}");
        }
    }

    #[test]
    fn dates_and_times_lie_between_1990_and_2100_wherever_they_stand() {
        for (date, expected) in [
            ("1989-12-31", Some(Code::OutOfRange)),
            ("1990-01-01", None),
            ("2100-12-31", None),
            ("2101-01-01", Some(Code::OutOfRange)),
            ("+262142-12-31", Some(Code::OutOfRange)),
            ("-0001-01-01", Some(Code::OutOfRange)),
        ] {
            assert_eq!(checked(&Kind::OPEN_POINT, "due", json!(date)), expected, "{date}");
            assert_eq!(checked(&Kind::CONTACT, "posts", json!([{ "from": date }])), expected, "{date}");
            let progress = json!({ "departed_at": format!("{date}T00:00:00Z") });
            assert_eq!(checked(&Kind::VISIT, "progress", progress), expected, "{date}");
        }
        assert_eq!(checked(&Kind::CUSTOMER, "name", json!("2999-01-01")), None, "a name is no date");
    }

    #[test]
    fn what_has_happened_lies_no_further_ahead_than_clocks_differ() {
        let now: DateTime<Utc> = "2026-11-23T09:00:00Z".parse().unwrap();
        let code = |at: DateTime<Utc>| check_happened(at, now, "at").err().map(|refusal| refusal.code);
        assert_eq!(code(now + HAPPENED_AHEAD_MAX), None);
        assert_eq!(code(now + HAPPENED_AHEAD_MAX + TimeDelta::seconds(1)), Some(Code::NotYet));
        assert_eq!(code(DateTime::<Utc>::MAX_UTC), Some(Code::OutOfRange));
        assert_eq!(code(DateTime::<Utc>::MIN_UTC), Some(Code::OutOfRange));
        assert_eq!(check_agreed(now + AGREED_AHEAD_MAX, now, "at"), Ok(()));
        assert!(check_agreed(now + AGREED_AHEAD_MAX + TimeDelta::days(1), now, "at").is_err());
    }

    #[test]
    fn a_list_with_a_strange_cell_is_made_to_fit() {
        let mut fields = Doc::from_iter([
            ("name".to_owned(), json!("四川\u{b}甲\u{0}")),
            ("file_valid_until".to_owned(), json!("1899-12-31")),
            ("notes".to_owned(), json!("一\n二")),
        ]);
        fit(&Kind::CUSTOMER, &mut fields);
        assert_eq!(
            fields,
            Doc::from_iter([("name".to_owned(), json!("四川 甲")), ("notes".to_owned(), json!("一\n二"))])
        );
    }

    #[test]
    fn what_was_wrapped_around_a_pasted_number_goes() {
        let mut fields = Doc::from_iter([("mobile".to_owned(), json!("\u{202a}138 0013 8000\u{202c}"))]);
        unwrap(&mut fields);
        assert_eq!(fields["mobile"], "138 0013 8000");
    }
}
