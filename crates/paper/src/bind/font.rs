//! A small font as objects of a PDF: its program, its widths, and what each code says (ISO 32000-1, 9.7 and 9.10).
//!
//! It writes down what the letters of a paper are; it must never choose them.

use lopdf::{Dictionary, Document, Object, ObjectId, Stream};

use crate::Error;
use crate::fonts::{Fonts, Small, Typeface};

/// Width of most letters, which need not be written, in thousandths of the font size.
const USUAL_WIDTH: i64 = 1000;
/// The most lines a CMap may have in a row (Adobe Technical Note 5014).
const LINES_MAX: usize = 100;

/// Adds a small font to `document`; pages may then refer to it.
///
/// # Errors
/// [`Error::Outlines`] when its typeface is damaged.
pub(super) fn add(document: &mut Document, small: &Small, fonts: &Fonts) -> Result<ObjectId, Error> {
    let typeface = fonts.typeface(small.typeface);
    let program = small.program(typeface)?;
    let full_name = format!("{}+{}", tag(&program), typeface.name);
    let program = Stream::new(Dictionary::from_iter([("Subtype", name("CIDFontType0C"))]), program);
    let program = document.add_object(program);
    let descriptor = document.add_object(descriptor(typeface, &full_name, program));
    let system = Dictionary::from_iter([
        ("Registry", Object::string_literal("Adobe")),
        ("Ordering", Object::string_literal("Identity")),
        ("Supplement", Object::Integer(0)),
    ]);
    let descendant = Dictionary::from_iter([
        ("Type", name("Font")),
        ("Subtype", name("CIDFontType0")),
        ("BaseFont", name(&full_name)),
        ("CIDSystemInfo", Object::Dictionary(system)),
        ("FontDescriptor", Object::Reference(descriptor)),
        ("DW", Object::Integer(USUAL_WIDTH)),
        ("W", widths(&small.advances, typeface.face.units_per_em())),
    ]);
    let says = document.add_object(Stream::new(Dictionary::new(), says(small).into_bytes()));
    Ok(document.add_object(Dictionary::from_iter([
        ("Type", name("Font")),
        ("Subtype", name("Type0")),
        ("BaseFont", name(&full_name)),
        ("Encoding", name("Identity-H")),
        ("DescendantFonts", Object::Array(vec![Object::Dictionary(descendant)])),
        ("ToUnicode", Object::Reference(says)),
    ])))
}

/// Six capital letters that mark a font as a subset (ISO 32000-1, 9.6.4), told by its content.
fn tag(program: &[u8]) -> String {
    blake3::hash(program).as_bytes()[..6].iter().map(|byte| char::from(b'A' + byte % 26)).collect()
}

fn name(name: &str) -> Object {
    Object::Name(name.as_bytes().to_vec())
}

fn descriptor(typeface: &Typeface, full_name: &str, program: ObjectId) -> Dictionary {
    const NOT_SYMBOLS: i64 = 1 << 5;
    let face = &typeface.face;
    let bounds = face.global_bounding_box();
    let scaled = |value: i16| Object::Integer(thousandths(value.into(), face.units_per_em()));
    let box_of_all = [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(scaled);
    Dictionary::from_iter([
        ("Type", name("FontDescriptor")),
        ("FontName", name(full_name)),
        ("Flags", Object::Integer(NOT_SYMBOLS)),
        ("FontBBox", Object::Array(box_of_all.to_vec())),
        ("ItalicAngle", Object::Integer(0)),
        ("Ascent", scaled(face.ascender())),
        ("Descent", scaled(face.descender())),
        ("CapHeight", scaled(face.ascender())),
        ("StemV", Object::Integer(stem(face.weight().to_number()))),
        ("FontFile3", Object::Reference(program)),
    ])
}

/// Thickness of upright strokes, which no font says, from its weight: 88 for 400 and 166 for 700.
fn stem(weight: u16) -> i64 {
    50 + i64::from(weight) * i64::from(weight) / (65 * 65)
}

fn thousandths(value: i64, units_per_em: u16) -> i64 {
    value * 1000 / i64::from(units_per_em)
}

/// Codes with another width than the usual one, in runs: where each begins, then its widths.
fn widths(advances: &[u16], units_per_em: u16) -> Object {
    let mut runs: Vec<Object> = Vec::new();
    let mut next = 0;
    for (code, advance) in advances.iter().enumerate().skip(1) {
        let width = thousandths((*advance).into(), units_per_em);
        if width == USUAL_WIDTH {
            continue;
        }
        match runs.last_mut() {
            Some(Object::Array(run)) if code == next => run.push(Object::Integer(width)),
            _ => runs.extend([Object::Integer(code as i64), Object::Array(vec![Object::Integer(width)])]),
        }
        next = code + 1;
    }
    Object::Array(runs)
}

/// The CMap that says which text each code stands for.
fn says(small: &Small) -> String {
    let mut cmap = String::from(
        "/CIDInit/ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo 3 dict dup begin\n\
         /Registry(Adobe)def\n/Ordering(UCS)def\n/Supplement 0 def\nend def\n/CMapName/Adobe-Identity-UCS def\n\
         /CMapType 2 def\n1 begincodespacerange\n<0000><FFFF>\nendcodespacerange\n",
    );
    let codes: Vec<(usize, &String)> = small.texts.iter().enumerate().skip(1).collect();
    for lines in codes.chunks(LINES_MAX) {
        cmap.push_str(&format!("{} beginbfchar\n", lines.len()));
        for (code, text) in lines {
            cmap.push('<');
            hexadecimal(&mut cmap, *code as u16);
            cmap.push_str("><");
            text.encode_utf16().for_each(|unit| hexadecimal(&mut cmap, unit));
            cmap.push_str(">\n");
        }
        cmap.push_str("endbfchar\n");
    }
    cmap.push_str("endcmap\nCMapName currentdict/CMap defineresource pop\nend\nend\n");
    cmap
}

fn hexadecimal(text: &mut String, number: u16) {
    let digits = [number >> 12, number >> 8, number >> 4, number].map(|digit| u32::from(digit & 0x0F));
    text.extend(digits.into_iter().filter_map(|digit| char::from_digit(digit, 16)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_written_where_they_are_not_the_usual_one() {
        let whole = |numbers: &[i64]| Object::Array(numbers.iter().map(|number| Object::Integer(*number)).collect());
        let written = widths(&[0, 250, 125, 130, 250, 250, 60], 250);
        let [two, six] = [2, 6].map(Object::Integer);
        assert_eq!(written, Object::Array(vec![two, whole(&[500, 520]), six, whole(&[240])]));
    }
}
