//! The fonts that papers are set in, loaded once and kept parsed.
//!
//! A character is looked for in Noto Sans SC, then in Noto Sans JP (𠮷) and Noto Sans Yi (ꆈꌠ); Tibetan and the Arabic
//! letters of Uyghur and Kazakh are shaped from fonts of their own. What none has is either drawn (ticks and boxes) or
//! named, `[U+1F600]`, so that no silent box ever reaches a customer. This module knows letters and widths; it must
//! never know pages.

mod case;
mod cff;
mod lines;
mod program;
mod shaped;

use std::sync::OnceLock;

use ttf_parser::{Face, Tag};

use crate::Error;
pub(crate) use case::{Case, Small};
pub(crate) use lines::clusters;
pub use lines::{Line, Setter, Style};
use program::Program;
use shaped::Rules;
pub(crate) use shaped::{Cluster, Piece, is_shaped};

/// Regular or bold.
///
/// Bold is drawn from the same letters with a stroke around them, as Chinese office software does it. A second face
/// would add a quarter to every file (22 KB on a receipt) and 10 MB to the program for a difference few would see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Weight {
    /// The letters as they are.
    #[default]
    Regular,
    /// The letters with a stroke around them.
    Bold,
}

/// Thickness of the stroke around bold letters against the font size; brings a stem of weight 400 to about 650.
pub(crate) const BOLD_STROKE: f32 = 0.034;

/// One font file, parsed in place.
#[derive(Debug)]
pub(crate) struct Typeface {
    /// PostScript name, as the PDF shows it.
    pub name: &'static str,
    /// The tables, borrowed from the file.
    pub face: Face<'static>,
    /// The outlines, from which small fonts are made.
    program: Program<'static>,
}

/// Every font a paper can use.
#[derive(Debug)]
pub struct Fonts {
    typefaces: [Typeface; 5],
    rules: Rules,
}

const REGULAR: usize = 0;
const FALLBACK: usize = 1;
const YI: usize = 2;
const ARABIC: usize = 3;
const TIBETAN: usize = 4;

/// Characters that are drawn when no font has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// ☐
    Box,
    /// ☑
    TickedBox,
    /// ☒
    CrossedBox,
    /// ✓
    Tick,
    /// ✗
    Cross,
}

/// How one character will be shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Shape {
    /// By a glyph of one of the typefaces.
    Glyph {
        /// Index into [`Fonts`].
        typeface: usize,
        /// Glyph in that typeface.
        gid: u16,
    },
    /// By lines; a blank glyph carries the character for whoever copies the text.
    Drawn(Mark),
    /// By its name in small letters, `[U+1F600]`.
    Named,
}

/// A shape and the room it takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Look {
    /// How it is shown.
    pub shape: Shape,
    /// Width in thousandths of the font size.
    pub advance: f32,
}

/// Size of a named character's letters against the text around it.
pub(crate) const NAME_SCALE: f32 = 0.62;

impl Fonts {
    /// The fonts built into the program. The first call parses them (microseconds, nothing is copied).
    ///
    /// # Errors
    /// [`Error::Font`] when the program's own font data is damaged.
    pub fn embedded() -> Result<&'static Self, Error> {
        static FONTS: OnceLock<Fonts> = OnceLock::new();
        if let Some(fonts) = FONTS.get() {
            return Ok(fonts);
        }
        let fonts = Self {
            typefaces: [
                Typeface::parse("NotoSansSC-Regular", include_bytes!(env!("DOORSTEP_FONT_REGULAR")))?,
                Typeface::parse("NotoSansJP-Regular", include_bytes!(env!("DOORSTEP_FONT_FALLBACK")))?,
                Typeface::parse("NotoSansYi-Regular", include_bytes!(env!("DOORSTEP_FONT_YI")))?,
                Typeface::parse("NotoNaskhArabic-Regular", include_bytes!(env!("DOORSTEP_FONT_ARABIC")))?,
                Typeface::parse("NotoSerifTibetan-Regular", include_bytes!(env!("DOORSTEP_FONT_TIBETAN")))?,
            ],
            rules: Rules::default(),
        };
        Ok(FONTS.get_or_init(|| fonts))
    }

    pub(crate) fn typeface(&self, index: usize) -> &Typeface {
        &self.typefaces[index]
    }

    /// How `character` is shown.
    pub(crate) fn look(&self, character: char) -> Look {
        if let Some(look) = self.glyph(character) {
            return look;
        }
        if character.is_whitespace() {
            return self.blank();
        }
        if let Some(mark) = Mark::of(character) {
            return Look { shape: Shape::Drawn(mark), advance: 1000.0 };
        }
        let advance: f32 = name_of(character).chars().map(|c| self.advance(c)).sum();
        Look { shape: Shape::Named, advance: advance * NAME_SCALE }
    }

    /// The characters of `text` that no font has: they are printed as their numbers.
    pub fn lacking(&self, text: &str) -> impl Iterator<Item = char> {
        let is_shaped = |character: char| {
            let typeface = shaped::typeface_of(character);
            typeface.is_some_and(|typeface| self.typefaces[typeface].face.glyph_index(character).is_some())
        };
        let lacks = move |c: &char| !is_silent(*c) && !is_shaped(*c) && self.look(*c).shape == Shape::Named;
        text.chars().filter(lacks).collect::<Vec<_>>().into_iter()
    }

    /// The glyph without ink that carries characters which are drawn by lines.
    pub(crate) fn blank(&self) -> Look {
        self.glyph(' ').unwrap_or(Look { shape: Shape::Named, advance: 0.0 })
    }

    fn glyph(&self, character: char) -> Option<Look> {
        [REGULAR, FALLBACK, YI].into_iter().find_map(|index| {
            let face = &self.typefaces[index].face;
            let gid = face.glyph_index(character).filter(|gid| gid.0 != 0)?;
            let advance = f32::from(face.glyph_hor_advance(gid)?) * 1000.0 / f32::from(face.units_per_em());
            Some(Look { shape: Shape::Glyph { typeface: index, gid: gid.0 }, advance })
        })
    }

    fn advance(&self, character: char) -> f32 {
        self.glyph(character).map_or(0.0, |look| look.advance)
    }
}

impl Typeface {
    fn parse(name: &'static str, bytes: &'static [u8]) -> Result<Self, Error> {
        let face = Face::parse(bytes, 0).map_err(|source| Error::Font { name, source })?;
        let table = face.raw_face().table(Tag::from_bytes(b"CFF "));
        let program = table.and_then(Program::read).ok_or(Error::Outlines { name })?;
        Ok(Self { name, face, program })
    }
}

impl Mark {
    fn of(character: char) -> Option<Self> {
        Some(match character {
            '☐' | '□' | '▢' => Self::Box,
            '☑' | '✅' | '🗹' => Self::TickedBox,
            '☒' | '❎' | '🗷' => Self::CrossedBox,
            '✓' | '✔' | '🗸' => Self::Tick,
            '✗' | '✘' | '✕' | '✖' | '❌' => Self::Cross,
            _ => return None,
        })
    }
}

/// The name that stands for a character no font has.
pub(crate) fn name_of(character: char) -> String {
    format!("[U+{:04X}]", u32::from(character))
}

/// Whether a character has no ink of its own and belongs to the one before it: joiners, variation selectors, marks of
/// direction. It is kept in the text, and never named.
pub(crate) fn is_silent(character: char) -> bool {
    matches!(character,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
        | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(character: char) -> Shape {
        Fonts::embedded().unwrap().look(character).shape
    }

    #[test]
    fn rare_names_and_units_have_a_glyph() {
        for character in "㛃䶮堃喆〇²³µ①℃ΩΩ《》「」，。、；：？！（）【】—…·￥½×÷±≤≥√".chars()
        {
            assert!(matches!(shape(character), Shape::Glyph { .. }), "{character} {}", name_of(character));
        }
    }

    #[test]
    fn a_character_the_chinese_font_lacks_comes_from_the_fallback() {
        assert!(matches!(shape('𠮷'), Shape::Glyph { typeface: FALLBACK, .. }));
    }

    #[test]
    fn every_syllable_of_yi_has_a_glyph() {
        for character in ('\u{A000}'..='\u{A48C}').chain('\u{A490}'..='\u{A4C6}') {
            assert!(
                matches!(shape(character), Shape::Glyph { typeface: YI, .. }),
                "{character} {}",
                name_of(character)
            );
        }
    }

    #[test]
    fn what_is_printed_as_its_number_is_told_and_nothing_else_is() {
        let lacking = |text: &str| Fonts::embedded().unwrap().lacking(text).collect::<String>();
        assert_eq!(lacking("四川路桥\n𠮷㛃䶮〇·☑ ئالىم བོད ꆈꌠ 𝒜a\u{200b}"), "𝒜");
        assert_eq!(lacking("好😀的ᠮᠣᠩ"), "😀ᠮᠣᠩ");
    }

    #[test]
    fn a_character_no_font_has_is_drawn_or_named_and_never_the_missing_glyph() {
        assert_eq!(shape('☑'), Shape::Drawn(Mark::TickedBox));
        assert_eq!(shape('😀'), Shape::Named);
        assert_eq!(name_of('😀'), "[U+1F600]");
        assert_eq!(shape('\u{7}'), Shape::Named);
    }
}
