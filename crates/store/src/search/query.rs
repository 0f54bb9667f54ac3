//! What was typed, as the index is asked for it.
//!
//! Every string that reaches FTS5's parser is made here, quoted, of letters, digits and the two anchors only.

use super::{
    grams::{ANCHORED_CHARS_MAX, KEY_CHARS_MAX, cut},
    sound::INITIALS_MAX,
    syllable,
    typed::{ways, without_country},
};
use std::collections::BTreeSet;

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
    /// Other ways to write each word.
    others: Vec<Vec<String>>,
    joined: String,
}

impl Query {
    /// Reads what was typed; `None` when it holds no letter and no digit.
    pub(crate) fn read(typed: &str) -> Option<Self> {
        let typed = without_country(cut(typed.trim(), QUERY_CHARS_MAX));
        let (mut words, mut others) = (Vec::new(), Vec::new());
        for mut ways in typed.split_whitespace().map(ways).filter(|ways| !ways.is_empty()) {
            words.push(ways.remove(0));
            others.push(ways);
        }
        (!words.is_empty()).then(|| Self { joined: words.concat(), words, others })
    }

    /// The words as they are compared.
    pub(crate) fn words(&self) -> &[String] {
        &self.words
    }

    /// The words in one, as they are compared with what a record is called.
    pub(crate) fn joined(&self) -> &str {
        &self.joined
    }

    /// What the record is called is just this.
    pub(crate) fn exact(&self) -> Asked {
        let word = &self.joined;
        if is_key(word) { Asked::key(format!("\"^{word}$\"")) } else { Asked::name(phrase(word, true, true)) }
    }

    /// What the record is called begins with this.
    pub(crate) fn beginning(&self) -> Asked {
        let word = &self.joined;
        if is_key(word) { Asked::key(beginning(word)) } else { Asked::name(phrase(word, true, false)) }
    }

    /// Every word stands somewhere in the record's names and numbers, or is how its name sounds.
    pub(crate) fn within(&self) -> Asked {
        self.all(key)
    }

    /// Every word stands somewhere in the record's running text, which has no sound.
    pub(crate) fn noted(&self) -> Asked {
        self.all(|word| covered(word, KEY_CHARS_MAX))
    }

    fn all(&self, key: impl Fn(&str) -> String) -> Asked {
        let (mut pairs, mut keys) = (Vec::new(), Vec::new());
        for (word, others) in self.words.iter().zip(&self.others) {
            if !is_key(word) {
                pairs.push(phrase(word, false, false));
            } else if others.is_empty() {
                keys.push(key(word));
            } else {
                let ways = std::iter::once(word).chain(others).map(|way| format!("({})", key(way)));
                keys.push(format!("({})", ways.collect::<Vec<_>>().join(" OR ")));
            }
        }
        let and = |parts: Vec<String>| (!parts.is_empty()).then(|| parts.join(" AND "));
        Asked { pairs: and(pairs), keys: and(keys) }
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

/// A name or number begins with `word`, as far as an anchored key reaches, and holds all of it.
fn beginning(word: &str) -> String {
    let first = cut(word, ANCHORED_CHARS_MAX);
    if !word.is_ascii() || first.len() == ANCHORED_CHARS_MAX {
        format!("\"^{first}\" AND {}", key(word))
    } else {
        format!("\"^{word}\" *")
    }
}

/// Most digits in what can be a spelled name (第49标段); with more it is a number, and must match in every place.
const SPELLED_DIGITS_MAX: usize = 3;

/// `word` stands somewhere, or is how a name sounds from some character on.
fn key(word: &str) -> String {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    if !word.is_ascii() || word.len() < KEY_CHARS_MAX || digits == word.len() || digits > SPELLED_DIGITS_MAX {
        return covered(word, KEY_CHARS_MAX);
    }
    let stands = covered(word, KEY_CHARS_MAX);
    let sounds = syllable::certain_starts(word).map(|starts| pinyin(word, &starts));
    let initials = may_be_initials(word).then(|| covered(word, INITIALS_MAX));
    let ways: BTreeSet<String> = std::iter::once(stands).chain(sounds).chain(initials).collect();
    let ways: Vec<String> = ways.into_iter().map(|way| format!("({way})")).collect();
    format!("({})", ways.join(" OR "))
}

/// No Chinese syllable begins with these, so initials have them only for Latin letters in a name, of which one is enough
/// to think of (U型槽).
fn may_be_initials(word: &str) -> bool {
    word.bytes().filter(|letter| matches!(letter, b'i' | b'u' | b'v')).count() <= 1
}

/// A key or its beginning.
fn started(word: &str, key: usize) -> String {
    if word.chars().nth(1).is_none() || word.len() == key { format!("\"{word}\"") } else { format!("\"{word}\" *") }
}

/// A single character, a run of letters and digits, or initials: each position has a key, so keys side by side
/// cover the word.
fn covered(word: &str, key: usize) -> String {
    let Some(last) = word.len().checked_sub(key).filter(|_| word.is_ascii()) else { return started(word, key) };
    let keys: Vec<String> =
        (0..last).step_by(key).chain([last]).map(|at| format!("\"{}\"", &word[at..at + key])).collect();
    keys.join(" AND ")
}

/// Letters of the last syllable that say enough of it: `xin` of `xing`. Its own beginning is a key of half the records.
const LAST_LETTERS: usize = 3;

/// Pinyin: only syllables have keys, so those are asked for that begin where a syllable is sure to, up to the first that
/// reaches the end, or far enough into the last syllable.
fn pinyin(word: &str, starts: &[usize]) -> String {
    let enough = word.len().min(starts.last().copied().unwrap_or(0) + LAST_LETTERS);
    let last = starts.iter().position(|start| start + KEY_CHARS_MAX >= enough);
    let starts = last.and_then(|last| starts.get(..=last)).unwrap_or(starts);
    let key = |start: &usize| started(cut(&word[*start..], KEY_CHARS_MAX), KEY_CHARS_MAX);
    starts.iter().map(key).collect::<Vec<_>>().join(" AND ")
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
