//! Merge by field, at HQ. Pure: the record as it stands and an operation in, the record and its conflicts out.
//!
//! Different fields merge silently. A field conflicts only if HQ's last write to it is newer than the base its
//! author saw *and* came from another writer: then the value HQ accepted first stands (SYNC.md, "Merge").

use crate::{Doc, id::DeviceId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{collections::BTreeMap, fmt, str::FromStr};
use uuid::Uuid;

/// HQ's count of accepted operations; a record's and a field's version are taken from it.
pub type Version = u64;

/// Who writes: a laptop in one of its lives. One that was restored from an old copy did not see what it wrote after
/// that copy was made, so its lives are strangers to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Writer {
    /// The laptop; nil for HQ.
    pub device: DeviceId,
    /// Its life, from 1; 0 for HQ.
    pub incarnation: u32,
}

impl Writer {
    /// HQ itself.
    pub const HQ: Self = Self { device: DeviceId(crate::id::RecordId(Uuid::nil())), incarnation: 0 };
}

/// `DEVICE` in its first life, `DEVICE/INCARNATION` afterwards.
impl fmt::Display for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.incarnation {
            0 | 1 => self.device.fmt(f),
            later => write!(f, "{}/{later}", self.device),
        }
    }
}

/// A text that names no writer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a writer")]
pub struct NoWriter;

impl FromStr for Writer {
    type Err = NoWriter;

    fn from_str(text: &str) -> Result<Self, NoWriter> {
        let (device, later) = text.split_once('/').map_or((text, None), |(device, later)| (device, Some(later)));
        let device: DeviceId = device.parse().map_err(|_| NoWriter)?;
        let first = u32::from(device != Self::HQ.device);
        let incarnation = later.map_or(Ok(first), str::parse).map_err(|_| NoWriter)?;
        Ok(Self { device, incarnation })
    }
}

impl Serialize for Writer {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Writer {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A field as HQ keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its value; `null` once cleared, so that clearing has a version too.
    pub value: Value,
    /// The version that wrote it.
    pub version: Version,
    /// Who wrote it.
    pub writer: Writer,
}

/// A new value for a field with the version its author saw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// The value; `null` clears.
    pub value: Value,
    /// HQ's version of the field that the author saw; 0 for none.
    pub base: Version,
}

/// A field whose change lost against what stood.
#[derive(Debug, Clone, PartialEq)]
pub struct Lost {
    /// The field.
    pub field: String,
    /// What stands; `None` where nothing does.
    pub standing: Option<Field>,
    /// What came.
    pub value: Value,
}

/// What an operation does to a record.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Merged<'c> {
    /// Fields that take a new value.
    pub taken: Vec<(&'c String, &'c Value)>,
    /// Changes that lost.
    pub lost: Vec<Lost>,
    /// Fields where the author says what stands already, without having seen it.
    pub agreed: Vec<String>,
}

/// Merges `changes` of `writer` into a record of which `standing` says how a field stands.
pub fn merge<'c>(
    standing: impl Fn(&str) -> Option<Field>,
    changes: &'c BTreeMap<String, Change>,
    writer: Writer,
) -> Merged<'c> {
    let mut merged = Merged::default();
    for (name, change) in changes {
        if let Some(standing) = standing(name) {
            let unseen = standing.version > change.base && standing.writer != writer;
            if standing.value == change.value {
                merged.agreed.extend(unseen.then(|| name.clone()));
                continue;
            }
            if unseen {
                merged.lost.push(lost(name, Some(standing), change));
                continue;
            }
        } else if change.value.is_null() {
            continue;
        }
        merged.taken.push((name, &change.value));
    }
    merged
}

/// Lets every one of `changes` lose that differs from what stands: for an operation that may not change the record,
/// and whose values are kept.
pub fn lose_all(standing: impl Fn(&str) -> Option<Field>, changes: &BTreeMap<String, Change>) -> Vec<Lost> {
    let differs = |(name, change): (&String, &Change)| {
        let standing = standing(name);
        let stands = standing.as_ref().map_or(&Value::Null, |field| &field.value);
        (stands != &change.value).then(|| lost(name, standing, change))
    };
    changes.iter().filter_map(differs).collect()
}

fn lost(field: &str, standing: Option<Field>, change: &Change) -> Lost {
    Lost { field: field.to_owned(), standing, value: change.value.clone() }
}

/// The document that `fields` make: cleared ones are absent.
#[must_use]
pub fn doc(fields: &BTreeMap<String, Field>) -> Doc {
    fields.iter().filter(|(_, f)| !f.value.is_null()).map(|(name, f)| (name.clone(), f.value.clone())).collect()
}
