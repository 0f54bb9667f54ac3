//! The app's state: the data folder locked, then its store open, then at work.

use crate::{Desk, Failure, Result, World, command, customers::Imports, fault::caught, syncs::Syncs};
use chrono::{DateTime, Utc};
use doorstep_domain::Code;
use doorstep_store::{Folder, KeyPlace, Store, StoreKey};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// How long a data folder may still be another window's before a person is told.
const LEAVING_MAX: Duration = Duration::from_secs(3);
const LEAVING_EVERY: Duration = Duration::from_millis(50);

/// How the app is started.
#[derive(Debug, Clone)]
pub struct Options {
    /// The data folder.
    pub data: PathBuf,
    /// Where saved PDFs and exports go.
    pub documents: PathBuf,
    /// Whether the keychain may be used.
    pub key: KeyChoice,
}

/// Where a new store's key is kept, and how an existing one's is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyChoice {
    /// The keychain where it answers, else a passphrase.
    Best,
    /// A passphrase, whatever the keychain says.
    Passphrase,
}

/// The app.
pub struct App {
    pub(crate) options: Options,
    pub(crate) world: World,
    pub(crate) desk: Desk,
    pub(crate) imports: Imports,
    pub(crate) syncs: Syncs,
    state: Mutex<State>,
}

enum State {
    /// The folder is locked and its store is not open; with the reason when its key was not to be had.
    Closed(Folder, Option<Failure>),
    Open(Arc<Store>),
    /// The database is damaged; with the key that opens it and what was found. The folder is locked.
    Damaged(Folder, StoreKey, Failure),
    /// The store is being opened.
    Opening,
    /// The data folder cannot be used.
    Broken(Failure),
}

/// A store that is being opened or destroyed. When this is dropped and it is not open, the folder is closed: however the
/// work ended, also by a panic or because nobody waited for it, the next one can begin.
struct Opening<'a> {
    app: &'a App,
    folder: Folder,
    why: Option<Failure>,
}

impl Drop for Opening<'_> {
    fn drop(&mut self) {
        let mut state = self.app.state();
        if matches!(*state, State::Opening) {
            *state = State::Closed(self.folder.clone(), self.why.take());
        }
    }
}

/// Locks a data folder. A window that was closed a moment ago may still be putting things away.
async fn locked(data: &Path) -> Result<Folder> {
    let end = Instant::now() + LEAVING_MAX;
    loop {
        match Folder::lock(data) {
            Err(doorstep_store::Error::InUse) if Instant::now() < end => sleep(LEAVING_EVERY).await,
            locked => return Ok(locked?),
        }
    }
}

impl App {
    /// Locks the data folder, and opens its store at once when the keychain has the key. A key that is not to be had
    /// leaves the store locked: HQ can give it back.
    ///
    /// # Errors
    /// [`Code::StoreInUse`] when another window has it; [`Code::StoreNewer`], [`Code::DiskFull`], [`Code::NotWritable`].
    pub async fn open(options: Options, world: World) -> Result<Arc<Self>> {
        // Printers with TLS need a provider; a second window in this process finds it installed.
        rustls::crypto::ring::default_provider().install_default().ok();
        let folder = locked(&options.data).await?;
        let place = KeyPlace::of(&folder);
        let app = Self::with(options, world, State::Closed(folder, None));
        if place == KeyPlace::Keychain
            && let Err(failure) = app.unlock_with(StoreKey::from_keychain).await
        {
            if !matches!(failure.code, Code::KeychainUnavailable | Code::WrongKey | Code::StoreDamaged) {
                return Err(failure);
            }
            tracing::warn!(code = ?failure.code, message = failure.message, "the store did not open at the start");
            if let State::Closed(_, why) = &mut *app.state() {
                *why = Some(failure);
            }
        }
        Ok(app)
    }

    /// An app that can do nothing but say why: for a window whose data folder could not be opened.
    #[must_use]
    pub fn broken(options: Options, world: World, failure: Failure) -> Arc<Self> {
        Self::with(options, world, State::Broken(failure))
    }

    fn with(options: Options, world: World, state: State) -> Arc<Self> {
        Arc::new(Self {
            options,
            world,
            desk: Desk::default(),
            imports: Imports::default(),
            syncs: Syncs::default(),
            state: Mutex::new(state),
        })
    }

    /// Runs a command by its name.
    ///
    /// # Errors
    /// The command's failure, with an id that the log has too.
    pub async fn call(self: &Arc<Self>, name: &str, args: Value) -> Result<Value> {
        let Some(command) = command::find(name) else {
            return Err(Failure::new(Code::NotFound, "no such command"));
        };
        let outcome = match caught(command.run(Arc::clone(self), args)).await {
            Err(failure) if failure.code == Code::StoreDamaged => Err(self.looked_at(failure).await),
            outcome => outcome,
        };
        if command.writes {
            self.syncs.wrote();
        }
        outcome.map_err(|failure| self.logged(name, failure))
    }

    pub(crate) fn logged(&self, name: &str, mut failure: Failure) -> Failure {
        failure.id = self.world.random::<4>().map(|b| crate::desk::hex(&b)).unwrap_or_default();
        if failure.code == Code::Internal {
            tracing::error!(command = name, id = failure.id, message = failure.message, "command failed");
        } else {
            tracing::info!(command = name, id = failure.id, code = ?failure.code, field = failure.field, "command refused");
        }
        failure
    }

    /// Bytes on their way between interface and commands.
    #[must_use]
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Clock and chance.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Ends a running sync and closes the store.
    pub async fn close(&self) {
        self.syncs.cancel();
        if let Ok(store) = self.store() {
            store.close().await;
        }
    }

    /// The open store.
    ///
    /// # Errors
    /// [`Code::Locked`] while it is not open, or why it cannot be.
    pub fn store(&self) -> Result<Arc<Store>> {
        match &*self.state() {
            State::Open(store) => Ok(Arc::clone(store)),
            State::Broken(failure) | State::Damaged(.., failure) => Err(failure.clone()),
            State::Closed(..) | State::Opening => Err(Failure::new(Code::Locked, "the store is not open")),
        }
    }

    /// Where the key of a closed folder is, and why it was not to be had.
    pub(crate) fn closed(&self) -> Option<(KeyPlace, Option<Failure>)> {
        match &*self.state() {
            State::Closed(folder, why) => Some((KeyPlace::of(folder), why.clone())),
            State::Open(_) | State::Opening | State::Broken(_) | State::Damaged(..) => None,
        }
    }

    /// Opens the store with the key that `key` finds for the folder. Without one, the folder stays closed.
    pub(crate) async fn unlock_with(
        self: &Arc<Self>,
        key: impl FnOnce(&Folder) -> doorstep_store::Result<StoreKey>,
    ) -> Result<()> {
        let (folder, why) = self.begin_opening()?;
        // Closed again, with the same lock, unless the store is open in the end, or damaged.
        let _opening = Opening { app: self, folder: folder.clone(), why };
        let key = key(&folder)?;
        let opened = Store::open(folder.clone(), key.clone()).await;
        self.settle(opened, folder, key)
    }

    /// The store is open from now on, or damaged; anything else leaves the state as it is.
    pub(crate) fn settle(
        self: &Arc<Self>,
        opened: doorstep_store::Result<Store>,
        folder: Folder,
        key: StoreKey,
    ) -> Result<()> {
        match opened {
            Ok(store) => {
                let store = Arc::new(store);
                tokio::spawn(crate::damage::look_after(Arc::downgrade(self), Arc::clone(&store)));
                *self.state() = State::Open(store);
                Ok(())
            }
            Err(error) => {
                let failure = Failure::from(error);
                if failure.code == Code::StoreDamaged {
                    *self.state() = State::Damaged(folder, key, failure.clone());
                }
                Err(failure)
            }
        }
    }

    /// A store that could not be restored is as damaged as it was.
    pub(crate) fn still_damaged(&self, folder: Folder, key: StoreKey, failure: Failure) {
        *self.state() = State::Damaged(folder, key, failure);
    }

    /// The folder of a damaged store and its key, for whoever restores it.
    pub(crate) fn begin_restoring(&self) -> Result<(Folder, StoreKey, Failure)> {
        let mut state = self.state();
        match std::mem::replace(&mut *state, State::Opening) {
            State::Damaged(folder, key, failure) => Ok((folder, key, failure)),
            other => {
                *state = other;
                Err(Failure::new(Code::WrongState, "the store is not damaged"))
            }
        }
    }

    /// The store was found to be damaged: it is closed, and everything says so until it is restored.
    pub(crate) async fn found_damaged(&self, store: &Arc<Store>, failure: Failure) {
        {
            let mut state = self.state();
            match &*state {
                State::Open(open) if Arc::ptr_eq(open, store) => {}
                _ => return,
            }
            *state = State::Damaged(store.folder().clone(), store.key().clone(), failure);
        }
        self.syncs.cancel();
        store.close().await;
    }

    /// The folder of a damaged store.
    pub(crate) fn damaged_folder(&self) -> Option<Folder> {
        match &*self.state() {
            State::Damaged(folder, ..) => Some(folder.clone()),
            _ => None,
        }
    }

    /// What was found of a damaged store, and the moment of its newest snapshot.
    pub(crate) fn damaged(&self) -> Option<(Failure, Option<DateTime<Utc>>)> {
        match &*self.state() {
            State::Damaged(folder, _, failure) => {
                Some((failure.clone(), folder.snapshots().first().map(|(at, _)| *at)))
            }
            _ => None,
        }
    }

    /// Destroys the store because HQ orders it. What is left is a first start that says so.
    pub(crate) async fn wipe(&self, why: Failure) -> Result<()> {
        let store = self.store()?;
        *self.state() = State::Opening;
        let _opening = Opening { app: self, folder: store.folder().clone(), why: Some(why) };
        Ok(store.destroy().await?)
    }

    /// Takes the folder of a closed store, for whoever opens it.
    fn begin_opening(&self) -> Result<(Folder, Option<Failure>)> {
        let mut state = self.state();
        match std::mem::replace(&mut *state, State::Opening) {
            State::Closed(folder, why) => Ok((folder, why)),
            other => {
                *state = other;
                Err(Failure::new(Code::WrongState, "the store is not closed"))
            }
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
