//! Everything in the database looked at: each table read from end to end, for which a cluster with data checksums verifies
//! every page, and what can be computed anew. One snapshot, beside writers.

use super::{Postgres, rows, sql};
use crate::storage::{
    Checked, StorageError, StoredRecord,
    checking::{self, Checking},
    moving::TABLES,
};
use doorstep_wire::Sum;
use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, PgConnection, Row, postgres::PgRow};
use uuid::Uuid;

impl Postgres {
    pub(super) async fn look_through(&self) -> Result<Checked, StorageError> {
        let mut checking = Checking::default();
        for table in TABLES {
            // A name of our own. Every value as text: those that lie beside their row are read too.
            let whole = format!("SELECT sum(length(whole::text)) AS bytes FROM {} AS whole", table.name);
            if let Err(error) = sqlx::query(AssertSqlSafe(whole)).execute(&self.pool).await {
                checking.checked.stopped(table.name, &error.into());
            }
        }
        if !checking.checked.damage.is_empty() {
            // What follows would stop at the same places.
            return Ok(checking.end());
        }
        let mut tx = self.pool.begin().await?;
        sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY").execute(&mut *tx).await?;
        type Take = fn(&mut Checking, &PgRow);
        let tables: [(&str, &'static str, Take); 4] = [
            ("record", sql::CHECK_RECORDS, |checking, row| checking.record(&record_name(row), record(row))),
            ("digest", sql::CHECK_SUMS, |checking, row| match bucket(row) {
                Ok((feed, kind, bucket, sum)) => checking.bucket(feed, kind, bucket, sum),
                Err(error) => checking.checked.stopped("digest", &error),
            }),
            ("feed", sql::CHECK_ROOTS, |checking, row| match root(row) {
                Ok((feed, sum)) => checking.root(feed, sum),
                Err(error) => checking.checked.stopped("feed", &error),
            }),
            ("operation", sql::CHECK_OPERATIONS, |checking, row| {
                let part = |column: &str| row.try_get::<i64, _>(column).unwrap_or(-1);
                let name = format!("{} {} {}", part("device"), part("incarnation"), part("seq"));
                checking.operation(&name, operation(row));
            }),
        ];
        for (table, statement, take) in tables {
            if let Err(error) = each(&mut tx, statement, |row| take(&mut checking, row)).await {
                checking.checked.stopped(table, &error);
                return Ok(checking.checked);
            }
        }
        Ok(checking.end())
    }
}

/// Hands over row by row, so that no table is in memory as a whole.
async fn each(
    connection: &mut PgConnection,
    statement: &'static str,
    mut take: impl FnMut(&PgRow),
) -> Result<(), StorageError> {
    let mut found = sqlx::query(statement).fetch(connection);
    while let Some(row) = found.try_next().await? {
        take(&row);
    }
    Ok(())
}

/// What names a record, as far as it reads.
fn record_name(row: &PgRow) -> String {
    let kind = row.try_get::<String, _>("kind").unwrap_or_else(|_| "?".to_owned());
    let id = row.try_get::<Uuid, _>("id").map_or_else(|_| "?".to_owned(), |id| id.to_string());
    format!("{kind} {id}")
}

fn record(row: &PgRow) -> Result<(StoredRecord, Option<Sum>, Vec<String>), StorageError> {
    let halves: (Option<i64>, Option<i64>) = (row.try_get("hash_high")?, row.try_get("hash_low")?);
    let sum = halves.0.zip(halves.1).map(|(high, low)| Sum::from_halves(high, low));
    Ok((rows::record(row)?, sum, row.try_get("feeds")?))
}

fn bucket(row: &PgRow) -> Result<(String, String, i64, Sum), StorageError> {
    let sum = Sum::from_halves(row.try_get("high")?, row.try_get("low")?);
    Ok((row.try_get("feed")?, row.try_get("kind")?, row.try_get("bucket")?, sum))
}

fn root(row: &PgRow) -> Result<(String, Sum), StorageError> {
    Ok((row.try_get("name")?, Sum::from_halves(row.try_get("root_high")?, row.try_get("root_low")?)))
}

fn operation(row: &PgRow) -> Result<crate::storage::Kept, StorageError> {
    checking::operation(row.try_get("seq")?, row.try_get("hash")?, row.try_get("outcome")?, row.try_get("body")?)
}
