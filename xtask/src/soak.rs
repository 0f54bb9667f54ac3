//! `cargo xtask soak`: what takes too long for every day. Programs killed in the middle of syncs, fifty times, and a file
//! of a gigabyte; a tenth of it runs with the tests.

use crate::{
    house::{House, run},
    install::{self, Need},
    interface,
    tell::step,
};
use anyhow::Result;
use clap::Args;

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
    install::install(&[Need::Building, Need::Window], options.yes)?;
    interface::packages(house)?;
    step("Building");
    house.build(&["doorstep-hq", "doorstep-host"])?;
    let mut soak = house.cargo(["test", "-p", "doorstep-tests", "--test", "endurance", "--"]);
    soak.args(["--nocapture", "--test-threads", "1"]).args(&options.only);
    soak.env("DOORSTEP_SOAK", "1").env("DOORSTEP_BIN_DIR", house.programs());
    step("Soaking");
    run(&mut soak)
}
