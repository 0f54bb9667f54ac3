//! How a name is typed with Latin letters: its pinyin and its initials.
//!
//! Pure. Every reading of a character counts, since nobody at the keyboard knows which one the table lists first
//! (重庆: chongqing, zhongqing); how many combinations of readings are kept is bounded.

use super::grams::{KEY_CHARS_MAX, anchored, beginning, cut, whole};
use pinyin::ToPinyinMulti;
use std::collections::BTreeSet;

/// Longest key of initials: each letter stands for a character, so they are rare sooner than pinyin.
pub(crate) const INITIALS_MAX: usize = 5;
/// Combinations kept for a whole name.
const COMBINATIONS_MAX: usize = 8;
/// Combinations kept for the rest of a name from some character on.
const REST_COMBINATIONS_MAX: usize = 4;
/// Longest pinyin that is a key as a whole; nobody types more to name one customer.
const WHOLE_PINYIN_MAX: usize = 16;
/// Initials within which people leave characters out when they shorten a name.
const SHORTENED_WITHIN: usize = 6;

/// Words that nearly every firm's name has; their rare readings would only fill the index.
const ONE_READING: [&str; 8] = ["股份", "有限", "责任", "公司", "集团", "工程", "项目部", "建设"];

/// The keys of one normalised name: from each of its characters on, its pinyin and its initials; anchored and whole
/// for the name itself; and its initials with one or two neighbouring characters left out, as people shorten names
/// (四川路桥: `slq`).
pub(crate) fn keys(name: &str, out: &mut BTreeSet<String>) {
    let syllables = syllables(name);
    for start in 0..syllables.len() {
        let end = syllables.len().min(start + KEY_CHARS_MAX);
        for reading in readings(syllables.get(start..end).unwrap_or_default(), REST_COMBINATIONS_MAX) {
            let (full, initials) = spelled(&reading);
            beginning(&full, KEY_CHARS_MAX, out);
            beginning(&initials, INITIALS_MAX, out);
        }
    }
    for (full, initials) in readings(&syllables, COMBINATIONS_MAX).iter().map(|reading| spelled(reading)) {
        anchored(&full, out);
        anchored(&initials, out);
        whole(&initials, out);
        if full.len() <= WHOLE_PINYIN_MAX {
            whole(&full, out);
        }
    }
    let usual: Vec<&str> = syllables.iter().filter_map(|s| s.first().map(String::as_str)).collect();
    shortened(&spelled(&usual).1, out);
}

/// Pinyin and initials of a whole normalised name, in each way to read it.
pub(crate) fn spellings(name: &str) -> Vec<String> {
    let syllables = syllables(name);
    let spelled = readings(&syllables, COMBINATIONS_MAX).into_iter().map(|reading| spelled(&reading));
    spelled.flat_map(|(full, initials)| [full, initials]).collect()
}

/// What each character may sound like, the likeliest first. Latin letters and digits are typed as they are; a
/// character nobody knows the sound of is passed over.
fn syllables(name: &str) -> Vec<Vec<String>> {
    let mut fixed = vec![false; name.len()];
    for word in ONE_READING {
        for (at, _) in name.match_indices(word) {
            fixed.iter_mut().skip(at).take(word.len()).for_each(|f| *f = true);
        }
    }
    let sounds = |(at, c): (usize, char)| {
        if c.is_ascii() {
            return Some(vec![c.to_string()]);
        }
        let mut all: Vec<String> = Vec::new();
        for typed in c.to_pinyin_multi()?.into_iter().map(pinyin::Pinyin::plain).flat_map(typed) {
            if !all.contains(&typed) {
                all.push(typed);
            }
        }
        if fixed.get(at) == Some(&true) {
            all.truncate(1);
        }
        Some(all)
    };
    name.char_indices().filter_map(sounds).collect()
}

/// How a syllable is typed: ü as v, and by many as u.
pub(crate) fn typed(plain: &str) -> Vec<String> {
    if plain.contains('ü') { ["v", "u"].map(|u| plain.replace('ü', u)).to_vec() } else { vec![plain.to_owned()] }
}

/// Up to `kept` ways to read the syllables, those with the fewest unlikely sounds first.
fn readings(syllables: &[Vec<String>], kept: usize) -> Vec<Vec<&str>> {
    let usual: Vec<&str> = syllables.iter().filter_map(|s| s.first().map(String::as_str)).collect();
    let mut all = vec![usual];
    let mut done = 0;
    while done < all.len() && all.len() < kept {
        let base = all.get(done).cloned().unwrap_or_default();
        for (at, sounds) in syllables.iter().enumerate().take(KEY_CHARS_MAX) {
            for sound in sounds.iter().skip(1) {
                let mut other = base.clone();
                if let Some(place) = other.get_mut(at) {
                    *place = sound;
                }
                if all.len() < kept && !all.contains(&other) {
                    all.push(other);
                }
            }
        }
        done += 1;
    }
    all
}

fn spelled(reading: &[&str]) -> (String, String) {
    (reading.concat(), reading.iter().filter_map(|s| s.chars().next()).collect())
}

/// Initials as a shortened name has them: three or four letters, the first one always.
fn shortened(initials: &str, out: &mut BTreeSet<String>) {
    let head = cut(initials, SHORTENED_WITHIN);
    for from in 1..head.len() {
        for to in [from + 1, from + 2].into_iter().filter(|to| *to < head.len()) {
            let short = [&head[..from], &head[to..]].concat();
            if short.len() >= 3 {
                out.insert(cut(&short, 4).to_owned());
            }
        }
    }
}
