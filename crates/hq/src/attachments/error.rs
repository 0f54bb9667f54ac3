//! Why a step with attachments failed, with the code that the laptop is told.

use crate::{
    serve::fault::is_unwritable,
    storage::{StorageError, remedy},
};
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
    /// There is no room, or it may not be written.
    #[error("nothing can be kept where attachments are: {}", unwritable(.0).map_or("see that there is room", remedy))]
    Unwritable(#[source] object_store::Error),
    /// One that is there cannot be read.
    #[error("an attachment cannot be read")]
    Unreadable(#[source] object_store::Error),
    /// The storage failed.
    #[error("the attachment storage failed")]
    Store(#[source] object_store::Error),
    /// That the bytes are here could not be noted.
    #[error("the records of the attachment could not be written")]
    Records(#[from] StorageError),
    /// Reading or writing failed.
    #[error("the attachment storage failed")]
    Io(#[source] io::Error),
}

impl From<object_store::Error> for AttachmentError {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Self::NotFound,
            error if unwritable(&error).is_some() => Self::Unwritable(error),
            other => Self::Store(other),
        }
    }
}

impl From<io::Error> for AttachmentError {
    fn from(error: io::Error) -> Self {
        if unwritable(&error).is_some() {
            let (store, source) = ("folder", error.into());
            Self::Unwritable(object_store::Error::Generic { store, source })
        } else {
            Self::Io(error)
        }
    }
}

impl AttachmentError {
    /// Whether one attachment is not what it should be, and the others may well be.
    #[must_use]
    pub fn is_of_one(&self) -> bool {
        matches!(self, Self::HashMismatch | Self::NotFound | Self::Unreadable(_))
    }

    /// The code for the laptop.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Offset { .. } => Code::Invalid,
            Self::TooLong => Code::TooLarge,
            Self::HashMismatch => Code::HashMismatch,
            Self::NotFound => Code::NotFound,
            Self::Checking => Code::Busy,
            Self::Unwritable(_) => Code::HqCannotStore,
            Self::Unreadable(_) => Code::HqDamaged,
            Self::Records(StorageError::Busy(_) | StorageError::Away(_) | StorageError::Overtaken) => Code::Busy,
            Self::Place(_) | Self::Records(_) | Self::Store(_) | Self::Io(_) => Code::Internal,
        }
    }
}

/// Storage wraps the system's errors, once or more often: a full disk is looked for beneath.
fn unwritable<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e io::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        match error.downcast_ref::<io::Error>() {
            Some(found) if is_unwritable(found) => return Some(found),
            // One that carries another does not name it as its source.
            Some(found) if found.get_ref().is_some() => {
                next = found.get_ref().map(|inner| inner as &(dyn Error + 'static))
            }
            _ => next = error.source(),
        }
    }
    None
}
