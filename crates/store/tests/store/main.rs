//! The store, on real encrypted databases.
#![cfg(test)]

mod damage;
mod exchange;
mod folder;
mod full;
mod ground;
mod lists;
mod lives;
mod restoring;
