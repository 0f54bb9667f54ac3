//! An HQ moves from SQLite in its data folder to PostgreSQL, while nobody serves it. The old file is kept under another
//! name, and HQ does not begin anew beside it.

use crate::{
    error::Error,
    storage::{
        Storage,
        moving::{self, Moved},
        postgres::Postgres,
        sqlite::Sqlite,
    },
};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

/// HQ's records on SQLite.
#[must_use]
pub fn sqlite(data: &Path) -> PathBuf {
    data.join("hq.sqlite")
}

/// What that file is called once its records are on PostgreSQL.
fn left_behind(data: &Path) -> PathBuf {
    data.join("hq.sqlite.moved")
}

/// Says so where HQ's records were moved away from this folder.
///
/// # Errors
/// [`Error::MovedAway`].
pub(crate) fn check_here(data: &Path) -> Result<(), Error> {
    if left_behind(data).exists() { Err(Error::MovedAway(left_behind(data))) } else { Ok(()) }
}

/// Held while HQ is served from this folder; several processes may.
///
/// # Errors
/// [`Error::Folder`], [`Error::InUse`] while HQ is moved.
pub(crate) fn serving(data: &Path) -> Result<File, Error> {
    let lock = lock(data)?;
    lock.try_lock_shared().map_err(|_| Error::InUse(data.to_owned()))?;
    Ok(lock)
}

fn lock(data: &Path) -> Result<File, Error> {
    let path = data.join("serving.lock");
    File::create(&path).map_err(|e| Error::folder(&path, e))
}

/// Moves the HQ of a data folder to the PostgreSQL database at `address`, which must be empty. Keys and attachments
/// stay in the folder.
///
/// # Errors
/// [`Error::NothingToMove`], [`Error::InUse`], [`Error::Moving`]; then everything is as it was.
pub async fn migrate(data: &Path, address: &str) -> Result<Vec<Moved>, Error> {
    check_here(data)?;
    let path = sqlite(data);
    if !path.exists() {
        return Err(Error::NothingToMove(path));
    }
    let lock = lock(data)?;
    lock.try_lock().map_err(|_| Error::InUse(data.to_owned()))?;
    let (from, to) = (Sqlite::open(&path).await?, Postgres::open(address).await?);
    let moved = moving::everything(&from, &to).await;
    // Closing writes the file out whole.
    from.close().await?;
    to.close().await?;
    let moved = moved?;
    fs::rename(&path, left_behind(data)).map_err(|e| Error::folder(&path, e))?;
    Ok(moved)
}
