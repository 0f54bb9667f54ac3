//! Syncs that nobody asked for: soon after something was written, and now and then. After one that did not go through,
//! pauses grow. Says when; how is [`super::begin`]'s. It never runs while a customer signs, and never when a person paused it.

use super::begin;
use crate::{App, Failure, Result, command::Nothing, fault::caught, settings};
use chrono::TimeDelta;
use doorstep_domain::{
    Code,
    visit::{State, Visit},
};
use doorstep_store::{Store, VisitFilter};
use std::{sync::Arc, time::Duration};

/// When syncs in the background come.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How long nothing must have been written, so that a form goes as a whole.
    pub quiet: Duration,
    /// How long after one the next comes although nothing was written here.
    pub every: Duration,
    /// The pause after one that did not go through; each further one doubles it, up to `every`.
    pub pause: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        let minutes = |n: u64| Duration::from_secs(60 * n);
        Self { quiet: minutes(1), every: minutes(15), pause: minutes(1) }
    }
}

impl Pace {
    /// How long to wait after so many failures in a row; `chance` scatters it, so that the laptops of a branch whose line
    /// comes back do not all call at once.
    fn wait(&self, failures: u32, chance: u8) -> Duration {
        if failures == 0 {
            return self.every;
        }
        let doubled = self.pause.saturating_mul(1 << (failures - 1).min(16)).min(self.every);
        doubled.mul_f64(0.75 + f64::from(chance) / 512.0)
    }
}

/// Whether trying again by itself can help. Where a person has to act, it waits until they did.
fn helps_itself(failure: &Failure) -> bool {
    !matches!(
        failure.code,
        Code::Unauthorized
            | Code::DeviceRevoked
            | Code::DeviceForked
            | Code::DeviceWiped
            | Code::HqKeyMismatch
            | Code::VersionUnsupported
    )
}

impl App {
    /// Syncs in the background for as long as the app lives.
    pub async fn keep_synced(self: Arc<Self>, pace: Pace) {
        let mut written = self.syncs.writes();
        loop {
            let failures = self.syncs.failures();
            let chance = self.world.random::<1>().map_or(0, |[chance]| chance);
            let pause = tokio::time::sleep(pace.wait(failures, chance));
            tokio::select! {
                () = pause => {}
                // After a failure the pause alone counts: writing on does not bring the line back.
                gone = written.changed(), if failures == 0 => {
                    if gone.is_err() {
                        return;
                    }
                    while tokio::time::timeout(pace.quiet, written.changed()).await.is_ok() {}
                }
            }
            if let Err(failure) = caught(self.sync_if_wanted()).await {
                tracing::debug!(code = ?failure.code, "no sync in the background now");
            }
        }
    }

    async fn sync_if_wanted(self: &Arc<Self>) -> Result<()> {
        let (store, identity) = self.enrolled().await?;
        let settings = settings::get(Arc::clone(self), Nothing {}).await?;
        if !settings.sync_background || self.syncs.last_failure().is_some_and(|failure| !helps_itself(&failure)) {
            return Ok(());
        }
        if self.is_signing(&store).await? {
            return Ok(());
        }
        let files_up_to = settings.large_files_wait.then_some(LARGE_BYTES);
        if begin(self, store, identity, files_up_to) {
            self.syncs.ended().await;
        }
        Ok(())
    }
}

impl App {
    /// Whether a customer may be at the screen. A visit that was put before them and forgotten holds nothing up.
    async fn is_signing(&self, store: &Store) -> Result<bool> {
        let filter = VisitFilter { states: vec![State::Presented], ..VisitFilter::default() };
        let since = self.world.now() - TimeDelta::minutes(SIGNING_MINUTES_MAX);
        for found in store.visits(&filter, 0, VISITS_MAX).await?.1 {
            let signing = found.visit.known::<Visit>().signing;
            if signing.is_some_and(|signing| signing.presented_at > since) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// How long a customer may take to read and sign.
const SIGNING_MINUTES_MAX: i64 = 60;
/// Visits before customers that are looked at, the latest due first.
const VISITS_MAX: u32 = 20;
/// A file above this size waits for a person, if they like it so.
const LARGE_BYTES: u64 = 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_with_every_failure_up_to_the_usual_distance() {
        let pace = Pace::default();
        let minutes = |failures| pace.wait(failures, 128).as_secs() / 60;
        assert_eq!([0, 1, 2, 3, 4, 5, 6, 40].map(minutes), [15, 1, 2, 4, 8, 15, 15, 15]);
    }

    #[test]
    fn pauses_are_scattered_by_a_quarter() {
        let pace = Pace::default();
        assert_eq!(pace.wait(1, 0), Duration::from_secs(45));
        assert!(pace.wait(1, 255) < Duration::from_secs(75) && pace.wait(1, 255) > Duration::from_secs(74));
    }

    #[test]
    fn what_a_person_has_to_mend_is_not_tried_again_by_itself() {
        for code in
            [Code::DeviceRevoked, Code::Unauthorized, Code::DeviceForked, Code::VersionUnsupported, Code::HqKeyMismatch]
        {
            assert!(!helps_itself(&Failure::new(code, "")), "{code:?}");
        }
        for code in [Code::HqUnreachable, Code::Busy, Code::OutOfOrder, Code::NotHq, Code::TooLarge] {
            assert!(helps_itself(&Failure::new(code, "")), "{code:?}");
        }
    }
}
