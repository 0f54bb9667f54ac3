//! Files that only HQ's own account may read: keys. Written to a temporary name, synced, renamed (invariant 9).

use crate::error::Error;
use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::Path,
};

/// Writes a file with mode 0600.
///
/// # Errors
/// [`Error::Folder`].
pub fn write(path: &Path, content: &[u8]) -> Result<(), Error> {
    try_write(path, content).map_err(|e| Error::folder(path, e))
}

fn try_write(path: &Path, content: &[u8]) -> io::Result<()> {
    let scratch = path.with_extension("new");
    match fs::remove_file(&scratch) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&scratch)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&scratch, path)
}
