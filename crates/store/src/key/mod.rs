//! The store's key: 32 random bytes, kept in the operating system's keychain, or wrapped with a passphrase
//! (Argon2id) where there is none. It is never written anywhere in the clear.

mod passphrase;

pub use passphrase::PASSPHRASE_CHARS_MIN;

use crate::{Error, Folder, Result};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The store's key.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct StoreKey([u8; 32]);

impl fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreKey(…)")
    }
}

/// Where the key of a data folder is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPlace {
    /// No store yet.
    Nowhere,
    /// In the operating system's keychain.
    Keychain,
    /// In the data folder, wrapped with a passphrase.
    Passphrase,
}

impl StoreKey {
    /// A key of these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes, for wrapping to HQ's recovery key.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A key for one purpose, derived from this one.
    pub(crate) fn derive(&self, purpose: &str) -> [u8; 32] {
        blake3::derive_key(purpose, &self.0)
    }

    /// As SQLCipher takes a raw key, so that no connection derives it again.
    pub(crate) fn pragma(&self) -> String {
        let hex: String = self.0.iter().map(|b| format!("{b:02x}")).collect();
        format!("\"x'{hex}'\"")
    }
}

/// Whether the operating system's keychain answers.
#[must_use]
pub fn keychain_available() -> bool {
    match keyring::Entry::new("doorstep", "probe").and_then(|entry| entry.get_password()) {
        Ok(_) | Err(keyring::Error::NoEntry) => true,
        Err(_) => false,
    }
}

impl KeyPlace {
    /// Where the key of `folder` is.
    #[must_use]
    pub fn of(folder: &Folder) -> Self {
        if folder.is_beginning() {
            Self::Nowhere
        } else if folder.key_file().exists() {
            Self::Passphrase
        } else if folder.database().exists() || folder.had_a_store() {
            Self::Keychain
        } else {
            Self::Nowhere
        }
    }
}

/// Each data folder has an entry of its own in the keychain.
fn entry(folder: &Folder) -> Result<keyring::Entry> {
    let path = folder.path().canonicalize()?;
    Ok(keyring::Entry::new("doorstep", &blake3::hash(path.as_os_str().as_encoded_bytes()).to_hex())?)
}

/// Forgets the key that the keychain keeps for a folder. Where there is no keychain, it has none.
pub(crate) fn forget(folder: &Folder) {
    match entry(folder).and_then(|entry| Ok(entry.delete_credential()?)) {
        Ok(()) => {}
        Err(error) => tracing::info!(%error, "the keychain had no key to forget"),
    }
}

impl StoreKey {
    /// Keeps the key in the keychain, and no longer in the folder.
    ///
    /// # Errors
    /// [`Error::Keychain`]; [`Error::Folder`].
    pub fn keep_in_keychain(&self, folder: &Folder) -> Result<()> {
        entry(folder)?.set_password(&STANDARD.encode(self.0))?;
        match std::fs::remove_file(folder.key_file()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Takes the key from the keychain.
    ///
    /// # Errors
    /// [`Error::Keychain`], or [`Error::WrongKey`] when what is there is not a key.
    pub fn from_keychain(folder: &Folder) -> Result<Self> {
        let mut text = entry(folder)?.get_password()?;
        let bytes = STANDARD.decode(&text).map_err(|_| Error::WrongKey)?;
        text.zeroize();
        Ok(Self(bytes.try_into().map_err(|_| Error::WrongKey)?))
    }

    /// Keeps the key in the folder, wrapped with `passphrase`. `salt` and `nonce` are random.
    ///
    /// # Errors
    /// [`Error::WeakPassphrase`] under eight characters; [`Error::Folder`].
    pub fn keep_with_passphrase(
        &self,
        folder: &Folder,
        passphrase: &str,
        salt: [u8; 16],
        nonce: [u8; 24],
    ) -> Result<()> {
        passphrase::write(&folder.key_file(), &self.0, passphrase, salt, nonce)
    }

    /// Opens the folder's key with `passphrase`.
    ///
    /// # Errors
    /// [`Error::WrongPassphrase`]; [`Error::DamagedKey`] when the key file is not what was written.
    pub fn from_passphrase(folder: &Folder, passphrase: &str) -> Result<Self> {
        passphrase::read(&folder.key_file(), passphrase).map(Self)
    }
}
