//! Every screen of the interface, brought up in the real window: for pictures, and for the rules that each must pass.
//!
//! A new screen belongs here, so that both see it.

pub mod camera;
pub mod disagreement;
pub mod newcomer;
pub mod rules;
pub mod week;

/// Opens the stores of the laptops whose screens are shown. They hold invented data only, so it need not be secret.
pub const PASSPHRASE: &str = "doorstep-demo";
