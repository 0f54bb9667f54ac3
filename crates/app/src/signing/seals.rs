//! The seals of a visit, in the order in which they count.

use crate::{Failure, Result};
use doorstep_domain::{
    Code, Doc, Kind,
    id::RecordId,
    seal::{Document, FORMAT, Seal},
    visit::{State, Visit},
};
use doorstep_store::Stored;
use std::cmp::Reverse;

/// The document that stands for a sealed visit: its problems, questions and answers are read from it, since they travel
/// inside. `None` while the visit is not sealed, or its seal has not come yet or is of a newer version.
pub(crate) fn standing(children: &[Stored], visit: &Visit) -> Option<Document> {
    if visit.progress.state != State::Sealed {
        return None;
    }
    let (_, seal) = ranked(children, visit).into_iter().next()?;
    let document: Option<Document> = serde_json::from_str(&seal.document).ok();
    document.filter(|document| document.format <= FORMAT)
}

/// The document that a seal covers, whole.
///
/// # Errors
/// [`Code::RecordNewer`] when a newer version made it, [`Code::BadSeal`] when it is no document at all.
pub(crate) fn sealed(seal: &Seal) -> Result<Document> {
    let newer = || Failure::new(Code::RecordNewer, "a newer version made the document");
    match serde_json::from_str::<Document>(&seal.document) {
        Ok(document) if document.format <= FORMAT => Ok(document),
        Ok(_) => Err(newer()),
        Err(_) if serde_json::from_str::<Doc>(&seal.document).is_ok() => Err(newer()),
        Err(_) => Err(Failure::new(Code::BadSeal, "the document does not read")),
    }
}

/// Seals among what belongs to `visit`, the one that counts first: the latest revision, and where one was sealed twice,
/// the paper that somebody chose, else the one that HQ took first.
pub(crate) fn ranked(children: &[Stored], visit: &Visit) -> Vec<(RecordId, Seal)> {
    let mut seals = Vec::new();
    for record in children.iter().filter(|record| record.kind == Kind::SEAL) {
        // 0 is what HQ does not have yet.
        let taken = record.hq_version.wrapping_sub(1);
        seals.push((taken, record.id, record.known::<Seal>()));
    }
    seals.sort_by_key(|(taken, id, seal)| {
        let chosen = visit.seal.as_ref() == Some(&seal.number);
        (Reverse(seal.revision), !chosen, *taken, *id)
    });
    seals.into_iter().map(|(_, id, seal)| (id, seal)).collect()
}
