//! The rules of the customers' tree.

use super::Level;
use crate::{Code, Refusal, id::CustomerId};

/// What the rules need to know of a customer above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeNode {
    /// The customer.
    pub id: CustomerId,
    /// Its level.
    pub level: Level,
}

/// Whether `child` at `level` may hang below the first of `ancestors` (nearest first): each level lies
/// strictly below the one above it, and nobody is their own ancestor.
///
/// # Errors
/// [`Code::BadTree`].
pub fn check_parent(child: CustomerId, level: Level, ancestors: &[TreeNode]) -> Result<(), Refusal> {
    if ancestors.iter().any(|a| a.id == child) {
        return Err(Refusal::new(Code::BadTree, "a customer cannot stand below itself").on("parent_id"));
    }
    match ancestors.first() {
        Some(parent) if parent.level >= level => {
            Err(Refusal::new(Code::BadTree, "the one above must be of a higher level").on("parent_id"))
        }
        _ => Ok(()),
    }
}
