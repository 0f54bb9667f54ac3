//! What this laptop knows of its own clock: how far HQ's was from it, and the latest moment that it dated a record with.

use crate::{Result, Store, Write};
use chrono::{DateTime, Utc};

/// What speaks for or against the clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClockNote {
    /// How far HQ's clock was ahead of this one at the last hello, in milliseconds.
    pub hq_ahead_ms: i64,
    /// The same when a person said that the clock is right.
    pub accepted_ms: i64,
    /// The latest moment with which something was dated here.
    pub dated: Option<DateTime<Utc>>,
}

const HQ_AHEAD: &str = "clock_hq_ahead_ms";
const ACCEPTED: &str = "clock_accepted_ms";
const DATED: &str = "clock_dated";
/// Smaller changes are not worth a write.
const CHANGE_MS_MIN: u64 = 30_000;

impl Store {
    /// What is known of the clock.
    ///
    /// # Errors
    /// As [`Store::meta`].
    pub async fn clock_note(&self) -> Result<ClockNote> {
        Ok(ClockNote {
            hq_ahead_ms: self.meta(HQ_AHEAD).await?.unwrap_or_default(),
            accepted_ms: self.meta(ACCEPTED).await?.unwrap_or_default(),
            dated: self.meta(DATED).await?,
        })
    }

    /// HQ's clock was so far ahead of this one at a hello.
    ///
    /// # Errors
    /// As [`Write::set_meta`].
    pub async fn note_hq_clock(&self, ahead_ms: i64) -> Result<()> {
        let known: i64 = self.meta(HQ_AHEAD).await?.unwrap_or_default();
        if known.abs_diff(ahead_ms) < CHANGE_MS_MIN {
            return Ok(());
        }
        let mut write = self.write().await?;
        write.set_meta(HQ_AHEAD, &ahead_ms).await?;
        write.commit().await
    }
}

impl Write<'_> {
    /// Something is dated with `now`. What was dated later before stays the latest.
    pub(crate) async fn note_dated(&mut self, now: DateTime<Utc>) -> Result<()> {
        let sql = "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value \
                   WHERE julianday(json_extract(excluded.value, '$')) > julianday(json_extract(value, '$'))";
        sqlx::query(sql).bind(DATED).bind(serde_json::to_string(&now)?).execute(&mut *self.tx).await?;
        Ok(())
    }

    /// A person says that the clock is right at `now`, though HQ's is so far ahead of it.
    ///
    /// # Errors
    /// As [`Write::set_meta`].
    pub async fn accept_clock(&mut self, now: DateTime<Utc>, hq_ahead_ms: i64) -> Result<()> {
        self.set_meta(ACCEPTED, &hq_ahead_ms).await?;
        self.set_meta(DATED, &now).await
    }
}
