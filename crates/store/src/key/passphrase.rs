//! The key file: the store's key wrapped with a passphrase, Argon2id then XChaCha20-Poly1305.

use crate::{Error, Result};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, aead::Aead};
use serde::{Deserialize, Serialize};
use std::{io::Write, path::Path};
use zeroize::Zeroizing;

/// Fewest characters of a passphrase.
pub const PASSPHRASE_CHARS_MIN: usize = 8;
/// 64 MiB, three passes, one lane: about a quarter of a second on a laptop.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
/// A key file is not trusted to ask for more than this.
const MEMORY_KIB_MAX: u32 = 1024 * 1024;
const PASSES_MAX: u32 = 16;

#[derive(Serialize, Deserialize)]
struct KeyFile {
    format: u32,
    kdf: String,
    memory_kib: u32,
    passes: u32,
    salt: String,
    nonce: String,
    wrapped: String,
    /// Tells a damaged file from a wrong passphrase. Earlier versions wrote none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    check: Option<String>,
}

impl KeyFile {
    /// The hash of everything else.
    fn checked(&self) -> String {
        let Self { format, kdf, memory_kib, passes, salt, nonce, wrapped, check: _ } = self;
        let said = format!("{format} {kdf} {memory_kib} {passes} {salt} {nonce} {wrapped}");
        blake3::hash(said.as_bytes()).to_hex().to_string()
    }
}

pub(super) fn write(path: &Path, key: &[u8; 32], passphrase: &str, salt: [u8; 16], nonce: [u8; 24]) -> Result<()> {
    if passphrase.chars().count() < PASSPHRASE_CHARS_MIN {
        return Err(Error::WeakPassphrase);
    }
    let cipher = cipher(passphrase, &salt, MEMORY_KIB, PASSES)?;
    let wrapped =
        cipher.encrypt(&nonce.into(), key.as_slice()).map_err(|_| Error::Damaged("the key did not wrap".into()))?;
    let mut file = KeyFile {
        format: 1,
        kdf: "argon2id".into(),
        memory_kib: MEMORY_KIB,
        passes: PASSES,
        salt: STANDARD.encode(salt),
        nonce: STANDARD.encode(nonce),
        wrapped: STANDARD.encode(wrapped),
        check: None,
    };
    file.check = Some(file.checked());
    let temporary = path.with_extension("tmp");
    let mut out = std::fs::File::create(&temporary)?;
    out.write_all(&serde_json::to_vec_pretty(&file)?)?;
    out.sync_all()?;
    Ok(std::fs::rename(&temporary, path)?)
}

pub(super) fn read(path: &Path, passphrase: &str) -> Result<[u8; 32]> {
    let damaged = |what: &'static str| Error::DamagedKey(what);
    let file: KeyFile = serde_json::from_slice(&std::fs::read(path)?).map_err(|_| damaged("not JSON"))?;
    if file.check.as_ref().is_some_and(|check| *check != file.checked()) {
        return Err(damaged("not what was written"));
    }
    if file.format != 1 || file.kdf != "argon2id" {
        return Err(Error::Newer);
    }
    if file.memory_kib > MEMORY_KIB_MAX || file.passes > PASSES_MAX {
        return Err(damaged("asks for too much work"));
    }
    let bytes = |text: &str| STANDARD.decode(text).map_err(|_| damaged("not base64"));
    let salt: [u8; 16] = bytes(&file.salt)?.try_into().map_err(|_| damaged("salt"))?;
    let nonce: [u8; 24] = bytes(&file.nonce)?.try_into().map_err(|_| damaged("nonce"))?;
    let cipher = cipher(passphrase, &salt, file.memory_kib, file.passes)?;
    let key = cipher.decrypt(&nonce.into(), bytes(&file.wrapped)?.as_slice()).map_err(|_| Error::WrongPassphrase)?;
    let key = Zeroizing::new(key);
    key.as_slice().try_into().map_err(|_| damaged("key"))
}

fn cipher(passphrase: &str, salt: &[u8], memory_kib: u32, passes: u32) -> Result<XChaCha20Poly1305> {
    let damaged = |_: argon2::Error| Error::DamagedKey("asks for what cannot be done");
    let params = Params::new(memory_kib, passes, 1, Some(32)).map_err(damaged)?;
    let mut wrapping = Zeroizing::new([0u8; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, wrapping.as_mut_slice())
        .map_err(damaged)?;
    Ok(XChaCha20Poly1305::new(wrapping.as_slice().into()))
}
