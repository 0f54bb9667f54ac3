//! How a failure crosses to the interface: a code it translates, a detail and an id for the log.

use doorstep_domain::{Code, Refusal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A command that did not go through.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize, JsonSchema)]
#[error("{code:?}: {message}")]
pub struct Failure {
    /// What kind of failure; the interface says it in the user's language.
    pub code: Code,
    /// English, for logs.
    pub message: String,
    /// Whether trying again later can help.
    pub retryable: bool,
    /// Finds it in the log.
    pub id: String,
    /// The field it concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The line of a file it concerns, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

impl Failure {
    /// A failure with a code.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retryable: code.retryable(), id: String::new(), field: None, line: None }
    }

    /// A fault of ours.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Code::Internal, message)
    }

    /// The same, naming the field it concerns.
    #[must_use]
    pub fn on(mut self, field: &str) -> Self {
        self.field = Some(field.to_owned());
        self
    }

    /// The same, naming the line of a file it concerns, from 1.
    #[must_use]
    pub(crate) fn at_line(mut self, line: u32) -> Self {
        self.line = Some(line);
        self
    }

    /// There is no such record.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, format!("no such {what}"))
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self { field: refusal.field, ..Self::new(refusal.code, refusal.detail) }
    }
}

impl From<doorstep_store::Error> for Failure {
    fn from(error: doorstep_store::Error) -> Self {
        match error {
            doorstep_store::Error::Refused(refusal) => refusal.into(),
            error @ doorstep_store::Error::DamagedKey(_) => Self::new(error.code(), error.to_string()).on("key"),
            error => Self::new(error.code(), error.to_string()),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        doorstep_store::Error::from(error).into()
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::internal(format!("JSON: {error}"))
    }
}
