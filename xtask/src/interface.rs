//! The interface: its packages, and its built form in `ui/dist`. Nothing is done again that is done already.

use crate::{
    house::{House, succeed},
    tell::step,
};
use anyhow::{Context, Result};
use std::{
    fmt::Write,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
    time::UNIX_EPOCH,
};

/// What the built interface is made from, below the checkout.
const SOURCES: [&str; 6] =
    ["messages", "ui/generated", "ui/laptop", "ui/package-lock.json", "ui/shared", "ui/svelte.config.js"];

/// Brings in the packages of `ui/package-lock.json`, fonts of the papers included.
///
/// # Errors
/// npm's.
pub(crate) fn packages(house: &House) -> Result<()> {
    let ui = house.ui();
    if is_newer(&ui.join("node_modules/.package-lock.json"), &ui.join("package-lock.json")) {
        return Ok(());
    }
    step("Packages of the interface");
    succeed(npm(house).args(["ci", "--no-audit", "--no-fund"]))
}

/// Builds the interface, unless it was built from the very sources that are there now.
///
/// # Errors
/// The bundler's.
pub(crate) fn build(house: &House) -> Result<()> {
    let stamp = house.root().join("ui/dist/laptop.stamp");
    let now = state(house.root(), &SOURCES)?;
    let is_built = house.interface().join("index.html").is_file();
    if is_built && fs::read_to_string(&stamp).is_ok_and(|then| then == now) {
        return Ok(());
    }
    step("Building the interface");
    succeed(npm(house).args(["run", "--silent", "build"]))?;
    fs::write(&stamp, now).context("noting what the interface was built from")
}

/// npm in the interface's folder.
pub(crate) fn npm(house: &House) -> Command {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.current_dir(house.ui());
    command
}

fn is_newer(made: &Path, from: &Path) -> bool {
    let at = |path: &Path| fs::metadata(path).and_then(|file| file.modified());
    matches!((at(made), at(from)), (Ok(made), Ok(from)) if made >= from)
}

/// Every source file with size and date, so that a file that was removed shows as well.
fn state(root: &Path, sources: &[&str]) -> io::Result<String> {
    let mut files = Vec::new();
    for source in sources {
        gather(&root.join(source), &mut files)?;
    }
    files.sort();
    let mut lines = String::new();
    for file in files {
        let about = fs::metadata(&file)?;
        let at = about.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let name = file.strip_prefix(root).unwrap_or(&file).display();
        // Writing to a string cannot fail.
        let _ = writeln!(lines, "{name} {} {at}", about.len());
    }
    Ok(lines)
}

fn gather(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !path.is_dir() {
        if path.exists() {
            files.push(path.to_owned());
        }
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        gather(&entry?.path(), files)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_an_added_and_a_removed_source_each_show() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("ui/laptop")).unwrap();
        fs::write(root.join("ui/laptop/a.ts"), "1").unwrap();
        let look = || state(root, &["ui", "absent"]).unwrap();
        let first = look();
        assert_eq!(first, look());
        fs::write(root.join("ui/laptop/b.ts"), "1").unwrap();
        let added = look();
        assert_ne!(first, added);
        fs::write(root.join("ui/laptop/a.ts"), "12").unwrap();
        let changed = look();
        assert_ne!(added, changed);
        fs::remove_file(root.join("ui/laptop/b.ts")).unwrap();
        assert_ne!(changed, look());
    }
}
