//! Why a step of storage failed, and whether trying again can help.

use doorstep_domain::Refusal;
use sqlx::migrate::MigrateError;
use std::io;

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// Another writer did not finish in time; trying again can help.
    #[error("the database is busy")]
    Busy(#[source] sqlx::Error),
    /// The database does not answer.
    #[error("the database cannot be reached; see that it runs and that its address is right")]
    Away(#[source] sqlx::Error),
    /// Another change made a record that this one was about to make; trying again sees it.
    #[error("another change came in between")]
    Overtaken,
    /// There is no room for what was to be written. Nothing of it was.
    #[error("the disk of HQ's database is full: free some space there, and HQ goes on by itself or at its next start")]
    Full(#[source] sqlx::Error),
    /// The database may not be written, or not be made. Nothing was.
    #[error(
        "HQ's database cannot be opened for writing: see that this account may write its folder, that the disk is not \
         mounted read-only, and that there is room"
    )]
    Unwritable(#[source] sqlx::Error),
    /// A page or a row of the database is not what was written.
    #[error("HQ's database is damaged: `doorstep-hq check` says where; restore from a backup")]
    Unreadable(#[source] sqlx::Error),
    /// The database failed.
    #[error("the database failed")]
    Database(#[source] sqlx::Error),
    /// The tables could not be brought up to date.
    #[error("the database could not be brought up to date")]
    Migration(#[source] MigrateError),
    /// The lock beside the database could not be taken.
    #[error("the lock beside the database could not be taken: {}", remedy(.0))]
    Lock(#[source] io::Error),
    /// The database is newer than this program.
    #[error("the database was written by a newer doorstep-hq; install that version or a later one")]
    Newer,
    /// The log of the database lost what was written last.
    #[error(
        "what HQ wrote last is lost ({0}): restore from a backup, so that laptops bring back what is not in it; to go on \
         without, move hq.sqlite-wal away"
    )]
    Log(String),
    /// A row does not read back.
    #[error("a stored row cannot be read: {0}; `doorstep-hq check` says more")]
    Damaged(String),
    /// A rule refused what HQ itself was about to write.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl StorageError {
    /// Whether what was stored is not there any more as it was.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Unreadable(_) | Self::Damaged(_) | Self::Log(_))
    }
}

/// What to do about a file or folder that cannot be used.
#[must_use]
pub fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "its disk is full; free some space there",
        io::ErrorKind::ReadOnlyFilesystem => "its disk is mounted read-only; mount it for writing",
        io::ErrorKind::NotFound => "it is not there",
        _ => "see that this account may read and write it",
    }
}

/// What a database says when it fails, as far as HQ tells it apart.
enum Said {
    Busy,
    Away,
    Full,
    Unwritable,
    Damage,
    Other,
}

/// SQLite's result codes, extended ones included: <https://www.sqlite.org/rescode.html>.
fn sqlite(code: u32) -> Said {
    match code {
        // SQLITE_FULL; SQLITE_IOERR_SHMSIZE: no room for the index of the log.
        13 | 4874 => Said::Full,
        // SQLITE_IOERR_READ, _SHORT_READ, _DATA, _CORRUPTFS
        266 | 522 | 8202 | 8458 => Said::Damage,
        // SQLITE_ERROR, SQLITE_CONSTRAINT, SQLITE_MISMATCH: a test prepares every statement, and none breaks a rule of the
        // tables. So the tables are not those that were made, or what is in them is not what was written.
        1 => Said::Damage,
        _ => match code & 0xff {
            // SQLITE_BUSY, SQLITE_LOCKED
            5 | 6 => Said::Busy,
            // SQLITE_PERM, SQLITE_READONLY, SQLITE_IOERR of whatever else, SQLITE_CANTOPEN, SQLITE_AUTH
            3 | 8 | 10 | 14 | 23 => Said::Unwritable,
            // SQLITE_CORRUPT, SQLITE_NOTADB
            11 | 26 => Said::Damage,
            19 | 20 => Said::Damage,
            _ => Said::Other,
        },
    }
}

/// PostgreSQL's SQLSTATE: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
fn postgres(state: &str) -> Said {
    match state {
        // Two changes met and one of them has to begin again, or there is no connection to be had now: serialization_failure,
        // deadlock_detected, lock_not_available, too_many_connections, admin_shutdown, crash_shutdown, cannot_connect_now.
        "40001" | "40P01" | "55P03" | "53300" | "57P01" | "57P02" | "57P03" => Said::Busy,
        // disk_full
        "53100" => Said::Full,
        // read_only_sql_transaction, insufficient_privilege
        "25006" | "42501" => Said::Unwritable,
        // data_corrupted, index_corrupted, io_error
        "XX001" | "XX002" | "58030" => Said::Damage,
        // connection_exception and its kin
        state if state.starts_with("08") => Said::Away,
        _ => Said::Other,
    }
}

impl From<sqlx::Error> for StorageError {
    fn from(error: sqlx::Error) -> Self {
        let said = match &error {
            sqlx::Error::PoolTimedOut => Said::Busy,
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed => Said::Away,
            // A value that is not of its column's type, or a row that is always there and is not.
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::RowNotFound => Said::Damage,
            sqlx::Error::Database(failed) => match failed.code().as_deref() {
                // A SQLSTATE has five characters; no code of SQLite does.
                Some(state) if state.len() == 5 => postgres(state),
                Some(code) => code.parse().map_or(Said::Other, sqlite),
                None => Said::Other,
            },
            _ => Said::Other,
        };
        match said {
            Said::Busy => Self::Busy(error),
            Said::Away => Self::Away(error),
            Said::Full => Self::Full(error),
            Said::Unwritable => Self::Unwritable(error),
            Said::Damage => Self::Unreadable(error),
            Said::Other => Self::Database(error),
        }
    }
}

impl From<MigrateError> for StorageError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(_) => Self::Newer,
            MigrateError::VersionMismatch(_) | MigrateError::Dirty(_) => {
                Self::Damaged("the list of what was done to the tables".to_owned())
            }
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => match Self::from(error) {
                Self::Database(error) => Self::Migration(MigrateError::Execute(error)),
                known => known,
            },
            other => Self::Migration(other),
        }
    }
}
