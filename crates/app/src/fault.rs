//! Faults of ours: a panic, wherever it happens, ends in an answer and a line in the log, never in silence.
//!
//! The log gets where it happened, not what it said: a panic quotes what it stumbled over, and people wrote that.

use crate::{Failure, Result};
use futures_util::FutureExt;
use std::{future::Future, panic::AssertUnwindSafe};

/// Has every panic of this process logged with its place. For `main`, once.
pub fn log_faults() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |fault| {
        let place = fault.location().map(ToString::to_string).unwrap_or_default();
        let thread = std::thread::current().name().unwrap_or_default().to_owned();
        tracing::error!(place, thread, "a fault of ours");
        // Whoever works on the program has the data anyway.
        if cfg!(debug_assertions) {
            usual(fault);
        }
    }));
}

/// Runs work to its end; a panic in it is a failure like any other. What it held is given back as it unwinds: locks are taken
/// again as they are, and a change to the store that was not committed never was.
pub(crate) async fn caught<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| Err(fault()))
}

/// The same for work that waits for nothing.
pub(crate) fn caught_now<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    std::panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(fault()))
}

fn fault() -> Failure {
    Failure::internal("a panic; its place stands in the log before this")
}

impl From<tokio::task::JoinError> for Failure {
    fn from(error: tokio::task::JoinError) -> Self {
        if error.is_panic() { fault() } else { Self::internal("the work was given up") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorstep_domain::Code;

    #[tokio::test]
    async fn a_panic_is_a_failure_that_does_not_say_what_people_wrote() {
        let panics = || -> Result<()> { panic!("inside '中' of `四川甲路桥有限公司`") };
        let spawned = tokio::spawn(async move { panics() }).await.map_err(Failure::from).unwrap_err();
        let blocking = tokio::task::spawn_blocking(panics).await.map_err(Failure::from).unwrap_err();
        let failures =
            [caught(async move { panics() }).await.unwrap_err(), caught_now(panics).unwrap_err(), spawned, blocking];
        for failure in failures {
            assert_eq!(failure.code, Code::Internal);
            assert!(!failure.message.contains("四川"), "{}", failure.message);
        }
    }
}
