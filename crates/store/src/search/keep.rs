//! Keeping the index: what changed goes out and comes in anew, a page at a time.
//!
//! Runs in the caller's transaction and begins none of its own.

use super::{
    card::{Card, opens},
    grams::{self, Role, normalised},
    sound,
};
use crate::{Result, customer, record::parse_id};
use doorstep_domain::{Doc, Kind, id::RecordId};
use serde_json::{Value, json};
use sqlx::{Connection, QueryBuilder, Sqlite, SqliteConnection};
use std::collections::{BTreeSet, HashMap};

/// The index's tables.
const TABLES: [&str; 4] = ["search_name", "search_name_key", "search_note", "search_note_key"];
/// Records of a page that are taken in with it. Indexing takes longer than storing, and whoever waits for a sync waits for
/// both; what is left for later follows right after it.
const WITH_A_PAGE_MAX: usize = 32;
/// Records that are taken in with one transaction, when there is time.
const AT_ONCE_MAX: i64 = 500;
/// Rows stored with one statement.
const ROWS_AT_ONCE: usize = 128;

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
    let new: Vec<Entry> = searched.iter().filter_map(|(kind, id, doc)| entry(kind, *id, doc)).collect();
    put_in(connection, &new).await
}

/// Indexes what a page brought, or notes that it is due when there is too much of it.
///
/// # Errors
/// [`crate::Error::Database`].
pub(crate) async fn take_in(connection: &mut SqliteConnection, rows: &[(Kind, RecordId, &Doc)]) -> Result<()> {
    if rows.len() <= WITH_A_PAGE_MAX {
        return index(connection, rows).await;
    }
    customer::order::keep(connection, rows).await?;
    let due: Vec<_> = rows.iter().filter(|(kind, _, _)| is_searched(kind)).collect();
    for rows in due.chunks(ROWS_AT_ONCE) {
        let mut sql: QueryBuilder<Sqlite> = QueryBuilder::new("INSERT OR REPLACE INTO search_due (kind, id) ");
        sql.push_values(rows, |mut row, (kind, id, _)| {
            row.push_bind(kind.as_str()).push_bind(id.to_string());
        });
        sql.build().execute(&mut *connection).await?;
    }
    Ok(())
}

/// Indexes some of what is due; returns whether anything was.
///
/// # Errors
/// [`crate::Error::Database`].
pub(crate) async fn catch_up(connection: &mut SqliteConnection) -> Result<bool> {
    let sql = "SELECT d.seq, d.kind, d.id, r.doc FROM search_due d \
               LEFT JOIN record r ON r.kind = d.kind AND r.id = d.id ORDER BY d.seq LIMIT ?";
    let due: Vec<(i64, String, String, Option<String>)> =
        sqlx::query_as(sql).bind(AT_ONCE_MAX).fetch_all(&mut *connection).await?;
    let Some((last, ..)) = due.last() else { return Ok(false) };
    let mut read = Vec::with_capacity(due.len());
    for (_, kind, id, doc) in &due {
        // A record that left before its turn is in the index no more.
        let doc: Option<Doc> = doc.as_deref().map(serde_json::from_str).transpose()?;
        read.extend(doc.map(|doc| Ok::<_, crate::Error>((Kind::parse(kind)?, parse_id(id)?, doc))).transpose()?);
    }
    let rows: Vec<_> = read.iter().map(|(kind, id, doc)| (kind.clone(), *id, doc)).collect();
    index(connection, &rows).await?;
    sqlx::query("DELETE FROM search_due WHERE seq <= ?").bind(last).execute(connection).await?;
    Ok(true)
}

/// How texts are written into the index; counts up when [`normalised`] or the keys change.
const FORM: u32 = 2;

/// Notes that everything is due when an earlier version wrote the index in another form. It is found by what it has
/// until its turn comes, in the order in which it is: the newest stay the newest.
///
/// # Errors
/// [`crate::Error::Database`].
pub(crate) async fn renew(connection: &mut SqliteConnection) -> Result<()> {
    let form: Option<String> = sqlx::query_scalar("SELECT value FROM meta WHERE name = 'search_form'")
        .fetch_optional(&mut *connection)
        .await?;
    if form.is_some_and(|form| form == FORM.to_string()) {
        return Ok(());
    }
    let mut tx = connection.begin().await?;
    let due = "INSERT OR IGNORE INTO search_due (kind, id) SELECT kind, record_id FROM search_entry ORDER BY row";
    sqlx::query(due).execute(&mut *tx).await?;
    let note = "INSERT OR REPLACE INTO meta (name, value) VALUES ('search_form', ?)";
    sqlx::query(note).bind(FORM.to_string()).execute(&mut *tx).await?;
    Ok(tx.commit().await?)
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
    for table in TABLES {
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
    for table in TABLES {
        let sql = format!("DELETE FROM {table} WHERE rowid IN (SELECT value FROM json_each(?))");
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&rows).execute(&mut *connection).await?;
    }
    Ok(())
}

/// A record as the index holds it.
struct Entry {
    kind: String,
    id: RecordId,
    opens: (Kind, RecordId),
    /// Pairs of what it is called and of what else stands on it, and their keys.
    name: Option<[String; 3]>,
    /// Pairs of its running text, and their keys.
    note: Option<[String; 2]>,
}

async fn put_in(connection: &mut SqliteConnection, entries: &[Entry]) -> Result<()> {
    let last: i64 =
        sqlx::query_scalar("SELECT ifnull(max(row), 0) FROM search_entry").fetch_one(&mut *connection).await?;
    let rows: Vec<(i64, &Entry)> = (last + 1..).zip(entries).collect();
    for rows in rows.chunks(ROWS_AT_ONCE) {
        let mut sql = QueryBuilder::new("INSERT INTO search_entry (row, kind, id, open_kind, open) ");
        sql.push_values(rows, |mut row, (number, entry)| {
            let (open_kind, open) = &entry.opens;
            row.push_bind(number).push_bind(&entry.kind).push_bind(entry.id.0.as_bytes().as_slice());
            row.push_bind(open_kind.as_str()).push_bind(open.0.as_bytes().as_slice());
        });
        sql.build().execute(&mut *connection).await?;
    }
    let named = rows.iter().filter_map(|(number, entry)| entry.name.as_ref().map(|texts| (*number, texts)));
    let noted = rows.iter().filter_map(|(number, entry)| entry.note.as_ref().map(|texts| (*number, texts)));
    let (names, notes): (Vec<_>, Vec<_>) = (named.collect(), noted.collect());
    put_texts(connection, "search_name (rowid, name, more)", &names, |[name, more, _]| vec![name, more]).await?;
    put_texts(connection, "search_name_key (rowid, key)", &names, |[_, _, keys]| vec![keys]).await?;
    put_texts(connection, "search_note (rowid, note)", &notes, |[note, _]| vec![note]).await?;
    put_texts(connection, "search_note_key (rowid, key)", &notes, |[_, keys]| vec![keys]).await
}

/// Writes texts of many records into one of the index's tables.
async fn put_texts<T>(
    connection: &mut SqliteConnection,
    columns: &str,
    rows: &[(i64, &T)],
    texts: impl Fn(&T) -> Vec<&String>,
) -> Result<()> {
    for rows in rows.chunks(ROWS_AT_ONCE) {
        let mut sql: QueryBuilder<Sqlite> = QueryBuilder::new(format!("INSERT INTO {columns} "));
        sql.push_values(rows, |mut row, (number, record)| {
            row.push_bind(number);
            texts(record).into_iter().for_each(|text| {
                row.push_bind(text);
            });
        });
        sql.build().execute(&mut *connection).await?;
    }
    Ok(())
}

/// A record as the index holds it; `None` when there is nothing to find of it.
fn entry(kind: &Kind, id: RecordId, doc: &Doc) -> Option<Entry> {
    let opens = opens(kind, id, doc)?;
    let card = Card::of(kind, doc);
    let (called, more, notes) = (all(&card.called), all(&card.more), all(&card.notes));
    let named = || {
        let mut keys = keys(&called, Role::Called);
        keys.append(&mut self::keys(&more, Role::Said));
        if let Some(name) = &card.spoken {
            sound::keys(&normalised(name), &mut keys);
        }
        [pairs(&called), pairs(&more), joined(&keys)]
    };
    let name = (!(called.is_empty() && more.is_empty())).then(named);
    let note = (!notes.is_empty()).then(|| [pairs(&notes), joined(&keys(&notes, Role::Said))]);
    let found = name.is_some() || note.is_some();
    found.then(|| Entry { kind: kind.to_string(), id, opens, name, note })
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
