//! A real network printer that keeps each job as a file.

use crate::{
    program::{self, Running},
    wait,
};
use anyhow::Result;
use std::{
    net::TcpStream,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::process::Command;

/// How long the printer may take to start, or to take a job.
const PRINTER_MAX: Duration = Duration::from_secs(30);

/// A running printer. It ends when dropped.
#[derive(Debug)]
pub struct Printer {
    jobs: PathBuf,
    port: u16,
    _running: Running,
}

impl Printer {
    /// Starts a printer that takes PDFs. It announces itself, so D-Bus and Avahi must run.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start(folder: &Path) -> Result<Self> {
        Self::start_with(folder, &["-f", "application/pdf"]).await
    }

    /// The same with options of `ippeveprinter`'s own: what it takes, what it runs for a job.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start_with(folder: &Path, options: &[&str]) -> Result<Self> {
        let (jobs, port) = (folder.join("jobs"), program::free_port()?);
        // A certificate of its own, made when somebody first asks over an encrypted line.
        let keys = folder.join("keys");
        std::fs::create_dir_all(&keys)?;
        std::fs::create_dir_all(&jobs)?;
        let mut command = Command::new(program::of_the_system("ippeveprinter"));
        command.args(["-r", "off", "-p", &port.to_string(), "-d"]).arg(&jobs).arg("-K").arg(&keys);
        command.arg("-k").args(options).arg("Doorstep test printer");
        let running = Running::start(&mut command, &folder.join("printer.log"))?;
        let answers = || async { Ok(TcpStream::connect(("127.0.0.1", port)).ok()) };
        wait::until("the printer", PRINTER_MAX, answers).await?;
        Ok(Self { jobs, port, _running: running })
    }

    /// Its address, as a person would type it.
    #[must_use]
    pub fn address(&self) -> String {
        format!("ipp://127.0.0.1:{}/ipp/print", self.port)
    }

    /// Its port on this machine.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Waits for the first job and gives its file.
    ///
    /// # Errors
    /// When none comes.
    pub async fn job(&self) -> Result<PathBuf> {
        wait::until("a job at the printer", PRINTER_MAX, || async { Ok(self.whole_job()) }).await
    }

    /// The file of a job that came to its end.
    fn whole_job(&self) -> Option<PathBuf> {
        let mut files = std::fs::read_dir(&self.jobs).ok()?.flatten().map(|entry| entry.path());
        files.find(|file| std::fs::read(file).is_ok_and(|bytes| bytes.trim_ascii_end().ends_with(b"%%EOF")))
    }
}
