//! The bytes of attachments, named by hash. A local folder keeps them now; object storage will stand beside it.
//!
//! Owns no rule about who may have what: that is `serve`.

mod folder;

pub use folder::Folder;

use axum::body::Bytes;
use doorstep_domain::Code;
use futures_util::{future::BoxFuture, stream::BoxStream};
use std::{io, ops::Range};

/// What a step gives back.
pub type Step<'a, T> = BoxFuture<'a, Result<T, AttachmentError>>;
/// Bytes on their way out.
pub type Outgoing = BoxStream<'static, io::Result<Bytes>>;

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
    /// The folder failed.
    #[error("the attachment storage failed")]
    Io(#[from] io::Error),
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
            Self::Io(error) if error.kind() == io::ErrorKind::StorageFull => Code::DiskFull,
            Self::Io(_) => Code::Internal,
        }
    }
}

/// How much of an attachment is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Have {
    /// So many bytes of it.
    Part(u64),
    /// All of it, checked.
    Whole(u64),
}

/// Where the bytes of attachments are kept. `hash` is always 64 lower-case hexadecimal digits, checked before.
pub trait AttachmentStore: Send + Sync {
    /// How much of an attachment is here.
    fn have<'a>(&'a self, hash: &'a str) -> Step<'a, Have>;
    /// Adds a chunk that begins at `offset`; when it completes the `length` bytes they are checked and kept for good.
    fn append<'a>(&'a self, hash: &'a str, offset: u64, length: u64, chunk: Bytes) -> Step<'a, Have>;
    /// A range of a whole attachment.
    fn read<'a>(&'a self, hash: &'a str, range: Range<u64>) -> Step<'a, Outgoing>;
}
