//! HQ's address changes without losing anybody: the next one is announced at the one that laptops know, and they follow
//! when the old one answers no more. SYNC.md, "Transport".

use crate::{enrolment::device_code, error::Error, hq::Hq, storage::NextAddress};

/// Most bytes of an address.
const ADDRESS_BYTES_MAX: usize = 300;

impl Hq {
    /// Announces the address at which HQ will be found next. To announce the same again changes nothing. Says which laptops
    /// were not told yet.
    ///
    /// # Errors
    /// [`Error::BadAddress`], [`Error::Storage`].
    pub async fn announce_address(&self, address: &str) -> Result<Vec<String>, Error> {
        let address = address.trim().trim_end_matches('/');
        let site = self.inner.storage.site().await?;
        let plain = site.key_fingerprint == Some([0; 32]);
        let host = address.strip_prefix(if plain { "http://" } else { "https://" });
        if host.is_none_or(|host| {
            host.is_empty() || host.contains(|c: char| c.is_whitespace() || c.is_control() || c == '@')
        }) || address.len() > ADDRESS_BYTES_MAX
        {
            return Err(Error::BadAddress(address.to_owned()));
        }
        let now = self.inner.surroundings.now();
        let announced_at = match site.next_address {
            Some(next) if next.address == address => next.announced_at,
            _ => {
                self.inner.storage.audit(now, None, "address announce", address).await?;
                let next = NextAddress { address: address.to_owned(), announced_at: now };
                self.inner.storage.announce_address(Some(next)).await?;
                now
            }
        };
        let devices = self.inner.storage.devices().await?;
        let missing = devices.into_iter().filter(|d| d.revoked_at.is_none() && d.seen_at < Some(announced_at));
        Ok(missing.map(|d| device_code(d.number)).collect())
    }

    /// Takes the announced address back.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn withdraw_address(&self) -> Result<(), Error> {
        let now = self.inner.surroundings.now();
        self.inner.storage.audit(now, None, "address withdraw", "").await?;
        Ok(self.inner.storage.announce_address(None).await?)
    }
}
