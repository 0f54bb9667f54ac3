//! Text into lines: widths, and where a line may end.
//!
//! Where a line may break is Unicode's rule (UAX #14, strict for Chinese: no line begins with ，。）》 or ends with
//! （《), from ICU4X; only the measuring is ours. This module must never reorder or drop a character other than the
//! space at which a line was broken.

use std::collections::HashMap;

use icu_segmenter::options::{LineBreakOptions, LineBreakStrictness};
use icu_segmenter::{LineSegmenter, LineSegmenterBorrowed};

use super::{Fonts, Look, Piece, Weight, is_shaped, is_silent};
use crate::ink::Colour;

/// How a text is set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Style {
    /// Font size in points.
    pub size_pt: f32,
    /// Regular or bold.
    pub weight: Weight,
    /// Colour of the letters.
    pub colour: Colour,
    /// Distance from one line to the next in points.
    pub leading_pt: f32,
}

impl Style {
    /// Regular, black, with the line height that Chinese wants (1.5).
    #[must_use]
    pub fn new(size_pt: f32) -> Self {
        Self { size_pt, weight: Weight::Regular, colour: Colour::INK, leading_pt: size_pt * 1.5 }
    }

    /// The same in bold.
    #[must_use]
    pub fn bold(self) -> Self {
        Self { weight: Weight::Bold, ..self }
    }

    /// The same in another colour.
    #[must_use]
    pub fn coloured(self, colour: Colour) -> Self {
        Self { colour, ..self }
    }

    /// From the top of a line to its baseline: the em box sits in the middle of the line, its baseline at 0.88.
    pub(crate) fn baseline_pt(&self) -> f32 {
        (self.leading_pt - self.size_pt) / 2.0 + 0.88 * self.size_pt
    }
}

/// One line of text.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What it says, without the break at its end.
    pub text: String,
    /// How wide it is, in points.
    pub width_pt: f32,
}

/// Measures and breaks text for one paper, and remembers what it has looked up.
pub struct Setter<'f> {
    fonts: &'f Fonts,
    looks: HashMap<char, Look>,
    breaks: LineSegmenterBorrowed<'static>,
}

impl<'f> Setter<'f> {
    /// A setter for `fonts`.
    #[must_use]
    pub fn new(fonts: &'f Fonts) -> Self {
        let mut options = LineBreakOptions::default();
        options.strictness = Some(LineBreakStrictness::Strict);
        let breaks = LineSegmenter::new_for_non_complex_scripts(options);
        Self { fonts, looks: HashMap::new(), breaks }
    }

    pub(crate) fn fonts(&self) -> &'f Fonts {
        self.fonts
    }

    pub(crate) fn look(&mut self, character: char) -> Look {
        let fonts = self.fonts;
        *self.looks.entry(character).or_insert_with(|| fonts.look(character))
    }

    /// Width of `text` on one line, in points.
    pub fn width(&mut self, text: &str, style: Style) -> f32 {
        self.advance(text) * style.size_pt / 1000.0
    }

    fn advance(&mut self, text: &str) -> f32 {
        if !is_shaped(text) {
            return self.plain_advance(text);
        }
        let pieces = self.fonts.pieces(text);
        pieces
            .iter()
            .map(|piece| match piece {
                Piece::Plain(text) => self.plain_advance(text),
                Piece::Shaped { advance, .. } => *advance,
            })
            .sum()
    }

    fn plain_advance(&mut self, text: &str) -> f32 {
        let mut first = true;
        text.chars()
            .map(|character| {
                let follows = !std::mem::take(&mut first);
                if follows && is_silent(character) { 0.0 } else { self.look(character).advance }
            })
            .sum()
    }

    /// Breaks `text` into lines no wider than `width_pt`. A word that alone is wider is broken between characters.
    /// An empty text gives no line.
    pub fn lines(&mut self, text: &str, style: Style, width_pt: f32) -> Vec<Line> {
        let max = (width_pt * 1000.0 / style.size_pt).max(1.0);
        let mut lines = Vec::new();
        for paragraph in text.trim_end().lines().map(|paragraph| paragraph.trim_end_matches('\r')) {
            let mut open = Open::default();
            let paragraph = paragraph.replace('\t', " ");
            for (from, to) in self.pieces(&paragraph) {
                self.fit(&paragraph[from..to], max, &mut open, &mut lines);
            }
            open.close(&mut lines);
        }
        let scale = style.size_pt / 1000.0;
        lines.into_iter().map(|line| Line { text: line.text, width_pt: line.inked * scale }).collect()
    }

    /// From each place where a line may break to the next.
    fn pieces(&self, paragraph: &str) -> Vec<(usize, usize)> {
        let ends: Vec<usize> = self.breaks.segment_str(paragraph).collect();
        ends.windows(2).map(|pair| (pair[0], pair[1])).collect()
    }

    fn fit(&mut self, piece: &str, max: f32, open: &mut Open, lines: &mut Vec<Open>) {
        let visible = piece.trim_end_matches(' ');
        let need = self.advance(visible);
        if open.advance + need > max && !open.text.is_empty() {
            open.close(lines);
        }
        if need <= max {
            open.push(piece, self.advance(piece));
            open.inked -= self.advance(&piece[visible.len()..]);
            return;
        }
        for unit in units(piece) {
            let need = self.advance(unit);
            if open.advance + need > max && !open.text.is_empty() {
                open.close(lines);
            }
            open.push(unit, need);
        }
    }
}

/// A line that is still being filled; widths in thousandths of the font size.
#[derive(Default)]
struct Open {
    text: String,
    /// With the space at its end.
    advance: f32,
    /// Without it.
    inked: f32,
}

impl Open {
    fn push(&mut self, text: &str, advance: f32) {
        self.text.push_str(text);
        self.advance += advance;
        self.inked = self.advance;
    }

    fn close(&mut self, lines: &mut Vec<Open>) {
        let mut line = std::mem::take(self);
        line.text.truncate(line.text.trim_end_matches(' ').len());
        lines.push(line);
    }
}

/// An overlong word cut where it may be cut when nothing else helps: still never before a closing mark.
fn units(piece: &str) -> Vec<&str> {
    let mut units: Vec<&str> = Vec::new();
    let mut from = 0;
    let mut at = 0;
    for cluster in clusters(piece) {
        let held = cluster.starts_with(MARKS_THAT_CLOSE) && at - from <= UNIT_BYTES_MAX;
        if at > from && !held {
            units.push(&piece[from..at]);
            from = at;
        }
        at += cluster.len();
    }
    units.push(&piece[from..]);
    units
}

/// Marks that never begin a line.
const MARKS_THAT_CLOSE: &[char] = &[
    '，', '。', '、', '；', '：', '！', '？', '）', '】', '》', '」', '』', '”', '’', ',', '.', ';', ':', '!', '?',
    ')', ']',
];

/// How much may be held together for the sake of a closing mark.
const UNIT_BYTES_MAX: usize = 8;

/// A text character by character, each with the silent characters that follow it.
pub(crate) fn clusters(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let silent: usize = rest[first.len_utf8()..].chars().take_while(|c| is_silent(*c)).map(char::len_utf8).sum();
        let (cluster, after) = rest.split_at(first.len_utf8() + silent);
        rest = after;
        Some(cluster)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn broken(text: &str, width_pt: f32) -> Vec<Line> {
        Setter::new(Fonts::embedded().unwrap()).lines(text, Style::new(10.0), width_pt)
    }

    fn texts(text: &str, width_pt: f32) -> Vec<String> {
        broken(text, width_pt).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn no_line_begins_with_a_closing_mark_or_ends_with_an_opening_one() {
        let text = "现场核对清单（含补充定额），并打印《工料机汇总表》；客户说：“可以。”其余（见附件）、照片【三张】！"
            .repeat(4);
        for width in 40..200 {
            for line in texts(&text, width as f32) {
                assert!(
                    !line.starts_with(['，', '。', '；', '：', '、', '！', '）', '》', '】', '”']),
                    "{width}: {line}"
                );
                assert!(!line.ends_with(['（', '《', '【', '“']), "{width}: {line}");
            }
        }
    }

    #[test]
    fn words_and_numbers_in_chinese_text_stay_whole() {
        let text = "安装 SQLServer2019 后重启服务，总造价为 1,284,560,317.25 元，版本 V12.3.1 已核对无误";
        for width in 110..200 {
            let lines = texts(text, width as f32);
            for word in ["SQLServer2019", "1,284,560,317.25", "V12.3.1"] {
                assert!(lines.iter().any(|line| line.contains(word)), "{width}: {word} in {lines:?}");
            }
        }
    }

    #[test]
    fn a_word_wider_than_the_line_is_broken_and_its_full_stop_stays_with_it() {
        let lines =
            texts("见https://example.com/2026/11/23/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa。", 60.0);
        assert!(lines.len() > 3);
        assert!(!lines.iter().any(|line| line.starts_with('。')), "{lines:?}");
    }

    #[test]
    fn line_breaks_that_people_typed_are_kept() {
        assert_eq!(texts("一\r\n\n二\n", 100.0), ["一", "", "二"]);
    }

    #[test]
    fn a_variation_selector_stays_with_its_character() {
        let found: Vec<&str> = clusters("葛\u{E0100}☑\u{FE0F}好").collect();
        assert_eq!(found, ["葛\u{E0100}", "☑\u{FE0F}", "好"]);
    }

    proptest! {
        #[test]
        fn breaking_loses_no_character_and_no_line_is_too_wide(text in "[a-z 0-9，。（）中文定额人名\u{20BB7}😀☑\n]{0,200}", width in 30.0_f32..300.0) {
            let lines = broken(&text, width);
            let dense = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            let back: String = lines.iter().map(|line| dense(&line.text)).collect();
            prop_assert_eq!(back, dense(&text));
            // What may not be parted (a named character with the marks that close after it) may stand out.
            let widest = 90.0_f32;
            for line in lines {
                prop_assert!(line.width_pt <= width.max(widest) + 0.01, "{} is {} wide", line.text, line.width_pt);
            }
        }
    }
}
