//! A record as HQ hands it to laptops.

use doorstep_domain::{Doc, Kind, id::RecordId, merge::Version};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use std::collections::BTreeMap;

/// A place in a feed. A feed holds one entry for a record, moved to the end when it changes.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
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

/// An entry as it is written: the names of [`EntryBody`] beside its own.
#[derive(Deserialize)]
struct Flat {
    position: u64,
    kind: Kind,
    id: RecordId,
    is: Is,
    version: Option<Version>,
    doc: Option<Doc>,
    versions: Option<BTreeMap<String, Version>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Is {
    State,
    Left,
}

/// By hand: what serde derives for an enum inside a flat object reads everything twice, and a page is mostly that.
impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Flat { position, kind, id, is, version, doc, versions } = Flat::deserialize(deserializer)?;
        let body = match is {
            Is::Left => EntryBody::Left,
            Is::State => EntryBody::State(RecordState {
                version: version.ok_or_else(|| D::Error::missing_field("version"))?,
                doc: doc.ok_or_else(|| D::Error::missing_field("doc"))?,
                versions: versions.ok_or_else(|| D::Error::missing_field("versions"))?,
            }),
        };
        Ok(Self { position, kind, id, body })
    }
}
