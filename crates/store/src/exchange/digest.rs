//! Whether this laptop has of a feed what HQ has (SYNC.md, "Digest"): sums of record hashes, which the database keeps
//! by triggers, and putting right a bucket that differs.
//!
//! Touches HQ's layer only. What is pending stays above it.

use super::apply::Applied;
use crate::{Result, Store, Write, record::parse_id};
use chrono::{DateTime, Utc};
use doorstep_domain::{Doc, Kind, id::RecordId};
use doorstep_wire::{BucketAsk, BucketPage, EntryBody, RecordState, digest::Sum};
use serde_json::json;
use std::collections::{BTreeMap, HashMap};

/// Records hashed in one go.
const HASHED_AT_ONCE: i64 = 2_000;

impl Store {
    /// The root of each feed: its buckets' sums added up. Feeds without records are absent.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn roots(&self) -> Result<BTreeMap<String, Sum>> {
        let rows: Vec<(String, i64, i64)> =
            sqlx::query_as("SELECT feed, high, low FROM digest").fetch_all(self.pool()).await?;
        let mut roots: BTreeMap<String, Sum> = BTreeMap::new();
        for (feed, high, low) in rows {
            *roots.entry(feed).or_default() ^= Sum::from_halves(high, low);
        }
        Ok(roots)
    }

    /// The sums of a feed by kind and bucket; those of no records are absent.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn sums(&self, feed: &str) -> Result<BTreeMap<Kind, BTreeMap<u8, Sum>>> {
        let sql = "SELECT kind, bucket, high, low FROM digest WHERE feed = ? AND (high <> 0 OR low <> 0)";
        let rows: Vec<(String, String, i64, i64)> = sqlx::query_as(sql).bind(feed).fetch_all(self.pool()).await?;
        let mut sums: BTreeMap<Kind, BTreeMap<u8, Sum>> = BTreeMap::new();
        for (kind, bucket, high, low) in rows {
            let bucket = u8::from_str_radix(&bucket, 16).map_err(|_| crate::Error::Damaged("a bucket".into()))?;
            sums.entry(Kind::parse(&kind)?).or_default().insert(bucket, Sum::from_halves(high, low));
        }
        Ok(sums)
    }
}

impl Write<'_> {
    /// Hashes the records whose hash is missing: those that came before there were hashes, and those that somebody
    /// changed behind the program's back. Returns how many.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn hash_missing(&mut self) -> Result<u64> {
        let mut hashed = 0;
        loop {
            let sql = "SELECT kind, id, hq_layer, hq_versions, hq_version FROM record \
                       WHERE hash_high IS NULL AND feed IS NOT NULL LIMIT ?";
            let rows: Vec<(String, String, Option<String>, String, i64)> =
                sqlx::query_as(sql).bind(HASHED_AT_ONCE).fetch_all(&mut *self.tx).await?;
            if rows.is_empty() {
                return Ok(hashed);
            }
            hashed += rows.len() as u64;
            let hashes = rows.into_iter().map(|row| {
                let (high, low) = hash_of_row(&row).halves();
                json!({"k": row.0, "i": row.1, "h": high, "l": low})
            });
            let hashes: Vec<_> = hashes.collect();
            sqlx::query(SET_HASHES).bind(serde_json::to_string(&hashes)?).execute(&mut *self.tx).await?;
        }
    }

    /// Counts some buckets of a kind anew from the rows themselves, in every feed.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn recount(&mut self, kind: &Kind, buckets: &[u8]) -> Result<()> {
        for sql in [FORGET_HASHES, FORGET_SUMS] {
            sqlx::query(sql).bind(kind.as_str()).bind(names(buckets)).execute(&mut *self.tx).await?;
        }
        self.hash_missing().await?;
        Ok(())
    }

    /// Makes HQ's layer of the stretch of buckets that `page` answers what HQ says it is: what differs is replaced,
    /// whatever its version, and what HQ does not have in the feed leaves it. Counts what changed.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn mend(&mut self, now: DateTime<Utc>, ask: &BucketAsk, page: &BucketPage) -> Result<Applied> {
        let mut here = self.hashes(ask, page).await?;
        let mut differs: Vec<(Kind, RecordId, &RecordState)> = Vec::new();
        for entry in &page.entries {
            let EntryBody::State(state) = &entry.body else { continue };
            let hash = Sum::of(&entry.kind, entry.id, state)?;
            if here.remove(&entry.id) != Some(hash) {
                differs.push((entry.kind.clone(), entry.id, state));
            }
        }
        let mut applied = Applied { records: self.lay(now, &ask.feed, &differs, true).await?, left: 0 };
        for id in here.into_keys() {
            self.leave(&ask.kind, id, &ask.feed).await?;
            applied.left += 1;
        }
        Ok(applied)
    }

    /// The hashes of the records of this laptop in the stretch that a page answers.
    async fn hashes(&mut self, ask: &BucketAsk, page: &BucketPage) -> Result<HashMap<RecordId, Sum>> {
        let after = ask.after.map_or_else(String::new, |id| id.to_string());
        // Beyond every id, where the page is the last.
        let until = page.entries.last().filter(|_| page.more).map_or_else(|| "g".to_owned(), |e| e.id.to_string());
        let rows: Vec<(String, Option<i64>, Option<i64>)> = sqlx::query_as(HASHES_IN_FEED)
            .bind(ask.kind.as_str())
            .bind(after)
            .bind(until)
            .bind(&ask.feed)
            .bind(names(&ask.buckets))
            .fetch_all(&mut *self.tx)
            .await?;
        let mut hashes = HashMap::with_capacity(rows.len());
        for (id, high, low) in rows {
            hashes.insert(parse_id(&id)?, Sum::from_halves(high.unwrap_or(0), low.unwrap_or(0)));
        }
        Ok(hashes)
    }
}

/// A row that does not even read gets a hash that no record has, so that it is fetched again.
fn hash_of_row((kind, id, doc, versions, version): &(String, String, Option<String>, String, i64)) -> Sum {
    let read = || -> Option<Sum> {
        let doc: Doc = serde_json::from_str(doc.as_deref()?).ok()?;
        let versions = serde_json::from_str(versions).ok()?;
        let state = RecordState { version: u64::try_from(*version).ok()?, doc, versions };
        Sum::of(&Kind::parse(kind).ok()?, id.parse().ok()?, &state).ok()
    };
    read().unwrap_or(Sum([0xff; 16]))
}

/// Buckets as the last two digits of ids, in a JSON array.
fn names(buckets: &[u8]) -> String {
    json!(buckets.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>()).to_string()
}

/// Which buckets of a kind differ between two sides.
#[must_use]
pub fn differing(ours: Option<&BTreeMap<u8, Sum>>, theirs: Option<&BTreeMap<u8, Sum>>) -> Vec<u8> {
    let of =
        |side: Option<&BTreeMap<u8, Sum>>, bucket: u8| side.and_then(|s| s.get(&bucket)).copied().unwrap_or_default();
    (0..=u8::MAX).filter(|bucket| of(ours, *bucket) != of(theirs, *bucket)).collect()
}

pub(crate) const SET_HASHES: &str = "\
UPDATE record SET hash_high = h.value ->> '$.h', hash_low = h.value ->> '$.l'
FROM json_each(?) h WHERE record.kind = h.value ->> '$.k' AND record.id = h.value ->> '$.i'";

const FORGET_HASHES: &str = "\
UPDATE record SET hash_high = NULL, hash_low = NULL
WHERE kind = ? AND feed IS NOT NULL AND substr(id, -2) IN (SELECT value FROM json_each(?))";

const FORGET_SUMS: &str = "DELETE FROM digest WHERE kind = ? AND bucket IN (SELECT value FROM json_each(?))";

const HASHES_IN_FEED: &str = "\
SELECT id, hash_high, hash_low FROM record
WHERE kind = ?1 AND id > ?2 AND id <= ?3 AND substr(id, -2) IN (SELECT value FROM json_each(?5))
    AND (feed = ?4 OR EXISTS (SELECT 1 FROM also_in a WHERE a.kind = record.kind AND a.id = record.id AND a.feed = ?4))";
