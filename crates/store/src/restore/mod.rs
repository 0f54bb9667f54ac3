//! A store from what is left of a damaged one: the last good copy, what was not sent from the damaged database, and a new
//! life at HQ, which hands the rest back.
//!
//! The damaged database is set aside and not changed. The new one gets its name when it is whole; what is cut before that
//! begins anew.

mod rescue;

use crate::{
    Error, Folder, Identity, Result, Store, StoreKey, check, folder,
    mark::{Count, Found, Mark},
    snapshot,
};
use chrono::{DateTime, Utc};
use rescue::Rescued;
use sqlx::ConnectOptions;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
};

/// Where a store was restored from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The database itself is whole; it had lost its last changes.
    Itself,
    /// A snapshot of that moment.
    Snapshot(DateTime<Utc>),
    /// Nothing: everything comes from HQ.
    Nothing,
}

/// What came of restoring a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restored {
    /// Where it comes from.
    pub source: Source,
    /// Changes that had not been sent and were found in the damaged database.
    pub rescued: u64,
    /// Whether that could be read whole: nothing that had not been sent is missing.
    pub complete: bool,
    /// Whether the laptop is still enrolled. Where it is not, it enrols with a new code.
    pub enrolled: bool,
}

/// Makes the store of a folder anew whose database is damaged. `key` is the store's.
///
/// # Errors
/// [`Error::WrongKey`] when it is not; [`Error::Folder`] and [`Error::Database`] when there is no room. The damaged database
/// is then where it was.
pub async fn restore(folder: Folder, key: StoreKey) -> Result<(Store, Restored)> {
    let found = Mark::new(&folder, &key).found()?;
    let damaged = damaged(&folder);
    let rescued = rescue::read(&damaged, &key).await;
    let scratch = folder.scratch().join("restored.db");
    snapshot::gone(&scratch);
    let source = base(&folder, &damaged, &key, &scratch).await?;
    if source == Source::Nothing && found == Found::Foreign {
        return Err(Error::WrongKey);
    }
    let store = Store::open_at(folder.clone(), &scratch, key.clone()).await?;
    let filled = fill(&store, &rescued, found, source).await;
    store.close().await;
    let enrolled = filled?;
    drop(store);
    set_aside(&folder, &damaged)?;
    snapshot::named(&scratch, &folder.database())?;
    let restored = Restored { source, rescued: rescued.operations.len() as u64, complete: rescued.complete, enrolled };
    Ok((Store::open(folder, key).await?, restored))
}

/// The damaged database: set aside already, when a restore was cut.
fn damaged(folder: &Folder) -> PathBuf {
    let aside = folder.aside().join("doorstep.db");
    if !folder.database().exists() && aside.exists() { aside } else { folder.database() }
}

fn set_aside(folder: &Folder, damaged: &Path) -> Result<()> {
    if damaged.parent() == Some(folder.aside().as_path()) {
        return Ok(());
    }
    fs::create_dir_all(folder.aside())?;
    for (from, to) in
        folder::with_beside(damaged).into_iter().zip(folder::with_beside(&folder.aside().join("doorstep.db")))
    {
        match fs::rename(from, to) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

/// Lays the best there is into `scratch`.
async fn base(folder: &Folder, damaged: &Path, key: &StoreKey, scratch: &Path) -> Result<Source> {
    match copied(damaged, key, scratch).await {
        Ok(()) => return Ok(Source::Itself),
        Err(error) => tracing::info!(%error, "the damaged database does not read through"),
    }
    for (at, path) in folder.snapshots() {
        match copied(&path, key, scratch).await {
            Ok(()) => return Ok(Source::Snapshot(at)),
            Err(error) if error.code() == doorstep_domain::Code::DiskFull => return Err(error),
            Err(error) => tracing::warn!(%at, %error, "a snapshot does not read through"),
        }
    }
    Ok(Source::Nothing)
}

/// Copies a database that reads through.
async fn copied(from: &Path, key: &StoreKey, to: &Path) -> Result<()> {
    snapshot::gone(to);
    if fs::metadata(from)?.len() == 0 {
        return Err(Error::Damaged("it is empty".into()));
    }
    let ending = Arc::new(AtomicBool::new(false));
    let options = crate::open::connection(from, key).create_if_missing(false);
    snapshot::copy(options.clone().connect().await?, &options, to, &ending).await
}

/// Puts into the new store what was rescued, and begins its new life. Returns whether it is enrolled.
async fn fill(store: &Store, rescued: &Rescued, found: Found, source: Source) -> Result<bool> {
    let own = store.identity().await?;
    let told = store.count().await?;
    let known = match found {
        Found::Own(count) => count,
        Found::Nothing | Found::Foreign => Count::default(),
    };
    let mut write = store.write().await?;
    if source != Source::Itself {
        let same_life = life(own.as_ref()) == life(rescued.identity.as_ref());
        write.take_rescued(rescued, same_life).await?;
    }
    let identity = rescued.identity.clone().or_else(|| own.clone());
    if let Some(identity) = &identity {
        let last = identity.incarnation.max(known.incarnation).max(told.incarnation);
        write.begin_anew(&Identity { incarnation: last.saturating_add(1), ..identity.clone() }, &[]).await?;
    }
    write.set_meta(check::COMMITS, &(known.commits.max(told.commits))).await?;
    write.commit().await?;
    store.files_are_as_they_are(rescued).await?;
    Ok(identity.is_some())
}

/// Sequences mean the same within one life only.
fn life(identity: Option<&Identity>) -> Option<(doorstep_domain::id::DeviceId, u32)> {
    identity.map(|identity| (identity.device_id, identity.incarnation))
}
