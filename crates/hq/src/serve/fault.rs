//! The answer that is not a success: every one is a `wire::ErrorBody` with the request's id.
//!
//! A handler returns a [`Fault`]; `frame` writes the body, since it knows the id. Details never hold names, tokens
//! or bodies.

use crate::{
    attachments::AttachmentError,
    storage::{StorageError, remedy},
};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use doorstep_domain::{Code, Refusal};
use doorstep_wire::counted::Unread;
use std::{error::Error, io};

/// Why a request was not answered as asked.
#[derive(Debug, Clone)]
pub struct Fault {
    /// The code that the laptop's interface translates.
    pub code: Code,
    /// For logs.
    pub detail: String,
    /// Bytes HQ has of an attachment, so that the laptop can send on from there.
    pub have: Option<u64>,
    /// Seconds to wait, for a sender who asks too fast.
    pub retry_after: Option<u32>,
}

impl Fault {
    /// A fault.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), have: None, retry_after: None }
    }

    /// The sender asks too fast.
    #[must_use]
    pub fn too_fast(retry_after: u32) -> Self {
        let detail = format!("too many requests; wait {retry_after} s");
        Self { retry_after: Some(retry_after), ..Self::new(Code::Busy, detail) }
    }

    /// Whether it is HQ that failed, and not what it was asked.
    #[must_use]
    pub fn is_of_hq(&self) -> bool {
        matches!(self.code, Code::Busy | Code::Internal | Code::HqCannotStore | Code::HqDamaged)
    }

    /// A file or folder of HQ's own failed.
    #[must_use]
    pub fn of_files(error: &io::Error) -> Self {
        let code = if is_unwritable(error) { Code::HqCannotStore } else { Code::Internal };
        Self::new(code, format!("a file of HQ's cannot be used: {}", remedy(error)))
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        if self.retry_after.is_some() { StatusCode::TOO_MANY_REQUESTS } else { status(self.code) }
    }
}

/// Whether a file failed for want of room, or because it is closed to HQ: somebody at HQ mends that, and trying again helps.
#[must_use]
pub fn is_unwritable(error: &io::Error) -> bool {
    use io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | ReadOnlyFilesystem | PermissionDenied)
}

/// The HTTP status for a code. Laptops read the code; the status is for proxies and people.
#[must_use]
pub fn status(code: Code) -> StatusCode {
    match code {
        Code::Unauthorized => StatusCode::UNAUTHORIZED,
        Code::DeviceRevoked
        | Code::DeviceWiped
        | Code::OutOfScope
        | Code::CodeWrong
        | Code::CodeUsed
        | Code::CodeExpired => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::DeviceForked | Code::EpochChanged | Code::OutOfOrder | Code::ConflictMoved | Code::WrongState => {
            StatusCode::CONFLICT
        }
        Code::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::HashMismatch => StatusCode::UNPROCESSABLE_ENTITY,
        Code::VersionUnsupported => StatusCode::UPGRADE_REQUIRED,
        Code::Busy => StatusCode::SERVICE_UNAVAILABLE,
        Code::HqCannotStore => StatusCode::INSUFFICIENT_STORAGE,
        Code::Internal | Code::HqDamaged => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.code, refusal.detail)
    }
}

impl From<Unread> for Fault {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::TooMany { .. } => Self::new(Code::TooLarge, unread.to_string()),
            Unread::Json(error) => not_the_message(&error),
        }
    }
}

/// What does not read. The parser's own words may quote what it read.
pub fn not_the_message(error: &serde_json::Error) -> Fault {
    let (line, column) = (error.line(), error.column());
    Fault::new(Code::Invalid, format!("not the expected message (line {line}, column {column})"))
}

impl From<StorageError> for Fault {
    fn from(error: StorageError) -> Self {
        match &error {
            StorageError::Busy(_) | StorageError::Away(_) | StorageError::Overtaken => {
                tracing::warn!(error = %chain(&error), "database busy");
                Self::new(Code::Busy, "the database is busy; try again")
            }
            StorageError::Refused(refusal) => refusal.clone().into(),
            StorageError::Full(_) | StorageError::Unwritable(_) => {
                tracing::error!(error = %chain(&error), "the database takes nothing");
                Self::new(Code::HqCannotStore, error.to_string())
            }
            error if error.is_damage() => {
                tracing::error!(error = %chain(error), "the database is damaged");
                Self::new(Code::HqDamaged, "HQ's database is damaged where this was to be read; the log says more")
            }
            _ => {
                tracing::error!(error = %chain(&error), "database failed");
                Self::new(Code::Internal, "the database failed; the log says more")
            }
        }
    }
}

impl From<AttachmentError> for Fault {
    fn from(error: AttachmentError) -> Self {
        let error = match error {
            AttachmentError::Records(error) => return error.into(),
            error => error,
        };
        let code = error.code();
        if matches!(code, Code::Internal | Code::HqCannotStore | Code::HqDamaged) {
            tracing::error!(error = %chain(&error), "attachment storage failed");
        }
        let have = if let AttachmentError::Offset { have } = error { Some(have) } else { None };
        Self { have, ..Self::new(code, error.to_string()) }
    }
}

/// An error with its sources, for the log.
#[must_use]
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}
