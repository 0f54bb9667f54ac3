//! Binding this laptop to HQ with a one-time code, and handing HQ the store's key, sealed.

use crate::{Error, Exchange, Result, Surroundings, Transport};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use crypto_box::PublicKey;
use doorstep_domain::{Code, Refusal};
use doorstep_store::{Identity, Store, StoreKey};
use doorstep_wire::{ChallengeAsk, Enrol, Enrolled, EnrolmentCode, PROTOCOL, Proof, Recovery};
use ed25519_dalek::{Signer, SigningKey};
use serde::{Deserialize, Serialize};

/// Most characters of what a laptop calls itself.
const DEVICE_NAME_CHARS_MAX: usize = 100;
/// Most characters of a token.
const TOKEN_CHARS_MAX: usize = 200;
/// Most characters of a challenge.
const CHALLENGE_CHARS_MAX: usize = 500;
/// Most characters of a laptop's short name.
const DEVICE_CODE_CHARS_MAX: usize = 8;
/// Where the store notes that HQ has its key.
const KEY_HANDED_IN: &str = "recovery_key_handed_in";
/// Where the store keeps an enrolment whose answer has not come.
const ENROLLING: &str = "enrolling";

/// Whether an enrolled laptop that HQ answered with this may enrol anew.
pub(crate) fn may_enrol_anew(code: Code) -> bool {
    matches!(code, Code::DeviceForked | Code::DeviceRevoked | Code::Unauthorized)
}

/// Enrols the store's laptop with `code` and stores who it is from then on. `hq` is the line that the code names
/// ([`crate::Https::by_code`]).
///
/// A laptop that HQ no longer knows, or that another machine has taken the place of, enrols anew and keeps everything:
/// its records, its places in the feeds it still follows, and what waits, numbered from 1.
///
/// The key for its seals is drawn once and kept until an answer came, so that an answer that was lost on the line can be
/// asked for again with the same code. The store's key is handed in at once; when the line breaks just then, the next
/// exchange does it.
///
/// # Errors
/// [`Error::AlreadyEnrolled`]; HQ's refusals (`code_wrong`, `code_used`, `code_expired`); the errors of the line. Who the
/// laptop is stays as it was then.
pub async fn enrol<T: Transport>(
    store: &Store,
    hq: &T,
    code: &EnrolmentCode,
    device_name: &str,
    surroundings: &Surroundings,
) -> Result<Identity> {
    let before = store.identity().await?;
    if before.is_some() && store.identity_refused().await?.is_none() {
        return Err(Error::AlreadyEnrolled);
    }
    let seed = seed(store, code, surroundings).await?;
    let key = SigningKey::from_bytes(&seed);
    let mut asked = Enrol {
        protocol: PROTOCOL,
        secret: URL_SAFE_NO_PAD.encode(code.secret),
        device_name: device_name.chars().take(DEVICE_NAME_CHARS_MAX).collect(),
        device_key: STANDARD.encode(key.verifying_key().as_bytes()),
        app_version: crate::run::APP_VERSION.to_owned(),
        proof: None,
    };
    asked.proof = proof(hq, &asked, &key).await?;
    let enrolled = hq.enrol(&asked).await?;
    check(&enrolled)?;
    let enrolled_hq = hq.with_token(&enrolled.token)?;
    let mut identity = identity(code, enrolled, &seed);
    let mut write = store.write().await?;
    match before {
        Some(before) if before.recovery_key != identity.recovery_key => {
            return Err(Refusal::new(Code::CodeWrong, "the code is of another headquarters").on("code").into());
        }
        // What happened to HQ since this laptop last heard of it comes out at the next hello.
        Some(before) => {
            identity.site_epoch = before.site_epoch;
            write.begin_anew(&identity, &[]).await?;
        }
        None => write.set_identity(&identity).await?,
    }
    write.note_refusal(None).await?;
    write.set_meta(KEY_HANDED_IN, &false).await?;
    write.set_meta(ENROLLING, &None::<Enrolling>).await?;
    write.commit().await?;
    if let Err(error) = hand_in_key(store, &enrolled_hq, &identity, surroundings).await {
        tracing::warn!(%error, "the store's key was not handed in yet, the next exchange does it");
    }
    Ok(identity)
}

/// That this laptop has the key it shows. An HQ of an older version asks for nothing of the kind.
async fn proof<T: Transport>(hq: &T, asked: &Enrol, key: &SigningKey) -> Result<Option<Proof>> {
    match hq.challenge(&ChallengeAsk { device_key: asked.device_key.clone() }).await {
        Ok(given) if given.challenge.len() > CHALLENGE_CHARS_MAX => Err(Error::Unfit("a challenge that is none")),
        Ok(given) => {
            let signature = STANDARD.encode(key.sign(&asked.signed(&given.challenge)).to_bytes());
            Ok(Some(Proof { challenge: given.challenge, signature }))
        }
        Err(error) if error.code() == Code::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// An enrolment whose answer has not come.
#[derive(Debug, Serialize, Deserialize)]
struct Enrolling {
    /// BLAKE3 of the code's secret, hexadecimal.
    code: String,
    /// The seed that was drawn for it, in base64.
    seed: String,
}

/// The seed of the key for seals: the one that was drawn for this code before, or a new one, kept before it is shown.
async fn seed(store: &Store, code: &EnrolmentCode, surroundings: &Surroundings) -> Result<[u8; 32]> {
    let hash = blake3::hash(&code.secret).to_hex().to_string();
    if let Some(before) = store.meta::<Option<Enrolling>>(ENROLLING).await?.flatten().filter(|e| e.code == hash)
        && let Some(seed) = STANDARD.decode(&before.seed).ok().and_then(|b| b.try_into().ok())
    {
        return Ok(seed);
    }
    let seed = surroundings.random::<32>();
    let mut write = store.write().await?;
    write.set_meta(ENROLLING, &Some(Enrolling { code: hash, seed: STANDARD.encode(seed) })).await?;
    write.commit().await?;
    Ok(seed)
}

fn check(enrolled: &Enrolled) -> Result<()> {
    let Enrolled { token, device_code, recovery_key, .. } = enrolled;
    if token.is_empty() || token.len() > TOKEN_CHARS_MAX {
        return Err(Error::Unfit("a token that is none"));
    }
    let is_code = (1..=DEVICE_CODE_CHARS_MAX).contains(&device_code.len());
    if !is_code || !device_code.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(Error::Unfit("a short name that papers cannot carry"));
    }
    public_key(recovery_key).map(drop)
}

fn public_key(base64: &str) -> Result<PublicKey> {
    let bytes: Option<[u8; 32]> = STANDARD.decode(base64).ok().and_then(|b| b.try_into().ok());
    bytes.map(PublicKey::from).ok_or(Error::Unfit("a recovery key that is none"))
}

fn identity(code: &EnrolmentCode, enrolled: Enrolled, seed: &[u8; 32]) -> Identity {
    Identity {
        hq_address: code.address.clone(),
        hq_key_fingerprint: hex::encode(code.key_fingerprint),
        hq_next_key: None,
        hq_next_address: None,
        hq_former_address: None,
        device_id: enrolled.device_id,
        device_code: enrolled.device_code,
        token: enrolled.token,
        branch_id: enrolled.branch_id,
        engineer_id: enrolled.engineer_id,
        recovery_key: enrolled.recovery_key,
        signing_seed: STANDARD.encode(seed),
        incarnation: 1,
        site_epoch: enrolled.site_epoch,
    }
}

/// Hands HQ the store's key, unless it has it already.
pub(crate) async fn hand_in_key_once<T: Transport>(exchange: &Exchange<'_, T>, identity: &Identity) -> Result<()> {
    if exchange.store.meta::<bool>(KEY_HANDED_IN).await? == Some(true) {
        return Ok(());
    }
    exchange.attempt(|| hand_in_key(exchange.store, exchange.hq, identity, exchange.surroundings)).await
}

async fn hand_in_key<T: Transport>(
    store: &Store,
    hq: &T,
    identity: &Identity,
    surroundings: &Surroundings,
) -> Result<()> {
    hq.recovery(&sealed(store.key(), &identity.recovery_key, surroundings)?).await?;
    let mut write = store.write().await?;
    write.set_meta(KEY_HANDED_IN, &true).await?;
    Ok(write.commit().await?)
}

fn sealed(key: &StoreKey, recovery_key: &str, surroundings: &Surroundings) -> Result<Recovery> {
    let sealed = public_key(recovery_key)?
        .seal(&mut surroundings.chance(), key.bytes())
        .map_err(|_| Error::Unfit("a recovery key that nothing can be sealed to"))?;
    Ok(Recovery { wrapped_store_key: STANDARD.encode(sealed) })
}
