//! What people see of the sync: counts, and the runs that ended.

use crate::{Result, Store, Write};
use chrono::{DateTime, Utc};

/// What waits, at a glance.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SyncCounts {
    /// Operations HQ has not answered.
    pub waiting: u64,
    /// Files HQ does not have yet.
    pub waiting_files: u64,
    /// Operations HQ refused.
    pub refused: u64,
    /// Conflicts nobody has settled.
    pub conflicts: u64,
    /// Records of kinds this version does not know.
    pub parked: u64,
}

/// A sync that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncRun {
    /// When it ended.
    pub at: DateTime<Utc>,
    /// Whether it went through.
    pub ok: bool,
    /// Operations sent.
    pub sent: u64,
    /// Records received.
    pub received: u64,
    /// Why it did not go through.
    pub code: Option<String>,
}

/// Runs kept for people to look back on.
const RUNS_KEPT: i64 = 200;

impl Store {
    /// What waits.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn sync_counts(&self) -> Result<SyncCounts> {
        let known = serde_json::to_string(doorstep_domain::Kind::KNOWN)?;
        // From kind to kind, so that only records of kinds nobody knows are counted one by one.
        let sql = "WITH RECURSIVE kinds(kind) AS (SELECT min(kind) FROM record UNION ALL \
                     SELECT (SELECT min(r.kind) FROM record r WHERE r.kind > kinds.kind) FROM kinds WHERE kind IS NOT NULL) \
                   SELECT (SELECT count(*) FROM outbox WHERE state = 'waiting'), \
                   (SELECT count(*) FROM blob WHERE here = 1 AND at_hq = 0), \
                   (SELECT count(*) FROM outbox WHERE state = 'refused'), \
                   (SELECT count(*) FROM record WHERE kind = 'conflict' AND doc ->> '$.settled' IS NULL), \
                   (SELECT ifnull(sum((SELECT count(*) FROM record r WHERE r.kind = kinds.kind)), 0) FROM kinds \
                    WHERE kind NOT IN (SELECT value FROM json_each(?)))";
        let (waiting, waiting_files, refused, conflicts, parked): (i64, i64, i64, i64, i64) =
            sqlx::query_as(sql).bind(known).fetch_one(self.pool()).await?;
        let count = |n: i64| u64::try_from(n).unwrap_or(0);
        Ok(SyncCounts {
            waiting: count(waiting),
            waiting_files: count(waiting_files),
            refused: count(refused),
            conflicts: count(conflicts),
            parked: count(parked),
        })
    }

    /// Runs that ended, newest first.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn sync_runs(&self, rows_max: u32) -> Result<Vec<SyncRun>> {
        let sql = "SELECT at, ok, sent, received, code FROM sync_run ORDER BY run DESC LIMIT ?";
        let rows: Vec<(String, bool, i64, i64, Option<String>)> =
            sqlx::query_as(sql).bind(rows_max).fetch_all(self.pool()).await?;
        let run = |(at, ok, sent, received, code): (String, bool, i64, i64, Option<String>)| {
            Ok(SyncRun {
                at: super::outbox::parse_time(&at)?,
                ok,
                sent: u64::try_from(sent).unwrap_or(0),
                received: u64::try_from(received).unwrap_or(0),
                code,
            })
        };
        rows.into_iter().map(run).collect()
    }
}

impl Write<'_> {
    /// Notes a run that ended; the oldest are forgotten.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub async fn note_run(&mut self, run: &SyncRun) -> Result<()> {
        sqlx::query("INSERT INTO sync_run (at, ok, sent, received, code) VALUES (?, ?, ?, ?, ?)")
            .bind(run.at.to_rfc3339())
            .bind(run.ok)
            .bind(i64::try_from(run.sent).unwrap_or(i64::MAX))
            .bind(i64::try_from(run.received).unwrap_or(i64::MAX))
            .bind(&run.code)
            .execute(&mut *self.tx)
            .await?;
        sqlx::query("DELETE FROM sync_run WHERE run <= (SELECT max(run) FROM sync_run) - ?")
            .bind(RUNS_KEPT)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }
}
