//! The running sync as the interface sees it.

use crate::{Failure, Result};
use chrono::{DateTime, Utc};
use doorstep_domain::Code;
use doorstep_store::Store;
use doorstep_sync::{Progress, Step, Summary};
use schemars::JsonSchema;
use serde::Serialize;
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The steps of a sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SyncStep {
    /// Finding HQ.
    Hello,
    /// Sending records.
    Push,
    /// Fetching records.
    Pull,
    /// Sending files.
    Upload,
    /// Fetching files.
    Download,
}

/// The sync at a glance.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SyncState {
    /// Grows with every change.
    pub revision: u64,
    /// Whether a sync is running.
    running: bool,
    /// Its step.
    step: Option<SyncStep>,
    /// What is done of the step: records, or bytes of files.
    done: u64,
    /// The whole of the step.
    total: u64,
    /// Changes that wait for HQ.
    waiting: u64,
    /// Files that wait for HQ.
    waiting_files: u64,
    /// When a sync last went through.
    last_ok_at: Option<DateTime<Utc>>,
    /// Why the last one did not.
    last_error: Option<Failure>,
    /// Changes HQ refused.
    refused: u64,
    /// Conflicts nobody has settled.
    conflicts: u64,
    /// Records of a newer version, kept for later.
    parked: u64,
    /// Changes sent by the last sync, or so far.
    sent: u64,
    /// Records received by the last sync, or so far.
    received: u64,
    /// Where HQ is.
    hq_address: Option<String>,
}

/// A running sync's lines to the outside.
pub(crate) struct Run {
    pub progress: watch::Sender<Progress>,
    pub cancel: CancellationToken,
}

/// Syncs of this app: at most one at a time.
pub(crate) struct Syncs {
    seen: watch::Sender<u64>,
    /// Grows when something was written that waits for HQ.
    written: watch::Sender<u64>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    running: Option<(watch::Sender<Progress>, CancellationToken)>,
    /// An exchange by file is under way.
    by_file: bool,
    last: Option<std::result::Result<Summary, Failure>>,
    /// Runs in a row that did not go through.
    failures: u32,
}

impl Default for Syncs {
    fn default() -> Self {
        let (seen, written) = (watch::Sender::new(1), watch::Sender::new(0));
        Self { seen, written, inner: Mutex::new(Inner::default()) }
    }
}

/// An exchange by file that is under way.
pub(crate) struct ByFile<'s>(&'s Syncs);

impl Drop for ByFile<'_> {
    fn drop(&mut self) {
        self.0.inner().by_file = false;
        self.0.touched();
    }
}

impl Syncs {
    /// Begins a run; `None` while one is running.
    pub(crate) fn begin(&self) -> Option<Run> {
        let mut inner = self.inner();
        if inner.running.is_some() || inner.by_file {
            return None;
        }
        let progress = watch::Sender::new(Progress::default());
        let cancel = CancellationToken::new();
        inner.running = Some((progress.clone(), cancel.clone()));
        drop(inner);
        self.tell(&progress);
        Some(Run { progress, cancel })
    }

    /// Begins an exchange by file, which ends when what this returns is dropped; `None` while another is under way.
    pub(crate) fn begin_by_file(&self) -> Option<ByFile<'_>> {
        let mut inner = self.inner();
        let free = inner.running.is_none() && !inner.by_file;
        inner.by_file |= free;
        free.then_some(ByFile(self))
    }

    /// Passes every change of the progress on to those who watch.
    fn tell(&self, progress: &watch::Sender<Progress>) {
        let mut changes = progress.subscribe();
        let seen = self.seen.clone();
        seen.send_modify(|revision| *revision += 1);
        tokio::spawn(async move {
            while changes.changed().await.is_ok() {
                seen.send_modify(|revision| *revision += 1);
            }
        });
    }

    /// Notes how a run ended. One that somebody cancelled did not fail: what was known before is known still.
    pub(crate) fn end(&self, outcome: std::result::Result<Summary, Failure>) {
        let mut inner = self.inner();
        inner.running = None;
        if !outcome.as_ref().is_err_and(|failure| failure.code == Code::Cancelled) {
            inner.failures = if outcome.is_ok() { 0 } else { inner.failures.saturating_add(1) };
            inner.last = Some(outcome);
        }
        drop(inner);
        self.touched();
    }

    /// What waits for HQ may have changed: those who watch look again.
    pub(crate) fn touched(&self) {
        self.seen.send_modify(|revision| *revision += 1);
    }

    /// Something was written that waits for HQ.
    pub(crate) fn wrote(&self) {
        self.written.send_modify(|count| *count += 1);
        self.touched();
    }

    /// Tells of writes from now on.
    pub(crate) fn writes(&self) -> watch::Receiver<u64> {
        self.written.subscribe()
    }

    /// Runs in a row that did not go through.
    pub(crate) fn failures(&self) -> u32 {
        self.inner().failures
    }

    /// Why the last run did not go through.
    pub(crate) fn last_failure(&self) -> Option<Failure> {
        self.inner().last.as_ref().and_then(|outcome| outcome.as_ref().err().cloned())
    }

    /// Waits until no run is under way.
    pub(crate) async fn ended(&self) {
        let mut seen = self.seen.subscribe();
        while self.inner().running.is_some() {
            if seen.changed().await.is_err() {
                return;
            }
        }
    }

    /// Cancels the running sync, if there is one.
    pub(crate) fn cancel(&self) {
        if let Some((_, cancel)) = &self.inner().running {
            cancel.cancel();
        }
    }

    /// Waits until something changed since `after`, at most `wait_max`.
    pub(crate) async fn changed(&self, after: u64, wait_max: Duration) {
        let mut seen = self.seen.subscribe();
        // Running out of time is an answer too: nothing changed.
        tokio::time::timeout(wait_max, seen.wait_for(|revision| *revision > after)).await.ok();
    }

    /// The sync at a glance.
    pub(crate) async fn state(&self, store: &Store) -> Result<SyncState> {
        // Before the counts: a change in between is then looked at again.
        let revision = *self.seen.borrow();
        let counts = store.sync_counts().await?;
        let runs = store.sync_runs(50).await?;
        let identity = store.identity().await?;
        let inner = self.inner();
        let progress = inner.running.as_ref().map(|(progress, _)| *progress.borrow());
        let last = inner.last.as_ref();
        // While HQ is looked for nothing has been exchanged: the figures of the last time stand until something is.
        let so_far = progress.map(|p| (p.sent, p.received)).filter(|figures| *figures != (0, 0));
        let told = runs.iter().find(|run| run.ok || run.sent > 0 || run.received > 0);
        let (sent, received) = so_far.or(told.map(|run| (run.sent, run.received))).unwrap_or_default();
        Ok(SyncState {
            revision,
            running: progress.is_some(),
            step: progress.map(|p| step(p.step)),
            done: progress.map_or(0, |p| p.done),
            total: progress.map_or(0, |p| p.total),
            waiting: counts.waiting,
            waiting_files: counts.waiting_files,
            last_ok_at: runs.iter().find(|run| run.ok).map(|run| run.at),
            last_error: last.and_then(|outcome| outcome.as_ref().err().cloned()),
            refused: counts.refused,
            conflicts: counts.conflicts,
            parked: counts.parked,
            sent,
            received,
            hq_address: identity.map(|identity| identity.hq_address),
        })
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn step(step: Step) -> SyncStep {
    match step {
        Step::Hello => SyncStep::Hello,
        Step::Push => SyncStep::Push,
        Step::Pull => SyncStep::Pull,
        Step::Upload => SyncStep::Upload,
        Step::Download => SyncStep::Download,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(code: Code) -> std::result::Result<Summary, Failure> {
        Err(Failure::new(code, "as a test would have it"))
    }

    #[tokio::test]
    async fn a_sync_that_somebody_cancelled_is_no_failure_and_hides_none() {
        let syncs = Syncs::default();
        syncs.end(failed(Code::Cancelled));
        assert!(syncs.last_failure().is_none());
        assert_eq!(syncs.failures(), 0);
        syncs.end(failed(Code::HqUnreachable));
        syncs.end(failed(Code::Cancelled));
        assert_eq!(
            (syncs.last_failure().map(|failure| failure.code), syncs.failures()),
            (Some(Code::HqUnreachable), 1)
        );
    }
}
