//! A writer that starts on a sound connection, however the transaction before it ended.
//!
//! Where the disk is full SQLite ends a transaction by itself, and whoever counts transactions from outside goes on
//! counting it: nothing could begin on that connection again.

use sqlx::{
    Connection, Database, Error, Sqlite, SqliteConnection, pool::PoolConnectionMetadata, sqlite::SqlitePoolOptions,
};
use sqlx_core::transaction::TransactionManager as _;
use std::{future::Future, pin::Pin};

type Checked<'c> = Pin<Box<dyn Future<Output = Result<bool, Error>> + Send + 'c>>;

/// The same pool, which hands out no connection in which a transaction is left. One that cannot be mended is closed, and
/// another one opened in its place.
pub(crate) fn sound(pool: SqlitePoolOptions) -> SqlitePoolOptions {
    pool.before_acquire(check)
}

fn check(connection: &mut SqliteConnection, _: PoolConnectionMetadata) -> Checked<'_> {
    Box::pin(async move {
        // What was told to end before has ended once this is answered.
        connection.ping().await?;
        if !connection.is_in_transaction() {
            return Ok(true);
        }
        tracing::warn!("the last change did not end as it should; what is left of it is undone");
        // A rollback fails where SQLite has nothing to undo, and counts nothing down then. So it gets something; where SQLite
        // still has the transaction, it says no to another one.
        sqlx::query("BEGIN").execute(&mut *connection).await.ok();
        <Sqlite as Database>::TransactionManager::rollback(connection).await.ok();
        Ok(!connection.is_in_transaction())
    })
}
