//! What the verbs need from the machine: says what is missing, asks, and installs it on Debian and its kin.
//!
//! On another system it names the packages and stops. It never installs Rust or Node.

mod debian;
mod table;

use crate::{
    house::{self, House},
    tell::{ask, can_ask, step, tell},
};
use anyhow::{Result, bail, ensure};
use std::{
    fs,
    process::{Command, Stdio},
};
pub(crate) use table::Need;
use table::{ROWS, Row};

/// The oldest Node that builds the interface.
const NODE_MAJOR_MIN: u32 = 20;

/// A system whose packages we can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum System {
    Debian,
    Fedora,
    Arch,
    MacOs,
    Windows,
    Other,
}

/// Makes sure that this machine has what these needs name. With `yes`, or where nobody can answer, it does not ask.
///
/// # Errors
/// When something is missing and was not installed; the sentence says what to do.
pub(crate) fn install(needs: &[Need], yes: bool) -> Result<()> {
    node()?;
    let rows: Vec<&Row> = ROWS.iter().filter(|row| needs.contains(&row.need)).collect();
    match System::here() {
        System::Debian => debian::install(&rows, yes),
        system => elsewhere(system, &rows),
    }
}

/// Makes sure that the toolchain has formatter and linter; a minimal one comes without.
///
/// # Errors
/// When they are missing and do not install.
pub(crate) fn components(house: &House, yes: bool) -> Result<()> {
    let has = |verb: &str| {
        let mut command = house.cargo([verb, "--version"]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    let missing: Vec<_> =
        [("fmt", "rustfmt"), ("clippy", "clippy")].into_iter().filter(|(verb, _)| !has(verb)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = missing.iter().map(|(_, name)| *name).collect();
    tell(&format!("To be added to the Rust toolchain: {}", names.join(", ")));
    agreed("Add them?", yes)?;
    house::succeed(Command::new("rustup").args(["component", "add"]).args(names))
}

/// Asks whether to go on, unless that is settled already.
fn agreed(question: &str, yes: bool) -> Result<()> {
    ensure!(yes || !can_ask() || ask(question)?, "nothing was installed");
    Ok(())
}

fn node() -> Result<()> {
    let output = Command::new("node").arg("--version").output();
    let version = output.map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap_or_default();
    let found = node_major(&version);
    ensure!(
        found.is_some_and(|major| major >= NODE_MAJOR_MIN),
        "The interface needs Node {NODE_MAJOR_MIN} or newer with npm; this machine has {}. Install it from your \
         system's packages or nodejs.org and try again.",
        found.map_or("none".to_owned(), |major| format!("Node {major}")),
    );
    Ok(())
}

fn node_major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

impl System {
    fn here() -> Self {
        if cfg!(target_os = "macos") {
            return Self::MacOs;
        }
        if cfg!(windows) {
            return Self::Windows;
        }
        Self::named(&fs::read_to_string("/etc/os-release").unwrap_or_default())
    }

    /// By `ID` and `ID_LIKE` of os-release.
    fn named(os_release: &str) -> Self {
        let ids: Vec<&str> = os_release
            .lines()
            .filter_map(|line| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")))
            .flat_map(|ids| ids.trim_matches('"').split(' '))
            .collect();
        let is = |id: &str| ids.contains(&id);
        if is("debian") || is("ubuntu") {
            Self::Debian
        } else if is("fedora") || is("rhel") {
            Self::Fedora
        } else if is("arch") {
            Self::Arch
        } else {
            Self::Other
        }
    }
}

/// Says what is needed on a system where we install nothing. A tool that is there counts as enough.
fn elsewhere(system: System, rows: &[&Row]) -> Result<()> {
    let missing: Vec<&&Row> = rows.iter().filter(|row| !row.is_there()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    step("Missing on this machine");
    for row in missing {
        let names = row.names(system);
        let names = if names.is_empty() { "no package that we know".to_owned() } else { names.join(" ") };
        tell(&format!("  {}: {names}", row.purpose));
    }
    match system {
        System::Fedora => bail!("Install them with `sudo dnf install …` and try again."),
        System::Arch => bail!("Install them with `sudo pacman -S --needed …` and try again."),
        System::MacOs => bail!("Install them with `brew install …` and try again."),
        System::Windows => bail!("Install them with `winget install …` and try again."),
        _ => bail!("Install them by the names they have on this system (Debian's are listed) and try again."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_is_known_by_its_family() {
        assert_eq!(System::named("NAME=\"Debian GNU/Linux\"\nID=debian\n"), System::Debian);
        assert_eq!(System::named("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"), System::Debian);
        assert_eq!(System::named("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n"), System::Fedora);
        assert_eq!(System::named("ID=manjaro\nID_LIKE=arch\n"), System::Arch);
        assert_eq!(System::named("ID=alpine\n"), System::Other);
    }

    #[test]
    fn the_major_version_of_node_is_read() {
        assert_eq!(node_major("v20.20.2\n"), Some(20));
        assert_eq!(node_major(""), None);
    }

    #[test]
    fn another_system_is_told_the_packages_by_its_own_names() {
        for row in ROWS {
            assert_eq!(row.names(System::Other), row.debian, "{}", row.purpose);
        }
        let compiling = ROWS.iter().find(|row| row.need == Need::Window).unwrap();
        assert!(compiling.names(System::Fedora).contains(&"webkit2gtk4.1-devel"));
    }
}
