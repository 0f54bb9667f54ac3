//! Records: reading them, and changing them together with their outbox entry.

mod layers;

pub(crate) use layers::{overlay, pending_of};

use crate::{Result, Store, Write, search};
use chrono::{DateTime, Utc};
use doorstep_domain::{
    Code, Doc, Kind, Noun, Refusal, bounds,
    customer::REDIRECTS_MAX,
    describe,
    id::RecordId,
    merge::{Change, Version},
    parked, record,
};
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection, sqlite::SqliteRow};
use std::collections::BTreeMap;

/// A record as people see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// Its kind.
    pub kind: Kind,
    /// Its id.
    pub id: RecordId,
    /// Its fields: HQ's with the pending ones over them.
    pub doc: Doc,
    /// Whether changes of it wait for HQ.
    pub pending: bool,
    /// HQ's version; 0 while HQ does not have it.
    pub hq_version: Version,
}

impl Stored {
    /// Reads it whole as a noun: for whoever changes it, or puts it on paper.
    ///
    /// # Errors
    /// [`Code::RecordNewer`] when a newer version wrote something that this one cannot read.
    pub fn read<T: Noun>(&self) -> Result<T> {
        Ok(record::read(&self.doc).map_err(|refusal| Refusal { code: Code::RecordNewer, ..refusal })?)
    }

    /// Reads it as far as this version can: for whoever shows it, beside [`Stored::parked`].
    #[must_use]
    pub fn known<T: Noun>(&self) -> T {
        parked::known(&self.doc)
    }

    /// The fields that this version cannot read.
    #[must_use]
    pub fn parked(&self) -> Vec<String> {
        record::parked(&self.kind, &self.doc)
    }
}

/// A change to one record: new values by field, `null` clears.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// Kind of the record.
    pub kind: Kind,
    /// The record; a new id makes a new record.
    pub id: RecordId,
    /// The fields that change.
    pub patch: Doc,
}

pub(crate) fn stored(row: &SqliteRow) -> Result<Stored> {
    let doc: String = row.try_get("doc")?;
    Ok(Stored {
        kind: Kind::parse(row.try_get("kind")?)?,
        id: parse_id(row.try_get("id")?)?,
        doc: serde_json::from_str(&doc)?,
        pending: row.try_get::<i64, _>("pending")? != 0,
        hq_version: u64::try_from(row.try_get::<i64, _>("hq_version")?).unwrap_or(0),
    })
}

pub(crate) fn parse_id(text: &str) -> Result<RecordId> {
    text.parse().map_err(|_| crate::Error::Damaged("an id is not one".into()))
}

/// Pushes the ids of a customer and of those that were merged into it.
pub(crate) fn push_same(sql: &mut QueryBuilder<Sqlite>, customer: &str) {
    let text = same_customer("\u{1}");
    let (before, after) = text.split_once('\u{1}').unwrap_or((&text, ""));
    sql.push(before).push_bind(customer.to_owned()).push(after);
}

/// The ids of a customer and of those that were merged into it; `customer` names the one. The plus takes the column's
/// affinity away, with which SQLite does not use the index of an expression and goes through all that were merged.
pub(crate) fn same_customer(customer: &str) -> String {
    format!(
        "WITH RECURSIVE same(id, depth) AS (SELECT {customer}, 0 UNION ALL \
         SELECT m.id, depth + 1 FROM same CROSS JOIN record m INDEXED BY customer_merged \
         ON m.kind = 'customer' AND m.deleted = 0 AND m.doc ->> '$.merged_into' = +same.id AND m.doc ->> '$.merged_into' IS NOT NULL WHERE depth < {REDIRECTS_MAX}) \
         SELECT id FROM same"
    )
}

/// Without the index by name SQLite goes through all customers.
pub(crate) const MERGED_INTO: &str = "\
SELECT kind, id, doc, pending, hq_version FROM record INDEXED BY customer_merged
WHERE kind = 'customer' AND deleted = 0 AND doc ->> '$.merged_into' = ? AND doc ->> '$.merged_into' IS NOT NULL
ORDER BY id";

const COLUMNS: &str = "kind, id, doc, pending, hq_version";

async fn fetch(connection: &mut SqliteConnection, kind: &Kind, id: RecordId) -> Result<Option<Stored>> {
    let sql = "SELECT kind, id, doc, pending, hq_version FROM record WHERE kind = ? AND id = ?";
    let row = sqlx::query(sql).bind(kind.as_str()).bind(id.to_string()).fetch_optional(connection).await?;
    row.as_ref().map(stored).transpose()
}

impl Store {
    /// A record, tombstones included.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn get(&self, kind: &Kind, id: RecordId) -> Result<Option<Stored>> {
        fetch(&mut *self.pool().acquire().await?, kind, id).await
    }

    /// Every living record of a kind, oldest id first. For kinds that stay few: templates, products, engineers.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn all(&self, kind: &Kind) -> Result<Vec<Stored>> {
        let sql = format!("SELECT {COLUMNS} FROM record WHERE kind = ? AND deleted = 0 ORDER BY id");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(kind.as_str()).fetch_all(self.pool()).await?;
        rows.iter().map(stored).collect()
    }

    /// Living records of a visit, of every kind, oldest id first.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn of_visit(&self, visit: RecordId) -> Result<Vec<Stored>> {
        self.of("visit_id", visit).await
    }

    /// Living records of a customer and of those that were merged into it, of every kind, oldest id first.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn of_customer(&self, customer: RecordId) -> Result<Vec<Stored>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM record WHERE customer_id IN ({}) AND deleted = 0 ORDER BY id",
            same_customer("?")
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(customer.to_string()).fetch_all(self.pool()).await?;
        rows.iter().map(stored).collect()
    }

    /// Customers that were merged right into one, oldest id first.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn merged_into(&self, customer: RecordId) -> Result<Vec<Stored>> {
        let rows = sqlx::query(MERGED_INTO).bind(customer.to_string()).fetch_all(self.pool()).await?;
        rows.iter().map(stored).collect()
    }

    /// The customer that stands for one: itself, or the one it was merged into.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn stands_for(&self, customer: RecordId) -> Result<RecordId> {
        Ok(self.merged_along(customer).await?.last().copied().unwrap_or(customer))
    }

    /// The customers that one was merged into, one after the other, nearest first.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn merged_along(&self, customer: RecordId) -> Result<Vec<RecordId>> {
        let sql = "WITH RECURSIVE along(id, depth) AS ( \
                     SELECT doc ->> '$.merged_into', 1 FROM record WHERE kind = 'customer' AND id = ?1 AND deleted = 0 \
                     UNION ALL SELECT r.doc ->> '$.merged_into', depth + 1 FROM along \
                     JOIN record r ON r.kind = 'customer' AND r.id = along.id AND r.deleted = 0 WHERE depth < ?2) \
                   SELECT a.id FROM along a JOIN record r ON r.kind = 'customer' AND r.id = a.id ORDER BY depth";
        let ids: Vec<String> =
            sqlx::query_scalar(sql).bind(customer.to_string()).bind(REDIRECTS_MAX).fetch_all(self.pool()).await?;
        ids.iter().map(|id| parse_id(id)).collect()
    }

    async fn of(&self, column: &'static str, id: RecordId) -> Result<Vec<Stored>> {
        let sql = format!("SELECT {COLUMNS} FROM record WHERE {column} = ? AND deleted = 0 ORDER BY id");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.to_string()).fetch_all(self.pool()).await?;
        rows.iter().map(stored).collect()
    }
}

impl Write<'_> {
    /// A record as it is within this change, tombstones included.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn get(&mut self, kind: &Kind, id: RecordId) -> Result<Option<Stored>> {
        fetch(&mut self.tx, kind, id).await
    }

    /// Changes a record and puts the change in the outbox. Fields that already have the new value are left out, so
    /// saving twice sends nothing. Returns whether anything changed.
    ///
    /// # Errors
    /// [`crate::Error::Refused`] when the record would have the wrong shape, with [`Code::RecordNewer`] when it has one that
    /// this version cannot read; [`crate::Error::Database`].
    pub async fn put(&mut self, now: DateTime<Utc>, edit: &Edit) -> Result<bool> {
        if let Some(field) = edit.patch.keys().find(|field| !describe(&edit.kind).is_written_by_laptops(field)) {
            return Err(Refusal::new(Code::OutOfScope, "HQ owns this").on(field).into());
        }
        let old = self.layer(&edit.kind, edit.id).await?;
        let before = old.as_ref().map(|o| &o.doc);
        let patch: Doc = edit.patch.iter().filter(|(f, v)| is_change(before, f, v)).map(own).collect();
        if patch.is_empty() && old.is_some() {
            return Ok(false);
        }
        patch.iter().try_for_each(|(field, value)| bounds::check(&edit.kind, field, value))?;
        let doc = record::patched(before.unwrap_or(&Doc::new()), &patch);
        record::check(&edit.kind, &doc).map_err(|refusal| {
            // Nobody judges by this version's rules what a newer one wrote.
            let newer = before.is_some_and(|before| !record::parked(&edit.kind, before).is_empty());
            if newer { Refusal::new(Code::RecordNewer, "a newer version wrote this record") } else { refusal }
        })?;
        let seen =
            Seen { record: old.as_ref().map_or(0, |o| o.version), visit: self.visit_version(&edit.kind, &doc).await? };
        let versions = old.map(|o| o.versions).unwrap_or_default();
        let fields = patch.into_iter().map(|(field, value)| {
            let base = versions.get(&field).copied().unwrap_or(0);
            (field, Change { value, base })
        });
        self.queue(now, edit, fields.collect(), seen).await?;
        self.store_doc(now, edit, &doc).await?;
        search::index(&mut self.tx, &[(edit.kind.clone(), edit.id, &doc)]).await?;
        Ok(true)
    }

    /// Makes a record again that travelled inside a sealed document, as the document has it: its author saw all of it
    /// under HQ's version `seen`. One that is here takes on what differs.
    ///
    /// # Errors
    /// As [`Write::put`].
    pub async fn put_back(&mut self, now: DateTime<Utc>, edit: &Edit, seen: Version) -> Result<()> {
        let versions: BTreeMap<&String, Version> = edit.patch.keys().map(|field| (field, seen)).collect();
        let sql = "INSERT INTO record (kind, id, doc, hq_versions, pending, changed_at) VALUES (?, ?, '{}', ?, 1, ?) \
                   ON CONFLICT DO NOTHING";
        sqlx::query(sql)
            .bind(edit.kind.as_str())
            .bind(edit.id.to_string())
            .bind(serde_json::to_string(&versions)?)
            .bind(now.to_rfc3339())
            .execute(&mut *self.tx)
            .await?;
        self.put(now, edit).await?;
        Ok(())
    }

    async fn layer(&mut self, kind: &Kind, id: RecordId) -> Result<Option<Layer>> {
        let sql = "SELECT doc, hq_versions, hq_version FROM record WHERE kind = ? AND id = ?";
        let row: Option<(String, String, i64)> =
            sqlx::query_as(sql).bind(kind.as_str()).bind(id.to_string()).fetch_optional(&mut *self.tx).await?;
        let read = |(doc, versions, version): (String, String, i64)| {
            let versions: BTreeMap<String, Version> = serde_json::from_str(&versions)?;
            // What was put back was seen inside a sealed document.
            let newest = versions.values().max().map_or(0, |newest| i64::try_from(*newest).unwrap_or(i64::MAX));
            Ok(Layer { doc: serde_json::from_str(&doc)?, versions, version: version.max(newest) })
        };
        row.map(read).transpose()
    }

    /// HQ's version of the visit that a record belongs to, as it is known here; 0 for none.
    async fn visit_version(&mut self, kind: &Kind, doc: &Doc) -> Result<i64> {
        let Some(visit) = doc.get("visit_id").and_then(|id| id.as_str()).filter(|_| *kind != Kind::VISIT) else {
            return Ok(0);
        };
        let sql = "SELECT hq_version FROM record WHERE kind = 'visit' AND id = ?";
        let version: Option<i64> = sqlx::query_scalar(sql).bind(visit).fetch_optional(&mut *self.tx).await?;
        Ok(version.unwrap_or(0))
    }

    async fn store_doc(&mut self, now: DateTime<Utc>, edit: &Edit, doc: &Doc) -> Result<()> {
        let sql = "INSERT INTO record (kind, id, doc, pending, changed_at) VALUES (?, ?, ?, 1, ?) \
                   ON CONFLICT DO UPDATE \
                   SET hq_doc = hq_layer, doc = excluded.doc, pending = 1, changed_at = excluded.changed_at";
        sqlx::query(sql)
            .bind(edit.kind.as_str())
            .bind(edit.id.to_string())
            .bind(serde_json::to_string(doc)?)
            .bind(now.to_rfc3339())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// The newest operation takes further fields of the same record until it has been offered to HQ, so that a
    /// form saved field by field travels as one operation. What its author saw of HQ meanwhile makes it another.
    async fn queue(
        &mut self,
        now: DateTime<Utc>,
        edit: &Edit,
        fields: BTreeMap<String, Change>,
        seen: Seen,
    ) -> Result<()> {
        self.note_dated(now).await?;
        let sql = "SELECT seq, fields FROM outbox JOIN outbox_fields USING (seq) WHERE seq = (SELECT max(seq) FROM outbox) \
                   AND kind = ? AND id = ? AND attempted = 0 AND state = 'waiting' AND seen = ? AND seen_visit = ?";
        let last: Option<(i64, String)> = sqlx::query_as(sql)
            .bind(edit.kind.as_str())
            .bind(edit.id.to_string())
            .bind(seen.record)
            .bind(seen.visit)
            .fetch_optional(&mut *self.tx)
            .await?;
        if let Some((seq, text)) = last {
            let mut all: BTreeMap<String, Change> = serde_json::from_str(&text)?;
            all.extend(fields);
            sqlx::query("UPDATE outbox SET at = ? WHERE seq = ?")
                .bind(now.to_rfc3339())
                .bind(seq)
                .execute(&mut *self.tx)
                .await?;
            return self.set_fields(seq, &all).await;
        }
        let added = sqlx::query("INSERT INTO outbox (kind, id, at, seen, seen_visit) VALUES (?, ?, ?, ?, ?)")
            .bind(edit.kind.as_str())
            .bind(edit.id.to_string())
            .bind(now.to_rfc3339())
            .bind(seen.record)
            .bind(seen.visit)
            .execute(&mut *self.tx)
            .await?;
        self.set_fields(added.last_insert_rowid(), &fields).await
    }

    /// What an operation changes.
    async fn set_fields(&mut self, seq: i64, fields: &BTreeMap<String, Change>) -> Result<()> {
        sqlx::query("INSERT OR REPLACE INTO outbox_fields (seq, fields) VALUES (?, ?)")
            .bind(seq)
            .bind(serde_json::to_string(fields)?)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }
}

struct Layer {
    doc: Doc,
    versions: BTreeMap<String, Version>,
    version: i64,
}

/// HQ's versions as the author of an operation sees them.
#[derive(Debug, Clone, Copy)]
struct Seen {
    record: i64,
    visit: i64,
}

fn is_change(before: Option<&Doc>, field: &str, value: &serde_json::Value) -> bool {
    match before.and_then(|doc| doc.get(field)) {
        Some(old) => old != value,
        None => !value.is_null(),
    }
}

fn own((field, value): (&String, &serde_json::Value)) -> (String, serde_json::Value) {
    (field.clone(), value.clone())
}
