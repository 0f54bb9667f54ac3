//! An HQ moves from SQLite to PostgreSQL (and as a copy back, `keeping`): every table, in batches, in one transaction, and read back before it counts.
//!
//! Moves rows as they are. What laptops hold (identity, sequence, cursors) means the same afterwards.

mod cells;
mod keeping;
mod tables;

pub use keeping::keep;
pub use tables::{Column, Form, TABLES, Table};

use super::{StorageError, postgres::Postgres, sqlite::Sqlite};
use cells::{Cell, Rows, Sum};
use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, PgConnection, Row, sqlite::SqliteConnection};

/// Most rows of a batch.
const ROWS_AT_ONCE: usize = 1_000;
/// A batch ends with the row that takes it past this many bytes.
const BYTES_AT_ONCE: usize = 8 * 1024 * 1024;

/// Why an HQ was not moved; nothing of it is in the other database then.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// There is something in the database already.
    #[error("the database is not empty (table {0}); give HQ one of its own that nobody has served yet")]
    NotEmpty(&'static str),
    /// What was read back is not what was moved.
    #[error("table {0} reads back otherwise than it was moved; nothing was moved")]
    Differs(&'static str),
    /// A database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<sqlx::Error> for MoveError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

/// What was moved of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// The table.
    pub table: &'static str,
    /// Its rows.
    pub rows: u64,
}

/// Moves everything. Nobody else writes on either side meanwhile.
///
/// # Errors
/// [`MoveError`]; then nothing was moved.
pub async fn everything(from: &Sqlite, to: &Postgres) -> Result<Vec<Moved>, MoveError> {
    let (mut source, _turn) = from.alone().await?;
    let mut target = to.alone().await?;
    let mut moved = Vec::with_capacity(TABLES.len());
    for table in TABLES {
        check_empty(&mut target, table).await?;
    }
    for table in TABLES {
        let sum = one(&mut source, &mut target, table).await?;
        if read_back(&mut target, table).await? != sum {
            return Err(MoveError::Differs(table.name));
        }
        go_on_counting(&mut target, table).await?;
        moved.push(Moved { table: table.name, rows: sum.rows });
    }
    let version: i64 = sqlx::query("SELECT version FROM site").fetch_one(&mut *source).await?.try_get(0)?;
    sqlx::query("SELECT setval('version', greatest($1, 1), $1 > 0)").bind(version).execute(&mut *target).await?;
    target.commit().await?;
    // What plans are made from; a failure here is no failure of the move.
    let _ = sqlx::query("ANALYZE").execute(to.pool()).await;
    Ok(moved)
}

async fn check_empty(target: &mut PgConnection, table: &Table) -> Result<(), MoveError> {
    let statement = format!("SELECT count(*) FROM {}", table.name);
    let rows: i64 = sqlx::query(AssertSqlSafe(statement)).fetch_one(target).await?.try_get(0)?;
    if rows == table.born { Ok(()) } else { Err(MoveError::NotEmpty(table.name)) }
}

/// Moves a table, and answers what it comes to.
async fn one(source: &mut SqliteConnection, target: &mut PgConnection, table: &Table) -> Result<Sum, MoveError> {
    if table.born > 0 {
        sqlx::query(AssertSqlSafe(format!("DELETE FROM {}", table.name))).execute(&mut *target).await?;
    }
    let select = format!("SELECT {} FROM {}", list(table, |column| column.source.to_owned()), table.name);
    let mut found = sqlx::query(AssertSqlSafe(select)).fetch(source);
    let (mut sum, mut rows) = (Sum::default(), Rows::default());
    while let Some(row) = found.try_next().await? {
        let cells = table.columns.iter().enumerate().map(|(at, column)| Cell::of_sqlite(&row, at, column.form));
        let cells = cells.collect::<Result<Vec<Cell>, _>>()?;
        sum.add(&cells);
        rows.push(cells);
        if rows.len() >= ROWS_AT_ONCE || rows.bytes() > BYTES_AT_ONCE {
            put(target, table, std::mem::take(&mut rows)).await?;
        }
    }
    put(target, table, rows).await?;
    Ok(sum)
}

async fn put(target: &mut PgConnection, table: &Table, rows: Rows) -> Result<(), MoveError> {
    if rows.len() == 0 {
        return Ok(());
    }
    let mut place = 0;
    let arrays = list(table, |column| {
        place += 1;
        format!("${place}::{}", column.form.array())
    });
    let names = list(table, |column| column.name.to_owned());
    let insert = format!("INSERT INTO {} ({names}) SELECT * FROM unnest({arrays})", table.name);
    rows.bind(sqlx::query(AssertSqlSafe(insert)), table.columns).execute(target).await?;
    Ok(())
}

async fn read_back(target: &mut PgConnection, table: &Table) -> Result<Sum, MoveError> {
    let select = format!("SELECT {} FROM {}", list(table, |column| column.name.to_owned()), table.name);
    let mut found = sqlx::query(AssertSqlSafe(select)).fetch(target);
    let mut sum = Sum::default();
    while let Some(row) = found.try_next().await? {
        let cells = table.columns.iter().enumerate().map(|(at, column)| Cell::of_postgres(&row, at, column.form));
        sum.add(&cells.collect::<Result<Vec<Cell>, _>>()?);
    }
    Ok(sum)
}

/// Numbers that the table gives out go on after those that it has.
async fn go_on_counting(target: &mut PgConnection, table: &Table) -> Result<(), MoveError> {
    let Some(number) = table.numbered_by else { return Ok(()) };
    let name = table.name;
    let statement = format!(
        "SELECT setval(pg_get_serial_sequence('{name}', '{number}'), greatest(max({number}), 1), coalesce(max({number}) > 0, false)) \
         FROM {name}"
    );
    sqlx::query(AssertSqlSafe(statement)).execute(target).await?;
    Ok(())
}

fn list(table: &Table, each: impl FnMut(&Column) -> String) -> String {
    table.columns.iter().map(each).collect::<Vec<_>>().join(", ")
}
