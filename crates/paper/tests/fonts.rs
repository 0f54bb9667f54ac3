//! The fonts that go into the program against the fonts as they were installed.

#![cfg(test)]

#[path = "../build/compact/mod.rs"]
mod compact;

use compact::{OFF_MAX, UNITS_PER_EM, compact, rules, whole};
use ttf_parser::{Face, OutlineBuilder};

const CHINESE: &str = "noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf";
const FALLBACK: &str = "noto-sans-jp/400Regular/NotoSansJP_400Regular.ttf";
const TIBETAN: &str = "noto-serif-tibetan/400Regular/NotoSerifTibetan_400Regular.ttf";
/// Steps in which a curve is walked.
const STEPS: u8 = 8;

fn installed(place: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../../ui/node_modules/@expo-google-fonts/{place}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

type Point = (f32, f32);

/// An outline walked in short steps, in thousandths of an em.
#[derive(Default)]
struct Walk {
    scale: f32,
    at: Point,
    start: Point,
    steps: Vec<(Point, Point)>,
}

impl Walk {
    fn of(face: &Face<'_>, character: char) -> Vec<(Point, Point)> {
        let mut walk = Self { scale: 1000.0 / f32::from(face.units_per_em()), ..Self::default() };
        face.outline_glyph(face.glyph_index(character).unwrap(), &mut walk);
        walk.steps
    }

    fn to(&mut self, point: Point) {
        let scaled = |(x, y): Point| (x * self.scale, y * self.scale);
        self.steps.push((scaled(self.at), scaled(point)));
        self.at = point;
    }

    fn along(&mut self, place: impl Fn(f32) -> Point) {
        (1..=STEPS).for_each(|step| self.to(place(f32::from(step) / f32::from(STEPS))));
    }
}

impl OutlineBuilder for Walk {
    fn move_to(&mut self, x: f32, y: f32) {
        (self.at, self.start) = ((x, y), (x, y));
    }
    fn line_to(&mut self, x: f32, y: f32) {
        self.to((x, y));
    }
    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let (fx, fy) = self.at;
        let place = |t: f32, a: f32, b: f32, c: f32| (1.0 - t).powi(2) * a + 2.0 * t * (1.0 - t) * b + t * t * c;
        self.along(|t| (place(t, fx, x1, x), place(t, fy, y1, y)));
    }
    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let (fx, fy) = self.at;
        let place = |t: f32, a: f32, b: f32, c: f32, d: f32| {
            let u = 1.0 - t;
            u.powi(3) * a + 3.0 * t * u * u * b + 3.0 * t * t * u * c + t.powi(3) * d
        };
        self.along(|t| (place(t, fx, x1, x2, x), place(t, fy, y1, y2, y)));
    }
    fn close(&mut self) {
        self.to(self.start);
    }
}

/// How far the end of the step that lies furthest from `other` is from it.
fn furthest(steps: &[(Point, Point)], other: &[(Point, Point)]) -> f32 {
    let near = |point: Point| other.iter().map(|step| distance(point, *step)).fold(f32::INFINITY, f32::min);
    steps.iter().map(|(_, end)| near(*end)).fold(0.0, f32::max)
}

fn distance((x, y): Point, ((ax, ay), (bx, by)): (Point, Point)) -> f32 {
    let (dx, dy) = (bx - ax, by - ay);
    let length = dx * dx + dy * dy;
    let share = if length == 0.0 { 0.0 } else { (((x - ax) * dx + (y - ay) * dy) / length).clamp(0.0, 1.0) };
    (x - ax - share * dx).hypot(y - ay - share * dy)
}

fn characters(face: &Face<'_>) -> Vec<char> {
    let mut characters = Vec::new();
    for subtable in face.tables().cmap.unwrap().subtables {
        subtable.codepoints(|code| {
            let mapped = subtable.glyph_index(code).is_some_and(|gid| gid.0 != 0);
            characters.extend(char::from_u32(code).filter(|_| mapped));
        });
    }
    characters.sort_unstable();
    characters.dedup();
    characters
}

#[test]
fn every_character_keeps_its_glyph_and_width() {
    let original = installed(CHINESE);
    let small = compact(&original, |_| true).unwrap();
    assert!(small.len() * 3 < original.len() * 2, "{} of {} bytes", small.len(), original.len());
    let (original, small) = (Face::parse(&original, 0).unwrap(), Face::parse(&small, 0).unwrap());
    assert!(characters(&original).len() > 20_000);
    assert_eq!(characters(&original), characters(&small));
    let width = |face: &Face<'_>, character: char| {
        let advance = face.glyph_hor_advance(face.glyph_index(character).unwrap()).unwrap();
        f32::from(advance) * 1000.0 / f32::from(face.units_per_em())
    };
    for character in characters(&original) {
        let (before, after) = (width(&original, character), width(&small, character));
        assert!((before - after).abs() <= 2.0, "{character}: {before}, then {after}");
    }
}

#[test]
fn a_font_whose_letters_change_keeps_every_glyph_under_its_number_and_the_rules_that_choose_it() {
    let original = installed(TIBETAN);
    let (glyphs, rules) = (whole(&original).unwrap(), rules(&original).unwrap());
    let face = Face::parse(&original, 0).unwrap();
    assert_eq!(Face::parse(&glyphs, 0).unwrap().number_of_glyphs(), face.number_of_glyphs());
    let ruled = Face::parse(&rules, 0).unwrap();
    assert!(ruled.tables().gsub.is_some() && ruled.glyph_index('ཀ') == face.glyph_index('ཀ'));
    assert!(rules.len() * 2 < original.len(), "it carries no outlines: {} of {} bytes", rules.len(), original.len());
}

#[test]
fn outlines_run_where_they_ran_within_seven_thousandths_of_an_em() {
    // What joining curves may add, half of the grid's diagonal, and what walking in steps misses of a bend.
    let off_max = OFF_MAX as f32 + 1.25 * 1000.0 / f32::from(UNITS_PER_EM);
    let original = installed(CHINESE);
    let sample = |character: char| {
        u32::from(character) % 97 == 0 || character.is_ascii() || "国服务确认单〇²³µ㛃䶮".contains(character)
    };
    let small = compact(&original, sample).unwrap();
    let (original, small) = (Face::parse(&original, 0).unwrap(), Face::parse(&small, 0).unwrap());
    assert!(characters(&small).len() > 300);
    let mut curves = (0, 0);
    for character in characters(&small) {
        let (before, after) = (Walk::of(&original, character), Walk::of(&small, character));
        let off = furthest(&before, &after).max(furthest(&after, &before));
        assert!(off <= off_max, "{character} runs {off} off");
        curves = (curves.0 + before.len(), curves.1 + after.len());
    }
    assert!(curves.1 * 4 < curves.0 * 3, "{curves:?}: curves were joined");
}

#[test]
fn the_fallback_carries_only_what_the_chinese_font_lacks() {
    let (chinese, fallback) = (installed(CHINESE), installed(FALLBACK));
    let chinese = Face::parse(&chinese, 0).unwrap();
    let small = compact(&fallback, |character| chinese.glyph_index(character).is_none()).unwrap();
    let small = Face::parse(&small, 0).unwrap();
    assert!(small.glyph_index('𠮷').is_some());
    assert!(characters(&small).iter().all(|character| chinese.glyph_index(*character).is_none()));
}

#[test]
fn what_is_no_font_is_refused() {
    let font = installed(CHINESE);
    assert!(compact(b"", |_| true).is_none());
    assert!(compact(&font[..200], |_| true).is_none());
    assert!(compact(b"not a font, but longer than the head of one would be", |_| true).is_none());
}
