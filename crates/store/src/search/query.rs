//! What was typed, as the index is asked for it.
//!
//! Every string that reaches FTS5's parser is made here, quoted, of letters, digits and the two anchors only.

use super::{
    grams::{KEY_CHARS_MAX, cut, normalised},
    sound::INITIALS_MAX,
};

/// Longest query, in characters; what is typed beyond does not count.
pub const QUERY_CHARS_MAX: usize = 100;

/// Which of a pair of tables is asked, and for what.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// For the table of pairs.
    pub(crate) pairs: Option<String>,
    /// For the table of keys.
    pub(crate) keys: Option<String>,
}

/// A query that can find something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Query {
    words: Vec<String>,
    joined: String,
}

impl Query {
    /// Reads what was typed; `None` when it holds no letter and no digit.
    pub(crate) fn read(typed: &str) -> Option<Self> {
        let words: Vec<String> = cut(typed.trim(), QUERY_CHARS_MAX)
            .split_whitespace()
            .map(normalised)
            .filter(|word| !word.is_empty())
            .collect();
        (!words.is_empty()).then(|| Self { joined: words.concat(), words })
    }

    /// The words as they are compared.
    pub(crate) fn words(&self) -> &[String] {
        &self.words
    }

    /// What the record is called is just this.
    pub(crate) fn exact(&self) -> Asked {
        let word = &self.joined;
        if is_key(word) { Asked::key(format!("\"^{word}$\"")) } else { Asked::name(phrase(word, true, true)) }
    }

    /// What the record is called begins with this.
    pub(crate) fn beginning(&self) -> Asked {
        let word = &self.joined;
        if is_key(word) { Asked::key(beginning("^", word)) } else { Asked::name(phrase(word, true, false)) }
    }

    /// Every word stands somewhere in the record's names and numbers, or is how its name sounds.
    pub(crate) fn within(&self) -> Asked {
        self.all(|word| beginning("", word))
    }

    /// Every word stands somewhere in the record's running text, which has no sound.
    pub(crate) fn noted(&self) -> Asked {
        self.all(|word| if word.is_ascii() { covered("", word, KEY_CHARS_MAX) } else { beginning("", word) })
    }

    fn all(&self, key: impl Fn(&str) -> String) -> Asked {
        let (keys, pairs): (Vec<&String>, Vec<&String>) = self.words.iter().partition(|word| is_key(word));
        let and = |parts: Vec<String>| (!parts.is_empty()).then(|| parts.join(" AND "));
        Asked {
            pairs: and(pairs.into_iter().map(|word| phrase(word, false, false)).collect()),
            keys: and(keys.into_iter().map(|word| key(word)).collect()),
        }
    }
}

impl Asked {
    fn key(expression: String) -> Self {
        Self { keys: Some(expression), pairs: None }
    }

    fn name(phrase: String) -> Self {
        Self { pairs: Some(format!("name : {phrase}")), keys: None }
    }
}

/// Single characters and plain ASCII are keys; the rest has at least one pair.
fn is_key(word: &str) -> bool {
    word.is_ascii() || word.chars().nth(1).is_none()
}

/// Longest syllable of pinyin: among as many letters in a row, one begins a syllable.
const SYLLABLE_MAX: usize = 6;

/// Keys that begin with `word`, or together cover it when it is longer than a key.
fn beginning(anchor: &str, word: &str) -> String {
    if !word.is_ascii() {
        return format!("\"{anchor}{word}\"");
    }
    if word.bytes().any(|b| b.is_ascii_digit()) {
        return covered(anchor, word, KEY_CHARS_MAX);
    }
    if word.len() <= INITIALS_MAX {
        return covered(anchor, word, INITIALS_MAX);
    }
    format!("(({}) OR ({}))", pinyin(anchor, word), covered(anchor, word, INITIALS_MAX))
}

/// A run of letters or digits, or initials: each position has a key, so keys side by side cover the word.
fn covered(anchor: &str, word: &str, key: usize) -> String {
    if word.len() == 1 && anchor.is_empty() {
        return format!("\"{word}\"");
    }
    if word.len() <= key {
        return format!("\"{anchor}{word}\" *");
    }
    let starts = (key..word.len() - key).step_by(key).chain([word.len() - key]);
    let keys = starts.map(|at| format!(" AND \"{}\"", &word[at..at + key]));
    format!("\"{anchor}{}\"{}", &word[..key], keys.collect::<String>())
}

/// Pinyin: only syllables have keys, and where they begin in what was typed is not known. So the first letters are
/// one key, and one of the next places where a syllable can begin has another.
fn pinyin(anchor: &str, word: &str) -> String {
    if word.len() <= KEY_CHARS_MAX {
        return format!("\"{anchor}{word}\" *");
    }
    let place = |at: usize| match word.get(at..at + KEY_CHARS_MAX) {
        Some(key) => format!("\"{key}\""),
        None => format!("\"{}\" *", &word[at..]),
    };
    let last = KEY_CHARS_MAX.min(word.len() - 1);
    let places: Vec<String> = (last + 1 - SYLLABLE_MAX..=last).map(place).collect();
    format!("\"{anchor}{}\" AND ({})", &word[..KEY_CHARS_MAX], places.join(" OR "))
}

fn phrase(word: &str, from_start: bool, to_end: bool) -> String {
    let mut text = String::new();
    super::grams::pairs(word, &mut text);
    let mut pairs: Vec<&str> = text.split_whitespace().collect();
    if !to_end {
        pairs.pop();
    }
    format!("\"{}\"", pairs.get(usize::from(!from_start)..).unwrap_or_default().join(" "))
}
