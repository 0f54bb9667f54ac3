//! Branches and engineers as HQ's keeper names them: by code and by name.

use crate::{error::Error, hq::Hq, storage::Key};
use doorstep_domain::{
    Code, Doc, Kind, Refusal,
    id::{BranchId, EngineerId},
    record,
    staff::{Branch, Engineer},
    visit::Visit,
};
use serde_json::Value;

/// The branch with this code.
///
/// # Errors
/// [`Error::NoBranch`].
pub async fn branch(hq: &Hq, code: &str) -> Result<BranchId, Error> {
    for stored in hq.storage().records_of(&Kind::BRANCH).await? {
        let found: Branch = record::read(&stored.doc)?;
        if found.code.eq_ignore_ascii_case(code.trim()) && !record::is_deleted(&stored.doc) {
            return Ok(stored.key.id.into());
        }
    }
    Err(Error::NoBranch(code.to_owned()))
}

/// The engineer of this name in a branch, added where there is none.
///
/// # Errors
/// [`Error::Refused`] for a name that is none, [`Error::Storage`].
pub async fn engineer(hq: &Hq, branch_id: BranchId, name: &str) -> Result<EngineerId, Error> {
    let name = name.trim();
    for stored in hq.storage().records_of(&Kind::ENGINEER).await? {
        let found: Engineer = record::read(&stored.doc)?;
        if found.branch_id == Some(branch_id) && found.name == name && !found.left {
            return Ok(stored.key.id.into());
        }
    }
    let id = hq.inner.surroundings.record_id();
    let mut doc = Doc::new();
    doc.insert("branch_id".to_owned(), Value::from(branch_id.to_string()));
    doc.insert("name".to_owned(), Value::from(name));
    hq.write(vec![(Key::new(Kind::ENGINEER, id), doc)]).await?;
    Ok(id.into())
}

/// Moves an engineer to another branch, and their laptops with them: their next hello tells it.
///
/// # Errors
/// [`Error::NoBranch`], [`Error::Storage`].
pub async fn transfer(hq: &Hq, engineer_id: EngineerId, to: &str) -> Result<BranchId, Error> {
    let branch_id = branch(hq, to).await?;
    let doc = Doc::from_iter([("branch_id".to_owned(), Value::from(branch_id.to_string()))]);
    hq.write(vec![(Key::new(Kind::ENGINEER, engineer_id.into()), doc)]).await?;
    hq.storage().move_laptops(engineer_id, branch_id).await?;
    Ok(branch_id)
}

/// Gives the open visits of one engineer to another of the same branch, who is still there. Returns how many there were.
///
/// # Errors
/// [`Error::Refused`] with [`Code::NotFound`] or [`Code::OutOfScope`], [`Error::Storage`].
pub async fn reassign(hq: &Hq, from: EngineerId, to: EngineerId) -> Result<usize, Error> {
    let known = |id: EngineerId| Key::new(Kind::ENGINEER, id.into());
    let mut read = Vec::new();
    for stored in hq.storage().records(&[known(from), known(to)]).await? {
        read.push((stored.key.id, record::read::<Engineer>(&stored.doc)?));
    }
    let find = |id: EngineerId| read.iter().find(|(found, _)| *found == id.into()).map(|(_, engineer)| engineer);
    let (Some(leaver), Some(successor)) = (find(from), find(to)) else {
        return Err(Refusal::new(Code::NotFound, "no such engineer").into());
    };
    if from == to || successor.left || successor.branch_id != leaver.branch_id {
        return Err(Refusal::new(Code::OutOfScope, "another engineer of the same branch, who is still there").into());
    }
    let mut patches = Vec::new();
    for stored in hq.storage().records_of(&Kind::VISIT).await? {
        let visit: Visit = record::read(&stored.doc)?;
        if visit.engineer_id == Some(from) && visit.is_open() {
            let patch = Doc::from_iter([("engineer_id".to_owned(), Value::from(to.to_string()))]);
            patches.push((stored.key, patch));
        }
    }
    let count = patches.len();
    hq.write(patches).await?;
    Ok(count)
}
