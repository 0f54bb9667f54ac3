//! Parting a strip that is taller than a page, between lines.

use super::Strip;
use crate::ink::Ink;

/// Space above what goes on after a cut.
const CONTINUED_PT: f32 = 3.0;

/// Parts `strip` so that the upper part is at most `room_pt` high. `None` when not even its first line fits.
///
/// Text, pictures and ticks go down whole; areas that reach across are parted. Columns are parted each at its own
/// line, so lines of different heights stay unbroken too.
pub(super) fn split(strip: Strip, room_pt: f32) -> Option<(Strip, Strip)> {
    let stays = |ink: &Ink| ink.extent().1 <= room_pt;
    let whole = |ink: &Ink| !matches!(ink, Ink::Area { .. });
    if !strip.ink.iter().any(|ink| whole(ink) && stays(ink)) {
        return None;
    }
    let moves = |ink: &&Ink| whole(ink) && !stays(ink);
    let cut = strip.ink.iter().filter(moves).map(|ink| ink.extent().0).fold(f32::INFINITY, f32::min);
    if !cut.is_finite() {
        return None;
    }
    let (mut upper, mut lower) = (Vec::new(), Vec::new());
    for ink in strip.ink {
        match ink {
            Ink::Area { x, y, width, height, paint } if y < room_pt && y + height > cut => {
                upper.push(Ink::Area { x, y, width, height: room_pt.min(y + height) - y, paint });
                if y + height > room_pt {
                    let top = y.max(cut);
                    lower.push(Ink::Area { x, y: top, width, height: y + height - top, paint });
                }
            }
            ink if stays(&ink) => upper.push(ink),
            ink => lower.push(ink),
        }
    }
    let lower = lower.into_iter().map(|ink| ink.moved(0.0, CONTINUED_PT - cut)).collect();
    let above = Strip { height: room_pt, ink: upper, space_before: strip.space_before, keep_with_next: true };
    let below = Strip { height: strip.height - cut + CONTINUED_PT, ink: lower, space_before: 0.0, ..strip };
    Some((above, below))
}
