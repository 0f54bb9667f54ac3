//! HQ's database on PostgreSQL: many writers, one at a time in a home feed.
//!
//! Statements are in `sql/`, one a file; sets of rows travel as arrays through `unnest`. A change takes its locks in one
//! order: the lock that HQ's own changes hold alone, its home's turn, the records it judges by key, feeds by name.
//! Positions are given under the lock of their feed, which is held until the change ends: commit order is feed order.

mod checking;
mod digest;
mod office;
mod reading;
mod rows;
pub mod sql;
mod steps;
mod writing;

use super::{
    Checked, Device, Enrolment, Key, Newcomer, NextAddress, NextKey, PageBounds, Redeemed, Restore, Sighting, Site,
    Standing, Step, Storage, StorageError, StoredRecord, Stretch, Top, Turn, Writing, moving,
};
use chrono::{DateTime, Utc};
use doorstep_domain::Kind;
use doorstep_wire::{BucketAsk, BucketPage, Digest};
use sqlx::{
    ConnectOptions, Executor, PgPool, SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
    str::FromStr,
    sync::Arc,
    time::Duration,
};
use tokio::{sync::Mutex, task};
use writing::Transaction;

/// Migrations in order; they only add.
const MIGRATIONS: &[(&str, &str)] = &[
    ("hq", include_str!("migrations/0001_hq.sql")),
    ("digest", include_str!("migrations/0002_digest.sql")),
    ("house", include_str!("migrations/0003_house.sql")),
    ("office", include_str!("migrations/0004_office.sql")),
    ("next_address", include_str!("migrations/0005_next_address.sql")),
];

/// Connections of a process. A server takes a hundred unless it is told otherwise.
const CONNECTIONS_MAX: u32 = 24;
/// How long a step waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(15);
/// What every connection is told. Every statement finds its rows by an index, and a plan that was made while tables were
/// small is kept: so plans that read whole tables, or a whole feed to sort it for one page, are out. Locks that are not
/// given up in time, and changes that were left standing, end.
const SETTINGS: [(&str, &str); 7] = [
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("jit", "off"),
    ("lock_timeout", "15s"),
    ("idle_in_transaction_session_timeout", "60s"),
];
/// Queues of writers in this process. Homes share one by chance: that costs a wait, never an order.
const QUEUES: usize = 64;

/// HQ's database on PostgreSQL.
#[derive(Debug, Clone)]
pub struct Postgres {
    pool: PgPool,
    /// Writers of one home queue here before they take a connection, so that readers always find one.
    queues: Arc<[Arc<Mutex<()>>]>,
}

impl Postgres {
    /// Opens the database at a `postgres://` address, and makes or adds the tables it lacks.
    ///
    /// # Errors
    /// [`StorageError::Newer`], [`StorageError::Migration`], [`StorageError::Database`].
    pub async fn open(address: &str) -> Result<Self, StorageError> {
        let options = PgConnectOptions::from_str(address)?
            .application_name("doorstep-hq")
            .options(SETTINGS)
            .disable_statement_logging();
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options)
            .await?;
        migrate(&pool).await?;
        Ok(Self { pool, queues: (0..QUEUES).map(|_| Arc::default()).collect() })
    }

    /// The pool, for tests that look beneath.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    fn queue(&self, home: &str) -> Option<Arc<Mutex<()>>> {
        let mut hasher = DefaultHasher::new();
        home.hash(&mut hasher);
        self.queues.get(hasher.finish() as usize % QUEUES).cloned()
    }

    async fn begin_change(&self, turn: Turn<'_>) -> Result<Transaction, StorageError> {
        match turn {
            Turn::Home(home) => {
                let waiting = match self.queue(home) {
                    Some(queue) => Some(queue.lock_owned().await),
                    None => None,
                };
                let mut tx = self.begun(sql::BEGIN).await?;
                lock_home(&mut tx, home).await?;
                Ok(Transaction::new(tx, waiting))
            }
            Turn::Hq => Ok(Transaction::new(self.alone().await?, None)),
        }
    }

    /// Begins a transaction beside which no change runs.
    pub(super) async fn alone(&self) -> Result<sqlx::Transaction<'static, sqlx::Postgres>, StorageError> {
        self.begun(sql::BEGIN_HQ).await
    }

    /// Begins a transaction. A request is dropped wherever it waits when its sender is gone; dropped while a transaction
    /// begins, it would leave one open on a connection that the driver takes for free, and nobody would commit what is
    /// written over that later. So the beginning goes on by itself, and what nobody takes then is rolled back.
    pub(super) async fn begun(
        &self,
        statement: &'static str,
    ) -> Result<sqlx::Transaction<'static, sqlx::Postgres>, StorageError> {
        let pool = self.pool.clone();
        let beginning = task::spawn(async move { pool.begin_with(statement).await });
        Ok(beginning.await.map_err(|_| sqlx::Error::WorkerCrashed)??)
    }
}

/// Holds a home's turn until the transaction ends.
async fn lock_home(connection: &mut sqlx::PgConnection, home: &str) -> Result<(), StorageError> {
    connection.execute(sqlx::query(sql::LOCK_HOME).bind(home)).await?;
    Ok(())
}

async fn migrate(pool: &PgPool) -> Result<(), StorageError> {
    let migration = |(number, (name, text)): (i64, &(&'static str, &'static str))| {
        Migration::new(number, (*name).into(), MigrationType::Simple, (*text).into_sql_str(), false)
    };
    let migrator = Migrator::with_migrations((1..).zip(MIGRATIONS).map(migration).collect());
    Ok(migrator.run(pool).await?)
}

impl Storage for Postgres {
    fn begin<'a>(&'a self, turn: Turn<'a>) -> Step<'a, Box<dyn Writing>> {
        Box::pin(async move { Ok(Box::new(self.begin_change(turn).await?) as Box<dyn Writing>) })
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
    fn copy_to<'a>(&'a self, path: &'a Path) -> Step<'a, ()> {
        Box::pin(moving::keep(self, path))
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
    fn writable(&self) -> Step<'_, ()> {
        Box::pin(async move {
            sqlx::query(sql::WRITABLE).execute(&self.pool).await?;
            Ok(())
        })
    }
    fn check(&self) -> Step<'_, Checked> {
        Box::pin(self.look_through())
    }
    fn close(&self) -> Step<'_, ()> {
        Box::pin(async move {
            self.pool.close().await;
            Ok(())
        })
    }
}
