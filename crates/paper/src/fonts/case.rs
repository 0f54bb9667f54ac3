//! The letters one paper uses: which glyphs go into its small fonts, under which code, and what each one says.
//!
//! A PDF font can give back only one text per glyph, but several characters share glyphs (Ω the ohm sign and Ω the
//! letter). Each further text for a glyph therefore goes into a further copy of the font, so that whoever reads the
//! paper back gets exactly what was put in. This module must never change what is shown.

use std::collections::{BTreeMap, HashMap};

use printpdf::{FontId, FontMetrics, FontType, ParsedFont, PdfFont, PdfFontMetricsStub};
use subsetter::GlyphRemapper;

use super::{Fonts, Shape, Typeface};
use crate::Error;

/// One letter as it goes into the page: font, code in that font, and what it says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Letter {
    /// Index of the small font.
    pub font: usize,
    /// Glyph in the small font.
    pub code: u16,
}

/// One small font being gathered.
struct Small {
    typeface: usize,
    copy: usize,
    remapper: GlyphRemapper,
    widths: BTreeMap<u16, u16>,
    /// Characters that stand for a glyph alone, and its code.
    codes: BTreeMap<u32, u16>,
}

/// The letters of one paper, in the order in which they were first used, so that the same paper gives the same bytes.
pub(crate) struct Case<'f> {
    fonts: &'f Fonts,
    small: Vec<Small>,
    /// Glyph to the texts it stands for; the place in the list is the copy of the font.
    texts: HashMap<(usize, u16), Vec<(String, Letter)>>,
}

impl<'f> Case<'f> {
    pub fn new(fonts: &'f Fonts) -> Self {
        Self { fonts, small: Vec::new(), texts: HashMap::new() }
    }

    /// The letter that shows `gid` of `typeface` and reads back as `text`.
    pub fn letter(&mut self, typeface: usize, gid: u16, text: &str) -> Letter {
        let known = self.texts.entry((typeface, gid)).or_default();
        if let Some((_, letter)) = known.iter().find(|(known, _)| known == text) {
            return letter.clone();
        }
        let copy = known.len();
        let font = self.small.iter().position(|small| small.typeface == typeface && small.copy == copy);
        let font = font.unwrap_or_else(|| {
            let (remapper, widths, codes) = (GlyphRemapper::new(), BTreeMap::new(), BTreeMap::new());
            self.small.push(Small { typeface, copy, remapper, widths, codes });
            self.small.len() - 1
        });
        let small = &mut self.small[font];
        let code = small.remapper.remap(gid);
        let face = &self.fonts.typeface(typeface).face;
        small.widths.insert(code, face.glyph_hor_advance(ttf_parser::GlyphId(gid)).unwrap_or(0));
        let mut characters = text.chars();
        if let (Some(character), None) = (characters.next(), characters.next()) {
            small.codes.insert(u32::from(character), code);
        }
        let letter = Letter { font, code };
        known.push((text.to_owned(), letter.clone()));
        letter
    }

    /// The letter without ink that reads back as `text`, for what is drawn by lines.
    pub fn blank(&mut self, text: &str) -> Option<Letter> {
        match self.fonts.blank().shape {
            Shape::Glyph { typeface, gid } => Some(self.letter(typeface, gid, text)),
            Shape::Drawn(_) | Shape::Named => None,
        }
    }

    /// The name under which pages refer to the small font at `index`.
    pub fn font_id(index: usize) -> FontId {
        FontId(format!("T{index}"))
    }

    /// The small fonts, cut and ready to embed.
    ///
    /// # Errors
    /// [`Error::Subset`] when a font's tables are damaged.
    pub fn cut(&self) -> Result<Vec<PdfFont>, Error> {
        self.small.iter().map(|small| small.cut(self.fonts.typeface(small.typeface))).collect()
    }
}

impl Small {
    fn cut(&self, typeface: &Typeface) -> Result<PdfFont, Error> {
        let bytes = subsetter::subset(typeface.bytes, 0, &self.remapper)
            .map_err(|source| Error::Subset { name: typeface.name, source })?;
        let face = &typeface.face;
        let bounds = face.global_bounding_box();
        Ok(PdfFont::new(ParsedFont {
            font_name: Some(format!("{}+{}", tag(&bytes), typeface.name)),
            original_bytes: bytes,
            font_index: 0,
            codepoint_to_glyph: self.codes.clone(),
            glyph_widths: self.widths.clone(),
            units_per_em: face.units_per_em(),
            font_metrics: FontMetrics { ascent: face.ascender(), descent: face.descender() },
            font_type: FontType::TrueType,
            pdf_font_metrics: PdfFontMetricsStub {
                units_per_em: face.units_per_em(),
                x_min: bounds.x_min,
                y_min: bounds.y_min,
                x_max: bounds.x_max,
                y_max: bounds.y_max,
                us_weight_class: face.weight().to_number(),
                ..PdfFontMetricsStub::default()
            },
        }))
    }
}

/// Six capital letters that mark a font as a subset (ISO 32000-1, 9.6.4), told by its content.
fn tag(bytes: &[u8]) -> String {
    blake3::hash(bytes).as_bytes()[..6].iter().map(|byte| char::from(b'A' + byte % 26)).collect()
}
