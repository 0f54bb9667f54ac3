//! Whether this laptop's clock can be right: it stands far from HQ's, before what it has dated already, or in a year that
//! cannot be. Said before anything is dated by it; a person says when the clock is right all the same.

use crate::{App, Result, command::Nothing};
use chrono::{DateTime, Datelike, TimeDelta, Utc};
use doorstep_domain::bounds;
use doorstep_store::ClockNote;
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::Arc;

/// How far from HQ's the clock may stand. A sync takes seconds, and papers say minutes.
const FROM_HQ_MAX: TimeDelta = TimeDelta::minutes(10);
/// How far behind its last record the clock may stand: it is set back a little now and then.
const BEHIND_MAX: TimeDelta = TimeDelta::minutes(10);

/// Why the clock cannot be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClockReason {
    /// No year that it can be.
    Impossible,
    /// At the last sync it stood far from HQ's.
    FarFromHq,
    /// It stands before something that was written here.
    BehindRecords,
}

/// A clock that cannot be right.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ClockDoubt {
    /// Why.
    reason: ClockReason,
    /// What it says.
    now: DateTime<Utc>,
    /// What it is at HQ, or was when something was last written here; absent where nobody knows.
    expected: Option<DateTime<Utc>>,
}

/// What speaks against the clock, if anything does and nobody has said that it is right.
pub(crate) async fn state(app: Arc<App>, _: Nothing) -> Result<Option<ClockDoubt>> {
    let now = app.world.now();
    let doubt = |reason, expected| Some(ClockDoubt { reason, now, expected });
    if !(bounds::YEARS.0..=bounds::YEARS.1).contains(&now.year()) {
        return Ok(doubt(ClockReason::Impossible, None));
    }
    let Ok(store) = app.store() else { return Ok(None) };
    let ClockNote { hq_ahead_ms, accepted_ms, dated } = store.clock_note().await?;
    let ahead = TimeDelta::try_milliseconds(hq_ahead_ms).unwrap_or(TimeDelta::MAX);
    let accepted = TimeDelta::try_milliseconds(accepted_ms).unwrap_or_default();
    let apart = ahead.checked_sub(&accepted).unwrap_or(TimeDelta::MAX).abs();
    if apart > FROM_HQ_MAX && ahead.abs() > FROM_HQ_MAX {
        return Ok(doubt(ClockReason::FarFromHq, now.checked_add_signed(ahead)));
    }
    match dated {
        Some(dated) if dated.signed_duration_since(now) > BEHIND_MAX => {
            Ok(doubt(ClockReason::BehindRecords, Some(dated)))
        }
        _ => Ok(None),
    }
}

/// A person looked at the clock and says that it is right: it is not doubted for the same reason again.
pub(crate) async fn accept(app: Arc<App>, _: Nothing) -> Result<Option<ClockDoubt>> {
    let store = app.store()?;
    let note = store.clock_note().await?;
    let mut write = store.write().await?;
    write.accept_clock(app.world.now(), note.hq_ahead_ms).await?;
    write.commit().await?;
    state(app, Nothing {}).await
}
