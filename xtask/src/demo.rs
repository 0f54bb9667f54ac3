//! An HQ of its own with a branch's week on a laptop of its own, all in one folder: what `run` and `shots` show.

use crate::{
    companion::{Companion, tied},
    house::House,
    tell::{step, tell},
};
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Opens the demonstration's store. It protects invented data only, so it need not be secret.
pub(crate) const PASSPHRASE: &str = "doorstep-demo";
/// The branch, as HQ ships it, and the engineer whose laptop it is.
const BRANCH: &str = "CD";
const ENGINEER: &str = "周敏";
/// Programs the demonstration is made of, by package.
pub(crate) const PACKAGES: [&str; 2] = ["doorstep-hq", "doorstep-host"];

/// A running HQ beside a laptop that is enrolled and full. HQ ends when dropped.
pub(crate) struct Demo {
    home: PathBuf,
    address: String,
    _hq: Companion,
}

impl Demo {
    /// Starts the demonstration of a folder. The first time it enrols the laptop and plays a week on it; a first time
    /// that was cut short is begun again. `zone` is the time zone of the week, without one the machine's.
    ///
    /// # Errors
    /// When HQ does not start, or the week cannot be played.
    pub(crate) fn open(house: &House, home: &Path, fresh: bool, zone: Option<&str>) -> Result<Self> {
        let done = home.join("demo.json");
        let port = fs::read_to_string(&done).ok().and_then(|text| port_of(&text));
        if fresh || port.is_none() {
            clear(home)?;
        }
        let port = port.filter(|_| !fresh);
        let (hq, address) = headquarters(house, home, port)?;
        if port.is_none() {
            step("Enrolling a laptop and playing a branch's week on it");
            play(house, home, &enrolment_code(house, home)?, zone)?;
            let port = port_in(&address).with_context(|| format!("HQ's address {address} has no port"))?;
            fs::write(&done, serde_json::json!({ "port": port }).to_string())?;
        }
        Ok(Self { home: home.to_owned(), address, _hq: hq })
    }

    /// Where HQ listens.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The laptop's data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    /// Where the laptop saves papers.
    pub(crate) fn documents(&self) -> PathBuf {
        self.home.join("documents")
    }

    /// Lets a program find this laptop.
    pub(crate) fn shown_to<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command.env("DOORSTEP_HOME", &self.home).env("DOORSTEP_PASSPHRASE", PASSPHRASE)
    }
}

/// Removes an earlier demonstration: only a folder that is one, or empty.
fn clear(home: &Path) -> Result<()> {
    if home.exists() {
        let is_ours = home.join("hq").is_dir() || fs::read_dir(home)?.next().is_none();
        ensure!(is_ours, "{} holds something that is no demonstration; name another folder", home.display());
        fs::remove_dir_all(home).context("removing the earlier demonstration")?;
    }
    fs::create_dir_all(home.join("hq")).context("making the demonstration's folder")
}

/// Starts HQ on the port the laptop knows, or on a free one.
fn headquarters(house: &House, home: &Path, port: Option<u16>) -> Result<(Companion, String)> {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port.unwrap_or(0)));
    if port.is_some() && TcpListener::bind(listen).is_err() {
        bail!("{listen} is taken, perhaps by this demonstration in another terminal; end that, or add --data FOLDER");
    }
    let log = home.join("hq.log");
    let mut command = tied(&house.program("doorstep-hq"));
    command.arg("--data").arg(home.join("hq")).args(["serve", "--listen", &listen.to_string()]);
    command.stderr(fs::File::create(&log)?);
    let started = Companion::start_until_ready("HQ", &mut command);
    let (hq, line) = started.with_context(|| fs::read_to_string(&log).unwrap_or_default().trim().to_owned())?;
    let address = address_of(&line).with_context(|| format!("HQ said {line:?} instead of its address"))?;
    Ok((hq, address))
}

fn enrolment_code(house: &House, home: &Path) -> Result<String> {
    let mut command = Command::new(house.program("doorstep-hq"));
    command.arg("--data").arg(home.join("hq")).args(["enrol", "--branch", BRANCH, "--engineer", ENGINEER]);
    let output = command.env("RUST_LOG", "warn").stderr(Stdio::inherit()).output().context("starting doorstep-hq")?;
    ensure!(output.status.success(), "HQ gave no enrolment code");
    let text = String::from_utf8(output.stdout)?;
    Ok(text.lines().last().context("HQ gave no enrolment code")?.trim().to_owned())
}

fn play(house: &House, home: &Path, code: &str, zone: Option<&str>) -> Result<()> {
    let mut command = Command::new(house.program("doorstep-host"));
    command.arg("sample").arg("--data").arg(home.join("data")).arg("--documents").arg(home.join("documents"));
    command.args(["--code", code]).env("DOORSTEP_PASSPHRASE", PASSPHRASE);
    command.envs(zone.map(|zone| ("TZ", zone)));
    if std::env::var_os("RUST_LOG").is_none() {
        command.env("RUST_LOG", "warn");
    }
    ensure!(command.stdin(Stdio::null()).status()?.success(), "the sample data could not be made");
    tell("The laptop is enrolled and has its week.");
    Ok(())
}

fn port_of(note: &str) -> Option<u16> {
    let note: Value = serde_json::from_str(note).ok()?;
    note["port"].as_u64()?.try_into().ok()
}

fn address_of(line: &str) -> Option<String> {
    let line: Value = serde_json::from_str(line).ok()?;
    Some(line["address"].as_str()?.to_owned())
}

fn port_in(address: &str) -> Option<u16> {
    address.trim_end_matches('/').rsplit_once(':')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hq_says_where_it_listens_and_the_port_is_kept() {
        let line = r#"{"ready":true,"address":"https://127.0.0.1:41234","listen":"127.0.0.1:41234"}"#;
        let address = address_of(line).unwrap();
        assert_eq!(port_in(&address), Some(41234));
        assert_eq!(port_of(r#"{"port":41234}"#), Some(41234));
        assert_eq!(port_of("cut sho"), None);
    }

    #[test]
    fn a_folder_with_something_else_in_it_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let theirs = folder.path().join("thesis.txt");
        fs::write(&theirs, "precious").unwrap();
        assert!(clear(folder.path()).is_err());
        assert!(theirs.exists());
    }

    #[test]
    fn an_earlier_demonstration_is_begun_again() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("demo");
        clear(&home).unwrap();
        fs::write(home.join("hq/old.db"), "old").unwrap();
        clear(&home).unwrap();
        assert!(home.join("hq").is_dir() && !home.join("hq/old.db").exists());
    }
}
