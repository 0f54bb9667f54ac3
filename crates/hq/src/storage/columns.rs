//! Columns that both databases have, as HQ's types. Databases count in `i64`, HQ in `u64`.

use super::{Answered, Restore, StorageError, StoredRecord};
use chrono::{DateTime, TimeZone, Utc};
use doorstep_domain::Kind;
use doorstep_wire::{Entry, EntryBody};

/// A count as a database keeps it. Nothing HQ counts comes near the limit; a sequence from outside is checked before.
pub fn kept(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A count as a database gives it.
pub fn counted(kept: i64) -> u64 {
    u64::try_from(kept).unwrap_or(0)
}

/// An incarnation as a database gives it.
pub fn incarnation(kept: i64) -> u32 {
    u32::try_from(kept).unwrap_or(u32::MAX)
}

/// Milliseconds as a moment.
pub fn moment(ms: i64) -> Result<DateTime<Utc>, StorageError> {
    Utc.timestamp_millis_opt(ms).single().ok_or_else(|| StorageError::Damaged(format!("time {ms}")))
}

/// A kind as a database gives it.
pub fn kind(text: &str) -> Result<Kind, StorageError> {
    Kind::parse(text).map_err(|_| StorageError::Damaged(format!("kind {text}")))
}

/// A hash column.
pub fn hash(bytes: &[u8]) -> Result<[u8; 32], StorageError> {
    bytes.try_into().map_err(|_| StorageError::Damaged("a hash of another length".to_owned()))
}

/// A value as the JSON that is kept of it.
pub fn text<T: serde::Serialize>(value: &T, what: &str) -> Result<String, StorageError> {
    serde_json::to_string(value).map_err(|_| StorageError::Damaged(what.to_owned()))
}

/// The restores that began epochs.
pub fn restores(text: &str) -> Result<Vec<Restore>, StorageError> {
    serde_json::from_str(text).map_err(|_| StorageError::Damaged("restores".to_owned()))
}

/// An operation's answer.
pub fn answered(seq: i64, hash_bytes: &[u8], outcome: &str) -> Result<Answered, StorageError> {
    let seq = counted(seq);
    Ok(Answered {
        seq,
        hash: hash(hash_bytes)?,
        outcome: serde_json::from_str(outcome).map_err(|_| StorageError::Damaged(format!("outcome of {seq}")))?,
    })
}

/// What an entry adds to a page beside its document and stamps, about.
pub const ENTRY_BYTES: usize = 120;

/// An entry that says that its record left.
pub fn left(position: i64, kind: &str, id: &str) -> Result<Entry, StorageError> {
    let damaged = |_| StorageError::Damaged(format!("id of an entry: {id}"));
    let id = id.parse().map_err(damaged)?;
    Ok(Entry { position: counted(position), kind: self::kind(kind)?, id, body: EntryBody::Left })
}

/// An entry with its record.
pub fn entry(position: i64, record: StoredRecord) -> Entry {
    let key = record.key.clone();
    Entry { position: counted(position), kind: key.kind, id: key.id, body: EntryBody::State(record.state()) }
}
