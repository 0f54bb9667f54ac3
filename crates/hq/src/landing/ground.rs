//! The records that a batch touches, and how each operation changes them. Pure.

use super::{
    Author,
    conflicts::{Event, What},
    verify,
};
use crate::storage::{Device, Key, Move, Stamp, StorageError, StoredRecord};
use doorstep_domain::{
    Code, Feed, Kind, Refusal, conflict,
    merge::{Lost, Merged, Version},
    record::{self, FIELD_BYTES_MAX, FIELDS_MAX},
};
use doorstep_wire::{Op, Outcome};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// Most bytes of a field's name.
const FIELD_NAME_BYTES_MAX: usize = 100;

/// The records that a batch touches, as they become.
#[derive(Debug)]
pub struct Ground {
    version: Version,
    /// The last version that was reserved.
    version_max: Version,
    records: HashMap<Key, StoredRecord>,
    /// Changed records in the order of their first change.
    changed: Vec<Key>,
    is_changed: HashSet<Key>,
    /// Feeds that records left.
    left: Vec<Move>,
    events: Vec<Event>,
    /// Laptops whose seals count.
    devices: Vec<Device>,
}

impl Ground {
    /// The ground before a batch: the records there are.
    #[must_use]
    pub fn new(records: Vec<StoredRecord>) -> Self {
        let mut ground = Self {
            version: 0,
            version_max: 0,
            records: HashMap::new(),
            changed: Vec::new(),
            is_changed: HashSet::new(),
            left: Vec::new(),
            events: Vec::new(),
            devices: Vec::new(),
        };
        ground.add(records);
        ground
    }

    /// Adds records that the batch needs to know.
    pub fn add(&mut self, records: Vec<StoredRecord>) {
        self.records.extend(records.into_iter().map(|r| (r.key.clone(), r)));
    }

    /// Versions to number changes with: so many after `version`.
    pub fn number(&mut self, version: Version, count: u64) {
        self.version = version;
        self.version_max = version + count;
    }

    /// The laptops there are: seals are checked against their keys.
    pub fn trust(&mut self, devices: Vec<Device>) {
        self.devices = devices;
    }

    /// Keys of the laptops of the author's branch: one that was enrolled anew still hands in what it sealed before.
    fn trusted(&self, author: &Author) -> Vec<&str> {
        let Author::Laptop { branch, .. } = author else { return Vec::new() };
        self.devices.iter().filter(|d| d.branch_id == *branch).map(|d| d.public_key.as_str()).collect()
    }

    /// A record as it is now.
    pub(super) fn get(&self, key: &Key) -> Option<&StoredRecord> {
        self.records.get(key)
    }

    /// Takes an operation in, or refuses it and leaves everything as it was.
    pub fn take(&mut self, author: &Author, op: &Op) -> Outcome {
        match self.judge(author, op) {
            Ok(outcome) => outcome,
            Err(Refusal { code, field, detail }) => {
                let detail = field.map_or(detail.clone(), |field| format!("{field}: {detail}"));
                Outcome::Refused { code, detail }
            }
        }
    }

    fn judge(&mut self, author: &Author, op: &Op) -> Result<Outcome, Refusal> {
        check_form(op)?;
        check_scope(author, op)?;
        let key = Key::new(op.kind.clone(), op.id);
        if let Some(standing) = self.records.get(&key) {
            check_reach(author, standing)?;
        }
        if op.kind == Kind::CONFLICT {
            return self.settle(author, op);
        }
        let standing = self.records.get(&key);
        let is_new = standing.is_none();
        if let Some(standing) = standing {
            check_unsealed(standing, op)?;
        }
        let mut record = standing.cloned().unwrap_or_else(|| StoredRecord::empty(key.clone()));
        let stamp = Stamp { version: self.next_version(), writer: author.writer(), at: op.at };
        let merged = record.merge(&op.fields, stamp);
        if is_new && !merged.changed {
            return Err(Refusal::new(Code::Invalid, "an operation without a value makes no record"));
        }
        if merged.changed {
            record::check(&op.kind, &record.doc)?;
            if is_new && op.kind == Kind::SEAL {
                verify::seal(&record.doc, &self.trusted(author))?;
            }
        }
        check_lost(&merged.lost)?;
        let conflicts = merged.lost.iter().map(|lost| lost.field.clone()).collect();
        let version = if merged.changed { stamp.version } else { record.version };
        self.note(author, op, &record, &merged);
        if merged.changed {
            self.take_version(version);
            record.feed =
                Feed::of(&op.kind, &record.doc).map(|f| f.to_string()).or(record.feed).or_else(|| author.home());
            self.put(record);
        }
        Ok(Outcome::Accepted { version, conflicts })
    }

    /// Notes what an operation means for conflicts.
    fn note(&mut self, author: &Author, op: &Op, record: &StoredRecord, merged: &Merged) {
        let event =
            |field: &String, what| Event { key: record.key.clone(), field: field.clone(), author: *author, what };
        for lost in &merged.lost {
            let standing_at = record.stamps.get(&lost.field).map(|s| s.at);
            let what = What::Lost { lost: lost.clone(), standing_at, at: op.at, about_seal: false };
            self.events.push(event(&lost.field, what));
        }
        self.events.extend(merged.agreed.iter().map(|field| event(field, What::Agreed)));
    }

    /// The version of the next change.
    pub(super) fn next_version(&self) -> Version {
        self.version + 1
    }

    /// A change was made under this version.
    pub(super) fn take_version(&mut self, version: Version) {
        self.version = self.version.max(version);
    }

    /// Puts a changed record back, and notes the feed it left.
    pub(super) fn put(&mut self, record: StoredRecord) {
        let before = self.records.get(&record.key).and_then(|r| r.feed.clone());
        if let Some(old) = before.filter(|old| Some(old) != record.feed.as_ref()) {
            self.left.push(Move { feed: old, key: record.key.clone(), gone: true });
        }
        if self.is_changed.insert(record.key.clone()) {
            self.changed.push(record.key.clone());
        }
        self.records.insert(record.key.clone(), record);
    }

    /// Most changes that raising and following conflicts makes; 0 where the batch has nothing to do with any.
    #[must_use]
    pub fn conflict_changes_max(&self) -> u64 {
        // What is raised may have to follow a later operation of the batch.
        2 * self.events.len() as u64 + self.conflicts_of_changed().len() as u64
    }

    /// That every change has a version of its own.
    ///
    /// # Errors
    /// [`StorageError::Damaged`] when more were taken than reserved.
    pub fn check_versions(&self) -> Result<(), StorageError> {
        if self.version <= self.version_max {
            Ok(())
        } else {
            Err(StorageError::Damaged("more versions than were reserved".to_owned()))
        }
    }

    pub(super) fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Conflicts about records that the batch changes, by id, so that what follows is the same for the same batch.
    pub(super) fn conflicts_of_changed(&self) -> Vec<StoredRecord> {
        let changed: HashSet<_> = self.changed.iter().map(|key| key.id).collect();
        let conflicts = self.records.values().filter(|r| r.key.kind == Kind::CONFLICT);
        let about_changed =
            |r: &&StoredRecord| record::parent(&Kind::CONFLICT, &r.doc).is_some_and(|id| changed.contains(&id));
        let mut found: Vec<StoredRecord> = conflicts.filter(about_changed).cloned().collect();
        found.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        found
    }

    /// What is to be stored: changed records, and their places in feeds.
    #[must_use]
    pub fn into_changes(mut self) -> (Vec<StoredRecord>, Vec<Move>) {
        let records: Vec<StoredRecord> = self.changed.iter().filter_map(|key| self.records.remove(key)).collect();
        let mut moves = self.left;
        for record in &records {
            if let Some(feed) = &record.feed {
                // A record that left and came back within the batch has not left.
                moves.retain(|step| step.key != record.key || step.feed != *feed);
                moves.push(Move { feed: feed.clone(), key: record.key.clone(), gone: false });
            }
        }
        (records, moves)
    }
}

fn check_form(op: &Op) -> Result<(), Refusal> {
    Kind::parse(op.kind.as_str())?;
    if op.fields.len() > FIELDS_MAX {
        return Err(Refusal::new(Code::TooLarge, "too many fields"));
    }
    let fits = |name: &String| (1..=FIELD_NAME_BYTES_MAX).contains(&name.len());
    if op.fields.keys().all(fits) { Ok(()) } else { Err(Refusal::new(Code::Invalid, "not a name of a field")) }
}

/// What an author may write, whatever is there already.
fn check_scope(author: &Author, op: &Op) -> Result<(), Refusal> {
    let Author::Laptop { branch, .. } = author else { return Ok(()) };
    let written = |name: &String| op.kind.written_by_laptops(name);
    if !op.fields.keys().all(written) || (op.fields.is_empty() && !op.kind.written_by_laptops(conflict::SETTLED)) {
        return Err(Refusal::new(Code::OutOfScope, "HQ writes this"));
    }
    match op.fields.get("branch_id") {
        Some(change) if change.value != branch.to_string() => {
            Err(Refusal::new(Code::OutOfScope, "another branch, or none").on("branch_id"))
        }
        _ => Ok(()),
    }
}

/// Whether the author may change a record that is there.
fn check_reach(author: &Author, standing: &StoredRecord) -> Result<(), Refusal> {
    let reached = *author == Author::Hq || standing.feed == author.home();
    if reached { Ok(()) } else { Err(Refusal::new(Code::OutOfScope, "a record of another branch")) }
}

/// A seal never changes (invariant 3); saying the same again is harmless.
fn check_unsealed(standing: &StoredRecord, op: &Op) -> Result<(), Refusal> {
    let same = |(name, change): (&String, &doorstep_domain::merge::Change)| {
        standing.doc.get(name).unwrap_or(&Value::Null) == &change.value
    };
    if standing.key.kind == Kind::SEAL && !op.fields.iter().all(same) {
        return Err(Refusal::new(Code::Sealed, "a seal never changes"));
    }
    Ok(())
}

/// Values that lost are kept too, in a conflict, and so have the same limit.
fn check_lost(lost: &[Lost]) -> Result<(), Refusal> {
    for Lost { field, value, .. } in lost {
        if value.to_string().len() > FIELD_BYTES_MAX {
            return Err(Refusal::new(Code::TooLarge, "too large").on(field));
        }
    }
    Ok(())
}
