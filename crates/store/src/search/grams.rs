//! Texts as the index holds them: pairs of characters, and keys found by their beginning.
//!
//! Pure. What is written and what is looked for pass through the same [`normalised`], so nothing else may cut text.

use super::typed;
use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization;

/// Longest key of a run or a spelling: long enough to be rare, short enough to be shared by many records, which is
/// what keeps the index small. What is longer is found by several keys. Shorter beginnings have prefix indexes, so
/// that no query gathers a frequent one whole before it can give the newest.
pub(crate) const KEY_CHARS_MAX: usize = 6;
/// Longest beginning that is a key with the anchor: one less, for the same prefix indexes.
pub(crate) const ANCHORED_CHARS_MAX: usize = 5;
/// A whole value is a key of its own up to this length, so that an exact match can be told.
const WHOLE_CHARS_MAX: usize = 32;

/// A text without what nobody types twice the same way: case, width, spaces, punctuation, marks on letters, and which
/// of two scripts a character is from.
pub(crate) fn normalised(text: &str) -> String {
    if text.is_ascii() {
        return text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    }
    let bare = text.nfkd().filter(|c| !typed::is_mark(*c)).nfc().map(typed::plain);
    bare.flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).collect()
}

/// The pairs of one normalised value in order, its first character with `^` before it, its last with `$` after it.
pub(crate) fn pairs(value: &str, out: &mut String) {
    let mut last = '^';
    for c in value.chars() {
        out.extend([' ', last, c]);
        last = c;
    }
    if last != '^' {
        out.extend([' ', last, '$']);
    }
}

/// Where a value stands in a record: only what a record is called can match as a whole or by its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// A name or a number.
    Called,
    /// Anything else.
    Said,
}

/// The keys of one normalised value: its characters outside ASCII one by one, and every ending of its ASCII runs.
pub(crate) fn keys(value: &str, role: Role, out: &mut BTreeSet<String>) {
    if value.is_empty() {
        return;
    }
    let mut rest = value;
    while let Some(c) = rest.chars().next() {
        if c.is_ascii() {
            let run = rest.split(|c: char| !c.is_ascii()).next().unwrap_or(rest);
            (0..run.len()).for_each(|start| beginning(&run[start..], KEY_CHARS_MAX, out));
            rest = &rest[run.len()..];
        } else {
            out.insert(c.to_string());
            rest = &rest[c.len_utf8()..];
        }
    }
    if role == Role::Called {
        let ascii = value.split(|c: char| !c.is_ascii()).next().unwrap_or(value);
        anchored(if ascii.is_empty() { cut(value, 1) } else { ascii }, out);
        if value.is_ascii() || value.chars().nth(1).is_none() {
            whole(value, out);
        }
    }
}

/// The key that the beginning of `rest` is, and its first letter alone: shorter keys are found by their beginning,
/// in prefix indexes that begin at two letters.
pub(crate) fn beginning(rest: &str, chars_max: usize, out: &mut BTreeSet<String>) {
    out.insert(cut(rest, chars_max).to_owned());
    out.insert(cut(rest, 1).to_owned());
}

/// A key that only the beginning of a value matches.
pub(crate) fn anchored(beginning: &str, out: &mut BTreeSet<String>) {
    out.insert(format!("^{}", cut(beginning, ANCHORED_CHARS_MAX)));
}

/// A key that only the whole value matches.
pub(crate) fn whole(value: &str, out: &mut BTreeSet<String>) {
    if value.chars().count() <= WHOLE_CHARS_MAX {
        out.insert(format!("^{value}$"));
    }
}

/// The first `chars` characters.
pub(crate) fn cut(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).map_or(text, |(at, _)| &text[..at])
}
