//! Merging customers that were entered twice: one stands for the other, and that can be undone.

use super::Customer;
use crate::{Code, Refusal, id::CustomerId};

/// Most steps from a merged customer to the one that stands for it.
pub const REDIRECTS_MAX: u32 = 8;

/// Whether `from` may be merged into `into`. `stands_for` are the customers that `into` was merged into in turn, nearest
/// first, and `above` those it stands below in the tree.
///
/// # Errors
/// [`Code::BadTree`] when it would lead back to itself, [`Code::WrongState`] when one of them was merged away or deleted,
/// [`Code::OutOfScope`] when they are of different branches.
pub fn check_merge(
    (from_id, from): (CustomerId, &Customer),
    (into_id, into): (CustomerId, &Customer),
    stands_for: &[CustomerId],
    above: &[CustomerId],
) -> Result<(), Refusal> {
    let refused = |code, why: &str| Err(Refusal::new(code, why).on("merged_into"));
    match () {
        () if from_id == into_id || stands_for.contains(&from_id) => refused(Code::BadTree, "it leads back to itself"),
        () if above.contains(&from_id) => refused(Code::BadTree, "a customer does not merge into one below it"),
        () if from.merged_into.is_some() => refused(Code::WrongState, "it was merged already"),
        () if from.deleted || into.deleted => refused(Code::WrongState, "one of them was deleted"),
        () if from.branch_id != into.branch_id => refused(Code::OutOfScope, "they are of different branches"),
        () => Ok(()),
    }
}
