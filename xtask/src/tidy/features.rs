//! Features of dependencies: what one program is made of is what all of them are made of.

use super::Finding;
use crate::house::{FEATURES, cargo};
use anyhow::{Context, Result, ensure};
use std::{collections::BTreeSet, path::Path};

/// Packages whose features a selection of one program would have cargo build anew.
pub(super) fn findings(root: &Path, selection: &[&str]) -> Result<Vec<Finding>> {
    let whole = resolved(root, &["--workspace"])?;
    let selected = resolved(root, selection)?;
    Ok(selected
        .difference(&whole)
        .map(|package| {
            let what = format!(
                "{package} would be built a second time for `cargo xtask run` after `cargo xtask test`: let a package of \
                 UNIFYING (xtask/src/house.rs) ask for the features that the workspace asks for"
            );
            Finding::new("Cargo.toml", what)
        })
        .collect())
}

/// Each package with the features it is built with, one a line.
fn resolved(root: &Path, selection: &[&str]) -> Result<BTreeSet<String>> {
    let mut tree = cargo();
    tree.current_dir(root).args(["tree", "--offline", "--edges", "normal,build", "--prefix", "none"]);
    let output = tree.args(["--format", "{p} [{f}]"]).args(selection).args(FEATURES).output();
    let output = output.context("starting cargo")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim());
    // A package that stands in several places is marked where it is not opened up again.
    let lines = String::from_utf8_lossy(&output.stdout);
    Ok(lines.lines().map(|line| line.trim_end_matches(" (*)").to_owned()).collect())
}
