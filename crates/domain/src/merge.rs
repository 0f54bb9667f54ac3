//! Merge by field, at HQ. Pure: the record as it stands and an operation in, the record and its conflicts out.
//!
//! Different fields merge silently. A field conflicts only if HQ's last write to it is newer than the base its
//! author saw *and* came from another device: then the value HQ accepted first stands (SYNC.md, "Merge").

use crate::{Doc, id::DeviceId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// HQ's count of accepted operations; a record's and a field's version are taken from it.
pub type Version = u64;

/// A field as HQ keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// Its value; `null` once cleared, so that clearing has a version too.
    pub value: Value,
    /// The version that wrote it.
    pub version: Version,
    /// The device that wrote it.
    pub device: DeviceId,
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
    /// What stands.
    pub standing: Field,
    /// What came.
    pub value: Value,
}

/// What an operation did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Merged {
    /// Whether any field changed.
    pub changed: bool,
    /// Changes that lost.
    pub lost: Vec<Lost>,
}

/// Merges `changes` of `device` into `fields` under the new `version`.
pub fn merge(
    fields: &mut BTreeMap<String, Field>,
    changes: &BTreeMap<String, Change>,
    device: DeviceId,
    version: Version,
) -> Merged {
    let mut merged = Merged::default();
    for (name, change) in changes {
        if let Some(standing) = fields.get(name) {
            if standing.value == change.value {
                continue;
            }
            if standing.version > change.base && standing.device != device {
                merged.lost.push(Lost { field: name.clone(), standing: standing.clone(), value: change.value.clone() });
                continue;
            }
        } else if change.value.is_null() {
            continue;
        }
        fields.insert(name.clone(), Field { value: change.value.clone(), version, device });
        merged.changed = true;
    }
    merged
}

/// The document that `fields` make: cleared ones are absent.
#[must_use]
pub fn doc(fields: &BTreeMap<String, Field>) -> Doc {
    fields.iter().filter(|(_, f)| !f.value.is_null()).map(|(name, f)| (name.clone(), f.value.clone())).collect()
}
