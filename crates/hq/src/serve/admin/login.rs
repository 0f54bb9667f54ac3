//! Logging in and out.

use super::asked::{Asker, token};
use crate::{
    accounts::Role,
    error::Error,
    hq::Hq,
    rights::Person,
    serve::{body::Received, fault::Fault, whose},
};
use axum::{
    Json,
    extract::{ConnectInfo, Request, State},
    http::StatusCode,
};
use chrono::{DateTime, Utc};
use doorstep_domain::{Code, id::BranchId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// A name and a password.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct LoginAsk {
    /// The account's name.
    pub name: String,
    /// Its password.
    pub password: String,
}

/// A login.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LoginReply {
    /// Shown with every request.
    pub token: String,
    /// Until when it is good.
    pub until: DateTime<Utc>,
    /// The account's name.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The branch that bounds it; absent for all of them.
    pub branch_id: Option<BranchId>,
}

/// `POST /v1/admin/login`
pub async fn log_in(
    State(hq): State<Hq>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    Received(asked): Received<LoginAsk>,
) -> Result<Json<LoginReply>, Fault> {
    let now = hq.inner.surroundings.now();
    // Counted before it is checked, since whoever drops the connection meanwhile is told nothing and has tried all the same.
    let guesser = whose(from.ip(), &asked.name);
    hq.inner.wrong_passwords.check(guesser, now)?;
    hq.inner.wrong_passwords.count(guesser, now);
    let done = hq.log_in(&asked.name, &asked.password).await;
    if !matches!(&done, Err(Error::Refused(refusal)) if refusal.code == Code::Unauthorized) {
        hq.inner.wrong_passwords.take_back(guesser);
    }
    let done = done?;
    let Person { name, role, branch_id } = done.person;
    Ok(Json(LoginReply { token: done.token, until: done.until, name, role, branch_id }))
}

/// `POST /v1/admin/logout`
pub async fn log_out(State(hq): State<Hq>, _: Asker, request: Request) -> Result<StatusCode, Fault> {
    if let Some(token) = token(&request.into_parts().0) {
        hq.log_out(token).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
