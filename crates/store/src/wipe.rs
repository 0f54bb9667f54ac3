//! Destroying a laptop's data because HQ orders it: the laptop was lost or stolen.
//!
//! The key goes first: what is left without it cannot be read. A mark is left before that, so that what was cut is
//! finished at the next start.

use crate::{Folder, Result, Store, key};
use std::{
    fs::{self, File},
    io,
    path::Path,
};

impl Store {
    /// Destroys the key and everything in the data folder. The folder stays, empty and locked; this store is of no use
    /// afterwards.
    ///
    /// # Errors
    /// [`crate::Error::Folder`]; the next start of the app goes on with it.
    pub async fn destroy(&self) -> Result<()> {
        mark(self.folder())?;
        self.close().await;
        finish(self.folder())
    }
}

fn mark(folder: &Folder) -> Result<()> {
    File::create(folder.wiping())?.sync_all()?;
    sync_folder(folder.path())
}

/// Destroys what is left of a folder that has the mark.
///
/// # Errors
/// [`crate::Error::Folder`].
pub(crate) fn finish(folder: &Folder) -> Result<()> {
    if !folder.wiping().exists() {
        return Ok(());
    }
    key::forget(folder);
    gone(fs::remove_file(folder.key_file()))?;
    for entry in fs::read_dir(folder.path())? {
        let path = entry?.path();
        if path == folder.lock_file() || path == folder.wiping() {
            continue;
        }
        gone(if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) })?;
    }
    sync_folder(folder.path())?;
    gone(fs::remove_file(folder.wiping()))?;
    folder.make_rooms()
}

fn gone(removed: io::Result<()>) -> Result<()> {
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn sync_folder(path: &Path) -> Result<()> {
    Ok(File::open(path)?.sync_all()?)
}

#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> Result<()> {
    Ok(())
}
