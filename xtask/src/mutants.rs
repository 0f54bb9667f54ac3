//! Mutants: committed patches that each break one rule of the sync. A copy of the checkout gets them one after the other;
//! the simulator, or the test that a patch names, has to notice.
//!
//! A patch's first line says the rule it breaks. A second line `test: PACKAGE NAME` names a test for what no run of
//! laptops can show. A patch that no longer applies is a failure: the rule moved, and nobody knows whether it is held.

use crate::{
    house::{House, cargo},
    tell::{step, tell},
};
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

/// Seeds within which a mutant must be noticed.
const SEEDS: &str = "400";

/// A patch.
struct Mutant {
    name: String,
    file: PathBuf,
    breaks: String,
    /// Package and name of the test that notices it, where it is not the simulator.
    test: Option<(String, String)>,
}

/// Tries them all; `false` when one was not noticed.
///
/// # Errors
/// When the checkout cannot be copied, or there is no mutant.
pub(crate) fn all(house: &House, only: Option<&str>) -> Result<bool> {
    let mutants: Vec<Mutant> = read(&house.root().join("tests/sim/mutants"))?
        .into_iter()
        .filter(|mutant| only.is_none_or(|part| mutant.name.contains(part)))
        .collect();
    ensure!(!mutants.is_empty(), "no mutant of that name");
    let copy = house.target().join("mutants/checkout");
    let mut missed = Vec::new();
    for mutant in &mutants {
        step(&format!("{}: {}", mutant.name, mutant.breaks));
        let begun = Instant::now();
        let told = match noticed(house, &copy, mutant) {
            Ok(Some(how)) => format!("noticed: {how}"),
            Ok(None) => "NOT NOTICED".to_owned(),
            Err(error) => format!("NOT TRIED: {error:#}"),
        };
        tell(&format!("  {told} ({} s)", begun.elapsed().as_secs()));
        if told.starts_with("NOT") {
            missed.push(mutant.name.as_str());
        }
    }
    tell(&format!("{} of {} mutants noticed", mutants.len() - missed.len(), mutants.len()));
    if !missed.is_empty() {
        tell(&format!("not noticed: {}", missed.join(", ")));
    }
    Ok(missed.is_empty())
}

fn read(folder: &Path) -> Result<Vec<Mutant>> {
    let mut mutants = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let file = entry?.path();
        if file.extension().is_none_or(|e| e != "patch") {
            continue;
        }
        let text = fs::read_to_string(&file)?;
        let mut lines = text.lines();
        let breaks = lines.next().unwrap_or_default().to_owned();
        ensure!(!breaks.is_empty() && !breaks.starts_with("diff"), "{} does not say what it breaks", file.display());
        let test = lines.next().and_then(|line| line.strip_prefix("test: ")).and_then(|rest| rest.split_once(' '));
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let test = test.map(|(package, name)| (package.to_owned(), name.to_owned()));
        mutants.push(Mutant { name, breaks, test, file });
    }
    mutants.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(mutants)
}

/// How the mutant was noticed; `None` when it was not.
fn noticed(house: &House, copy: &Path, mutant: &Mutant) -> Result<Option<String>> {
    restore(house.root(), copy)?;
    apply(copy, &mutant.file)?;
    match &mutant.test {
        Some((package, name)) => test_notices(house, copy, package, name),
        None => simulator_notices(house, copy),
    }
}

/// Makes the copy what the checkout is. Files that are the same are left alone, so that little is built anew.
fn restore(root: &Path, copy: &Path) -> Result<()> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .context("starting git")?;
    ensure!(listed.status.success(), "git does not list the checkout");
    let names = String::from_utf8(listed.stdout)?;
    for name in names.split('\0').filter(|name| !name.is_empty()) {
        let (from, to) = (root.join(name), copy.join(name));
        let Ok(bytes) = fs::read(&from) else { continue };
        if fs::read(&to).is_ok_and(|there| there == bytes) {
            continue;
        }
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&to, bytes)?;
    }
    Ok(())
}

/// Applies the patch, exactly or not at all.
fn apply(copy: &Path, patch: &Path) -> Result<()> {
    let above = copy.parent().context("the copy lies in a folder")?;
    let done = Command::new("git")
        .arg("apply")
        .arg(patch)
        .current_dir(copy)
        // The copy is no part of the checkout that it lies in.
        .env("GIT_CEILING_DIRECTORIES", above)
        .output()
        .context("starting git")?;
    ensure!(done.status.success(), "it does not apply: {}", String::from_utf8_lossy(&done.stderr).trim());
    Ok(())
}

/// A cargo command in the copy, with the checkout's own folder of what is built: only what is broken is built anew.
fn cargo_in(house: &House, copy: &Path, verb: &str, args: &[&str]) -> Command {
    let mut command = cargo();
    command.current_dir(copy).arg(verb).arg("--target-dir").arg(house.target()).args(args).stdin(Stdio::null());
    command
}

fn simulator_notices(house: &House, copy: &Path) -> Result<Option<String>> {
    let built = cargo_in(house, copy, "build", &["--quiet", "-p", "doorstep-sim", "--bin", "sim"]).output()?;
    ensure!(built.status.success(), "it does not build: {}", String::from_utf8_lossy(&built.stderr));
    // The next build replaces the program under this name.
    let program = house.target().join("mutants/sim");
    fs::copy(house.program("sim"), &program)?;
    let played = Command::new(program).args(["--seeds", SEEDS, "--findings", "1", "--jobs", "1"]).output()?;
    let said = String::from_utf8_lossy(&played.stdout);
    Ok(said.lines().find_map(|line| line.strip_prefix("found ")).map(|line| line.chars().take(300).collect()))
}

fn test_notices(house: &House, copy: &Path, package: &str, name: &str) -> Result<Option<String>> {
    let built = cargo_in(house, copy, "test", &["--quiet", "--no-run", "-p", package]).output()?;
    ensure!(built.status.success(), "it does not build: {}", String::from_utf8_lossy(&built.stderr));
    let tested = cargo_in(house, copy, "test", &["--no-fail-fast", "-p", package, name]).output()?;
    let said = String::from_utf8_lossy(&tested.stdout);
    ensure!(said.contains(name), "there is no test {name} in {package}");
    Ok(said.lines().find(|line| line.ends_with("... FAILED")).map(str::to_owned))
}
