//! The same commands as the window's, over loopback HTTP: for browser tests, scripts, and machines without a display.
//!
//! Owns routes and their guards (`Host`, `Origin`, token) and nothing of the commands. Not part of the installer.

mod guard;
mod routes;

pub use guard::Token;
pub use routes::router;
