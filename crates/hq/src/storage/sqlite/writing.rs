//! A change under way: what a batch needs to read, and the statements that store it.

use super::{bulk, digest, reading, rows, sql, steps};
use crate::storage::{
    Changes, Device, Kept, Key, Move, Standing, Step, StorageError, StoredRecord, Writing, Written,
    columns::{self, kept, text},
    office, sums,
};
use chrono::{DateTime, Utc};
use doorstep_domain::{
    Kind,
    id::{BranchId, EngineerId, RecordId},
    merge::Version,
    record,
};
use sqlx::{Row, Sqlite, sqlite::SqliteConnection};
use std::collections::BTreeMap;
use tokio::sync::OwnedMutexGuard;

/// A transaction that holds the one writer's turn.
pub(super) struct Transaction {
    tx: sqlx::Transaction<'static, Sqlite>,
    _turn: OwnedMutexGuard<()>,
}

impl Transaction {
    pub(super) fn new(tx: sqlx::Transaction<'static, Sqlite>, turn: OwnedMutexGuard<()>) -> Self {
        Self { tx, _turn: turn }
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
        Box::pin(reading::records(&mut self.tx, keys))
    }

    fn below<'a>(&'a mut self, parents: &'a [RecordId], kinds: &'a [Kind]) -> Step<'a, Vec<StoredRecord>> {
        Box::pin(async move {
            let (parents, kinds) = (text(&parents, "ids")?, text(&kinds, "kinds")?);
            let rows = sqlx::query(sql::BELOW).bind(parents).bind(kinds).fetch_all(&mut *self.tx).await?;
            rows.iter().map(rows::record).collect()
        })
    }

    fn left<'a>(&'a mut self, feeds: &'a [String], keys: &'a [Key]) -> Step<'a, Vec<(String, Key)>> {
        Box::pin(async move {
            let wanted: Vec<_> = keys.iter().map(|key| (&key.kind, key.id)).collect();
            let (feeds, wanted) = (text(&feeds, "feeds")?, text(&wanted, "keys")?);
            let rows = sqlx::query(sql::LEFT).bind(feeds).bind(wanted).fetch_all(&mut *self.tx).await?;
            let left = |row: &sqlx::sqlite::SqliteRow| {
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

    fn put(&mut self, changes: Changes) -> Step<'_, ()> {
        Box::pin(async move {
            let tx = &mut *self.tx;
            sqlx::query(sql::PUT_INCARNATION)
                .bind(changes.device)
                .bind(i64::from(changes.incarnation))
                .execute(&mut *tx)
                .await?;
            let before = digest::before(tx, &changes).await?;
            let Changes { device, incarnation, records, moves, operations, at, .. } = changes;
            let written = Written::beside(records);
            put_operations(tx, (device, incarnation, at), operations).await?;
            put_moves(tx, &moves).await?;
            let written = written.await?;
            let now = written.iter().map(|written| (&written.record.key, written.sum)).collect();
            digest::put(tx, &sums::added(&before, &now, &moves)).await?;
            put_records(tx, written).await
        })
    }

    fn move_laptops(&mut self, engineer: EngineerId, branch: BranchId) -> Step<'_, ()> {
        Box::pin(async move {
            // Codes first: a laptop that one of them enrols meanwhile is there when the laptops move.
            for statement in [sql::MOVE_CODES, sql::MOVE_LAPTOPS] {
                sqlx::query(statement)
                    .bind(engineer.to_string())
                    .bind(branch.to_string())
                    .execute(&mut *self.tx)
                    .await?;
            }
            Ok(())
        })
    }

    fn commit(self: Box<Self>) -> Step<'static, ()> {
        Box::pin(async move { Ok(self.tx.commit().await?) })
    }
}

fn operation(row: &sqlx::sqlite::SqliteRow) -> Result<Kept, StorageError> {
    let answered = columns::answered(row.try_get("seq")?, row.try_get("hash")?, row.try_get("outcome")?)?;
    Ok(Kept { answered, body: row.try_get("body")? })
}

async fn put_records(tx: &mut SqliteConnection, written: Vec<Written>) -> Result<(), StorageError> {
    bulk::put(tx, sql::PUT_RECORDS, written, |query, Written { record, doc, stamps, sum }| {
        let parent = record::parent(&record.key.kind, &record.doc).map(|id| id.to_string());
        let (whose, since) = office::columns(&record).unzip();
        let (high, low) = sum.halves();
        let query = query.bind(record.key.kind.as_str()).bind(record.key.id.to_string()).bind(record.feed);
        let query = query.bind(kept(record.version)).bind(doc).bind(stamps);
        Ok(query.bind(parent).bind(high).bind(low).bind(whose).bind(since))
    })
    .await
}

/// Positions are given here, under the one writer's transaction: commit order is feed order.
async fn put_moves(tx: &mut SqliteConnection, moves: &[Move]) -> Result<(), StorageError> {
    let mut places: BTreeMap<&str, u64> = BTreeMap::new();
    for step in moves {
        *places.entry(&step.feed).or_default() += 1;
    }
    let grown = sqlx::query(sql::GROW_FEEDS).bind(text(&places, "feeds")?).fetch_all(&mut *tx).await?;
    let mut last: BTreeMap<String, u64> = BTreeMap::new();
    for row in &grown {
        let name: String = row.try_get("name")?;
        let given = places.get(name.as_str()).copied().unwrap_or(0);
        let end = rows::count(row, "position")?;
        last.insert(name, end.saturating_sub(given));
    }
    let mut batch = Vec::with_capacity(moves.len());
    for step in moves {
        let position = last.entry(step.feed.clone()).or_default();
        *position += 1;
        batch.push((step, kept(*position)));
    }
    bulk::put(tx, sql::PUT_ENTRIES, batch, |query, (Move { feed, key, gone }, position)| {
        Ok(query.bind(feed.as_str()).bind(position).bind(key.kind.as_str()).bind(key.id.to_string()).bind(gone))
    })
    .await
}

async fn put_operations(
    tx: &mut SqliteConnection,
    (device, incarnation, at): (i64, u32, DateTime<Utc>),
    operations: Vec<Kept>,
) -> Result<(), StorageError> {
    bulk::put(tx, sql::PUT_OPERATIONS, operations, |query, Kept { answered, body }| {
        let outcome = text(&answered.outcome, "outcome")?;
        let query = query.bind(device).bind(i64::from(incarnation)).bind(kept(answered.seq));
        Ok(query.bind(answered.hash.to_vec()).bind(at.timestamp_millis()).bind(body).bind(outcome))
    })
    .await
}
