//! Endurance: the programs as built, killed in the middle of their work, and files as large as they come.
//!
//! A tenth of it runs with the tests; `cargo xtask soak` runs all of it (`DOORSTEP_SOAK`).

#![cfg(test)]

mod ground;
mod kills;
mod large;
mod proxy;

/// Whether all of it is to be run.
fn is_soak() -> bool {
    std::env::var_os("DOORSTEP_SOAK").is_some()
}
