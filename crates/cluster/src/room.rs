//! A small file system of a test's own, to be filled: in memory, in a mount namespace that ends with the test. Linux only.

use crate::Error;
use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
};

/// Mounts the file system and keeps it while standard input is open. $1: bytes. $2: where.
const KEEP: &str = r#"mount -t tmpfs -o "size=$1,mode=1777" tmpfs "$2" && echo ready && cat >/dev/null"#;

/// The file system. What runs in it is started with [`Room::command`].
#[derive(Debug)]
pub struct Room {
    place: tempfile::TempDir,
    keeper: Child,
    _open: ChildStdin,
}

impl Room {
    /// A file system with so many bytes.
    ///
    /// # Errors
    /// [`Error::Start`], [`Error::Made`] where this account may make no namespace.
    pub fn new(bytes: u64) -> Result<Self, Error> {
        let place = tempfile::tempdir()?;
        let mut command = Command::new("unshare");
        command.arg("--mount");
        if !is_root() {
            command.args(["--user", "--map-current-user", "--keep-caps"]);
        }
        command.args(["sh", "-c", KEEP, "keep", &bytes.to_string()]).arg(place.path());
        let mut keeper = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (Some(open), Some(out)) = (keeper.stdin.take(), keeper.stdout.take()) else {
            return Err(Error::Made("no pipes".to_owned()));
        };
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        if line.trim().is_empty() {
            return Err(Error::Made("no small file system".to_owned()));
        }
        Ok(Self { place, keeper, _open: open })
    }

    /// Where it is for what runs in it.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.place.path()
    }

    /// Where it is for whoever made it.
    #[must_use]
    pub fn seen(&self) -> PathBuf {
        let path = self.path();
        Path::new("/proc").join(self.keeper.id().to_string()).join("root").join(path.strip_prefix("/").unwrap_or(path))
    }

    /// A command that runs its program in it.
    #[must_use]
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.keeper.id().to_string(), "--mount"]);
        if !is_root() {
            command.args(["--user", "--preserve-credentials"]);
        }
        command.arg("--").arg(program);
        command
    }

    /// Closes it to writers, or opens it again.
    ///
    /// # Errors
    /// [`Error::Start`], [`Error::Made`].
    pub fn read_only(&self, closed: bool) -> Result<(), Error> {
        let how = if closed { "remount,ro" } else { "remount,rw" };
        let done = self.command("mount").args(["-o", how]).arg(self.path()).status()?;
        if done.success() { Ok(()) } else { Err(Error::Made(format!("not {how}"))) }
    }

    /// Takes every byte that is left.
    ///
    /// # Errors
    /// [`Error::Start`].
    pub fn fill(&self) -> Result<(), Error> {
        let mut ballast = File::options().append(true).create(true).open(self.ballast())?;
        for piece in [1 << 20, 1 << 12, 1] {
            loop {
                match ballast.write_all(&vec![0; piece]) {
                    Ok(()) => {}
                    Err(error) if error.kind() == io::ErrorKind::StorageFull => break,
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }

    /// Gives back what [`Room::fill`] took.
    ///
    /// # Errors
    /// [`Error::Start`].
    pub fn empty(&self) -> Result<(), Error> {
        Ok(fs::remove_file(self.ballast())?)
    }

    fn ballast(&self) -> PathBuf {
        self.seen().join("ballast")
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = self.keeper.kill();
        let _ = self.keeper.wait();
    }
}

/// Whether this runs as root, who needs no namespace of users.
fn is_root() -> bool {
    let asked = Command::new("id").arg("-u").output();
    asked.is_ok_and(|out| out.stdout.trim_ascii() == b"0")
}
