//! Branches and engineers: as HQ's keeper names them, by code and by name, and what happens to those who leave or move.

use crate::{
    error::Error,
    hq::Hq,
    names::Names,
    rights::{By, Right},
    storage::{Key, OpenAsk, OpenPlace},
};
use doorstep_domain::{
    Code, Doc, Kind, Refusal,
    id::{BranchId, EngineerId, RecordId},
    record,
    staff::{Branch, Engineer},
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Visits read at once.
const OPEN_AT_ONCE: u32 = 500;

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
    if let Some((id, false)) = named(hq, branch_id, name).await? {
        return Ok(id);
    }
    let id = hq.inner.surroundings.record_id();
    let mut doc = Doc::new();
    doc.insert("branch_id".to_owned(), Value::from(branch_id.to_string()));
    doc.insert("name".to_owned(), Value::from(name));
    hq.write(vec![(Key::new(Kind::ENGINEER, id), doc)]).await?;
    Ok(id.into())
}

/// The engineer of this name in a branch, and whether they left: one who is still there before one who is not.
async fn named(hq: &Hq, branch_id: BranchId, name: &str) -> Result<Option<(EngineerId, bool)>, Error> {
    let mut gone = None;
    for stored in hq.storage().records_of(&Kind::ENGINEER).await? {
        let found: Engineer = record::read(&stored.doc)?;
        if found.branch_id != Some(branch_id) || found.name != name {
            continue;
        }
        let id = stored.key.id.into();
        if !found.left {
            return Ok(Some((id, false)));
        }
        gone = gone.or(Some((id, true)));
    }
    Ok(gone)
}

/// An engineer as HQ's people see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EngineerEntry {
    /// Their id.
    pub id: EngineerId,
    /// Name.
    pub name: String,
    /// The branch.
    pub branch_id: Option<BranchId>,
    /// Its code.
    pub branch: Option<String>,
    /// Manages the branch.
    pub manager: bool,
    /// Left the company or the branch.
    pub left: bool,
    /// Visits that are open.
    pub open_visits: u64,
}

/// Some of the engineers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Engineers {
    /// The engineers, the longest known first.
    pub engineers: Vec<EngineerEntry>,
    /// Where the next page begins; absent on the last.
    pub next: Option<EngineerId>,
}

/// Engineers after one, of one branch or of all that the asker sees.
///
/// # Errors
/// [`Error::Refused`] with [`Code::OutOfScope`], [`Error::Storage`].
pub async fn engineers(
    hq: &Hq,
    by: By<'_>,
    branch: Option<BranchId>,
    after: Option<EngineerId>,
    count_max: u32,
) -> Result<Engineers, Error> {
    if branch.is_some() {
        by.sees(branch)?;
    }
    let branch = branch.or(by.branch());
    let names = Names::of(hq, BTreeSet::default()).await?;
    let visits = hq.storage().open_counts(&Kind::VISIT, hq.inner.surroundings.now()).await?;
    let visits: BTreeMap<_, _> = visits.into_iter().map(|count| (count.whose, count.count)).collect();
    let mut engineers = Vec::new();
    for stored in hq.storage().records_of(&Kind::ENGINEER).await? {
        let (id, Engineer { branch_id, name, manager, left, .. }) = (stored.key.id, record::read(&stored.doc)?);
        if (branch.is_some() && branch_id != branch) || after.is_some_and(|after| RecordId::from(after) >= id) {
            continue;
        }
        let open_visits = visits.get(&Some(id)).copied().unwrap_or(0);
        let branch = branch_id.and_then(|id| names.branch(id));
        engineers.push(EngineerEntry { id: id.into(), name, branch_id, branch, manager, left, open_visits });
    }
    let more = engineers.len() > count_max as usize;
    engineers.truncate(count_max as usize);
    let next = engineers.last().map(|engineer| engineer.id).filter(|_| more);
    Ok(Engineers { engineers, next })
}

/// The engineer of this name in a branch, for commands that name people: who is still there before one who left.
///
/// # Errors
/// [`Error::NoBranch`], [`Error::NoEngineer`], [`Error::Storage`].
pub async fn known(hq: &Hq, code: &str, name: &str) -> Result<EngineerId, Error> {
    let branch_id = branch(hq, code).await?;
    let found = named(hq, branch_id, name.trim()).await?;
    found.map(|(id, _)| id).ok_or_else(|| Error::NoEngineer(name.to_owned()))
}

/// Engineers by id.
async fn read(hq: &Hq, id: EngineerId) -> Result<Engineer, Error> {
    let stored = hq.storage().records(&[Key::new(Kind::ENGINEER, id.into())]).await?.pop();
    let stored = stored.ok_or_else(|| Refusal::new(Code::NotFound, "no such engineer"))?;
    Ok(record::read(&stored.doc)?)
}

/// Moves an engineer to another branch, and their laptops with them, all in one change: their next hello tells it.
///
/// # Errors
/// [`Error::NoBranch`], [`Error::Refused`] with [`Code::NotFound`] or [`Code::OutOfScope`], [`Error::Storage`].
pub async fn transfer(hq: &Hq, by: By<'_>, engineer_id: EngineerId, to: &str) -> Result<BranchId, Error> {
    by.may(Right::House)?;
    read(hq, engineer_id).await?;
    let branch_id = branch(hq, to).await?;
    hq.noted(by, "move engineer", &format!("{engineer_id} to {branch_id}")).await?;
    let doc = Doc::from_iter([("branch_id".to_owned(), Value::from(branch_id.to_string()))]);
    let patch = vec![(Key::new(Kind::ENGINEER, engineer_id.into()), doc)];
    hq.write_and_move(patch, engineer_id, branch_id).await?;
    Ok(branch_id)
}

/// What was given to a colleague.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reassigned {
    /// Open visits that the colleague has now.
    pub visits: u64,
    /// Open visits of other branches than the colleague's, from before the engineer moved or since: they stay as they are,
    /// for their own branch to hand on. Not told of an engineer whom the asker does not see.
    pub elsewhere: u64,
}

/// Gives the open visits of one engineer in the branch of another to that other, who is still there, all of them or none;
/// whose visits they may give is judged by the visits' branch, since an engineer who moved leaves visits behind. Notes that
/// the one has left, where `leaves` says so.
///
/// # Errors
/// [`Error::Refused`] with [`Code::NotFound`] or [`Code::OutOfScope`], [`Error::Storage`].
pub async fn reassign(
    hq: &Hq,
    by: By<'_>,
    from: EngineerId,
    to: EngineerId,
    leaves: bool,
) -> Result<Reassigned, Error> {
    by.may(Right::Reassign)?;
    let (leaver, successor) = (read(hq, from).await?, read(hq, to).await?);
    by.sees(successor.branch_id)?;
    let theirs = by.sees(leaver.branch_id);
    if leaves {
        theirs.clone()?;
    }
    let Some(branch) = successor.branch_id.filter(|_| from != to && !successor.left) else {
        return Err(Refusal::new(Code::OutOfScope, "another engineer, who is still there, in a branch").into());
    };
    let (mine, elsewhere) = open_visits(hq, from, branch).await?;
    // Whoever is neither of the asker's branch nor has anything left there is none of theirs.
    if mine.is_empty() {
        theirs.clone()?;
        if leaver.branch_id != Some(branch) {
            return Err(Refusal::new(Code::OutOfScope, "no open visit is of the colleague's branch").into());
        }
    }
    let patch = || Doc::from_iter([("engineer_id".to_owned(), Value::from(to.to_string()))]);
    let mut patches: Vec<(Key, Doc)> = mine.into_iter().map(|key| (key, patch())).collect();
    let visits = patches.len() as u64;
    if leaves {
        let left = Doc::from_iter([("left".to_owned(), Value::from(true))]);
        patches.push((Key::new(Kind::ENGINEER, from.into()), left));
    }
    hq.noted(by, "reassign", &format!("{visits} visits of {from} to {to}")).await?;
    hq.write(patches).await?;
    Ok(Reassigned { visits, elsewhere: if theirs.is_ok() { elsewhere } else { 0 } })
}

/// The open visits of an engineer that are this branch's, and how many are not.
async fn open_visits(hq: &Hq, engineer: EngineerId, branch: BranchId) -> Result<(Vec<Key>, u64), Error> {
    let (mut here, mut elsewhere) = (Vec::new(), 0);
    let (kind, mut after) = (&Kind::VISIT, OpenPlace::START);
    loop {
        let ask = OpenAsk { kind, whose: Some(engineer.into()), after, count_max: OPEN_AT_ONCE };
        let open = hq.storage().open(&ask).await?;
        let Some((last, _)) = open.last() else { return Ok((here, elsewhere)) };
        after = *last;
        for (_, stored) in open {
            // By the field alone: a visit of a newer version does not have to read.
            let of = stored.doc.get("branch_id").and_then(Value::as_str).and_then(|id| id.parse().ok());
            if of == Some(branch) { here.push(stored.key) } else { elsewhere += 1 }
        }
    }
}
