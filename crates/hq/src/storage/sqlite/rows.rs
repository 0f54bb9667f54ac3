//! Rows of SQLite as HQ's types.

use crate::storage::{
    Account, Deed, Device, OpenCount, OpenPlace, StorageError, StoredRecord, Wipe,
    columns::{counted, incarnation, moment},
    office,
};
use doorstep_wire::Sum;
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

/// A row of `record`, which is what its hash says.
pub fn record(row: &SqliteRow) -> Result<StoredRecord, StorageError> {
    unchecked(row)?.checked(row.try_get("doc")?, hash(row)?)
}

/// The hash of a row of `record`; those of an HQ that kept none have none yet.
pub fn hash(row: &SqliteRow) -> Result<Option<Sum>, StorageError> {
    let halves: (Option<i64>, Option<i64>) = (row.try_get("hash_high")?, row.try_get("hash_low")?);
    Ok(halves.0.zip(halves.1).map(|(high, low)| Sum::from_halves(high, low)))
}

/// A row of `record`, whatever its hash.
pub fn unchecked(row: &SqliteRow) -> Result<StoredRecord, StorageError> {
    StoredRecord::read(
        row.try_get("kind")?,
        row.try_get("id")?,
        row.try_get("feed")?,
        count(row, "version")?,
        row.try_get("doc")?,
        row.try_get("stamps")?,
    )
}

/// A row of `record` with its place in the list of what is open.
pub fn open(row: &SqliteRow) -> Result<(OpenPlace, StoredRecord), StorageError> {
    let record = record(row)?;
    Ok((OpenPlace { since_ms: row.try_get("open_since_ms")?, id: record.key.id }, record))
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

/// That a laptop is to be wiped, in a row of `device`.
fn wipe(row: &SqliteRow) -> Result<Option<Wipe>, StorageError> {
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
pub fn account(row: &SqliteRow) -> Result<Account, StorageError> {
    Ok(Account {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        role: row.try_get("role")?,
        branch_id: match row.try_get::<Option<&str>, _>("branch_id")? {
            Some(_) => Some(id(row, "branch_id")?),
            None => None,
        },
        password_hash: row.try_get("password_hash")?,
        created_at: moment(row.try_get("created_at_ms")?)?,
        closed_at: row.try_get::<Option<i64>, _>("closed_at_ms")?.map(moment).transpose()?,
    })
}

/// A row of `audit`.
pub fn deed(row: &SqliteRow) -> Result<Deed, StorageError> {
    Ok(Deed {
        number: row.try_get("number")?,
        at: moment(row.try_get("at_ms")?)?,
        account: row.try_get("account")?,
        action: row.try_get("action")?,
        subject: row.try_get("subject")?,
    })
}

/// A row of what is open, counted.
pub fn open_count(row: &SqliteRow) -> Result<OpenCount, StorageError> {
    let number = |column: &str| row.try_get::<i64, _>(column);
    let (oldest, day, week) = (number("oldest_ms")?, number("over_a_day")?, number("over_a_week")?);
    office::count(row.try_get("open_for")?, number("count")?, oldest, day, week)
}
