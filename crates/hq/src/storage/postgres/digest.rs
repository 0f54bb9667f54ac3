//! Sums of feeds: read for laptops, and kept by every change.

use super::{Postgres, reading::entry, rows, sql};
use crate::storage::{
    Changes, Key, PageBounds, StorageError, Top,
    columns::{self, ENTRY_BYTES, counted},
    sums::{self, Added, Before},
};
use doorstep_wire::{BucketAsk, BucketPage, Digest, Sum};
use futures_util::TryStreamExt;
use sqlx::{
    Row,
    postgres::{PgConnection, PgRow},
};
use std::collections::HashMap;
use uuid::Uuid;

impl Postgres {
    pub(super) async fn read_tops(&self, feeds: &[String]) -> Result<Vec<Top>, StorageError> {
        let rows = sqlx::query(sql::TOPS).bind(feeds).fetch_all(&self.pool).await?;
        let top = |row: &PgRow| Ok(Top { position: counted(row.try_get("position")?), root: root(row)? });
        rows.iter().map(top).collect()
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
            .bind(ask.after.map_or(Uuid::nil(), |id| id.0))
            .bind(ask.buckets.iter().map(|bucket| i32::from(*bucket)).collect::<Vec<i32>>())
            .bind(i64::from(bounds.entries_max) + 1)
            .fetch(&self.pool);
        let mut page = BucketPage { entries: Vec::new(), more: false };
        let mut bytes = 0;
        while let Some(row) = found.try_next().await? {
            if page.entries.len() >= bounds.entries_max as usize || bytes > bounds.bytes_max as usize {
                page.more = true;
                break;
            }
            bytes += ENTRY_BYTES + row.try_get::<&str, _>("doc")?.len() + row.try_get::<&str, _>("stamps")?.len();
            page.entries.extend(entry(&row)?);
        }
        Ok(page)
    }
}

/// The root in a row.
pub(super) fn root(row: &PgRow) -> Result<Sum, StorageError> {
    Ok(Sum::from_halves(row.try_get("root_high")?, row.try_get("root_low")?))
}

/// How the records that a change touches stand before it.
pub(super) async fn before(tx: &mut PgConnection, changes: &Changes) -> Result<HashMap<Key, Before>, StorageError> {
    let (kinds, ids) = rows::keys(sums::stood(changes));
    let mut before: HashMap<Key, Before> = HashMap::with_capacity(ids.len());
    if ids.is_empty() {
        return Ok(before);
    }
    for row in sqlx::query(sql::BEFORE).bind(kinds).bind(ids).fetch_all(tx).await? {
        let key = Key::new(columns::kind(row.try_get("kind")?)?, rows::id(&row, "id")?);
        let record = before.entry(key).or_default();
        let halves: (Option<i64>, Option<i64>) = (row.try_get("hash_high")?, row.try_get("hash_low")?);
        record.hash = halves.0.zip(halves.1).map(|(high, low)| Sum::from_halves(high, low));
        record.feeds.extend(row.try_get::<Option<String>, _>("feed")?);
    }
    Ok(before)
}

/// Adds to the sums what a change adds, in one order for all changes.
pub(super) async fn put(tx: &mut PgConnection, added: &Added) -> Result<(), StorageError> {
    let Added { buckets, roots } = added;
    if !buckets.is_empty() {
        let (highs, lows): (Vec<i64>, Vec<i64>) = buckets.values().map(|sum| sum.halves()).unzip();
        sqlx::query(sql::ADD_SUMS)
            .bind(buckets.keys().map(|(feed, ..)| feed.as_str()).collect::<Vec<&str>>())
            .bind(buckets.keys().map(|(_, kind, _)| kind.as_str()).collect::<Vec<&str>>())
            .bind(buckets.keys().map(|(.., bucket)| i64::from(*bucket)).collect::<Vec<i64>>())
            .bind(highs)
            .bind(lows)
            .execute(&mut *tx)
            .await?;
    }
    if !roots.is_empty() {
        let (highs, lows): (Vec<i64>, Vec<i64>) = roots.values().map(|sum| sum.halves()).unzip();
        let names: Vec<&str> = roots.keys().map(String::as_str).collect();
        sqlx::query(sql::ADD_ROOTS).bind(names).bind(highs).bind(lows).execute(tx).await?;
    }
    Ok(())
}
