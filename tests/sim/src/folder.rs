//! Data folders: copies of what lies on the disk at a moment, as a power cut or a person's backup takes them.

use anyhow::{Context, Result};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Copies a folder as a power cut would leave it: SQLite's shared memory and locks are gone.
///
/// # Errors
/// When a file cannot be copied.
pub fn copy_as_left(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("making {}", to.display()))?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_lost = name.to_string_lossy().ends_with("-shm") || name == "lock" || name == "scratch";
        let target = to.join(&name);
        if entry.file_type()?.is_dir() {
            if !is_lost {
                copy_as_left(&entry.path(), &target)?;
            }
        } else if !is_lost {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Folders of a run, each with a number of its own.
#[derive(Debug)]
pub struct Folders {
    root: PathBuf,
    given: usize,
}

impl Folders {
    /// Folders below `root`.
    #[must_use]
    pub fn below(root: PathBuf) -> Self {
        Self { root, given: 0 }
    }

    /// A folder that nobody had yet; it is not made.
    pub fn next(&mut self, name: &str) -> PathBuf {
        self.given += 1;
        self.root.join(format!("{name}-{}", self.given))
    }
}

/// A folder that goes when it is dropped: in memory where there is such a place, since every commit waits for its disk.
///
/// # Errors
/// When it cannot be made.
pub fn scratch() -> Result<tempfile::TempDir> {
    let memory = Path::new("/dev/shm");
    let builder = || tempfile::Builder::new().prefix("doorstep-sim-").to_owned();
    if memory.is_dir()
        && let Ok(folder) = builder().tempdir_in(memory)
    {
        return Ok(folder);
    }
    Ok(builder().tempdir()?)
}
