//! Keeping the index: what changed goes out and comes in anew, a page at a time.
//!
//! Runs in the caller's transaction and begins none of its own.

use super::{
    card::{Card, opens},
    grams::{self, Role, normalised},
    sound,
};
use crate::{Result, customer};
use doorstep_domain::{Doc, Kind, id::RecordId};
use serde_json::{Value, json};
use sqlx::SqliteConnection;
use std::collections::{BTreeSet, HashMap};

/// The index's tables: name, and its columns, which are also the names of their texts in a [`Row`].
const TABLES: [(&str, &str, &str); 4] = [
    ("search_name", "name, more", "value ->> '$.name', value ->> '$.more'"),
    ("search_name_key", "key", "value ->> '$.name_key'"),
    ("search_note", "note", "value ->> '$.note'"),
    ("search_note_key", "key", "value ->> '$.note_key'"),
];

/// Indexes records as people see them; what was indexed of them before is replaced.
///
/// # Errors
/// [`crate::Error::Database`].
pub(crate) async fn index(connection: &mut SqliteConnection, rows: &[(Kind, RecordId, &Doc)]) -> Result<()> {
    customer::order::keep(connection, rows).await?;
    let places: HashMap<(&Kind, RecordId), usize> =
        rows.iter().enumerate().map(|(place, (kind, id, _))| ((kind, *id), place)).collect();
    let latest = |place: usize, kind: &Kind, id: RecordId| places.get(&(kind, id)) == Some(&place);
    let searched: Vec<_> = rows
        .iter()
        .enumerate()
        .filter(|(at, (k, id, _))| latest(*at, k, *id) && is_searched(k))
        .map(|(_, r)| r)
        .collect();
    if searched.is_empty() {
        return Ok(());
    }
    let old: Vec<Value> = searched.iter().map(|(kind, id, _)| json!({"k": kind, "i": hex(*id)})).collect();
    take_out(connection, &old).await?;
    let new: Vec<Value> = searched.iter().filter_map(|(kind, id, doc)| row(kind, *id, doc)).collect();
    if new.is_empty() { Ok(()) } else { put_in(connection, new).await }
}

/// Takes a record out of the index.
///
/// # Errors
/// [`crate::Error::Database`].
pub(crate) async fn remove(connection: &mut SqliteConnection, kind: &Kind, id: RecordId) -> Result<()> {
    take_out(connection, &[json!({"k": kind, "i": hex(id)})]).await
}

/// Pages that one step of merging writes, of 4 KiB each.
const MERGE_PAGES: i32 = 250;

/// Merges the pieces of each table, a step at a time; returns whether a table was worked on.
///
/// # Errors
/// [`crate::Error::Database`].
pub(crate) async fn merge(connection: &mut SqliteConnection) -> Result<bool> {
    for (table, _, _) in TABLES {
        let before = changes(connection).await?;
        // Below zero: pieces of every age are merged, until there is one.
        let sql = format!("INSERT INTO {table} ({table}, rank) VALUES ('merge', ?)");
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(-MERGE_PAGES).execute(&mut *connection).await?;
        // FTS5 counts its own command as one change.
        if changes(connection).await? - before > 1 {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn changes(connection: &mut SqliteConnection) -> Result<i64> {
    Ok(sqlx::query_scalar("SELECT total_changes()").fetch_one(connection).await?)
}

fn is_searched(kind: &Kind) -> bool {
    let kinds = ["customer", "contact", "installation", "visit", "seal", "problem", "question", "open_point", "answer"];
    kinds.contains(&kind.as_str())
}

async fn take_out(connection: &mut SqliteConnection, records: &[Value]) -> Result<()> {
    let sql = "DELETE FROM search_entry WHERE row IN ( \
                   SELECT e.row FROM json_each(?) r \
                   JOIN search_entry e ON e.id = unhex(r.value ->> '$.i') AND e.kind = r.value ->> '$.k') \
               RETURNING row";
    let rows: Vec<i64> =
        sqlx::query_scalar(sql).bind(serde_json::to_string(records)?).fetch_all(&mut *connection).await?;
    if rows.is_empty() {
        return Ok(());
    }
    let rows = serde_json::to_string(&rows)?;
    for (table, _, _) in TABLES {
        let sql = format!("DELETE FROM {table} WHERE rowid IN (SELECT value FROM json_each(?))");
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&rows).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn put_in(connection: &mut SqliteConnection, mut rows: Vec<Value>) -> Result<()> {
    let last: i64 =
        sqlx::query_scalar("SELECT ifnull(max(row), 0) FROM search_entry").fetch_one(&mut *connection).await?;
    for (number, row) in (last + 1..).zip(&mut rows) {
        row["row"] = number.into();
    }
    let rows = serde_json::to_string(&rows)?;
    let sql = "INSERT INTO search_entry (row, kind, id, open_kind, open) \
               SELECT value ->> '$.row', value ->> '$.k', unhex(value ->> '$.i'), \
                      value ->> '$.open_kind', unhex(value ->> '$.open') FROM json_each(?)";
    sqlx::query(sql).bind(&rows).execute(&mut *connection).await?;
    for (table, columns, texts) in TABLES {
        let first = texts.split(',').next().unwrap_or(texts);
        let sql = format!(
            "INSERT INTO {table} (rowid, {columns}) SELECT value ->> '$.row', {texts} FROM json_each(?) \
             WHERE {first} IS NOT NULL"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&rows).execute(&mut *connection).await?;
    }
    Ok(())
}

/// A record as the index holds it; `None` when there is nothing to find of it.
fn row(kind: &Kind, id: RecordId, doc: &Doc) -> Option<Value> {
    let (open_kind, open) = opens(kind, id, doc)?;
    let card = Card::of(kind, doc);
    let (called, more, notes) = (all(&card.called), all(&card.more), all(&card.notes));
    if called.is_empty() && more.is_empty() && notes.is_empty() {
        return None;
    }
    let mut row = json!({"k": kind, "i": hex(id), "open_kind": open_kind, "open": hex(open)});
    if !(called.is_empty() && more.is_empty()) {
        let mut keys = keys(&called, Role::Called);
        keys.append(&mut self::keys(&more, Role::Said));
        if let Some(name) = card.spoken {
            sound::keys(&normalised(&name), &mut keys);
        }
        row["name"] = pairs(&called).into();
        row["more"] = pairs(&more).into();
        row["name_key"] = joined(&keys).into();
    }
    if !notes.is_empty() {
        row["note"] = pairs(&notes).into();
        row["note_key"] = joined(&keys(&notes, Role::Said)).into();
    }
    Some(row)
}

fn all(values: &[String]) -> Vec<String> {
    values.iter().map(|value| normalised(value)).filter(|value| !value.is_empty()).collect()
}

/// The pairs of all values. A value of ASCII alone is found by its keys.
fn pairs(values: &[String]) -> String {
    let mut text = String::new();
    values.iter().filter(|value| !value.is_ascii()).for_each(|value| grams::pairs(value, &mut text));
    text
}

fn keys(values: &[String], role: Role) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    values.iter().for_each(|value| grams::keys(value, role, &mut keys));
    keys
}

fn joined(keys: &BTreeSet<String>) -> String {
    let mut text = String::new();
    keys.iter().for_each(|key| {
        text.push_str(key);
        text.push(' ');
    });
    text
}

fn hex(id: RecordId) -> String {
    id.0.simple().to_string()
}
