//! A record as HQ hands it to laptops.

use doorstep_domain::{Doc, Kind, id::RecordId, merge::Version};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A place in a feed. A feed holds one entry for a record, moved to the end when it changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// Position in the feed; grows.
    pub position: u64,
    /// Kind of the record.
    pub kind: Kind,
    /// The record.
    pub id: RecordId,
    /// What became of it.
    #[serde(flatten)]
    pub body: EntryBody,
}

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum EntryBody {
    /// Its latest state.
    State(RecordState),
    /// It left the feed; take it off the laptop, never pending work.
    Left,
}

/// A record's latest state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecordState {
    /// Version of its newest field.
    pub version: Version,
    /// Its fields.
    pub doc: Doc,
    /// Version of each field, cleared ones included.
    pub versions: BTreeMap<String, Version>,
}
