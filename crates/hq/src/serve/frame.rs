//! What surrounds every request: an id, a line in the log, a bound on how many run at once, and error bodies.

use super::{
    admin,
    counted::counted,
    doors::Place,
    fault::Fault,
    slow::{Pace, paced},
    whence,
};
use crate::{hq::Inner, metrics::Metrics};
use axum::{
    Json,
    extract::{ConnectInfo, MatchedPath, Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use doorstep_domain::Code;
use doorstep_wire::{ErrorBody, UPLOAD_OFFSET, path as wire};
use futures_util::FutureExt;
use std::{
    net::{IpAddr, SocketAddr},
    panic::AssertUnwindSafe,
    sync::Arc,
    time::Instant,
};
use tracing::Instrument;

/// Header with the request's id, on every answer.
pub const REQUEST_ID: &str = "x-request-id";

/// Methods of HQ's paths; others are counted as one.
const METHODS: [Method; 5] = [Method::GET, Method::HEAD, Method::POST, Method::PATCH, Method::DELETE];

/// Paths whose bodies may be large. Every other one is here soon, or given up.
const LARGE: [&str; 5] = [wire::PUSH, wire::OFFER, wire::MISSING, wire::ATTACHMENT, admin::path::BUNDLES];
/// Paths that answer however many ask: who watches HQ has to see it.
const WATCHED: [&str; 2] = ["/healthz", "/readyz"];

/// Middleware around all routes.
pub async fn frame(
    State(hq): State<Arc<Inner>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let client = whence::client(from.ip(), request.headers(), &hq.doors.trusted);
    // Whoever asks further in means who asks, not the proxy in between.
    request.extensions_mut().insert(ConnectInfo(SocketAddr::new(client, from.port())));
    let id = hex::encode(hq.surroundings.random::<8>());
    let path = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    let method = METHODS.iter().find(|method| *method == request.method()).map_or("other", Method::as_str);
    let span = tracing::info_span!("request", %id, method, path);
    async {
        let begun = Instant::now();
        let under_way = UnderWay::new(&hq.metrics);
        let pace = pace(&hq, &path);
        let response = match admitted(&hq, client, &path) {
            Ok(_place) => {
                caught(next.run(request.map(|body| paced(counted(body, hq.metrics.bytes(true)), pace)))).await
            }
            Err(fault) => fault.into_response(),
        };
        drop(under_way);
        match response.extensions().get::<Fault>().map(|fault| fault.code) {
            Some(Code::HqCannotStore) => hq.readiness.failed(hq.surroundings.now()),
            Some(Code::HqDamaged) => hq.metrics.met_damage(),
            _ => {}
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

/// How fast the body of a request to this path has to come.
fn pace(hq: &Inner, path: &str) -> Pace {
    if LARGE.contains(&path) { Pace::Rate(hq.doors.least(), hq.doors.window) } else { Pace::Whole(hq.doors.small_body) }
}

/// A place among the requests that run at once; of one address half of them.
fn admitted(hq: &Inner, from: IpAddr, path: &str) -> Result<Option<Place>, Fault> {
    if WATCHED.contains(&path) {
        return Ok(None);
    }
    let sender = whence::sender(from);
    if !sender.is_loopback() {
        hq.addresses.take(sender, hq.surroundings.now())?;
    }
    // A trusted proxy that names nobody stands for many.
    let known = Some(from).filter(|from| !whence::is_trusted(*from, &hq.doors.trusted));
    let place = hq.in_flight.take(known);
    place.map(Some).ok_or_else(|| Fault::new(Code::Busy, "too many requests at once; try again"))
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
