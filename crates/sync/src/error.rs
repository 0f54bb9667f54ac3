//! What can go wrong in an exchange, and the code each failure crosses the boundary with.

use doorstep_domain::{Code, Refusal};

/// A failure of the exchange. Whatever it is, what was committed before it stays, and the next exchange goes on there.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The laptop's store failed.
    #[error(transparent)]
    Store(#[from] doorstep_store::Error),
    /// What was given to the exchange cannot be used.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// HQ said no.
    #[error("HQ refused (request {request_id}): {refusal}")]
    Answered {
        /// Why.
        #[source]
        refusal: Refusal,
        /// Finds the request in HQ's log.
        request_id: String,
    },
    /// The line to HQ broke, or never came about.
    #[error("HQ cannot be reached: {0}")]
    Line(#[source] reqwest::Error),
    /// Nothing moved on the line for too long.
    #[error("HQ cannot be reached: nothing moved for {seconds} s")]
    Stalled {
        /// How long nothing moved.
        seconds: u64,
    },
    /// A gateway answered that HQ is not behind it now.
    #[error("HQ cannot be reached: a gateway answered {status}")]
    Gateway {
        /// Its HTTP status.
        status: u16,
    },
    /// Something other than HQ answered.
    #[error("this is not HQ: {0}")]
    NotHq(String),
    /// A `.doorstep` file was not taken.
    #[error(transparent)]
    Bundle(#[from] doorstep_wire::bundle::BundleError),
    /// HQ's key is not the one from the enrolment code.
    #[error("HQ's key is not the one from the enrolment code")]
    KeyMismatch,
    /// HQ answered what the protocol does not allow; nothing of it was taken.
    #[error("HQ's answer does not fit: {0}")]
    Unfit(&'static str),
    /// HQ was restored from a backup, or is another one; positions have to be taken anew.
    #[error("HQ was restored from a backup: {0}")]
    EpochChanged(&'static str),
    /// HQ has operations of this laptop that this store never wrote.
    #[error("HQ has operations under this laptop's name that this store never wrote")]
    Forked,
    /// No protocol that both sides speak.
    #[error("HQ speaks protocol {0}, which this app does not")]
    Version(u32),
    /// The laptop is not enrolled.
    #[error("this laptop is not enrolled")]
    NotEnrolled,
    /// The laptop is enrolled already.
    #[error("this laptop is enrolled already")]
    AlreadyEnrolled,
    /// A person cancelled.
    #[error("cancelled")]
    Cancelled,
    /// A fault of ours.
    #[error("fault: {0}")]
    Fault(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// The code for the interface.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Store(error) => error.code(),
            Self::Refused(refusal) | Self::Answered { refusal, .. } => refusal.code,
            Self::Line(_) | Self::Stalled { .. } | Self::Gateway { .. } => Code::HqUnreachable,
            Self::NotHq(_) => Code::NotHq,
            Self::Bundle(error) => error.code(),
            Self::KeyMismatch => Code::HqKeyMismatch,
            Self::Unfit(_) | Self::Fault(_) => Code::Internal,
            Self::EpochChanged(_) => Code::EpochChanged,
            Self::Forked => Code::DeviceForked,
            Self::Version(_) => Code::VersionUnsupported,
            Self::NotEnrolled => Code::NotEnrolled,
            Self::AlreadyEnrolled => Code::AlreadyEnrolled,
            Self::Cancelled => Code::Cancelled,
        }
    }

    /// Whether a later exchange can go through without anybody doing anything.
    #[must_use]
    pub fn retryable(&self) -> bool {
        self.code().retryable()
    }

    /// Whether it is worth trying again at once: the line broke, HQ is busy, or what comes before is still on its way.
    /// A login page does not go away by itself, so that one is not tried again within a run.
    pub(crate) fn transient(&self) -> bool {
        matches!(self.code(), Code::HqUnreachable | Code::Busy | Code::OutOfOrder)
    }
}
