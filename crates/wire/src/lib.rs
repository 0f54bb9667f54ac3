//! What laptop and HQ say to each other: messages, versions, limits, error answers, the enrolment code.
//!
//! Normative text is in SYNC.md. Owns no storage and no transport; both sides read these types and nothing else
//! of each other.

pub mod bundle;
pub mod counted;
pub mod digest;
pub mod enrol;
pub mod entry;
pub mod exchange;
pub mod limits;
pub mod offer;

pub use digest::{BucketAsk, BucketPage, Digest, DigestAsk, Sum};
pub use enrol::{Challenge, ChallengeAsk, Enrol, Enrolled, EnrolmentCode, Proof, Recovery};
pub use entry::{Entry, EntryBody, RecordState};
pub use exchange::{Ack, ErrorBody, Hello, HelloReply, Op, Outcome, Page, Pull, Push, PushReply, RawPush, floor};
pub use offer::{Lost, Missing, MissingAsk, NotTaken, Offer, OfferReply, Offered, OfferedField};

/// The protocol this build speaks. HQ answers `version_unsupported` below [`PROTOCOL_MIN`].
pub const PROTOCOL: u32 = 1;
/// The oldest protocol this build understands.
pub const PROTOCOL_MIN: u32 = 1;

/// Paths of HQ's API, so that both sides name them alike. All but [`path::ENROL`] and
/// [`path::CHALLENGE`] want the laptop's token, as `Authorization: Bearer TOKEN`.
pub mod path {
    /// `POST` [`crate::Enrol`] → [`crate::Enrolled`]. No token.
    pub const ENROL: &str = "/v1/enrol";
    /// `POST` [`crate::ChallengeAsk`] → [`crate::Challenge`]. No token.
    pub const CHALLENGE: &str = "/v1/enrol/challenge";
    /// `POST` [`crate::Recovery`], answered with 204.
    pub const RECOVERY: &str = "/v1/recovery";
    /// `POST` [`crate::Hello`] → [`crate::HelloReply`].
    pub const HELLO: &str = "/v1/hello";
    /// `POST` [`crate::Push`] → [`crate::PushReply`].
    pub const PUSH: &str = "/v1/push";
    /// `POST` [`crate::Pull`] → [`crate::Page`].
    pub const PULL: &str = "/v1/pull";
    /// `POST` [`crate::DigestAsk`] → [`crate::Digest`].
    pub const DIGEST: &str = "/v1/digest";
    /// `POST` [`crate::BucketAsk`] → [`crate::BucketPage`].
    pub const BUCKET: &str = "/v1/bucket";
    /// `POST` [`crate::Offer`] → [`crate::OfferReply`].
    pub const OFFER: &str = "/v1/offer";
    /// `POST` [`crate::MissingAsk`] → [`crate::Missing`].
    pub const MISSING: &str = "/v1/attachments/missing";
    /// `HEAD`, `PATCH`, `GET` of an attachment's bytes by its BLAKE3: see SYNC.md, "Attachments".
    pub const ATTACHMENT: &str = "/v1/attachments/{hash}";

    /// The path of one attachment.
    #[must_use]
    pub fn attachment(hash: &str) -> String {
        format!("/v1/attachments/{hash}")
    }
}

/// Header with the number of bytes HQ already has of an attachment, in answers to `HEAD` and `PATCH`;
/// in a `PATCH`, the position of the chunk's first byte.
pub const UPLOAD_OFFSET: &str = "upload-offset";
/// Header with the whole size of an attachment, in a `PATCH`.
pub const UPLOAD_LENGTH: &str = "upload-length";
