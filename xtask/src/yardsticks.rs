//! The peers we measure ourselves against, installed in a folder of cargo's target folder.

use crate::{
    house::{House, succeed},
    tell::step,
};
use anyhow::Result;
use std::{fs, path::PathBuf, process::Command};

/// Pinned, so that a number can be measured again.
const PYTHON_PACKAGES: [&str; 3] = ["typst==0.15.2", "reportlab==5.1.0", "weasyprint==70.0"];

/// Installs the Python peers into `FOLDER/venv`, and gives the folder.
///
/// # Errors
/// When they do not install.
pub(crate) fn install(house: &House) -> Result<PathBuf> {
    let folder = house.target().join("yardsticks");
    let venv = folder.join("venv");
    let stamp = folder.join("installed");
    let wanted = PYTHON_PACKAGES.join("\n");
    if venv.is_dir() && fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(folder);
    }
    step("Yardsticks");
    fs::create_dir_all(&folder)?;
    succeed(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
    let python = venv.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    succeed(Command::new(python).args(["-m", "pip", "install", "--quiet"]).args(PYTHON_PACKAGES))?;
    fs::write(stamp, wanted)?;
    Ok(folder)
}
