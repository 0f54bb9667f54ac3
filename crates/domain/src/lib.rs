//! The trade's nouns and rules: customers, visits, checklists, seals, and how two edits merge.
//!
//! Owns every rule of the manual ("M38" and so on) and the shape of every record. It never reads a
//! clock, draws a random number, opens a file or talks to a database: those come in as values.

pub mod attachment;
pub mod bounds;
pub mod checklist;
pub mod code;
pub mod conflict;
pub mod customer;
pub mod file_name;
pub mod id;
pub mod kind;
pub mod merge;
pub mod noun;
pub mod open;
pub mod parked;
pub mod record;
pub mod reference;
pub mod seal;
pub mod staff;
pub mod visit;

pub use code::{Code, Refusal};
pub use kind::{Kind, Named};
pub use noun::{Noun, describe};
pub use record::{Doc, Feed};
