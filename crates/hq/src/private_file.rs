//! Files that only HQ's own account may read: keys. Written to a temporary name, synced, linked (invariant 9).

use crate::error::Error;
use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::Path,
    process,
    sync::atomic::{AtomicU32, Ordering},
};

/// Numbers the temporary files of this process.
static MADE: AtomicU32 = AtomicU32::new(0);

/// Makes a file with mode 0600, whole or not at all. Where there is one already it stays, also when another process
/// makes it at the same moment.
///
/// # Errors
/// [`Error::Folder`].
pub fn create(path: &Path, content: &[u8]) -> Result<(), Error> {
    try_create(path, content).map_err(|e| Error::folder(path, e))
}

fn try_create(path: &Path, content: &[u8]) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    let scratch = path.with_extension(format!("new-{}-{}", process::id(), MADE.fetch_add(1, Ordering::Relaxed)));
    // Left by a process of the same number that was killed.
    unless(fs::remove_file(&scratch), io::ErrorKind::NotFound)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&scratch)?;
    let written = file.write_all(content).and_then(|()| file.sync_all());
    // Unlike a rename, a link never takes the place of a file that is there.
    let linked = written.and_then(|()| unless(fs::hard_link(&scratch, path), io::ErrorKind::AlreadyExists));
    // Also what found no room.
    linked.and(fs::remove_file(&scratch))
}

/// Takes one kind of failure for success.
fn unless(done: io::Result<()>, kind: io::ErrorKind) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == kind => Ok(()),
        other => other,
    }
}
