//! `cargo xtask sim`: plays seeds of the simulator; and, with `--mutants`, shows that it would notice if the sync broke.

use crate::{
    house::{House, run},
    install::{self, Need},
    mutants,
    tell::step,
};
use anyhow::Result;
use clap::Args;
use std::process::Command;

/// What to play.
#[derive(Args)]
pub(crate) struct Options {
    /// Play this seed alone.
    #[arg(long)]
    seed: Option<u64>,
    /// Tell everything that happens in it.
    #[arg(long, requires = "seed")]
    trace: bool,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// How many seeds.
    #[arg(long, default_value_t = 10_000)]
    seeds: u64,
    /// Break the sync in every way of `tests/sim/mutants`, one after the other, and fail unless each is noticed.
    #[arg(long)]
    mutants: bool,
    /// With `--mutants`: only those whose names have this in them.
    #[arg(long, requires = "mutants")]
    only: Option<String>,
    /// Install what is missing without asking.
    #[arg(long)]
    yes: bool,
}

/// Plays; `false` when something was found, or a broken sync was not noticed.
///
/// # Errors
/// When the simulator does not build.
pub(crate) fn sim(house: &House, options: &Options) -> Result<bool> {
    install::install(&[Need::Building], options.yes)?;
    if options.mutants {
        return mutants::all(house, options.only.as_deref());
    }
    step("Building the simulator");
    house.build(&["doorstep-sim"])?;
    let mut sim = Command::new(house.program("sim"));
    sim.args(["--from", &options.from.to_string(), "--seeds", &options.seeds.to_string()]);
    if let Some(seed) = options.seed {
        sim.args(["--seed", &seed.to_string()]);
    }
    if options.trace {
        sim.arg("--trace");
    }
    step("Playing");
    run(&mut sim)
}
