//! What a damaged database still says of this laptop's own: who it is, its settings, and what was not sent.

use crate::{Identity, Result, Store, StoreKey, Write, record::parse_id};
use doorstep_domain::Kind;
use futures_util::TryStreamExt;
use sqlx::{
    ConnectOptions, Connection, FromRow, Row, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteRow},
};
use std::path::Path;

/// How often a page that cannot be read is gone around; each time the database is opened anew.
const TRIES_MAX: usize = 500;

/// An operation as the damaged outbox has it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Operation {
    seq: i64,
    kind: String,
    id: String,
    fields: String,
    at: String,
    attempted: i64,
    state: String,
    code: Option<String>,
    detail: Option<String>,
    seen: i64,
    seen_visit: i64,
}

impl FromRow<'_, SqliteRow> for Operation {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self {
            seq: row.try_get("seq")?,
            kind: row.try_get("kind")?,
            id: row.try_get("id")?,
            fields: row.try_get("fields")?,
            at: row.try_get("at")?,
            attempted: row.try_get("attempted")?,
            state: row.try_get("state")?,
            code: row.try_get("code")?,
            detail: row.try_get("detail")?,
            seen: row.try_get("seen")?,
            seen_visit: row.try_get("seen_visit")?,
        })
    }
}

/// What could be read.
#[derive(Debug, Default)]
pub(super) struct Rescued {
    pub(super) identity: Option<Identity>,
    /// Settings, and counters for the numbers of papers.
    meta: Vec<(String, String)>,
    /// What waits for HQ, and what HQ refused.
    pub(super) operations: Vec<Operation>,
    /// Files that HQ does not have.
    files: Vec<(String, i64)>,
    /// Whether the outbox could be read whole.
    pub(super) complete: bool,
}

/// Reads what can be read. A page that is not what was written makes the connection that met it useless; the next one goes
/// around it.
pub(super) async fn read(database: &Path, key: &StoreKey) -> Rescued {
    let options = crate::open::connection(database, key).create_if_missing(false);
    let mut rescued = Rescued::default();
    if !std::fs::metadata(database).is_ok_and(|file| file.len() > 0) {
        return rescued;
    }
    let meta: Vec<(String, String)> = all(&options, META).await.0;
    let identity = meta.iter().find(|(name, _)| name == "identity");
    rescued.identity = identity.and_then(|(_, text)| serde_json::from_str(text).ok());
    rescued.meta = meta.into_iter().filter(|(name, _)| name != "identity").collect();
    rescued.files = all(&options, FILES).await.0;
    (rescued.operations, rescued.complete) = operations(&options).await;
    rescued
}

/// The rows up to the first that cannot be read, and whether that was all.
async fn all<T>(options: &SqliteConnectOptions, sql: &'static str) -> (Vec<T>, bool)
where
    T: for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
{
    let Ok(mut connection) = options.connect().await else { return (Vec::new(), false) };
    let mut found = Vec::new();
    let mut rows = sqlx::query_as(sql).fetch(&mut connection);
    let whole = loop {
        match rows.try_next().await {
            Ok(Some(row)) => found.push(row),
            Ok(None) => break true,
            Err(_) => break false,
        }
    };
    drop(rows);
    connection.close().await.ok();
    (found, whole)
}

async fn operations(options: &SqliteConnectOptions) -> (Vec<Operation>, bool) {
    let (mut numbers, whole): (Vec<(i64,)>, bool) = all(options, NUMBERS).await;
    let mut complete = whole;
    if !whole {
        numbers.extend(all::<(i64,)>(options, NUMBERS_FROM_THE_END).await.0);
        numbers.sort_unstable();
        numbers.dedup();
    }
    let (mut found, mut tries) = (Vec::new(), 0);
    let mut connection: Option<SqliteConnection> = None;
    for (seq,) in numbers {
        let opened = match connection.take() {
            None if tries < TRIES_MAX => options.connect().await.ok(),
            open => open,
        };
        let Some(mut open) = opened else { return (found, false) };
        match sqlx::query_as(OPERATION).bind(seq).fetch_optional(&mut open).await {
            Ok(operation) => {
                found.extend(operation.filter(reads));
                connection = Some(open);
            }
            Err(_) => {
                open.close().await.ok();
                (complete, tries) = (false, tries + 1);
            }
        }
    }
    if let Some(open) = connection {
        open.close().await.ok();
    }
    (found, complete)
}

/// Whether an operation is one.
fn reads(operation: &Operation) -> bool {
    let fields = serde_json::from_str::<serde_json::Map<_, _>>(&operation.fields);
    fields.is_ok() && Kind::parse(&operation.kind).is_ok() && parse_id(&operation.id).is_ok()
}

const META: &str = "\
SELECT name, value FROM meta WHERE name IN ('identity', 'settings', 'bundle_keys') OR name GLOB 'papers_*'";
const FILES: &str = "SELECT hash, bytes FROM blob WHERE here = 1 AND at_hq = 0";
const NUMBERS: &str = "SELECT seq FROM outbox WHERE +state <> 'accepted' ORDER BY seq";
const NUMBERS_FROM_THE_END: &str = "SELECT seq FROM outbox WHERE +state <> 'accepted' ORDER BY seq DESC";
const OPERATION: &str = "\
SELECT seq, kind, id, fields, at, attempted, state, code, detail, seen, seen_visit
FROM outbox JOIN outbox_fields USING (seq) WHERE seq = ?";

impl Write<'_> {
    /// Takes in what was rescued. In the same life of the store the outbox is then the damaged one: what waited in the copy
    /// and does not wait there HQ has taken meanwhile. In another the two have nothing to do with each other.
    pub(super) async fn take_rescued(&mut self, rescued: &Rescued, same_life: bool) -> Result<()> {
        for (name, value) in &rescued.meta {
            sqlx::query("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)")
                .bind(name)
                .bind(value)
                .execute(&mut *self.tx)
                .await?;
        }
        if same_life && rescued.complete {
            let waiting: Vec<i64> = rescued.operations.iter().map(|operation| operation.seq).collect();
            sqlx::query(TAKEN).bind(serde_json::to_string(&waiting)?).execute(&mut *self.tx).await?;
        }
        for operation in &rescued.operations {
            self.take_operation(operation, same_life).await?;
        }
        Ok(())
    }

    async fn take_operation(&mut self, operation: &Operation, same_life: bool) -> Result<()> {
        let put = sqlx::query(PUT)
            .bind(same_life.then_some(operation.seq))
            .bind(&operation.kind)
            .bind(&operation.id)
            .bind(&operation.at)
            .bind(operation.attempted)
            .bind(&operation.state)
            .bind(&operation.code)
            .bind(&operation.detail)
            .bind(operation.seen)
            .bind(operation.seen_visit)
            .execute(&mut *self.tx)
            .await?;
        sqlx::query("INSERT OR REPLACE INTO outbox_fields (seq, fields) VALUES (?, ?)")
            .bind(put.last_insert_rowid())
            .bind(&operation.fields)
            .execute(&mut *self.tx)
            .await?;
        for sql in [RECORD_IS_THERE, LAYER_STAYS] {
            sqlx::query(sql)
                .bind(&operation.kind)
                .bind(&operation.id)
                .bind(&operation.at)
                .execute(&mut *self.tx)
                .await?;
        }
        self.rebuild(&Kind::parse(&operation.kind)?, parse_id(&operation.id)?).await
    }
}

const TAKEN: &str = "\
UPDATE outbox SET state = 'accepted', attempted = 1,
    version = 1 + ifnull((SELECT hq_version FROM record r WHERE r.kind = outbox.kind AND r.id = outbox.id), 0)
WHERE state = 'waiting' AND seq NOT IN (SELECT value FROM json_each(?))";

const PUT: &str = "\
INSERT OR REPLACE INTO outbox (seq, kind, id, at, attempted, state, code, detail, seen, seen_visit)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

const RECORD_IS_THERE: &str = "\
INSERT INTO record (kind, id, doc, pending, changed_at) VALUES (?, ?, '{}', 1, ?) ON CONFLICT DO NOTHING";

const LAYER_STAYS: &str = "\
UPDATE record SET hq_doc = hq_layer, pending = 1, changed_at = max(changed_at, ?3) WHERE kind = ?1 AND id = ?2";

impl Store {
    /// Notes which files are here. Those that were rescued and that HQ does not have are to be sent; those that are gone
    /// are fetched.
    pub(super) async fn files_are_as_they_are(&self, rescued: &Rescued) -> Result<()> {
        let mut write = self.write().await?;
        let noted: Vec<String> =
            sqlx::query_scalar("SELECT hash FROM blob WHERE here = 1").fetch_all(&mut *write.tx).await?;
        for hash in noted {
            if !self.blobs().has(&hash).unwrap_or(false) {
                sqlx::query("UPDATE blob SET here = 0 WHERE hash = ?").bind(&hash).execute(&mut *write.tx).await?;
            }
        }
        for (hash, bytes) in &rescued.files {
            if self.blobs().has(hash).unwrap_or(false) {
                write.blob_added(hash, u64::try_from(*bytes).unwrap_or(0)).await?;
            }
        }
        write.commit().await
    }
}
