//! Why HQ does not start, or a command of its keeper fails, with what to do next.

use crate::{
    attachments::AttachmentError,
    storage::{StorageError, moving::MoveError, remedy},
};
use chrono::{DateTime, Utc};
use doorstep_domain::Refusal;
use std::{
    io,
    path::{Path, PathBuf},
};

/// A failure outside of a request.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder cannot be used.
    #[error("{path} cannot be used: {}", remedy(.source))]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// HQ was not moved to another database.
    #[error(transparent)]
    Moving(#[from] MoveError),
    /// There is no HQ in the data folder.
    #[error("there is no HQ in {0}: name its folder with --data FOLDER; `doorstep-hq serve` makes a new one")]
    NoHq(PathBuf),
    /// HQ's database is gone, and its key is not.
    #[error(
        "{0} is missing or empty, and the key beside it is of an HQ that had one: put it back, or restore from a backup \
         into another folder; if its records are on PostgreSQL, give --database"
    )]
    Gone(PathBuf),
    /// The folder is open to others and holds what is not HQ's.
    #[error(
        "{path} can be read by others, and {foreign} in it is not HQ's: name a folder that is HQ's alone, or close this one \
         with chmod 700"
    )]
    Open {
        /// The folder.
        path: PathBuf,
        /// What is not HQ's.
        foreign: PathBuf,
    },
    /// There is no SQLite database to move.
    #[error("{0} is not there: nothing to move")]
    NothingToMove(PathBuf),
    /// HQ is served from the folder, or being moved.
    #[error("HQ in {0} is in use; stop `doorstep-hq serve` first")]
    InUse(PathBuf),
    /// HQ's records are on PostgreSQL.
    #[error("HQ's records were moved to PostgreSQL: give --database as when they were moved; the old ones are in {0}")]
    MovedAway(PathBuf),
    /// A `.doorstep` file was not taken in.
    #[error(transparent)]
    Bundle(#[from] doorstep_wire::bundle::BundleError),
    /// The storage of attachments failed.
    #[error(transparent)]
    Attachments(#[from] AttachmentError),
    /// A certificate or key cannot be used.
    #[error("{path}: {why}")]
    Certificate {
        /// Which file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The recovery key does not read.
    #[error("{path} is not a recovery key; put the file back from a backup, for without it nothing sealed to it opens")]
    RecoveryKey {
        /// Which file.
        path: PathBuf,
    },
    /// Plain HTTP was asked for on an address that others reach.
    #[error("plain HTTP is served on a loopback address only, and {0} is none; leave --http out")]
    PlainHttp(std::net::SocketAddr),
    /// The machine's clock is wrong.
    #[error("this machine's clock says {0}; set it first, for everything at HQ is dated by it")]
    Clock(DateTime<Utc>),
    /// The server stopped.
    #[error("the server stopped")]
    Serve(#[source] io::Error),
    /// There is no branch of that code.
    #[error("no branch {0}; its code is like CD, and `doorstep-hq import` brings branches in")]
    NoBranch(String),
    /// There is no laptop of that code.
    #[error("no laptop {0}; its code is like A01")]
    NoLaptop(String),
    /// There is no account of that name.
    #[error("no account {0}; `doorstep-hq account list` names them")]
    NoAccount(String),
    /// There is no engineer of that name.
    #[error("no engineer {0} in that branch; `doorstep-hq engineers` names them")]
    NoEngineer(String),
    /// The address of HQ is not known yet.
    #[error(
        "HQ was not served yet, so neither its address nor its key is known: start it once with `doorstep-hq serve`"
    )]
    NoAddress,
    /// The address does not fit the way HQ is served.
    #[error("{0} is not an address of HQ: it begins with https://, or with http:// on a loopback address")]
    BadAddress(String),
    /// The laptop left no store key.
    #[error("laptop {0} has handed in no store key")]
    NoStoreKey(String),
    /// The store key does not open.
    #[error("the store key of laptop {0} was sealed to another recovery key")]
    SealedElsewhere(String),
    /// An import was refused; nothing of it was taken.
    #[error("{file}: {place}: {refusal}; nothing was imported")]
    Import {
        /// The file.
        file: String,
        /// Where in it.
        place: String,
        /// Why.
        refusal: Refusal,
    },
    /// The name is taken.
    #[error("there is an account named {0} already")]
    AccountTaken(String),
    /// A restore goes into an empty folder.
    #[error("{path} holds an HQ already; restore into another data folder")]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// A backup is not what it should be.
    #[error("{path} {why}; restore from another backup")]
    Backup {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// No next key was announced.
    #[error("no next key was announced; `doorstep-hq key announce` does that, some weeks before the switch")]
    NoNextKey,
    /// Some laptops do not know the next key yet.
    #[error("{0} did not sync since the next key was announced, and would not know HQ any more; wait, or add --yes")]
    NotTold(String),
    /// A password could not be hashed.
    #[error("the password could not be hashed")]
    Password(#[source] argon2::password_hash::Error),
    /// A rule said no.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl Error {
    /// An error about a path.
    pub(crate) fn folder(path: &Path, source: io::Error) -> Self {
        Self::Folder { path: path.to_owned(), source }
    }
}
