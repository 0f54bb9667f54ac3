//! A change under way: what a batch needs to read, and the statements that store it.

use super::{digest, rows, sql, steps};
use crate::storage::{
    Changes, Device, Kept, Key, Move, Standing, Step, StorageError, StoredRecord, Writing, Written,
    columns::{self, kept, text},
    office, sums,
};
use doorstep_domain::{
    Kind,
    id::{BranchId, EngineerId, RecordId},
    merge::Version,
    record,
};
use serde_json::Value;
use sqlx::{
    Postgres, Row,
    postgres::{PgConnection, PgRow},
};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    mem,
};
use tokio::sync::OwnedMutexGuard;
use uuid::Uuid;

/// A transaction that holds the turn of its home.
pub(super) struct Transaction {
    tx: sqlx::Transaction<'static, Postgres>,
    /// Records that were read, and so are held.
    held: HashSet<Key>,
    _turn: Option<OwnedMutexGuard<()>>,
}

impl Transaction {
    pub(super) fn new(tx: sqlx::Transaction<'static, Postgres>, turn: Option<OwnedMutexGuard<()>>) -> Self {
        Self { tx, held: HashSet::new(), _turn: turn }
    }

    /// Rows that were locked, as records.
    fn hold(&mut self, rows: &[PgRow]) -> Result<Vec<StoredRecord>, StorageError> {
        let found: Vec<StoredRecord> = rows.iter().map(rows::record).collect::<Result<_, _>>()?;
        self.held.extend(found.iter().map(|record| record.key.clone()));
        Ok(found)
    }
}

impl Writing for Transaction {
    fn standing(&mut self, device: i64, incarnation: u32) -> Step<'_, Standing> {
        Box::pin(steps::standing(&mut self.tx, device, incarnation))
    }

    fn answered(&mut self, device: i64, incarnation: u32, from: u64, to: u64) -> Step<'_, Vec<Kept>> {
        Box::pin(async move {
            let rows = sqlx::query(sql::ANSWERED)
                .bind(device)
                .bind(i64::from(incarnation))
                .bind(kept(from))
                .bind(kept(to))
                .fetch_all(&mut *self.tx)
                .await?;
            rows.iter().map(operation).collect()
        })
    }

    fn records<'a>(&'a mut self, keys: &'a [Key]) -> Step<'a, Vec<StoredRecord>> {
        Box::pin(async move {
            let (kinds, ids) = rows::keys(keys);
            let rows = sqlx::query(sql::LOCK_RECORDS).bind(kinds).bind(ids).fetch_all(&mut *self.tx).await?;
            self.hold(&rows)
        })
    }

    fn below<'a>(&'a mut self, parents: &'a [RecordId], kinds: &'a [Kind]) -> Step<'a, Vec<StoredRecord>> {
        Box::pin(async move {
            let parents: Vec<String> = parents.iter().map(ToString::to_string).collect();
            let kinds: Vec<&str> = kinds.iter().map(Kind::as_str).collect();
            let rows = sqlx::query(sql::BELOW).bind(parents).bind(kinds).fetch_all(&mut *self.tx).await?;
            self.hold(&rows)
        })
    }

    fn left<'a>(&'a mut self, feeds: &'a [String], keys: &'a [Key]) -> Step<'a, Vec<(String, Key)>> {
        Box::pin(async move {
            let kinds: Vec<&str> = keys.iter().map(|key| key.kind.as_str()).collect();
            let ids: Vec<Uuid> = keys.iter().map(|key| key.id.0).collect();
            let rows = sqlx::query(sql::LEFT).bind(feeds).bind(kinds).bind(ids).fetch_all(&mut *self.tx).await?;
            let left = |row: &sqlx::postgres::PgRow| {
                let key = Key::new(columns::kind(row.try_get("kind")?)?, rows::id(row, "id")?);
                Ok((row.try_get("feed")?, key))
            };
            rows.iter().map(left).collect()
        })
    }

    fn devices(&mut self) -> Step<'_, Vec<Device>> {
        Box::pin(
            async move { sqlx::query(sql::DEVICES).fetch_all(&mut *self.tx).await?.iter().map(rows::device).collect() },
        )
    }

    fn reserve(&mut self, count: u64) -> Step<'_, Version> {
        Box::pin(async move {
            let row = sqlx::query(sql::RESERVE).bind(kept(count)).fetch_one(&mut *self.tx).await?;
            rows::count(&row, "version")
        })
    }

    fn put(&mut self, mut changes: Changes) -> Step<'_, ()> {
        Box::pin(async move {
            let tx = &mut *self.tx;
            sqlx::query(sql::PUT_INCARNATION)
                .bind(changes.device)
                .bind(i64::from(changes.incarnation))
                .execute(&mut *tx)
                .await?;
            let before = digest::before(tx, &changes).await?;
            let written = Written::beside(mem::take(&mut changes.records));
            put_operations(tx, &changes).await?;
            let written = written.await?;
            let (held, new) = written.iter().partition(|written| self.held.contains(&written.record.key));
            put_records(tx, sql::SET_RECORDS, held).await?;
            put_records(tx, sql::ADD_RECORDS, new).await?;
            self.held.extend(written.iter().map(|written| written.record.key.clone()));
            // From here on others wait for these feeds.
            put_moves(tx, &changes.moves).await?;
            let now = written.iter().map(|written| (&written.record.key, written.sum)).collect();
            digest::put(tx, &sums::added(&before, &now, &changes.moves)).await
        })
    }

    fn move_laptops(&mut self, engineer: EngineerId, branch: BranchId) -> Step<'_, ()> {
        Box::pin(async move {
            // Codes first: a laptop that one of them enrols meanwhile is there when the laptops move.
            for statement in [sql::MOVE_CODES, sql::MOVE_LAPTOPS] {
                sqlx::query(statement).bind(engineer.0.0).bind(branch.0.0).execute(&mut *self.tx).await?;
            }
            Ok(())
        })
    }

    fn commit(self: Box<Self>) -> Step<'static, ()> {
        Box::pin(async move { Ok(self.tx.commit().await?) })
    }
}

fn operation(row: &PgRow) -> Result<Kept, StorageError> {
    let answered = columns::answered(row.try_get("seq")?, row.try_get("hash")?, row.try_get("outcome")?)?;
    Ok(Kept { answered, body: row.try_get("body")? })
}

/// What attachments are found by.
fn hash(record: &StoredRecord) -> Option<&str> {
    let hash = record.doc.get("hash").and_then(Value::as_str);
    hash.filter(|hash| record.key.kind == Kind::ATTACHMENT && !hash.contains('\0'))
}

/// What the record hangs on.
fn parent(stored: &StoredRecord) -> Option<String> {
    record::parent(&stored.key.kind, &stored.doc).map(|id| id.to_string())
}

async fn put_records(
    tx: &mut PgConnection,
    statement: &'static str,
    written: Vec<&Written>,
) -> Result<(), StorageError> {
    if written.is_empty() {
        return Ok(());
    }
    let records: Vec<&StoredRecord> = written.iter().map(|written| &written.record).collect();
    let (highs, lows): (Vec<i64>, Vec<i64>) = written.iter().map(|written| written.sum.halves()).unzip();
    let docs: Vec<&str> = written.iter().map(|written| written.doc.as_str()).collect();
    let (whose, since): (Vec<Option<String>>, Vec<Option<i64>>) =
        records.iter().map(|r| office::columns(r).unzip()).unzip();
    let done = sqlx::query(statement)
        .bind(records.iter().map(|r| r.key.kind.as_str()).collect::<Vec<&str>>())
        .bind(records.iter().map(|r| r.key.id.0).collect::<Vec<Uuid>>())
        .bind(records.iter().map(|r| r.feed.as_deref()).collect::<Vec<Option<&str>>>())
        .bind(records.iter().map(|r| kept(r.version)).collect::<Vec<i64>>())
        .bind(docs)
        .bind(written.iter().map(|written| written.stamps.as_str()).collect::<Vec<&str>>())
        .bind(records.iter().map(|r| hash(r)).collect::<Vec<Option<&str>>>())
        .bind(records.iter().map(|r| parent(r)).collect::<Vec<Option<String>>>())
        .bind(highs)
        .bind(lows)
        .bind(whose)
        .bind(since)
        .execute(tx)
        .await?;
    if done.rows_affected() == records.len() as u64 { Ok(()) } else { Err(StorageError::Overtaken) }
}

/// Positions are given here, under the locks of their feeds: commit order is feed order.
async fn put_moves(tx: &mut PgConnection, moves: &[Move]) -> Result<(), StorageError> {
    let moves = last_of_each(moves);
    if moves.is_empty() {
        return Ok(());
    }
    let mut places: BTreeMap<&str, i64> = BTreeMap::new();
    for step in &moves {
        *places.entry(&step.feed).or_default() += 1;
    }
    let (names, counts): (Vec<&str>, Vec<i64>) = places.iter().map(|(name, count)| (*name, *count)).unzip();
    let grown = sqlx::query(sql::GROW_FEEDS).bind(names).bind(counts).fetch_all(&mut *tx).await?;
    let mut last: HashMap<String, i64> = HashMap::new();
    for row in &grown {
        let name: String = row.try_get("name")?;
        let given = places.get(name.as_str()).copied().unwrap_or(0);
        last.insert(name, row.try_get::<i64, _>("position")? - given);
    }
    let mut positions = Vec::with_capacity(moves.len());
    for step in &moves {
        let position = last.entry(step.feed.clone()).or_default();
        *position += 1;
        positions.push(*position);
    }
    sqlx::query(sql::PUT_ENTRIES)
        .bind(moves.iter().map(|step| step.feed.as_str()).collect::<Vec<&str>>())
        .bind(positions)
        .bind(moves.iter().map(|step| step.key.kind.as_str()).collect::<Vec<&str>>())
        .bind(moves.iter().map(|step| step.key.id.0).collect::<Vec<Uuid>>())
        .bind(moves.iter().map(|step| step.gone).collect::<Vec<bool>>())
        .execute(tx)
        .await?;
    Ok(())
}

/// One statement moves an entry once: of several moves of a record in a feed, the last one counts.
fn last_of_each(moves: &[Move]) -> Vec<&Move> {
    let mut seen = HashSet::new();
    let mut last: Vec<&Move> = moves.iter().rev().filter(|step| seen.insert((&step.feed, &step.key))).collect();
    last.reverse();
    last
}

async fn put_operations(tx: &mut PgConnection, changes: &Changes) -> Result<(), StorageError> {
    let operations = &changes.operations;
    if operations.is_empty() {
        return Ok(());
    }
    let outcomes: Vec<String> =
        operations.iter().map(|kept| text(&kept.answered.outcome, "outcome")).collect::<Result<_, _>>()?;
    sqlx::query(sql::PUT_OPERATIONS)
        .bind(changes.device)
        .bind(i64::from(changes.incarnation))
        .bind(changes.at.timestamp_millis())
        .bind(operations.iter().map(|k| kept(k.answered.seq)).collect::<Vec<i64>>())
        .bind(operations.iter().map(|k| k.answered.hash.as_slice()).collect::<Vec<&[u8]>>())
        .bind(operations.iter().map(|k| k.body.as_str()).collect::<Vec<&str>>())
        .bind(outcomes)
        .execute(tx)
        .await?;
    Ok(())
}
