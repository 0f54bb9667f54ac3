//! How HQ stands, on one page: who synced when and with what, what waits, which conflicts are open and how long, and whose
//! visits a leaver left behind.

use crate::{
    error::Error,
    hq::Hq,
    laptops::Laptops,
    names::Names,
    paging::PAGE_COUNT_MAX,
    rights::By,
    storage::{Device, OpenCount},
};
use chrono::{DateTime, TimeDelta, Utc};
use doorstep_domain::{
    Kind,
    id::{BranchId, EngineerId, RecordId},
    parked,
    staff::Engineer,
};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// Laptops, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LaptopCounts {
    /// Those that sync, or may.
    pub active: u64,
    /// Of these, seen within a day.
    pub seen_within_a_day: u64,
    /// Seen within a week, and not within a day.
    pub seen_within_a_week: u64,
    /// Not seen for a week, or never.
    pub silent: u64,
    /// Switched off, or wiped.
    pub off: u64,
    /// The active ones by version of the app.
    pub versions: BTreeMap<String, u64>,
}

/// Open conflicts of a branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BranchConflicts {
    /// The branch; absent for conflicts of no branch.
    pub branch_id: Option<BranchId>,
    /// Its code.
    pub branch: Option<String>,
    /// How many are open.
    pub open: u64,
    /// Of these, for more than a day.
    pub over_a_day: u64,
    /// For more than a week.
    pub over_a_week: u64,
    /// Since when the oldest is.
    pub oldest: Option<DateTime<Utc>>,
}

/// An engineer who left, and whose visits are open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Leaver {
    /// The engineer.
    pub engineer_id: EngineerId,
    /// Their name.
    pub engineer: String,
    /// Code of their branch.
    pub branch: Option<String>,
    /// Visits that are open.
    pub open_visits: u64,
}

/// How HQ stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Status {
    /// When this was read.
    pub at: DateTime<Utc>,
    /// HQ's epoch.
    pub site_epoch: u64,
    /// Laptops, counted.
    pub counts: LaptopCounts,
    /// Open conflicts by branch; only branches that have some.
    pub conflicts: Vec<BranchConflicts>,
    /// Leavers with open visits.
    pub leavers: Vec<Leaver>,
    /// The first page of the laptops.
    pub laptops: Laptops,
}

impl Hq {
    /// How HQ stands, as far as the asker sees.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn status(&self, by: By<'_>) -> Result<Status, Error> {
        let (storage, now) = (&self.inner.storage, self.inner.surroundings.now());
        let seen = |branch: Option<BranchId>| by.sees(branch).is_ok();
        let mut engineers = Vec::new();
        for stored in storage.records_of(&Kind::ENGINEER).await? {
            engineers.push((stored.key.id, parked::known::<Engineer>(&stored.doc)));
        }
        let names = Names::of(self, std::collections::BTreeSet::default()).await?;
        let mut devices = storage.devices().await?;
        devices.retain(|device| seen(Some(device.branch_id)));
        let conflicts = storage.open_counts(&Kind::CONFLICT, now).await?.into_iter();
        let conflicts = conflicts.map(|count| of_branch(&count, &names)).filter(|found| seen(found.branch_id));
        let visits = storage.open_counts(&Kind::VISIT, now).await?;
        let leavers = engineers.iter().filter(|(_, engineer)| engineer.left && seen(engineer.branch_id));
        let leavers = leavers.filter_map(|(id, engineer)| leaver(*id, engineer, &visits, &names));
        Ok(Status {
            at: now,
            site_epoch: storage.site().await?.epoch,
            counts: counted(&devices, now),
            conflicts: conflicts.collect(),
            leavers: leavers.collect(),
            laptops: self.laptops(by, None, 0, PAGE_COUNT_MAX).await?,
        })
    }
}

fn of_branch(count: &OpenCount, names: &Names) -> BranchConflicts {
    let branch_id = count.whose.map(BranchId::from);
    BranchConflicts {
        branch_id,
        branch: branch_id.and_then(|id| names.branch(id)),
        open: count.count,
        over_a_day: count.over_a_day,
        over_a_week: count.over_a_week,
        oldest: count.oldest,
    }
}

fn leaver(id: RecordId, engineer: &Engineer, visits: &[OpenCount], names: &Names) -> Option<Leaver> {
    let open_visits = visits.iter().find(|count| count.whose == Some(id))?.count;
    let branch = engineer.branch_id.and_then(|id| names.branch(id));
    Some(Leaver { engineer_id: id.into(), engineer: engineer.name.clone(), branch, open_visits })
}

fn counted(devices: &[Device], now: DateTime<Utc>) -> LaptopCounts {
    let mut counts = LaptopCounts::default();
    for device in devices {
        if device.revoked_at.is_some() {
            counts.off += 1;
            continue;
        }
        counts.active += 1;
        *counts.versions.entry(device.app_version.clone()).or_default() += 1;
        let silent_for = device.seen_at.map_or(TimeDelta::MAX, |at| now - at);
        if silent_for <= TimeDelta::days(1) {
            counts.seen_within_a_day += 1;
        } else if silent_for <= TimeDelta::days(7) {
            counts.seen_within_a_week += 1;
        } else {
            counts.silent += 1;
        }
    }
    counts
}
