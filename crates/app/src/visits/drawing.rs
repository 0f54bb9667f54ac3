//! Whether a picture is a signature that somebody drew on the pad: one dark ink on empty paper, in thin strokes, and
//! more of them than a slip of the pen. What it says is nobody's business here.
//!
//! Pure. A single stroke is a signature (一), a tap is none. A stroke is told from a blot by its shape: an outline that is
//! long against the area in it.

use doorstep_domain::{Code, Refusal};
use image::RgbaImage;

/// Channels of what lies on white paper that are darker than this are ink; lighter than [`PAPER`], nothing.
const INK: u8 = 160;
const PAPER: u8 = 244;
/// Most of a picture that is not paper. Signatures cover a twentieth, cut to their edges a fifth.
const COVERED_SHARE_MAX: f64 = 0.35;
/// Most separate pieces. Four characters written stroke by stroke have sixty; a page of text and noise have hundreds.
const PIECES_MAX: usize = 160;
/// How far a channel may be from the ink's colour over paper, and which share of pixels may be further.
const COLOUR_OFF_MAX: f64 = 40.0;
const OFF_COLOUR_SHARE_MAX: f64 = 0.1;
/// Widest stroke, in pixels, and as a share of the longest side: twice what the pad draws.
const STROKE_PIXELS_MAX: f64 = 18.0;
const STROKE_SHARE_MAX: f64 = 0.03;
/// A piece is a stroke when it is this many times longer than wide; a round blot comes to 3.1, a square to 4.
const STROKE_RATIO_MIN: f64 = 5.0;
/// Length of all strokes together, in pixels: on the pad 6 mm.
const LENGTH_PIXELS_MIN: f64 = 48.0;

/// Checks a drawn signature.
///
/// # Errors
/// [`Code::Missing`] when nothing is drawn, [`Code::SignatureTooLittle`] for dots and the shortest of strokes,
/// [`Code::NotADrawing`] for what no pen draws on the pad.
pub(crate) fn check(picture: &RgbaImage) -> Result<(), Refusal> {
    let seen: Vec<[u8; 3]> = picture.pixels().map(|pixel| on_white(pixel.0)).collect();
    let darkest = |colour: &[u8; 3]| colour.iter().copied().min().unwrap_or(u8::MAX);
    let covered: Vec<[u8; 3]> = seen.iter().copied().filter(|colour| darkest(colour) < PAPER).collect();
    if covered.is_empty() {
        return Err(Refusal::new(Code::Missing, "nothing is drawn"));
    }
    let none = |why: String| Err(Refusal::new(Code::NotADrawing, why));
    let share = covered.len() as f64 / seen.len() as f64;
    if share > COVERED_SHARE_MAX {
        return none(format!("{:.0} % is covered", share * 100.0));
    }
    let off = off_colour(&covered);
    if off > OFF_COLOUR_SHARE_MAX {
        return none(format!("{:.0} % is of another colour than the ink", off * 100.0));
    }
    let mut ink: Vec<bool> = seen.iter().map(|colour| darkest(colour) < INK).collect();
    let Some(pieces) = pieces(&mut ink, picture.width() as usize) else {
        return none(format!("more than {PIECES_MAX} pieces"));
    };
    let (area, outline) = pieces.iter().fold((0, 0), |sum, piece| (sum.0 + piece.area, sum.1 + piece.outline));
    let stroke_max = STROKE_PIXELS_MAX.max(STROKE_SHARE_MAX * f64::from(picture.width().max(picture.height())));
    let length: f64 =
        pieces.iter().filter(|piece| piece.length() >= STROKE_RATIO_MIN * piece.width()).map(Piece::length).sum();
    // A blot is too little, however thick; what is long and thick is no stroke.
    if length >= LENGTH_PIXELS_MIN && width(area, outline) > stroke_max {
        return none("it is thicker than a pen".into());
    }
    if length < LENGTH_PIXELS_MIN {
        return Err(Refusal::new(Code::SignatureTooLittle, format!("{length:.0} pixels of strokes")));
    }
    Ok(())
}

fn on_white([red, green, blue, alpha]: [u8; 4]) -> [u8; 3] {
    let alpha = u32::from(alpha);
    [red, green, blue].map(|channel| ((u32::from(channel) * alpha + 255 * (255 - alpha)) / 255) as u8)
}

/// The share of pixels that are not the ink's colour, wholly or in part over paper. The ink's colour is that of the
/// darkest.
fn off_colour(covered: &[[u8; 3]]) -> f64 {
    let depth = |colour: &[u8; 3]| colour.iter().map(|channel| u32::from(255 - channel)).sum::<u32>();
    let deepest = covered.iter().map(depth).max().unwrap_or(0);
    let deep: Vec<&[u8; 3]> = covered.iter().filter(|colour| depth(colour) * 10 >= deepest * 9).collect();
    let mean =
        [0, 1, 2].map(|at| deep.iter().map(|colour| f64::from(255 - colour[at])).sum::<f64>() / deep.len() as f64);
    let whole: f64 = mean.iter().sum();
    let is_off = |colour: &&[u8; 3]| {
        let share = f64::from(depth(colour)) / whole;
        let off = |at: usize| (f64::from(255 - colour[at]) - mean[at] * share).abs();
        (0..3).any(|at| off(at) > COLOUR_OFF_MAX)
    };
    covered.iter().filter(is_off).count() as f64 / covered.len() as f64
}

/// Ink that hangs together.
#[derive(Debug, Default)]
struct Piece {
    /// Pixels.
    area: usize,
    /// Sides of pixels at which there is paper.
    outline: usize,
    left: usize,
    right: usize,
    top: usize,
    bottom: usize,
}

impl Piece {
    /// Half of its outline, which is counted in steps across and down and so too long for slanted lines; at least from
    /// corner to corner.
    fn length(&self) -> f64 {
        let across = (self.right - self.left + 1) as f64;
        let down = (self.bottom - self.top + 1) as f64;
        let along = self.outline as f64 * std::f64::consts::FRAC_PI_8;
        // From corner to corner counts only for what is thin between them.
        if self.outline as f64 / 2.0 > 6.0 * self.width() { along.max(across.hypot(down)) } else { along }
    }

    fn width(&self) -> f64 {
        width(self.area, self.outline)
    }
}

fn width(area: usize, outline: usize) -> f64 {
    2.0 * area as f64 / outline.max(1) as f64
}

/// Takes the pieces out of `ink`, whose rows are `width` long; `None` when there are more than a signature has.
fn pieces(ink: &mut [bool], width: usize) -> Option<Vec<Piece>> {
    let whole = ink.to_vec();
    let mut found = Vec::new();
    for start in 0..ink.len() {
        if !std::mem::take(&mut ink[start]) {
            continue;
        }
        let mut piece = Piece { left: usize::MAX, top: usize::MAX, ..Piece::default() };
        let mut waiting = vec![start];
        while let Some(at) = waiting.pop() {
            let (x, y) = (at % width, at / width);
            piece.area += 1;
            (piece.left, piece.right) = (piece.left.min(x), piece.right.max(x));
            (piece.top, piece.bottom) = (piece.top.min(y), piece.bottom.max(y));
            for (next, beside) in neighbours(at, width, ink.len()) {
                piece.outline += usize::from(beside && !next.is_some_and(|next| whole[next]));
                if let Some(next) = next
                    && std::mem::take(&mut ink[next])
                {
                    waiting.push(next);
                }
            }
        }
        found.push(piece);
        if found.len() > PIECES_MAX {
            return None;
        }
    }
    Some(found)
}

/// The eight pixels around one, where there are such, and whether they share a side with it.
fn neighbours(at: usize, width: usize, count: usize) -> impl Iterator<Item = (Option<usize>, bool)> {
    let (x, y) = (at % width, at / width);
    let steps = [(0, 1), (1, 0), (1, 2), (2, 1), (0, 0), (2, 0), (0, 2), (2, 2)];
    steps.into_iter().enumerate().map(move |(place, (dx, dy))| {
        let (x, y) = ((x + dx).checked_sub(1).filter(|x| *x < width), (y + dy).checked_sub(1));
        (x.zip(y).map(|(x, y)| y * width + x).filter(|next| *next < count), place < 4)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgba;

    const NAVY: Rgba<u8> = Rgba([16, 20, 46, 255]);

    fn pad() -> RgbaImage {
        RgbaImage::new(700, 320)
    }

    /// Draws a line with a round pen, as the pad does, its edge softened.
    fn line(picture: &mut RgbaImage, from: (f64, f64), to: (f64, f64), thick: f64, ink: Rgba<u8>) {
        let steps = ((to.0 - from.0).hypot(to.1 - from.1) * 2.0) as usize + 1;
        let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
        for step in 0..=steps {
            let part = step as f64 / steps as f64;
            let (x, y) = (from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part);
            let around = |at: f64, end: f64| (at - thick).max(0.0) as u32..=(at + thick).min(end - 1.0) as u32;
            for (px, py) in around(y, height).flat_map(|py| around(x, width).map(move |px| (px, py))) {
                let reach = thick / 2.0 + 0.5 - (f64::from(px) - x).hypot(f64::from(py) - y);
                let alpha = (reach.clamp(0.0, 1.0) * 255.0) as u8;
                if alpha > picture.get_pixel(px, py).0[3] {
                    picture.put_pixel(px, py, Rgba([ink.0[0], ink.0[1], ink.0[2], alpha]));
                }
            }
        }
    }

    fn drawn(lines: &[[f64; 4]], thick: f64) -> Result<(), Code> {
        let mut picture = pad();
        lines.iter().for_each(|[a, b, c, d]| line(&mut picture, (*a, *b), (*c, *d), thick, NAVY));
        check(&picture).map_err(|refusal| refusal.code)
    }

    #[test]
    fn a_name_of_few_strokes_is_a_signature() {
        for thick in [2.0, 4.0, 7.0] {
            assert_eq!(drawn(&[[400.0, 240.0, 640.0, 236.0]], thick), Ok(()), "一, {thick}");
            let ding = [[400.0, 140.0, 560.0, 140.0], [480.0, 140.0, 480.0, 300.0], [480.0, 300.0, 450.0, 280.0]];
            assert_eq!(drawn(&ding, thick), Ok(()), "丁, {thick}");
            assert_eq!(
                drawn(&[[400.0, 200.0, 440.0, 240.0], [440.0, 200.0, 400.0, 240.0]], thick),
                Ok(()),
                "X, {thick}"
            );
            assert_eq!(drawn(&[[100.0, 50.0, 140.0, 90.0]], thick), Ok(()), "a small slanted stroke, {thick}");
        }
    }

    #[test]
    fn a_tap_a_slip_and_dots_are_too_little() {
        for thick in [3.0, 5.0, 8.0] {
            for lines in [
                vec![[300.0, 200.0, 300.0, 200.0]],
                vec![[300.0, 200.0, 315.0, 204.0]],
                vec![[300.0, 200.0, 301.0, 200.0], [420.0, 230.0, 420.0, 231.0]],
                (0..20).map(|n| [f64::from(n) * 30.0 + 20.0, 200.0, f64::from(n) * 30.0 + 21.0, 200.0]).collect(),
            ] {
                assert_eq!(drawn(&lines, thick), Err(Code::SignatureTooLittle), "{} of {thick}", lines.len());
            }
        }
        assert_eq!(drawn(&[[300.0, 200.0, 300.0, 200.0]], 60.0), Err(Code::SignatureTooLittle), "a blot");
        assert_eq!(drawn(&[], 3.0), Err(Code::Missing));
    }

    #[test]
    fn what_no_pen_draws_is_no_signature() {
        let filled = |paint: &dyn Fn(u32, u32) -> [u8; 4]| RgbaImage::from_fn(600, 240, |x, y| Rgba(paint(x, y)));
        let scattered = |x: u32, y: u32| x.wrapping_mul(2_654_435_761).wrapping_add(y.wrapping_mul(40_503)) >> 7 & 0xFF;
        let pictures: [(&str, RgbaImage); 7] = [
            ("black", filled(&|_, _| [0, 0, 0, 255])),
            ("grey", filled(&|_, _| [128, 128, 128, 255])),
            ("a gradient", filled(&|x, _| [(x * 255 / 600) as u8; 4].map(|c| c.max(1)))),
            ("noise", filled(&|x, y| [scattered(x, y) as u8, scattered(y, x) as u8, scattered(x + 9, y) as u8, 255])),
            ("specks", filled(&|x, y| if scattered(x, y) < 4 { [0, 0, 0, 255] } else { [255; 4] })),
            (
                "text",
                filled(&|x, y| {
                    if x % 20 < 10 && y % 24 < 14 && (x % 5 == 0 || y % 7 == 0) { [0, 0, 0, 255] } else { [255; 4] }
                }),
            ),
            (
                "a bar",
                filled(&|x, y| {
                    if (40..560).contains(&x) && (90..150).contains(&y) { [0, 0, 0, 255] } else { [255; 4] }
                }),
            ),
        ];
        for (what, picture) in pictures {
            assert_eq!(check(&picture).map_err(|refusal| refusal.code), Err(Code::NotADrawing), "{what}");
        }
        let mut colours = pad();
        for (at, ink) in (0..).zip([[200, 30, 30, 255], [20, 130, 40, 255], [20, 40, 190, 255]]) {
            line(
                &mut colours,
                (100.0, 100.0 + 60.0 * f64::from(at)),
                (650.0, 90.0 + 60.0 * f64::from(at)),
                4.0,
                Rgba(ink),
            );
        }
        assert_eq!(check(&colours).map_err(|refusal| refusal.code), Err(Code::NotADrawing));
    }
}
