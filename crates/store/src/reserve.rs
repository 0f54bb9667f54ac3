//! Room that is kept for the way out: on a full disk, what waits is still handed in, by line or by file.
//!
//! A file that holds nothing, which an exchange lets go when it meets a full disk. What a person types does not use it up.

use crate::{Folder, Store};
use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
    sync::atomic::Ordering,
};

/// Bytes that are kept: an exchange writes a few pages for each batch.
const BYTES: usize = 4 * 1024 * 1024;
/// Bytes that have to be free beside it.
pub(crate) const BESIDE: u64 = 32 * 1024 * 1024;

impl Store {
    /// Keeps room where there is plenty and none is kept. For moments in which nobody waits.
    pub fn keep_reserve(&self) {
        let path = self.folder().reserve();
        // Held against a store that is being closed, or wiped.
        let Ok(_alone) = self.upkeep.try_lock() else { return };
        if path.exists() || self.ending.load(Ordering::Relaxed) {
            return;
        }
        let kept = free_bytes(self.folder())
            .and_then(|free| if free < BYTES as u64 + BESIDE { Ok(()) } else { written(&path) });
        if let Err(error) = kept {
            tracing::info!(%error, "no room is kept for a full disk");
            fs::remove_file(&path).ok();
        }
    }

    /// Lets the room go that was kept; whether there was any.
    #[must_use]
    pub fn free_reserve(&self) -> bool {
        fs::remove_file(self.folder().reserve()).is_ok()
    }
}

/// Bytes that no file system packs into fewer.
fn written(path: &Path) -> io::Result<()> {
    let mut bytes = vec![0; BYTES];
    blake3::Hasher::new().finalize_xof().fill(&mut bytes);
    let mut file = File::create(path)?;
    file.write_all(&bytes)?;
    file.sync_all()
}

/// Bytes that are free on the disk of a data folder.
#[cfg(unix)]
pub(crate) fn free_bytes(folder: &Folder) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(folder.path())?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Bytes that are free on the disk of a data folder: as many as one likes, where nobody tells.
#[cfg(not(unix))]
pub(crate) fn free_bytes(_folder: &Folder) -> io::Result<u64> {
    Ok(u64::MAX)
}
