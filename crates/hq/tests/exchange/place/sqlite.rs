//! Where a test's records are: SQLite in a folder of its own.

use doorstep_cluster::Room;
use doorstep_hq::storage::{Database, StorageError, sqlite::Sqlite};
use std::{fs, path::Path, process::Command};
use tempfile::TempDir;

/// Statements that must prepare.
pub const STATEMENTS: &[&str] = doorstep_hq::storage::sqlite::sql::ALL;

pub struct Place(TempDir);

/// A database on a small file system, with all else that HQ keeps.
pub struct Small(Room);

impl Small {
    pub fn new() -> Self {
        Self(Room::new(64 * 1024 * 1024).unwrap())
    }

    pub fn room(&self) -> &Room {
        &self.0
    }

    /// `doorstep-hq` over it.
    pub fn command(&self) -> Command {
        let mut command = self.0.command(env!("CARGO_BIN_EXE_doorstep-hq"));
        command.arg("--data").arg(self.0.path().join("hq")).env("RUST_LOG", "error").env("LC_ALL", "C");
        command
    }
}

impl Place {
    /// A database as HQ finds it at its first start.
    pub async fn fresh() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A place without any table.
    pub async fn bare() -> Self {
        Self::fresh().await
    }

    /// For HQ, which has a folder of its own.
    pub fn database(&self) -> Database {
        Database::Sqlite
    }

    /// Everything that is stored, with HQ's data folder at `hq`.
    pub async fn bytes(&self, hq: &Path) -> Vec<u8> {
        let files = fs::read_dir(hq).unwrap().map(|file| file.unwrap().path());
        files.filter(|path| path.is_file()).flat_map(|path| fs::read(path).unwrap()).collect()
    }

    pub async fn open(&self) -> Result<Sqlite, StorageError> {
        Sqlite::open(&self.0.path().join("hq.sqlite")).await
    }
}
