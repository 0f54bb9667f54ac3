//! Laptops: the list, switching one off, and having one wiped, which takes two people.

use super::asked::{Asked, Asker, branch};
use crate::{
    hq::Hq,
    laptops::{LaptopEntry, Laptops},
    paging,
    rights::By,
    serve::{body::Received, fault::Fault},
};
use axum::{
    Json,
    extract::{Path, State},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Which page of a list.
#[derive(Debug, Deserialize)]
pub struct Ask {
    branch: Option<String>,
    after: Option<i64>,
    count: Option<u32>,
}

/// Why a laptop is to be wiped.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct WipeAsk {
    /// 1 to 500 characters.
    pub reason: String,
}

/// `GET /v1/admin/laptops`
pub async fn list(State(hq): State<Hq>, Asker(person): Asker, Asked(ask): Asked<Ask>) -> Result<Json<Laptops>, Fault> {
    let of = branch(&hq, ask.branch.as_deref()).await?;
    let after = ask.after.unwrap_or(0);
    Ok(Json(hq.laptops(By::Account(&person), of, after, paging::count(ask.count)).await?))
}

/// `POST /v1/admin/laptops/{code}/revoke`
pub async fn revoke(
    State(hq): State<Hq>,
    Asker(person): Asker,
    Path(code): Path<String>,
) -> Result<Json<LaptopEntry>, Fault> {
    Ok(Json(hq.revoke(By::Account(&person), &code).await?))
}

/// `POST /v1/admin/laptops/{code}/wipe`
pub async fn ask_wipe(
    State(hq): State<Hq>,
    Asker(person): Asker,
    Path(code): Path<String>,
    Received(asked): Received<WipeAsk>,
) -> Result<Json<LaptopEntry>, Fault> {
    Ok(Json(hq.ask_wipe(&person, &code, &asked.reason).await?))
}

/// `DELETE /v1/admin/laptops/{code}/wipe`
pub async fn withdraw_wipe(
    State(hq): State<Hq>,
    Asker(person): Asker,
    Path(code): Path<String>,
) -> Result<Json<LaptopEntry>, Fault> {
    Ok(Json(hq.withdraw_wipe(&person, &code).await?))
}

/// `POST /v1/admin/laptops/{code}/wipe/confirm`
pub async fn confirm_wipe(
    State(hq): State<Hq>,
    Asker(person): Asker,
    Path(code): Path<String>,
) -> Result<Json<LaptopEntry>, Fault> {
    Ok(Json(hq.confirm_wipe(&person, &code).await?))
}
