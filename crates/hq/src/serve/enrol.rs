//! Step 1: a laptop is enrolled with a one-time code, and hands over its sealed store key. SYNC.md, "Enrolment".

use super::{
    auth::{Laptop, TOKEN_BYTES, token_hash},
    body::Received,
    challenge,
    fault::Fault,
};
use crate::{
    enrolment,
    hq::Inner,
    landing,
    storage::{Newcomer, Redeemed},
};
use axum::{
    Json,
    extract::{ConnectInfo, State},
    http::StatusCode,
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use doorstep_domain::Code;
use doorstep_wire::{Enrol, Enrolled, PROTOCOL_MIN, Recovery};
use std::{net::SocketAddr, sync::Arc};

/// Most characters of what a laptop calls itself.
const DEVICE_NAME_CHARS_MAX: usize = 100;
/// Most characters of a version of the app.
pub const APP_VERSION_CHARS_MAX: usize = 60;
/// Bytes that a sealed box adds to what it seals.
const SEAL_BYTES: usize = 48;
/// Bytes of a store key.
const STORE_KEY_BYTES: usize = 32;

/// `POST /v1/enrol`
pub async fn enrol(
    State(hq): State<Arc<Inner>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    Received(asked): Received<Enrol>,
) -> Result<Json<Enrolled>, Fault> {
    let now = hq.surroundings.now();
    hq.wrong_codes.check(from.ip(), now)?;
    check(&asked)?;
    let proved = challenge::proved(&hq, &asked)?;
    let wrong = || Fault::new(Code::CodeWrong, "no such enrolment code");
    let secret = URL_SAFE_NO_PAD.decode(&asked.secret).ok().and_then(|b| <[u8; 16]>::try_from(b).ok());
    let Some(secret) = secret else {
        hq.wrong_codes.count(from.ip(), now);
        return Err(wrong());
    };
    let token = hq.surroundings.random::<TOKEN_BYTES>();
    let called = asked.device_name.clone();
    let newcomer = Newcomer {
        id: hq.surroundings.record_id().into(),
        name: asked.device_name,
        public_key: asked.device_key,
        app_version: asked.app_version,
        token_hash: token_hash(&token),
        proved,
    };
    let device = match hq.storage.redeem(enrolment::secret_hash(&secret), &newcomer, now).await? {
        Redeemed::Enrolled(device) => device,
        Redeemed::Unknown => {
            hq.wrong_codes.count(from.ip(), now);
            return Err(wrong());
        }
        Redeemed::Used => return Err(Fault::new(Code::CodeUsed, "the enrolment code was used before")),
        Redeemed::Expired => return Err(Fault::new(Code::CodeExpired, "the enrolment code is past its date")),
    };
    tracing::info!(device = device.number, "laptop enrolled");
    let code = enrolment::device_code(device.number);
    hq.storage.audit(now, Some(&code), "enrol", &called).await?;
    Ok(Json(Enrolled {
        device_id: device.id,
        device_code: enrolment::device_code(device.number),
        token: URL_SAFE_NO_PAD.encode(token),
        branch_id: device.branch_id,
        engineer_id: device.engineer_id,
        recovery_key: hq.recovery.public_base64(),
        site_epoch: hq.storage.site().await?.epoch,
        limits: hq.limits,
    }))
}

fn check(asked: &Enrol) -> Result<(), Fault> {
    if asked.protocol < PROTOCOL_MIN {
        return Err(Fault::new(Code::VersionUnsupported, "the app is too old for this HQ; update it"));
    }
    if asked.device_name.chars().count() > DEVICE_NAME_CHARS_MAX
        || asked.app_version.chars().count() > APP_VERSION_CHARS_MAX
    {
        return Err(Fault::new(Code::TooLarge, "device_name or app_version"));
    }
    if landing::key(&asked.device_key).is_none() {
        return Err(Fault::new(Code::Invalid, "device_key is not an Ed25519 key in base64"));
    }
    Ok(())
}

/// `POST /v1/recovery`
pub async fn recovery(
    State(hq): State<Arc<Inner>>,
    Laptop(device): Laptop,
    Received(sent): Received<Recovery>,
) -> Result<StatusCode, Fault> {
    let sealed = STANDARD.decode(&sent.wrapped_store_key).unwrap_or_default();
    let opened = if sealed.len() == SEAL_BYTES + STORE_KEY_BYTES { hq.recovery.open_box(&sealed) } else { None };
    if opened.is_none() {
        return Err(Fault::new(Code::Invalid, "not a store key sealed to HQ's recovery key"));
    }
    hq.storage.keep_store_key(device.number, &sent.wrapped_store_key).await?;
    Ok(StatusCode::NO_CONTENT)
}
