//! Debian and its kin: apt and dpkg.

use super::{agreed, table::Row};
use crate::{
    house::{run, succeed},
    tell::{step, tell},
};
use anyhow::{Context, Result, ensure};
use std::{
    collections::BTreeSet,
    fs, io,
    path::Path,
    process::Command,
    time::{Duration, SystemTime},
};

const LISTS: &str = "/var/lib/apt/lists";
/// Package lists older than this may name versions that are gone.
const LISTS_AGE_MAX: Duration = Duration::from_secs(7 * 24 * 60 * 60);

pub(super) fn install(rows: &[&Row], yes: bool) -> Result<()> {
    let wanted: BTreeSet<&str> = rows.iter().flat_map(|row| row.debian.iter().copied()).collect();
    let present = installed(&wanted)?;
    let missing: Vec<&str> = wanted.into_iter().filter(|name| !present.contains(*name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    step("Missing on this machine");
    for row in rows {
        let names: Vec<&str> = row.debian.iter().copied().filter(|name| missing.contains(name)).collect();
        if !names.is_empty() {
            tell(&format!("  {}: {}", row.purpose, names.join(" ")));
        }
    }
    agreed("Install them with apt-get?", yes)?;
    if !are_fresh(Path::new(LISTS)) {
        succeed(&mut apt_get(&["update"])?)?;
    }
    let mut get = apt_get(&["install", "--yes", "--no-install-recommends"])?;
    get.args(&missing);
    if !run(&mut get)? {
        // Lists that look fresh may still be of a mirror that has moved on.
        succeed(&mut apt_get(&["update"])?)?;
        succeed(&mut get)?;
    }
    Ok(())
}

/// Which of these packages are installed.
fn installed(names: &BTreeSet<&str>) -> Result<BTreeSet<String>> {
    let output = Command::new("dpkg-query")
        .args(["--show", "--showformat", "${Package} ${db:Status-Status}\n"])
        .args(names)
        .output()
        .context("asking dpkg what is installed")?;
    // It fails when it does not know one of them, and still lists the others.
    Ok(listed_as_installed(&String::from_utf8_lossy(&output.stdout)))
}

fn listed_as_installed(list: &str) -> BTreeSet<String> {
    list.lines().filter_map(|line| line.strip_suffix(" installed")).map(str::to_owned).collect()
}

#[expect(clippy::disallowed_methods, reason = "the age of apt's lists is a matter of this machine's clock")]
fn are_fresh(lists: &Path) -> bool {
    let now = SystemTime::now();
    updated(lists).ok().flatten().is_some_and(|at| now.duration_since(at).is_ok_and(|age| age < LISTS_AGE_MAX))
}

/// When the lists were last brought up to date, if there are any. A list keeps the date that its mirror gave it, so the
/// folder's own date tells.
fn updated(lists: &Path) -> io::Result<Option<SystemTime>> {
    for entry in fs::read_dir(lists)? {
        if entry?.file_name().to_string_lossy().contains("_Packages") {
            return Ok(Some(fs::metadata(lists)?.modified()?));
        }
    }
    Ok(None)
}

fn apt_get(args: &[&str]) -> Result<Command> {
    let mut command = if is_root()? { Command::new("env") } else { Command::new("sudo") };
    if command.get_program() == "sudo" {
        command.arg("env");
    }
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet=2"]).args(args);
    Ok(command)
}

fn is_root() -> Result<bool> {
    let output = Command::new("id").arg("-u").output().context("asking who runs this")?;
    ensure!(output.status.success(), "`id -u` failed");
    Ok(output.stdout.trim_ascii() == b"0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_that_was_removed_but_left_its_settings_is_missing() {
        let list = "xvfb installed\nqpdf config-files\npoppler-utils installed\n";
        assert_eq!(listed_as_installed(list).into_iter().collect::<Vec<_>>(), ["poppler-utils", "xvfb"]);
    }

    #[test]
    fn lists_are_stale_where_there_are_none() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!are_fresh(folder.path()));
        fs::write(folder.path().join("mirror_dists_stable_main_binary-amd64_Packages.lz4"), "").unwrap();
        assert!(are_fresh(folder.path()));
        assert!(!are_fresh(&folder.path().join("absent")));
    }
}
