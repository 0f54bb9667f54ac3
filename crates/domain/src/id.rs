//! Ids: a type of its own for each noun, so that a visit's id never lands where a customer's belongs.
//!
//! Never draws randomness itself: the caller passes the moment and the random bytes.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// The id of any record, whatever its kind: a UUIDv7, or a UUIDv5 where a natural key decides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct RecordId(pub Uuid);

impl RecordId {
    /// A new id from the moment `now` and ten random bytes (UUIDv7: ids sort by age).
    #[must_use]
    pub fn new(now: DateTime<Utc>, random: [u8; 10]) -> Self {
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// The id that a natural key gives: two laptops that add the same row meet in it.
    #[must_use]
    pub fn derived(parent: Self, key: &str) -> Self {
        Self(Uuid::new_v5(&parent.0, key.as_bytes()))
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for RecordId {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(pub RecordId);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
        impl From<RecordId> for $name {
            fn from(id: RecordId) -> Self {
                Self(id)
            }
        }
        impl From<$name> for RecordId {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    )+};
}

ids! {
    /// A customer at any level of the tree.
    CustomerId,
    /// A person at a customer.
    ContactId,
    /// A product in use at a customer.
    InstallationId,
    /// A visit.
    VisitId,
    /// One version of a checklist template.
    TemplateId,
    /// A product of the vendor's.
    ProductId,
    /// A branch of the vendor's.
    BranchId,
    /// An engineer or another member of staff.
    EngineerId,
    /// A photo, a file, or a drawn signature.
    AttachmentId,
    /// An enrolled laptop.
    DeviceId,
}
