//! A new life of this store at HQ: after an old copy of it was put back, after HQ was restored from a backup, or under
//! a new enrolment. The outbox stays and is numbered anew; nothing that was typed is lost.
//!
//! Never talks to HQ and never decides that a new life has to begin.

use crate::{Identity, Result, Store, Write, record::parse_id, search};
use doorstep_domain::{Code, Doc, Kind, describe, id::RecordId, merge::Version};
use doorstep_wire::{Lost, Offered, OfferedField};
use futures_util::TryStreamExt;
use std::collections::BTreeMap;

/// Where the store notes what HQ lost, until everything of it was offered.
const LOST: &str = "lost_at_hq";
/// Where the store notes why HQ no longer knows this laptop.
const REFUSED: &str = "identity_refused";

impl Store {
    /// What HQ lost and this laptop has not offered yet.
    ///
    /// # Errors
    /// As [`Store::meta`].
    pub async fn lost_by_hq(&self) -> Result<Vec<Lost>> {
        Ok(self.meta::<Vec<Lost>>(LOST).await?.unwrap_or_default())
    }

    /// Records of HQ's layer with those of their fields that HQ lost, in the order of kind and id, those after `after`;
    /// at most `rows_max` of about `bytes_max` of JSON, one at least. Kinds that HQ alone writes have none: HQ brings
    /// those back itself. A record of which nothing was lost has no fields.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn lost_records(
        &self,
        lost: &[Lost],
        after: Option<&(Kind, RecordId)>,
        rows_max: usize,
        bytes_max: usize,
    ) -> Result<Vec<Offered>> {
        let (kind, id) = after.map_or_else(Default::default, |(kind, id)| (kind.to_string(), id.to_string()));
        let mut rows = sqlx::query_as::<_, (String, String, String, String)>(LOST_RECORDS)
            .bind(kept(lost.iter().map(|lost| lost.from).min().unwrap_or(Version::MAX)))
            .bind(kind)
            .bind(id)
            .bind(i64::try_from(rows_max).unwrap_or(i64::MAX))
            .fetch(self.pool());
        let mut records = Vec::new();
        let mut bytes = 0;
        while let Some((kind, id, doc, versions)) = rows.try_next().await? {
            bytes += doc.len() + versions.len() + 200;
            if !records.is_empty() && bytes > bytes_max {
                break;
            }
            let kind = Kind::parse(&kind)?;
            let fields = lost_fields(&kind, lost, &doc, &versions)?;
            records.push(Offered { kind, id: parse_id(&id)?, fields });
        }
        Ok(records)
    }

    /// Why HQ no longer knows this laptop, as the last exchange was told; `None` while it does. An enrolled laptop may
    /// enrol anew only then.
    ///
    /// # Errors
    /// As [`Store::meta`].
    pub async fn identity_refused(&self) -> Result<Option<Code>> {
        Ok(self.meta::<Option<Code>>(REFUSED).await?.flatten())
    }

    /// Feeds this laptop has a place in.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn feeds(&self) -> Result<Vec<String>> {
        Ok(sqlx::query_scalar("SELECT feed FROM cursor ORDER BY feed").fetch_all(self.pool()).await?)
    }
}

impl Write<'_> {
    /// Begins a new life as `identity`: what waits is numbered from 1 in its old order. What HQ had accepted and `lost`
    /// before it came back waits again, and so does what had lost there, since its conflict may be among what HQ lost; what
    /// HQ still has goes on waiting for its record.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn begin_anew(&mut self, identity: &Identity, lost: &[Lost]) -> Result<()> {
        for Lost { from, floor } in lost {
            sqlx::query(LOST_WAITS_AGAIN).bind(kept(*from)).bind(kept(*floor)).execute(&mut *self.tx).await?;
        }
        if !lost.is_empty() {
            // HQ names what it lost in every restore so far: what was not offered yet is among it.
            self.set_meta(LOST, &lost).await?;
        }
        self.number_anew().await?;
        self.set_identity(identity).await
    }

    /// Answered operations move below zero in their order; what waits begins at 1.
    async fn number_anew(&mut self) -> Result<()> {
        let ends: (Option<i64>, Option<i64>) =
            sqlx::query_as("SELECT min(seq), max(seq) FROM outbox").fetch_one(&mut *self.tx).await?;
        let (Some(first), Some(last)) = ends else { return self.count_from(0).await };
        // Beyond the whole range, so that no number is met on the way, and below zero.
        let down = (last - first).max(last).max(0) + 1;
        sqlx::query("UPDATE outbox SET seq = seq - ?").bind(down).execute(&mut *self.tx).await?;
        let waiting = sqlx::query(NUMBER_WAITING).execute(&mut *self.tx).await?.rows_affected();
        self.count_from(waiting).await
    }

    async fn count_from(&mut self, last: u64) -> Result<()> {
        sqlx::query("DELETE FROM sqlite_sequence WHERE name = 'outbox'").execute(&mut *self.tx).await?;
        sqlx::query("INSERT INTO sqlite_sequence (name, seq) VALUES ('outbox', ?)")
            .bind(kept(last))
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Everything that HQ lost was offered.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn lost_was_offered(&mut self) -> Result<()> {
        self.set_meta(LOST, &[(); 0]).await
    }

    /// Notes why HQ no longer knows this laptop, or that it does.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn note_refusal(&mut self, code: Option<Code>) -> Result<()> {
        self.set_meta(REFUSED, &code).await
    }

    /// Leaves a feed that HQ no longer hands to this laptop: its records go, except those that stand in another feed too
    /// and those with work that waits. Returns how many went.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn leave_feed(&mut self, feed: &str) -> Result<u64> {
        for sql in [PLACES_GO, HOMES_MOVE] {
            sqlx::query(sql).bind(feed).execute(&mut *self.tx).await?;
        }
        sqlx::query(HOMES_ARE_NO_PLACES).execute(&mut *self.tx).await?;
        let gone: Vec<(String, String)> =
            sqlx::query_as("DELETE FROM record WHERE feed = ? AND pending = 0 RETURNING kind, id")
                .bind(feed)
                .fetch_all(&mut *self.tx)
                .await?;
        for (kind, id) in &gone {
            search::remove(&mut self.tx, &Kind::parse(kind)?, parse_id(id)?).await?;
        }
        sqlx::query("UPDATE record SET feed = NULL WHERE feed = ?").bind(feed).execute(&mut *self.tx).await?;
        sqlx::query("DELETE FROM cursor WHERE feed = ?").bind(feed).execute(&mut *self.tx).await?;
        Ok(gone.len() as u64)
    }
}

fn lost_fields(kind: &Kind, lost: &[Lost], doc: &str, versions: &str) -> Result<BTreeMap<String, OfferedField>> {
    let mut doc: Doc = serde_json::from_str(doc)?;
    let versions: BTreeMap<String, Version> = serde_json::from_str(versions)?;
    let offers = |field: &str| *kind == Kind::CONFLICT || describe(kind).is_written_by_laptops(field);
    let is_lost = |version: Version| lost.iter().any(|lost| lost.holds(version));
    let lost = versions.into_iter().filter(|(field, version)| is_lost(*version) && offers(field));
    let fields = lost.map(|(field, version)| {
        let value = doc.remove(&field).unwrap_or_default();
        (field, OfferedField { value, version })
    });
    Ok(fields.collect())
}

fn kept(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

const PLACES_GO: &str = "DELETE FROM also_in WHERE feed = ?";

const HOMES_MOVE: &str = "\
UPDATE record SET feed = a.feed FROM (SELECT kind, id, min(feed) AS feed FROM also_in GROUP BY kind, id) a
WHERE record.kind = a.kind AND record.id = a.id AND record.feed = ?";

const HOMES_ARE_NO_PLACES: &str = "\
DELETE FROM also_in
WHERE feed = (SELECT r.feed FROM record r WHERE r.kind = also_in.kind AND r.id = also_in.id)";

const LOST_WAITS_AGAIN: &str = "\
UPDATE outbox SET state = 'waiting', version = NULL, lost = 0
WHERE state = 'accepted' AND (lost = 1 OR (version > ? AND version <= ?))";

const LOST_RECORDS: &str = "\
SELECT kind, id, hq_layer, hq_versions FROM record
WHERE hq_version > ?1 AND hq_layer IS NOT NULL AND (kind, id) > (?2, ?3)
ORDER BY kind, id LIMIT ?4";

const NUMBER_WAITING: &str = "\
UPDATE outbox SET seq = n.number, attempted = 0
FROM (SELECT seq, row_number() OVER (ORDER BY seq) AS number FROM outbox WHERE state = 'waiting') n
WHERE outbox.seq = n.seq";
