//! What can go wrong in the store, and the code each failure crosses the boundary with.

use doorstep_domain::{Code, Refusal};
use libsqlite3_sys::{
    SQLITE_BUSY, SQLITE_CANTOPEN, SQLITE_CORRUPT, SQLITE_ERROR, SQLITE_FULL, SQLITE_INTERRUPT, SQLITE_IOERR,
    SQLITE_IOERR_CORRUPTFS as IOERR_CORRUPTFS, SQLITE_IOERR_DATA as IOERR_DATA, SQLITE_IOERR_READ as IOERR_READ,
    SQLITE_IOERR_SHMSIZE as IOERR_SHMSIZE, SQLITE_IOERR_SHORT_READ as IOERR_SHORT_READ,
    SQLITE_IOERR_WRITE as IOERR_WRITE, SQLITE_LOCKED, SQLITE_NOMEM, SQLITE_NOTADB, SQLITE_PERM, SQLITE_READONLY,
};
use std::io::ErrorKind;

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule said no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database said no.
    #[error("the database failed: {0}")]
    Database(#[source] sqlx::Error),
    /// A file of the data folder could not be read or written.
    #[error("the data folder failed: {0}")]
    Folder(#[from] std::io::Error),
    /// The database was written by a newer Doorstep; this one must not touch it.
    #[error("the database was written by a newer Doorstep")]
    Newer,
    /// The migrations that built the database are not the ones of this app.
    #[error("the database could not be brought up to date: {0}")]
    Migration(#[source] sqlx::migrate::MigrateError),
    /// The key does not open this store.
    #[error("the key does not open this store")]
    WrongKey,
    /// The passphrase is wrong.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// The passphrase is shorter than eight characters.
    #[error("the passphrase is shorter than eight characters")]
    WeakPassphrase,
    /// The operating system's keychain cannot be used.
    #[error("the keychain cannot be used: {0}")]
    Keychain(#[from] keyring::Error),
    /// Another window or host has the data folder open.
    #[error("another window has this data folder open")]
    InUse,
    /// Something stored does not read back as what it was.
    #[error("damaged: {0}")]
    Damaged(String),
    /// The file with the wrapped key is not what was written. HQ can give the key back.
    #[error("the key file is damaged: {0}")]
    DamagedKey(&'static str),
    /// An attachment's file does not read back as what it was.
    #[error("an attachment's file is damaged: {0}")]
    DamagedFile(&'static str),
    /// The bytes are not those their hash names.
    #[error("the bytes are not those their hash names")]
    HashMismatch,
}

impl Error {
    /// The code for the interface and for HQ.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Refused(refusal) => refusal.code,
            Self::Database(error) => database_code(error),
            Self::Folder(error) => folder_code(error),
            Self::Newer => Code::StoreNewer,
            Self::Migration(_) | Self::Damaged(_) | Self::DamagedKey(_) => Code::StoreDamaged,
            Self::DamagedFile(_) => Code::FileDamaged,
            Self::WrongKey => Code::WrongKey,
            Self::WrongPassphrase => Code::WrongPassphrase,
            Self::WeakPassphrase => Code::WeakPassphrase,
            Self::Keychain(_) => Code::KeychainUnavailable,
            Self::InUse => Code::StoreInUse,
            Self::HashMismatch => Code::HashMismatch,
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Damaged(format!("JSON: {error}"))
    }
}

/// SQLite's result codes. The statements are fixed, so that 1, which it has for errors of statements, means that it met
/// something on the disk: SQLCipher says so of a page that is not what was written, and of the next one that there is no
/// memory. Whether it is the disk [`crate::Store::check`] tells.
fn database_code(error: &sqlx::Error) -> Code {
    if let sqlx::Error::Io(error) = error {
        return folder_code(error);
    }
    if matches!(error, sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_)) {
        return Code::StoreDamaged;
    }
    if matches!(error, sqlx::Error::PoolClosed) {
        return Code::Locked;
    }
    let code = error.as_database_error().and_then(|e| e.code()).and_then(|c| c.parse::<i32>().ok());
    match code {
        // I/O errors: a quota that is used up and no room for the index of the log are told as one.
        Some(IOERR_WRITE | IOERR_SHMSIZE) => Code::DiskFull,
        Some(IOERR_READ | IOERR_SHORT_READ | IOERR_DATA | IOERR_CORRUPTFS) => Code::StoreDamaged,
        _ => match code.map(|code| code & 0xff) {
            Some(SQLITE_BUSY | SQLITE_LOCKED) => Code::Busy,
            Some(SQLITE_FULL) => Code::DiskFull,
            Some(SQLITE_INTERRUPT) => Code::Cancelled,
            Some(SQLITE_ERROR | SQLITE_NOMEM | SQLITE_CORRUPT | SQLITE_NOTADB) => Code::StoreDamaged,
            Some(SQLITE_PERM | SQLITE_READONLY | SQLITE_IOERR | SQLITE_CANTOPEN) => Code::NotWritable,
            _ => Code::Internal,
        },
    }
}

fn folder_code(error: &std::io::Error) -> Code {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Code::DiskFull,
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem | ErrorKind::NotADirectory => Code::NotWritable,
        _ => Code::Internal,
    }
}
