//! The records that a batch touches, and how each operation changes them. Pure.

use super::{
    Author,
    conflicts::{Event, What},
    parting::{kept_against, sealed_twice, seals, second_number},
    scope::{Reach, check_place, moves_card},
    ties, verify,
};
use crate::storage::{Changes, Device, Key, Move, Stamp, StorageError, StoredRecord};
use doorstep_domain::{
    Code, Kind, Refusal, bounds, conflict,
    customer::REDIRECTS_MAX,
    describe,
    id::RecordId,
    merge::{Lost, Version, Writer},
    record::{self, DELETED, FIELD_BYTES_MAX, FIELDS_MAX},
    seal::CHOSEN,
};
use doorstep_wire::{Op, Outcome};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// The field of a customer with the one that stands for it.
const MERGED_INTO: &str = "merged_into";
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
    /// Records that were looked for and are not there.
    new: HashSet<Key>,
    /// Places that records left.
    pub(super) leaves: Vec<Move>,
    /// Records that left the author's feeds before this batch.
    pub(super) stood: HashSet<(String, Key)>,
    events: Vec<Event>,
    /// Laptops whose seals count.
    devices: Vec<Device>,
}

impl Ground {
    /// The ground before a batch: those of the records `keys` that were found.
    #[must_use]
    pub fn new(keys: &[Key], found: Vec<StoredRecord>) -> Self {
        let mut ground = Self {
            version: 0,
            version_max: 0,
            // Most batches change what they touch, and little else.
            records: HashMap::with_capacity(keys.len()),
            changed: Vec::with_capacity(keys.len()),
            is_changed: HashSet::with_capacity(keys.len()),
            new: HashSet::new(),
            leaves: Vec::new(),
            stood: HashSet::new(),
            events: Vec::new(),
            devices: Vec::new(),
        };
        ground.add(found);
        ground.new = keys.iter().filter(|key| !ground.records.contains_key(key)).cloned().collect();
        ground
    }

    /// Adds records that the batch needs to know.
    pub fn add(&mut self, records: Vec<StoredRecord>) {
        self.records.extend(records.into_iter().map(|r| (r.key.clone(), r)));
    }

    /// The same, leaving those that are known as they are.
    pub fn add_missing(&mut self, records: Vec<StoredRecord>) {
        let new = records.into_iter().filter(|record| !self.records.contains_key(&record.key)).collect();
        self.add(new);
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
    pub(super) fn trusted(&self, author: &Author) -> Vec<&str> {
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
        check_bounds(op)?;
        check_scope(author, op)?;
        let key = Key::new(op.kind.clone(), op.id);
        let reach = self.reach(author, op, self.records.get(&key))?;
        if op.kind == Kind::CONFLICT {
            return self.settle(author, op, reach);
        }
        let standing = self.records.get(&key);
        let has_visit = ties::has_visit(op, standing);
        check_place(author, op, reach, standing, has_visit)?;
        self.check_ties(author, reach, &key, has_visit, ties::written_by(self, op).into_iter())?;
        if let Some(standing) = standing {
            check_unsealed(standing, op)?;
        }
        let is_new = standing.is_none();
        let parted = self.part(author, op, standing);
        let mut record = standing.cloned().unwrap_or_else(|| StoredRecord::empty(key.clone()));
        let stamp = Stamp { version: self.next_version(), writer: author.writer(), at: op.at };
        let merged = record.merge(&parted.merging, stamp);
        let changed = !merged.taken.is_empty();
        if is_new && !changed {
            return Err(Refusal::new(Code::Invalid, "an operation without a value makes no record"));
        }
        if changed {
            record::check(&op.kind, &record.doc)?;
            self.check_merged(&record)?;
            if is_new && op.kind == Kind::SEAL {
                verify::seal(&record.doc, &self.trusted(author))?;
            }
        }
        let mut events: Vec<Event> = merged.agreed.iter().map(|field| Event::agreed(author, &key, field)).collect();
        let written_at = |lost: &Lost| record.stamps.get(&lost.field).map(|stamp| stamp.at);
        let of_merge =
            merged.lost.into_iter().map(|lost| (written_at(&lost), lost)).map(|(at, lost)| (lost, at, false));
        let of_rules = parted.lost.into_iter().map(|(lost, at)| (lost, at, parted.about_seal));
        let mut lost: Vec<_> = of_merge.chain(of_rules).collect();
        if parted.hidden {
            record.set(DELETED, true.into(), Stamp { writer: Writer::HQ, ..stamp });
            let (kept, at) = kept_against(&record);
            lost.push((kept, at, true));
        }
        check_lost(lost.iter().map(|(lost, ..)| lost))?;
        let event = |(lost, standing_at, about_seal)| Event::lost(author, op, lost, standing_at, about_seal);
        events.extend(lost.into_iter().map(event));
        if is_new && op.kind == Kind::SEAL {
            events.extend(self.second_seal(author, op, &record));
        }
        let conflicts = events.iter().filter(|event| event.is_loss()).map(|event| event.field.clone()).collect();
        if seals(op) {
            self.forget_signing(author, &key);
        }
        self.events.extend(events);
        let version = if changed { stamp.version } else { record.version };
        let written: Vec<&str> = op.fields.keys().map(String::as_str).filter(|_| changed).collect();
        self.land_in(author, reach, record, &written, stamp);
        if is_new && op.kind == Kind::SEAL {
            self.close(author, op, &key)?;
        }
        Ok(Outcome::Accepted { version, conflicts })
    }

    /// Puts a record of which `written` was changed where it belongs, and what hangs on it after it.
    pub(super) fn land_in(
        &mut self,
        author: &Author,
        reach: Reach,
        mut record: StoredRecord,
        written: &[&str],
        stamp: Stamp,
    ) {
        let before = self.records.get(&record.key).cloned();
        record.feed = author.feed_of(&record);
        self.place(author, reach, &mut record, stamp);
        let moves = before.as_ref().is_some_and(|old| old.places() != record.places());
        let moved = |field: &&str| moves_card(before.as_ref().or(Some(&record)), field);
        let dispatches = record.key.kind == Kind::VISIT && written.iter().any(moved);
        let left = before.as_ref().and_then(|old| old.feed.as_ref()).filter(|feed| Some(*feed) != record.feed.as_ref());
        if !written.is_empty() || moves {
            self.take_version(record.version);
            self.put(record.clone());
        }
        if dispatches {
            let customer = before.as_ref().and_then(|old| old.doc.get("customer_id")?.as_str()?.parse().ok());
            self.redispatch(&record, customer);
        }
        if left.is_some() {
            self.hand_over(&record, left, Stamp { writer: Writer::HQ, ..stamp });
        }
    }

    /// Two people who merge two customers into one another, each unseen by the other, must not make both disappear.
    fn check_merged(&self, record: &StoredRecord) -> Result<(), Refusal> {
        let into = |record: &StoredRecord| {
            let id = record.doc.get(MERGED_INTO)?.as_str()?.parse().ok()?;
            Some(Key::new(Kind::CUSTOMER, id))
        };
        let mut next = into(record).filter(|_| record.key.kind == Kind::CUSTOMER);
        for _ in 0..REDIRECTS_MAX {
            let Some(key) = next else { return Ok(()) };
            if key == record.key {
                return Err(Refusal::new(Code::BadTree, "it leads back to itself").on(MERGED_INTO));
            }
            next = self.get(&key).and_then(into);
        }
        Err(Refusal::new(Code::BadTree, "merged too often").on(MERGED_INTO))
    }

    /// The customers that those of the batch are merged into, as far as they are not known.
    pub(super) fn merged_unknown<'o>(&self, ops: impl Iterator<Item = &'o Op>) -> Vec<Key> {
        let named = ops.filter(|op| op.kind == Kind::CUSTOMER).filter_map(|op| op.fields.get(MERGED_INTO));
        let mut ids: Vec<RecordId> = named.filter_map(|change| change.value.as_str()?.parse().ok()).collect();
        if !ids.is_empty() {
            let stored = self.records.values().filter(|record| record.key.kind == Kind::CUSTOMER);
            ids.extend(stored.filter_map(|record| record.doc.get(MERGED_INTO)?.as_str()?.parse::<RecordId>().ok()));
        }
        let mut keys: Vec<Key> = ids.into_iter().map(|id| Key::new(Kind::CUSTOMER, id)).collect();
        keys.retain(|key| !self.records.contains_key(key));
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// A second seal of one revision: both are kept, and somebody has to say which paper counts.
    fn second_seal(&self, author: &Author, op: &Op, seal: &StoredRecord) -> Option<Event> {
        let (visit, first) = sealed_twice(self, seal)?;
        let standing_at = first.stamps.get("number").map(|stamp| stamp.at);
        let lost = second_number(visit, first, seal)?;
        let what = What::Lost { lost, standing_at, at: Some(op.at), about_seal: false };
        let (key, field) = (visit.key.clone(), CHOSEN.to_owned());
        Some(Event { key, field, writer: author.writer(), engineer: author.engineer(), what })
    }

    /// Whoever seals a visit has its signing in the seal: earlier steps of the same batch propose nothing.
    fn forget_signing(&mut self, author: &Author, visit: &Key) {
        let is_signing = |event: &Event| matches!(event.field.as_str(), "progress" | "signing") && event.is_proposal();
        self.events.retain(|event| !(event.key == *visit && event.writer == author.writer() && is_signing(event)));
    }

    /// Seals that are known.
    pub(super) fn seals(&self) -> impl Iterator<Item = &StoredRecord> {
        self.records.values().filter(|record| record.key.kind == Kind::SEAL)
    }

    /// The version of the next change.
    pub(super) fn next_version(&self) -> Version {
        self.version + 1
    }

    /// A change was made under this version.
    pub(super) fn take_version(&mut self, version: Version) {
        self.version = self.version.max(version);
    }

    /// Puts a changed record back, and notes the feeds it left.
    pub(super) fn put(&mut self, record: StoredRecord) {
        let (key, places) = (record.key.clone(), record.places());
        let before = self.records.get(&key).map(StoredRecord::places).unwrap_or_default();
        for feed in before.into_iter().filter(|old| !places.contains(old)) {
            self.leaves.push(Move { feed: feed.to_owned(), key: key.clone(), gone: true });
        }
        if self.is_changed.insert(key.clone()) {
            self.changed.push(key.clone());
        }
        self.records.insert(key, record);
    }

    /// Conflicts that are to be raised and may be there without the record that they are about.
    #[must_use]
    pub fn conflicts_unread(&self) -> Vec<Key> {
        let mut keys: Vec<Key> = self.events.iter().map(Event::conflict).collect();
        keys.retain(|key| !self.records.contains_key(key));
        keys.sort_unstable();
        keys.dedup();
        keys
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

    /// Notes something for conflicts.
    pub(super) fn note(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Records that hang on one, wherever they are at home.
    pub(super) fn hanging_on(&self, parent: RecordId) -> impl Iterator<Item = &StoredRecord> {
        self.records.values().filter(move |record| record::parent(&record.key.kind, &record.doc) == Some(parent))
    }

    /// Records that hang on one and are at home in the same feed, by key, so that what follows is the same for the same batch.
    /// What another branch hung on it, before it came or by hand of HQ, follows it nowhere.
    pub(super) fn below(&self, parent: RecordId, home: Option<&String>) -> Vec<StoredRecord> {
        let mut found: Vec<StoredRecord> =
            self.hanging_on(parent).filter(|record| record.feed.as_ref() == home).cloned().collect();
        found.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        found
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
    pub fn into_changes(mut self) -> Changes {
        let records: Vec<StoredRecord> = self.changed.iter().filter_map(|key| self.records.remove(key)).collect();
        let new = self.new;
        let mut moves = Vec::with_capacity(records.len());
        for record in &records {
            for feed in record.places() {
                moves.push(Move { feed: feed.to_owned(), key: record.key.clone(), gone: false });
            }
        }
        // A record that left and came back within the batch has not left.
        if self.leaves.is_empty() {
            return Changes { records, new, moves, ..Changes::default() };
        }
        let place = |step: &Move| (step.feed.clone(), step.key.clone());
        let mut told: HashSet<_> = moves.iter().map(place).collect();
        let left = self.leaves.into_iter().filter(|step| told.insert(place(step)));
        let moves = left.collect::<Vec<_>>().into_iter().chain(moves).collect();
        Changes { records, new, moves, ..Changes::default() }
    }
}

fn check_form(op: &Op) -> Result<(), Refusal> {
    Kind::parse(op.kind.as_str())?;
    check_names(op.fields.keys())
}

/// That texts and dates are such as the laptop lets people write: an older one, or another program, may send any.
fn check_bounds(op: &Op) -> Result<(), Refusal> {
    op.fields.iter().try_for_each(|(field, change)| bounds::check(&op.kind, field, &change.value))
}

/// That the fields of a record are not too many, and named as fields are.
pub(super) fn check_names<'n>(names: impl ExactSizeIterator<Item = &'n String>) -> Result<(), Refusal> {
    if names.len() > FIELDS_MAX {
        return Err(Refusal::new(Code::TooLarge, "too many fields"));
    }
    let mut names = names;
    let fits = |name: &String| (1..=FIELD_NAME_BYTES_MAX).contains(&name.len());
    if names.all(fits) { Ok(()) } else { Err(Refusal::new(Code::Invalid, "not a name of a field")) }
}

/// What an author may write, whatever is there already.
fn check_scope(author: &Author, op: &Op) -> Result<(), Refusal> {
    if *author == Author::Hq {
        return Ok(());
    }
    let written = |name: &String| describe(&op.kind).is_written_by_laptops(name);
    if !op.fields.keys().all(written)
        || (op.fields.is_empty() && !describe(&op.kind).is_written_by_laptops(conflict::SETTLED))
    {
        return Err(Refusal::new(Code::OutOfScope, "HQ writes this"));
    }
    Ok(())
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
fn check_lost<'l>(lost: impl Iterator<Item = &'l Lost>) -> Result<(), Refusal> {
    for Lost { field, value, .. } in lost {
        if value.to_string().len() > FIELD_BYTES_MAX {
            return Err(Refusal::new(Code::TooLarge, "too large").on(field));
        }
    }
    Ok(())
}
