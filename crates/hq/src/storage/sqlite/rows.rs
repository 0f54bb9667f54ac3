//! Rows of SQLite as HQ's types. SQLite counts in `i64`, HQ in `u64`.

use crate::storage::{Device, StorageError, StoredRecord};
use chrono::{DateTime, TimeZone, Utc};
use sqlx::{Row, sqlite::SqliteRow};
use std::str::FromStr;

/// A count as SQLite keeps it. Nothing HQ counts comes near the limit; a sequence from outside is checked before.
pub fn kept(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A count as SQLite gives it.
pub fn counted(kept: i64) -> u64 {
    u64::try_from(kept).unwrap_or(0)
}

/// A count in a column.
pub fn count(row: &SqliteRow, column: &str) -> Result<u64, StorageError> {
    Ok(counted(row.try_get::<i64, _>(column)?))
}

/// Milliseconds as a moment.
pub fn moment(ms: i64) -> Result<DateTime<Utc>, StorageError> {
    Utc.timestamp_millis_opt(ms).single().ok_or_else(|| StorageError::Damaged(format!("time {ms}")))
}

/// A text column as an id.
pub fn id<T: FromStr>(row: &SqliteRow, column: &str) -> Result<T, StorageError> {
    let text: &str = row.try_get(column)?;
    text.parse().map_err(|_| StorageError::Damaged(format!("{column} {text}")))
}

/// A hash column.
pub fn hash(bytes: &[u8]) -> Result<[u8; 32], StorageError> {
    bytes.try_into().map_err(|_| StorageError::Damaged("a hash of another length".to_owned()))
}

/// A row of `record`.
pub fn record(row: &SqliteRow) -> Result<StoredRecord, StorageError> {
    StoredRecord::read(
        row.try_get("kind")?,
        row.try_get("id")?,
        row.try_get("feed")?,
        count(row, "version")?,
        row.try_get("doc")?,
        row.try_get("stamps")?,
    )
}

/// A row of `device`.
pub fn device(row: &SqliteRow) -> Result<Device, StorageError> {
    let at = |column: &str| row.try_get::<Option<i64>, _>(column)?.map(moment).transpose();
    Ok(Device {
        number: row.try_get("number")?,
        id: id(row, "id")?,
        name: row.try_get("name")?,
        public_key: row.try_get("public_key")?,
        branch_id: id(row, "branch_id")?,
        engineer_id: id(row, "engineer_id")?,
        incarnation: u32::try_from(count(row, "incarnation")?).unwrap_or(u32::MAX),
        seen_at: at("seen_at_ms")?,
        revoked_at: at("revoked_at_ms")?,
        wrapped_store_key: row.try_get("wrapped_store_key")?,
    })
}
