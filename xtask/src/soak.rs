//! `cargo xtask soak`: what takes too long for every day. Programs killed in the middle of syncs, fifty times, and a file
//! of a gigabyte, optimised as released; then HQ asked and fed everything, with every check that a build for tests has. A
//! tenth of it runs with the tests.

use crate::{
    house::{FEATURES, House, UNIFYING, run, succeed},
    install::{self, Need},
    interface, robots,
    tell::step,
};
use anyhow::Result;
use clap::Args;

/// Examples of each of HQ's operations.
const ROBOT_EXAMPLES: u32 = 500;

/// What to soak.
#[derive(Args)]
pub(crate) struct Options {
    /// Only tests whose names have this in them.
    only: Option<String>,
    /// Install what is missing without asking.
    #[arg(long)]
    yes: bool,
}

/// Soaks; `false` when something failed.
///
/// # Errors
/// When the programs do not build.
pub(crate) fn soak(house: &House, options: &Options) -> Result<bool> {
    install::install(&[Need::Building, Need::Window, Need::Robots], options.yes)?;
    interface::packages(house)?;
    robots::install(house)?;
    step("Building");
    succeed(&mut house.cargo(["build", "--release", "--bins", "-p", "doorstep-hq", "-p", "doorstep-host"]))?;
    let mut soak = house.cargo(["test", "--release", "-p", "doorstep-tests", "--test", "endurance", "--"]);
    soak.args(["--nocapture", "--test-threads", "1"]).args(&options.only);
    soak.env("DOORSTEP_SOAK", "1").env("DOORSTEP_BIN_DIR", house.released());
    step("Soaking");
    let survived = run(&mut soak)?;
    if options.only.is_some() {
        return Ok(survived);
    }
    house.build(&["doorstep-hq"])?;
    let answered = robots::ask_everything(house, ROBOT_EXAMPLES)?;
    let mut fuzz = house.cargo(["test", "-p", "doorstep-hq", "--test", "enduring"]);
    fuzz.args(UNIFYING).args(FEATURES);
    Ok(run(fuzz.env("DOORSTEP_SOAK", "1"))? && answered && survived)
}
