//! A laptop: the real store in a folder of its own, with a clock and chance of its own; killed, copied, put back.

use crate::{
    beneath::{self, Snag},
    chance::{Chance, Clock},
    folder,
    line::{Event, Line},
};
use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use doorstep_domain::{Doc, Kind, id::RecordId};
use doorstep_store::{Edit, Folder, Identity, Store, StoreKey};
use doorstep_sync::{Exchange, Patience, Surroundings};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::mpsc::UnboundedSender, task::JoinHandle};

/// Tries without pauses: what is simulated is that there is another try, not how long it waits.
const PATIENCE: Patience = Patience { tries_max: 3, first_pause: Duration::ZERO };

/// A laptop, open.
pub struct Laptop {
    /// Its place among the laptops.
    pub number: usize,
    /// The laptop whose key it has: its own, or the one that it is a copy of.
    pub key_of: usize,
    /// Its folder.
    pub folder: PathBuf,
    /// Its store.
    pub store: Arc<Store>,
    /// Its clock and chance.
    pub surroundings: Surroundings,
    /// Its chance.
    pub chance: Chance,
    /// The exchange that is under way.
    exchange: Option<JoinHandle<()>>,
}

impl Laptop {
    /// Opens a laptop in a folder. Its clock is `off`.
    ///
    /// # Errors
    /// When it does not open.
    pub async fn open(number: usize, folder: PathBuf, chance: Chance, clock: &Clock, off: TimeDelta) -> Result<Self> {
        Self::copy_of(number, number, folder, chance, clock, off).await
    }

    /// Opens a laptop whose folder is a copy of `key_of`'s.
    ///
    /// # Errors
    /// When it does not open.
    pub async fn copy_of(
        number: usize,
        key_of: usize,
        folder: PathBuf,
        chance: Chance,
        clock: &Clock,
        off: TimeDelta,
    ) -> Result<Self> {
        let (clock, draw) = (clock.clone(), chance.clone());
        let surroundings = Surroundings::new(move || clock.now(off), move |bytes: &mut [u8]| draw.fill(bytes));
        let store = open_store(key_of, &folder).await?;
        Ok(Self { number, key_of, folder, store, surroundings, chance, exchange: None })
    }

    /// Ends as a power cut would, and begins anew in `folder` with what was on the disk, or in `copy`.
    ///
    /// # Errors
    /// When it does not open again.
    pub async fn reopen(&mut self, folder: PathBuf, copy: Option<&Path>) -> Result<()> {
        self.stop().await;
        folder::copy_as_left(copy.unwrap_or(&self.folder), &folder)?;
        self.store.close().await;
        std::fs::remove_dir_all(&self.folder)?;
        self.store = open_store(self.key_of, &folder).await?;
        self.folder = folder;
        Ok(())
    }

    /// Drops the exchange that is under way, wherever it is.
    pub async fn stop(&mut self) {
        if let Some(exchange) = self.exchange.take() {
            exchange.abort();
            // It was told to end: that it did not end by itself is what is wanted.
            drop(exchange.await);
        }
    }

    /// Waits until nothing is being stored: an exchange asks for what comes next while it stores what came, and a run is
    /// the same run only if the one is done before anything becomes of the other.
    ///
    /// # Errors
    /// When its turn does not come.
    pub async fn has_stored(&self) -> Result<()> {
        drop(self.store.write().await?);
        Ok(())
    }

    /// Whether an exchange is under way.
    #[must_use]
    pub fn exchanges(&self) -> bool {
        self.exchange.is_some()
    }

    /// The exchange has ended by itself.
    pub fn ended(&mut self) {
        self.exchange = None;
    }

    /// Who this laptop is.
    ///
    /// # Errors
    /// When it is not enrolled.
    pub async fn identity(&self) -> Result<Identity> {
        self.store.identity().await?.context("the laptop is not enrolled")
    }

    /// Begins an exchange; its requests come as events.
    ///
    /// # Errors
    /// When the laptop is not enrolled.
    pub async fn begin_exchange(&mut self, events: UnboundedSender<Event>) -> Result<()> {
        let line = Line::new(self.number, Some(self.identity().await?.token), events.clone());
        let (store, surroundings, laptop) = (Arc::clone(&self.store), self.surroundings.clone(), self.number);
        self.exchange = Some(tokio::spawn(async move {
            let exchange = Exchange::new(&store, &line, &surroundings).with_patience(PATIENCE);
            // The scheduler lets a laptop ask one thing after the other.
            let exchange = exchange.with_pushes_up_to(1);
            let how = exchange.run().await;
            // Nobody listens once the run is over.
            drop(events.send(Event::Ended { laptop, how }));
        }));
        Ok(())
    }

    /// A new record's id.
    #[must_use]
    pub fn new_id(&self) -> RecordId {
        RecordId::new(self.now(), self.chance.bytes())
    }

    /// The moment by this laptop's clock.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.surroundings.now()
    }

    /// Changes records, all or none, with the bytes of files that go with them.
    ///
    /// # Errors
    /// When the store does not take it; nothing is changed then.
    pub async fn put(&self, edits: &[(Kind, RecordId, Doc)], files: &[Vec<u8>]) -> doorstep_store::Result<()> {
        let mut hashes = Vec::new();
        for bytes in files {
            hashes.push((self.store.blobs().put(bytes, self.chance.bytes())?, bytes.len() as u64));
        }
        let now = self.now();
        let mut write = self.store.write().await?;
        for (kind, id, patch) in edits {
            write.put(now, &Edit { kind: kind.clone(), id: *id, patch: patch.clone() }).await?;
        }
        for (hash, bytes) in hashes {
            write.blob_added(&hash, bytes).await?;
        }
        write.commit().await
    }

    /// Lays a snag into its database.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn lay(&self, snag: &Snag) -> Result<()> {
        let mut connection = self.beneath().await?;
        beneath::lay(&mut connection, snag).await?;
        beneath::close(connection).await
    }

    /// Lifts it.
    ///
    /// # Errors
    /// When the database does not let go.
    pub async fn lift(&self) -> Result<()> {
        let mut connection = self.beneath().await?;
        beneath::lift(&mut connection).await?;
        beneath::close(connection).await
    }

    /// A connection to its database past the store.
    ///
    /// # Errors
    /// When it does not open.
    pub async fn beneath(&self) -> Result<sqlx::SqliteConnection> {
        beneath::open(&self.folder.join("doorstep.db"), Some(self.store.key())).await
    }

    /// Closes the store.
    pub async fn close(mut self) {
        self.stop().await;
        self.store.close().await;
    }
}

/// The key of each laptop; a clone has the same one.
fn key(number: usize) -> StoreKey {
    StoreKey::from_bytes(*blake3::hash(format!("laptop {number}").as_bytes()).as_bytes())
}

async fn open_store(number: usize, path: &Path) -> Result<Arc<Store>> {
    let store = Store::open(Folder::lock(path)?, key(number)).await;
    Ok(Arc::new(store.with_context(|| format!("opening laptop {number}"))?))
}
