//! The store's side of a sync: what waits, what HQ answered, what came (SYNC.md).

mod apply;
mod digest;
mod held;
mod incarnation;
mod outbox;
#[cfg(test)]
mod plans;
mod runs;

pub use apply::Applied;
pub use digest::differing;
pub use outbox::Queued;
pub use runs::{SyncCounts, SyncRun};
