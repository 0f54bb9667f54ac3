//! `cargo xtask release`: `doorstep-hq` optimised as released, for a company's own server.

use crate::{
    house::{House, UNIFYING, succeed},
    install::{self, Need},
    tell::{step, tell},
};
use anyhow::Result;
use clap::Args;

/// How to build.
#[derive(Args)]
pub(crate) struct Options {
    /// Install what is missing without asking.
    #[arg(long)]
    yes: bool,
}

/// Builds, and says where the program is.
///
/// # Errors
/// When it does not build.
pub(crate) fn release(house: &House, options: &Options) -> Result<bool> {
    install::install(&[Need::Building], options.yes)?;
    step("Building as released");
    succeed(house.cargo(["build", "--release", "--bin", "doorstep-hq"]).args(UNIFYING))?;
    tell(&format!("{}: one file, which can be copied to the server", house.released().join("doorstep-hq").display()));
    Ok(true)
}
