//! Snapshots: copies of the database as it was at a moment, whole and encrypted with the same key, for when it is damaged.
//!
//! One a day, the newest few, none older than a week. A copy reads every page of the database, so a damaged one makes none,
//! and each was opened and read before it counts. They lie in the data folder and go with it when it is wiped.

use crate::{Folder, Result, Store, check, reserve};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// Hours after one before there is another.
const HOURS_BETWEEN: i64 = 24;
/// Most that are kept.
const KEPT_MAX: usize = 3;
/// Days that one is kept.
const DAYS_MAX: i64 = 7;
/// Bytes that stay free beside a snapshot.
const FREE_BYTES: u64 = 256 * 1024 * 1024;
const NAME: &str = "%Y%m%dT%H%M%SZ.db";

impl Folder {
    /// The snapshots, newest first.
    #[must_use]
    pub fn snapshots(&self) -> Vec<(DateTime<Utc>, PathBuf)> {
        let Ok(entries) = fs::read_dir(self.snapshot_folder()) else { return Vec::new() };
        let named = |path: PathBuf| {
            let at = NaiveDateTime::parse_from_str(path.file_name()?.to_str()?, NAME).ok()?;
            Some((at.and_utc(), path))
        };
        let mut all: Vec<_> = entries.filter_map(|entry| named(entry.ok()?.path())).collect();
        all.sort_unstable_by(|a, b| b.cmp(a));
        all
    }
}

impl Store {
    /// Makes a snapshot when a day has passed since the last one, and lets old ones go. Returns whether it made one. Holds
    /// up nobody; [`Store::close`] ends it. None is made on a disk that it would fill.
    ///
    /// # Errors
    /// [`crate::Error::Damaged`] when the database is; [`crate::Error::Database`], [`crate::Error::Folder`].
    pub async fn keep_snapshot(&self, now: DateTime<Utc>) -> Result<bool> {
        let _alone = self.upkeep.lock().await;
        // What is not enrolled yet has nothing to lose, and would keep the day from what comes then.
        if self.ending.load(Ordering::Relaxed) || self.identity().await?.is_none() {
            return Ok(false);
        }
        let kept = self.folder().snapshots();
        // A clock that was set back must not put it off for long.
        if kept.first().is_some_and(|(at, _)| (now - at).abs() < TimeDelta::hours(HOURS_BETWEEN)) {
            return Ok(false);
        }
        if !has_room(self.folder())? {
            tracing::warn!("no snapshot: the disk has not enough room beside it");
            return Ok(false);
        }
        fs::create_dir_all(self.folder().snapshot_folder())?;
        let path = self.folder().snapshot_folder().join(now.format(NAME).to_string());
        let copy = self.folder().scratch().join("snapshot.db");
        let made = self.copy_to(&copy).await.and_then(|()| Ok(named(&copy, &path)?));
        gone(&copy);
        made?;
        for (place, (at, path)) in self.folder().snapshots().into_iter().enumerate() {
            if place >= KEPT_MAX || now - at >= TimeDelta::days(DAYS_MAX) {
                fs::remove_file(path)?;
            }
        }
        Ok(true)
    }

    /// Copies the database as it is now, and reads the copy.
    async fn copy_to(&self, copy_at: &Path) -> Result<()> {
        gone(copy_at);
        copy(self.aside().await?, &self.options, copy_at, &self.ending).await
    }
}

/// Copies the database behind `connection` as it is now, and reads the copy.
pub(crate) async fn copy(
    mut connection: SqliteConnection,
    options: &SqliteConnectOptions,
    to: &Path,
    ending: &Arc<AtomicBool>,
) -> Result<()> {
    check::until(&mut connection, ending).await?;
    let copied = sqlx::query("VACUUM INTO ?").bind(to.to_string_lossy().into_owned()).execute(&mut connection).await;
    connection.close().await.ok();
    copied?;
    check::check(options.clone().filename(to).create_if_missing(false).connect().await?, ending).await
}

/// Gives a copy its name, and makes sure that both are there after a power cut.
pub(crate) fn named(copy: &Path, path: &Path) -> std::io::Result<()> {
    File::open(copy)?.sync_all()?;
    fs::rename(copy, path)?;
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// A database that is not needed, with what SQLite lays beside it.
pub(crate) fn gone(path: &Path) {
    for path in crate::folder::with_beside(path) {
        // What stays lies in `scratch`, and is wiped at the next start.
        fs::remove_file(path).ok();
    }
}

/// Whether a copy fits beside the database with room to spare.
fn has_room(folder: &Folder) -> std::io::Result<bool> {
    let needed = fs::metadata(folder.database())?.len().saturating_mul(2).saturating_add(FREE_BYTES);
    Ok(reserve::free_bytes(folder)? >= needed)
}
