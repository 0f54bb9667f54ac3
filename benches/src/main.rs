//! `bench SUITE… [--json FILE]`: ours beside the yardsticks', on the same work, on this machine, one after the other.
//!
//! Prints a table and, when asked, writes the rows as JSON. Judges nothing: a slower machine is not a failure.

mod customers;
mod hq;
mod receipt;
mod row;
mod search;
mod start;
mod sync;

use clap::{Parser, ValueEnum};
use row::Row;
use std::{error::Error, io::Write, path::PathBuf};

/// Measures Doorstep beside its yardsticks.
#[derive(Parser)]
struct Options {
    /// What to measure.
    #[arg(default_values = ["app", "sync"])]
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
    /// Serves the HQ in this folder instead, for a bench that measures a laptop by itself.
    #[arg(long, hide = true, value_name = "FOLDER")]
    headquarters: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Suite {
    /// Customer list, search and receipt.
    App,
    /// Pages of the list of customers.
    Customers,
    /// Search over customers and notes.
    Search,
    /// The receipt's PDF.
    Receipt,
    /// A thousand laptops that sync with one HQ.
    Hq,
    /// Exchange and first sync.
    Sync,
    /// Changes from laptop to laptop.
    Exchange,
    /// A first sync, cut and resumed, and an idle one after it.
    First,
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let runtime = tokio::runtime::Runtime::new()?;
    if let Some(folder) = &options.headquarters {
        return runtime.block_on(sync::serve_until_told(folder));
    }
    let asked = |suite| options.suites.contains(&suite);
    let of_app = |suite| asked(suite) || asked(Suite::App);
    let mut rows: Vec<Row> = Vec::new();
    if of_app(Suite::Customers) {
        rows.extend(runtime.block_on(customers::run(options.percent))?);
    }
    if of_app(Suite::Search) {
        rows.extend(runtime.block_on(search::run(options.percent))?);
    }
    if of_app(Suite::Receipt) {
        rows.extend(receipt::run(&options.yardsticks)?);
    }
    if asked(Suite::Hq) {
        rows.extend(runtime.block_on(hq::run(options.percent)).map_err(|error| error.to_string())?);
    }
    let of_sync = |suite| asked(suite) || asked(Suite::Sync);
    if of_sync(Suite::Exchange) {
        rows.extend(runtime.block_on(sync::run(&options.yardsticks, options.percent))?);
    }
    if of_sync(Suite::First) {
        rows.extend(runtime.block_on(sync::first_sync(options.percent))?);
    }
    std::io::stdout().write_all(row::table(&rows).as_bytes())?;
    if let Some(file) = &options.json {
        std::fs::write(file, serde_json::to_vec_pretty(&rows)?)?;
    }
    Ok(())
}
