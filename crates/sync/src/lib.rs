//! The laptop's half of the exchange with headquarters (SYNC.md): hello, push, pull, attachments, and the enrolment
//! before the first one.
//!
//! Owns the order of the steps and the trust in what HQ says: every answer is checked before the store sees it.
//! It never decides what a record means, never merges (HQ does), and never moves a cursor by itself: the store does
//! that in the transaction that applies the page (invariant 5). Clock, chance and transport are parameters.

mod attachments;
pub mod bundle;
mod digest;
mod enrol;
mod error;
mod exchange;
mod offer;
mod opening;
mod plan;
mod progress;
mod pull;
mod push;
mod run;
mod surroundings;
pub mod transport;

pub use enrol::enrol;
pub use error::Error;
pub use exchange::{Exchange, Patience};
pub use plan::{NewLife, Next, Plan, Standing, Stretch, plan};
pub use progress::{Progress, Step};
pub use run::Summary;
pub use surroundings::Surroundings;
pub use transport::{Https, Transport};

/// Result of the exchange's work.
pub type Result<T> = std::result::Result<T, Error>;
