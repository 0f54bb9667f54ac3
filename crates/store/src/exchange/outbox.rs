//! The outbox: operations in their order, and HQ's answers to them.

use crate::{
    Result, Store, Write,
    exchange::apply::Name,
    record::{overlay, parse_id, pending_of},
    search,
};
use chrono::{DateTime, Utc};
use doorstep_domain::{
    Code, Doc, Kind,
    id::RecordId,
    merge::{Change, Version},
};
use doorstep_wire::{Ack, Op, Outcome};
use serde_json::json;
use sqlx::Row;
use std::collections::{BTreeMap, BTreeSet};

/// Where the store keeps the newest version that any record here has had of HQ.
const NEWEST_VERSION: &str = "newest_version";

/// An operation in the outbox, for people to see.
#[derive(Debug, Clone, PartialEq)]
pub struct Queued {
    /// Its sequence.
    pub seq: u64,
    /// Kind of the record.
    pub kind: Kind,
    /// The record.
    pub id: RecordId,
    /// The fields it changes.
    pub fields: Vec<String>,
    /// When, by the laptop's clock.
    pub at: DateTime<Utc>,
    /// Whether HQ accepted it and its confirmation has not come back yet.
    pub accepted: bool,
    /// Why HQ refused it.
    pub refused: Option<Code>,
}

impl Store {
    /// The same as [`Write::take_waiting`], as a change of its own.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn take_waiting(&self, after: u64, ops_max: u32, bytes_max: u32) -> Result<Vec<Op>> {
        let mut write = self.write().await?;
        let ops = write.take_waiting(after, ops_max, bytes_max).await?;
        write.commit().await?;
        Ok(ops)
    }

    /// The last sequence given to an operation.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn last_seq(&self) -> Result<u64> {
        let seq: Option<i64> = sqlx::query_scalar("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'")
            .fetch_optional(self.pool())
            .await?;
        Ok(u64::try_from(seq.unwrap_or(0)).unwrap_or(0))
    }

    /// Kinds of the records on which work waits for HQ.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn kinds_waiting(&self) -> Result<Vec<Kind>> {
        let names: Vec<String> = sqlx::query_scalar("SELECT DISTINCT kind FROM outbox WHERE state = 'waiting'")
            .fetch_all(self.pool())
            .await?;
        names.iter().map(|name| Ok(Kind::parse(name)?)).collect()
    }

    /// The last sequence before the first waiting operation: what HQ has acknowledged.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn acked_seq(&self) -> Result<u64> {
        let first: Option<i64> =
            sqlx::query_scalar("SELECT min(seq) FROM outbox WHERE state = 'waiting'").fetch_one(self.pool()).await?;
        match first {
            Some(seq) => Ok(u64::try_from(seq - 1).unwrap_or(0)),
            None => self.last_seq().await,
        }
    }

    /// Everything that HQ had after it took the operations up to `last` is here, and with it the conflicts about those that
    /// lost: they are kept no more.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn conflicts_came(&self, last: u64) -> Result<()> {
        let last = i64::try_from(last).unwrap_or(i64::MAX);
        let lost = "SELECT EXISTS (SELECT 1 FROM outbox WHERE lost = 1 AND +state = 'accepted' AND seq <= ?)";
        if !sqlx::query_scalar(lost).bind(last).fetch_one(self.pool()).await? {
            return Ok(());
        }
        let mut write = self.write().await?;
        let told = "UPDATE outbox SET lost = 0 WHERE lost = 1 AND +state = 'accepted' AND seq <= ? RETURNING kind, id";
        let names: Vec<Name> = sqlx::query_as(told).bind(last).fetch_all(&mut *write.tx).await?;
        for (kind, id) in write.settle(&names).await?.into_iter().collect::<BTreeSet<_>>() {
            write.rebuild(&Kind::parse(&kind)?, parse_id(&id)?).await?;
        }
        write.commit().await
    }

    /// What is in the outbox, oldest first, at most `rows_max`.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn queue(&self, rows_max: u32) -> Result<Vec<Queued>> {
        let sql = "SELECT seq, kind, id, fields, at, state, code FROM outbox JOIN outbox_fields USING (seq) \
                   ORDER BY state = 'refused' DESC, seq LIMIT ?";
        let rows = sqlx::query(sql).bind(rows_max).fetch_all(self.pool()).await?;
        let queued = |row: &sqlx::sqlite::SqliteRow| -> Result<Queued> {
            let fields: BTreeMap<String, Change> = serde_json::from_str(row.try_get("fields")?)?;
            let code: Option<&str> = row.try_get("code")?;
            Ok(Queued {
                seq: u64::try_from(row.try_get::<i64, _>("seq")?).unwrap_or(0),
                kind: Kind::parse(row.try_get("kind")?)?,
                id: parse_id(row.try_get("id")?)?,
                fields: fields.into_keys().collect(),
                at: parse_time(row.try_get("at")?)?,
                accepted: row.try_get::<&str, _>("state")? == "accepted",
                refused: code.map(read_code),
            })
        };
        rows.iter().map(queued).collect()
    }
}

impl Write<'_> {
    /// The oldest waiting operations after a sequence, at most `ops_max` and about `bytes_max` of JSON, the newest marked
    /// as attempted: what HQ may have seen never changes again.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn take_waiting(&mut self, after: u64, ops_max: u32, bytes_max: u32) -> Result<Vec<Op>> {
        let sql = "SELECT seq, kind, id, iif(code IS NULL, fields, '{}') AS fields, seen, seen_visit, at \
                   FROM outbox JOIN outbox_fields USING (seq) WHERE state = 'waiting' AND seq > ? ORDER BY seq LIMIT ?";
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let rows = sqlx::query(sql).bind(after).bind(ops_max).fetch_all(&mut *self.tx).await?;
        let mut ops = Vec::with_capacity(rows.len());
        let mut bytes = 0usize;
        for row in &rows {
            let fields: &str = row.try_get("fields")?;
            bytes += fields.len() + 200;
            if !ops.is_empty() && bytes > bytes_max as usize {
                break;
            }
            let at: &str = row.try_get("at")?;
            let count =
                |column: &str| Ok::<_, crate::Error>(u64::try_from(row.try_get::<i64, _>(column)?).unwrap_or(0));
            ops.push(Op {
                seq: count("seq")?,
                kind: Kind::parse(row.try_get("kind")?)?,
                id: parse_id(row.try_get("id")?)?,
                fields: serde_json::from_str(fields)?,
                seen: count("seen")?,
                seen_visit: count("seen_visit")?,
                at: parse_time(at)?,
            });
        }
        // Only the newest operation takes further fields, so that those before it need no mark.
        let last = ops.last().map_or(0, |op| op.seq);
        sqlx::query("UPDATE outbox SET attempted = 1 WHERE seq = ?")
            .bind(i64::try_from(last).unwrap_or(i64::MAX))
            .execute(&mut *self.tx)
            .await?;
        Ok(ops)
    }

    /// Gives up an operation that HQ cannot take, for a reason that this laptop knows by itself. Its place is kept by one
    /// without fields, since sequences have no gaps; whatever HQ answers to that, it is refused with `code`.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn give_up(&mut self, seq: u64, code: Code) -> Result<()> {
        sqlx::query("UPDATE outbox SET code = ? WHERE seq = ? AND state = 'waiting'")
            .bind(write_code(code)?)
            .bind(i64::try_from(seq).unwrap_or(i64::MAX))
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Takes in HQ's answers to a push. What HQ accepted stays above HQ's layer until the record comes back with
    /// at least the version it was given. What lost gives way then, and is kept until its conflict is here
    /// ([`Store::conflicts_came`]).
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn acknowledge(&mut self, acks: &[Ack]) -> Result<()> {
        let newest = self.newest_version().await?;
        // What HQ took whole, under versions that cannot have come back yet, has no more to it. Nearly all is like that.
        let plain = |ack: &&Ack| match &ack.outcome {
            Outcome::Accepted { version, conflicts } => *version > newest && conflicts.is_empty(),
            Outcome::Refused { .. } => false,
        };
        let (plain, others): (Vec<&Ack>, Vec<&Ack>) = acks.iter().partition(plain);
        if self.take_as_accepted(&plain).await? == plain.len() as u64 {
            self.take_answers(&others).await
        } else {
            self.take_answers(&acks.iter().collect::<Vec<_>>()).await
        }
    }

    /// Marks operations as accepted that are not given up; returns how many.
    async fn take_as_accepted(&mut self, acks: &[&Ack]) -> Result<u64> {
        let version = |ack: &&Ack| match ack.outcome {
            Outcome::Accepted { version, .. } => Some((ack.seq, version)),
            Outcome::Refused { .. } => None,
        };
        let versions: Vec<(u64, Version)> = acks.iter().filter_map(version).collect();
        if versions.is_empty() {
            return Ok(0);
        }
        let taken = sqlx::query(ACCEPT).bind(serde_json::to_string(&versions)?).execute(&mut *self.tx).await?;
        Ok(taken.rows_affected())
    }

    async fn take_answers(&mut self, acks: &[&Ack]) -> Result<()> {
        if acks.is_empty() {
            return Ok(());
        }
        let answers = acks.iter().map(|ack| answer(ack)).collect::<Result<Vec<_>>>()?;
        let answered: Vec<(String, String, bool)> =
            sqlx::query_as(ANSWER).bind(serde_json::to_string(&answers)?).fetch_all(&mut *self.tx).await?;
        let gives_way = answered.iter().filter(|(.., gives_way)| *gives_way);
        let mut changed: BTreeSet<_> = gives_way.map(|(kind, id, _)| (kind.clone(), id.clone())).collect();
        let names: Vec<Name> = answered.into_iter().map(|(kind, id, _)| (kind, id)).collect();
        changed.extend(self.settle(&names).await?);
        for (kind, id) in changed {
            self.rebuild(&Kind::parse(&kind)?, parse_id(&id)?).await?;
        }
        Ok(())
    }

    /// The newest version that any record here has had of HQ.
    async fn newest_version(&mut self) -> Result<Version> {
        let sql = "SELECT CAST(value AS INTEGER) FROM meta WHERE name = ?";
        let newest: Option<i64> = sqlx::query_scalar(sql).bind(NEWEST_VERSION).fetch_optional(&mut *self.tx).await?;
        Ok(newest.and_then(|version| u64::try_from(version).ok()).unwrap_or(Version::MAX))
    }

    /// Notes that records of these versions are here.
    pub(crate) async fn note_versions(&mut self, versions: impl Iterator<Item = i64>) -> Result<()> {
        let Some(newest) = versions.max() else { return Ok(()) };
        sqlx::query(NOTE_VERSION).bind(NEWEST_VERSION).bind(newest).execute(&mut *self.tx).await?;
        Ok(())
    }

    /// Drops accepted operations on these records whose record has come back with their version, unless a value of theirs
    /// lost and its conflict may not be here; returns those whose pending layer is thinner now.
    pub(crate) async fn settle(&mut self, names: &[Name]) -> Result<Vec<Name>> {
        let names = serde_json::to_string(names)?;
        let settled = sqlx::query_as(SETTLE).bind(&names).fetch_all(&mut *self.tx).await?;
        sqlx::query(REST).bind(names).execute(&mut *self.tx).await?;
        Ok(settled)
    }

    /// Lays what is pending over HQ's fields again.
    pub(crate) async fn rebuild(&mut self, kind: &Kind, id: RecordId) -> Result<()> {
        let sql = "SELECT hq_layer FROM record WHERE kind = ? AND id = ?";
        let hq: Option<Option<String>> =
            sqlx::query_scalar(sql).bind(kind.as_str()).bind(id.to_string()).fetch_optional(&mut *self.tx).await?;
        let Some(hq) = hq else { return Ok(()) };
        let pending = pending_of(&mut self.tx, kind, id, hq.is_some()).await?;
        let base: Doc = hq.as_deref().map(serde_json::from_str).transpose()?.unwrap_or_default();
        let doc = overlay(&base, &pending);
        sqlx::query(REBUILD)
            .bind(serde_json::to_string(&doc)?)
            .bind(kind.as_str())
            .bind(id.to_string())
            .execute(&mut *self.tx)
            .await?;
        search::index(&mut self.tx, &[(kind.clone(), id, &doc)]).await
    }
}

pub(crate) fn parse_time(text: &str) -> Result<DateTime<Utc>> {
    text.parse().map_err(|_| crate::Error::Damaged("a time is not one".into()))
}

/// What HQ answered, as the outbox keeps it.
fn answer(ack: &Ack) -> Result<serde_json::Value> {
    Ok(match &ack.outcome {
        Outcome::Accepted { version, conflicts } => {
            json!({"s": ack.seq, "state": "accepted", "version": version, "lost": u8::from(!conflicts.is_empty())})
        }
        Outcome::Refused { code, detail } => {
            json!({"s": ack.seq, "state": "refused", "code": write_code(*code)?, "detail": detail})
        }
    })
}

// The `+` before a column keeps SQLite from an index that many rows share: what is named is looked up by its own key.

pub(crate) const ACCEPT: &str = "\
UPDATE outbox SET state = 'accepted', version = a.value ->> 1, attempted = 1
FROM json_each(?) a
WHERE outbox.seq = a.value ->> 0 AND +outbox.state = 'waiting' AND +outbox.code IS NULL";

const NOTE_VERSION: &str = "\
INSERT INTO meta (name, value) VALUES (?, CAST(?2 AS TEXT))
ON CONFLICT DO UPDATE SET value = excluded.value WHERE CAST(value AS INTEGER) < ?2";

pub(crate) const ANSWER: &str = "\
UPDATE outbox SET
    state = iif(outbox.code IS NULL, a.value ->> '$.state', 'refused'), version = a.value ->> '$.version',
    code = ifnull(outbox.code, a.value ->> '$.code'), detail = a.value ->> '$.detail', attempted = 1,
    lost = ifnull(a.value ->> '$.lost', 0)
FROM json_each(?) a
WHERE outbox.seq = a.value ->> '$.s' AND +outbox.state = 'waiting'
RETURNING kind, id, state = 'refused' OR lost = 1";

pub(crate) const SETTLE: &str = "\
DELETE FROM outbox WHERE seq IN (
    SELECT o.seq FROM json_each(?) n
    CROSS JOIN outbox o ON o.kind = n.value ->> 0 AND o.id = n.value ->> 1 AND +o.state = 'accepted'
        AND +o.lost = 0
    CROSS JOIN record r ON r.kind = o.kind AND r.id = o.id AND o.version <= r.hq_version)
RETURNING kind, id";

/// A row that was lost and came back has operations that it says nothing of.
const REBUILD: &str = "\
UPDATE record SET doc = ?1, pending = o.waits, hq_doc = iif(o.waits, hq_layer, NULL)
FROM (SELECT EXISTS (SELECT 1 FROM outbox WHERE kind = ?2 AND id = ?3) AS waits) o
WHERE kind = ?2 AND id = ?3";

/// Nothing is pending on a record without operations.
pub(crate) const REST: &str = "\
UPDATE record SET pending = 0
WHERE +pending = 1 AND (kind, id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))
AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.kind = record.kind AND o.id = record.id)";

fn write_code(code: Code) -> Result<String> {
    Ok(serde_json::to_value(code)?.as_str().unwrap_or("internal").to_owned())
}

/// A code of a newer HQ that this version does not know reads as a fault.
fn read_code(text: &str) -> Code {
    serde_json::from_value(serde_json::Value::from(text)).unwrap_or(Code::Internal)
}
