//! Conflicts: both values side by side, who wrote them and when, and settling them with a reason.
//!
//! Who may settle and what then counts is `domain`'s to say; HQ checks it again.

mod list;
mod settle;

pub(crate) use list::list;
pub(crate) use settle::settle;
