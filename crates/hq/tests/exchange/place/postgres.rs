//! Where a test's records are: a PostgreSQL database of its own. A machine without PostgreSQL fails these tests.

use doorstep_cluster::{Cluster, Database, Room};
use doorstep_hq::storage::{Storage, StorageError, postgres::Postgres};
use futures_util::TryStreamExt;
use sqlx::{Row, postgres::PgPoolCopyExt};
use std::{path::Path, process::Command};
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// Statements that must prepare.
pub const STATEMENTS: &[&str] = doorstep_hq::storage::postgres::sql::ALL;

pub struct Place(Database<'static>);

/// A database on a small file system; what else HQ keeps is elsewhere.
pub struct Small {
    cluster: Cluster,
    room: Room,
    folder: TempDir,
}

impl Small {
    pub fn new() -> Self {
        let room = Room::new(192 * 1024 * 1024).unwrap();
        Self { cluster: Cluster::start_in(&room).unwrap(), room, folder: tempfile::tempdir().unwrap() }
    }

    pub fn room(&self) -> &Room {
        &self.room
    }

    /// `doorstep-hq` over it.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_doorstep-hq"));
        command.arg("--data").arg(self.folder.path()).env("DOORSTEP_HQ_DATABASE", self.cluster.address("postgres"));
        command.env("RUST_LOG", "error").env("LC_ALL", "C");
        command
    }
}

fn cluster() -> &'static Cluster {
    Cluster::shared().unwrap()
}

/// A database with HQ's tables, to copy from.
async fn template() -> &'static str {
    static MADE: OnceCell<Database<'static>> = OnceCell::const_new();
    let made = MADE.get_or_init(|| async {
        let made = cluster().database(None).await.unwrap();
        Postgres::open(&made.address()).await.unwrap().close().await.unwrap();
        made
    });
    made.await.name()
}

impl Place {
    /// A database as HQ finds it at its first start.
    pub async fn fresh() -> Self {
        Self(cluster().database(Some(template().await)).await.unwrap())
    }

    /// A place without any table.
    pub async fn bare() -> Self {
        Self(cluster().database(None).await.unwrap())
    }

    pub fn database(&self) -> doorstep_hq::storage::Database {
        self.0.address().parse().unwrap()
    }

    /// Everything that is stored.
    pub async fn bytes(&self, _hq: &Path) -> Vec<u8> {
        let pool = sqlx::PgPool::connect(&self.0.address()).await.unwrap();
        let tables = sqlx::query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
        let mut all = Vec::new();
        for row in tables.fetch_all(&pool).await.unwrap() {
            let copy = format!("COPY {} TO STDOUT (FORMAT binary)", row.get::<&str, _>(0));
            let parts: Vec<_> = pool.copy_out_raw(&copy).await.unwrap().try_collect().await.unwrap();
            all.extend(parts.concat());
        }
        all
    }

    pub async fn open(&self) -> Result<Postgres, StorageError> {
        Postgres::open(&self.0.address()).await
    }
}
