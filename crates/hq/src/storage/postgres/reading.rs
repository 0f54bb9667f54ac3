//! What is read outside a change.

use super::{Postgres, digest, rows, sql};
use crate::storage::{
    Device, Key, NextAddress, NextKey, PageBounds, Site, StorageError, StoredRecord, Stretch,
    columns::{self, ENTRY_BYTES, kept},
};
use doorstep_domain::Kind;
use doorstep_wire::Entry;
use sqlx::{Row, postgres::PgRow};
use uuid::Uuid;

impl Postgres {
    pub(super) async fn read_site(&self) -> Result<Site, StorageError> {
        let row = sqlx::query(sql::SITE).fetch_one(&self.pool).await?;
        let key = |column: &str| {
            let bytes: Option<&[u8]> = row.try_get(column)?;
            bytes.map(columns::hash).transpose()
        };
        let next_key = match (key("next_key")?, row.try_get::<Option<i64>, _>("next_key_at_ms")?) {
            (Some(fingerprint), Some(ms)) => Some(NextKey { fingerprint, announced_at: columns::moment(ms)? }),
            _ => None,
        };
        let next_address = match (row.try_get("next_address")?, row.try_get::<Option<i64>, _>("next_address_at_ms")?) {
            (Some(address), Some(ms)) => Some(NextAddress { address, announced_at: columns::moment(ms)? }),
            _ => None,
        };
        Ok(Site {
            epoch: rows::count(&row, "epoch")?,
            version: rows::count(&row, "version")?,
            address: row.try_get("address")?,
            key_fingerprint: key("key_fingerprint")?,
            next_key,
            next_address,
            restores: columns::restores(row.try_get("restores")?)?,
        })
    }

    pub(super) async fn read_device(&self, token_hash: [u8; 32]) -> Result<Option<Device>, StorageError> {
        let found = sqlx::query(sql::DEVICE_BY_TOKEN).bind(token_hash.as_slice()).fetch_optional(&self.pool).await?;
        found.as_ref().map(rows::device).transpose()
    }

    pub(super) async fn read_devices(&self) -> Result<Vec<Device>, StorageError> {
        sqlx::query(sql::DEVICES).fetch_all(&self.pool).await?.iter().map(rows::device).collect()
    }

    pub(super) async fn read_records(&self, keys: &[Key]) -> Result<Vec<StoredRecord>, StorageError> {
        let (kinds, ids) = rows::keys(keys);
        let rows = sqlx::query(sql::RECORDS).bind(kinds).bind(ids).fetch_all(&self.pool).await?;
        rows.iter().map(rows::record).collect()
    }

    pub(super) async fn read_kind(&self, kind: &Kind) -> Result<Vec<StoredRecord>, StorageError> {
        let rows = sqlx::query(sql::RECORDS_OF).bind(kind.as_str()).fetch_all(&self.pool).await?;
        rows.iter().map(rows::record).collect()
    }

    pub(super) async fn read_attachments(&self, hash: &str) -> Result<Vec<StoredRecord>, StorageError> {
        let rows = sqlx::query(sql::ATTACHMENTS_NAMED).bind(hash).fetch_all(&self.pool).await?;
        rows.iter().map(rows::record).collect()
    }

    /// One statement, and so one snapshot. The server stops at the bounds, so that a page of large seals costs no more
    /// than a page.
    pub(super) async fn read_stretch(
        &self,
        feed: &str,
        after: u64,
        bounds: PageBounds,
    ) -> Result<Stretch, StorageError> {
        let rows = sqlx::query(sql::STRETCH)
            .bind(feed)
            .bind(kept(after))
            .bind(i64::from(bounds.entries_max) + 1)
            .bind(i64::from(bounds.bytes_max))
            .bind(ENTRY_BYTES as i32)
            .bind(kept(bounds.fresh_until))
            .fetch_all(&self.pool)
            .await?;
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
            return Err(StorageError::Damaged("a stretch without its end".to_owned()));
        };
        let more = last.try_get::<Option<bool>, _>("follows")?.unwrap_or(false);
        let end = rows::count(first, "end")?;
        let entries = rows.iter().filter_map(|row| entry(row).transpose()).collect::<Result<_, _>>()?;
        let root = if more { None } else { Some(digest::root(first)?) };
        Ok(Stretch { entries, more, end, root })
    }
}

/// An entry; `None` for the row that only tells the feed's end.
pub(super) fn entry(row: &PgRow) -> Result<Option<Entry>, StorageError> {
    let Some(position) = row.try_get::<Option<i64>, _>("position")? else { return Ok(None) };
    let (kind, id): (&str, Uuid) = (row.try_get("kind")?, row.try_get("id")?);
    if row.try_get("gone")? {
        return columns::left(position, kind, &id.to_string()).map(Some);
    }
    let (doc, stamps): (&str, &str) = (row.try_get("doc")?, row.try_get("stamps")?);
    let record = StoredRecord::read(kind, &id.to_string(), None, rows::count(row, "version")?, doc, stamps)?;
    Ok(Some(columns::entry(position, record)))
}
