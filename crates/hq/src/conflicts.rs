//! Conflicts as HQ's people see and settle them; laptops settle theirs by an operation.

use crate::{
    error::Error,
    hq::Hq,
    names::Names,
    paging::{Next, PAGE_BYTES_MAX},
    rights::{By, Person, Right},
    storage::{Key, OpenAsk, OpenPlace, StoredRecord},
};
use doorstep_domain::{
    Code, Doc, Kind, Refusal,
    conflict::{Choice, Conflict, SETTLED, Settlement, Side},
    id::{BranchId, RecordId},
    merge::Version,
    record,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// Who wrote a side of a conflict.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Writer {
    /// Name of the engineer; absent for HQ.
    pub engineer: Option<String>,
    /// Short name of the laptop; absent for HQ.
    pub laptop: Option<String>,
}

/// A conflict with its id, and who is who in it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Found {
    /// Its id.
    pub id: RecordId,
    /// HQ's version of it: whoever settles says which one they saw.
    pub version: Version,
    /// Code of its branch.
    pub branch: Option<String>,
    /// Who wrote what stands.
    pub standing_by: Writer,
    /// Who wrote what lost.
    pub other_by: Writer,
    /// Whether this HQ cannot read it, because a newer version wrote it: of the conflict only the branch is told.
    pub unread: bool,
    /// Rounds that it has been through; a list leaves them out, one conflict by itself has them.
    pub earlier_rounds: u32,
    /// The conflict.
    pub conflict: Conflict,
}

/// Some of the open conflicts.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Conflicts {
    /// The conflicts, the longest open first.
    pub conflicts: Vec<Found>,
    /// Where the next page begins; absent on the last.
    pub next: Option<String>,
}

impl Hq {
    /// Open conflicts, of one branch or of all that the asker sees, the longest open first.
    ///
    /// # Errors
    /// [`Error::Refused`] with [`Code::OutOfScope`], [`Error::Storage`].
    pub async fn conflicts(
        &self,
        by: By<'_>,
        branch: Option<BranchId>,
        after: Option<OpenPlace>,
        count_max: u32,
    ) -> Result<Conflicts, Error> {
        if branch.is_some() {
            by.sees(branch)?;
        }
        let whose = branch.or(by.branch()).map(RecordId::from);
        // One more than asked for tells whether others follow.
        let (kind, after) = (&Kind::CONFLICT, after.unwrap_or(OpenPlace::START));
        let mut stored =
            self.inner.storage.open(&OpenAsk { kind, whose, after, count_max: count_max.saturating_add(1) }).await?;
        let mut bytes = 0;
        let fits = stored.iter().take_while(|(_, record)| {
            let fits = bytes <= PAGE_BYTES_MAX;
            bytes += record.doc.values().map(|value| value.to_string().len()).sum::<usize>();
            fits
        });
        let fit = fits.count().min(count_max as usize);
        let more = fit < stored.len();
        stored.truncate(fit);
        let next = stored.last().filter(|_| more).map(|(place, _)| Next::place(place));
        let mut conflicts = self.found(stored.into_iter().map(|(_, record)| record)).await?;
        conflicts.iter_mut().for_each(|found| found.conflict.earlier.clear());
        Ok(Conflicts { conflicts, next })
    }

    /// A conflict, open or settled, with all it has been through.
    ///
    /// # Errors
    /// [`Error::Refused`] with [`Code::NotFound`], [`Code::OutOfScope`] or, where a newer HQ wrote it,
    /// [`Code::VersionUnsupported`]; [`Error::Storage`].
    pub async fn conflict(&self, by: By<'_>, id: RecordId) -> Result<Found, Error> {
        let stored = self.inner.storage.records(&[Key::new(Kind::CONFLICT, id)]).await?;
        let found = self.found(stored).await?.pop();
        let found = found.ok_or_else(|| Refusal::new(Code::NotFound, "no such conflict"))?;
        by.sees(found.conflict.branch_id)?;
        if found.unread {
            return Err(Refusal::new(Code::VersionUnsupported, "a newer HQ wrote this conflict").into());
        }
        Ok(found)
    }

    async fn found(&self, stored: impl IntoIterator<Item = StoredRecord>) -> Result<Vec<Found>, Error> {
        let read: Vec<(StoredRecord, Option<Conflict>)> = stored
            .into_iter()
            .map(|record| {
                let conflict = record::read(&record.doc).ok();
                (record, conflict)
            })
            .collect();
        let sides = || read.iter().filter_map(|(_, conflict)| conflict.as_ref()).flat_map(|c| [&c.standing, &c.other]);
        let names = Names::of(self, sides().filter_map(|side| side.engineer_id).collect()).await?;
        let devices = self.inner.storage.devices().await?;
        let writer = |side: &Side| Writer {
            engineer: side.engineer_id.and_then(|id| names.engineer(id)),
            laptop: devices
                .iter()
                .find(|d| Some(d.id) == side.device_id)
                .map(|d| crate::enrolment::device_code(d.number)),
        };
        let found = read.into_iter().map(|(record, conflict)| {
            let unread = conflict.is_none();
            // By the field alone, as every feed has it.
            let branch_id = record.doc.get("branch_id").and_then(Value::as_str).and_then(|id| id.parse().ok());
            let conflict = conflict.unwrap_or(Conflict { branch_id, ..Conflict::default() });
            Found {
                id: record.key.id,
                version: record.version,
                branch: conflict.branch_id.and_then(|id| names.branch(id)),
                standing_by: writer(&conflict.standing),
                other_by: writer(&conflict.other),
                unread,
                earlier_rounds: u32::try_from(conflict.earlier.len()).unwrap_or(u32::MAX),
                conflict,
            }
        });
        Ok(found.collect())
    }

    /// Settles a conflict in HQ's name, as it stood at `seen`, and answers how it stands then.
    ///
    /// # Errors
    /// [`Error::Refused`] with [`Code::NotFound`], [`Code::OutOfScope`], [`Code::ConflictMoved`], [`Code::Missing`],
    /// [`Code::TooLarge`] or [`Code::Sealed`].
    pub async fn settle_conflict(
        &self,
        by: &Person,
        id: RecordId,
        seen: Version,
        choice: Choice,
        reason: &str,
    ) -> Result<Found, Error> {
        by.may(Right::Settle)?;
        let found = self.conflict(By::Account(by), id).await?;
        let settlement = Settlement {
            engineer_id: None,
            account: Some(by.name.clone()),
            reason: reason.trim().to_owned(),
            at: self.inner.surroundings.now(),
            value: found.conflict.side(choice).value.clone(),
        };
        let settled = serde_json::to_value(&settlement)
            .map_err(|_| Refusal::new(Code::Internal, "a settlement that JSON cannot carry"))?;
        let patch = Doc::from_iter([(SETTLED.to_owned(), settled)]);
        self.write_having_seen(vec![(Key::new(Kind::CONFLICT, id), patch)], seen).await?;
        self.noted(By::Account(by), "settle", &id.to_string()).await?;
        self.conflict(By::Account(by), id).await
    }
}
