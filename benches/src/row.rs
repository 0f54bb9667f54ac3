//! A row of results, and how it is told.

use serde::Serialize;
use std::{fmt::Write, time::Duration};

/// Fewest runs behind a number.
pub const RUNS: usize = 5;

/// Ours beside theirs. Less is better in every row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// What was measured.
    pub name: String,
    /// Unit of `ours` and `theirs`.
    pub unit: &'static str,
    /// Our median.
    pub ours: f64,
    /// Our 95th percentile, where there are enough runs to tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ours_p95: Option<f64>,
    /// What it is compared with.
    pub yardstick: String,
    /// Their median; `None` when there is no yardstick or it could not be installed.
    pub theirs: Option<f64>,
    /// Theirs over ours.
    pub ratio: Option<f64>,
    /// Runs behind our number.
    pub runs: usize,
}

/// Times of one kind of work.
#[derive(Debug, Default, Clone)]
pub struct Times(Vec<f64>);

impl Times {
    /// Adds a run.
    pub fn add(&mut self, took: Duration) {
        self.0.push(took.as_secs_f64() * 1e3);
    }

    /// The runs one by one, in milliseconds.
    pub fn each(&self) -> impl Iterator<Item = f64> + '_ {
        self.0.iter().copied()
    }

    /// How many runs there were.
    #[must_use]
    pub fn runs(&self) -> usize {
        self.0.len()
    }

    /// The value that `share` (0 to 1) of the runs do not exceed, in milliseconds.
    #[must_use]
    pub fn at(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().saturating_sub(1);
        let place = ((last as f64) * share).ceil() as usize;
        sorted.get(place.min(last)).copied().unwrap_or(f64::NAN)
    }

    /// The median in milliseconds.
    #[must_use]
    pub fn median(&self) -> f64 {
        self.at(0.5)
    }
}

impl Extend<f64> for Times {
    fn extend<I: IntoIterator<Item = f64>>(&mut self, times_ms: I) {
        self.0.extend(times_ms);
    }
}

impl Row {
    /// Compares two numbers.
    #[must_use]
    pub fn new(name: String, unit: &'static str, ours: f64, yardstick: &str, theirs: Option<f64>, runs: usize) -> Self {
        let ratio = theirs.map(|theirs| round(theirs / ours));
        let (ours, theirs) = (round(ours), theirs.map(round));
        Self { name, unit, ours, ours_p95: None, yardstick: yardstick.into(), theirs, ratio, runs }
    }

    /// Compares two sets of times.
    #[must_use]
    pub fn timed(name: String, ours: &Times, yardstick: &str, theirs: &Times) -> Self {
        let median = (theirs.runs() > 0).then(|| theirs.median());
        let row = Self::new(name, "ms", ours.median(), yardstick, median, ours.runs());
        Self { ours_p95: Some(round(ours.at(0.95))), ..row }
    }
}

/// Three digits that mean something.
fn round(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let scale = 10f64.powi(2 - value.abs().log10().floor() as i32);
    (value * scale).round() / scale
}

/// The rows as a table for people.
#[must_use]
pub fn table(rows: &[Row]) -> String {
    let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |v| v.to_string());
    let mut text = String::from("| name | unit | ours | p95 | yardstick | theirs | ratio | runs |\n");
    text.push_str("|---|---|---|---|---|---|---|---|\n");
    for row in rows {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            row.name,
            row.unit,
            row.ours,
            number(row.ours_p95),
            row.yardstick,
            number(row.theirs),
            number(row.ratio),
            row.runs
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_tells_median_p95_and_how_many_times_faster() {
        let (mut ours, mut theirs) = (Times::default(), Times::default());
        ours.extend([9.0, 1.0, 2.0, 3.0, 2.0]);
        theirs.extend([20.0]);
        let row = Row::timed("x".into(), &ours, "y", &theirs);
        assert_eq!(
            (row.ours, row.ours_p95, row.theirs, row.ratio, row.runs),
            (2.0, Some(9.0), Some(20.0), Some(10.0), 5)
        );
        assert!(table(&[row]).ends_with("| x | ms | 2 | 9 | y | 20 | 10 | 5 |\n"));
    }

    #[test]
    fn a_yardstick_that_is_missing_leaves_its_columns_empty() {
        let mut ours = Times::default();
        ours.extend([0.012_345]);
        let row = Row::timed("x".into(), &ours, "y", &Times::default());
        assert_eq!((row.ours, row.theirs, row.ratio), (0.0123, None, None));
    }
}
