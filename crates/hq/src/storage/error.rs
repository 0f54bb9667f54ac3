//! Why a step of storage failed, and whether trying again can help.

use doorstep_domain::Refusal;
use std::io;

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// Another writer did not finish in time; trying again can help.
    #[error("the database is busy")]
    Busy(#[source] sqlx::Error),
    /// Another change made a record that this one was about to make; trying again sees it.
    #[error("another change came in between")]
    Overtaken,
    /// The database failed.
    #[error("the database failed")]
    Database(#[source] sqlx::Error),
    /// The tables could not be brought up to date.
    #[error("the database could not be brought up to date")]
    Migration(#[source] sqlx::migrate::MigrateError),
    /// The lock beside the database could not be taken.
    #[error("the lock beside the database could not be taken; see that this account may write there")]
    Lock(#[source] io::Error),
    /// The database is newer than this program.
    #[error("the database was written by a newer doorstep-hq; install that version or a later one")]
    Newer,
    /// A row does not read back.
    #[error("a stored row cannot be read: {0}")]
    Damaged(String),
    /// A rule refused what HQ itself was about to write.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// SQLite's code for a lock that was not given up in time.
const SQLITE_BUSY: &str = "5";
/// What PostgreSQL says when two changes met and one of them has to begin again, or when it cannot take another
/// connection: serialization_failure, deadlock_detected, lock_not_available, too_many_connections,
/// admin_shutdown, crash_shutdown, cannot_connect_now.
const POSTGRES_BUSY: [&str; 7] = ["40001", "40P01", "55P03", "53300", "57P01", "57P02", "57P03"];

impl From<sqlx::Error> for StorageError {
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(|e| e.code());
        let code = code.as_deref();
        let busy = matches!(error, sqlx::Error::PoolTimedOut)
            || code.is_some_and(|code| code == SQLITE_BUSY || POSTGRES_BUSY.contains(&code));
        if busy { Self::Busy(error) } else { Self::Database(error) }
    }
}
