//! The real window under a display of its own, with a real HQ, a real printer and two laptops.

#![cfg(test)]

mod at_hand;
mod by_file;
mod conflict;
mod engineer;
mod large_file;
mod pictures;
mod refusals;
mod rules;
mod visit;
