//! What people at HQ ask over HTTP: they log in, see how HQ stands, settle conflicts, and look after laptops and staff.
//!
//! Owns reading a request and shaping its answer. Who may do what is `rights`; what happens is in the modules that the
//! command line uses too.

mod asked;
mod bundle;
mod conflicts;
mod laptops;
mod login;
mod people;

pub use asked::Asker;
pub use conflicts::SettleAsk;
pub use laptops::WipeAsk;
#[cfg(test)]
pub(crate) use login::log_in;
pub use login::{LoginAsk, LoginReply};
pub use people::{MoveAsk, ReassignAsk, Trail, TrailEntry};

use super::SMALL_BYTES_MAX;
use crate::{hq::Hq, rights::By, status::Status};
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    routing::{get, post},
};
use tower_http::{compression::CompressionLayer, decompression::RequestDecompressionLayer};

/// Paths of people at HQ. All but the login want their token, as `Authorization: Bearer TOKEN`.
pub mod path {
    /// `POST` [`super::LoginAsk`] → [`super::LoginReply`].
    pub const LOGIN: &str = "/v1/admin/login";
    /// `POST`, answered with 204.
    pub const LOGOUT: &str = "/v1/admin/logout";
    /// `GET` [`crate::status::Status`].
    pub const STATUS: &str = "/v1/admin/status";
    /// `GET` [`crate::laptops::Laptops`].
    pub const LAPTOPS: &str = "/v1/admin/laptops";
    /// `POST` → [`crate::laptops::LaptopEntry`].
    pub const REVOKE: &str = "/v1/admin/laptops/{code}/revoke";
    /// `POST` [`super::WipeAsk`] → [`crate::laptops::LaptopEntry`]; `DELETE` takes it back.
    pub const WIPE: &str = "/v1/admin/laptops/{code}/wipe";
    /// `POST` → [`crate::laptops::LaptopEntry`].
    pub const WIPE_CONFIRM: &str = "/v1/admin/laptops/{code}/wipe/confirm";
    /// `GET` [`crate::conflicts::Conflicts`].
    pub const CONFLICTS: &str = "/v1/admin/conflicts";
    /// `GET` [`crate::conflicts::Found`].
    pub const CONFLICT: &str = "/v1/admin/conflicts/{conflict}";
    /// `POST` [`super::SettleAsk`] → [`crate::conflicts::Found`].
    pub const SETTLE: &str = "/v1/admin/conflicts/{conflict}/settle";
    /// `GET` [`crate::staff::Engineers`].
    pub const ENGINEERS: &str = "/v1/admin/engineers";
    /// `POST` [`super::ReassignAsk`] → [`crate::staff::Reassigned`].
    pub const REASSIGN: &str = "/v1/admin/engineers/{engineer}/reassign";
    /// `POST` [`super::MoveAsk`], answered with 204.
    pub const MOVE: &str = "/v1/admin/engineers/{engineer}/move";
    /// `POST` the bytes of a `.doorstep` file → [`crate::bundle::Taken`].
    pub const BUNDLES: &str = "/v1/admin/bundles";
    /// `GET` [`super::Trail`].
    pub const TRAIL: &str = "/v1/admin/trail";
}

/// All routes.
pub fn router(hq: Hq) -> Router {
    Router::new()
        .route(path::LOGIN, post(login::log_in))
        .route(path::LOGOUT, post(login::log_out))
        .route(path::STATUS, get(status))
        .route(path::LAPTOPS, get(laptops::list))
        .route(path::REVOKE, post(laptops::revoke))
        .route(path::WIPE, post(laptops::ask_wipe).delete(laptops::withdraw_wipe))
        .route(path::WIPE_CONFIRM, post(laptops::confirm_wipe))
        .route(path::CONFLICTS, get(conflicts::list))
        .route(path::CONFLICT, get(conflicts::one))
        .route(path::SETTLE, post(conflicts::settle))
        .route(path::ENGINEERS, get(people::engineers))
        .route(path::REASSIGN, post(people::reassign))
        .route(path::MOVE, post(people::transfer))
        .route(path::TRAIL, get(people::trail))
        .layer(DefaultBodyLimit::max(SMALL_BYTES_MAX))
        .layer(RequestDecompressionLayer::new())
        .layer(CompressionLayer::new())
        .route(path::BUNDLES, post(bundle::hand_in))
        .with_state(hq)
}

/// `GET /v1/admin/status`
async fn status(State(hq): State<Hq>, Asker(person): Asker) -> Result<Json<Status>, super::fault::Fault> {
    Ok(Json(hq.status(By::Account(&person)).await?))
}
