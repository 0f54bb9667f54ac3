//! HQ's database on SQLite: one file, WAL, `synchronous=FULL`, one writer at a time.
//!
//! Statements are in `sql/`, one a file; what is asked for travels as a JSON array through `json_each`, what is stored
//! as many bound rows of one statement (`bulk`).

mod bulk;
mod checking;
mod digest;
mod log;
mod office;
mod reading;
mod room;
mod rows;
pub mod sql;
mod steps;
mod writing;

use super::{
    Checked, Device, Enrolment, Key, Newcomer, NextAddress, NextKey, PageBounds, Redeemed, Restore, Sighting, Site,
    Standing, Step, Storage, StorageError, StoredRecord, Stretch, Top, Turn, Writing,
};
use chrono::{DateTime, Utc};
use doorstep_domain::Kind;
use doorstep_wire::{BucketAsk, BucketPage, Digest};
use sqlx::{
    ConnectOptions, Connection, SqlSafeStr, SqlitePool, Transaction,
    migrate::{Migration, MigrationType, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::{Mutex, OwnedMutexGuard},
    task,
};

/// Migrations in order; they only add.
const MIGRATIONS: &[(&str, &str)] = &[
    ("hq", include_str!("migrations/0001_hq.sql")),
    ("parent", include_str!("migrations/0002_parent.sql")),
    ("again", include_str!("migrations/0003_again.sql")),
    ("digest", include_str!("migrations/0004_digest.sql")),
    ("house", include_str!("migrations/0005_house.sql")),
    ("office", include_str!("migrations/0006_office.sql")),
    ("unhashed", include_str!("migrations/0007_unhashed.sql")),
    ("next_address", include_str!("migrations/0008_next_address.sql")),
    ("doubles", include_str!("migrations/0009_doubles.sql")),
];

/// Readers beside the one writer.
const READERS_MAX: u32 = 7;
/// Bytes of a page of a new database: a large batch writes half as many as of SQLite's usual 4 KiB.
const PAGE_BYTES: u32 = 8192;
/// Pages in the log before it is folded into the database: more than a push of the largest size writes.
const CHECKPOINT_PAGES: &str = "4096";
/// Rows that a query reads ahead of whoever takes them: about a batch, so that the two do not wait for each other at each.
const ROWS_AHEAD: usize = 1024;
/// How often a log that does not add up is looked at again, and after how long.
const LOOKS: u32 = 3;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
/// How long a writer waits for one in another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(15);

/// HQ's database on SQLite.
#[derive(Debug, Clone)]
pub struct Sqlite {
    pool: SqlitePool,
    /// One connection for writers alone: it still has in its cache what the one before it wrote.
    writer: SqlitePool,
    /// Writers of this process queue here in order, instead of polling SQLite's lock against one another.
    turn: Arc<Mutex<()>>,
    /// What the file may grow to.
    room: room::Room,
    /// What the log had lost when it was opened.
    log_lost: Option<String>,
}

impl Sqlite {
    /// Opens the database at `path`, making it where there is none.
    ///
    /// # Errors
    /// [`StorageError::Newer`], [`StorageError::Migration`], [`StorageError::Database`].
    pub async fn open(path: &Path) -> Result<Self, StorageError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .page_size(PAGE_BYTES)
            .pragma("cache_size", "-65536")
            .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
            .pragma("temp_store", "MEMORY")
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .row_buffer_size(ROWS_AHEAD)
            .disable_statement_logging();
        // The first connection turns the file to WAL, for which SQLite waits for nobody.
        let _alone = alone(path.with_extension("lock")).await?;
        let log_lost = log_lost(path).await?;
        let room = room::Room::default();
        let writer = room.bounding(sound()).max_connections(1).connect_with(options.clone()).await?;
        migrate(&writer).await?;
        digest::hash_missing(&writer).await?;
        let pool = sound().max_connections(READERS_MAX).connect_lazy_with(options);
        Ok(Self { pool, writer, turn: Arc::default(), room, log_lost })
    }

    /// Begins a transaction that writes, when its turn has come.
    pub(super) async fn alone(
        &self,
    ) -> Result<(Transaction<'static, sqlx::Sqlite>, OwnedMutexGuard<()>), StorageError> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        Ok((self.writer.begin_with("BEGIN IMMEDIATE").await?, turn))
    }

    /// The pool, for tests that look beneath.
    #[must_use]
    pub fn pool(&self) -> &SqlitePool {
        &self.pool
    }
}

/// A pool that hands out connections without a transaction only. SQLite rolls back by itself what found no room on the disk,
/// or a page that is damaged; the driver still counts a transaction then and begins no other on that connection.
fn sound() -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .before_acquire(|connection, _| Box::pin(std::future::ready(Ok(!connection.is_in_transaction()))))
}

/// What the log of a database that was not closed has lost. Where that was there for good, HQ does not go on from what is
/// left: it would give out again what it had given out. Another process may be writing to the log: what is seen once is not
/// believed.
async fn log_lost(database: &Path) -> Result<Option<String>, StorageError> {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    let log = PathBuf::from(name);
    let look = || log::lost(&log).map_err(StorageError::Lock);
    let Some(mut lost) = look()? else { return Ok(None) };
    for _ in 0..LOOKS {
        tokio::time::sleep(BETWEEN_LOOKS).await;
        let Some(again) = look()? else { return Ok(None) };
        lost = again;
    }
    match lost {
        log::Lost::Last(lost) => {
            tracing::error!(
                lost,
                "the last change in the log of the database is lost, unless power was cut while it was written"
            );
            Ok(Some(lost))
        }
        log::Lost::More(lost) => Err(StorageError::Log(lost)),
    }
}

/// Waits until no other process brings this database up to date; two that made the tables at once would both fail.
async fn alone(lock: PathBuf) -> Result<File, StorageError> {
    let locked = task::spawn_blocking(move || {
        let file = File::create(lock)?;
        file.lock()?;
        Ok(file)
    });
    locked.await.map_err(io::Error::other).and_then(|locked| locked).map_err(StorageError::Lock)
}

async fn migrate(pool: &SqlitePool) -> Result<(), StorageError> {
    let migration = |(number, (name, text)): (i64, &(&'static str, &'static str))| {
        Migration::new(number, (*name).into(), MigrationType::Simple, (*text).into_sql_str(), false)
    };
    let migrator = Migrator::with_migrations((1..).zip(MIGRATIONS).map(migration).collect());
    Ok(migrator.run(pool).await?)
}

impl Storage for Sqlite {
    /// SQLite takes one writer at a time, whatever its turn.
    fn begin<'a>(&'a self, _turn: Turn<'a>) -> Step<'a, Box<dyn Writing>> {
        Box::pin(async move {
            let (tx, turn) = self.alone().await?;
            Ok(Box::new(writing::Transaction::new(tx, turn)) as Box<dyn Writing>)
        })
    }
    fn site(&self) -> Step<'_, Site> {
        Box::pin(self.read_site())
    }
    fn serve_at<'a>(&'a self, address: &'a str, key_fingerprint: [u8; 32]) -> Step<'a, ()> {
        Box::pin(self.write_address(address, key_fingerprint))
    }
    fn announce_key<'a>(&'a self, next: Option<NextKey>) -> Step<'a, ()> {
        Box::pin(self.write_next_key(next))
    }

    fn announce_address(&self, next: Option<NextAddress>) -> Step<'_, ()> {
        Box::pin(self.write_next_address(next))
    }
    fn begin_epoch(&self, restore: Restore) -> Step<'_, ()> {
        Box::pin(self.write_epoch(restore))
    }
    fn issue<'a>(&'a self, enrolment: &'a Enrolment) -> Step<'a, ()> {
        Box::pin(self.write_enrolment(enrolment))
    }
    fn redeem<'a>(&'a self, secret_hash: [u8; 32], newcomer: &'a Newcomer, now: DateTime<Utc>) -> Step<'a, Redeemed> {
        Box::pin(self.use_enrolment(secret_hash, newcomer, now))
    }
    fn device_by_token(&self, token_hash: [u8; 32]) -> Step<'_, Option<Device>> {
        Box::pin(self.read_device(token_hash))
    }
    fn devices(&self) -> Step<'_, Vec<Device>> {
        Box::pin(self.read_devices())
    }
    fn sighted<'a>(&'a self, sighting: &'a Sighting) -> Step<'a, Standing> {
        Box::pin(self.write_sighting(sighting))
    }
    fn revoke(&self, number: i64, at: DateTime<Utc>) -> Step<'_, ()> {
        Box::pin(self.write_revocation(number, at))
    }
    fn keep_store_key<'a>(&'a self, number: i64, wrapped: &'a str) -> Step<'a, ()> {
        Box::pin(self.write_store_key(number, wrapped))
    }
    fn tops<'a>(&'a self, feeds: &'a [String]) -> Step<'a, Vec<Top>> {
        Box::pin(self.read_tops(feeds))
    }
    fn sums<'a>(&'a self, feed: &'a str) -> Step<'a, Digest> {
        Box::pin(self.read_sums(feed))
    }
    fn bucket<'a>(&'a self, ask: &'a BucketAsk, bounds: PageBounds) -> Step<'a, BucketPage> {
        Box::pin(self.read_bucket(ask, bounds))
    }
    fn stretch<'a>(&'a self, feed: &'a str, after: u64, bounds: PageBounds) -> Step<'a, Stretch> {
        Box::pin(self.read_stretch(feed, after, bounds))
    }
    fn records<'a>(&'a self, keys: &'a [Key]) -> Step<'a, Vec<StoredRecord>> {
        Box::pin(self.read_records(keys))
    }
    fn records_of<'a>(&'a self, kind: &'a Kind) -> Step<'a, Vec<StoredRecord>> {
        Box::pin(self.read_kind(kind))
    }
    fn attachments_named<'a>(&'a self, hash: &'a str) -> Step<'a, Vec<StoredRecord>> {
        Box::pin(self.read_attachments(hash))
    }
    fn copy_to<'a>(&'a self, path: &'a Path) -> Step<'a, ()> {
        Box::pin(self.write_copy(path))
    }
    fn writable(&self) -> Step<'_, ()> {
        Box::pin(async move {
            let _turn = self.turn.lock().await;
            sqlx::query(sql::WRITABLE).execute(&self.writer).await?;
            Ok(())
        })
    }
    fn room_for(&self, pages: Option<u32>) -> Step<'_, ()> {
        Box::pin(self.bound_room(pages))
    }
    fn check(&self) -> Step<'_, Checked> {
        Box::pin(self.look_through())
    }
    fn close(&self) -> Step<'_, ()> {
        Box::pin(async move {
            self.pool.close().await;
            self.writer.close().await;
            Ok(())
        })
    }
}
