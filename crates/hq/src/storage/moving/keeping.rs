//! An HQ on PostgreSQL copied into a new SQLite file, as it is at one moment, while laptops go on: the database of a
//! backup, from which it is restored to either.

use super::{
    super::{Storage, StorageError, postgres::Postgres, sqlite::Sqlite},
    cells::Cell,
    tables::{Column, TABLES, Table},
};
use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, PgConnection, Row, sqlite::SqliteConnection};
use std::{fs, io, path::Path};

/// Copies everything into a new file at `path`.
///
/// # Errors
/// [`StorageError`]; the file is of no use then.
pub async fn keep(from: &Postgres, path: &Path) -> Result<(), StorageError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(StorageError::Lock(error)),
        _ => {}
    }
    // The count of versions is no part of a snapshot. While HQ's own turn lasts no change is under way, so that count and
    // snapshot are of one moment; what follows reads that snapshot, beside everybody.
    let mut moment = from.alone().await?;
    let version: i64 = sqlx::query("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM version")
        .fetch_one(&mut *moment)
        .await?
        .try_get(0)?;
    let snapshot: String = sqlx::query("SELECT pg_export_snapshot()").fetch_one(&mut *moment).await?.try_get(0)?;
    let mut source = from.pool().begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let read_it = format!("SET TRANSACTION SNAPSHOT '{}'", snapshot.replace('\'', ""));
    sqlx::query(AssertSqlSafe(read_it)).execute(&mut *source).await?;
    moment.rollback().await?;
    let to = Sqlite::open(path).await?;
    {
        let (mut target, _turn) = to.alone().await?;
        for table in TABLES {
            one(&mut source, &mut target, table).await?;
        }
        sqlx::query("UPDATE site SET version = ?1").bind(version).execute(&mut *target).await?;
        target.commit().await?;
    }
    to.close().await?;
    source.rollback().await?;
    Ok(())
}

async fn one(source: &mut PgConnection, target: &mut SqliteConnection, table: &Table) -> Result<(), StorageError> {
    // What PostgreSQL keeps beside is made anew by SQLite, or by the way back.
    let columns: Vec<&Column> = table.columns.iter().filter(|column| column.source == column.name).collect();
    let names = columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ");
    let places = vec!["?"; columns.len()].join(", ");
    // HQ's own row is there already, and stays one.
    let put = if table.name == "site" {
        format!("UPDATE site SET ({names}) = ({places})")
    } else {
        format!("INSERT INTO {} ({names}) VALUES ({places})", table.name)
    };
    if table.born > 0 && table.name != "site" {
        sqlx::query(AssertSqlSafe(format!("DELETE FROM {}", table.name))).execute(&mut *target).await?;
    }
    let select = format!("SELECT {names} FROM {}", table.name);
    let mut found = sqlx::query(AssertSqlSafe(select)).fetch(source);
    while let Some(row) = found.try_next().await? {
        let mut query = sqlx::query(AssertSqlSafe(put.clone()));
        for (at, column) in columns.iter().enumerate() {
            query = Cell::of_postgres(&row, at, column.form)?.bind_sqlite(query);
        }
        query.execute(&mut *target).await?;
    }
    Ok(())
}
