//! Whether HQ can keep what it is sent: looked at seldom, answered to everybody who asks.
//!
//! A look writes: a full or closed disk shows in nothing else. So it comes at most every few seconds, whoever asks, and a
//! write that failed in between counts at once.

use crate::{
    hq::Inner,
    serve::fault::{Fault, chain},
};
use chrono::{DateTime, TimeDelta, Utc};
use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};
use tokio::{sync::Mutex, time::timeout};

/// How long a look counts that found HQ ready.
const READY_FOR: TimeDelta = TimeDelta::seconds(10);
/// How long a look counts that did not.
const UNREADY_FOR: TimeDelta = TimeDelta::seconds(2);
/// How long a look may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Least bytes free in each of HQ's folders: room for a push of the largest size, and for the log of the database.
pub const ROOM_MIN: u64 = 32 * 1024 * 1024;

/// What was found when, for all who ask.
#[derive(Debug, Default)]
pub struct Readiness {
    last: Mutex<Option<Look>>,
    /// When a write last failed, in milliseconds.
    failed_ms: AtomicI64,
    /// HQ's folders on this machine.
    folders: Vec<PathBuf>,
}

#[derive(Debug, Clone)]
struct Look {
    at: DateTime<Utc>,
    found: Result<(), String>,
}

impl Readiness {
    /// Of an HQ that keeps things in these folders.
    #[must_use]
    pub fn new(folders: Vec<PathBuf>) -> Self {
        Self { folders, ..Self::default() }
    }

    /// A write has failed.
    pub fn failed(&self, now: DateTime<Utc>) {
        self.failed_ms.store(now.timestamp_millis(), Ordering::Relaxed);
    }

    /// Whether HQ can keep what it is sent; why not, where it cannot.
    ///
    /// # Errors
    /// In words, for those who run HQ.
    pub async fn ask(&self, hq: &Inner) -> Result<(), String> {
        let now = hq.surroundings.now();
        let mut last = self.last.lock().await;
        let failed_ago = now.timestamp_millis().saturating_sub(self.failed_ms.load(Ordering::Relaxed));
        if (0..UNREADY_FOR.num_milliseconds()).contains(&failed_ago) {
            *last = None;
            return Err("something could not be kept a moment ago".to_owned());
        }
        if let Some(look) = last.as_ref() {
            let good_for = if look.found.is_ok() { READY_FOR } else { UNREADY_FOR };
            if look.at <= now && now - look.at < good_for {
                return look.found.clone();
            }
        }
        let looked = timeout(PATIENCE, self.look(hq)).await;
        let found = looked.unwrap_or_else(|_| Err("HQ's database or attachments do not answer".to_owned()));
        *last = Some(Look { at: now, found: found.clone() });
        found
    }

    async fn look(&self, hq: &Inner) -> Result<(), String> {
        for folder in &self.folders {
            if room(folder).is_some_and(|bytes| bytes < ROOM_MIN) {
                let mib = ROOM_MIN / 1024 / 1024;
                return Err(format!("less than {mib} MiB are free in {}", folder.display()));
            }
        }
        let (database, attachments) = tokio::join!(hq.storage.writable(), hq.attachments.ping());
        database.map_err(|error| Fault::from(error).detail)?;
        attachments.map_err(|error| chain(&error))
    }
}

/// Bytes that are free in a folder; `None` where the system does not say.
fn room(folder: &Path) -> Option<u64> {
    #[cfg(unix)]
    {
        let found = rustix::fs::statvfs(folder).ok()?;
        Some(found.f_bavail.saturating_mul(found.f_frsize))
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        None
    }
}
