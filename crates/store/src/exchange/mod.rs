//! The store's side of a sync: what waits, what HQ answered, what came (SYNC.md).

pub(crate) mod apply;
pub(crate) mod digest;
mod held;
mod incarnation;
pub(crate) mod outbox;
mod runs;

pub use apply::Applied;
pub use digest::differing;
pub use outbox::Queued;
pub use runs::{SyncCounts, SyncRun};
