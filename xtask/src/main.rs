//! The house's verbs: `cargo xtask run | test | sim | soak | bench | bindings | tidy | shots | release`.
//!
//! Each verb installs what it needs, says what it does, and ends what it started. Nothing here is part of the
//! product, and nothing here needs a system library: it must build on a machine that has only Rust.

mod bench;
mod bindings;
mod companion;
mod demo;
mod house;
mod install;
mod interface;
mod mutants;
mod release;
mod robots;
mod run;
mod session;
mod shots;
mod sim;
mod soak;
mod tally;
mod tell;
mod test;
mod tidy;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Runs, tests and measures Doorstep.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Install what is missing, and open the app with an HQ of its own and sample data.
    Run(run::Options),
    /// Install what is missing, and run every check and test. Closes with `N passed, N failed`.
    Test(test::Options),
    /// Play seeds of the simulator: laptops and an HQ, with every fault of lines, disks and people.
    Sim(sim::Options),
    /// Kill host and HQ in the middle of syncs, fifty times, and send a file of a gigabyte.
    Soak(soak::Options),
    /// Measure, side by side with the yardsticks.
    Bench(bench::Options),
    /// Write ui/generated/commands.ts from the Rust types.
    Bindings(bindings::Options),
    /// Check the house rules.
    Tidy,
    /// Take a picture of every screen, in both languages and themes, from the real window.
    Shots(shots::Options),
    /// Build doorstep-hq as released, for a company's own server.
    Release(release::Options),
}

fn main() -> ExitCode {
    let done = house::House::find().and_then(|house| match Cli::parse().verb {
        Verb::Run(options) => run::run(&house, &options),
        Verb::Test(options) => test::test(&house, &options),
        Verb::Sim(options) => sim::sim(&house, &options),
        Verb::Soak(options) => soak::soak(&house, &options),
        Verb::Bench(options) => bench::bench(&house, &options),
        Verb::Bindings(options) => bindings::run(&house, &options),
        Verb::Tidy => tidy::run(&house),
        Verb::Shots(options) => shots::run_shots(&house, &options),
        Verb::Release(options) => release::release(&house, &options),
    });
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            tell::tell(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}
