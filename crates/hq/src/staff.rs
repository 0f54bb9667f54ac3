//! Branches and engineers as HQ's keeper names them: by code and by name.

use crate::{error::Error, hq::Hq, storage::Key};
use doorstep_domain::{
    Doc, Kind,
    id::{BranchId, EngineerId},
    record,
    staff::{Branch, Engineer},
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
