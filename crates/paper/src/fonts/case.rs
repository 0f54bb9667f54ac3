//! The letters one paper uses: which glyphs go into its small fonts, under which code, and what each one says.
//!
//! A PDF font can give back only one text per glyph, but several characters share glyphs (Ω the ohm sign and Ω the
//! letter). Each further text for a glyph therefore goes into a further copy of the font, so that whoever reads the
//! paper back gets exactly what was put in. This module must never change what is shown.

use std::collections::HashMap;

use ttf_parser::GlyphId;

use super::{Fonts, Shape, Typeface, cff};
use crate::Error;

/// One letter as it goes into the page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Letter {
    /// Index of the small font.
    pub font: usize,
    /// Glyph in the small font.
    pub code: u16,
}

/// One small font: the glyphs that a paper uses, numbered as they were first used.
pub(crate) struct Small {
    /// Index of the typeface it is cut from.
    pub typeface: usize,
    copy: usize,
    /// The glyphs by their code. Code 0 stands for what is missing, and is never used.
    glyphs: Vec<u16>,
    /// What each code says.
    pub texts: Vec<String>,
    /// Advance of each code, in units.
    pub advances: Vec<u16>,
}

/// The letters of one paper, in the order in which they were first used, so that the same paper gives the same bytes.
pub(crate) struct Case<'f> {
    fonts: &'f Fonts,
    small: Vec<Small>,
    /// Glyph to the letters that show it; each reads back as another text, and its place is the copy of the font.
    letters: HashMap<(usize, u16), Vec<Letter>>,
}

impl<'f> Case<'f> {
    pub fn new(fonts: &'f Fonts) -> Self {
        Self { fonts, small: Vec::new(), letters: HashMap::new() }
    }

    /// The letter that shows `gid` of `typeface` and reads back as `text`.
    pub fn letter(&mut self, typeface: usize, gid: u16, text: &str) -> Letter {
        let known = self.letters.entry((typeface, gid)).or_default();
        let says = |letter: &&Letter| self.small[letter.font].texts[usize::from(letter.code)] == text;
        if let Some(letter) = known.iter().find(says) {
            return *letter;
        }
        let copy = known.len();
        let font = self.small.iter().position(|small| small.typeface == typeface && small.copy == copy);
        let face = &self.fonts.typeface(typeface).face;
        let font = font.unwrap_or_else(|| {
            self.small.push(Small::new(typeface, copy));
            self.small.len() - 1
        });
        let advance = face.glyph_hor_advance(GlyphId(gid)).unwrap_or(0);
        let letter = Letter { font, code: self.small[font].add(gid, text, advance) };
        known.push(letter);
        letter
    }

    /// The letter without ink that reads back as `text`, for what is drawn by lines.
    pub fn blank(&mut self, text: &str) -> Option<Letter> {
        match self.fonts.blank().shape {
            Shape::Glyph { typeface, gid } => Some(self.letter(typeface, gid, text)),
            Shape::Drawn(_) | Shape::Named => None,
        }
    }

    /// The small fonts, by their index.
    pub fn small(&self) -> &[Small] {
        &self.small
    }
}

impl Small {
    fn new(typeface: usize, copy: usize) -> Self {
        Self { typeface, copy, glyphs: vec![0], texts: vec![String::new()], advances: vec![0] }
    }

    /// Adds a glyph. There are never more than the typeface has, so its number fits.
    fn add(&mut self, gid: u16, text: &str, advance: u16) -> u16 {
        let code = self.glyphs.len() as u16;
        self.glyphs.push(gid);
        self.texts.push(text.to_owned());
        self.advances.push(advance);
        code
    }

    /// The font's program in Compact Font Format, ready to embed.
    ///
    /// # Errors
    /// [`Error::Outlines`] when the typeface is damaged.
    pub fn program(&self, typeface: &Typeface) -> Result<Vec<u8>, Error> {
        let (name, whole) = (typeface.name, &typeface.program);
        let bounds = typeface.face.global_bounding_box();
        let bounds = [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max];
        let charstrings: Option<Vec<&[u8]>> = self.glyphs.iter().map(|gid| whole.charstring(*gid)).collect();
        let imprint = cff::Imprint { name, notice: whole.notice, bounds };
        charstrings.and_then(|charstrings| cff::font(&imprint, &charstrings)).ok_or(Error::Outlines { name })
    }
}
