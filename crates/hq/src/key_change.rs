//! HQ's key changes without locking anybody out: the next key is announced under the one that laptops trust, and used
//! once they have been told. SYNC.md, "Transport".

use crate::{enrolment::device_code, error::Error, hq::Hq, private_file, serve::tls, storage::NextKey};
use std::{fs, path::Path};

/// The next key in the folder of the self-made certificate.
const NEXT: &str = "next-key.pem";

impl Hq {
    /// Announces the next key: that in `given` (PEM), or one that HQ makes itself. Gives back its fingerprint. To announce
    /// the same again changes nothing.
    ///
    /// # Errors
    /// [`Error::Certificate`] when the file is no private key, [`Error::Folder`], [`Error::Storage`].
    pub async fn announce_key(&self, given: Option<&Path>) -> Result<[u8; 32], Error> {
        let made = self.tls_folder().join(NEXT);
        let path = if let Some(given) = given {
            given
        } else {
            fs::create_dir_all(self.tls_folder()).map_err(|e| Error::folder(&made, e))?;
            private_file::create(&made, tls::new_key(&made)?.as_bytes())?;
            &made
        };
        let fingerprint = tls::fingerprint_of(path)?;
        let now = self.inner.surroundings.now();
        let announced = self.inner.storage.site().await?.next_key;
        if announced.is_none_or(|next| next.fingerprint != fingerprint) {
            self.inner.storage.audit(now, None, "key announce", &hex::encode(fingerprint)).await?;
            self.inner.storage.announce_key(Some(NextKey { fingerprint, announced_at: now })).await?;
        }
        Ok(fingerprint)
    }

    /// Laptops that were not here since the next key was announced: they would not know HQ under it.
    ///
    /// # Errors
    /// [`Error::NoNextKey`], [`Error::Storage`].
    pub async fn not_told(&self) -> Result<Vec<String>, Error> {
        let next = self.inner.storage.site().await?.next_key.ok_or(Error::NoNextKey)?;
        let devices = self.inner.storage.devices().await?;
        let told = |seen| seen >= Some(next.announced_at);
        let missing = devices.into_iter().filter(|d| d.revoked_at.is_none() && !told(d.seen_at));
        Ok(missing.map(|d| device_code(d.number)).collect())
    }

    /// Puts the announced key in the place of the one before; it is used from the next start on. A given key is used by
    /// starting HQ with it. With laptops that were not told it wants `all_the_same`.
    ///
    /// # Errors
    /// [`Error::NoNextKey`], [`Error::NotTold`], [`Error::Folder`], [`Error::Storage`].
    pub async fn switch_key(&self, all_the_same: bool) -> Result<(), Error> {
        let missing = self.not_told().await?;
        if !missing.is_empty() && !all_the_same {
            return Err(Error::NotTold(missing.join(", ")));
        }
        let now = self.inner.surroundings.now();
        self.inner.storage.audit(now, None, "key switch", &missing.join(" ")).await?;
        let folder = self.tls_folder();
        let next = folder.join(NEXT);
        if next.exists() {
            // In this order: a key without its certificate gets a new one, a certificate of another key is an error.
            let cert = folder.join("cert.pem");
            match fs::remove_file(&cert) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(Error::folder(&cert, error)),
                _ => fs::rename(&next, folder.join("key.pem")).map_err(|e| Error::folder(&next, e))?,
            }
        }
        Ok(())
    }
}
