//! `bench SUITE… [--json FILE]`: ours beside the yardsticks', on the same work, on this machine, one after the other.
//!
//! Prints a table and, when asked, writes the rows as JSON. Judges nothing: a slower machine is not a failure.

mod hq;
mod receipt;
mod row;
mod search;

use clap::{Parser, ValueEnum};
use row::Row;
use std::{error::Error, io::Write, path::PathBuf};

/// Measures Doorstep beside its yardsticks.
#[derive(Parser)]
struct Options {
    /// What to measure.
    #[arg(default_value = "app")]
    suites: Vec<Suite>,
    /// Also writes the rows to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Where the yardsticks are installed and kept.
    #[arg(long, value_name = "FOLDER", default_value = "target/yardsticks")]
    yardsticks: PathBuf,
    /// Share of the full data, in percent; for trying the benches out.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100))]
    percent: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Suite {
    /// Search and receipt.
    App,
    /// Search over customers and notes.
    Search,
    /// The receipt's PDF.
    Receipt,
    /// A thousand laptops that sync with one HQ.
    Hq,
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let asked = |suite| options.suites.contains(&suite) || options.suites.contains(&Suite::App);
    let mut rows: Vec<Row> = Vec::new();
    if asked(Suite::Search) {
        rows.extend(tokio::runtime::Runtime::new()?.block_on(search::run(options.percent))?);
    }
    if asked(Suite::Receipt) {
        rows.extend(receipt::run(&options.yardsticks)?);
    }
    if options.suites.contains(&Suite::Hq) {
        let ran = tokio::runtime::Runtime::new()?.block_on(hq::run(options.percent));
        rows.extend(ran.map_err(|error| error.to_string())?);
    }
    std::io::stdout().write_all(row::table(&rows).as_bytes())?;
    if let Some(file) = &options.json {
        std::fs::write(file, serde_json::to_vec_pretty(&rows)?)?;
    }
    Ok(())
}
