//! An exchange from beginning to end: hello, push, pull, files; and a note of it for people to look back on.

use crate::{
    Error, Exchange, Result, Step, Transport, attachments, digest, enrol, offer,
    opening::{self, Opened},
    pull, push,
};
use doorstep_domain::Code;
use doorstep_store::SyncRun;

/// The version that laptops tell HQ; the workspace has one.
pub(crate) const APP_VERSION: &str = env!("CARGO_PKG_VERSION");

/// What an exchange did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Operations HQ answered.
    pub sent: u64,
    /// Of these, refused.
    pub refused: u64,
    /// Fields that lost against another's and are conflicts now.
    pub conflicts: u64,
    /// Records that are new or newer here.
    pub received: u64,
    /// Records that left this laptop's scope.
    pub left: u64,
    /// Records that were not as HQ has them, though nothing said so, and were fetched again.
    pub mended: u64,
    /// Files handed in.
    pub files_sent: u64,
    /// Files taken.
    pub files_received: u64,
    /// Files that HQ does not have yet, because the laptop they were added on has not handed them in.
    pub files_awaited: u64,
    /// Milliseconds that HQ's clock is ahead of the laptop's: for people only (invariant 4).
    pub hq_clock_ahead_ms: i64,
}

impl<T: Transport> Exchange<'_, T> {
    /// Runs the exchange and notes how it ended. Whatever stops it, what was committed before stays, and the next run
    /// goes on there.
    ///
    /// # Errors
    /// What stopped it. A file that could not go or come stops nothing: the others go on, and its error comes last.
    pub async fn run(&self) -> Result<Summary> {
        if self.store.identity().await?.is_none() {
            return Err(Error::NotEnrolled);
        }
        let mut summary = Summary::default();
        let mut result = self.steps(&mut summary).await;
        if result.as_ref().is_err_and(|error| error.code() == Code::DiskFull) && self.store.free_reserve() {
            result = self.steps(&mut summary).await;
        }
        let noted = self.note(&summary, result.as_ref().err()).await;
        result.and(noted).map(|()| summary)
    }

    async fn steps(&self, summary: &mut Summary) -> Result<()> {
        self.enter(Step::Hello, 1);
        let mut opened = opening::open(self, summary).await?;
        enrol::hand_in_key_once(self, &opened.identity).await?;
        offer::offer_lost(self, &opened).await?;
        self.progress.send_modify(|p| p.done = 1);
        if opened.plan.push {
            opened = self.push(opened, summary).await?;
        }
        let roots = pull::pull_all(self, &opened, summary).await?;
        self.store.conflicts_came(u64::MAX).await?;
        digest::compare(self, &opened, roots, summary).await?;
        let limits = opened.plan.limits;
        self.store.sweep_blobs().await?;
        let sent = attachments::send_all(self, limits, summary).await?;
        let fetched = attachments::fetch_all(self, summary).await?;
        sent.or(fetched).map_or(Ok(()), Err)
    }

    /// Hands in what waits. When HQ has other operations under its sequences, an old copy of this store was put back: it
    /// begins a new life and hands them in under that.
    async fn push(&self, opened: Opened, summary: &mut Summary) -> Result<Opened> {
        match push::push_all(self, &opened.identity, opened.plan.limits, summary).await {
            Err(error) if error.code() == Code::DeviceForked => {}
            done => return done.map(|()| opened),
        }
        let opened = opening::open_anew(self, summary).await?;
        push::push_all(self, &opened.identity, opened.plan.limits, summary).await?;
        Ok(opened)
    }

    async fn note(&self, summary: &Summary, error: Option<&Error>) -> Result<()> {
        if let Some(error) = error {
            tracing::info!(%error, "the exchange ended early");
        }
        let code = error.and_then(|e| serde_json::to_value(e.code()).ok()?.as_str().map(str::to_owned));
        let run = SyncRun {
            at: self.surroundings.now(),
            ok: error.is_none(),
            sent: summary.sent,
            received: summary.received,
            code,
        };
        let mut write = self.store.write().await?;
        write.note_run(&run).await?;
        match error.map(Error::code) {
            None => write.note_refusal(None).await?,
            Some(code) if enrol::may_enrol_anew(code) => write.note_refusal(Some(code)).await?,
            Some(_) => {}
        }
        Ok(write.commit().await?)
    }
}
