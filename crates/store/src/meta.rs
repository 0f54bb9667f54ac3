//! Single values: who this laptop is, settings, counters.

use crate::{Result, Store, Write};
use doorstep_domain::id::{BranchId, DeviceId, EngineerId};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Who this laptop is to HQ, since its enrolment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// HQ's base URL.
    pub hq_address: String,
    /// The address that HQ announced for later: it is asked there when it answers no more at its own.
    #[serde(default)]
    pub hq_next_address: Option<String>,
    /// Where HQ was before, should it go back there.
    #[serde(default)]
    pub hq_former_address: Option<String>,
    /// SHA-256 of HQ's public key, hexadecimal.
    pub hq_key_fingerprint: String,
    /// The same of the key that HQ has announced to serve with next.
    #[serde(default)]
    pub hq_next_key: Option<String>,
    /// The laptop's id.
    pub device_id: DeviceId,
    /// Its short name on papers.
    pub device_code: String,
    /// The token it shows to HQ.
    pub token: String,
    /// Its branch.
    pub branch_id: BranchId,
    /// Its engineer.
    pub engineer_id: EngineerId,
    /// HQ's X25519 key, in base64.
    pub recovery_key: String,
    /// Seed of the laptop's Ed25519 key, in base64.
    pub signing_seed: String,
    /// Counts how often this store was restored or began anew.
    pub incarnation: u32,
    /// HQ's epoch.
    pub site_epoch: u64,
}

impl Store {
    /// A single value, when it was ever set.
    ///
    /// # Errors
    /// [`crate::Error::Database`]; [`crate::Error::Damaged`] when it does not read as `T`.
    pub async fn meta<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        let text: Option<String> =
            sqlx::query_scalar("SELECT value FROM meta WHERE name = ?").bind(name).fetch_optional(self.pool()).await?;
        Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
    }

    /// Who this laptop is; `None` before enrolment.
    ///
    /// # Errors
    /// As [`Store::meta`].
    pub async fn identity(&self) -> Result<Option<Identity>> {
        self.meta("identity").await
    }
}

impl Write<'_> {
    /// Sets a single value.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn set_meta<T: Serialize + Sync>(&mut self, name: &str, value: &T) -> Result<()> {
        sqlx::query("INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value")
            .bind(name)
            .bind(serde_json::to_string(value)?)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Sets who this laptop is.
    ///
    /// # Errors
    /// As [`Write::set_meta`].
    pub async fn set_identity(&mut self, identity: &Identity) -> Result<()> {
        self.set_meta("identity", identity).await
    }

    /// Counts a counter up and returns it; the first value is 1.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn count_up(&mut self, name: &str) -> Result<u32> {
        let sql = "INSERT INTO meta (name, value) VALUES (?, '1') \
                   ON CONFLICT DO UPDATE SET value = CAST(value AS INTEGER) + 1 RETURNING value";
        let text: String = sqlx::query_scalar(sql).bind(name).fetch_one(&mut *self.tx).await?;
        text.parse().map_err(|_| crate::Error::Damaged(format!("counter {name}")))
    }
}
