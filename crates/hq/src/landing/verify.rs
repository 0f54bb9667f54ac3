//! Whether a seal is what it says: HQ takes none whose signature it cannot check.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use doorstep_domain::{Code, Doc, Refusal, record, seal::Seal};
use ed25519_dalek::{Signature, VerifyingKey};

/// Checks that the seal in `doc` is signed by one of `keys` (Ed25519, base64), and that its cover is its document's.
///
/// # Errors
/// [`Code::BadSeal`] with the field, or [`Code::Invalid`] when the document is no seal.
pub fn seal(doc: &Doc, keys: &[&str]) -> Result<(), Refusal> {
    let bad = |field: &str, why: &str| Refusal::new(Code::BadSeal, why).on(field);
    let seal: Seal = record::read(doc)?;
    if !keys.contains(&seal.public_key.as_str()) {
        return Err(bad("public_key", "not the key of a laptop of this branch"));
    }
    let key = key(&seal.public_key).ok_or_else(|| bad("public_key", "not an Ed25519 key"))?;
    let signature = STANDARD.decode(&seal.signature).ok().and_then(|b| Signature::from_slice(&b).ok());
    let signature = signature.ok_or_else(|| bad("signature", "not an Ed25519 signature"))?;
    let hash = hex::decode(&seal.hash).map_err(|_| bad("hash", "not a hash"))?;
    key.verify_strict(&hash, &signature).map_err(|_| bad("signature", "does not verify"))?;
    seal.check_cover()
}

/// Reads an Ed25519 key from base64.
pub fn key(text: &str) -> Option<VerifyingKey> {
    let bytes: [u8; 32] = STANDARD.decode(text).ok()?.try_into().ok()?;
    VerifyingKey::from_bytes(&bytes).ok()
}
