//! Rows of SQLite as HQ's types.

use crate::storage::{
    Device, StorageError, StoredRecord,
    columns::{counted, incarnation, moment},
};
use sqlx::{Row, sqlite::SqliteRow};
use std::str::FromStr;

/// A count in a column.
pub fn count(row: &SqliteRow, column: &str) -> Result<u64, StorageError> {
    Ok(counted(row.try_get::<i64, _>(column)?))
}

/// A text column as an id.
pub fn id<T: FromStr>(row: &SqliteRow, column: &str) -> Result<T, StorageError> {
    let text: &str = row.try_get(column)?;
    text.parse().map_err(|_| StorageError::Damaged(format!("{column} {text}")))
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
        incarnation: incarnation(row.try_get("incarnation")?),
        seen_at: at("seen_at_ms")?,
        revoked_at: at("revoked_at_ms")?,
        wrapped_store_key: row.try_get("wrapped_store_key")?,
    })
}
