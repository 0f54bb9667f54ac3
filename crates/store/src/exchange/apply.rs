//! Applying a page: its entries and its cursor in one transaction (invariant 5).

use crate::{Result, Write, search};
use chrono::{DateTime, Utc};
use doorstep_domain::{Doc, Kind, id::RecordId};
use doorstep_wire::{EntryBody, Page, RecordState, digest::Texts};
use serde_json::json;
use sqlx::{QueryBuilder, Row, Sqlite};
use std::{collections::HashSet, sync::Arc};

/// Kind and id of a record.
pub(crate) type Name = (String, String);

/// Rows stored with one statement.
const ROWS_AT_ONCE: usize = 256;

/// What a page brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Applied {
    /// Records that are new or newer.
    pub records: u64,
    /// Records that left.
    pub left: u64,
}

/// A record as its row takes it.
struct Arrived<'p> {
    kind: &'p Kind,
    id: RecordId,
    doc: &'p Doc,
    text: Arc<str>,
    versions: Arc<str>,
    version: i64,
    halves: (i64, i64),
}

impl<'p> Arrived<'p> {
    fn read((kind, id, state): &'p (Kind, RecordId, &'p RecordState)) -> Result<Self> {
        let Texts { doc: text, versions, sum } = Texts::of(kind, *id, state)?;
        let version = i64::try_from(state.version).unwrap_or(i64::MAX);
        let (text, versions) = (text.into(), versions.into());
        Ok(Self { kind, id: *id, doc: &state.doc, text, versions, version, halves: sum.halves() })
    }
}

/// What became of the records that a page wrote.
#[derive(Default)]
struct Written {
    /// Those that show HQ's fields at once.
    open: HashSet<Name>,
    /// Those that had something pending above HQ's fields.
    covered: Vec<Name>,
    /// Those that another feed brought first.
    elsewhere: Vec<Name>,
}

impl Write<'_> {
    /// Applies a page as one set and moves its feed's cursor. Entries older than what is there change nothing, so a
    /// page that comes twice is harmless. Pending fields stay above HQ's. What belongs to a visit that lies before a
    /// customer is put aside.
    ///
    /// # Errors
    /// [`crate::Error::Database`]; the cursor has not moved then.
    pub async fn apply(&mut self, now: DateTime<Utc>, page: &Page) -> Result<Applied> {
        let page = &*self.without_held(page).await?;
        let states = page.entries.iter().filter_map(|entry| match &entry.body {
            EntryBody::State(state) => Some((entry.kind.clone(), entry.id, state)),
            EntryBody::Left => None,
        });
        let states: Vec<_> = states.collect();
        let mut applied = Applied { records: self.lay(now, &page.feed, &states, false).await?, left: 0 };
        self.confirm_left(page).await?;
        for entry in page.entries.iter().filter(|e| e.body == EntryBody::Left) {
            applied.left += u64::from(self.leave(&entry.kind, entry.id, &page.feed).await?);
        }
        self.set_cursor(&page.feed, page.next).await?;
        Ok(applied)
    }

    /// Lays records of a feed under what is pending, as one set; returns how many are new or newer. With `anyway` also
    /// those whose version is not newer than what is here.
    pub(crate) async fn lay(
        &mut self,
        now: DateTime<Utc>,
        feed: &str,
        states: &[(Kind, RecordId, &RecordState)],
        anyway: bool,
    ) -> Result<u64> {
        let arrived = states.iter().map(Arrived::read).collect::<Result<Vec<_>>>()?;
        let Written { mut open, covered, elsewhere } = self.upsert(now, feed, &arrived, anyway).await?;
        let laid = (open.len() + covered.len()) as u64;
        self.note_versions(arrived.iter().map(|record| record.version)).await?;
        self.note_places(feed, &elsewhere).await?;
        self.note_blobs(&arrived).await?;
        if !covered.is_empty() {
            self.settle(&covered).await?;
            for (kind, id) in self.still_pending(&covered).await? {
                self.rebuild(&Kind::parse(&kind)?, crate::record::parse_id(&id)?).await?;
            }
            open.extend(self.uncover(&covered).await?);
        }
        let changed = |r: &&Arrived<'_>| open.contains(&(r.kind.to_string(), r.id.to_string()));
        let index: Vec<_> = arrived.iter().filter(changed).map(|r| (r.kind.clone(), r.id, r.doc)).collect();
        search::take_in(&mut self.tx, &index).await?;
        Ok(laid)
    }

    /// Records that stand in another feed already stand in this one too.
    async fn note_places(&mut self, feed: &str, elsewhere: &[Name]) -> Result<()> {
        if elsewhere.is_empty() {
            return Ok(());
        }
        let sql = "INSERT INTO also_in (kind, id, feed) \
                   SELECT value ->> 0, value ->> 1, ? FROM json_each(?) WHERE true ON CONFLICT DO NOTHING";
        sqlx::query(sql).bind(feed).bind(serde_json::to_string(elsewhere)?).execute(&mut *self.tx).await?;
        Ok(())
    }

    async fn upsert(
        &mut self,
        now: DateTime<Utc>,
        feed: &str,
        arrived: &[Arrived<'_>],
        anyway: bool,
    ) -> Result<Written> {
        let (feed, now): (Arc<str>, Arc<str>) = (feed.into(), now.to_rfc3339().into());
        let mut written = Written::default();
        let mut chunks = arrived.chunks(ROWS_AT_ONCE);
        let mut bound = || chunks.next().map(|rows| upserting(rows, &feed, &now, anyway));
        let mut next = bound();
        while let Some(mut statement) = next {
            let query = statement.build();
            // What comes next is bound while SQLite stores this.
            let (rows, following) = tokio::join!(biased; query.fetch_all(&mut *self.tx), async { bound() });
            for row in rows? {
                let name: Name = (row.try_get("kind")?, row.try_get("id")?);
                if row.try_get("elsewhere")? {
                    written.elsewhere.push(name.clone());
                }
                if row.try_get("pending")? {
                    written.covered.push(name);
                } else {
                    written.open.insert(name);
                }
            }
            next = following;
        }
        Ok(written)
    }

    /// Those of `names` that have nothing pending any more and showed something else than HQ's fields until now.
    async fn uncover(&mut self, names: &[Name]) -> Result<Vec<Name>> {
        let names = serde_json::to_string(names)?;
        let uncovered = sqlx::query_as(UNCOVER).bind(&names).fetch_all(&mut *self.tx).await?;
        sqlx::query(KEEP_ONCE).bind(names).execute(&mut *self.tx).await?;
        Ok(uncovered)
    }

    /// Those of `names` that have something pending above HQ's fields still.
    async fn still_pending(&mut self, names: &[Name]) -> Result<Vec<Name>> {
        Ok(sqlx::query_as(STILL_PENDING).bind(serde_json::to_string(names)?).fetch_all(&mut *self.tx).await?)
    }

    /// Attachments that came: their bytes are at HQ or on their way there, and not here yet.
    async fn note_blobs(&mut self, arrived: &[Arrived<'_>]) -> Result<()> {
        let files: Vec<_> = arrived.iter().filter(|r| *r.kind == Kind::ATTACHMENT).map(|r| r.doc).collect();
        if files.is_empty() {
            return Ok(());
        }
        let sql = "INSERT INTO blob (hash, bytes, here, at_hq) \
                   SELECT value ->> '$.hash', value ->> '$.bytes', 0, 0 FROM json_each(?) \
                   WHERE length(value ->> '$.hash') = 64 AND typeof(value ->> '$.bytes') = 'integer' \
                   ON CONFLICT DO NOTHING";
        sqlx::query(sql).bind(json!(files).to_string()).execute(&mut *self.tx).await?;
        Ok(())
    }

    /// Operations that HQ accepted on records that left do not come back any more, and wait for nothing: HQ has them.
    async fn confirm_left(&mut self, page: &Page) -> Result<()> {
        let left = page.entries.iter().filter(|e| e.body == EntryBody::Left);
        let names: Vec<Name> = left.map(|e| (e.kind.to_string(), e.id.to_string())).collect();
        if names.is_empty() {
            return Ok(());
        }
        let keys = serde_json::to_string(&names)?;
        sqlx::query(KEEP_IN_SIGHT).bind(&keys).execute(&mut *self.tx).await?;
        let done = sqlx::query(CONFIRM_LEFT).bind(&page.feed).bind(keys).execute(&mut *self.tx).await?;
        if done.rows_affected() > 0 {
            self.settle(&names).await?;
        }
        Ok(())
    }

    /// Takes a record off this laptop because it left the feed, unless work on it is pending or it stands in another
    /// feed too.
    pub(crate) async fn leave(&mut self, kind: &Kind, id: RecordId, feed: &str) -> Result<bool> {
        let key = (kind.as_str(), id.to_string());
        let moved = sqlx::query(MOVES_HOME).bind(key.0).bind(&key.1).bind(feed).execute(&mut *self.tx).await?;
        let place = if moved.rows_affected() > 0 { HOME_IS_NO_PLACE } else { LEAVES_PLACE };
        let left = sqlx::query(place).bind(key.0).bind(&key.1).bind(feed).execute(&mut *self.tx).await?;
        if left.rows_affected() > 0 {
            return Ok(false);
        }
        let gone =
            sqlx::query("DELETE FROM record WHERE kind = ? AND id = ? AND ifnull(feed, ?3) = ?3 AND pending = 0")
                .bind(key.0)
                .bind(&key.1)
                .bind(feed)
                .execute(&mut *self.tx)
                .await?
                .rows_affected();
        if gone > 0 {
            search::remove(&mut self.tx, kind, id).await?;
        } else {
            let sql = "UPDATE record SET feed = NULL WHERE kind = ? AND id = ? AND feed = ?";
            sqlx::query(sql).bind(key.0).bind(&key.1).bind(feed).execute(&mut *self.tx).await?;
        }
        Ok(gone > 0)
    }

    /// The cursor of a feed.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn cursor(&mut self, feed: &str) -> Result<u64> {
        let position: Option<i64> = sqlx::query_scalar("SELECT position FROM cursor WHERE feed = ?")
            .bind(feed)
            .fetch_optional(&mut *self.tx)
            .await?;
        Ok(u64::try_from(position.unwrap_or(0)).unwrap_or(0))
    }

    /// Notes that a feed is begun at 0 while it ends at `end`; one that was begun already stays as it is.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn begin_feed(&mut self, feed: &str, end: u64) -> Result<()> {
        let sql = "INSERT INTO cursor (feed, position, fresh_until) VALUES (?, 0, ?) ON CONFLICT DO NOTHING";
        sqlx::query(sql).bind(feed).bind(i64::try_from(end).unwrap_or(i64::MAX)).execute(&mut *self.tx).await?;
        Ok(())
    }

    /// Where a feed ended when it was begun at 0.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn fresh_until(&mut self, feed: &str) -> Result<u64> {
        let end: Option<i64> = sqlx::query_scalar("SELECT fresh_until FROM cursor WHERE feed = ?")
            .bind(feed)
            .fetch_optional(&mut *self.tx)
            .await?;
        Ok(u64::try_from(end.unwrap_or(0)).unwrap_or(0))
    }

    async fn set_cursor(&mut self, feed: &str, position: u64) -> Result<()> {
        let sql = "INSERT INTO cursor (feed, position) VALUES (?, ?) \
                   ON CONFLICT DO UPDATE SET position = max(position, excluded.position)";
        sqlx::query(sql).bind(feed).bind(i64::try_from(position).unwrap_or(i64::MAX)).execute(&mut *self.tx).await?;
        Ok(())
    }
}

/// The statement for some rows. Texts are shared with it, not copied.
fn upserting(rows: &[Arrived<'_>], feed: &Arc<str>, now: &Arc<str>, anyway: bool) -> QueryBuilder<Sqlite> {
    let mut sql: QueryBuilder<Sqlite> = QueryBuilder::new(INSERT);
    sql.push_values(rows, |mut row, r| {
        row.push_bind(r.kind.as_str()).push_bind(r.id.to_string());
        row.push_bind(Arc::clone(&r.text)).push_bind(Arc::clone(&r.versions));
        row.push_bind(r.version).push_bind(r.halves.0).push_bind(r.halves.1);
        row.push_bind(Arc::clone(feed)).push_bind(Arc::clone(now));
    });
    sql.push(UPDATE).push_bind(anyway).push(UNLESS_OLDER).push_bind(Arc::clone(feed)).push(PENDING);
    sql
}

const INSERT: &str = "\
INSERT INTO record (kind, id, doc, hq_versions, hq_version, hash_high, hash_low, feed, changed_at) ";

/// A record keeps the feed that brought it first; further ones are noted beside it.
const UPDATE: &str = "
ON CONFLICT (kind, id) DO UPDATE SET
    doc = CASE pending WHEN 1 THEN doc ELSE excluded.doc END,
    hq_doc = CASE pending WHEN 1 THEN excluded.doc END,
    hq_versions = excluded.hq_versions, hq_version = excluded.hq_version,
    hash_high = excluded.hash_high, hash_low = excluded.hash_low,
    feed = ifnull(record.feed, excluded.feed), changed_at = excluded.changed_at
WHERE ";

const UNLESS_OLDER: &str = "
    OR excluded.hq_version > record.hq_version
    OR (record.feed IS NOT excluded.feed AND excluded.hq_version = record.hq_version)
RETURNING kind, id, feed <> ";

const PENDING: &str = " AS elsewhere, pending";

/// The feed of a record's row becomes another one that it stands in too.
const MOVES_HOME: &str = "\
UPDATE record SET feed = a.feed
FROM (SELECT kind, id, min(feed) AS feed FROM also_in WHERE kind = ?1 AND id = ?2 GROUP BY kind, id) a
WHERE record.kind = ?1 AND record.id = ?2 AND record.feed = ?3";

const HOME_IS_NO_PLACE: &str = "\
DELETE FROM also_in
WHERE kind = ?1 AND id = ?2 AND feed = (SELECT feed FROM record WHERE kind = ?1 AND id = ?2 AND feed IS NOT ?3)";

const LEAVES_PLACE: &str = "DELETE FROM also_in WHERE kind = ? AND id = ? AND feed = ?";

/// What stays because work on it waits is seen as it was, also where HQ's own never came.
pub(crate) const KEEP_IN_SIGHT: &str = "\
UPDATE record SET hq_doc = doc
WHERE hq_doc IS NULL AND (kind, id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?1))
AND EXISTS (SELECT 1 FROM outbox o WHERE o.kind = record.kind AND o.id = record.id AND +o.state = 'accepted')";

/// Unless another feed brought the record.
pub(crate) const CONFIRM_LEFT: &str = "\
DELETE FROM outbox
WHERE +state = 'accepted' AND (kind, id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?2))
AND NOT EXISTS (SELECT 1 FROM record r WHERE r.kind = outbox.kind AND r.id = outbox.id AND r.feed <> ?1)
AND NOT EXISTS (SELECT 1 FROM also_in a WHERE a.kind = outbox.kind AND a.id = outbox.id AND a.feed <> ?1)";

pub(crate) const UNCOVER: &str = "\
UPDATE record SET doc = hq_doc
WHERE pending = 0 AND hq_doc IS NOT NULL AND doc <> hq_doc
AND (kind, id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))
RETURNING kind, id";

/// What nothing is pending over any more is HQ's own.
pub(crate) const KEEP_ONCE: &str = "\
UPDATE record SET hq_doc = NULL
WHERE pending = 0 AND hq_doc IS NOT NULL AND (kind, id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))";

pub(crate) const STILL_PENDING: &str = "\
SELECT kind, id FROM record
WHERE +pending = 1 AND (kind, id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))";
