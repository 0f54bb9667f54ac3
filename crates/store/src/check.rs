//! Whether the store is what was written: a quick look at each start, and all of it in the background.
//!
//! SQLCipher keeps a MAC of every page, so that whatever reads a page that is not what was written is told. What is
//! missing at the end of the log nothing in the database tells; the mark beside it does.

use crate::{
    Error, Result, Store,
    mark::{Count, Found},
};
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Steps of SQLite's machine between two looks at whether the work is to end.
const STEPS: i32 = 10_000;
/// KiB of pages that a connection for work in the background keeps: it reads everything once.
const CACHE: &str = "-2000";

impl Store {
    /// A quick look: what every start needs is there, and nothing that was stored is missing at the end.
    pub(crate) async fn look(&self, found: Found) -> Result<()> {
        let count = self.count().await?;
        self.identity().await?;
        sqlx::query("SELECT min(seq), max(seq) FROM outbox").execute(self.pool()).await?;
        if let Found::Own(kept) = found
            && kept.commits > count.commits
        {
            let missing = kept.commits - count.commits;
            return Err(Error::Damaged(format!("the last {missing} changes that were stored are missing")));
        }
        Ok(())
    }

    /// How many changes it has stored, and its life at HQ.
    pub(crate) async fn count(&self) -> Result<Count> {
        let commits: Option<u64> = self.meta(COMMITS).await?;
        let incarnation = self.identity().await?.map_or(0, |identity| identity.incarnation);
        Ok(Count { commits: commits.unwrap_or(0), incarnation })
    }

    /// Reads every page. Takes some seconds for a large store, and holds up nobody but [`Store::close`], which ends it.
    ///
    /// # Errors
    /// [`Error::Damaged`] with what SQLite says of it; [`Error::Database`].
    pub async fn check(&self) -> Result<()> {
        let _alone = self.upkeep.lock().await;
        check(self.aside().await?, &self.ending).await
    }

    /// A connection of its own for work in the background; what a damaged page does to it stays with it.
    pub(crate) async fn aside(&self) -> Result<SqliteConnection> {
        if self.ending.load(Ordering::Relaxed) {
            return Err(sqlx::Error::PoolClosed.into());
        }
        Ok(self.options.clone().create_if_missing(false).pragma("cache_size", CACHE).connect().await?)
    }
}

/// Where the store counts its changes.
pub(crate) const COMMITS: &str = "commits";

/// Reads every page of the database behind `connection`.
pub(crate) async fn check(mut connection: SqliteConnection, ending: &Arc<AtomicBool>) -> Result<()> {
    until(&mut connection, ending).await?;
    let said = sqlx::query_scalar::<_, String>("PRAGMA quick_check(1)").fetch_all(&mut connection).await;
    connection.close().await.ok();
    let said = said?;
    if said == ["ok"] { Ok(()) } else { Err(Error::Damaged(said.join("; "))) }
}

/// Ends what the connection does once `ending` is set: nothing of SQLCipher may be at work when the process ends.
pub(crate) async fn until(connection: &mut SqliteConnection, ending: &Arc<AtomicBool>) -> Result<()> {
    let ending = Arc::clone(ending);
    connection.lock_handle().await?.set_progress_handler(STEPS, move || !ending.load(Ordering::Relaxed));
    Ok(())
}
