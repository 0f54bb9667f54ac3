//! The laptop's Ed25519 key: it signs the hash of every seal.

use crate::{Failure, Result};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use doorstep_domain::{Code, Refusal, seal};
use doorstep_store::Identity;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

pub(super) fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

pub(super) fn decode(text: &str) -> Result<Vec<u8>> {
    STANDARD.decode(text).map_err(|_| Failure::new(Code::StoreDamaged, "not base64"))
}

/// Signs a hash; returns the signature and the public key, both in base64.
pub(super) fn sign(identity: &Identity, hash: &str) -> Result<(String, String)> {
    let seed: [u8; 32] = decode(&identity.signing_seed)?
        .try_into()
        .map_err(|_| Failure::new(Code::StoreDamaged, "the signing key is not one"))?;
    let key = SigningKey::from_bytes(&seed);
    let signature = key.sign(&hash_bytes(hash)?);
    Ok((encode(&signature.to_bytes()), encode(key.verifying_key().as_bytes())))
}

/// Checks that a seal's hash is its document's and its signature is of that hash.
///
/// # Errors
/// [`Code::BadSeal`].
pub(crate) fn verify(seal: &seal::Seal) -> std::result::Result<(), Refusal> {
    let bad = |what: &str| Refusal::new(Code::BadSeal, what);
    if seal::hash(seal.document.as_bytes()) != seal.hash {
        return Err(bad("hash"));
    }
    let key: [u8; 32] = STANDARD
        .decode(&seal.public_key)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| bad("public key"))?;
    let key = VerifyingKey::from_bytes(&key).map_err(|_| bad("public key"))?;
    let signature = STANDARD.decode(&seal.signature).map_err(|_| bad("signature"))?;
    let signature = Signature::from_slice(&signature).map_err(|_| bad("signature"))?;
    let hash = hash_bytes(&seal.hash).map_err(|_| bad("hash"))?;
    key.verify_strict(&hash, &signature).map_err(|_| bad("signature"))?;
    seal.check_cover()
}

fn hash_bytes(hash: &str) -> Result<[u8; 32]> {
    crate::desk::unhex(hash).ok_or_else(|| Failure::new(Code::BadSeal, "hash"))
}
