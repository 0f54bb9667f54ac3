//! The app's state: the data folder locked, then its store open, then at work.

use crate::{Desk, Failure, Result, World, command, customers::Imports, syncs::Syncs};
use doorstep_domain::Code;
use doorstep_store::{Folder, KeyPlace, Store, StoreKey};
use serde_json::Value;
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

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
    Closed(Folder),
    Open(Arc<Store>),
    /// The folder was taken to open the store, or could not be locked again.
    Busy,
}

impl App {
    /// Locks the data folder, and opens its store at once when the keychain has the key.
    ///
    /// # Errors
    /// [`Code::StoreInUse`] when another window has it; [`Code::StoreNewer`], [`Code::StoreDamaged`].
    pub async fn open(options: Options, world: World) -> Result<Arc<Self>> {
        // Printers with TLS need a provider; a second window in this process finds it installed.
        rustls::crypto::ring::default_provider().install_default().ok();
        let folder = Folder::lock(&options.data)?;
        let place = KeyPlace::of(&folder);
        let app = Arc::new(Self {
            options,
            world,
            desk: Desk::default(),
            imports: Imports::default(),
            syncs: Syncs::default(),
            state: Mutex::new(State::Closed(folder)),
        });
        if place == KeyPlace::Keychain {
            app.unlock_with(StoreKey::from_keychain).await?;
        }
        Ok(app)
    }

    /// Runs a command by its name.
    ///
    /// # Errors
    /// The command's failure, with an id that the log has too.
    pub async fn call(self: &Arc<Self>, name: &str, args: Value) -> Result<Value> {
        let Some(command) = command::find(name) else {
            return Err(Failure::new(Code::NotFound, "no such command"));
        };
        let outcome = command.run(Arc::clone(self), args).await;
        outcome.map_err(|failure| self.logged(name, failure))
    }

    fn logged(&self, name: &str, mut failure: Failure) -> Failure {
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
    /// [`Code::Locked`] while it is not open.
    pub fn store(&self) -> Result<Arc<Store>> {
        match &*self.state() {
            State::Open(store) => Ok(Arc::clone(store)),
            State::Closed(_) | State::Busy => Err(Failure::new(Code::Locked, "the store is not open")),
        }
    }

    pub(crate) fn key_place(&self) -> Option<KeyPlace> {
        match &*self.state() {
            State::Closed(folder) => Some(KeyPlace::of(folder)),
            State::Open(_) | State::Busy => None,
        }
    }

    /// Opens the store with the key that `key` finds for the folder. Without one, the folder stays closed.
    pub(crate) async fn unlock_with(
        &self,
        key: impl FnOnce(&Folder) -> doorstep_store::Result<StoreKey>,
    ) -> Result<()> {
        let folder = match std::mem::replace(&mut *self.state(), State::Busy) {
            State::Closed(folder) => folder,
            other => {
                *self.state() = other;
                return Err(Failure::new(Code::WrongState, "the store is open already"));
            }
        };
        let key = match key(&folder) {
            Ok(key) => key,
            Err(error) => {
                *self.state() = State::Closed(folder);
                return Err(error.into());
            }
        };
        match Store::open(folder, key).await {
            Ok(store) => {
                *self.state() = State::Open(Arc::new(store));
                Ok(())
            }
            Err(error) => {
                *self.state() = State::Closed(Folder::lock(&self.options.data)?);
                Err(error.into())
            }
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
