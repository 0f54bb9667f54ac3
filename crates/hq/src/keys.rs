//! HQ's recovery key (X25519): laptops seal their store keys and what customers said to it.
//!
//! The private half stays in a file of the data folder that only HQ's account may read.

use crate::{error::Error, private_file, private_folder, surroundings::Surroundings};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use crypto_box::{SalsaBox, SecretKey, aead::Aead};
use std::{fmt, fs, path::Path};

/// The recovery key pair.
pub struct RecoveryKey(SecretKey);

impl fmt::Debug for RecoveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryKey")
    }
}

impl RecoveryKey {
    /// Reads the key at `path`, drawing one where there is none.
    ///
    /// # Errors
    /// [`Error::Folder`], or [`Error::RecoveryKey`] when the file is not a key: HQ never draws another over it.
    pub fn open(path: &Path, surroundings: &Surroundings) -> Result<Self, Error> {
        private_file::create(path, STANDARD.encode(surroundings.random::<32>()).as_bytes())?;
        private_folder::keep_file(path)?;
        let text = fs::read_to_string(path).map_err(|e| Error::folder(path, e))?;
        let bytes = STANDARD.decode(text.trim()).ok().and_then(|b| <[u8; 32]>::try_from(b).ok());
        let bytes = bytes.ok_or_else(|| Error::RecoveryKey { path: path.to_owned() })?;
        Ok(Self(SecretKey::from_bytes(bytes)))
    }

    /// A key for something else that every process of this HQ has to have alike.
    #[must_use]
    pub fn derived(&self, context: &str) -> [u8; 32] {
        blake3::derive_key(context, &self.0.to_bytes())
    }

    /// The public half in base64.
    #[must_use]
    pub fn public_base64(&self) -> String {
        STANDARD.encode(self.0.public_key().as_bytes())
    }

    /// Boxes `plain` to a key, after its nonce: who opens it knows that it is HQ's.
    #[must_use]
    pub fn boxed(&self, to: [u8; 32], nonce: [u8; 24], plain: &[u8]) -> Option<Vec<u8>> {
        let sealed = SalsaBox::new(&to.into(), &self.0).encrypt(&nonce.into(), plain).ok()?;
        Some([nonce.as_slice(), &sealed].concat())
    }

    /// Opens a sealed box; `None` when it was not sealed to this key.
    #[must_use]
    pub fn open_box(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        self.0.unseal(sealed).ok()
    }
}
