//! Looking beneath: a database read past the code that owns it, and snags laid into it.
//!
//! A snag is a trigger that makes the real SQLite refuse a row, so that a transaction fails in its middle.

use anyhow::Result;
use doorstep_store::StoreKey;
use serde_json::{Map, Value};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Row as _,
    sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// Kind and id of a record.
pub type Row = (String, String);

/// A record as a laptop's database has it.
#[derive(Debug, Clone)]
pub struct Here {
    /// What people see.
    pub doc: Map<String, Value>,
    /// HQ's version of it.
    pub hq_version: u64,
    /// Whether something waits.
    pub pending: bool,
}

/// An operation in a laptop's outbox.
#[derive(Debug, Clone)]
pub struct Queued {
    /// Kind and id of its record.
    pub key: Row,
    /// `waiting`, `accepted` or `refused`.
    pub state: String,
    /// The fields it changes.
    pub fields: Vec<String>,
}

/// A connection of our own.
///
/// # Errors
/// When it does not open.
pub async fn open(path: &Path, key: Option<&StoreKey>) -> Result<SqliteConnection> {
    let mut options = SqliteConnectOptions::new().filename(path);
    if let Some(key) = key {
        options = options.pragma("key", format!("\"x'{}'\"", hex::encode(key.bytes())));
    }
    Ok(options.disable_statement_logging().connect().await?)
}

/// Closes it.
///
/// # Errors
/// When it does not close.
pub async fn close(connection: SqliteConnection) -> Result<()> {
    Ok(connection.close().await?)
}

const RECORDS: &str = "SELECT kind, id, doc, hq_version, pending FROM record";

fn here(row: &SqliteRow) -> Result<(Row, Here)> {
    let here = Here {
        doc: serde_json::from_str(row.try_get("doc")?)?,
        hq_version: u64::try_from(row.try_get::<i64, _>("hq_version")?)?,
        pending: row.try_get::<i64, _>("pending")? != 0,
    };
    Ok(((row.try_get("kind")?, row.try_get("id")?), here))
}

/// Every record of a laptop.
///
/// # Errors
/// When they cannot be read.
pub async fn records(connection: &mut SqliteConnection) -> Result<BTreeMap<Row, Here>> {
    sqlx::query(RECORDS).fetch_all(connection).await?.iter().map(here).collect()
}

/// Those of a laptop's records that are asked for.
///
/// # Errors
/// When they cannot be read.
pub async fn some(connection: &mut SqliteConnection, rows: &BTreeSet<&Row>) -> Result<BTreeMap<Row, Here>> {
    let sql = format!("{RECORDS} WHERE (kind, id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))");
    let asked = serde_json::to_string(rows)?;
    sqlx::query(AssertSqlSafe(sql)).bind(asked).fetch_all(connection).await?.iter().map(here).collect()
}

/// HQ's fields of a record as a laptop pulled them last, each with HQ's version.
pub type Pulled = BTreeMap<String, (Value, u64)>;

/// What a laptop has of HQ's.
///
/// # Errors
/// When it cannot be read.
pub async fn pulled(connection: &mut SqliteConnection) -> Result<BTreeMap<Row, Pulled>> {
    let rows = sqlx::query("SELECT kind, id, hq_layer, hq_versions FROM record WHERE hq_layer IS NOT NULL");
    let pulled = |row: &SqliteRow| -> Result<(Row, Pulled)> {
        let doc: Map<String, Value> = serde_json::from_str(row.try_get("hq_layer")?)?;
        let versions: BTreeMap<String, u64> = serde_json::from_str(row.try_get("hq_versions")?)?;
        let field = |(name, version): (String, u64)| {
            let value = doc.get(&name).cloned().unwrap_or_default();
            (name, (value, version))
        };
        Ok(((row.try_get("kind")?, row.try_get("id")?), versions.into_iter().map(field).collect()))
    };
    rows.fetch_all(connection).await?.iter().map(pulled).collect()
}

/// A laptop's outbox.
///
/// # Errors
/// When it cannot be read.
pub async fn outbox(connection: &mut SqliteConnection) -> Result<Vec<Queued>> {
    let rows = sqlx::query("SELECT kind, id, state, fields FROM outbox JOIN outbox_fields USING (seq) ORDER BY seq");
    let queued = |row: &SqliteRow| -> Result<Queued> {
        let fields: Map<String, Value> = serde_json::from_str(row.try_get("fields")?)?;
        let fields = fields.into_iter().map(|(field, _)| field).collect();
        Ok(Queued { key: (row.try_get("kind")?, row.try_get("id")?), state: row.try_get("state")?, fields })
    };
    rows.fetch_all(connection).await?.iter().map(queued).collect()
}

/// How a row is refused, and of which table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snag {
    /// The table.
    pub table: &'static str,
    /// `INSERT`, `UPDATE` or `DELETE`.
    pub on: &'static str,
    /// Only rows of records whose id ends in one of these digits.
    pub digits: Option<&'static str>,
}

/// Lays a snag. It stays until it is lifted.
///
/// # Errors
/// When the database does not take it.
pub async fn lay(connection: &mut SqliteConnection, snag: &Snag) -> Result<()> {
    let Snag { table, on, digits } = snag;
    let row = if *on == "DELETE" { "OLD" } else { "NEW" };
    let when = digits.map_or(String::new(), |digits| format!("WHEN instr('{digits}', substr({row}.id, -1)) > 0"));
    let sql = format!("CREATE TRIGGER snag BEFORE {on} ON {table} {when} BEGIN SELECT RAISE(ABORT, 'snag'); END");
    sqlx::query(AssertSqlSafe(sql)).execute(connection).await?;
    Ok(())
}

/// Lifts the snag, where there is one.
///
/// # Errors
/// When the database does not let go.
pub async fn lift(connection: &mut SqliteConnection) -> Result<()> {
    sqlx::query("DROP TRIGGER IF EXISTS snag").execute(connection).await?;
    Ok(())
}
