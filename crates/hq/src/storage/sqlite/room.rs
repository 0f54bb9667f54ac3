//! How far the database may grow: a bound of SQLite's own, which then answers as it does on a full disk. The simulator fills
//! HQ's disk with it; without a bound there is as much room as the disk has.

use super::{Sqlite, StorageError};
use sqlx::{AssertSqlSafe, Executor as _, sqlite::SqlitePoolOptions};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// As many pages as SQLite can count: no bound.
const PAGES_MAX: i64 = 4_294_967_294;

/// Most pages of the database. SQLite keeps it for a connection alone, and the writer's is another one after each failure.
#[derive(Debug, Clone)]
pub(super) struct Room(Arc<AtomicI64>);

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(PAGES_MAX)))
    }
}

impl Room {
    /// The pool, each of whose connections keeps to the bound there is when it begins.
    pub(super) fn bounding(&self, pool: SqlitePoolOptions) -> SqlitePoolOptions {
        let room = self.clone();
        pool.after_connect(move |connection, _| {
            let bound = room.bound();
            Box::pin(async move { connection.execute(AssertSqlSafe(bound)).await.map(drop) })
        })
    }

    fn bound(&self) -> String {
        format!("PRAGMA max_page_count = {}", self.0.load(Ordering::Relaxed))
    }
}

impl Sqlite {
    pub(super) async fn bound_room(&self, pages: Option<u32>) -> Result<(), StorageError> {
        let _turn = self.turn.lock().await;
        let mut writer = self.writer.acquire().await?;
        let (now,): (i64,) = sqlx::query_as("PRAGMA page_count").fetch_one(&mut *writer).await?;
        let most = pages.map_or(PAGES_MAX, |pages| now + i64::from(pages));
        self.room.0.store(most, Ordering::Relaxed);
        writer.execute(AssertSqlSafe(self.room.bound())).await?;
        Ok(())
    }
}
