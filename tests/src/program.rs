//! Programs that a test starts: where they are, and that they end with it.

use anyhow::{Context, Result};
use std::{
    env,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
};
use tokio::process::{Child, Command};

/// A program of this workspace: in `DOORSTEP_BIN_DIR`, or beside the test that asks.
///
/// # Errors
/// When it is not built.
pub fn built(name: &str) -> Result<PathBuf> {
    let folder = match env::var_os("DOORSTEP_BIN_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => {
            let own = env::current_exe()?;
            let folder = own.parent().context("a test program lies in a folder")?;
            if folder.ends_with("deps") { folder.parent().unwrap_or(folder).to_owned() } else { folder.to_owned() }
        }
    };
    let program = folder.join(format!("{name}{}", env::consts::EXE_SUFFIX));
    anyhow::ensure!(program.exists(), "{} is not built: run the tests with `cargo xtask test`", program.display());
    Ok(program)
}

/// A program for administrators, which may not be on a person's path.
#[must_use]
pub fn of_the_system(name: &str) -> PathBuf {
    let place = Path::new("/usr/sbin").join(name);
    if place.exists() { place } else { name.into() }
}

/// A port that nobody listens on.
///
/// # Errors
/// When there is none.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// A program that runs beside the test. It ends when dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
}

impl Running {
    /// Starts it, with what it says going into a file.
    ///
    /// # Errors
    /// When it cannot start.
    pub fn start(command: &mut Command, log: &Path) -> Result<Self> {
        let out = std::fs::File::create(log).with_context(|| format!("opening {}", log.display()))?;
        command.stdin(Stdio::null()).stdout(out.try_clone()?).stderr(out).kill_on_drop(true);
        let child = command.spawn().with_context(|| format!("starting {:?}", command.as_std().get_program()))?;
        Ok(Self { child })
    }

    /// Its number, while it runs.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Whether it ended, and how.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Ends it and waits until it has.
    ///
    /// # Errors
    /// When the system does not end it.
    pub async fn end(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }
}

/// Runs a program to its end and gives what it said.
///
/// # Errors
/// When it cannot start, or fails; with what it complained about.
pub async fn said_by(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await;
    let output = output.with_context(|| format!("starting {:?}", command.as_std().get_program()))?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "{:?}: {}", command.as_std().get_program(), complaint.trim());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Numbers of the programs that a program started, and that they started.
///
/// # Errors
/// When the system does not list what runs.
pub fn started_by(parent: u32) -> Result<Vec<u32>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir("/proc")?.flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        // After the name in brackets come the state and the parent's number.
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
        if let Some(parent) = after.split_whitespace().nth(1).and_then(|number| number.parse::<u32>().ok()) {
            all.push((id, parent));
        }
    }
    let mut found = vec![parent];
    let mut at = 0;
    while let Some(&above) = found.get(at) {
        found.extend(all.iter().filter(|(_, parent)| *parent == above).map(|(id, _)| *id));
        at += 1;
    }
    Ok(found.split_off(1))
}

/// Sends a program a signal by its name: `KILL` ends it as a power cut would, without a chance to tidy up.
///
/// # Errors
/// When the program is not there.
pub fn signal(id: u32, name: &str) -> Result<()> {
    let mut kill = std::process::Command::new("sh");
    kill.args(["-c", "kill -s \"$1\" \"$2\"", "sh", name, &id.to_string()]).stderr(Stdio::null());
    anyhow::ensure!(kill.status()?.success(), "program {id} was not there");
    Ok(())
}
