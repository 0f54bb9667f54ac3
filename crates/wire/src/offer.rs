//! After HQ was restored from a backup: laptops offer what it lost, and ask which files it still has.

use crate::counted::{self, Counted, Unread};
use doorstep_domain::{Code, Kind, id::RecordId, merge::Version};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Most records of one [`Offer`].
pub const OFFER_RECORDS_MAX: usize = 2_000;
/// Most hashes of one [`MissingAsk`].
pub const MISSING_HASHES_MAX: usize = 2_000;

/// Versions that HQ lost when it was restored from a backup: above `from`, up to `floor`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Lost {
    /// HQ's version in the backup.
    pub from: Version,
    /// The floor of the epoch that began with the restore.
    pub floor: Version,
}

impl Lost {
    /// Whether a version that HQ once gave out is lost.
    #[must_use]
    pub fn holds(self, version: Version) -> bool {
        self.from < version && version <= self.floor
    }
}

/// Records as the laptop pulled them, with fields whose versions HQ lost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Offer {
    /// HQ's epoch as its hello told it; another one is answered `epoch_changed`.
    pub site_epoch: u64,
    /// At most [`OFFER_RECORDS_MAX`] records, within HQ's limit for a body.
    pub records: Vec<Offered>,
}

impl Offer {
    /// Reads an offer; of one with too many records, no more is read than shows that.
    ///
    /// # Errors
    /// [`Unread`].
    pub fn read(bytes: &[u8]) -> Result<Self, Unread> {
        let Counted { beside: site_epoch, elements: records } =
            counted::read(bytes, ["site_epoch", "records"], OFFER_RECORDS_MAX)?;
        Ok(Self { site_epoch, records })
    }
}

/// A record with those of its fields that HQ lost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Offered {
    /// Its kind.
    pub kind: Kind,
    /// The record.
    pub id: RecordId,
    /// The fields, cleared ones included.
    pub fields: BTreeMap<String, OfferedField>,
}

/// A field under the version that HQ once gave it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OfferedField {
    /// Its value; `null` where it was cleared.
    pub value: Value,
    /// The version.
    pub version: Version,
}

/// What HQ made of an offer. Whatever is not named here stands at HQ now, or is a conflict there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OfferReply {
    /// Records that were brought back to what HQ lost, wholly or in part.
    pub taken: u32,
    /// Records of which nothing was taken, with why. Offering them again changes nothing.
    pub refused: Vec<NotTaken>,
}

/// An offered record that HQ did not take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotTaken {
    /// Its kind.
    pub kind: Kind,
    /// The record.
    pub id: RecordId,
    /// Why.
    pub code: Code,
    /// For logs.
    pub detail: String,
}

/// Asks which of these attachments HQ does not have whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MissingAsk {
    /// At most [`MISSING_HASHES_MAX`] BLAKE3 hashes in hexadecimal.
    pub hashes: Vec<String>,
}

/// HQ's answer: those it does not have whole, in the order they were asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Missing {
    /// The hashes.
    pub missing: Vec<String>,
}
