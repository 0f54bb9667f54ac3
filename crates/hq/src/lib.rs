//! Headquarters of Doorstep: enrols laptops, takes what they send, merges it, and hands on what changed.
//!
//! `serve` is HTTP, one file a step; `landing` judges and merges; `storage` is the database behind a trait;
//! `attachments` keeps bytes. Rules of the trade are in `doorstep-domain`, messages in `doorstep-wire`: none are
//! made here. Nothing of a customer goes into the log.

pub mod accounts;
mod address_change;
pub mod attachments;
pub mod backup;
pub mod bundle;
pub mod check;
pub mod conflicts;
pub mod enrolment;
pub mod error;
pub mod hq;
pub mod import;
mod key_change;
pub mod keys;
pub mod landing;
pub mod laptops;
pub mod metrics;
pub mod moving;
mod names;
pub mod opinions;
pub mod own;
pub mod paging;
mod private_file;
mod private_folder;
pub mod readiness;
pub mod rights;
pub mod serve;
pub mod staff;
pub mod status;
pub mod storage;
pub mod surroundings;

pub use error::Error;
pub use hq::{Config, Hq, Ready, Transport};
pub use serve::tls::Certificate;
pub use surroundings::Surroundings;
