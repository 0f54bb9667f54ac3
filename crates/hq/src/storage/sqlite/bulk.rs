//! Many rows with one statement. A statement's file shows it for one row; here its `VALUES` group is repeated.
//!
//! Storing 2,000 records of 1 KB took SQLite 4 ms this way, and 34 ms from one JSON array through `json_each`, which
//! reads each row's text anew for every column.

use crate::storage::StorageError;
use sqlx::{
    AssertSqlSafe, SqlSafeStr, SqlStr, Sqlite, query::Query, sqlite::SqliteArguments, sqlite::SqliteConnection,
};
use std::vec;

/// Rows of one statement. Few sizes keep SQLite's prepared statements few.
const ROWS_AT_ONCE: [usize; 4] = [500, 50, 5, 1];

/// A statement being bound.
pub(super) type Binding = Query<'static, Sqlite, SqliteArguments>;

/// Runs `statement` for all of `rows`; `bind` adds the values of one, in their order. The next rows are bound while SQLite
/// stores these, so that what `bind` has to write costs no time of its own.
pub(super) async fn put<T>(
    connection: &mut SqliteConnection,
    statement: &'static str,
    rows: Vec<T>,
    mut bind: impl FnMut(Binding, T) -> Result<Binding, StorageError>,
) -> Result<(), StorageError> {
    let mut rows = rows.into_iter();
    let mut next = bound(statement, &mut rows, &mut bind)?;
    while let Some(query) = next {
        let (stored, following) = tokio::join!(
            biased;
            query.execute(&mut *connection),
            async { bound(statement, &mut rows, &mut bind) }
        );
        stored?;
        next = following?;
    }
    Ok(())
}

/// The statement for the next of `rows`; `None` when there are no more.
fn bound<T>(
    statement: &'static str,
    rows: &mut vec::IntoIter<T>,
    bind: impl FnMut(Binding, T) -> Result<Binding, StorageError>,
) -> Result<Option<Binding>, StorageError> {
    let Some(size) = ROWS_AT_ONCE.into_iter().find(|size| *size <= rows.len()) else { return Ok(None) };
    rows.take(size).try_fold(sqlx::query(widened(statement, size)), bind).map(Some)
}

/// The statement for so many rows. Nothing but its own `(?, …)` group goes into it.
fn widened(statement: &'static str, rows: usize) -> SqlStr {
    let group = statement.find("VALUES (").map(|at| at + "VALUES ".len());
    let parts = group.and_then(|from| {
        let to = from + statement.get(from..)?.find(')')? + 1;
        Some((statement.get(..from)?, statement.get(from..to)?, statement.get(to..)?))
    });
    match parts {
        Some((head, group, tail)) => {
            AssertSqlSafe(format!("{head}{}{tail}", vec![group; rows].join(", "))).into_sql_str()
        }
        None => statement.into_sql_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::widened;
    use crate::storage::sqlite::sql;

    #[test]
    fn a_statement_grows_by_its_group_alone() {
        let wide = widened(sql::PUT_ENTRIES, 3);
        assert!(wide.as_str().contains("VALUES (?, ?, ?, ?, ?), (?, ?, ?, ?, ?), (?, ?, ?, ?, ?)\nON CONFLICT"));
        assert_eq!(widened(sql::PUT_ENTRIES, 1).as_str(), sql::PUT_ENTRIES);
    }
}
