//! Opening the database, and the one way to change it: a [`Write`].

use crate::{
    Blobs, Error, Folder, Result, StoreKey,
    check::COMMITS,
    customer,
    listed::Listed,
    mark::{Count, Found, Mark},
    search,
    sound::sound,
    touched::Touched,
};
use sqlx::{
    AssertSqlSafe, ConnectOptions, SqlSafeStr, Sqlite, SqliteConnection, SqlitePool, Transaction,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
    pool::PoolConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{
    fmt,
    ops::{Deref, DerefMut},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};
use tokio::sync::{Mutex, MutexGuard};

/// Migrations only add. Their order is their number, and what a store has run stays as it is.
const MIGRATIONS: [(&str, &str); 13] = [
    ("start", include_str!("../migrations/0001_start.sql")),
    ("search", include_str!("../migrations/0002_search.sql")),
    ("seen", include_str!("../migrations/0003_seen.sql")),
    ("digest", include_str!("../migrations/0004_digest.sql")),
    ("customer order", include_str!("../migrations/0005_customer_order.sql")),
    ("search_due", include_str!("../migrations/0006_search_due.sql")),
    ("held", include_str!("../migrations/0007_held.sql")),
    ("fresh", include_str!("../migrations/0008_fresh.sql")),
    ("losing", include_str!("../migrations/0009_losing.sql")),
    ("newest", include_str!("../migrations/0010_newest.sql")),
    ("outbox fields", include_str!("../migrations/0011_outbox_fields.sql")),
    ("hq layer", include_str!("../migrations/0012_hq_layer.sql")),
    ("listed", include_str!("../migrations/0013_listed.sql")),
];

/// Readers beside the one writer.
const READERS_MAX: u32 = 3;
/// Pages of 4 KiB in the log before a commit folds it into the database itself. [`Store::fold_log`] does so before, while
/// nobody waits for it; what lies in the log is as safe.
const CHECKPOINT_PAGES: &str = "32768";
/// Rows that a query reads ahead of whoever takes them: about a batch, so that the two do not wait for each other at each.
const ROWS_AHEAD: usize = 1024;
/// Pages that SQLite lets a database have unless told otherwise.
const PAGES_MAX: i64 = 0xffff_fffe;
/// How long a write waits for another.
const BUSY_TIMEOUT: Duration = Duration::from_secs(15);

/// The laptop's store.
pub struct Store {
    pool: SqlitePool,
    /// One connection for writers alone, and one reader for searches alone. A pool hands its connections out in turn, and
    /// each of them would read and decrypt again what the one before it had just written or read.
    writer: SqlitePool,
    searches: SqlitePool,
    /// Writers wait here, not on connections that readers need.
    turn: Mutex<()>,
    folder: Folder,
    key: StoreKey,
    blobs: Blobs,
    listed: Listed,
    mark: Mark,
    /// Rows that the writer had changed when it last stored something.
    changed: AtomicI64,
    /// How work in the background opens connections of its own; one at a time, until the store is closed.
    pub(crate) options: SqliteConnectOptions,
    pub(crate) upkeep: Mutex<()>,
    pub(crate) ending: Arc<AtomicBool>,
}

/// Nothing of it is for a log: keys are in its parts.
impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// A change under way: everything in it is stored together, or nothing is.
pub struct Write<'s> {
    // Ends before the turn does.
    pub(crate) tx: Transaction<'s, Sqlite>,
    pub(crate) blobs: &'s Blobs,
    listed: &'s Listed,
    mark: &'s Mark,
    changed: &'s AtomicI64,
    _turn: MutexGuard<'s, ()>,
}

/// A connection to read with, and the turn of writers where it is theirs.
pub(crate) struct Warm<'s> {
    // Given back before the turn ends.
    connection: PoolConnection<Sqlite>,
    _turn: Option<MutexGuard<'s, ()>>,
}

impl Deref for Warm<'_> {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.connection
    }
}

impl DerefMut for Warm<'_> {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }
}

impl Store {
    /// Opens the store in `folder` with `key`, making it where there was none, and takes a quick look at it
    /// ([`Store::check`] takes a whole one).
    ///
    /// # Errors
    /// [`Error::WrongKey`], [`Error::Newer`], [`Error::Migration`], [`Error::Database`]; [`Error::Damaged`] when the
    /// database is, or is gone, or lost what had been stored.
    pub async fn open(folder: Folder, key: StoreKey) -> Result<Self> {
        let found = Mark::new(&folder, &key).found()?;
        let database = folder.database();
        if folder.had_a_store() && std::fs::metadata(&database).map_or(0, |file| file.len()) == 0 {
            let is_anothers = found == Found::Foreign;
            return Err(if is_anothers { Error::WrongKey } else { Error::Damaged("the database is gone".into()) });
        }
        let store = match Self::open_at(folder, &database, key).await {
            // The key is the one that the mark was made with, so that it is the database that is wrong.
            Err(Error::WrongKey) if matches!(found, Found::Own(_)) => {
                return Err(Error::Damaged("the first page is not what was written".into()));
            }
            opened => opened?,
        };
        match store.begin(found).await {
            Ok(()) => Ok(store),
            Err(error) => {
                store.close().await;
                Err(error)
            }
        }
    }

    async fn begin(&self, found: Found) -> Result<()> {
        self.look(found).await?;
        self.mark.note_synced(self.count().await?)?;
        self.folder.store_begun()
    }

    /// Opens a database whose store is that of `folder`.
    pub(crate) async fn open_at(folder: Folder, path: &Path, key: StoreKey) -> Result<Self> {
        let options = connection(path, &key);
        let listed = Listed::default();
        let writer = connect(options.clone(), listed.touched()).await?;
        let brought_up = async {
            migrate(&writer, &MIGRATIONS).await?;
            customer::order::fill(&mut *writer.acquire().await?).await?;
            search::renew(&mut *writer.acquire().await?).await
        };
        if let Err(error) = brought_up.await {
            writer.close().await;
            return Err(error);
        }
        let searches = pool(1).connect_lazy_with(options.clone());
        let pool = pool(READERS_MAX).connect_lazy_with(options.clone());
        let (blobs, mark) = (Blobs::new(&folder, &key), Mark::new(&folder, &key));
        let (changed, ending) = (AtomicI64::new(-1), Arc::new(AtomicBool::new(false)));
        let (turn, upkeep) = (Mutex::new(()), Mutex::new(()));
        Ok(Self { pool, writer, searches, turn, folder, key, blobs, listed, mark, changed, options, upkeep, ending })
    }

    /// Begins a change.
    ///
    /// # Errors
    /// [`Error::Database`] when another change does not end in time.
    pub async fn write(&self) -> Result<Write<'_>> {
        let turn = self.turn.lock().await;
        let tx = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        let (blobs, listed) = (&self.blobs, &self.listed);
        Ok(Write { tx, blobs, listed, mark: &self.mark, changed: &self.changed, _turn: turn })
    }

    /// A connection for the pages of a list that people leave and come back to. The writer's own, where nobody writes: what
    /// another one has read it reads and decrypts again after each change, which takes ten times as long as the page.
    pub(crate) async fn warm(&self) -> Result<Warm<'_>> {
        let turn = self.turn.try_lock().ok();
        let pool = if turn.is_some() { &self.writer } else { &self.pool };
        Ok(Warm { connection: pool.acquire().await?, _turn: turn })
    }

    /// Lets the database grow by so many pages from now on and no more, or again by as much as the disk has. What is written
    /// beyond that fails as it does where there is no room. For simulations; it ends with the store.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn room_for(&self, pages: Option<u32>) -> Result<()> {
        let _turn = self.turn.lock().await;
        let mut writer = self.writer.acquire().await?;
        let (now,): (i64,) = sqlx::query_as("PRAGMA page_count").fetch_one(&mut *writer).await?;
        let most = pages.map_or(PAGES_MAX, |pages| now + i64::from(pages));
        sqlx::query(AssertSqlSafe(format!("PRAGMA max_page_count = {most}"))).execute(&mut *writer).await?;
        Ok(())
    }

    /// Folds the log into the database, as far as nobody reads what is there. For the end of a sync: then no commit has to.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn fold_log(&self) -> Result<()> {
        sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&self.pool).await?;
        Ok(())
    }

    /// Closes every connection, so that the write-ahead log is folded into the database. Work in the background ends.
    pub async fn close(&self) {
        self.ending.store(true, Ordering::Relaxed);
        let _ended = self.upkeep.lock().await;
        self.searches.close().await;
        self.pool.close().await;
        self.writer.close().await;
    }

    /// Whether it was closed, so that whatever still goes on beside its owner ends.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.writer.is_closed()
    }

    /// The attachments' bytes.
    #[must_use]
    pub fn blobs(&self) -> &Blobs {
        &self.blobs
    }

    /// The data folder.
    #[must_use]
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// The key, for wrapping to HQ's recovery key at enrolment.
    #[must_use]
    pub fn key(&self) -> &StoreKey {
        &self.key
    }

    pub(crate) fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    pub(crate) fn listed(&self) -> &Listed {
        &self.listed
    }

    pub(crate) fn searches(&self) -> &SqlitePool {
        &self.searches
    }
}

impl Write<'_> {
    /// Stores the change.
    ///
    /// # Errors
    /// [`Error::Database`]; nothing is stored then.
    pub async fn commit(mut self) -> Result<()> {
        let counted = self.count_this().await?;
        let storing = self.listed.touched().storing();
        self.tx.commit().await?;
        drop(storing);
        if let Some((count, changed)) = counted {
            // The count itself is a change too.
            self.changed.store(changed + 1, Ordering::Relaxed);
            // What was stored is stored. A mark that stays behind tells of less at the next start, and of nothing wrong.
            if let Err(error) = self.mark.note(count) {
                tracing::warn!(%error, "the mark was not written");
            }
        }
        Ok(())
    }

    /// Counts this change, where there is one; with the rows that the connection has changed so far.
    async fn count_this(&mut self) -> Result<Option<(Count, i64)>> {
        let counted: Option<(i64, i64, Option<i64>)> = sqlx::query_as(COUNT)
            .bind(COMMITS)
            .bind(self.changed.load(Ordering::Relaxed))
            .fetch_optional(&mut *self.tx)
            .await?;
        let unsigned = |number: i64| u64::try_from(number).unwrap_or(0);
        Ok(counted.map(|(commits, changed, incarnation)| {
            let incarnation = u32::try_from(incarnation.unwrap_or(0)).unwrap_or(0);
            (Count { commits: unsigned(commits), incarnation }, changed)
        }))
    }
}

const COUNT: &str = "\
INSERT INTO meta (name, value) SELECT ?1, '1' WHERE total_changes() <> ?2
ON CONFLICT DO UPDATE SET value = CAST(value AS INTEGER) + 1
RETURNING CAST(value AS INTEGER), total_changes(),
    (SELECT CAST(value ->> '$.incarnation' AS INTEGER) FROM meta WHERE name = 'identity')";

/// `synchronous=FULL`: with WAL's NORMAL a power cut may take back commits, and a sequence that HQ has seen would
/// be used twice.
pub(crate) fn connection(path: &Path, key: &StoreKey) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .pragma("key", key.pragma())
        .pragma("temp_store", "MEMORY")
        .pragma("mmap_size", "0")
        .pragma("cache_size", "-65536")
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .row_buffer_size(ROWS_AHEAD)
        .disable_statement_logging()
}

/// A connection to a file does not go stale, so nothing is asked before each use.
fn pool(connections_max: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new().max_connections(connections_max).test_before_acquire(false)
}

async fn connect(options: SqliteConnectOptions, touched: &Touched) -> Result<SqlitePool> {
    let writer = touched.noting(sound(pool(1))).connect_with(options).await;
    writer.map_err(|error| match error.as_database_error().and_then(|e| e.code()).as_deref() {
        Some("26") => Error::WrongKey,
        _ => error.into(),
    })
}

async fn migrate(pool: &SqlitePool, migrations: &'static [(&str, &str)]) -> Result<()> {
    let migration = |(number, (name, sql)): (i64, &(&'static str, &'static str))| {
        Migration::new(number, (*name).into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    let numbered = (1..).zip(migrations);
    let migrator = Migrator::with_migrations(numbered.map(migration).collect());
    migrator.run(pool).await.map_err(|error| match error {
        MigrateError::VersionMissing(_) => Error::Newer,
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
        other => Error::Migration(other),
    })
}

#[cfg(test)]
mod tests {
    use super::{MIGRATIONS, Touched, connect, connection, migrate};
    use crate::{Folder, Store, StoreKey};
    use doorstep_domain::{Kind, id::RecordId};
    use doorstep_wire::{Ack, Outcome};
    use serde_json::json;

    #[test]
    fn what_stores_have_run_already_stays_as_it_is() {
        let hashes: Vec<_> =
            MIGRATIONS.iter().map(|(name, text)| (*name, blake3::hash(text.as_bytes()).to_hex())).collect();
        let known = [
            ("start", "e9f83483a81c2499"),
            ("search", "8cd51eda4c34e85b"),
            ("seen", "5fdb69c16eeceac7"),
            ("digest", "77a7e14c8365a44e"),
            ("customer order", "64fa8f27a11cc3e2"),
            ("search_due", "af3eda6158f713b7"),
            ("held", "f69a7fe199393f85"),
            ("fresh", "8c25b2772d0e1e3f"),
            ("losing", "2f4ff5a2555f97ee"),
            ("newest", "4a0425e25783f084"),
            ("outbox fields", "a37f95615816c435"),
            ("hq layer", "a8210054ad24c09b"),
            ("listed", "b3cd263637cb3a8e"),
        ];
        assert_eq!(
            hashes.iter().map(|(name, hash)| (*name, &hash[..16])).collect::<Vec<_>>(),
            known,
            "add, change nothing"
        );
    }

    /// What an earlier version of the app left: an operation that HQ accepted, one that it refused, one that waits.
    const LEFT: [&str; 2] = [
        "INSERT INTO record (kind, id, doc, hq_doc, hq_version, feed, pending, changed_at) VALUES
         ('visit', '01936e5a-0000-7000-8000-000000000001', '{\"subject\":\"新\"}', '{\"subject\":\"旧\"}', 7, 'all', 1, '2026-11-23T08:00:00Z')",
        "INSERT INTO outbox (seq, kind, id, fields, at, attempted, state, version, code) VALUES
         (4, 'visit', '01936e5a-0000-7000-8000-000000000001', '{\"subject\":{\"value\":\"新\",\"base\":7}}', '2026-11-23T08:00:00Z', 1, 'accepted', 9, NULL),
         (5, 'visit', '01936e5a-0000-7000-8000-000000000001', '{\"charge\":{\"value\":\"贵\",\"base\":0}}', '2026-11-23T08:01:00Z', 1, 'refused', NULL, 'invalid'),
         (6, 'visit', '01936e5a-0000-7000-8000-000000000001', '{\"notes\":{\"value\":\"记\",\"base\":0}}', '2026-11-23T08:02:00Z', 0, 'waiting', NULL, NULL)",
    ];

    #[tokio::test(flavor = "multi_thread")]
    async fn what_waits_in_a_store_of_an_earlier_version_goes_on_waiting() {
        let home = tempfile::tempdir().unwrap();
        let (folder, key) = (Folder::lock(&home.path().join("data")).unwrap(), StoreKey::from_bytes([7; 32]));
        let old = connect(connection(&folder.database(), &key), &Touched::default()).await.unwrap();
        migrate(&old, &MIGRATIONS[..9]).await.unwrap();
        for sql in LEFT {
            sqlx::query(sql).execute(&old).await.unwrap();
        }
        old.close().await;
        let store = Store::open(folder, key).await.unwrap();
        let waiting = store.take_waiting(0, 10, 10_000).await.unwrap();
        assert_eq!(
            waiting.iter().map(|op| (op.seq, json!(op.fields))).collect::<Vec<_>>(),
            [(6, json!({"notes": {"value": "记", "base": 0}}))]
        );
        let queued = store.queue(10).await.unwrap();
        let told = queued.iter().map(|op| (op.seq, op.fields[0].as_str(), op.accepted, op.refused.is_some()));
        assert!(told.eq([(5, "charge", false, true), (4, "subject", true, false), (6, "notes", false, false)]));
        // An answer under a version that came already settles at once, one under a later version does not.
        let mut write = store.write().await.unwrap();
        write
            .acknowledge(&[Ack { seq: 6, outcome: Outcome::Accepted { version: 7, conflicts: vec![] } }])
            .await
            .unwrap();
        write.commit().await.unwrap();
        assert!(store.queue(10).await.unwrap().iter().map(|op| op.seq).eq([5, 4]));
        let id: RecordId = "01936e5a-0000-7000-8000-000000000001".parse().unwrap();
        assert_eq!(store.get(&Kind::VISIT, id).await.unwrap().unwrap().doc["subject"], "新");
        store.close().await;
    }
}
