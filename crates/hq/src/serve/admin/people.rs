//! Engineers who leave or move, and the trail of what people at HQ did.

use super::asked::{Asked, Asker, branch, id};
use crate::{
    hq::Hq,
    paging,
    rights::{By, Right},
    serve::{body::Received, fault::Fault},
    staff::{self, Engineers, Reassigned},
    storage::Deed,
};
use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use chrono::{DateTime, Utc};
use doorstep_domain::id::EngineerId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which page of a list.
#[derive(Debug, Deserialize)]
pub struct Ask {
    branch: Option<String>,
    after: Option<String>,
    count: Option<u32>,
}

/// Who takes over.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ReassignAsk {
    /// A colleague who is still there: takes the visits that are of their branch.
    pub to: EngineerId,
    /// Whether the one has left, and is to be noted so.
    #[serde(default)]
    pub leaves: bool,
}

/// Where an engineer goes.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct MoveAsk {
    /// Code of the branch.
    pub branch: String,
}

/// A line of the trail.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TrailEntry {
    /// Its number; they grow.
    pub number: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// The account; absent for HQ's keeper, at the machine itself.
    pub account: Option<String>,
    /// What was done.
    pub action: String,
    /// To what.
    pub subject: String,
}

/// Some of the trail, newest first.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Trail {
    /// The lines.
    pub entries: Vec<TrailEntry>,
    /// What to ask for the lines before; absent on the last page.
    pub next: Option<i64>,
}

/// Which page of the trail.
#[derive(Debug, Deserialize)]
pub struct TrailAsk {
    before: Option<i64>,
    count: Option<u32>,
}

impl From<Deed> for TrailEntry {
    fn from(deed: Deed) -> Self {
        let Deed { number, at, account, action, subject } = deed;
        Self { number, at, account, action, subject }
    }
}

/// `GET /v1/admin/engineers`
pub async fn engineers(
    State(hq): State<Hq>,
    Asker(person): Asker,
    Asked(ask): Asked<Ask>,
) -> Result<Json<Engineers>, Fault> {
    let of = branch(&hq, ask.branch.as_deref()).await?;
    let after = ask.after.as_deref().map(id).transpose()?;
    Ok(Json(staff::engineers(&hq, By::Account(&person), of, after, paging::count(ask.count)).await?))
}

/// `POST /v1/admin/engineers/{engineer}/reassign`
pub async fn reassign(
    State(hq): State<Hq>,
    Asker(person): Asker,
    Path(engineer): Path<String>,
    Received(asked): Received<ReassignAsk>,
) -> Result<Json<Reassigned>, Fault> {
    let by = By::Account(&person);
    Ok(Json(staff::reassign(&hq, by, id(&engineer)?, asked.to, asked.leaves).await?))
}

/// `POST /v1/admin/engineers/{engineer}/move`
pub async fn transfer(
    State(hq): State<Hq>,
    Asker(person): Asker,
    Path(engineer): Path<String>,
    Received(asked): Received<MoveAsk>,
) -> Result<StatusCode, Fault> {
    staff::transfer(&hq, By::Account(&person), id(&engineer)?, &asked.branch).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /v1/admin/trail`
pub async fn trail(
    State(hq): State<Hq>,
    Asker(person): Asker,
    Asked(ask): Asked<TrailAsk>,
) -> Result<Json<Trail>, Fault> {
    person.may(Right::Trail)?;
    let count = paging::count(ask.count);
    let deeds = hq.trail(ask.before, count).await?;
    let next = deeds.last().map(|deed| deed.number).filter(|_| deeds.len() == count as usize);
    Ok(Json(Trail { entries: deeds.into_iter().map(TrailEntry::from).collect(), next }))
}
