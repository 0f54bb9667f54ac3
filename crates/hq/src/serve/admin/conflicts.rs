//! Conflicts: the open ones, one with its trail, and settling.

use super::asked::{Asked, Asker, branch, id};
use crate::{
    conflicts::{Conflicts, Found},
    hq::Hq,
    paging::{self, Next},
    rights::By,
    serve::{body::Received, fault::Fault},
};
use axum::{
    Json,
    extract::{Path, State},
};
use doorstep_domain::{conflict::Choice, merge::Version};
use schemars::JsonSchema;
use serde::Deserialize;

/// Which page of a list.
#[derive(Debug, Deserialize)]
pub struct Ask {
    branch: Option<String>,
    after: Option<String>,
    count: Option<u32>,
}

/// How a conflict is to be settled.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SettleAsk {
    /// The version of the conflict that the person saw.
    pub seen: Version,
    /// Which side is to stand.
    pub choice: Choice,
    /// Why: 1 to 500 characters.
    pub reason: String,
}

/// `GET /v1/admin/conflicts`
pub async fn list(
    State(hq): State<Hq>,
    Asker(person): Asker,
    Asked(ask): Asked<Ask>,
) -> Result<Json<Conflicts>, Fault> {
    let of = branch(&hq, ask.branch.as_deref()).await?;
    let after = ask.after.as_deref().map(Next::read_place).transpose()?;
    Ok(Json(hq.conflicts(By::Account(&person), of, after, paging::count(ask.count)).await?))
}

/// `GET /v1/admin/conflicts/{conflict}`
pub async fn one(
    State(hq): State<Hq>,
    Asker(person): Asker,
    Path(conflict): Path<String>,
) -> Result<Json<Found>, Fault> {
    Ok(Json(hq.conflict(By::Account(&person), id(&conflict)?).await?))
}

/// `POST /v1/admin/conflicts/{conflict}/settle`
pub async fn settle(
    State(hq): State<Hq>,
    Asker(person): Asker,
    Path(conflict): Path<String>,
    Received(asked): Received<SettleAsk>,
) -> Result<Json<Found>, Fault> {
    let SettleAsk { seen, choice, reason } = asked;
    Ok(Json(hq.settle_conflict(&person, id(&conflict)?, seen, choice, &reason).await?))
}
