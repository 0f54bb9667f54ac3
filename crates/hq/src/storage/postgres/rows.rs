//! Rows of PostgreSQL as HQ's types.

use crate::storage::{
    Device, Key, StorageError, StoredRecord,
    columns::{counted, incarnation, moment},
};
use doorstep_domain::id::RecordId;
use sqlx::{Row, postgres::PgRow};
use uuid::Uuid;

/// A count in a column.
pub fn count(row: &PgRow, column: &str) -> Result<u64, StorageError> {
    Ok(counted(row.try_get(column)?))
}

/// A column as an id.
pub fn id<T: From<RecordId>>(row: &PgRow, column: &str) -> Result<T, StorageError> {
    Ok(RecordId(row.try_get(column)?).into())
}

/// A row of `record`.
pub fn record(row: &PgRow) -> Result<StoredRecord, StorageError> {
    let id: Uuid = row.try_get("id")?;
    StoredRecord::read(
        row.try_get("kind")?,
        &id.to_string(),
        row.try_get("feed")?,
        count(row, "version")?,
        row.try_get("doc")?,
        row.try_get("stamps")?,
    )
}

/// A row of `device`.
pub fn device(row: &PgRow) -> Result<Device, StorageError> {
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

/// Keys as the two arrays that statements take, in the order in which rows are locked.
pub fn keys(keys: &[Key]) -> (Vec<&str>, Vec<Uuid>) {
    let mut sorted: Vec<&Key> = keys.iter().collect();
    sorted.sort_unstable();
    sorted.into_iter().map(|key| (key.kind.as_str(), key.id.0)).unzip()
}
