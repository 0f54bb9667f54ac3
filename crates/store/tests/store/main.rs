//! The store, on real encrypted databases.
#![cfg(test)]

mod exchange;
mod folder;
mod ground;
mod lists;
mod lives;
