//! The real window under a display of its own, with a real HQ, a real printer and two laptops.

#![cfg(test)]

mod engineer;
mod refusals;
mod visit;
