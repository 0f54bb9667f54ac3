//! Whether HQ is there, for balancers and scripts.

use super::fault::Fault;
use crate::hq::Inner;
use axum::extract::State;
use std::sync::Arc;

/// `GET /healthz`: the process answers and its database does.
pub async fn healthz(State(hq): State<Arc<Inner>>) -> Result<&'static str, Fault> {
    hq.storage.ping().await?;
    Ok("ok\n")
}
