//! Mutants: committed patches that each break one rule of the sync. A copy of the checkout gets them one after the other;
//! the simulator, or the test that a patch names, has to notice. First the copy plays as it is: what a sound sync is
//! blamed for shows nothing about a broken one.
//!
//! A patch's first line says the rule it breaks. A second line `test: PACKAGE NAME` names a test for what no run of
//! laptops can show. A patch that no longer applies is a failure: the rule moved, and nobody knows whether it is held.

use crate::{
    house::{House, cargo},
    tell::{step, tell},
};
use anyhow::{Context, Result, ensure};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

/// Seeds within which a mutant must be noticed.
const SEEDS: &str = "300";
/// Characters of what was said that a table shows.
const SAID_CHARS: usize = 150;

/// A patch.
struct Mutant {
    name: String,
    file: PathBuf,
    breaks: String,
    /// The first file that it changes: neighbours share most of what is built anew.
    changes: String,
    /// Package and name of the test that notices it, where it is not the simulator.
    test: Option<(String, String)>,
}

/// How it went with a mutant.
struct Told {
    name: String,
    noticed: bool,
    how: String,
}

/// Tries them all; `false` when one was not noticed, or something was where nothing is broken.
///
/// # Errors
/// When the checkout cannot be copied, or there is no mutant.
pub(crate) fn all(house: &House, only: Option<&str>) -> Result<bool> {
    let mut mutants = read(&house.root().join("tests/sim/mutants"))?;
    mutants.retain(|mutant| only.is_none_or(|part| mutant.name.contains(part)));
    ensure!(!mutants.is_empty(), "no mutant of that name");
    let copy = house.target().join("mutants/checkout");
    step(&format!("Nothing broken: {SEEDS} seeds"));
    restore(house.root(), &copy)?;
    let blamed = simulator_notices(house, &copy)?;
    tell(&format!("  {}", blamed.as_deref().unwrap_or("nothing found")));
    let mut told = Vec::new();
    for mutant in &mutants {
        step(&format!("{}: {}", mutant.name, mutant.breaks));
        let begun = Instant::now();
        let (noticed, how) = match noticed(house, &copy, mutant) {
            Ok(Some(how)) => (true, how),
            Ok(None) => (false, "NOT NOTICED".to_owned()),
            Err(error) => (false, format!("NOT TRIED: {error:#}")),
        };
        tell(&format!("  {how} ({} s)", begun.elapsed().as_secs()));
        told.push(Told { name: mutant.name.clone(), noticed, how });
    }
    told.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(sum_up(&told) && blamed.is_none())
}

/// Says it all once more, side by side.
fn sum_up(told: &[Told]) -> bool {
    step("Mutants, and what noticed them");
    let width = told.iter().map(|one| one.name.len()).max().unwrap_or(0);
    for Told { name, how, .. } in told {
        tell(&format!("{name:width$}  {}", how.chars().take(SAID_CHARS).collect::<String>()));
    }
    let noticed = told.iter().filter(|one| one.noticed).count();
    tell(&format!("{noticed} of {} mutants noticed", told.len()));
    noticed == told.len()
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
        let changes = text.lines().find_map(|line| line.strip_prefix("+++ b/")).unwrap_or_default().to_owned();
        mutants.push(Mutant { name, breaks, changes, test, file });
    }
    mutants.sort_by(|a, b| (&a.changes, &a.name).cmp(&(&b.changes, &b.name)));
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

/// The copy's own folder of what is built, kept from run to run. In the checkout's, cargo would take a mutant's crates for
/// the checkout's own: it tells them apart by their places in the workspace.
fn target(house: &House) -> PathBuf {
    house.target().join("mutants/target")
}

/// A cargo command in the copy: only what is broken is built anew.
fn cargo_in(house: &House, copy: &Path, verb: &str, args: &[&str]) -> Command {
    let mut command = cargo();
    command.current_dir(copy).arg(verb).arg("--target-dir").arg(target(house)).args(args).stdin(Stdio::null());
    // A line or two are changed at a time.
    command.env("CARGO_INCREMENTAL", "1");
    command
}

fn simulator_notices(house: &House, copy: &Path) -> Result<Option<String>> {
    let built = cargo_in(house, copy, "build", &["--quiet", "-p", "doorstep-sim", "--bin", "sim"]).output()?;
    ensure!(built.status.success(), "it does not build: {}", String::from_utf8_lossy(&built.stderr));
    let program = target(house).join("debug").join(format!("sim{}", env::consts::EXE_SUFFIX));
    let played = Command::new(program).args(["--seeds", SEEDS, "--findings", "1"]).output()?;
    if played.status.success() {
        return Ok(None);
    }
    let said = String::from_utf8_lossy(&played.stdout);
    let finding = said.lines().map(|line| line.strip_prefix("found ").unwrap_or(line)).find(|l| l.starts_with("seed "));
    let finding = finding.map(|line| line.chars().take(300).collect());
    Ok(Some(finding.with_context(|| format!("the simulator died: {}", String::from_utf8_lossy(&played.stderr)))?))
}

fn test_notices(house: &House, copy: &Path, package: &str, name: &str) -> Result<Option<String>> {
    let built = cargo_in(house, copy, "test", &["--quiet", "--no-run", "-p", package]).output()?;
    ensure!(built.status.success(), "it does not build: {}", String::from_utf8_lossy(&built.stderr));
    let tested = cargo_in(house, copy, "test", &["--no-fail-fast", "-p", package, name]).output()?;
    let said = String::from_utf8_lossy(&tested.stdout);
    ensure!(said.contains(name), "there is no test {name} in {package}");
    Ok(said.lines().find(|line| line.ends_with("... FAILED")).map(str::to_owned))
}
