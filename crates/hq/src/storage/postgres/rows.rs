//! Rows of PostgreSQL as HQ's types.

use crate::storage::{
    Account, Deed, Device, Key, OpenCount, OpenPlace, StorageError, StoredRecord, Wipe,
    columns::{counted, incarnation, moment},
    office,
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

/// A row of `record` with its place in the list of what is open.
pub fn open(row: &PgRow) -> Result<(OpenPlace, StoredRecord), StorageError> {
    let record = record(row)?;
    Ok((OpenPlace { since_ms: row.try_get("open_since_ms")?, id: record.key.id }, record))
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
        app_version: row.try_get("app_version")?,
        incarnation: incarnation(row.try_get("incarnation")?),
        last_seq: count(row, "last_seq")?,
        clock_off_ms: row.try_get("clock_off_ms")?,
        enrolled_at: moment(row.try_get("enrolled_at_ms")?)?,
        seen_at: at("seen_at_ms")?,
        revoked_at: at("revoked_at_ms")?,
        wrapped_store_key: row.try_get("wrapped_store_key")?,
        wipe: wipe(row)?,
    })
}

/// Keys as the two arrays that statements take, in the order in which rows are locked.
pub fn keys<'k>(keys: impl IntoIterator<Item = &'k Key>) -> (Vec<&'k str>, Vec<Uuid>) {
    let mut sorted: Vec<&Key> = keys.into_iter().collect();
    sorted.sort_unstable();
    sorted.into_iter().map(|key| (key.kind.as_str(), key.id.0)).unzip()
}

/// That a laptop is to be wiped, in a row of `device`.
fn wipe(row: &PgRow) -> Result<Option<Wipe>, StorageError> {
    let at = |column: &str| row.try_get::<Option<i64>, _>(column)?.map(moment).transpose();
    let Some(asked_at) = at("wipe_asked_at_ms")? else { return Ok(None) };
    let confirmed = at("wipe_confirmed_at_ms")?.zip(row.try_get("wipe_confirmed_by")?);
    Ok(Some(Wipe {
        asked_at,
        asked_by: row.try_get::<Option<String>, _>("wipe_asked_by")?.unwrap_or_default(),
        reason: row.try_get::<Option<String>, _>("wipe_reason")?.unwrap_or_default(),
        confirmed,
        told_at: at("wipe_told_at_ms")?,
    }))
}

/// A row of `account`.
pub fn account(row: &PgRow) -> Result<Account, StorageError> {
    Ok(Account {
        id: row.try_get::<Uuid, _>("id")?.to_string(),
        name: row.try_get("name")?,
        role: row.try_get("role")?,
        branch_id: row.try_get::<Option<Uuid>, _>("branch_id")?.map(|id| RecordId(id).into()),
        password_hash: row.try_get("password_hash")?,
        created_at: moment(row.try_get("created_at_ms")?)?,
        closed_at: row.try_get::<Option<i64>, _>("closed_at_ms")?.map(moment).transpose()?,
    })
}

/// A row of `audit`.
pub fn deed(row: &PgRow) -> Result<Deed, StorageError> {
    Ok(Deed {
        number: row.try_get("number")?,
        at: moment(row.try_get("at_ms")?)?,
        account: row.try_get("account")?,
        action: row.try_get("action")?,
        subject: row.try_get("subject")?,
    })
}

/// A row of what is open, counted.
pub fn open_count(row: &PgRow) -> Result<OpenCount, StorageError> {
    let number = |column: &str| row.try_get::<i64, _>(column);
    let (oldest, day, week) = (number("oldest_ms")?, number("over_a_day")?, number("over_a_week")?);
    office::count(row.try_get("open_for")?, number("count")?, oldest, day, week)
}
