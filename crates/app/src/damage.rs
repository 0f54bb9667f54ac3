//! Watching over the store: read through after each start, a snapshot a day; and restoring it when it is damaged.

use crate::{
    App, Failure, Result,
    command::Nothing,
    session::{self, Session},
};
use chrono::{DateTime, Utc};
use doorstep_domain::Code;
use doorstep_store::{Source, Store};
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::{Arc, Weak};

/// What came of restoring a damaged store.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StoreRestored {
    /// Where the laptop stands now.
    session: Session,
    /// Where the records come from.
    source: RestoredFrom,
    /// The moment of the copy, where it was one.
    at: Option<DateTime<Utc>>,
    /// Changes that had not been sent, and were found.
    rescued: u64,
    /// Whether every change that had not been sent was found.
    complete: bool,
}

/// Where a restored store comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RestoredFrom {
    /// What was here, without the last changes.
    Itself,
    /// A snapshot.
    Snapshot,
    /// HQ, with the next sync.
    Nothing,
}

/// Restores the store: the last good copy, with what was not sent; the rest comes from HQ.
pub(crate) async fn restore(app: Arc<App>, _: Nothing) -> Result<StoreRestored> {
    // To its end also when nobody waits for it any more.
    let work = tokio::spawn(async move {
        let (folder, key, found) = app.begin_restoring()?;
        let restored = match doorstep_store::restore(folder.clone(), key.clone()).await {
            Ok((store, restored)) => {
                app.settle(Ok(store), folder, key)?;
                restored
            }
            Err(error) => {
                app.still_damaged(folder, key, found);
                return Err(error.into());
            }
        };
        let (source, at) = match restored.source {
            Source::Itself => (RestoredFrom::Itself, None),
            Source::Snapshot(at) => (RestoredFrom::Snapshot, Some(at)),
            Source::Nothing => (RestoredFrom::Nothing, None),
        };
        let session = session::state(app, Nothing {}).await?;
        Ok(StoreRestored { session, source, at, rescued: restored.rescued, complete: restored.complete })
    });
    work.await.map_err(|fault| Failure::internal(fault.to_string()))?
}

/// Tends the store after its start, reads all of it, and makes the day's snapshot.
pub(crate) async fn look_after(app: Weak<App>, store: Arc<Store>) {
    crate::syncs::tend(&store).await;
    if let Err(error) = store.check().await {
        let failure = Failure::from(error);
        if failure.code == Code::StoreDamaged {
            tracing::error!(message = failure.message, "the store is damaged");
            if let Some(app) = app.upgrade() {
                app.found_damaged(&store, failure).await;
            }
        } else if !is_over(failure.code) {
            tracing::warn!(code = ?failure.code, message = failure.message, "the store was not read through");
        }
        return;
    }
    if let Some(app) = app.upgrade() {
        app.keep_snapshot(&store).await;
    }
}

impl App {
    /// Makes the day's snapshot where there is none yet, and keeps room for a full disk.
    pub(crate) async fn keep_snapshot(&self, store: &Arc<Store>) {
        store.keep_reserve();
        match store.keep_snapshot(self.world.now()).await {
            Ok(_) => {}
            Err(error) if error.code() == Code::StoreDamaged => self.found_damaged(store, error.into()).await,
            Err(error) if is_over(error.code()) => {}
            Err(error) => tracing::warn!(%error, "no snapshot was made"),
        }
    }

    /// A command met something that is not what was written: the whole store is read. Where it is damaged, everything says so
    /// from now on. Where it is not, the fault is ours.
    pub(crate) async fn looked_at(&self, failure: Failure) -> Failure {
        let Ok(store) = self.store() else { return failure };
        match store.check().await {
            Ok(()) => Failure { code: Code::Internal, ..failure },
            Err(error) if error.code() == Code::StoreDamaged => {
                self.found_damaged(&store, error.into()).await;
                failure
            }
            Err(error) => error.into(),
        }
    }
}

/// Whether work in the background ended because the store was closed.
fn is_over(code: Code) -> bool {
    matches!(code, Code::Cancelled | Code::Locked)
}
