//! What people do with Doorstep: the one list of commands, and the app's state.
//!
//! Window, host and tests call the same commands with the same JSON. Rules come from `domain`, storage from `store`;
//! here they meet the clock, chance, the printer and HQ. Nothing here knows a window.

mod clock;
mod command;
mod conflicts;
mod customers;
mod damage;
mod desk;
mod failure;
mod fault;
mod open;
mod parked;
mod receipts;
mod records;
mod search;
mod session;
mod settings;
mod signing;
mod syncs;
mod today;
mod visits;
mod world;

pub use command::{Command, commands, schema};
pub use desk::{Desk, UPLOAD_BYTES_MAX, UPLOAD_ONTO};
pub use doorstep_domain::Code;
pub use failure::Failure;
pub use fault::log_faults;
pub use open::{App, KeyChoice, Options};
pub use syncs::Pace;
pub use world::{Clock, SystemClock, World};

/// Result of a command.
pub type Result<T> = std::result::Result<T, Failure>;
