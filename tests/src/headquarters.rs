//! HQ as a program of its own, over HTTPS, as a company runs it.

use crate::{
    program::{self, Running},
    wait,
};
use anyhow::{Context, Result};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::process::Command;

/// How long HQ may take to start: its first start makes keys and takes in what ships.
const START_MAX: Duration = Duration::from_secs(60);

/// A running HQ. It ends when dropped.
#[derive(Debug)]
pub struct Headquarters {
    data: PathBuf,
    address: String,
    running: Running,
}

impl Headquarters {
    /// Starts HQ in a folder.
    ///
    /// # Errors
    /// When it does not start; its log is beside its data.
    pub async fn start(folder: &Path) -> Result<Self> {
        let (data, ready) = (folder.join("hq"), folder.join("hq-ready.json"));
        let mut command = Command::new(program::built("doorstep-hq")?);
        command.arg("--data").arg(&data).args(["serve", "--listen", "127.0.0.1:0", "--ready-file"]).arg(&ready);
        let running = Running::start(&mut command, &folder.join("hq.log"))?;
        let line = wait::until("HQ's address", START_MAX, || async { Ok(std::fs::read(&ready).ok()) }).await;
        let line: Value = serde_json::from_slice(&line.with_context(|| log(folder))?)?;
        let address = line["address"].as_str().context("HQ said no address")?.to_owned();
        Ok(Self { data, address, running })
    }

    /// Where laptops reach it.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Stops it in the middle of whatever it does, as a line that carries nothing any more. It does not go on.
    ///
    /// # Errors
    /// When it does not run.
    pub fn pause(&self) -> Result<()> {
        program::signal(self.running.id().context("HQ has ended")?, "STOP")
    }

    /// A one-time code for an engineer of a branch.
    ///
    /// # Errors
    /// When HQ gives none.
    pub async fn enrolment_code(&self, branch: &str, engineer: &str) -> Result<String> {
        Ok(self.keep(&["enrol", "--branch", branch, "--engineer", engineer]).await?.trim().to_owned())
    }

    /// What customers said, as HQ's key opens it.
    ///
    /// # Errors
    /// When HQ does not say.
    pub async fn opinions(&self) -> Result<Vec<Value>> {
        let lines = self.keep(&["opinions"]).await?;
        lines.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
    }

    /// Takes in what a laptop sent by file, and writes the answer.
    ///
    /// # Errors
    /// When HQ does not take it.
    pub async fn take_bundle(&self, file: &Path, answer: &Path) -> Result<()> {
        let mut command = self.program()?;
        command.args(["bundle", "take"]).arg(file).arg("--answer").arg(answer);
        program::said_by(&mut command).await?;
        Ok(())
    }

    fn program(&self) -> Result<Command> {
        let mut command = Command::new(program::built("doorstep-hq")?);
        command.arg("--data").arg(&self.data).env("RUST_LOG", "error");
        Ok(command)
    }

    async fn keep(&self, words: &[&str]) -> Result<String> {
        program::said_by(self.program()?.args(words)).await
    }
}

fn log(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("hq.log")).unwrap_or_default()
}
