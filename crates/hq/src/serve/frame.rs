//! What surrounds every request: an id, a line in the log, a bound on how many run at once, and error bodies.

use super::fault::{Fault, status};
use crate::hq::Inner;
use axum::{
    Json,
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use doorstep_domain::Code;
use doorstep_wire::{ErrorBody, UPLOAD_OFFSET};
use std::{sync::Arc, time::Instant};
use tracing::Instrument;

/// Header with the request's id, on every answer.
pub const REQUEST_ID: &str = "x-request-id";

/// Middleware around all routes.
pub async fn frame(State(hq): State<Arc<Inner>>, request: Request, next: Next) -> Response {
    let id = hex::encode(hq.surroundings.random::<8>());
    let path = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", %id, method = %request.method(), path);
    async {
        let begun = Instant::now();
        let response = match hq.in_flight.try_acquire() {
            Ok(_place) => next.run(request).await,
            Err(_) => Fault::new(Code::Busy, "too many requests at once; try again").into_response(),
        };
        let response = finish(response, &id);
        tracing::info!(status = response.status().as_u16(), ms = begun.elapsed().as_millis(), "answered");
        response
    }
    .instrument(span)
    .await
}

/// Writes the body of whatever is not a success, and the id on everything.
fn finish(mut response: Response, id: &str) -> Response {
    if response.status().is_client_error() || response.status().is_server_error() {
        let fault = response.extensions().get::<Fault>().cloned().unwrap_or_else(|| unnamed(response.status()));
        tracing::info!(code = ?fault.code, detail = fault.detail, "refused");
        let body = ErrorBody { code: fault.code, detail: fault.detail, request_id: id.to_owned() };
        let status =
            if response.extensions().get::<Fault>().is_some() { status(fault.code) } else { response.status() };
        response = (status, Json(body)).into_response();
        if let Some(have) = fault.have {
            response.headers_mut().insert(UPLOAD_OFFSET, HeaderValue::from(have));
        }
    }
    if let Ok(value) = HeaderValue::from_str(id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// What a layer below answered without a [`Fault`]: no such path or method, an encoding we do not read.
fn unnamed(status: StatusCode) -> Fault {
    let code = match status {
        StatusCode::NOT_FOUND => Code::NotFound,
        StatusCode::PAYLOAD_TOO_LARGE => Code::TooLarge,
        status if status.is_server_error() => Code::Internal,
        _ => Code::Invalid,
    };
    Fault::new(code, status.canonical_reason().unwrap_or("refused"))
}
