//! A PostgreSQL cluster of a test's or a bench's own: made from the machine's programs, reached through a socket in a
//! folder of its own, and taken away with the process that asked for it.
//!
//! For tests and benches only. It trusts whoever reaches its folder.

mod database;
mod programs;
mod room;

pub use database::Database;
pub use room::Room;

use std::{
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{LazyLock, Mutex},
};

/// Why there is no cluster or database.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// PostgreSQL is not installed.
    #[error("PostgreSQL is not installed (no initdb and pg_ctl); on Debian: apt-get install postgresql")]
    Missing,
    /// A program does not start.
    #[error("a program does not start")]
    Start(#[from] io::Error),
    /// The cluster was not made.
    #[error("the cluster was not made: {0}")]
    Made(String),
    /// It does not do as it was told.
    #[error("the cluster does not do as it was told")]
    Database(#[from] sqlx::Error),
}

/// A running cluster.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    /// Databases that nobody needs any more; the next one that is made takes them away.
    spent: Mutex<Vec<String>>,
    _open: ChildStdin,
    _keeper: Child,
}

/// What nobody needs whose data may be gone after a power cut.
const FORGETFUL: &[(&str, &str)] =
    &[("fsync", "off"), ("synchronous_commit", "off"), ("full_page_writes", "off"), ("max_connections", "300")];

/// A folder in memory where there is one: a database is some three hundred files, and each test has one of its own.
fn quick_place() -> &'static Path {
    let (memory, disk) = (Path::new("/dev/shm"), Path::new("/tmp"));
    if memory.is_dir() { memory } else { disk }
}

impl Cluster {
    /// Starts a cluster in a new folder of `place`, with these settings of the server.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Made`] with what PostgreSQL said.
    pub fn start(place: &Path, settings: &[(&str, &str)]) -> Result<Self, Error> {
        Self::run(programs::as_nobody_special()?, place, place, settings)
    }

    /// Starts a cluster in a small file system. Its databases are quick, and forgetful after a power cut.
    ///
    /// # Errors
    /// As [`Cluster::start`].
    pub fn start_in(room: &Room) -> Result<Self, Error> {
        let special = programs::as_nobody_special()?;
        let mut command = room.command(special.get_program());
        command.args(special.get_args());
        Self::run(command, room.path(), &room.seen(), FORGETFUL)
    }

    /// Starts a cluster with a command that runs its arguments, in `place`, which is `seen` from here.
    fn run(mut command: Command, place: &Path, seen: &Path, settings: &[(&str, &str)]) -> Result<Self, Error> {
        let programs = programs::folder().ok_or(Error::Missing)?;
        let settings: Vec<String> = settings.iter().map(|(name, value)| format!("-c {name}={value}")).collect();
        let mut keeper = command
            .args(["sh", "-c", include_str!("keep.sh"), "keep"])
            .arg(programs)
            .arg(settings.join(" "))
            .env("TMPDIR", place)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (Some(open), Some(out)) = (keeper.stdin.take(), keeper.stdout.take()) else {
            return Err(Error::Made("no pipes".to_owned()));
        };
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        if line.trim().is_empty() {
            let mut why = String::new();
            if let Some(mut said) = keeper.stderr.take() {
                said.read_to_string(&mut why)?;
            }
            return Err(Error::Made(why));
        }
        let made = Path::new(line.trim());
        let folder = seen.join(made.strip_prefix(place).unwrap_or(made));
        Ok(Self { folder, spent: Mutex::default(), _open: open, _keeper: keeper })
    }

    /// The cluster of this process, for tests: quick, and forgetful after a power cut.
    ///
    /// # Errors
    /// As [`Cluster::start`], in words.
    pub fn shared() -> Result<&'static Self, &'static str> {
        static SHARED: LazyLock<Result<Cluster, String>> =
            LazyLock::new(|| Cluster::start(quick_place(), FORGETFUL).map_err(|error| error.to_string()));
        SHARED.as_ref().map_err(String::as_str)
    }

    /// Where the cluster keeps its files.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Stops the cluster as a failing machine does, and starts it again: nothing is in memory any more.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Start`], [`Error::Made`].
    pub fn crash(&self) -> Result<(), Error> {
        let program = programs::folder().ok_or(Error::Missing)?.join("pg_ctl");
        let done = programs::as_nobody_special()?
            .arg(program)
            .args(["restart", "--mode", "immediate", "--wait", "--silent", "--pgdata"])
            .arg(self.data())
            .arg("--log")
            .arg(self.folder.join("log"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .current_dir("/")
            .status()?;
        if done.success() { Ok(()) } else { Err(Error::Made("it does not start again".to_owned())) }
    }

    /// The address of a database.
    #[must_use]
    pub fn address(&self, database: &str) -> String {
        format!("postgres://doorstep@localhost/{database}?host={}", self.folder.display())
    }
}
