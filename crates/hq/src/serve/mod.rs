//! HQ's half of the exchange, one file a step: enrol, hello, push, pull, attachments. SYNC.md is normative.
//!
//! Owns HTTP: routes, limits, who may ask. Merging is `landing`, storing is `storage`.

pub mod admin;
pub(crate) mod attachments;
pub(crate) mod auth;
pub(crate) mod body;
mod challenge;
mod counted;
mod digest;
pub mod doors;
mod enrol;
pub mod fault;
mod frame;
mod health;
pub(crate) mod hello;
mod offer;
pub mod openapi;
pub mod pace;
pub(crate) mod pull;
pub(crate) mod push;
mod slow;
pub mod tls;
mod turns;
pub mod whence;
mod wrong_codes;

pub use frame::REQUEST_ID;
pub use health::watched;
pub use turns::Turns;
pub use wrong_codes::{Wrong, WrongCodes, WrongPasswords, whose};

use crate::hq::Hq;
use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post},
};
use doorstep_wire::path;
use fault::Fault;
use std::{sync::Arc, time::Duration};
use tower_http::{
    compression::CompressionLayer, decompression::RequestDecompressionLayer, timeout::RequestBodyTimeoutLayer,
};

/// Most bytes of a message that carries no records.
const SMALL_BYTES_MAX: usize = 64 * 1024;
/// How long a request's body may stall. Beside that a large one has a lowest rate, and a small one an end (`slow`).
const BODY_STALL: Duration = Duration::from_secs(30);

/// All routes.
pub fn router(whole: Hq) -> Router {
    let hq = Arc::clone(&whole.inner);
    let small = Router::new()
        .route(path::ENROL, post(enrol::enrol))
        .route(path::CHALLENGE, post(challenge::challenge))
        .route(path::RECOVERY, post(enrol::recovery))
        .route(path::HELLO, post(hello::hello))
        .route(path::PULL, post(pull::pull))
        .route(path::DIGEST, post(digest::digest))
        .route(path::BUCKET, post(digest::bucket))
        .layer(DefaultBodyLimit::max(SMALL_BYTES_MAX));
    let lists =
        Router::new().route(path::MISSING, post(offer::missing)).layer(DefaultBodyLimit::max(offer::MISSING_BYTES_MAX));
    let messages = Router::new()
        .route(path::PUSH, post(push::push))
        .route(path::OFFER, post(offer::offer))
        .layer(DefaultBodyLimit::max(hq.limits.body_bytes_max as usize))
        .merge(small)
        .merge(lists)
        .layer(RequestDecompressionLayer::new())
        .layer(CompressionLayer::new());
    // Photos and archives do not shrink, and a range is a range of the bytes themselves.
    let bytes = Router::new()
        .route(path::ATTACHMENT, get(attachments::get).head(attachments::head).patch(attachments::patch))
        .layer(DefaultBodyLimit::max(hq.limits.chunk_bytes_max as usize));
    messages
        .merge(bytes)
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .route("/openapi.json", get(openapi::openapi))
        .fallback(|| async { Fault::new(doorstep_domain::Code::NotFound, "no such path") })
        .with_state(Arc::clone(&hq))
        .merge(admin::router(whole))
        .layer(RequestBodyTimeoutLayer::new(BODY_STALL))
        .layer(middleware::from_fn_with_state(hq, frame::frame))
}
