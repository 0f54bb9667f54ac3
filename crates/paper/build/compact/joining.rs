//! Joins quadratic curves that were once one cubic curve. A designer drew the letters with cubic curves; making a
//! TrueType font of them cut each into two or three quadratic ones.
//!
//! Ends and tangents of what is joined stay; the joined curve never runs further than a given distance from what it
//! stands for. Where curves meet in a corner they stay apart.

use super::outline::Point;

/// A cubic curve: beginning, two handles, end.
type Cubic = [Point; 4];

/// The fewest cubic curves for quadratic ones, each without its beginning. `quadratics` is where the first begins,
/// then handle and end of each.
pub fn joined(quadratics: &[Point], off_max: f64) -> Vec<[Point; 3]> {
    let curves: Vec<Cubic> = quadratics.windows(3).step_by(2).map(raised).collect();
    // How many curves the best way to each place takes, how far it runs off, and where its last curve begins.
    let mut best: Vec<(usize, f64, usize)> = vec![(0, 0.0, 0)];
    let mut corner = 0;
    for to in 1..=curves.len() {
        let ways = (corner..to).filter_map(|from| {
            let off = off(&curves[from..to], off_max)?;
            Some((best[from].0 + 1, best[from].1.max(off), from))
        });
        let found =
            ways.min_by(|one, two| (one.0, one.1).partial_cmp(&(two.0, two.1)).unwrap_or(std::cmp::Ordering::Equal));
        best.push(found.unwrap_or((best[to - 1].0 + 1, best[to - 1].1, to - 1)));
        if curves.get(to).is_some_and(|next| is_corner(&curves[to - 1], next, off_max)) {
            corner = to;
        }
    }
    let mut joined = Vec::new();
    let mut to = curves.len();
    while to > 0 {
        let from = best[to].2;
        let [_, one, two, end] = one_for(&curves[from..to]).map_or(curves[from], |(curve, _)| curve);
        joined.push([one, two, end]);
        to = from;
    }
    joined.reverse();
    joined
}

/// A quadratic curve as the cubic one that runs just as it does.
fn raised(points: &[Point]) -> Cubic {
    let third =
        |end: Point, handle: Point| Point { x: (end.x + 2.0 * handle.x) / 3.0, y: (end.y + 2.0 * handle.y) / 3.0 };
    [points[0], third(points[0], points[1]), third(points[2], points[1]), points[2]]
}

fn is_corner(before: &Cubic, after: &Cubic, off_max: f64) -> bool {
    let (from, at, to) = (before[2], before[3], after[1]);
    length(minus(at, from)) + length(minus(to, at)) > off_max + length(minus(to, from))
}

/// The one curve with the ends and tangents of all, and where on it they would meet. `None` when a handle has no
/// length, so that nothing tells how the curve was cut.
fn one_for(curves: &[Cubic]) -> Option<(Cubic, Vec<f64>)> {
    let (first, last) = (curves.first()?, curves.last()?);
    let (mut share, mut sum) = (1.0, 1.0);
    let mut cuts = vec![1.0];
    for pair in curves.windows(2) {
        let before = length(minus(pair[0][3], pair[0][2]));
        if before == 0.0 {
            return None;
        }
        share *= length(minus(pair[1][1], pair[1][0])) / before;
        sum += share;
        cuts.push(sum);
    }
    cuts.pop();
    cuts.iter_mut().for_each(|cut| *cut /= sum);
    let (lead, trail) = (cuts.first().copied().unwrap_or(1.0), 1.0 - cuts.last().copied().unwrap_or(0.0));
    if lead == 0.0 || trail == 0.0 {
        return None;
    }
    let one = plus(first[0], times(minus(first[1], first[0]), 1.0 / lead));
    let two = plus(last[3], times(minus(last[2], last[3]), 1.0 / trail));
    Some(([first[0], one, two, last[3]], cuts))
}

/// How far the one curve for all of them runs off; `None` when further than allowed, or when there is none.
fn off(curves: &[Cubic], off_max: f64) -> Option<f64> {
    let (curve, cuts) = one_for(curves)?;
    let mut off: f64 = 0.0;
    let (mut rest, mut done) = (curve, 0.0);
    for (index, original) in curves.iter().enumerate() {
        let part = match cuts.get(index) {
            Some(cut) => {
                let (part, after) = split(&rest, (cut - done) / (1.0 - done));
                (rest, done) = (after, *cut);
                part
            }
            None => rest,
        };
        off = off.max(length(minus(part[3], original[3])));
        let apart: Cubic = std::array::from_fn(|place| minus(part[place], original[place]));
        if off > off_max || !stays_within(&apart, off_max) {
            return None;
        }
    }
    Some(off)
}

/// Whether a curve never leaves a circle around the origin; its ends are known to be inside.
fn stays_within(curve: &Cubic, radius: f64) -> bool {
    if length(curve[1]) <= radius && length(curve[2]) <= radius {
        return true;
    }
    let (before, after) = split(curve, 0.5);
    length(before[3]) <= radius && stays_within(&before, radius) && stays_within(&after, radius)
}

fn split(curve: &Cubic, at: f64) -> (Cubic, Cubic) {
    let between = |one: Point, two: Point| plus(one, times(minus(two, one), at));
    let [a, b, c, d] = *curve;
    let (ab, bc, cd) = (between(a, b), between(b, c), between(c, d));
    let (abc, bcd) = (between(ab, bc), between(bc, cd));
    let middle = between(abc, bcd);
    ([a, ab, abc, middle], [middle, bcd, cd, d])
}

fn plus(one: Point, two: Point) -> Point {
    Point { x: one.x + two.x, y: one.y + two.y }
}

fn minus(one: Point, two: Point) -> Point {
    Point { x: one.x - two.x, y: one.y - two.y }
}

fn times(point: Point, factor: f64) -> Point {
    Point { x: point.x * factor, y: point.y * factor }
}

fn length(point: Point) -> f64 {
    point.x.hypot(point.y)
}
