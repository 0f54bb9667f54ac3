//! Whether HQ is there and how it does, for balancers, scripts and those who watch.

use super::fault::Fault;
use crate::hq::Inner;
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, header},
    response::IntoResponse,
    routing::get,
};
use doorstep_domain::Code;
use std::sync::Arc;

/// The text format that Prometheus reads.
const METRICS_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// `GET /healthz`: the process answers. One that does not is to be started anew.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: HQ can keep what it is sent. Where it cannot, laptops are better sent to another process.
pub async fn readyz(State(hq): State<Arc<Inner>>) -> Result<&'static str, Fault> {
    hq.readiness.ask(&hq).await.map_err(|why| Fault::new(Code::Busy, why))?;
    Ok("ready\n")
}

/// `GET /metrics` where laptops ask too: for those who show the token that HQ was started with.
pub async fn metrics(State(hq): State<Arc<Inner>>, headers: HeaderMap) -> Result<impl IntoResponse, Fault> {
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let shown = shown.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    // Hashes are compared, so that time tells nothing about the token.
    let same = |token: &String| blake3::hash(token.as_bytes()) == blake3::hash(shown.as_bytes());
    if !hq.metrics_token.as_ref().is_some_and(same) {
        return Err(Fault::new(Code::Unauthorized, "no token for this page"));
    }
    text(&hq)
}

fn text(hq: &Inner) -> Result<impl IntoResponse + use<>, Fault> {
    let text = hq.metrics.text().map_err(|_| Fault::new(Code::Internal, "the figures cannot be written"))?;
    Ok(([(header::CONTENT_TYPE, METRICS_TYPE)], text))
}

/// The same pages on an address of this machine only, where no token is wanted.
pub fn watched(hq: Arc<Inner>) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(async |State(hq): State<Arc<Inner>>| text(&hq)))
        .with_state(hq)
}
