//! That a laptop has the key it shows when it enrols: it signs something fresh. SYNC.md, "Enrolment".
//!
//! A challenge carries its own time and HQ's mark, so that whichever process gave it, each can check it, and none remembers
//! any.

use super::{body::Received, fault::Fault};
use crate::{hq::Inner, landing};
use axum::{Json, extract::State};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use doorstep_domain::Code;
use doorstep_wire::{Challenge, ChallengeAsk, Enrol, Proof, enrol::CHALLENGE_SECONDS_MAX};
use ed25519_dalek::Signature;
use std::sync::Arc;

/// What the key for marks is derived for.
const CONTEXT: &str = "doorstep-hq 2026-12-01 marks of challenges at enrolment";
/// Bytes before the mark: the time in milliseconds, and what makes each challenge another.
const CONTENT_BYTES: usize = 8 + 16;

/// `POST /v1/enrol/challenge`
pub async fn challenge(
    State(hq): State<Arc<Inner>>,
    Received(asked): Received<ChallengeAsk>,
) -> Result<Json<Challenge>, Fault> {
    if landing::key(&asked.device_key).is_none() {
        return Err(Fault::new(Code::Invalid, "device_key is not an Ed25519 key in base64"));
    }
    let at = hq.surroundings.now().timestamp_millis().to_be_bytes();
    let content = [at.as_slice(), &hq.surroundings.random::<16>()].concat();
    let mark = mark(&hq, &content, &asked.device_key);
    Ok(Json(Challenge { challenge: URL_SAFE_NO_PAD.encode([content.as_slice(), mark.as_bytes()].concat()) }))
}

fn mark(hq: &Inner, content: &[u8], device_key: &str) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new_keyed(&hq.recovery.derived(CONTEXT));
    hasher.update(content).update(device_key.as_bytes()).finalize()
}

/// Whether the laptop shows that it has its key; `false` where it shows nothing.
///
/// # Errors
/// [`Code::Invalid`] for a signature that is not its key's over a challenge of HQ for this key, and a fresh one.
pub(super) fn proved(hq: &Inner, asked: &Enrol) -> Result<bool, Fault> {
    let Some(Proof { challenge, signature }) = &asked.proof else { return Ok(false) };
    let bad =
        || Fault::new(Code::Invalid, "not a signature of this key over a challenge of the last minutes; ask anew");
    let given = URL_SAFE_NO_PAD.decode(challenge).map_err(|_| bad())?;
    let (content, shown) = given.split_at_checked(CONTENT_BYTES).ok_or_else(bad)?;
    // Hashes are compared in constant time.
    let shown = blake3::Hash::from_bytes(shown.try_into().map_err(|_| bad())?);
    let at = content.first_chunk::<8>().map(|at| i64::from_be_bytes(*at)).ok_or_else(bad)?;
    let age_ms = hq.surroundings.now().timestamp_millis().saturating_sub(at).saturating_abs();
    if mark(hq, content, &asked.device_key) != shown || age_ms > CHALLENGE_SECONDS_MAX * 1_000 {
        return Err(bad());
    }
    let key = landing::key(&asked.device_key).ok_or_else(bad)?;
    let signature =
        STANDARD.decode(signature).ok().and_then(|bytes| Signature::from_slice(&bytes).ok()).ok_or_else(bad)?;
    key.verify_strict(&asked.signed(challenge), &signature).map_err(|_| bad())?;
    Ok(true)
}
