//! Papers the customer keeps: Chinese PDFs drawn on printpdf.
//!
//! The way of a paper: a plain model (`receipt`) is set as blocks (`block`), blocks become strips of ink (`ink`)
//! that the flow (`flow`) deals out to pages, and the pages are bound into one PDF (`bind`) with only the letters
//! that were used (`fonts`).
//!
//! This crate decides how a paper looks, never what it says: facts come in as a finished model, and the same model
//! always gives the same bytes. It reads no clock, no database and no file, and it must never learn of the domain's
//! rules, of answers to internal items, or of satisfaction.

mod bind;
pub mod block;
mod error;
pub mod flow;
pub mod fonts;
pub mod ink;
pub mod receipt;
mod sheet;
mod words;

pub use error::Error;
pub use fonts::Fonts;
pub use sheet::Paper;
pub use words::Language;
