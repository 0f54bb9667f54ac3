//! The tests of `main.rs` that ask most of HQ's database, with its records on PostgreSQL.

#![cfg(test)]

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
#[path = "place/postgres.rs"]
mod place;
mod seasons;
mod wiping;
