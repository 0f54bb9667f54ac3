//! What surrounds every request: an id, a line in the log, a bound on how many run at once, and error bodies.

use super::{counted::counted, fault::Fault};
use crate::{hq::Inner, metrics::Metrics};
use axum::{
    Json,
    extract::{ConnectInfo, MatchedPath, Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use doorstep_domain::Code;
use doorstep_wire::{ErrorBody, UPLOAD_OFFSET};
use futures_util::FutureExt;
use std::{
    net::{IpAddr, SocketAddr},
    panic::AssertUnwindSafe,
    sync::Arc,
    time::Instant,
};
use tokio::sync::SemaphorePermit;
use tracing::Instrument;

/// Header with the request's id, on every answer.
pub const REQUEST_ID: &str = "x-request-id";

/// Methods of HQ's paths; others are counted as one.
const METHODS: [Method; 5] = [Method::GET, Method::HEAD, Method::POST, Method::PATCH, Method::DELETE];

/// Middleware around all routes.
pub async fn frame(
    State(hq): State<Arc<Inner>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let id = hex::encode(hq.surroundings.random::<8>());
    let path = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    let method = METHODS.iter().find(|method| *method == request.method()).map_or("other", Method::as_str);
    let span = tracing::info_span!("request", %id, method, path);
    async {
        let begun = Instant::now();
        let under_way = UnderWay::new(&hq.metrics);
        let response = match admitted(&hq, from.ip()) {
            Ok(_place) => caught(next.run(request.map(|body| counted(body, hq.metrics.bytes(true))))).await,
            Err(fault) => fault.into_response(),
        };
        drop(under_way);
        if response.extensions().get::<Fault>().is_some_and(|fault| fault.code == Code::HqCannotStore) {
            hq.readiness.failed(hq.surroundings.now());
        }
        let response = finish(response, &id);
        let (status, took) = (response.status().as_u16(), begun.elapsed());
        hq.metrics.answered(&path, method, status, took);
        tracing::info!(status, ms = took.as_millis(), "answered");
        response.map(|body| counted(body, hq.metrics.bytes(false)))
    }
    .instrument(span)
    .await
}

/// Counts a request as under way for as long as it is, also when the one who asked goes away.
struct UnderWay<'a>(&'a Metrics);

impl<'a> UnderWay<'a> {
    fn new(metrics: &'a Metrics) -> Self {
        metrics.begun();
        Self(metrics)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.ended();
    }
}

/// A panic is answered too: without it the line would be cut, and the laptop would say that HQ is not there. What it quotes
/// stays out of the answer.
async fn caught(answer: impl Future<Output = Response>) -> Response {
    let answer = AssertUnwindSafe(answer).catch_unwind().await;
    answer.unwrap_or_else(|_| {
        tracing::error!("a panic; its place stands in the log before this");
        Fault::new(Code::Internal, "a fault of HQ's").into_response()
    })
}

/// A place among the requests that run at once.
fn admitted(hq: &Inner, from: IpAddr) -> Result<SemaphorePermit<'_>, Fault> {
    if !from.to_canonical().is_loopback() {
        hq.addresses.take(from.to_canonical(), hq.surroundings.now())?;
    }
    hq.in_flight.try_acquire().map_err(|_| Fault::new(Code::Busy, "too many requests at once; try again"))
}

/// Writes the body of whatever is not a success, and the id on everything.
fn finish(mut response: Response, id: &str) -> Response {
    if response.status().is_client_error() || response.status().is_server_error() {
        let status = response.status();
        let fault = response.extensions().get::<Fault>().cloned().unwrap_or_else(|| unnamed(status));
        tracing::info!(code = ?fault.code, detail = fault.detail, "refused");
        let body = ErrorBody { code: fault.code, detail: fault.detail, request_id: id.to_owned() };
        let allow = response.headers_mut().remove(header::ALLOW);
        response = (status, Json(body)).into_response();
        if let Some(allow) = allow {
            response.headers_mut().insert(header::ALLOW, allow);
        }
        if let Some(seconds) = fault.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
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
