//! Bodies in and out: JSON within the limits, with one kind of refusal for everything that is not.

use super::fault::{Fault, not_the_message};
use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::StatusCode,
    response::IntoResponse,
};
use doorstep_domain::Code;
use serde::{Deserialize, de::DeserializeOwned};

/// A JSON body. Its size is bounded by the router.
#[derive(Debug)]
pub struct Received<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Received<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, state: &S) -> Result<Self, Fault> {
        Ok(Self(read(&bytes(request, state).await?)?))
    }
}

/// Reads a message.
///
/// # Errors
/// [`Code::Invalid`] when it is not the expected one.
pub fn read<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> Result<T, Fault> {
    serde_json::from_slice(bytes).map_err(|error| not_the_message(&error))
}

/// The whole body, decompressed.
///
/// # Errors
/// [`Code::TooLarge`] over the limit, [`Code::Invalid`] when it was cut or does not decompress.
pub async fn bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Fault> {
    Bytes::from_request(request, state).await.map_err(|rejection| {
        if rejection.into_response().status() == StatusCode::PAYLOAD_TOO_LARGE {
            Fault::new(Code::TooLarge, "the body is over the limit")
        } else {
            Fault::new(Code::Invalid, "the body was cut, came too slowly, or cannot be read")
        }
    })
}
