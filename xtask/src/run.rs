//! `cargo xtask run`: from a bare machine to the app with sample data.

use crate::{
    companion::{Companion, tied},
    demo::{Demo, PACKAGES, PASSPHRASE},
    house::House,
    install::{self, Need},
    interface,
    tell::{ask, can_ask, step, tell},
};
use anyhow::{Context, Result, ensure};
use clap::Args;
use std::{
    env,
    path::PathBuf,
    process::{Command, Stdio},
};

/// How to run.
#[derive(Args)]
pub(crate) struct Options {
    /// Serve the interface for a browser instead of opening the window.
    #[arg(long)]
    browser: bool,
    /// Begin with an empty HQ and new sample data.
    #[arg(long)]
    fresh: bool,
    /// Folder of the demonstration's data; `demo` in cargo's target folder without it.
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Install what is missing without asking.
    #[arg(long)]
    yes: bool,
}

/// Runs the app until it is closed.
///
/// # Errors
/// When something is missing, does not build, or does not start.
pub(crate) fn run(house: &House, options: &Options) -> Result<bool> {
    let in_browser = options.browser || no_display()?;
    let needs: &[Need] = if in_browser { &[Need::Building] } else { &[Need::Building, Need::Window] };
    install::install(needs, options.yes)?;
    interface::packages(house)?;
    interface::build(house)?;
    step("Building (minutes the first time, seconds after)");
    let window: &[&str] = if in_browser { &[] } else { &["doorstep"] };
    house.build(&[&PACKAGES[..], window].concat())?;
    let home = options.data.clone().unwrap_or_else(|| house.target().join("demo"));
    let demo = Demo::open(house, &std::path::absolute(home)?, options.fresh, None)?;
    tell(&format!("HQ listens at {}; the laptop's passphrase is {PASSPHRASE}.", demo.address()));
    if in_browser { browser(house, &demo) } else { window_until_closed(house, &demo) }
}

/// Whether to go on without a window, because there is no display to show it on.
fn no_display() -> Result<bool> {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    if cfg!(not(target_os = "linux")) || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY") {
        return Ok(false);
    }
    tell("There is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set), so no window can open.");
    tell("`cargo xtask run --browser` serves the same interface to a browser.");
    ensure!(!can_ask() || ask("Go on that way?")?, "nothing was started");
    Ok(true)
}

fn window_until_closed(house: &House, demo: &Demo) -> Result<bool> {
    step("Opening the window; close it to end HQ too");
    let mut window = tied(&house.program("doorstep"));
    Companion::start("the window", demo.shown_to(&mut window))?.wait()
}

fn browser(house: &House, demo: &Demo) -> Result<bool> {
    let mut host = tied(&house.program("doorstep-host"));
    host.args(["serve", "--passphrase", "--data"]).arg(demo.data()).arg("--documents").arg(demo.documents());
    host.arg("--interface").arg(house.interface());
    let (host, address) = Companion::start_until_ready("doorstep-host", demo.shown_to(&mut host))?;
    step("Open this address in a browser on this machine; Ctrl+C ends it");
    tell(&address);
    show(&address);
    host.wait().context("serving the interface")
}

/// Opens an address in the person's browser, where there is one; the address was told already.
fn show(address: &str) {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let has_display = env::var_os("DISPLAY").is_some() || env::var_os("WAYLAND_DISPLAY").is_some();
    if cfg!(target_os = "macos") || (cfg!(target_os = "linux") && has_display) {
        let _ = Command::new(opener).arg(address).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    }
}
