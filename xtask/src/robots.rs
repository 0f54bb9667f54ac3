//! Programs in Python that test HQ from outside, in a virtual environment of the target folder: Schemathesis, which
//! reads HQ's OpenAPI document and asks everything it allows, and moto, which is S3 to HQ's attachments.

use crate::house::{House, run, succeed};
use anyhow::{Context, Result};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Where the list of them is.
const LIST: &str = "tests/robots.txt";

/// Installs them where they are missing or the list has changed.
///
/// # Errors
/// When Python or its packages do not install.
pub(crate) fn install(house: &House) -> Result<()> {
    let folder = folder(house);
    let wanted = fs::read_to_string(house.root().join(LIST)).context(LIST)?;
    let note = folder.join("installed.txt");
    if fs::read_to_string(&note).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    succeed(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    let mut pip = Command::new(program(&folder, "python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"])
        .arg(house.root().join(LIST));
    succeed(&mut pip)?;
    Ok(fs::write(note, wanted)?)
}

/// The virtual environment.
pub(crate) fn folder(house: &House) -> PathBuf {
    house.target().join("robots")
}

fn program(folder: &Path, name: &str) -> PathBuf {
    if cfg!(windows) { folder.join(format!("Scripts/{name}.exe")) } else { folder.join("bin").join(name) }
}

/// Lets the robot loose on a real HQ; `false` when HQ answered what its document does not say.
///
/// # Errors
/// When it does not start.
pub(crate) fn ask_everything(house: &House, examples: u32) -> Result<bool> {
    let mut robot = Command::new(program(&folder(house), "python"));
    robot.arg(house.root().join("tests/robot.py")).arg("--hq").arg(house.program("doorstep-hq"));
    robot.args(["--examples", &examples.to_string()]);
    run(&mut robot)
}
