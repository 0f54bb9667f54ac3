//! Where the syllables of typed pinyin begin.
//!
//! Pure. Who types runs syllables together (`xian` is 先 or 西安), so a place counts only when a syllable begins there in
//! every way to read the whole.

use pinyin::ToPinyinMulti;
use std::{collections::HashSet, sync::LazyLock};

/// Longest syllable (zhuang).
const SYLLABLE_MAX: usize = 6;
/// Most letters that are read as Latin ones of a name; what needs more is no pinyin.
const LATIN_MAX: usize = 3;

/// Every syllable that the index can have, and every beginning of one.
struct Syllables {
    whole: HashSet<String>,
    begun: HashSet<String>,
}

static SYLLABLES: LazyLock<Syllables> = LazyLock::new(|| {
    let characters = ('\u{3400}'..='\u{9fff}').filter_map(|c| c.to_pinyin_multi());
    let plain: HashSet<&str> = characters.flatten().map(pinyin::Pinyin::plain).collect();
    let typed = plain.into_iter().flat_map(super::sound::typed);
    let whole: HashSet<String> = typed.filter(|syllable| syllable.is_ascii()).collect();
    let begun = whole.iter().flat_map(|syllable| (1..=syllable.len()).map(|end| syllable[..end].to_owned())).collect();
    Syllables { whole, begun }
});

/// Whether `piece` is a syllable.
pub(crate) fn is_whole(piece: &str) -> bool {
    SYLLABLES.whole.contains(piece)
}

/// Whether a syllable begins with `piece`.
pub(crate) fn is_begun(piece: &str) -> bool {
    SYLLABLES.begun.contains(piece)
}

/// The places in `word` (ASCII) where a syllable begins in every way to read it with a few Latin letters between its
/// syllables, the first place among them; `None` when it is no pinyin. Digits stand by themselves, and the last syllable
/// need not be whole.
pub(crate) fn certain_starts(word: &str) -> Option<Vec<usize>> {
    let from_start = fewest(word.len(), |from, to| cost(word, from, to));
    (*from_start.last()?).filter(|latin| *latin <= LATIN_MAX)?;
    let mut to_end = fewest(word.len(), |from, to| cost(word, word.len() - to, word.len() - from));
    to_end.reverse();
    let mut certain = vec![true; word.len()];
    for from in 0..word.len() {
        for to in from + 1..=word.len().min(from + SYLLABLE_MAX) {
            let ways = from_start[from].zip(cost(word, from, to)).zip(to_end[to]);
            if ways.is_some_and(|((before, this), after)| before + this + after <= LATIN_MAX) {
                certain[from + 1..to].fill(false);
            }
        }
    }
    Some((0..word.len()).filter(|at| certain[*at]).collect())
}

/// For each place the fewest Latin letters on the way to it; `None` where no way leads.
fn fewest(places: usize, cost: impl Fn(usize, usize) -> Option<usize>) -> Vec<Option<usize>> {
    let mut fewest = vec![Some(0)];
    for to in 1..=places {
        let ways = (to.saturating_sub(SYLLABLE_MAX)..to).filter_map(|from| Some(fewest[from]? + cost(from, to)?));
        let least = ways.min();
        fewest.push(least);
    }
    fewest
}

/// Latin letters that it takes to read `word[from..to]` as one piece; `None` when it is none.
fn cost(word: &str, from: usize, to: usize) -> Option<usize> {
    let piece = &word[from..to];
    let known = SYLLABLES.whole.contains(piece) || (to == word.len() && SYLLABLES.begun.contains(piece));
    let alone = piece.len() == 1;
    match () {
        () if known || (alone && piece.as_bytes()[0].is_ascii_digit()) => Some(0),
        () => alone.then_some(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(word: &str) -> Option<String> {
        let starts = certain_starts(word)?;
        let mut read = String::new();
        for (at, letter) in word.char_indices() {
            read.extend((at > 0 && starts.contains(&at)).then_some('\''));
            read.push(letter);
        }
        Some(read)
    }

    #[test]
    fn syllables_begin_where_every_reading_has_one() {
        for (word, expected) in [
            ("sichuanluqiao", "si'chuan'lu'qiao"),
            ("taijiancegongcheng", "tai'jian'ce'gong'cheng"),
            ("xianshi", "xian'shi"),
            ("fangan", "fangan"),
            ("lvliang", "lv'liang"),
            ("nve", "nve"),
            ("di49biaoduan", "di'4'9'biao'duan"),
            ("gongsiy", "gong'si'y"),
            ("gongchen", "gong'chen"),
            ("uxingliang", "u'xing'liang"),
            ("kbdaqiao", "k'b'da'qiao"),
        ] {
            assert_eq!(read(word).as_deref(), Some(expected));
        }
    }

    #[test]
    fn initials_and_nonsense_are_no_pinyin() {
        for word in ["cjyjgs", "djyxmglj", "zzzzzz"] {
            assert_eq!(read(word), None, "{word}");
        }
    }
}
