//! Sums of feeds: read for laptops, and kept by every change.

use super::{Sqlite, bulk, reading::entry, rows, sql};
use crate::storage::{
    Changes, Key, PageBounds, StorageError, StoredRecord, Top,
    columns::{self, counted, text},
    sums::{self, Before},
};
use doorstep_wire::{BucketAsk, BucketPage, Digest, Sum};
use futures_util::TryStreamExt;
use serde_json::{Value, json};
use sqlx::{
    Row, SqlitePool,
    sqlite::{SqliteConnection, SqliteRow},
};
use std::collections::HashMap;

/// Records hashed in one transaction.
const HASHED_AT_ONCE: i64 = 1_000;

impl Sqlite {
    pub(super) async fn read_tops(&self, feeds: &[String]) -> Result<Vec<Top>, StorageError> {
        tops(&mut *self.pool.acquire().await?, feeds).await
    }

    pub(super) async fn read_sums(&self, feed: &str) -> Result<Digest, StorageError> {
        let mut digest = Digest::default();
        for row in sqlx::query(sql::SUMS).bind(feed).fetch_all(&self.pool).await? {
            let bucket = u8::try_from(row.try_get::<i64, _>("bucket")?)
                .map_err(|_| StorageError::Damaged(format!("a bucket of {feed}")))?;
            let sum = Sum::from_halves(row.try_get("high")?, row.try_get("low")?);
            digest.buckets.entry(columns::kind(row.try_get("kind")?)?).or_default().insert(bucket, sum);
        }
        Ok(digest)
    }

    pub(super) async fn read_bucket(&self, ask: &BucketAsk, bounds: PageBounds) -> Result<BucketPage, StorageError> {
        let mut found = sqlx::query(sql::BUCKET)
            .bind(ask.kind.as_str())
            .bind(&ask.feed)
            .bind(ask.after.map_or_else(String::new, |id| id.to_string()))
            .bind(json!(ask.buckets.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>()).to_string())
            .bind(i64::from(bounds.entries_max) + 1)
            .fetch(&self.pool);
        let mut page = BucketPage { entries: Vec::new(), more: false };
        let mut bytes = 0;
        while let Some(row) = found.try_next().await? {
            if page.entries.len() >= bounds.entries_max as usize || bytes > bounds.bytes_max as usize {
                page.more = true;
                break;
            }
            let (entry, size) = entry(&row)?;
            bytes += size;
            page.entries.push(entry);
        }
        Ok(page)
    }
}

/// The tops of feeds, read inside whatever `connection` is in.
pub(super) async fn tops(connection: &mut SqliteConnection, feeds: &[String]) -> Result<Vec<Top>, StorageError> {
    let asked = Value::from(feeds.to_vec()).to_string();
    let rows = sqlx::query(sql::TOPS).bind(asked).fetch_all(connection).await?;
    let top = |row: &SqliteRow| {
        let root = Sum::from_halves(row.try_get("root_high")?, row.try_get("root_low")?);
        Ok(Top { position: counted(row.try_get("position")?), root })
    };
    rows.iter().map(top).collect()
}

/// How the records that a change touches stand before it.
pub(super) async fn before(tx: &mut SqliteConnection, changes: &Changes) -> Result<HashMap<Key, Before>, StorageError> {
    let wanted: Vec<_> = sums::stood(changes).into_iter().map(|key| (&key.kind, key.id)).collect();
    let mut before: HashMap<Key, Before> = HashMap::with_capacity(wanted.len());
    if wanted.is_empty() {
        return Ok(before);
    }
    for row in sqlx::query(sql::BEFORE).bind(text(&wanted, "keys")?).fetch_all(tx).await? {
        let key = Key::new(columns::kind(row.try_get("kind")?)?, rows::id(&row, "id")?);
        let record = before.entry(key).or_default();
        let halves: (Option<i64>, Option<i64>) = (row.try_get("hash_high")?, row.try_get("hash_low")?);
        record.hash = halves.0.zip(halves.1).map(|(high, low)| Sum::from_halves(high, low));
        record.feeds.extend(row.try_get::<Option<String>, _>("feed")?);
    }
    Ok(before)
}

/// Adds to the sums what a change adds.
pub(super) async fn put(tx: &mut SqliteConnection, added: &sums::Added) -> Result<(), StorageError> {
    let buckets: Vec<_> = added.buckets.iter().collect();
    bulk::put(tx, sql::ADD_SUMS, buckets, |query, ((feed, kind, bucket), sum)| {
        let (high, low) = sum.halves();
        Ok(query.bind(feed.as_str()).bind(kind.as_str()).bind(i64::from(*bucket)).bind(high).bind(low))
    })
    .await?;
    for (feed, sum) in &added.roots {
        let (high, low) = sum.halves();
        sqlx::query(sql::ADD_ROOT).bind(feed).bind(high).bind(low).execute(&mut *tx).await?;
    }
    Ok(())
}

/// Hashes the records of a database that was made before there were hashes.
pub(super) async fn hash_missing(pool: &SqlitePool) -> Result<(), StorageError> {
    loop {
        let mut tx = pool.begin_with("BEGIN IMMEDIATE").await?;
        let rows = sqlx::query(sql::UNHASHED).bind(HASHED_AT_ONCE).fetch_all(&mut *tx).await?;
        let records = rows.iter().map(rows::record).collect::<Result<Vec<StoredRecord>, _>>()?;
        if records.is_empty() {
            return Ok(());
        }
        let hashes = records.iter().map(sums::hash).collect::<Result<Vec<Sum>, _>>()?;
        for (record, hash) in records.iter().zip(&hashes) {
            let (high, low) = hash.halves();
            let query = sqlx::query(sql::SET_HASH).bind(record.key.kind.as_str()).bind(record.key.id.to_string());
            query.bind(high).bind(low).execute(&mut *tx).await?;
        }
        let changes = Changes { records, ..Changes::default() };
        let now = changes.records.iter().map(|record| &record.key).zip(hashes).collect();
        let mut standing = before(&mut tx, &changes).await?;
        for record in standing.values_mut() {
            record.hash = None;
        }
        put(&mut tx, &sums::added(&standing, &now, &[])).await?;
        tx.commit().await?;
    }
}
