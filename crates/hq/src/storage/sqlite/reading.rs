//! What is read outside a change.

use super::{Sqlite, digest, rows, sql};
use crate::storage::{
    Device, Key, NextAddress, NextKey, PageBounds, Site, StorageError, StoredRecord, Stretch,
    columns::{self, ENTRY_BYTES},
};
use doorstep_domain::Kind;
use doorstep_wire::Entry;
use futures_util::TryStreamExt;
use sqlx::{
    Row,
    sqlite::{SqliteConnection, SqliteRow},
};

impl Sqlite {
    pub(super) async fn read_site(&self) -> Result<Site, StorageError> {
        let row = sqlx::query(sql::SITE).fetch_one(&self.pool).await?;
        let key = |column: &str| {
            let bytes: Option<Vec<u8>> = row.try_get(column)?;
            bytes.as_deref().map(columns::hash).transpose()
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
        let row = sqlx::query(sql::DEVICE_BY_TOKEN).bind(token_hash.as_slice()).fetch_optional(&self.pool).await?;
        row.as_ref().map(rows::device).transpose()
    }

    pub(super) async fn read_devices(&self) -> Result<Vec<Device>, StorageError> {
        sqlx::query(sql::DEVICES).fetch_all(&self.pool).await?.iter().map(rows::device).collect()
    }

    pub(super) async fn read_records(&self, keys: &[Key]) -> Result<Vec<StoredRecord>, StorageError> {
        let mut connection = self.pool.acquire().await?;
        records(&mut connection, keys).await
    }

    pub(super) async fn read_kind(&self, kind: &Kind) -> Result<Vec<StoredRecord>, StorageError> {
        let rows = sqlx::query(sql::RECORDS_OF).bind(kind.as_str()).fetch_all(&self.pool).await?;
        rows.iter().map(rows::record).collect()
    }

    pub(super) async fn read_attachments(&self, hash: &str) -> Result<Vec<StoredRecord>, StorageError> {
        let rows = sqlx::query(sql::ATTACHMENTS_NAMED).bind(hash).fetch_all(&self.pool).await?;
        rows.iter().map(rows::record).collect()
    }

    /// Reads row by row and stops when the page is full, so that a page of large seals costs no more than a page.
    /// Entries and end come from one snapshot.
    pub(super) async fn read_stretch(
        &self,
        feed: &str,
        after: u64,
        bounds: PageBounds,
    ) -> Result<Stretch, StorageError> {
        let mut tx = self.pool.begin().await?;
        let top = digest::tops(&mut tx, &[feed.to_owned()]).await?.pop().unwrap_or_default();
        let mut stretch = Stretch { entries: Vec::new(), more: false, end: top.position, root: Some(top.root) };
        let mut bytes = 0;
        {
            let mut found = sqlx::query(sql::STRETCH)
                .bind(feed)
                .bind(columns::kept(after))
                .bind(i64::from(bounds.entries_max) + 1)
                .bind(columns::kept(bounds.fresh_until))
                .fetch(&mut *tx);
            while let Some(row) = found.try_next().await? {
                let full = stretch.entries.len() >= bounds.entries_max as usize || bytes > bounds.bytes_max as usize;
                if full {
                    (stretch.more, stretch.root) = (true, None);
                    break;
                }
                let (entry, size) = entry(&row)?;
                bytes += size;
                stretch.entries.push(entry);
            }
        }
        tx.commit().await?;
        Ok(stretch)
    }
}

/// The records with these keys, read inside whatever `connection` is in.
pub(super) async fn records(
    connection: &mut SqliteConnection,
    keys: &[Key],
) -> Result<Vec<StoredRecord>, StorageError> {
    let wanted: Vec<_> = keys.iter().map(|key| (&key.kind, key.id)).collect();
    let rows = sqlx::query(sql::RECORDS).bind(columns::text(&wanted, "keys")?).fetch_all(connection).await?;
    rows.iter().map(rows::record).collect()
}

pub(super) fn entry(row: &SqliteRow) -> Result<(Entry, usize), StorageError> {
    let (position, kind, id): (i64, &str, &str) = (row.try_get("position")?, row.try_get("kind")?, row.try_get("id")?);
    if row.try_get::<i64, _>("gone")? != 0 {
        return Ok((columns::left(position, kind, id)?, ENTRY_BYTES));
    }
    let (doc, stamps): (&str, &str) = (row.try_get("doc")?, row.try_get("stamps")?);
    let size = ENTRY_BYTES + doc.len() + stamps.len();
    let record = StoredRecord::read(kind, id, None, rows::count(row, "version")?, doc, stamps)?;
    let record = record.checked(doc, rows::hash(row)?)?;
    Ok((columns::entry(position, record), size))
}
