//! What every step works with: the store, HQ, the surroundings, who watches, and who may cancel.

use crate::{Error, Progress, Result, Step, Surroundings, Transport};
use std::{future::Future, time::Duration};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use doorstep_store::Store;

/// Pushes on their way at a time: HQ reads the one while it stores the other, and the line never waits for either.
const PUSHES_MAX: usize = 2;

/// How often and how soon a request that failed on the line is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Most tries of one request, the first included.
    pub tries_max: u32,
    /// The pause before the second try; doubled for each further one, and scattered between half and one and a half.
    pub first_pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { tries_max: 4, first_pause: Duration::from_millis(500) }
    }
}

/// An exchange between a store and HQ. One at a time for a store: two would do no harm, but the same work twice.
#[derive(Debug)]
pub struct Exchange<'a, T> {
    pub(crate) store: &'a Store,
    pub(crate) hq: &'a T,
    pub(crate) surroundings: &'a Surroundings,
    pub(crate) progress: watch::Sender<Progress>,
    pub(crate) cancel: CancellationToken,
    pub(crate) patience: Patience,
    pub(crate) pushes_max: usize,
    pub(crate) file_bytes_max: u64,
}

impl<'a, T: Transport> Exchange<'a, T> {
    /// An exchange that nobody watches.
    #[must_use]
    pub fn new(store: &'a Store, hq: &'a T, surroundings: &'a Surroundings) -> Self {
        Self {
            store,
            hq,
            surroundings,
            progress: watch::Sender::new(Progress::default()),
            cancel: CancellationToken::new(),
            patience: Patience::default(),
            pushes_max: PUSHES_MAX,
            file_bytes_max: u64::MAX,
        }
    }

    /// The same, telling its progress to `progress`.
    #[must_use]
    pub fn watched(self, progress: watch::Sender<Progress>) -> Self {
        Self { progress, ..self }
    }

    /// The same, ending with [`Error::Cancelled`] soon after `cancel`. What was exchanged until then stays.
    #[must_use]
    pub fn cancelled_by(self, cancel: CancellationToken) -> Self {
        Self { cancel, ..self }
    }

    /// The same with another patience.
    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// The same, with so many pushes on their way at a time, one at least.
    #[must_use]
    pub fn with_pushes_up_to(self, pushes_max: usize) -> Self {
        Self { pushes_max, ..self }
    }

    /// The same, leaving files above so many bytes for another exchange: on a line that is paid for by what goes over it.
    #[must_use]
    pub fn with_files_up_to(self, file_bytes_max: u64) -> Self {
        Self { file_bytes_max, ..self }
    }

    /// Enters a step.
    pub(crate) fn enter(&self, step: Step, total: u64) {
        self.progress.send_modify(|p| *p = Progress { step, done: 0, total, ..*p });
    }

    /// Waits for `work` unless somebody cancels. Only for work on the line: what is being stored is never torn.
    pub(crate) async fn unless_cancelled<R>(&self, work: impl Future<Output = Result<R>>) -> Result<R> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(Error::Cancelled),
            done = work => done,
        }
    }

    /// Sends a request that may be repeated without harm, again when the line broke.
    pub(crate) async fn attempt<R, F>(&self, mut request: impl FnMut() -> F) -> Result<R>
    where
        F: Future<Output = Result<R>>,
    {
        let mut tries = Tries::default();
        loop {
            match self.unless_cancelled(request()).await {
                Err(error) if error.transient() => self.pause(&mut tries, error).await?,
                done => return done,
            }
        }
    }

    /// Pauses before the next try, or gives `error` back when patience is at its end.
    pub(crate) async fn pause(&self, tries: &mut Tries, error: Error) -> Result<()> {
        tries.failed += 1;
        if tries.failed >= self.patience.tries_max {
            return Err(error);
        }
        tracing::debug!(%error, tries = tries.failed, "the line broke, trying again");
        let doubled = self.patience.first_pause.saturating_mul(1 << (tries.failed - 1).min(16));
        let scatter = 0.5 + f64::from(u16::from_le_bytes(self.surroundings.random())) / f64::from(u16::MAX);
        self.unless_cancelled(async {
            tokio::time::sleep(doubled.mul_f64(scatter)).await;
            Ok(())
        })
        .await
    }
}

/// Failed tries in a row.
#[derive(Debug, Default)]
pub(crate) struct Tries {
    pub(crate) failed: u32,
}
