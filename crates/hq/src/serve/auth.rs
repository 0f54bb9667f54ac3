//! Who is asking: a laptop shows its token, HQ knows its hash.

use super::fault::Fault;
use crate::{
    hq::Inner,
    landing::Author,
    storage::{Device, StoredRecord, WipeStep},
};
use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use doorstep_domain::{Code, Feed};
use std::sync::Arc;

/// Bytes of a token.
pub const TOKEN_BYTES: usize = 32;

/// The laptop that asks.
#[derive(Debug, Clone)]
pub struct Laptop(pub Device);

/// What HQ keeps of a token. Tokens are random, so a plain hash is enough, and looking one up by its hash tells
/// nothing about others by the time it takes.
#[must_use]
pub fn token_hash(token: &[u8; TOKEN_BYTES]) -> [u8; 32] {
    *blake3::hash(token).as_bytes()
}

impl FromRequestParts<Arc<Inner>> for Laptop {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, hq: &Arc<Inner>) -> Result<Self, Fault> {
        let unknown = || Fault::new(Code::Unauthorized, "no token of an enrolled laptop");
        let shown = parts.headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
        let token = shown.and_then(|v| v.strip_prefix("Bearer ")).ok_or_else(unknown)?;
        let token = URL_SAFE_NO_PAD.decode(token).ok().and_then(|b| b.try_into().ok()).ok_or_else(unknown)?;
        let device = hq.storage.device_by_token(token_hash(&token)).await?.ok_or_else(unknown)?;
        // Before anything is done for it: one that is off asks no faster than others.
        hq.laptops.take(device.number, hq.surroundings.now())?;
        if device.is_wiped() {
            if device.wipe.as_ref().is_some_and(|wipe| wipe.told_at.is_none()) {
                hq.storage.wipe(device.number, WipeStep::Told, hq.surroundings.now()).await?;
            }
            return Err(Fault::new(Code::DeviceWiped, "HQ orders that this laptop's data be destroyed"));
        }
        if device.revoked_at.is_some() {
            return Err(Fault::new(Code::DeviceRevoked, "this laptop was switched off at HQ"));
        }
        tracing::debug!(device = device.number, "laptop");
        Ok(Self(device))
    }
}

impl Laptop {
    /// The feed that takes what it writes.
    #[must_use]
    pub fn home(&self) -> String {
        Feed::Branch(self.0.branch_id.into()).to_string()
    }

    /// The feeds it may pull.
    #[must_use]
    pub fn feeds(&self) -> [String; 3] {
        let Device { branch_id, engineer_id, .. } = &self.0;
        [Feed::All, Feed::Branch((*branch_id).into()), Feed::Engineer((*engineer_id).into())].map(|f| f.to_string())
    }

    /// Whether a record is in a feed it may pull.
    #[must_use]
    pub fn reaches(&self, record: &StoredRecord) -> bool {
        record.stands_in(&self.feeds())
    }

    /// It as the author of operations, in one of its lives.
    #[must_use]
    pub fn author(&self, incarnation: u32) -> Author {
        Author::Laptop { device: self.0.id, incarnation, engineer: self.0.engineer_id, branch: self.0.branch_id }
    }
}
