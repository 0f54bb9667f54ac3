//! A glyph's outline: read from the font, its curves joined, every point on the grid, nothing said twice.

use ttf_parser::{Face, GlyphId, OutlineBuilder};

use super::{OFF_MAX, joining};

/// A place, in the unit of its context.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

/// A step from where the pen is.
pub type Step = (i32, i32);

/// A piece of a contour, on the grid: steps from its beginning to the end, or to each of the three points of a curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    Line(Step),
    Curve([Step; 3]),
}

/// A closed contour. The last line back to its start is not among its pieces.
pub struct Contour {
    pub start: Step,
    pub pieces: Vec<Piece>,
}

/// A piece before it is on the grid: the points after its beginning.
enum Drawn {
    Line(Point),
    Curve([Point; 3]),
}

/// The contours of a glyph, scaled and on the grid.
pub fn contours(face: &Face<'_>, gid: GlyphId, scale: f64) -> Vec<Contour> {
    let mut pen = Pen { scale, ..Pen::default() };
    face.outline_glyph(gid, &mut pen);
    pen.contours
}

#[derive(Default)]
struct Pen {
    scale: f64,
    start: Option<Point>,
    drawn: Vec<Drawn>,
    /// Quadratic curves that have not been joined yet: where they begin, then two points of each.
    open: Vec<Point>,
    contours: Vec<Contour>,
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.start = Some(point(x, y));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.join();
        self.drawn.push(Drawn::Line(point(x, y)));
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        if self.open.is_empty() {
            self.open.extend(self.at());
        }
        self.open.extend([point(x1, y1), point(x, y)]);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.join();
        self.drawn.push(Drawn::Curve([point(x1, y1), point(x2, y2), point(x, y)]));
    }

    fn close(&mut self) {
        self.join();
        let drawn = std::mem::take(&mut self.drawn);
        if let Some(start) = self.start.take() {
            self.contours.extend(on_grid(start, &drawn, self.scale));
        }
    }
}

impl Pen {
    fn at(&self) -> Option<Point> {
        match self.drawn.last() {
            Some(Drawn::Line(end) | Drawn::Curve([_, _, end])) => Some(*end),
            None => self.start,
        }
    }

    fn join(&mut self) {
        let open = std::mem::take(&mut self.open);
        self.drawn.extend(joining::joined(&open, OFF_MAX).into_iter().map(Drawn::Curve));
    }
}

fn point(x: f32, y: f32) -> Point {
    Point { x: f64::from(x), y: f64::from(y) }
}

/// The contour on the grid; `None` when nothing is left of it.
fn on_grid(start: Point, drawn: &[Drawn], scale: f64) -> Option<Contour> {
    let grid = |point: &Point| ((point.x * scale).round() as i32, (point.y * scale).round() as i32);
    let first = grid(&start);
    let mut at = first;
    let mut pieces: Vec<Piece> = Vec::new();
    for piece in drawn {
        let piece = match piece {
            Drawn::Line(end) => Piece::Line(minus(grid(end), at)),
            Drawn::Curve(points) => curve(at, points.each_ref().map(grid)),
        };
        at = plus(at, end(&piece));
        add(&mut pieces, piece);
    }
    add(&mut pieces, Piece::Line(minus(first, at)));
    (!pieces.is_empty()).then(|| beginning_best(first, pieces))
}

/// A curve whose handles lie on the way from its beginning to its end is a line.
fn curve(from: Step, [one, two, end]: [Step; 3]) -> Piece {
    let (to, first, second) = (minus(end, from), minus(one, from), minus(two, from));
    let on_the_way = |step: Step| cross(step, to) == 0 && dot(step, to) >= 0 && dot(step, to) <= dot(to, to);
    let comes_back = to == (0, 0) && (first, second) != (to, to);
    if on_the_way(first) && on_the_way(second) && !comes_back {
        return Piece::Line(to);
    }
    Piece::Curve([first, minus(two, one), minus(end, two)])
}

/// Adds a piece: nothing for one without length, a longer line for one that goes on straight.
fn add(pieces: &mut Vec<Piece>, piece: Piece) {
    match (pieces.last_mut(), piece) {
        (_, Piece::Line((0, 0))) => {}
        (Some(Piece::Line(last)), Piece::Line(step)) if cross(*last, step) == 0 && dot(*last, step) > 0 => {
            *last = plus(*last, step);
        }
        _ => pieces.push(piece),
    }
}

/// Turns the contour so that the line back to its start, which need not be written, is the one that would take most.
fn beginning_best(mut first: Step, mut pieces: Vec<Piece>) -> Contour {
    if let [Piece::Line(opening), .., Piece::Line(closing)] = pieces[..]
        && cross(opening, closing) == 0
        && dot(opening, closing) > 0
    {
        first = plus(first, opening);
        pieces.remove(0);
        add(&mut pieces, Piece::Line(opening));
    }
    let spared = |piece: &Piece| match piece {
        Piece::Line((x, y)) => usize::from(*x != 0) + usize::from(*y != 0),
        Piece::Curve(_) => 0,
    };
    let best = (0..pieces.len()).rev().max_by_key(|index| spared(&pieces[*index])).unwrap_or_default();
    let start = pieces[..=best].iter().fold(first, |at, piece| plus(at, end(piece)));
    pieces.rotate_left(best + 1);
    pieces.pop_if(|piece| matches!(piece, Piece::Line(_)));
    Contour { start, pieces }
}

/// The step from a piece's beginning to its end.
pub fn end(piece: &Piece) -> Step {
    match piece {
        Piece::Line(step) => *step,
        Piece::Curve(steps) => steps.iter().fold((0, 0), |at, step| plus(at, *step)),
    }
}

pub fn plus(one: Step, two: Step) -> Step {
    (one.0 + two.0, one.1 + two.1)
}

pub fn minus(one: Step, two: Step) -> Step {
    (one.0 - two.0, one.1 - two.1)
}

fn cross(one: Step, two: Step) -> i32 {
    one.0 * two.1 - one.1 * two.0
}

fn dot(one: Step, two: Step) -> i32 {
    one.0 * two.0 + one.1 * two.1
}
