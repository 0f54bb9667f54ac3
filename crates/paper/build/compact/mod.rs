//! Makes a font cheaper to carry: the letters a paper can ask for and nothing else, their outlines as cubic curves on
//! a coarser grid, in Compact Font Format. Chinese outlines are most of a receipt's bytes; these take a quarter less
//! than the same outlines in TrueType's form, and the program carries a third of the fonts it was built from.
//!
//! Only how an outline is written changes, and where it runs by less than anybody sees: [`OFF_MAX`]. Which character
//! has which shape and which width must stay.

#[path = "../../src/fonts/cff.rs"]
mod cff;
mod charstring;
mod joining;
mod opentype;
mod outline;

use std::collections::BTreeMap;

use ttf_parser::{Face, GlyphId, Tag, name_id};

/// Those of the installed fonts are four times finer.
pub use cff::UNITS_PER_EM;
/// How far a joined curve may run from the curves it stands for, in units of a thousand to the em: at text size a
/// fiftieth of a point. Moving handles to the grid adds a little over one of its own units at most.
pub const OFF_MAX: f64 = 2.0;

/// A glyph that is kept.
struct Glyph {
    /// Its outline as a charstring.
    charstring: Vec<u8>,
    /// Its advance width.
    advance: u16,
}

/// What is said about the whole font, in its units.
struct Measures {
    ascender: i16,
    descender: i16,
    /// Left, lower, right and upper edge of all glyphs.
    bounds: [i16; 4],
    weight: u16,
    name: String,
    copyright: String,
}

/// The compact font with the glyphs of those of its characters that are `wanted`. `None` when `font` is no TrueType
/// font, or too large to be one.
pub fn compact(font: &[u8], wanted: impl Fn(char) -> bool) -> Option<Vec<u8>> {
    let face = Face::parse(font, 0).ok()?;
    let scale = f64::from(UNITS_PER_EM) / f64::from(face.units_per_em());
    let mut characters: BTreeMap<u32, u16> = BTreeMap::new();
    for (code, gid) in mapped(&face) {
        if char::from_u32(code).is_some_and(&wanted) {
            characters.insert(code, gid);
        }
    }
    let mut kept: Vec<u16> = vec![0];
    let mut places: BTreeMap<u16, u16> = BTreeMap::from([(0, 0)]);
    for gid in characters.values() {
        let next = u16::try_from(kept.len()).ok()?;
        places.entry(*gid).or_insert_with(|| {
            kept.push(*gid);
            next
        });
    }
    characters.values_mut().for_each(|gid| *gid = places[gid]);
    let glyphs: Option<Vec<Glyph>> = kept.iter().map(|gid| glyph(&face, GlyphId(*gid), scale)).collect();
    opentype::font(&measures(&face, scale), &glyphs?, &characters)
}

/// The compact font with all glyphs under their own numbers, for letters that change with their neighbours.
pub fn whole(font: &[u8]) -> Option<Vec<u8>> {
    let face = Face::parse(font, 0).ok()?;
    let scale = f64::from(UNITS_PER_EM) / f64::from(face.units_per_em());
    let glyphs: Option<Vec<Glyph>> =
        (0..face.number_of_glyphs()).map(|gid| glyph(&face, GlyphId(gid), scale)).collect();
    opentype::font(&measures(&face, scale), &glyphs?, &mapped(&face).into_iter().collect())
}

/// Tables by which letters are chosen and placed; they know no outlines.
const RULES: [&[u8; 4]; 9] = [b"GDEF", b"GPOS", b"GSUB", b"OS/2", b"cmap", b"head", b"hhea", b"hmtx", b"maxp"];

/// What says how the letters of a font change with their neighbours, as a font without outlines.
pub fn rules(font: &[u8]) -> Option<Vec<u8>> {
    let face = Face::parse(font, 0).ok()?;
    let table = |tag| Some((tag, face.raw_face().table(Tag::from_bytes(tag))?.to_vec()));
    let tables: Vec<_> = RULES.into_iter().filter_map(table).collect();
    opentype::assemble(&tables)
}

/// Every character of the font and its glyph; the missing glyph stands for none.
fn mapped(face: &Face<'_>) -> Vec<(u32, u16)> {
    let mut mapped = Vec::new();
    for subtable in face.tables().cmap.iter().flat_map(|cmap| cmap.subtables) {
        if subtable.is_unicode() {
            subtable.codepoints(|code| {
                mapped.extend(subtable.glyph_index(code).filter(|gid| gid.0 != 0).map(|gid| (code, gid.0)));
            });
        }
    }
    mapped
}

fn glyph(face: &Face<'_>, gid: GlyphId, scale: f64) -> Option<Glyph> {
    let advance = scaled(face.glyph_hor_advance(gid)?.into(), scale);
    let contours = outline::contours(face, gid, scale);
    Some(Glyph { charstring: charstring::write(&contours, advance), advance: u16::try_from(advance).ok()? })
}

fn measures(face: &Face<'_>, scale: f64) -> Measures {
    let short = |value: i16| scaled(value.into(), scale) as i16;
    let bounds = face.global_bounding_box();
    let named = |id| {
        let names = face.names().into_iter().filter(|name| name.name_id == id);
        names.filter_map(|name| name.to_string()).next().unwrap_or_default()
    };
    Measures {
        ascender: short(face.ascender()),
        descender: short(face.descender()),
        bounds: [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(short),
        weight: face.weight().to_number(),
        name: named(name_id::POST_SCRIPT_NAME),
        copyright: named(name_id::COPYRIGHT_NOTICE),
    }
}

fn scaled(value: i32, scale: f64) -> i32 {
    (f64::from(value) * scale).round() as i32
}
