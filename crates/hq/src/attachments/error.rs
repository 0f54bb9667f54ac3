//! Why a step with attachments failed, with the code that the laptop is told.

use doorstep_domain::Code;
use std::{error::Error, io};

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
pub enum AttachmentError {
    /// The chunk does not begin where HQ's bytes end.
    #[error("HQ has {have} bytes; send on from there")]
    Offset {
        /// Bytes HQ has.
        have: u64,
    },
    /// The chunk is longer than what is missing.
    #[error("longer than announced")]
    TooLong,
    /// The bytes are not those of the hash; what was sent is discarded.
    #[error("the content does not match the hash; send it again from the beginning")]
    HashMismatch,
    /// No such attachment here.
    #[error("no such attachment at HQ yet")]
    NotFound,
    /// All bytes are here and being checked.
    #[error("all bytes are here and being checked; ask again")]
    Checking,
    /// The place that was named is none.
    #[error("{0} is no place for attachments: it is a folder, or s3://BUCKET or s3://BUCKET/PREFIX")]
    Place(String),
    /// The storage failed.
    #[error("the attachment storage failed")]
    Store(#[source] object_store::Error),
    /// Reading or writing failed.
    #[error("the attachment storage failed")]
    Io(#[from] io::Error),
}

impl From<object_store::Error> for AttachmentError {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Self::NotFound,
            other => Self::Store(other),
        }
    }
}

impl AttachmentError {
    /// The code for the laptop.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Offset { .. } => Code::Invalid,
            Self::TooLong => Code::TooLarge,
            Self::HashMismatch => Code::HashMismatch,
            Self::NotFound => Code::NotFound,
            Self::Checking => Code::Busy,
            Self::Place(_) => Code::Internal,
            Self::Store(error) => disk_full(error),
            Self::Io(error) => disk_full(error),
        }
    }
}

/// Storage wraps the system's errors; a full disk is looked for beneath.
fn disk_full(error: &(dyn Error + 'static)) -> Code {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::StorageFull) {
            return Code::DiskFull;
        }
        next = error.source();
    }
    Code::Internal
}
