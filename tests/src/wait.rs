//! Waiting for the thing itself, with a limit.

use anyhow::{Result, bail};
use std::{future::Future, time::Duration};
use tokio::time::{Instant, MissedTickBehavior, interval};

/// How often is asked.
const EVERY: Duration = Duration::from_millis(40);

/// Asks until there is an answer.
///
/// # Errors
/// The last asking's error, or that `what` did not come within `at_most`.
pub async fn until<T, F, A>(what: &str, at_most: Duration, mut ask: F) -> Result<T>
where
    F: FnMut() -> A,
    A: Future<Output = Result<Option<T>>>,
{
    let end = Instant::now() + at_most;
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Some(answer) = ask().await? {
            return Ok(answer);
        }
        if Instant::now() > end {
            bail!("{what} did not come within {} s", at_most.as_secs());
        }
    }
}
