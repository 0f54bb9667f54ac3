//! HQ put back from a backup, and what has to be true of what it lost: SYNC.md's "After a restore", by rules of our own.

use crate::{
    beneath,
    ledger::{Ledger, Lost, Place, Row},
    temper::{Fate, Job},
    world::{Holder, World},
};
use anyhow::{Result, bail, ensure};
use doorstep_domain::Code;
use doorstep_wire::{Offer, OfferReply, OfferedField, floor};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// Who wrote what a laptop offered back: nobody knows any more.
const SOMEBODY: &str = "somebody before the restore";

/// Requests that a laptop makes on a day at most.
const DAY_MAX: usize = 40;

/// HQ's backup.
#[derive(Debug, Clone)]
pub struct Backup {
    /// Its folder.
    folder: PathBuf,
    /// What had to be true.
    ledger: Ledger,
}

/// A value that HQ gave out and lost, and a laptop still has.
#[derive(Debug, Clone)]
pub struct Survivor {
    /// The laptop.
    laptop: usize,
    /// The field.
    place: Place,
    /// Its value.
    value: Value,
    /// The version it had.
    version: u64,
    /// Whether the backup knew the record.
    backed_up: bool,
}

impl World {
    /// HQ makes a backup, over the one before.
    ///
    /// # Errors
    /// When it cannot be made.
    pub async fn back_up(&mut self) -> Result<()> {
        if self.hq_fails() {
            return Ok(());
        }
        self.trace.note("HQ makes a backup".to_owned());
        let folder = self.backup.take().map_or_else(|| self.folders.next("backup"), |before| before.folder);
        self.hq()?.hq.backup(&folder).await?;
        self.backup = Some(Backup { folder, ledger: self.ledger.clone() });
        Ok(())
    }

    /// HQ is put back from its backup.
    ///
    /// # Errors
    /// When it cannot be restored.
    pub async fn restore_hq(&mut self) -> Result<()> {
        let Some(Backup { folder, ledger }) = self.backup.clone() else { return Ok(()) };
        self.trace.note("HQ is restored from its backup".to_owned());
        self.trace.count("HQ restored from a backup");
        let at = self.folders.next("hq");
        let Some(hq) = self.hq.take() else { return Ok(()) };
        let (hq, restored) = hq.restore(&folder, at).await?;
        self.hq = Some(hq);
        (self.hq_snagged, self.hq_full) = (false, false);
        self.ledger.back_to(&ledger, restored.version, floor(restored.epoch));
        for number in 0..self.laptops.len() {
            self.note_what_survives(number).await?;
        }
        self.note_files_that_survive()
    }

    /// After the night's backup a day goes well, for some laptops longer than for others. Then HQ is lost.
    ///
    /// # Errors
    /// A finding.
    pub async fn lose_a_day(&mut self) -> Result<()> {
        self.repair().await?;
        self.back_up().await?;
        for number in 0..self.laptops.len() {
            self.do_job(number, Job::Visit).await?;
            self.do_job(number, Job::Photo).await?;
            self.work(number).await?;
            if !self.laptop(number)?.exchanges() {
                self.begin_exchange(number).await?;
            }
            for _ in 0..self.chance.below(DAY_MAX) {
                if self.parked.contains_key(&number) {
                    self.deliver_as(number, Fate::Pass).await?;
                }
            }
        }
        self.restore_hq().await
    }

    /// What a laptop still has of what HQ lost must come back; what it has no more cannot.
    async fn note_what_survives(&mut self, number: usize) -> Result<()> {
        let laptop = self.laptop(number)?;
        let branch = laptop.identity().await?.branch_id.to_string();
        let mut connection = laptop.beneath().await?;
        let pulled = beneath::pulled(&mut connection).await?;
        let shown = beneath::records(&mut connection).await?;
        let outbox = beneath::outbox(&mut connection).await?;
        beneath::close(connection).await?;
        if let Some(typed) = self.typed.get_mut(number) {
            let is_shown =
                |(row, field): &Place, value: &Value| shown.get(row).is_some_and(|h| h.doc.get(field) == Some(value));
            // What left before it came back, and is in sight for the sake of other work, is not this laptop's to bring back.
            let left = |row: &Row| pulled.get(row).is_some_and(BTreeMap::is_empty);
            let waits = |(row, field): &Place| {
                outbox.iter().any(|op| op.key == *row && op.state != "refused" && op.fields.contains(field))
            };
            typed.retain(|place, value| is_shown(place, value) && (!left(&place.0) || waits(place)));
        }
        for (row, fields) in pulled {
            if ["template", "product", "company", "branch", "engineer"].contains(&row.0.as_str()) {
                continue;
            }
            // What HQ knows as another branch's by now is not taken from this one.
            let backed_up = self.ledger.is_known(&row);
            if backed_up && !self.ledger.is_of(&row, &branch) {
                continue;
            }
            for (field, (value, version)) in fields {
                if self.ledger.is_lost(version) {
                    let place = (row.clone(), field);
                    self.ledger.survivors.push(Survivor { laptop: number, place, value, version, backed_up });
                }
            }
        }
        Ok(())
    }

    /// Bytes that neither HQ nor a laptop has any more cannot come back.
    fn note_files_that_survive(&mut self) -> Result<()> {
        let mut here = BTreeSet::new();
        for (hash, ..) in &self.files {
            let mut there = self.hq()?.whole(hash).exists();
            for laptop in &self.laptops {
                there |= laptop.store.blobs().has(hash)?;
            }
            if there {
                here.insert(hash.clone());
            }
        }
        let (kept, lost) = self.files.drain(..).partition(|(hash, ..)| here.contains(hash));
        self.files = kept;
        self.lost_files.extend::<Vec<_>>(lost);
        Ok(())
    }
}

impl Ledger {
    /// HQ knows again what it knew `then`, and no more. What laptops were answered since says nothing about it.
    pub fn back_to(&mut self, then: &Self, from: u64, floor: u64) {
        let gone = self.fields.keys().map(|(row, _)| row).filter(|row| !then.is_known(row)).cloned();
        let unbegun = self.unbegun.iter().cloned().chain(gone).collect();
        let mut restores = std::mem::take(&mut self.restores);
        restores.push((from, floor));
        *self = Self {
            unbegun,
            restores,
            offered: std::mem::take(&mut self.offered),
            seen: std::mem::take(&mut self.seen),
            entangled: std::mem::take(&mut self.entangled),
            copied: std::mem::take(&mut self.copied),
            engineers: std::mem::take(&mut self.engineers),
            conflicts: std::mem::take(&mut self.conflicts),
            proposals: std::mem::take(&mut self.proposals),
            survivors: std::mem::take(&mut self.survivors),
            refusals: std::mem::take(&mut self.refusals),
            ..then.clone()
        };
        self.landed.extend(self.refusals.iter().cloned());
    }

    /// Whether HQ has anything of a record.
    #[must_use]
    pub fn is_known(&self, row: &Row) -> bool {
        self.home.contains_key(row)
    }

    /// Whether a version was given out in a stretch that HQ lost.
    #[must_use]
    pub fn is_lost(&self, version: u64) -> bool {
        self.restores.iter().any(|(from, floor)| *from < version && version < *floor)
    }

    /// A laptop was put back from a copy: what it had is there no more.
    pub fn gone_from(&mut self, laptop: usize) {
        self.survivors.retain(|survivor| survivor.laptop != laptop);
    }

    /// Takes in what HQ answered to an offer.
    ///
    /// # Errors
    /// When it refused what it has to take.
    pub fn offered_back(&mut self, holder: &Holder, offer: &Offer, reply: &OfferReply) -> Result<()> {
        let branch = holder.branch.as_str();
        for offered in &offer.records {
            let row = (offered.kind.to_string(), offered.id.to_string());
            if let Some(refused) = reply.refused.iter().find(|r| r.kind == offered.kind && r.id == offered.id) {
                let visit = offered.fields.get("visit_id").and_then(|field| field.value.as_str());
                let visit = visit.map(|id| ("visit".to_owned(), id.to_owned()));
                // What belongs to a visit is refused with it.
                let is_foreign = |row: &Row| self.is_known(row) && !self.is_of(row, branch);
                let foreign = is_foreign(&row) || visit.as_ref().is_some_and(is_foreign);
                ensure!(
                    foreign && refused.code == Code::OutOfScope,
                    "HQ did not take back {row:?}: {:?} {}",
                    refused.code,
                    refused.detail
                );
                self.not_taken_back(&row, &offered.fields);
                continue;
            }
            if row.0 != "conflict" {
                self.home.entry(row.clone()).or_insert_with(|| branch.to_owned());
                self.first_by(&row, &holder.device);
            }
            for (field, offered) in &offered.fields {
                let place = (row.clone(), field.clone());
                self.landed.insert((place.clone(), offered.value.to_string()));
                self.survivors.retain(|s| s.place != place || s.version > offered.version);
                if row.0 != "conflict" {
                    self.take_back(place, &offered.value, offered.version)?;
                } else if field == "other" {
                    self.replaced_before(&row.1, &offered.value, offered.version);
                }
            }
        }
        Ok(())
    }

    /// A conflict comes back with the value that its author had written later than what lost before the backup.
    fn replaced_before(&mut self, conflict: &str, other: &Value, version: u64) {
        let lost_with = self.restores.iter().position(|(_, floor)| version < *floor);
        let (Some(place), Some(lost_with)) = (self.conflicts.get(conflict), lost_with) else { return };
        let author = other.get("device_id").and_then(Value::as_str).unwrap_or("hq");
        let before = |lost: &&mut Lost| lost.place == *place && lost.writer.0 == author && lost.restores <= lost_with;
        self.lost.iter_mut().filter(before).for_each(|lost| lost.agreed = true);
    }

    /// What is another branch's by now is refused in so many words. Where the hand-over that brought it here is itself among
    /// what HQ lost, or the backup did not know the record and that branch was there first, nothing of it comes back: SYNC.md,
    /// "Not built yet".
    fn not_taken_back(&mut self, row: &Row, fields: &BTreeMap<String, OfferedField>) {
        let place = |field: &str| (row.clone(), field.to_owned());
        let values = fields.iter().map(|(field, offered)| (place(field), offered.value.to_string()));
        let refused: Vec<_> = values.collect();
        self.landed.extend(refused.iter().cloned());
        self.refusals.extend(refused);
        let standing = self.fields.get(&place("branch_id")).map_or(0, |standing| standing.version);
        self.survivors.retain(|s| s.place.0 != *row || s.backed_up);
        if fields.get("branch_id").is_some_and(|handed| handed.version > standing && self.is_lost(standing)) {
            self.survivors
                .retain(|s| s.place.0 != *row || fields.get(&s.place.1).is_none_or(|f| f.version != s.version));
        }
    }

    fn take_back(&mut self, place: Place, value: &Value, version: u64) -> Result<()> {
        let Some(standing) = self.fields.get(&place).filter(|standing| standing.version >= version) else {
            self.set(place, value.clone(), version, ("hq".to_owned(), 0));
            return Ok(());
        };
        // Where a record stands is HQ's word.
        let differs = standing.value != *value && place.1 != "branch_id";
        if standing.version > version && !self.is_lost(standing.version) && differs {
            // Of what was lost the newest counts: the others had been overwritten before.
            let newer = |other: &Lost| other.place == place && other.writer.0 == SOMEBODY;
            let known = self.lost.iter().find(|other| newer(other)).map_or(0, |other| other.writer.1);
            let round = u32::try_from(version % (1 << 30)).unwrap_or(u32::MAX);
            if round > known {
                self.lost.retain(|other| !newer(other));
                return self.lose(place, value.clone(), (SOMEBODY.to_owned(), round));
            }
        }
        Ok(())
    }

    /// Everything that HQ lost and a laptop still had was offered back.
    ///
    /// # Errors
    /// When something was not.
    pub fn nothing_stays_lost(&self) -> Result<()> {
        let Some(Survivor { laptop, place, value, version, .. }) = self.survivors.first() else { return Ok(()) };
        bail!("HQ lost {value} of {place:?} (version {version}), laptop {laptop} had it, and it did not come back")
    }
}
