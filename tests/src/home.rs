//! A laptop's home: one folder with everything that a window writes, so that all of it can be looked at.

use anyhow::Result;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tokio::process::Command;

/// The folder. It is removed when dropped.
#[derive(Debug)]
pub struct Home {
    folder: TempDir,
}

/// Folders that programs write to of themselves, by the variable that names them.
const OWN_FOLDERS: [(&str, &str); 5] = [
    ("XDG_CACHE_HOME", "cache"),
    ("XDG_CONFIG_HOME", "config"),
    ("XDG_DATA_HOME", "share"),
    ("XDG_STATE_HOME", "state"),
    ("TMPDIR", "scratch"),
];

impl Home {
    /// An empty home.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn new() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("doorstep-laptop-").tempdir()?;
        for (_, name) in OWN_FOLDERS {
            std::fs::create_dir_all(folder.path().join(name))?;
        }
        Ok(Self { folder })
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Where papers go that the person asked for.
    #[must_use]
    pub fn documents(&self) -> PathBuf {
        self.folder.path().join("documents")
    }

    /// Tells a program that it lives here, in China.
    pub fn lived_in_by<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        for (variable, name) in OWN_FOLDERS {
            command.env(variable, self.folder.path().join(name));
        }
        // Whoever runs the tests may have a laptop unlocked; this one is another.
        command.env_remove("DOORSTEP_PASSPHRASE");
        command.env("DOORSTEP_HOME", self.folder.path()).env("TZ", "Asia/Shanghai")
    }
}
