//! Tables: a head that is repeated on every page, rows that stay whole, rows that begin a group.

use super::{Block, HAIR_PT, SMALL_PT, label, set, text};
use crate::flow::{Laid, Strip};
use crate::fonts::{Setter, Style};
use crate::ink::{Colour, Ink, Paint, Tick};

/// One column of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// What the head says.
    pub title: String,
    /// How wide it is.
    pub room: Room,
}

/// How wide a column is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Room {
    /// So many points.
    Points(f32),
    /// A part of what is left; the parts of a table are added up.
    Part(f32),
}

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// What it says.
    pub text: String,
    /// How it is set.
    pub style: Style,
    /// A tick before the text.
    pub tick: Option<Tick>,
}

impl Cell {
    /// A cell in the paper's running text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), style: self::text(), tick: None }
    }

    /// The same in another style.
    #[must_use]
    pub fn styled(self, style: Style) -> Self {
        Self { style, ..self }
    }

    /// The same with a tick before the text.
    #[must_use]
    pub fn ticked(self, tick: Option<Tick>) -> Self {
        Self { tick, ..self }
    }
}

/// A row of cells, or the title of the rows that follow.
#[derive(Debug, Clone, PartialEq)]
pub enum Row {
    /// One cell a column.
    Cells(Vec<Cell>),
    /// A title over the whole width; stays with the row after it.
    Group(String),
}

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The columns, from left to right.
    pub columns: Vec<Column>,
    /// The rows, from top to bottom.
    pub rows: Vec<Row>,
}

/// Space above and below a cell's text, and at its sides.
const PAD_PT: (f32, f32) = (3.2, 5.0);
/// Side of a tick, and the room it takes with the space after it.
const TICK_PT: (f32, f32) = (7.5, 12.0);

impl Block for Table {
    fn lay(&self, setter: &mut Setter<'_>, width_pt: f32) -> Laid {
        let head = self.head(setter, width_pt);
        let strips = self.rows.iter().map(|row| match row {
            Row::Cells(cells) => self.row(setter, cells, width_pt),
            Row::Group(title) => group(setter, title, width_pt),
        });
        Laid { strips: strips.collect(), head: Some(head) }
    }
}

impl Table {
    /// Left edge and width of each column.
    fn edges(&self, width_pt: f32) -> impl Iterator<Item = (f32, f32)> {
        let fixed = |column: &Column| if let Room::Points(points) = column.room { points } else { 0.0 };
        let part = |column: &Column| if let Room::Part(part) = column.room { part } else { 0.0 };
        let left_over = width_pt - self.columns.iter().map(fixed).sum::<f32>();
        let whole = self.columns.iter().map(part).sum::<f32>().max(f32::MIN_POSITIVE);
        let mut left = 0.0;
        self.columns.iter().map(move |column| {
            let width = fixed(column) + left_over * part(column) / whole;
            let at = left;
            left += width;
            (at, width)
        })
    }

    fn head(&self, setter: &mut Setter<'_>, width_pt: f32) -> Strip {
        let style = label().bold().coloured(Colour::INK);
        let mut ink = Vec::new();
        let mut height = style.leading_pt;
        for (column, (x, width)) in self.columns.iter().zip(self.edges(width_pt)) {
            let at = (x + PAD_PT.1, PAD_PT.0);
            height = height.max(set(setter, &mut ink, &column.title, style, at, width - 2.0 * PAD_PT.1));
        }
        let height = height + 2.0 * PAD_PT.0;
        let wash = Ink::Area { x: 0.0, y: 0.0, width: width_pt, height, paint: Paint::Fill(Colour::WASH) };
        ink.insert(0, wash);
        ink.push(Ink::Rule { x: 0.0, y: height, length: width_pt, weight: HAIR_PT, colour: Colour::RULE });
        Strip { height: height + HAIR_PT, ink, space_before: 0.0, keep_with_next: true }
    }

    fn row(&self, setter: &mut Setter<'_>, cells: &[Cell], width_pt: f32) -> Strip {
        let mut ink = Vec::new();
        let mut height = text().leading_pt;
        for (cell, (x, width)) in cells.iter().zip(self.edges(width_pt)) {
            let mut left = x + PAD_PT.1;
            if let Some(tick) = cell.tick {
                let y = PAD_PT.0 + (cell.style.leading_pt - TICK_PT.0) / 2.0;
                ink.push(Ink::Tick { x: left, y, size: TICK_PT.0, tick });
                left += TICK_PT.1;
            }
            let room = x + width - PAD_PT.1 - left;
            height = height.max(set(setter, &mut ink, &cell.text, cell.style, (left, PAD_PT.0), room));
        }
        let y = height + 2.0 * PAD_PT.0;
        ink.push(Ink::Rule { x: 0.0, y, length: width_pt, weight: HAIR_PT, colour: Colour::RULE });
        Strip { height: y + HAIR_PT, ink, space_before: 0.0, keep_with_next: false }
    }
}

fn group(setter: &mut Setter<'_>, title: &str, width_pt: f32) -> Strip {
    let style = Style { size_pt: SMALL_PT + 0.5, ..label() }.bold().coloured(Colour::ACCENT);
    let mut ink = Vec::new();
    let (top, side) = (PAD_PT.0 + 2.0, PAD_PT.1);
    let height = set(setter, &mut ink, title, style, (side, top), width_pt - 2.0 * side);
    let y = top + height + PAD_PT.0;
    ink.push(Ink::Rule { x: 0.0, y, length: width_pt, weight: HAIR_PT, colour: Colour::RULE });
    Strip { height: y + HAIR_PT, ink, space_before: 0.0, keep_with_next: true }
}
