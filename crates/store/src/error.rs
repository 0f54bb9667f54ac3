//! What can go wrong in the store, and the code each failure crosses the boundary with.

use doorstep_domain::{Code, Refusal};

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
            Self::Migration(_) | Self::Damaged(_) => Code::StoreDamaged,
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

/// SQLite's primary result codes: 5 busy, 6 locked, 11 corrupt, 13 full, 26 not a database.
fn database_code(error: &sqlx::Error) -> Code {
    let code = error.as_database_error().and_then(|e| e.code()).and_then(|c| c.parse::<i32>().ok());
    match code.map(|c| c & 0xff) {
        Some(5 | 6) => Code::Busy,
        Some(13) => Code::DiskFull,
        Some(11 | 26) => Code::StoreDamaged,
        _ => Code::Internal,
    }
}

fn folder_code(error: &std::io::Error) -> Code {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Code::DiskFull,
        _ => Code::Internal,
    }
}
