//! Folders that only HQ's own account may enter: its data, its attachments, its backups.

use crate::error::Error;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Names that HQ gives to what lies at the top of its folders.
const OURS: [&str; 9] = [
    "hq.sqlite",
    "hq.sqlite.moved",
    "recovery.key",
    "serving.lock",
    "hq.lock",
    "manifest.json",
    "whole",
    "chunk",
    "ready",
];

/// Makes a folder for HQ's own account. One that is there and open to others is closed to them, unless it holds what is not
/// HQ's: closing somebody's folder would lock them out, and leaving it open would show what HQ keeps to everybody.
///
/// # Errors
/// [`Error::Folder`], [`Error::Open`].
pub fn make(folder: &Path) -> Result<(), Error> {
    let failed = |e: io::Error| Error::folder(folder, e);
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(failed)?;
    if is_open(folder).map_err(failed)? {
        if let Some(foreign) = foreign(folder).map_err(failed)? {
            return Err(Error::Open { path: folder.to_owned(), foreign });
        }
        close(folder, 0o700).map_err(failed)?;
        tracing::warn!(folder = %folder.display(), "the folder was open to others; it is closed now");
    }
    Ok(())
}

/// Closes a file of HQ's to others, where it is not.
///
/// # Errors
/// [`Error::Folder`].
pub fn keep_file(path: &Path) -> Result<(), Error> {
    let done = || if is_open(path)? { close(path, 0o600) } else { Ok(()) };
    done().map_err(|e| Error::folder(path, e))
}

/// What lies in a folder that HQ never put there, when there is nothing of HQ's beside it.
fn foreign(folder: &Path) -> io::Result<Option<PathBuf>> {
    let mut foreign = None;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(|name| OURS.contains(&name)) {
            return Ok(None);
        }
        foreign.get_or_insert(entry.path());
    }
    Ok(foreign)
}

#[cfg(unix)]
fn is_open(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::metadata(path)?.permissions().mode() & 0o077 != 0)
}

#[cfg(unix)]
fn close(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode))
}

/// A profile's folder on Windows is closed to others already.
#[cfg(not(unix))]
fn is_open(_: &Path) -> io::Result<bool> {
    Ok(false)
}

#[cfg(not(unix))]
fn close(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}
