//! Contours as Type 2 charstrings (Adobe Technical Note 5177), in as few bytes as the format has.
//!
//! Each contour is cut into runs that one operator draws. Which cut is shortest is found by trying all of them.

use super::UNITS_PER_EM;
use super::outline::{Contour, Piece, end, minus, plus};

/// Most numbers before one operator.
const NUMBERS_MAX: usize = 48;
const MOVE: u8 = 21;
const MOVE_ACROSS: u8 = 22;
const MOVE_UP: u8 = 4;
const END: u8 = 14;

/// Operators that draw a run, and what the run must look like.
const LINES: u8 = 5;
/// Lines in turn along the two axes, the first across.
const LINES_ACROSS: u8 = 6;
const LINES_UP: u8 = 7;
const CURVES: u8 = 8;
/// Curves, then one line.
const CURVES_LINE: u8 = 24;
/// Lines, then one curve.
const LINES_CURVE: u8 = 25;
/// Curves that begin and end upright; only the first may begin otherwise.
const CURVES_UP: u8 = 26;
/// The same lying.
const CURVES_ACROSS: u8 = 27;
/// Curves that begin and end in turn along the axes, the first upright; only the last may end otherwise.
const CURVES_UP_ACROSS: u8 = 30;
const CURVES_ACROSS_UP: u8 = 31;

const RUNS: [u8; 10] = [
    LINES,
    LINES_ACROSS,
    LINES_UP,
    CURVES,
    CURVES_LINE,
    LINES_CURVE,
    CURVES_UP,
    CURVES_ACROSS,
    CURVES_UP_ACROSS,
    CURVES_ACROSS_UP,
];

/// The charstring of a glyph with this outline and this advance.
pub fn write(contours: &[Contour], advance: i32) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A glyph as wide as the em says nothing: that is the width the font's private dictionary assumes.
    if advance != i32::from(UNITS_PER_EM) {
        number(advance, &mut bytes);
    }
    let mut at = (0, 0);
    for contour in contours {
        match minus(contour.start, at) {
            (x, 0) => operator(&[x], MOVE_ACROSS, &mut bytes),
            (0, y) => operator(&[y], MOVE_UP, &mut bytes),
            (x, y) => operator(&[x, y], MOVE, &mut bytes),
        }
        pieces(&contour.pieces, &mut bytes);
        at = contour.pieces.iter().fold(contour.start, |at, piece| plus(at, end(piece)));
    }
    bytes.push(END);
    bytes
}

fn pieces(pieces: &[Piece], bytes: &mut Vec<u8>) {
    // For each place: bytes of the shortest way to it, and the last run of that way.
    let mut best: Vec<(usize, usize, u8)> = vec![(usize::MAX, 0, 0); pieces.len() + 1];
    best[0].0 = 0;
    for from in 0..pieces.len() {
        for run in RUNS {
            let mut numbers = Vec::new();
            for to in from + 1..=pieces.len() {
                let Some(whole) = extend(run, &pieces[from..to], &mut numbers) else { break };
                if numbers.len() > NUMBERS_MAX {
                    break;
                }
                let cost = best[from].0 + numbers.iter().map(|value| length(*value)).sum::<usize>() + 1;
                if whole && cost < best[to].0 {
                    best[to] = (cost, from, run);
                }
            }
        }
    }
    let mut cuts = Vec::new();
    let mut to = pieces.len();
    while to > 0 {
        let (_, from, run) = best[to];
        cuts.push((from, to, run));
        to = from;
    }
    for (from, to, run) in cuts.into_iter().rev() {
        let mut numbers = Vec::new();
        for end in from + 1..=to {
            extend(run, &pieces[from..end], &mut numbers);
        }
        operator(&numbers, run, bytes);
    }
}

/// Adds the last of `pieces` to the numbers of a run that holds the others. `None` when the run cannot go on with it;
/// otherwise whether the run may end there.
fn extend(run: u8, pieces: &[Piece], numbers: &mut Vec<i32>) -> Option<bool> {
    let (last, before) = pieces.split_last()?;
    let even = before.len() % 2 == 0;
    match (run, last) {
        (LINES | LINES_CURVE, Piece::Line((x, y))) => {
            let open = !matches!(before.last(), Some(Piece::Curve(_)));
            numbers.extend(open.then_some([*x, *y])?);
            Some(run == LINES)
        }
        (LINES_ACROSS | LINES_UP, Piece::Line((x, y))) => {
            let across = even == (run == LINES_ACROSS);
            let (along, aside) = if across { (x, y) } else { (y, x) };
            numbers.push((*aside == 0).then_some(*along)?);
            Some(true)
        }
        (CURVES_LINE, Piece::Line((x, y))) => {
            numbers.extend(matches!(before.last(), Some(Piece::Curve(_))).then_some([*x, *y])?);
            Some(true)
        }
        (LINES_CURVE, Piece::Curve(steps)) => {
            let open = matches!(before.last(), Some(Piece::Line(_)));
            numbers.extend(open.then_some(steps)?.iter().flat_map(|(x, y)| [*x, *y]));
            Some(true)
        }
        (CURVES | CURVES_LINE, Piece::Curve(steps)) => {
            let open = !matches!(before.last(), Some(Piece::Line(_)));
            numbers.extend(open.then_some(steps)?.iter().flat_map(|(x, y)| [*x, *y]));
            Some(run == CURVES)
        }
        (CURVES_ACROSS | CURVES_UP, Piece::Curve(steps)) => along(run == CURVES_UP, steps, before.is_empty(), numbers),
        (CURVES_ACROSS_UP | CURVES_UP_ACROSS, Piece::Curve(steps)) => {
            turning(even == (run == CURVES_UP_ACROSS), steps, before.len(), numbers)
        }
        _ => None,
    }
}

/// A curve that begins and ends along one axis; the first of a run may begin otherwise.
fn along(up: bool, steps: &[(i32, i32); 3], first: bool, numbers: &mut Vec<i32>) -> Option<bool> {
    let [one, two, three] = steps.map(|(x, y)| if up { (y, x) } else { (x, y) });
    if three.1 != 0 || (one.1 != 0 && !first) {
        return None;
    }
    numbers.extend((one.1 != 0).then_some(one.1));
    numbers.extend([one.0, two.0, two.1, three.0]);
    // The two middle numbers are across and up whatever the axis.
    if up {
        let count = numbers.len();
        numbers.swap(count - 3, count - 2);
    }
    Some(true)
}

/// A curve that begins along one axis and ends along the other, or anywhere when no other follows it.
fn turning(up: bool, steps: &[(i32, i32); 3], before: usize, numbers: &mut Vec<i32>) -> Option<bool> {
    // A fifth number means that the last curve ended otherwise, and nothing can follow it.
    if numbers.len() > before * 4 {
        return None;
    }
    let [one, two, three] = *steps;
    let (aside, start) = if up { one } else { (one.1, one.0) };
    let (last, extra) = if up { three } else { (three.1, three.0) };
    if aside != 0 {
        return None;
    }
    numbers.extend([start, two.0, two.1, last]);
    numbers.extend((extra != 0).then_some(extra));
    Some(true)
}

fn operator(numbers: &[i32], operator: u8, bytes: &mut Vec<u8>) {
    numbers.iter().for_each(|value| number(*value, bytes));
    bytes.push(operator);
}

/// How many bytes a number takes.
fn length(value: i32) -> usize {
    match value.abs() {
        0..=107 => 1,
        108..=1131 => 2,
        _ => 3,
    }
}

fn number(value: i32, bytes: &mut Vec<u8>) {
    match value {
        -107..=107 => bytes.push((value + 139) as u8),
        108..=1131 => bytes.extend([((value - 108) / 256 + 247) as u8, ((value - 108) % 256) as u8]),
        -1131..=-108 => bytes.extend([((-value - 108) / 256 + 251) as u8, ((-value - 108) % 256) as u8]),
        _ => {
            bytes.push(28);
            bytes.extend((value as i16).to_be_bytes());
        }
    }
}
