//! The start of a store with its check: the quick look that a person waits for, and the whole read in the background.
//!
//! Beside it what each would cost without us: opening the same encrypted file and reading its schema, and SQLite's own
//! `integrity_check` of it.

use crate::row::{RUNS, Row, Times};
use doorstep_store::{Folder, Store, StoreKey};
use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{error::Error, path::Path, time::Instant};

/// Measures the store in `folder`, which is closed.
pub async fn measured(folder: &Path, key: [u8; 32], customers: usize) -> Result<Vec<Row>, Box<dyn Error>> {
    let (mut starts, mut opens, mut checks, mut reads) =
        (Times::default(), Times::default(), Times::default(), Times::default());
    for _ in 0..RUNS {
        let began = Instant::now();
        let store = Store::open(Folder::lock(folder)?, StoreKey::from_bytes(key)).await?;
        starts.add(began.elapsed());
        let began = Instant::now();
        store.check().await?;
        checks.add(began.elapsed());
        store.close().await;
        let began = Instant::now();
        let mut plain = open(folder, key).await?;
        sqlx::query("SELECT count(*) FROM sqlite_schema").execute(&mut plain).await?;
        opens.add(began.elapsed());
        let began = Instant::now();
        let said: String = sqlx::query_scalar("PRAGMA integrity_check(1)").fetch_one(&mut plain).await?;
        reads.add(began.elapsed());
        plain.close().await?;
        if said != "ok" {
            return Err(said.into());
        }
    }
    let of = format!("{customers} customers");
    Ok(vec![
        Row::timed(
            format!("start: a store of {of}, with the quick look"),
            &starts,
            "the same file opened bare",
            &opens,
        ),
        Row::timed(format!("start: all of it read in the background, {of}"), &checks, "PRAGMA integrity_check", &reads),
    ])
}

async fn open(folder: &Path, key: [u8; 32]) -> Result<SqliteConnection, sqlx::Error> {
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let options = SqliteConnectOptions::new().filename(folder.join("doorstep.db"));
    options.pragma("key", format!("\"x'{hex}'\"")).disable_statement_logging().connect().await
}
