//! The data folder: its files, and the lock that keeps a second window out.

use crate::{Error, Result, wipe};
use std::{
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
};

/// A locked data folder. The lock ends with the last copy of the value.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
    _lock: Arc<File>,
}

impl Folder {
    /// Makes the folder where it is missing, readable by its owner only, and locks it. What an interrupted run
    /// left in `scratch` is wiped, and so is everything when HQ had ordered it and a cut came between.
    ///
    /// # Errors
    /// [`Error::InUse`] when another process holds it; [`Error::Folder`].
    pub fn lock(path: &Path) -> Result<Self> {
        std::fs::create_dir_all(path)?;
        owner_only(path)?;
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(path.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::InUse),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let folder = Self { path: path.to_owned(), _lock: Arc::new(lock) };
        wipe::finish(&folder)?;
        match std::fs::remove_dir_all(folder.scratch()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        folder.make_rooms()?;
        Ok(folder)
    }

    /// Makes the folders within where they are missing.
    pub(crate) fn make_rooms(&self) -> Result<()> {
        std::fs::create_dir_all(self.scratch())?;
        Ok(std::fs::create_dir_all(self.blobs())?)
    }

    /// The mark that everything here is being destroyed.
    pub(crate) fn wiping(&self) -> PathBuf {
        self.path.join("wiping")
    }

    /// The lock itself.
    pub(crate) fn lock_file(&self) -> PathBuf {
        self.path.join("lock")
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.path.join("doorstep.db")
    }

    /// The mark that a store was here.
    pub(crate) fn mark(&self) -> PathBuf {
        self.path.join("doorstep.mark")
    }

    /// Copies of the database as it was.
    pub(crate) fn snapshot_folder(&self) -> PathBuf {
        self.path.join("snapshots")
    }

    /// Room that is kept for a full disk.
    pub(crate) fn reserve(&self) -> PathBuf {
        self.path.join("reserve")
    }

    /// The last database that was damaged, set aside.
    pub(crate) fn aside(&self) -> PathBuf {
        self.path.join("damaged")
    }

    /// Says that a store is being made, which nobody has used yet.
    fn beginning(&self) -> PathBuf {
        self.path.join("beginning")
    }

    /// Notes that a store is about to be made here. What an earlier try left is gone then.
    ///
    /// # Errors
    /// [`Error::Folder`].
    pub fn begin_store(&self) -> Result<()> {
        File::create(self.beginning())?.sync_all()?;
        for path in with_beside(&self.database()).into_iter().chain([self.mark(), self.key_file()]) {
            match std::fs::remove_file(path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }

    /// The store was made.
    pub(crate) fn store_begun(&self) -> Result<()> {
        match std::fs::remove_file(self.beginning()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Whether there is a store, or was one whose database is gone.
    pub(crate) fn had_a_store(&self) -> bool {
        !self.beginning().exists() && (self.mark().exists() || self.key_file().exists() || !self.snapshots().is_empty())
    }

    /// Whether a store was begun here and never made.
    pub(crate) fn is_beginning(&self) -> bool {
        self.beginning().exists()
    }

    /// The key wrapped with a passphrase, where there is no keychain.
    #[must_use]
    pub fn key_file(&self) -> PathBuf {
        self.path.join("key.json")
    }

    /// Encrypted attachments.
    #[must_use]
    pub fn blobs(&self) -> PathBuf {
        self.path.join("attachments")
    }

    /// Half-written files; wiped at the next start.
    #[must_use]
    pub fn scratch(&self) -> PathBuf {
        self.path.join("scratch")
    }
}

/// A database and what SQLite lays beside it.
pub(crate) fn with_beside(database: &Path) -> [PathBuf; 3] {
    ["", "-wal", "-shm"].map(|ending| {
        let mut name = database.as_os_str().to_owned();
        name.push(ending);
        name.into()
    })
}

#[cfg(unix)]
fn owner_only(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    Ok(std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))?)
}

#[cfg(not(unix))]
fn owner_only(_path: &Path) -> Result<()> {
    Ok(()) // The user's profile folder on Windows is closed to others already.
}
