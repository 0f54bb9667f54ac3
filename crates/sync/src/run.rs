//! An exchange from beginning to end: hello, push, pull, files; and a note of it for people to look back on.

use crate::{Error, Exchange, Result, Standing, Step, Transport, attachments, enrol, plan::plan, pull, push};
use doorstep_store::{Identity, SyncRun};
use doorstep_wire::{Hello, HelloReply, PROTOCOL};
use std::collections::BTreeMap;

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
        let identity = self.store.identity().await?.ok_or(Error::NotEnrolled)?;
        let mut summary = Summary::default();
        let result = self.steps(&identity, &mut summary).await;
        let noted = self.note(&summary, result.as_ref().err()).await;
        result.and(noted).map(|()| summary)
    }

    async fn steps(&self, identity: &Identity, summary: &mut Summary) -> Result<()> {
        self.enter(Step::Hello, 1);
        let (hello, reply) = self.hello(identity).await?;
        summary.hq_clock_ahead_ms = (reply.clock - hello.clock).num_milliseconds();
        let plan = plan(&reply, &self.standing(&hello, &reply).await?)?;
        enrol::hand_in_key_once(self, identity).await?;
        self.progress.send_modify(|p| p.done = 1);
        if plan.push {
            push::push_all(self, identity, plan.limits, summary).await?;
        }
        pull::pull_all(self, identity, plan.limits, &plan.pull, summary).await?;
        let sent = attachments::send_all(self, plan.limits, summary).await?;
        let fetched = attachments::fetch_all(self, summary).await?;
        sent.or(fetched).map_or(Ok(()), Err)
    }

    async fn hello(&self, identity: &Identity) -> Result<(Hello, HelloReply)> {
        let hello = Hello {
            protocol: PROTOCOL,
            app_version: APP_VERSION.to_owned(),
            incarnation: identity.incarnation,
            last_seq: self.store.last_seq().await?,
            acked_seq: self.store.acked_seq().await?,
            site_epoch: identity.site_epoch,
            clock: self.surroundings.now(),
        };
        let reply = self.attempt(|| self.hq.hello(&hello)).await?;
        Ok((hello, reply))
    }

    async fn standing(&self, hello: &Hello, reply: &HelloReply) -> Result<Standing> {
        let mut cursors = BTreeMap::new();
        let mut read = self.store.write().await?;
        for feed in reply.feeds.keys() {
            cursors.insert(feed.clone(), read.cursor(feed).await?);
        }
        drop(read);
        Ok(Standing {
            last_seq: hello.last_seq,
            acked_seq: hello.acked_seq,
            waiting: self.store.sync_counts().await?.waiting,
            site_epoch: hello.site_epoch,
            cursors,
        })
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
        Ok(write.commit().await?)
    }
}
