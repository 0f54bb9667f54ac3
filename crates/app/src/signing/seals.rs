//! The seals of a visit, in the order in which they count.

use crate::Result;
use doorstep_domain::{Kind, id::RecordId, seal::Seal, visit::Visit};
use doorstep_store::Stored;
use std::cmp::Reverse;

/// Seals among what belongs to `visit`, the one that counts first: the latest revision, and where one was sealed twice,
/// the paper that somebody chose, else the one that HQ took first.
pub(crate) fn ranked(children: &[Stored], visit: &Visit) -> Result<Vec<(RecordId, Seal)>> {
    let mut seals = Vec::new();
    for record in children.iter().filter(|record| record.kind == Kind::SEAL) {
        // 0 is what HQ does not have yet.
        let taken = record.hq_version.wrapping_sub(1);
        seals.push((taken, record.id, record.read::<Seal>()?));
    }
    seals.sort_by_key(|(taken, id, seal)| {
        let chosen = visit.seal.as_ref() == Some(&seal.number);
        (Reverse(seal.revision), !chosen, *taken, *id)
    });
    Ok(seals.into_iter().map(|(_, id, seal)| (id, seal)).collect())
}
