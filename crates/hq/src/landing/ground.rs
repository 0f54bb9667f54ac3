//! The records that a batch touches, and how each operation changes them. Pure.

use super::verify;
use crate::storage::{Device, Key, Move, Stamp, StorageError, StoredRecord};
use chrono::{DateTime, Utc};
use doorstep_domain::{
    Code, Doc, Feed, Kind, Refusal,
    conflict::{Conflict, Side},
    id::{BranchId, DeviceId, EngineerId, RecordId},
    merge::{Lost, Version},
    record::{self, FIELD_BYTES_MAX, FIELDS_MAX},
};
use doorstep_wire::{Op, Outcome};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// The device that HQ's own operations come from.
pub const HQ: DeviceId = DeviceId(RecordId(Uuid::nil()));
/// Most bytes of a field's name.
const FIELD_NAME_BYTES_MAX: usize = 100;

/// Who wrote operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    /// HQ: it may write every kind, in every branch.
    Hq,
    /// A laptop: it may write its own branch's records of the kinds that laptops write.
    Laptop {
        /// The laptop.
        device: DeviceId,
        /// Who uses it.
        engineer: EngineerId,
        /// Its branch.
        branch: BranchId,
    },
}

impl Author {
    fn device(&self) -> DeviceId {
        match self {
            Self::Hq => HQ,
            Self::Laptop { device, .. } => *device,
        }
    }

    /// The feed that takes what names no branch: nothing is lost, and another branch never sees it.
    fn home(&self) -> Option<String> {
        match self {
            Self::Hq => None,
            Self::Laptop { branch, .. } => Some(Feed::Branch((*branch).into()).to_string()),
        }
    }
}

/// A change that lost against what stood.
#[derive(Debug)]
struct Clash {
    key: Key,
    lost: Lost,
    standing_at: Option<DateTime<Utc>>,
    author: Author,
    at: DateTime<Utc>,
}

impl Clash {
    /// One conflict for a field and an author, so that a later value of theirs replaces the losing one.
    fn conflict_key(&self) -> Key {
        let name = format!("conflict/{}/{}", self.lost.field, self.author.device());
        Key::new(Kind::CONFLICT, RecordId::derived(self.key.id, &name))
    }
}

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
    clashes: Vec<Clash>,
    /// Laptops whose seals count.
    devices: Vec<Device>,
}

impl Ground {
    /// The ground before a batch: the records there are.
    #[must_use]
    pub fn new(records: Vec<StoredRecord>) -> Self {
        let records = records.into_iter().map(|r| (r.key.clone(), r)).collect();
        Self {
            version: 0,
            version_max: 0,
            records,
            changed: Vec::new(),
            is_changed: HashSet::new(),
            left: Vec::new(),
            clashes: Vec::new(),
            devices: Vec::new(),
        }
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
        let standing = self.records.get(&key);
        let is_new = standing.is_none();
        if let Some(standing) = standing {
            check_reach(author, standing)?;
            check_unsealed(standing, op)?;
        }
        let mut record = standing.cloned().unwrap_or_else(|| StoredRecord::empty(key.clone()));
        let before = record.feed.clone();
        let stamp = Stamp { version: self.version + 1, device: author.device(), at: op.at };
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
        let conflicts: Vec<String> = merged.lost.iter().map(|lost| lost.field.clone()).collect();
        for lost in merged.lost {
            let standing_at = record.stamps.get(&lost.field).map(|s| s.at);
            self.clashes.push(Clash { key: key.clone(), lost, standing_at, author: *author, at: op.at });
        }
        let version = if merged.changed {
            self.version = stamp.version;
            record.feed =
                Feed::of(&op.kind, &record.doc).map(|f| f.to_string()).or(record.feed).or_else(|| author.home());
            self.keep(before, record);
            stamp.version
        } else {
            record.version
        };
        Ok(Outcome::Accepted { version, conflicts })
    }

    /// Puts a changed record back, and notes the feed it left.
    fn keep(&mut self, feed_before: Option<String>, record: StoredRecord) {
        if let Some(old) = feed_before.filter(|old| Some(old) != record.feed.as_ref()) {
            self.left.push(Move { feed: old, key: record.key.clone(), gone: true });
        }
        if self.is_changed.insert(record.key.clone()) {
            self.changed.push(record.key.clone());
        }
        self.records.insert(record.key.clone(), record);
    }

    /// Keys of the conflicts that the batch raises.
    #[must_use]
    pub fn conflict_keys(&self) -> Vec<Key> {
        let mut keys: Vec<Key> = self.clashes.iter().map(Clash::conflict_key).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// How many changes lost: each takes a version when its conflict is raised.
    #[must_use]
    pub fn clashes(&self) -> u64 {
        self.clashes.len() as u64
    }

    /// Makes a conflict of every change that lost, or brings the one there is up to date. `known` are those that
    /// are stored already.
    ///
    /// # Errors
    /// [`StorageError::Damaged`] when a conflict cannot be written down.
    pub fn raise_conflicts(
        &mut self,
        known: Vec<StoredRecord>,
        engineers: &HashMap<DeviceId, EngineerId>,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        self.records.extend(known.into_iter().map(|r| (r.key.clone(), r)));
        for clash in std::mem::take(&mut self.clashes) {
            let key = clash.conflict_key();
            let about = self.records.get(&clash.key);
            let branch_id = about.and_then(|r| r.doc.get("branch_id")).and_then(Value::as_str);
            let conflict = conflict(&clash, branch_id.and_then(|id| id.parse().ok()), engineers);
            let feed = about.and_then(|r| r.feed.clone());
            let Ok(Value::Object(doc)) = serde_json::to_value(&conflict) else {
                return Err(StorageError::Damaged("a conflict".to_owned()));
            };
            if self.version >= self.version_max {
                return Err(StorageError::Damaged("more versions than were reserved".to_owned()));
            }
            self.version += 1;
            let stamp = Stamp { version: self.version, device: HQ, at: now };
            let mut record = self.records.get(&key).cloned().unwrap_or_else(|| StoredRecord::empty(key));
            let before = record.feed.clone();
            set_all(&mut record, doc, stamp);
            record.feed = feed;
            self.keep(before, record);
        }
        Ok(())
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

fn set_all(record: &mut StoredRecord, doc: Doc, stamp: Stamp) {
    for (name, value) in doc {
        if record.doc.get(&name).unwrap_or(&Value::Null) != &value {
            record.set(&name, value, stamp);
        }
    }
}

fn conflict(clash: &Clash, branch_id: Option<BranchId>, engineers: &HashMap<DeviceId, EngineerId>) -> Conflict {
    let side = |device: DeviceId, value: &Value, at: Option<DateTime<Utc>>| Side {
        value: value.clone(),
        device_id: (device != HQ).then_some(device),
        engineer_id: engineers.get(&device).copied(),
        written_at: at,
    };
    let mut other = side(clash.author.device(), &clash.lost.value, Some(clash.at));
    if let Author::Laptop { engineer, .. } = clash.author {
        other.engineer_id = Some(engineer);
    }
    Conflict {
        branch_id,
        record_kind: clash.key.kind.to_string(),
        record_id: Some(clash.key.id),
        field: clash.lost.field.clone(),
        standing: side(clash.lost.standing.device, &clash.lost.standing.value, clash.standing_at),
        other,
        settled: None,
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
    if !op.kind.written_by_laptops() {
        return Err(Refusal::new(Code::OutOfScope, "HQ writes records of this kind"));
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
