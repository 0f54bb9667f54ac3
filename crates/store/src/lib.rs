//! The laptop's encrypted store: records in two layers, the outbox, attachments, search.
//!
//! Owns the data folder and everything in it. Nothing leaves memory unencrypted (invariant 7), a change and its
//! outbox entry are one transaction, and a cursor moves only with its page (invariant 5). It knows no rule of the
//! trade beyond the shape of a record, and it never talks to the network.

mod blob;
mod check;
mod clock;
mod conflict;
mod customer;
mod error;
mod exchange;
mod folder;
mod key;
mod listed;
mod mark;
mod meta;
mod open;
#[cfg(test)]
mod plans;
mod record;
mod reserve;
mod restore;
pub mod search;
mod snapshot;
mod sound;
mod touched;
mod visit;
mod wipe;

pub use blob::{Blobs, NewBlob, PartialBlob};
pub use clock::ClockNote;
pub use conflict::ConflictFilter;
pub use customer::{CustomerFilter, CustomerSummary, Validity};
pub use error::Error;
pub use exchange::{Applied, Queued, SyncCounts, SyncRun, differing};
pub use folder::Folder;
pub use key::{KeyPlace, PASSPHRASE_CHARS_MIN, StoreKey, keychain_available};
pub use meta::Identity;
pub use open::{Store, Write};
pub use record::{Edit, Stored};
pub use restore::{Restored, Source, restore};
pub use visit::{VisitFilter, VisitSummary};

/// Result of the store's work.
pub type Result<T> = std::result::Result<T, Error>;
