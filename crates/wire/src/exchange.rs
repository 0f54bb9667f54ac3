//! The exchange after enrolment: hello, push, pull.

use crate::{
    Entry, Lost, Sum,
    counted::{self, Counted, Unread},
    limits::Limits,
};
use chrono::{DateTime, Utc};
use doorstep_domain::{
    Code, Kind,
    id::{BranchId, RecordId},
    merge::{Change, Version},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Opens an exchange: who, what version, and where each side stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Hello {
    /// The protocol the laptop speaks.
    pub protocol: u32,
    /// Version of the app.
    pub app_version: String,
    /// Counts how often this store was restored or began anew.
    pub incarnation: u32,
    /// The last sequence the laptop has given to an operation.
    pub last_seq: u64,
    /// The last sequence HQ acknowledged, as the laptop knows it.
    pub acked_seq: u64,
    /// HQ's epoch as the laptop knows it.
    pub site_epoch: u64,
    /// The laptop's clock, for people to see how far it is off.
    pub clock: DateTime<Utc>,
}

/// HQ's side of the hello.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HelloReply {
    /// The protocol both will speak.
    pub protocol: u32,
    /// HQ's epoch.
    pub site_epoch: u64,
    /// The last sequence HQ has of this incarnation.
    pub acked_seq: u64,
    /// HQ's clock.
    pub clock: DateTime<Utc>,
    /// HQ's limits.
    pub limits: Limits,
    /// The feeds this laptop may pull, with the position of each one's end.
    pub feeds: BTreeMap<String, u64>,
    /// The newest incarnation of this laptop that HQ has met; 0 before the first.
    #[serde(default)]
    pub incarnation: u32,
    /// When HQ was restored since the epoch that the laptop's hello told: what it lost then and in every restore before,
    /// since what was brought back after an earlier one may be lost once more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<Lost>,
    /// SHA-256 (hexadecimal) of the key that HQ will serve with next, announced under the one it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_key: Option<String>,
    /// The address at which HQ will be found next: where the one that the laptop knows answers no more, it asks there,
    /// and trusts the same key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_address: Option<String>,
    /// The branch this laptop belongs to now; absent from an HQ that does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch_id: Option<BranchId>,
    /// The root of each feed (SYNC.md, "Digest"); absent from an HQ that keeps none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub roots: BTreeMap<String, Sum>,
}

/// Bits of a version or a position that count within an epoch; the epoch stands above them.
pub const EPOCH_BITS: u32 = 40;

/// The floor of an epoch: every version and position that HQ gives out in it lies above. The first epoch begins at 0.
#[must_use]
pub fn floor(epoch: u64) -> u64 {
    if epoch < 2 { 0 } else { epoch.saturating_mul(1 << EPOCH_BITS) }
}

/// A change to a record. Its identity is the device, its incarnation and `seq`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Op {
    /// Sequence in the laptop's outbox; grows by one.
    pub seq: u64,
    /// Kind of the record.
    pub kind: Kind,
    /// The record.
    pub id: RecordId,
    /// New values with the versions their author saw.
    pub fields: BTreeMap<String, Change>,
    /// HQ's version of the record that the author saw; 0 for none.
    #[serde(default, skip_serializing_if = "is_none")]
    pub seen: Version,
    /// HQ's version of the visit that the record belongs to, as the author saw it; 0 for none.
    #[serde(default, skip_serializing_if = "is_none")]
    pub seen_visit: Version,
    /// When it was written by the laptop's clock: for people.
    pub at: DateTime<Utc>,
}

fn is_none(count: &u64) -> bool {
    *count == 0
}

/// Operations in the order of their sequence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Push {
    /// The incarnation they belong to.
    pub incarnation: u32,
    /// The operations.
    pub ops: Vec<Op>,
}

/// A [`Push`] as HQ reads it: operations as they came, since it keeps their text.
#[derive(Debug, Deserialize)]
pub struct RawPush<'t> {
    /// The incarnation they belong to.
    pub incarnation: u32,
    /// The text of each [`Op`].
    #[serde(borrow)]
    pub ops: Vec<&'t RawValue>,
}

impl<'t> RawPush<'t> {
    /// Reads a push of at most `ops_max` operations; of one that has more, no more is read than shows that.
    ///
    /// # Errors
    /// [`Unread`].
    pub fn read(bytes: &'t [u8], ops_max: usize) -> Result<Self, Unread> {
        let Counted { beside: incarnation, elements: ops } = counted::read(bytes, ["incarnation", "ops"], ops_max)?;
        Ok(Self { incarnation, ops })
    }
}

/// What HQ made of a push.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PushReply {
    /// The last sequence HQ now has.
    pub acked_seq: u64,
    /// One answer for every operation of the push, repeated ones included.
    pub acks: Vec<Ack>,
}

/// HQ's answer to one operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ack {
    /// Its sequence.
    pub seq: u64,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What became of an operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// Merged; the record carries at least this version from now on.
    Accepted {
        /// Version of the record after it.
        version: Version,
        /// Fields that lost and are conflicts now.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        conflicts: Vec<String>,
    },
    /// Not merged, kept on both sides, never in the way of those behind it.
    Refused {
        /// Why.
        code: Code,
        /// For logs.
        detail: String,
    },
}

/// Asks for a page of one feed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Pull {
    /// The feed's name.
    pub feed: String,
    /// Entries after this position.
    pub after: u64,
    /// HQ's epoch as the laptop knows it.
    pub site_epoch: u64,
    /// Where the feed ended when the laptop began it at 0: what had left by then it never had.
    #[serde(default, skip_serializing_if = "is_none")]
    pub fresh_until: u64,
}

/// A page of a feed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Page {
    /// The feed.
    pub feed: String,
    /// Its entries in order.
    pub entries: Vec<Entry>,
    /// The cursor after this page.
    pub next: u64,
    /// Whether there is more now.
    pub more: bool,
    /// Position of the feed's end, for progress.
    pub end: u64,
    /// The feed's root, with the last page and from the same snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<Sum>,
}

/// The body of every answer that is not a success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorBody {
    /// The code that the interface translates.
    pub code: Code,
    /// For logs; no personal data.
    pub detail: String,
    /// Finds the request in HQ's log.
    pub request_id: String,
}
