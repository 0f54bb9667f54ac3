//! Every route: who may ask, what it takes, what it answers.

use doorstep_domain::Code;
use doorstep_wire::{
    BucketAsk, BucketPage, Challenge, ChallengeAsk, Digest, DigestAsk, Enrol, Enrolled, Hello, HelloReply, Missing,
    MissingAsk, Offer, OfferReply, Page, Pull, Push, PushReply, Recovery, UPLOAD_LENGTH, UPLOAD_OFFSET, path,
};
use schemars::{Schema, SchemaGenerator};
use utoipa::openapi::{HttpMethod, Type, path::ParameterIn};

/// Puts a type's schema among the others, and answers with a reference to it.
pub type Shape = fn(&mut SchemaGenerator) -> Schema;

/// Who may ask.
pub enum Who {
    Anybody,
    /// An enrolled laptop, by its token.
    Laptop,
    /// Those who show the token of the figures.
    Watcher,
    /// A person at HQ who has logged in.
    Account,
}

/// What a route takes.
pub enum Asks {
    Nothing,
    Json(Shape),
    Bytes,
}

/// What a route answers when all is well.
pub enum Answer {
    Nothing,
    Json(Shape),
    AnyJson,
    Text(&'static str),
    Bytes,
    /// Headers that say how much of an attachment HQ has.
    Progress,
}

/// Something in a path, a query or a header.
pub struct Parameter {
    pub name: &'static str,
    pub place: ParameterIn,
    pub of: Type,
    pub pattern: Option<&'static str>,
    pub required: bool,
    pub says: &'static str,
}

/// A route.
pub struct Route {
    pub method: HttpMethod,
    pub path: &'static str,
    pub id: &'static str,
    pub says: &'static str,
    pub who: Who,
    pub parameters: &'static [Parameter],
    pub asks: Asks,
    pub answers: &'static [(u16, &'static str, Answer)],
    /// Beside those that go with `who` and `asks`.
    pub codes: &'static [Code],
}

const HASH: Parameter = Parameter {
    name: "hash",
    place: ParameterIn::Path,
    of: Type::String,
    pattern: Some("^[0-9a-f]{64}$"),
    required: true,
    says: "BLAKE3 of the attachment's bytes.",
};

const fn count(name: &'static str, says: &'static str) -> Parameter {
    Parameter { name, place: ParameterIn::Header, of: Type::Integer, pattern: None, required: true, says }
}

const RANGE: Parameter = Parameter {
    name: "range",
    place: ParameterIn::Header,
    of: Type::String,
    pattern: Some("^bytes=[0-9]+-[0-9]*$"),
    required: false,
    says: "One range of bytes.",
};

/// A message with an answer in JSON.
const fn message(
    path: &'static str,
    id: &'static str,
    says: &'static str,
    asks: Shape,
    answers: &'static [(u16, &'static str, Answer)],
    codes: &'static [Code],
) -> Route {
    let (method, who, asks) = (HttpMethod::Post, Who::Laptop, Asks::Json(asks));
    Route { method, path, id, says, who, parameters: &[], asks, answers, codes }
}

/// A page for machines that watch.
const fn watch(
    path: &'static str,
    id: &'static str,
    says: &'static str,
    answers: &'static [(u16, &'static str, Answer)],
) -> Route {
    let (method, who, asks) = (HttpMethod::Get, Who::Anybody, Asks::Nothing);
    Route { method, path, id, says, who, parameters: &[], asks, answers, codes: &[] }
}

/// All of them.
pub const ROUTES: &[Route] = &[
    Route {
        who: Who::Anybody,
        ..message(
            path::ENROL,
            "enrol",
            "Enrols a laptop with a one-time code.",
            SchemaGenerator::subschema_for::<Enrol>,
            &[(200, "Enrolled.", Answer::Json(SchemaGenerator::subschema_for::<Enrolled>))],
            &[Code::CodeWrong, Code::CodeUsed, Code::CodeExpired, Code::VersionUnsupported],
        )
    },
    Route {
        who: Who::Anybody,
        ..message(
            path::CHALLENGE,
            "challenge",
            "Asks for what a laptop signs to show that it has its key.",
            SchemaGenerator::subschema_for::<ChallengeAsk>,
            &[(200, "To be signed.", Answer::Json(SchemaGenerator::subschema_for::<Challenge>))],
            &[],
        )
    },
    message(
        path::RECOVERY,
        "recovery",
        "Hands in the laptop's store key, sealed to HQ's recovery key.",
        SchemaGenerator::subschema_for::<Recovery>,
        &[(204, "Kept.", Answer::Nothing)],
        &[],
    ),
    message(
        path::HELLO,
        "hello",
        "Opens an exchange.",
        SchemaGenerator::subschema_for::<Hello>,
        &[(200, "Where HQ stands.", Answer::Json(SchemaGenerator::subschema_for::<HelloReply>))],
        &[Code::VersionUnsupported, Code::DeviceForked],
    ),
    message(
        path::PUSH,
        "push",
        "Hands in operations.",
        SchemaGenerator::subschema_for::<Push>,
        &[(200, "An answer to each.", Answer::Json(SchemaGenerator::subschema_for::<PushReply>))],
        &[Code::DeviceForked, Code::OutOfOrder],
    ),
    message(
        path::PULL,
        "pull",
        "Fetches a page of a feed.",
        SchemaGenerator::subschema_for::<Pull>,
        &[(200, "The page.", Answer::Json(SchemaGenerator::subschema_for::<Page>))],
        &[Code::OutOfScope, Code::EpochChanged],
    ),
    message(
        path::DIGEST,
        "digest",
        "Fetches the sums of a feed, to find what differs.",
        SchemaGenerator::subschema_for::<DigestAsk>,
        &[(200, "The sums.", Answer::Json(SchemaGenerator::subschema_for::<Digest>))],
        &[Code::OutOfScope, Code::EpochChanged],
    ),
    message(
        path::BUCKET,
        "bucket",
        "Fetches entries of buckets that differ.",
        SchemaGenerator::subschema_for::<BucketAsk>,
        &[(200, "A page of them.", Answer::Json(SchemaGenerator::subschema_for::<BucketPage>))],
        &[Code::OutOfScope, Code::EpochChanged],
    ),
    message(
        path::OFFER,
        "offer",
        "Offers what HQ lost when it was restored from a backup.",
        SchemaGenerator::subschema_for::<Offer>,
        &[(200, "What HQ made of it.", Answer::Json(SchemaGenerator::subschema_for::<OfferReply>))],
        &[Code::EpochChanged],
    ),
    message(
        path::MISSING,
        "missing",
        "Asks which attachments of this laptop's records HQ does not have whole.",
        SchemaGenerator::subschema_for::<MissingAsk>,
        &[(200, "Those it does not have.", Answer::Json(SchemaGenerator::subschema_for::<Missing>))],
        &[],
    ),
    Route {
        method: HttpMethod::Head,
        path: path::ATTACHMENT,
        id: "attachment_have",
        says: "How much of an attachment HQ has; `upload-length` comes once it has all of it.",
        who: Who::Laptop,
        parameters: &[HASH],
        asks: Asks::Nothing,
        answers: &[(200, "So much.", Answer::Progress)],
        codes: &[Code::Invalid, Code::NotFound],
    },
    Route {
        method: HttpMethod::Patch,
        path: path::ATTACHMENT,
        id: "attachment_send",
        says: "Adds a chunk.",
        who: Who::Laptop,
        parameters: &[
            HASH,
            count(UPLOAD_OFFSET, "Position of the chunk's first byte."),
            count(UPLOAD_LENGTH, "Bytes of the whole attachment."),
        ],
        asks: Asks::Bytes,
        answers: &[(204, "Kept.", Answer::Progress)],
        codes: &[Code::NotFound, Code::HashMismatch],
    },
    Route {
        method: HttpMethod::Get,
        path: path::ATTACHMENT,
        id: "attachment_get",
        says: "The bytes of an attachment, or a range of them.",
        who: Who::Laptop,
        parameters: &[HASH, RANGE],
        asks: Asks::Nothing,
        answers: &[(200, "All of them.", Answer::Bytes), (206, "The range.", Answer::Bytes)],
        codes: &[Code::Invalid, Code::NotFound],
    },
    watch(
        "/healthz",
        "healthz",
        "The process answers.",
        &[(200, "It does.", Answer::Text("text/plain; charset=utf-8"))],
    ),
    watch(
        "/readyz",
        "readyz",
        "The database and the attachments answer.",
        &[(200, "They do.", Answer::Text("text/plain; charset=utf-8"))],
    ),
    Route {
        who: Who::Watcher,
        ..watch(
            "/metrics",
            "metrics",
            "What HQ counts, for Prometheus.",
            &[(200, "The figures.", Answer::Text("application/openmetrics-text; version=1.0.0; charset=utf-8"))],
        )
    },
    watch("/openapi.json", "openapi", "This document.", &[(200, "It.", Answer::AnyJson)]),
];
