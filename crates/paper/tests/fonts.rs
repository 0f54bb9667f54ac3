//! The fonts that go into the program against the fonts as they were installed.

#![cfg(test)]

#[path = "../build/outlines.rs"]
mod outlines;

use ttf_parser::{Face, GlyphId, OutlineBuilder};

/// The corners of an outline, in order.
#[derive(Default)]
struct Corners(Vec<(f32, f32)>);

impl OutlineBuilder for Corners {
    fn move_to(&mut self, x: f32, y: f32) {
        self.0.push((x, y));
    }
    fn line_to(&mut self, x: f32, y: f32) {
        self.0.push((x, y));
    }
    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.0.extend([(x1, y1), (x, y)]);
    }
    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.0.extend([(x1, y1), (x2, y2), (x, y)]);
    }
    fn close(&mut self) {}
}

fn installed(place: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../../ui/node_modules/@expo-google-fonts/{place}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn only_places_of_points_change_and_by_less_than_a_fiftieth_of_a_stem() {
    for place in
        ["noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf", "noto-sans-jp/400Regular/NotoSansJP_400Regular.ttf"]
    {
        let original = installed(place);
        let coarse = outlines::coarsen(&original).unwrap();
        assert!(coarse.len() < original.len());
        let (original, coarse) = (Face::parse(&original, 0).unwrap(), Face::parse(&coarse, 0).unwrap());
        assert_eq!(original.number_of_glyphs(), coarse.number_of_glyphs());
        for gid in (0..original.number_of_glyphs()).step_by(7).map(GlyphId) {
            assert_eq!(original.glyph_hor_advance(gid), coarse.glyph_hor_advance(gid));
            let (mut before, mut after) = (Corners::default(), Corners::default());
            original.outline_glyph(gid, &mut before);
            coarse.outline_glyph(gid, &mut after);
            assert_eq!(before.0.len(), after.0.len(), "{gid:?}");
            for ((x, y), (coarse_x, coarse_y)) in before.0.iter().zip(&after.0) {
                assert!((x - coarse_x).abs() <= 2.0 && (y - coarse_y).abs() <= 2.0, "{gid:?}");
            }
        }
        for character in "国服务确认单𠮷〇²³µ①℃ΩΩ，。".chars() {
            assert_eq!(original.glyph_index(character), coarse.glyph_index(character), "{character}");
        }
    }
}

#[test]
fn what_is_no_font_is_refused() {
    let font = installed("noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf");
    assert!(outlines::coarsen(b"").is_none());
    assert!(outlines::coarsen(&font[..200]).is_none());
    assert!(
        outlines::coarsen(b"not a font, but longer than the head of one would be, so that it is looked at").is_none()
    );
}
