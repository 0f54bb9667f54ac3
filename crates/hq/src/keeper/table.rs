//! A table in a terminal: columns that line up, whatever the script.

use unicode_width::UnicodeWidthStr;

/// Most columns of the terminal that one cell takes.
const CELL_WIDTH_MAX: usize = 40;
const GAP: &str = "  ";

/// A table.
pub struct Table {
    rows: Vec<Vec<String>>,
    right: Vec<bool>,
}

impl Table {
    /// A table with these columns: their heads, and whether each holds numbers.
    pub fn new(heads: &[(String, bool)]) -> Self {
        let right = heads.iter().map(|(_, right)| *right).collect();
        Self { rows: vec![heads.iter().map(|(head, _)| head.clone()).collect()], right }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| cut(&cell)).collect());
    }

    /// The table as lines.
    pub fn lines(&self) -> Vec<String> {
        let widths: Vec<usize> = (0..self.right.len())
            .map(|at| self.rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.width_cjk()).max().unwrap_or(0))
            .collect();
        let mut lines: Vec<String> = self.rows.iter().map(|row| self.line(row, &widths)).collect();
        let rule = widths.iter().map(|width| "─".repeat(*width)).collect::<Vec<_>>().join(GAP);
        lines.insert(1.min(lines.len()), rule);
        lines
    }

    fn line(&self, row: &[String], widths: &[usize]) -> String {
        let cells = row.iter().zip(widths).zip(&self.right).map(|((cell, width), right)| {
            let blank = " ".repeat(width.saturating_sub(cell.width_cjk()));
            if *right { format!("{blank}{cell}") } else { format!("{cell}{blank}") }
        });
        cells.collect::<Vec<_>>().join(GAP).trim_end().to_owned()
    }
}

/// A cell on one line, cut where it is too wide. What others wrote must not move the cursor.
fn cut(cell: &str) -> String {
    let plain: String = cell.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if plain.width_cjk() <= CELL_WIDTH_MAX {
        return plain;
    }
    let mut short = String::new();
    for c in plain.chars() {
        if short.width_cjk() + 4 > CELL_WIDTH_MAX {
            break;
        }
        short.push(c);
    }
    format!("{short}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_whatever_the_script_and_a_long_cell_is_cut() {
        let mut table = Table::new(&[("工程师".to_owned(), false), ("n".to_owned(), true)]);
        table.row(["周敏".to_owned(), "7".to_owned()]);
        table.row(["Ann\u{1b}[2J".to_owned(), "123".to_owned()]);
        table.row(["长".repeat(60), String::new()]);
        let lines = table.lines();
        assert_eq!(lines.len(), 5);
        let at = |line: &str, what: &str| line.find(what).map(|at| line[..at + what.len()].width_cjk());
        assert_eq!(at(&lines[2], "7"), at(&lines[3], "123"), "numbers end at one column");
        assert!(lines[4].width_cjk() <= CELL_WIDTH_MAX);
        assert!(!lines.iter().any(|line| line.contains('\u{1b}')));
    }
}
