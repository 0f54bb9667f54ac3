//! Everything in the database looked at: its pages, and what can be computed anew. One snapshot, beside writers.

use super::{Sqlite, rows, sql};
use crate::storage::{
    Checked, StorageError, StoredRecord, What,
    checking::{self, Checking},
};
use doorstep_wire::Sum;
use futures_util::TryStreamExt;
use sqlx::{
    Row,
    sqlite::{SqliteConnection, SqliteRow},
};

impl Sqlite {
    pub(super) async fn look_through(&self) -> Result<Checked, StorageError> {
        let mut tx = self.pool.begin().await?;
        let mut checking = Checking::default();
        if let Some(lost) = &self.log_lost {
            checking.checked.found(What::File, "hq.sqlite-wal", lost);
        }
        let structure = sqlx::query(sql::INTEGRITY).fetch_all(&mut *tx).await;
        match structure {
            Ok(said) => said.iter().for_each(|row| structure_of(&mut checking, row)),
            Err(error) => checking.checked.stopped("of any name", &error.into()),
        }
        type Take = fn(&mut Checking, &SqliteRow);
        let tables: [(&str, &'static str, Take); 4] = [
            ("record", sql::CHECK_RECORDS, |checking, row| checking.record(&name(row, &["kind", "id"]), record(row))),
            ("digest", sql::CHECK_SUMS, |checking, row| match bucket(row) {
                Ok((feed, kind, bucket, sum)) => checking.bucket(feed, kind, bucket, sum),
                Err(error) => checking.checked.stopped("digest", &error),
            }),
            ("feed", sql::CHECK_ROOTS, |checking, row| match root(row) {
                Ok((feed, sum)) => checking.root(feed, sum),
                Err(error) => checking.checked.stopped("feed", &error),
            }),
            ("operation", sql::CHECK_OPERATIONS, |checking, row| {
                checking.operation(&name(row, &["device", "incarnation", "seq"]), operation(row));
            }),
        ];
        for (table, statement, take) in tables {
            if let Err(error) = each(&mut tx, statement, |row| take(&mut checking, row)).await {
                checking.checked.stopped(table, &error);
            }
        }
        Ok(checking.end())
    }
}

/// Hands over row by row, so that no table is in memory as a whole.
async fn each(
    connection: &mut SqliteConnection,
    statement: &'static str,
    mut take: impl FnMut(&SqliteRow),
) -> Result<(), StorageError> {
    let mut found = sqlx::query(statement).fetch(connection);
    while let Some(row) = found.try_next().await? {
        take(&row);
    }
    Ok(())
}

fn structure_of(checking: &mut Checking, row: &SqliteRow) {
    match row.try_get::<String, _>(0) {
        Ok(said) if said == "ok" => {}
        Ok(said) => checking.checked.found(What::Structure, "the database's structure", said),
        Err(error) => checking.checked.stopped("of any name", &error.into()),
    }
}

/// What names a row, as far as it reads.
fn name(row: &SqliteRow, columns: &[&str]) -> String {
    let part = |column: &&str| {
        let number = || row.try_get::<i64, _>(*column).map(|n| n.to_string());
        row.try_get::<String, _>(*column).or_else(|_| number()).unwrap_or_else(|_| "?".to_owned())
    };
    columns.iter().map(part).collect::<Vec<_>>().join(" ")
}

fn record(row: &SqliteRow) -> Result<(StoredRecord, Option<Sum>, Vec<String>), StorageError> {
    let feeds = serde_json::from_str(row.try_get("feeds")?);
    let feeds = feeds.map_err(|_| StorageError::Damaged("the feeds of a record".to_owned()))?;
    Ok((rows::unchecked(row)?, rows::hash(row)?, feeds))
}

fn bucket(row: &SqliteRow) -> Result<(String, String, i64, Sum), StorageError> {
    let sum = Sum::from_halves(row.try_get("high")?, row.try_get("low")?);
    Ok((row.try_get("feed")?, row.try_get("kind")?, row.try_get("bucket")?, sum))
}

fn root(row: &SqliteRow) -> Result<(String, Sum), StorageError> {
    Ok((row.try_get("name")?, Sum::from_halves(row.try_get("root_high")?, row.try_get("root_low")?)))
}

fn operation(row: &SqliteRow) -> Result<crate::storage::Kept, StorageError> {
    checking::operation(row.try_get("seq")?, row.try_get("hash")?, row.try_get("outcome")?, row.try_get("body")?)
}
