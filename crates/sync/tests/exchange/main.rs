//! The laptop's half against the real HQ: real stores, a real server in this process, a real line between them. HQ's
//! records are on SQLite here; the tests that ask most of a database run on PostgreSQL too, from `postgres.rs`.

#![cfg(test)]

mod bundle;
mod convergence;
mod cuts;
mod digest;
mod enrolment;
mod files;
mod headquarters;
mod laptop;
mod line;
mod lives;
mod moves;
#[path = "place/sqlite.rs"]
mod place;
mod seasons;
mod strangers;
mod text;
mod wiping;
