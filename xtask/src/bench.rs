//! `cargo xtask bench`: ours beside the yardsticks', optimised as released.
//!
//! Measuring, and installing the yardsticks that Python and npm bring, is the work of the package of benches.

use crate::{
    house::{House, run, succeed},
    install::{self, Need},
    interface,
    tell::step,
};
use anyhow::Result;
use clap::Args;
use std::{path::PathBuf, process::Command};

/// What to measure.
#[derive(Args)]
pub(crate) struct Options {
    /// Suites; all of them without a name.
    suites: Vec<String>,
    /// Also write the rows to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Share of the full data, in percent, for a quick look.
    #[arg(long, value_name = "PERCENT")]
    percent: Option<u32>,
    /// Install what is missing without asking.
    #[arg(long)]
    yes: bool,
}

/// Measures.
///
/// # Errors
/// When something is missing or does not build.
pub(crate) fn bench(house: &House, options: &Options) -> Result<bool> {
    install::install(&[Need::Building, Need::Yardsticks, Need::Database], options.yes)?;
    interface::packages(house)?;
    step("Building as released");
    succeed(&mut house.cargo(["build", "--release", "-p", "doorstep-benches", "--bin", "bench"]))?;
    let mut bench = Command::new(house.released().join(format!("bench{}", std::env::consts::EXE_SUFFIX)));
    bench.current_dir(house.root()).args(&options.suites).arg("--yardsticks").arg(house.target().join("yardsticks"));
    if let Some(file) = &options.json {
        bench.arg("--json").arg(std::path::absolute(file)?);
    }
    if let Some(percent) = options.percent {
        bench.args(["--percent", &percent.to_string()]);
    }
    step("Measuring");
    run(&mut bench)
}
