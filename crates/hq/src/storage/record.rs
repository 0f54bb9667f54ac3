//! A record as HQ keeps it: its document, and who wrote each field under which version.

use super::{StorageError, columns};
use chrono::{DateTime, TimeZone, Utc};
use doorstep_domain::{
    Doc, Kind,
    id::RecordId,
    merge::{self, Change, Field, Merged, Version, Writer},
};
use doorstep_wire::{RecordState, Sum, digest};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What names a record.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Its kind.
    pub kind: Kind,
    /// Its id.
    pub id: RecordId,
}

impl Key {
    /// A key.
    #[must_use]
    pub fn new(kind: Kind, id: RecordId) -> Self {
        Self { kind, id }
    }
}

/// Who wrote a field, when by their clock, and under which version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The version.
    pub version: Version,
    /// Who wrote it.
    pub writer: Writer,
    /// The author's clock: for people, never for merging.
    pub at: DateTime<Utc>,
}

/// Stamps of all fields, with every writer written once: most records have one author. And where the record stands
/// beside its home.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamps {
    #[serde(rename = "devices")]
    writers: Vec<Writer>,
    fields: BTreeMap<String, (Version, usize, i64)>,
    /// Feeds that the record stands in beside its home.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// It stands in no feed: what it says travels inside a sealed document.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub away: bool,
    /// An attachment whose author named bytes and has not sent them yet: it opens nothing, wherever else those bytes are.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub claimed: bool,
}

impl Stamps {
    /// The stamp of a field.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<Stamp> {
        let (version, writer, at_ms) = *self.fields.get(field)?;
        let at = Utc.timestamp_millis_opt(at_ms).single()?;
        Some(Stamp { version, writer: *self.writers.get(writer)?, at })
    }

    /// Stamps a field.
    pub fn set(&mut self, field: String, stamp: Stamp) {
        let writer = self.writers.iter().position(|w| *w == stamp.writer).unwrap_or_else(|| {
            self.writers.push(stamp.writer);
            self.writers.len() - 1
        });
        self.fields.insert(field, (stamp.version, writer, stamp.at.timestamp_millis()));
    }

    /// The version of each field, cleared ones included.
    #[must_use]
    pub fn versions(&self) -> BTreeMap<&str, Version> {
        self.fields.iter().map(|(name, (version, ..))| (name.as_str(), *version)).collect()
    }

    /// The same, without the rest.
    #[must_use]
    pub fn into_versions(self) -> BTreeMap<String, Version> {
        self.fields.into_iter().map(|(name, (version, ..))| (name, version)).collect()
    }
}

/// A record as HQ keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRecord {
    /// What names it.
    pub key: Key,
    /// Its home: the feed of those who may write it.
    pub feed: Option<String>,
    /// Version of its newest field.
    pub version: Version,
    /// Its fields; cleared ones are absent.
    pub doc: Doc,
    /// Who wrote them.
    pub stamps: Stamps,
}

impl StoredRecord {
    /// A record that has no field yet.
    #[must_use]
    pub fn empty(key: Key) -> Self {
        Self { key, feed: None, version: 0, doc: Doc::new(), stamps: Stamps::default() }
    }

    /// Reads a record from the text of its columns.
    ///
    /// # Errors
    /// [`StorageError::Damaged`].
    pub fn read(
        kind: &str,
        id: &str,
        feed: Option<String>,
        version: Version,
        doc: &str,
        stamps: &str,
    ) -> Result<Self, StorageError> {
        let damaged = |what: &str| StorageError::Damaged(format!("{what} of record {kind} {id}"));
        let key = Key::new(columns::kind(kind)?, id.parse().map_err(|_| damaged("id"))?);
        let doc = serde_json::from_str(doc).map_err(|_| damaged("doc"))?;
        let stamps = serde_json::from_str(stamps).map_err(|_| damaged("stamps"))?;
        Ok(Self { key, feed, version, doc, stamps })
    }

    /// The same, when it is what its hash says, where it has one; `doc` is the text that its fields were read from.
    ///
    /// # Errors
    /// [`StorageError::Damaged`].
    pub fn checked(self, doc: &str, kept: Option<Sum>) -> Result<Self, StorageError> {
        let Self { key: Key { kind, id }, version, .. } = &self;
        let is_whole = match kept {
            Some(kept) => digest::is_of(kept, kind, *id, *version, (&self.doc, doc), &self.stamps.versions())?,
            None => true,
        };
        if is_whole {
            Ok(self)
        } else {
            Err(StorageError::Damaged(format!("record {kind} {id} is not what its hash says")))
        }
    }

    /// The feeds it stands in.
    #[must_use]
    pub fn places(&self) -> Vec<&str> {
        if self.stamps.away {
            return Vec::new();
        }
        let mut places: Vec<&str> = self.feed.iter().chain(&self.stamps.also).map(String::as_str).collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    /// Whether it stands in one of these feeds.
    #[must_use]
    pub fn stands_in(&self, feeds: &[String]) -> bool {
        self.places().into_iter().any(|place| feeds.iter().any(|feed| feed == place))
    }

    /// A field as the merge knows it; `None` where it was never set.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<Field> {
        let Stamp { version, writer, .. } = self.stamps.get(name)?;
        Some(Field { value: self.doc.get(name).cloned().unwrap_or(Value::Null), version, writer })
    }

    /// Merges changes of a writer by the rules of the trade.
    pub fn merge<'c>(&mut self, changes: &'c BTreeMap<String, Change>, stamp: Stamp) -> Merged<'c> {
        let merged = merge::merge(|name| self.field(name), changes, stamp.writer);
        for (name, value) in &merged.taken {
            self.set(*name, (*value).clone(), stamp);
        }
        merged
    }

    /// Sets a field whatever stood there.
    pub fn set(&mut self, name: impl Into<String>, value: Value, stamp: Stamp) {
        let name = name.into();
        if value.is_null() {
            self.doc.remove(&name);
        } else {
            self.doc.insert(name.clone(), value);
        }
        self.stamps.set(name, stamp);
        self.version = self.version.max(stamp.version);
    }

    /// The record as laptops read it.
    #[must_use]
    pub fn state(self) -> RecordState {
        RecordState { version: self.version, versions: self.stamps.into_versions(), doc: self.doc }
    }
}
