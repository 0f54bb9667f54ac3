//! Letters that change with their neighbours (Tibetan, the Arabic letters of Uyghur and Kazakh), and lines that run in
//! two directions (UAX #9): from text as it was typed to glyphs as they are seen, from left to right.
//!
//! HarfRust chooses and places the glyphs, `unicode-bidi` their order. The rules are read when a text first needs them.

use std::ops::Range;
use std::sync::OnceLock;

use harfrust::{Buffer, Direction, Font, ShapeOptions, ShaperFont, shape};
use unicode_bidi::BidiInfo;

use super::{ARABIC, Fonts, TIBETAN};

/// The rules of both scripts, read once.
#[derive(Default)]
pub(super) struct Rules {
    arabic: OnceLock<Option<Font>>,
    tibetan: OnceLock<Option<Font>>,
}

impl std::fmt::Debug for Rules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rules")
    }
}

/// A glyph and its place, in thousandths of the font size from where its piece begins on the baseline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Placed {
    /// Glyph in the typeface.
    pub gid: u16,
    /// How far right.
    pub right: f32,
    /// How far up.
    pub up: f32,
}

/// Glyphs that stand for some characters together.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cluster {
    /// The characters as they were typed.
    pub text: String,
    /// Their glyphs.
    pub glyphs: Vec<Placed>,
}

/// A part of a line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Piece {
    /// Characters that each have their own glyph, in the order in which they are seen.
    Plain(String),
    /// Shaped letters.
    Shaped {
        /// Index into [`Fonts`].
        typeface: usize,
        /// From left to right.
        clusters: Vec<Cluster>,
        /// Width in thousandths of the font size.
        advance: f32,
    },
}

/// Whether a text has letters that have to be shaped. Nearly none has, and then nothing here is asked.
pub(crate) fn is_shaped(text: &str) -> bool {
    // All of them begin with one of these bytes in UTF-8; most texts have neither.
    let may_be = |byte: &u8| matches!(byte, 0xD8..=0xDD | 0xE0 | 0xEF);
    text.as_bytes().iter().any(may_be) && text.chars().any(|character| typeface_of(character).is_some())
}

pub(super) fn typeface_of(character: char) -> Option<usize> {
    match character {
        '\u{600}'..='\u{6FF}' | '\u{750}'..='\u{77F}' | '\u{8A0}'..='\u{8FF}' => Some(ARABIC),
        '\u{FB50}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}' => Some(ARABIC),
        '\u{F00}'..='\u{FFF}' => Some(TIBETAN),
        _ => None,
    }
}

impl Fonts {
    /// A line as it is seen, from left to right.
    pub(crate) fn pieces(&self, line: &str) -> Vec<Piece> {
        let order = BidiInfo::new(line, None);
        let mut pieces = Vec::new();
        for paragraph in &order.paragraphs {
            let (levels, runs) = order.visual_runs(paragraph, paragraph.range.clone());
            for run in runs {
                let leftwards = levels.get(run.start).is_some_and(unicode_bidi::Level::is_rtl);
                let mut parts = self.parts(line, run, leftwards);
                if leftwards {
                    parts.reverse();
                }
                pieces.extend(parts.into_iter().map(|(typeface, part)| self.piece(typeface, part, leftwards)));
            }
        }
        pieces
    }

    /// The parts of a run that are set in one way, in the order in which they were typed.
    fn parts<'t>(&self, line: &'t str, run: Range<usize>, leftwards: bool) -> Vec<(Option<usize>, &'t str)> {
        let text = line.get(run).unwrap_or_default();
        let way = |character: char| {
            let has = |typeface: usize| self.typefaces[typeface].face.glyph_index(character).is_some();
            // Spaces and marks among letters that run left are set with them.
            let typeface = typeface_of(character).or((leftwards && !character.is_alphabetic()).then_some(ARABIC));
            typeface.filter(|typeface| has(*typeface))
        };
        let mut parts: Vec<(Option<usize>, &str)> = Vec::new();
        let mut from = 0;
        let mut last = None;
        for (at, character) in text.char_indices() {
            let this = way(character);
            if at > 0 && last != Some(this) {
                parts.push((last.flatten(), &text[from..at]));
                from = at;
            }
            last = Some(this);
        }
        parts.push((last.flatten(), &text[from..]));
        parts
    }

    fn piece(&self, typeface: Option<usize>, text: &str, leftwards: bool) -> Piece {
        let shaped = typeface.and_then(|typeface| self.shaped(typeface, text, leftwards));
        shaped.unwrap_or_else(|| {
            let mut seen: Vec<&str> = super::clusters(text).collect();
            if leftwards {
                seen.reverse();
            }
            Piece::Plain(seen.concat())
        })
    }

    fn shaped(&self, typeface: usize, text: &str, leftwards: bool) -> Option<Piece> {
        let rules: (&OnceLock<Option<Font>>, &'static [u8]) = match typeface {
            ARABIC => (&self.rules.arabic, include_bytes!(env!("DOORSTEP_RULES_ARABIC"))),
            _ => (&self.rules.tibetan, include_bytes!(env!("DOORSTEP_RULES_TIBETAN"))),
        };
        let font = rules.0.get_or_init(|| Font::new(rules.1, 0)).as_ref()?;
        let mut buffer = Buffer::new();
        buffer.push_str(text);
        buffer.set_direction(if leftwards { Direction::RightToLeft } else { Direction::LeftToRight });
        buffer.guess_segment_properties();
        shape(&ShaperFont::new(font), &mut buffer, ShapeOptions::new()).ok()?;
        let scale = 1000.0 / f32::from(font.units_per_em().max(1));
        let mut starts: Vec<usize> = buffer.glyph_infos().iter().map(|info| info.cluster as usize).collect();
        starts.sort_unstable();
        starts.dedup();
        let said = |start: usize| {
            let end = starts.iter().copied().find(|next| *next > start).unwrap_or(text.len());
            text.get(start..end).unwrap_or_default().to_owned()
        };
        let mut clusters: Vec<(usize, Cluster)> = Vec::new();
        let mut advance = 0.0;
        for (info, place) in buffer.glyph_infos().iter().zip(buffer.glyph_positions()) {
            let (start, gid) = (info.cluster as usize, u16::try_from(info.glyph_id).ok()?);
            let right = advance + place.x_offset as f32 * scale;
            let placed = Placed { gid, right, up: place.y_offset as f32 * scale };
            advance += place.x_advance as f32 * scale;
            match clusters.last_mut() {
                Some((last, cluster)) if *last == start => cluster.glyphs.push(placed),
                _ => clusters.push((start, Cluster { text: said(start), glyphs: vec![placed] })),
            }
        }
        let clusters = clusters.into_iter().map(|(_, cluster)| cluster).collect();
        Some(Piece::Shaped { typeface, clusters, advance })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<Piece> {
        Fonts::embedded().unwrap().pieces(text)
    }

    /// What is seen from left to right, cluster by cluster.
    fn seen(text: &str) -> Vec<String> {
        let clusters = |piece| match piece {
            Piece::Plain(text) => vec![text],
            Piece::Shaped { clusters, .. } => clusters.into_iter().map(|cluster| cluster.text).collect(),
        };
        pieces(text).into_iter().flat_map(clusters).collect()
    }

    fn gids(text: &str) -> Vec<u16> {
        let of = |piece| match piece {
            Piece::Plain(_) => Vec::new(),
            Piece::Shaped { clusters, .. } => clusters.into_iter().flat_map(|c| c.glyphs).map(|g| g.gid).collect(),
        };
        pieces(text).into_iter().flat_map(of).collect()
    }

    #[test]
    fn chinese_text_is_not_shaped() {
        assert!(!is_shaped("四川路桥建设集团，第 49 标段（ABC）：℃àü、ꆈꌠ"));
        assert!(is_shaped("姓名：ئالىم"));
        assert!(is_shaped("བོད"));
    }

    #[test]
    fn uyghur_runs_left_its_numbers_run_right_and_its_letters_join() {
        assert_eq!(seen("姓名：ئادىل")[0], "姓名：");
        let word = seen("ئادىل");
        assert_eq!(word.concat().chars().rev().collect::<String>(), "ئادىل");
        assert_eq!(seen("ئادىل 138 ب").concat().chars().filter(char::is_ascii_digit).collect::<String>(), "138");
        let (alone, joined) = (gids("ح"), gids("ححح"));
        assert!(joined.len() >= 3 && !joined.contains(&alone[0]), "first, middle and last forms: {joined:?}");
        assert!(!gids("ئالىم ئۇيغۇر ۋە قازاقشا ېۆۈڭچ").contains(&0), "every letter has a glyph");
    }

    #[test]
    fn tibetan_letters_stack() {
        let stacked = gids("སྐྱེ");
        assert!(stacked.len() < 4, "one stack, and its vowel: {stacked:?}");
        assert!(!gids("བོད་ཡིག་བཀྲ་ཤིས་བདེ་ལེགས།").contains(&0));
        assert_eq!(seen("བོད་ཡིག").concat(), "བོད་ཡིག");
    }
}
