//! The harness of the end-to-end tests: starts the real programs, drives the real window, reads what was printed.
//!
//! One file for each thing. Nothing here knows a rule of the trade, and nothing sleeps: [`wait`] asks for the thing
//! itself until it is there or its time is over.

pub mod headquarters;
pub mod home;
pub mod leak;
pub mod papers;
pub mod printer;
pub mod program;
pub mod samples;
pub mod screens;
pub mod wait;
pub mod window;
