//! `cargo xtask shots`: a picture of every screen, from the real window on the demonstration's data.
//!
//! The window is driven by the program `shots` of the package of window tests; here are its session and its data.

use crate::{
    demo::{Demo, PACKAGES},
    house::{House, run},
    install::{self, Need},
    interface,
    session::Session,
    tell::{step, tell},
};
use anyhow::Result;
use clap::Args;

/// Where the pictures' engineers work; the window is in the same zone.
const ZONE: &str = "Asia/Shanghai";

/// What to take pictures of.
#[derive(Args)]
pub(crate) struct Options {
    /// Handed on to the program that takes the pictures: parts of screens' names.
    screens: Vec<String>,
    /// Install what is missing without asking.
    #[arg(long)]
    yes: bool,
}

/// Takes the pictures.
///
/// # Errors
/// When something is missing, does not build, or does not start.
pub(crate) fn run_shots(house: &House, options: &Options) -> Result<bool> {
    install::install(&[Need::Building, Need::Window, Need::Session, Need::Printer], options.yes)?;
    interface::packages(house)?;
    interface::build(house)?;
    step("Building");
    house.build(&[&PACKAGES[..], &["doorstep", "doorstep-tests"]].concat())?;
    let demo = Demo::open(house, &house.target().join("shots-demo"), true, Some(ZONE))?;
    let session = Session::open(house)?;
    let folder = house.root().join("shots");
    let mut shots = session.command(&house.program("shots"));
    demo.shown_to(&mut shots)
        .args(&options.screens)
        .current_dir(house.root())
        .env("DOORSTEP_BIN_DIR", house.programs())
        .env("DOORSTEP_INTERFACE", house.interface())
        .env("TZ", ZONE)
        .env("DOORSTEP_SHOTS", &folder)
        .env("DOORSTEP_PICTURES", house.root().join("docs/pictures"));
    step("Taking pictures");
    let done = run(&mut shots)?;
    tell(&format!("Pictures are in {}", folder.display()));
    Ok(done)
}
