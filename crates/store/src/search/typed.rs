//! The ways in which people type the same: letters with marks on them, tones, other characters for the same word, and
//! what they put around a telephone number.
//!
//! Pure. What both sides pass through, records and queries, is [`plain`]; what only a query needs is told by [`ways`].

use super::{grams::normalised, syllable};
use std::sync::LazyLock;

/// Traditional characters in order, each with its simplified one. Those that simplified texts use too are not among
/// them, so that no name is found by another's sound.
static SIMPLIFIED: LazyLock<Vec<(char, char)>> = LazyLock::new(|| {
    let lines = include_str!("traditional.txt").lines().filter(|line| !line.starts_with('#'));
    let characters: Vec<char> = lines.flat_map(str::chars).collect();
    let (pairs, _) = characters.as_chunks::<2>();
    let mut pairs: Vec<(char, char)> = pairs.iter().map(|[from, to]| (*from, *to)).collect();
    pairs.sort_unstable();
    pairs
});

/// The character that stands for all that are typed for it: simplified for traditional, and one zero of three.
pub(crate) fn plain(character: char) -> char {
    match character {
        '〇' | '○' | '◯' => '零',
        '\u{3400}'..='\u{9FFF}' => SIMPLIFIED
            .binary_search_by_key(&character, |(from, _)| *from)
            .ok()
            .and_then(|at| SIMPLIFIED.get(at))
            .map_or(character, |(_, to)| *to),
        _ => character,
    }
}

/// Whether a character is a mark on the letter before it. Tones and umlauts do not tell two names apart.
pub(crate) fn is_mark(character: char) -> bool {
    ('\u{300}'..='\u{36F}').contains(&character)
}

/// A typed word in the ways in which a record may have it, the likeliest first; none when it holds nothing to find.
///
/// ü is v after l and n, where the sounds differ, and so is the yu of passports (lyu); a digit behind each syllable is
/// its tone.
pub(crate) fn ways(typed: &str) -> Vec<String> {
    let plain = normalised(typed);
    let mut ways = Vec::new();
    if plain.is_empty() {
        return ways;
    }
    if plain.is_ascii() {
        ways.extend(with_v(typed));
        ways.push(plain.clone());
        if plain.contains("lyu") || plain.contains("nyu") {
            ways.push(plain.replace("lyu", "lv").replace("nyu", "nv"));
        }
        for at in 0..ways.len() {
            ways.extend(ways.get(at).and_then(|word| without_tones(word)));
        }
    } else {
        ways.push(plain);
    }
    let mut seen = std::collections::HashSet::new();
    ways.retain(|way| seen.insert(way.clone()));
    ways
}

/// The word with ü as v behind l and n; `None` when it has none there.
fn with_v(typed: &str) -> Option<String> {
    use unicode_normalization::UnicodeNormalization;
    let mut word = String::new();
    let mut last = ' ';
    let mut found = false;
    for mark_or_letter in typed.nfkd().flat_map(char::to_lowercase) {
        if mark_or_letter == '\u{308}' && word.ends_with('u') && matches!(last, 'l' | 'n') {
            word.pop();
            word.push('v');
            found = true;
        }
        if !is_mark(mark_or_letter) {
            last = word.chars().next_back().unwrap_or(' ');
            word.push(mark_or_letter);
        }
    }
    found.then(|| normalised(&word))
}

/// The word without the tone behind each of its syllables; `None` when it has none, or digits that are no tones.
fn without_tones(word: &str) -> Option<String> {
    let is_tone = |byte: u8| (b'0'..=b'5').contains(&byte);
    let pieces: Vec<&str> = word.split_inclusive(|c: char| c.is_ascii_digit()).collect();
    let syllable = |piece: &&str| piece.strip_suffix(|c: char| c.is_ascii_digit()).unwrap_or(piece).to_owned();
    let toned = pieces.iter().filter(|piece| piece.bytes().next_back().is_some_and(is_tone)).count();
    // The last one may still be without.
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let is_toned = toned > 0 && toned == digits && toned + 1 >= pieces.len();
    let syllables: Vec<String> = pieces.iter().map(syllable).collect();
    let (last, whole) = syllables.split_last()?;
    let all = whole.iter().all(|piece| syllable::is_whole(piece)) && syllable::is_begun(last);
    (is_toned && all).then(|| syllables.concat())
}

/// What was typed without a country's number before a telephone number: records have it with or without.
pub(crate) fn without_country(typed: &str) -> &str {
    let is_number = typed.chars().all(|c| c.is_numeric() || c.is_whitespace() || "+-()（）－＋./—–·".contains(c));
    if !is_number {
        return typed;
    }
    let trimmed = typed.trim_start_matches(|c: char| c.is_whitespace() || "(（".contains(c));
    let unsigned = trimmed.trim_start_matches(['+', '＋']);
    let is_signed = unsigned.len() < trimmed.len();
    let zeros = unsigned.strip_prefix("00").or_else(|| unsigned.strip_prefix("００"));
    let rest = zeros.unwrap_or(unsigned);
    let Some(number) = rest.strip_prefix("86").or_else(|| rest.strip_prefix("８６")) else { return typed };
    let digits = number.chars().filter(|c| c.is_numeric()).count();
    let mobile = digits == 11 && number.chars().find(|c| c.is_numeric()).is_some_and(|c| matches!(c, '1' | '１'));
    let is_country = digits >= 7 && (is_signed || zeros.is_some() || mobile);
    if is_country { number.trim_start_matches(|c: char| !c.is_numeric() && !"(（".contains(c)) } else { typed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pinyin_is_read_with_its_marks_and_tones_and_as_in_passports() {
        for (typed, expected) in [
            ("lüliang", &["lvliang", "luliang"][..]),
            ("LÜLIANG", &["lvliang", "luliang"]),
            ("lu\u{308}liang", &["lvliang", "luliang"]),
            ("nǚwa", &["nvwa", "nuwa"]),
            ("lyuliang", &["lyuliang", "lvliang"]),
            ("sìchuān", &["sichuan"]),
            ("si4chuan1", &["si4chuan1", "sichuan"]),
            ("lv3liang2", &["lv3liang2", "lvliang"]),
            ("lü3liang2", &["lv3liang2", "lu3liang2", "lvliang", "luliang"]),
            ("jüyuan", &["juyuan"]),
            ("xi'an", &["xian"]),
            ("Müller", &["muller"]),
            ("di49biaoduan", &["di49biaoduan"]),
            ("si4chuan9", &["si4chuan9"]),
            ("a0001", &["a0001"]),
            ("東橋", &["东桥"]),
            ("二○一〇", &["二零一零"]),
            ("…", &[]),
        ] {
            assert_eq!(ways(typed), expected, "{typed}");
        }
    }

    #[test]
    fn a_country_before_a_number_does_not_count() {
        for (typed, number) in [
            ("+86 138-0013-8000", "138-0013-8000"),
            ("0086 13800138000", "13800138000"),
            ("86-13800138000", "13800138000"),
            ("＋８６ 13800138000", "13800138000"),
            ("+86 (28) 8533 1234", "(28) 8533 1234"),
            ("86533123", "86533123"),
            ("8612", "8612"),
            ("86号", "86号"),
        ] {
            assert_eq!(without_country(typed), number, "{typed}");
        }
    }
}
