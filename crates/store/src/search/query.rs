//! What was typed, as the index is asked for it.
//!
//! Every string that reaches FTS5's parser is made here, quoted, of letters, digits and the two anchors only.

use super::{
    grams::{ANCHORED_CHARS_MAX, KEY_CHARS_MAX, cut, normalised},
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
    if !word.is_ascii() || word.len() < KEY_CHARS_MAX || digits == word.len() {
        return covered(word, KEY_CHARS_MAX);
    }
    let whole = if digits > SPELLED_DIGITS_MAX { covered(word, KEY_CHARS_MAX) } else { pinyin(word) };
    format!("(({whole}) OR ({}))", covered(word, INITIALS_MAX))
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

/// Pinyin: only syllables have keys, and where they begin in what was typed is not known. So the first letters are
/// one key, and in every stretch as long as a syllable some place is where the next key begins. The last letters of
/// a long spelling count little that way; who mistypes them is still helped.
fn pinyin(word: &str) -> String {
    let place = |at: usize| started(cut(&word[at..], KEY_CHARS_MAX), KEY_CHARS_MAX);
    let mut all = vec![place(0)];
    for stretch in (1..).step_by(SYLLABLE_MAX).take_while(|start| start + SYLLABLE_MAX <= word.len()) {
        let places: Vec<String> = (stretch..stretch + SYLLABLE_MAX).map(place).collect();
        all.push(format!("({})", places.join(" OR ")));
    }
    all.join(" AND ")
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
