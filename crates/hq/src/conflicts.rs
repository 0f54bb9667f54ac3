//! Conflicts as HQ's people see and settle them; laptops settle theirs by an operation.

use crate::{error::Error, hq::Hq, storage::Key};
use doorstep_domain::{
    Code, Doc, Kind, Refusal,
    conflict::{Choice, Conflict, SETTLED, Settlement},
    id::{BranchId, RecordId},
    merge::Version,
    record,
};
use serde::Serialize;

/// A conflict with its id.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Found {
    /// Its id.
    pub id: RecordId,
    /// HQ's version of it: whoever settles says which one they saw.
    pub version: Version,
    /// The conflict.
    pub conflict: Conflict,
}

impl Hq {
    /// Conflicts, of one branch or of all, the longest open first; settled ones only if asked for.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn conflicts(&self, branch: Option<BranchId>, settled_too: bool) -> Result<Vec<Found>, Error> {
        let mut found = Vec::new();
        for stored in self.inner.storage.records_of(&Kind::CONFLICT).await? {
            let conflict: Conflict = record::read(&stored.doc)?;
            let of_branch = branch.is_none() || conflict.branch_id == branch;
            if of_branch && (settled_too || conflict.is_open()) {
                found.push(Found { id: stored.key.id, version: stored.version, conflict });
            }
        }
        found.sort_by_key(|found| (!found.conflict.is_open(), found.conflict.raised_at, found.id));
        Ok(found)
    }

    /// Settles a conflict in HQ's name, as it stood at `seen`; `account` is who at HQ does it.
    ///
    /// # Errors
    /// [`Error::Refused`] with [`Code::NotFound`], [`Code::ConflictMoved`], [`Code::Missing`] or [`Code::TooLarge`].
    pub async fn settle_conflict(
        &self,
        id: RecordId,
        seen: Version,
        choice: Choice,
        reason: &str,
        account: &str,
    ) -> Result<(), Error> {
        let found = self.conflicts(None, true).await?.into_iter().find(|found| found.id == id);
        let found = found.ok_or_else(|| Refusal::new(Code::NotFound, "no such conflict"))?;
        let settlement = Settlement {
            engineer_id: None,
            account: Some(account.to_owned()),
            reason: reason.trim().to_owned(),
            at: self.inner.surroundings.now(),
            value: found.conflict.side(choice).value.clone(),
        };
        let settled = serde_json::to_value(&settlement)
            .map_err(|_| Refusal::new(Code::Internal, "a settlement that JSON cannot carry"))?;
        let patch = Doc::from_iter([(SETTLED.to_owned(), settled)]);
        self.write_having_seen(vec![(Key::new(Kind::CONFLICT, id), patch)], seen).await
    }
}
