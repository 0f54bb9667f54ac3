//! The laptop's half against the real HQ: real stores, a real server in this process, a real line between them.

#![cfg(test)]

mod convergence;
mod cuts;
mod enrolment;
mod files;
mod headquarters;
mod laptop;
mod line;
mod lives;
mod seasons;
mod strangers;
mod text;
