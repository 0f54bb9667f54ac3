//! Binding a laptop to HQ with a one-time code.

use crate::limits::Limits;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use doorstep_domain::{
    Code, Refusal,
    id::{BranchId, DeviceId, EngineerId},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What an enrolment code carries: where HQ is, which key is HQ's, and a secret good for one laptop.
///
/// Written `DS1-` and base64url of `secret(16) ‖ key fingerprint(32) ‖ address ‖ check(4)`, in groups of six
/// for the eye. White space and line breaks are ignored when reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolmentCode {
    /// HQ's base URL, e.g. `https://hq.example.com:7443`.
    pub address: String,
    /// SHA-256 of HQ's public key (SubjectPublicKeyInfo, DER); zeros with plain HTTP on loopback.
    pub key_fingerprint: [u8; 32],
    /// The one-time secret.
    pub secret: [u8; 16],
}

const PREFIX: &str = "DS1-";

impl fmt::Display for EnrolmentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = Vec::with_capacity(52 + self.address.len());
        bytes.extend_from_slice(&self.secret);
        bytes.extend_from_slice(&self.key_fingerprint);
        bytes.extend_from_slice(self.address.as_bytes());
        let check = blake3::hash(&bytes);
        bytes.extend_from_slice(check.as_bytes().get(..4).unwrap_or_default());
        write!(f, "{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for EnrolmentCode {
    type Err = Refusal;

    /// Reads a code as a person pasted it.
    ///
    /// # Errors
    /// [`Code::CodeWrong`] when it is cut short, mistyped or something else.
    fn from_str(text: &str) -> Result<Self, Refusal> {
        let wrong = || Refusal::new(Code::CodeWrong, "not an enrolment code").on("code");
        let text: String = text.chars().filter(|c| !c.is_whitespace()).take(2_000).collect();
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX).ok_or_else(wrong)?).map_err(|_| wrong())?;
        let (content, check) = bytes.split_last_chunk::<4>().ok_or_else(wrong)?;
        if blake3::hash(content).as_bytes().get(..4) != Some(check.as_slice()) {
            return Err(wrong());
        }
        let (secret, rest) = content.split_first_chunk::<16>().ok_or_else(wrong)?;
        let (key_fingerprint, address) = rest.split_first_chunk::<32>().ok_or_else(wrong)?;
        let address = String::from_utf8(address.to_vec()).map_err(|_| wrong())?;
        Ok(Self { address, key_fingerprint: *key_fingerprint, secret: *secret })
    }
}

/// A laptop that is about to enrol asks for something to sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChallengeAsk {
    /// Its Ed25519 public key, in base64.
    pub device_key: String,
}

/// What it has to sign with that key, within [`CHALLENGE_SECONDS_MAX`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Challenge {
    /// Opaque to the laptop.
    pub challenge: String,
}

/// How long a challenge may be signed, by HQ's clock.
pub const CHALLENGE_SECONDS_MAX: i64 = 300;

/// That a laptop has the key that it shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Proof {
    /// HQ's challenge, as it came.
    pub challenge: String,
    /// The Ed25519 signature over [`Enrol::signed`], in base64.
    pub signature: String,
}

/// A laptop asks to be enrolled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Enrol {
    /// The protocol it speaks.
    pub protocol: u32,
    /// The code's secret, in base64url.
    pub secret: String,
    /// What the laptop calls itself; at most 100 characters.
    pub device_name: String,
    /// Its Ed25519 public key, which seals verify against, in base64.
    pub device_key: String,
    /// Version of the app.
    pub app_version: String,
    /// That it has the key. Who shows a code again has to say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
}

impl Enrol {
    /// What a laptop signs for `challenge`: it, the code's secret and the key. Longer than anything else that is signed with
    /// the key, which are hashes.
    #[must_use]
    pub fn signed(&self, challenge: &str) -> Vec<u8> {
        ["doorstep enrolment", challenge, &self.secret, &self.device_key].join("\n").into_bytes()
    }
}

/// HQ's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Enrolled {
    /// The laptop's id.
    pub device_id: DeviceId,
    /// Its short name in the numbers of papers, e.g. `A07`.
    pub device_code: String,
    /// The token it shows from now on; HQ keeps only its hash.
    pub token: String,
    /// The branch.
    pub branch_id: BranchId,
    /// The engineer.
    pub engineer_id: EngineerId,
    /// HQ's X25519 key for recovery and for satisfaction, in base64.
    pub recovery_key: String,
    /// HQ's epoch.
    pub site_epoch: u64,
    /// HQ's limits.
    pub limits: Limits,
}

/// The laptop's store key, sealed to HQ's recovery key, so that a lost passphrase loses nothing. The laptop learns
/// that key only in [`Enrolled`], so this follows the enrolment, and again whenever the store's key changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Recovery {
    /// A libsodium sealed box (X25519) in base64 over the 32 bytes of the store's key.
    pub wrapped_store_key: String,
}
