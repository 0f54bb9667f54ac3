//! Conflicts at HQ: raised when a value loses, kept up to date with what stands, settled by people. Pure.

use super::{
    Author,
    ground::Ground,
    parting::stands_sealed,
    scope::{Reach, belongs_to_visit, check_place},
    ties::{self, Written},
};
use crate::storage::{Key, Stamp, StorageError, StoredRecord};
use chrono::{DateTime, Utc};
use doorstep_domain::{
    Code, Kind, Refusal,
    conflict::{Conflict, SETTLED, Settlement, Side},
    id::{DeviceId, EngineerId, RecordId},
    merge::{Change, Lost, Version, Writer},
    record,
    staff::Engineer,
};
use doorstep_wire::{Op, Outcome};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// Something that concerns conflicts, in the order of operations.
#[derive(Debug)]
pub(super) struct Event {
    /// The record.
    pub(super) key: Key,
    /// Its field.
    pub(super) field: String,
    /// Who wrote what lost, or what agrees.
    pub(super) writer: Writer,
    /// The engineer behind it, where that is known.
    pub(super) engineer: Option<EngineerId>,
    /// What happened.
    pub(super) what: What,
}

/// What happened to a field.
#[derive(Debug)]
pub(super) enum What {
    /// A value lost.
    Lost {
        /// What stands, and what came.
        lost: Lost,
        /// When what stands was written, by its writer's clock.
        standing_at: Option<DateTime<Utc>>,
        /// When what came was written, where that is known.
        at: Option<DateTime<Utc>>,
        /// It came for a visit that was sealed.
        about_seal: bool,
    },
    /// The author says what stands already.
    Agreed,
}

impl Event {
    /// A value of `op` lost against one that was written at `standing_at`.
    pub(super) fn lost(
        author: &Author,
        op: &Op,
        lost: Lost,
        standing_at: Option<DateTime<Utc>>,
        about_seal: bool,
    ) -> Self {
        let field = lost.field.clone();
        let what = What::Lost { lost, standing_at, at: Some(op.at), about_seal };
        let key = Key::new(op.kind.clone(), op.id);
        Self { key, field, writer: author.writer(), engineer: author.engineer(), what }
    }

    /// The author says what stands.
    pub(super) fn agreed(author: &Author, key: &Key, field: &str) -> Self {
        let (key, field) = (key.clone(), field.to_owned());
        Self { key, field, writer: author.writer(), engineer: author.engineer(), what: What::Agreed }
    }

    /// The conflict that it concerns: one for a field and a laptop, so that a later value of theirs replaces the losing one.
    pub(super) fn conflict(&self) -> Key {
        let name = format!("conflict/{}/{}", self.field, self.writer.device);
        Key::new(Kind::CONFLICT, RecordId::derived(self.key.id, &name))
    }

    /// Whether a value lost.
    pub(super) fn is_loss(&self) -> bool {
        matches!(self.what, What::Lost { .. })
    }

    /// Whether a value lost against a seal.
    pub(super) fn is_proposal(&self) -> bool {
        matches!(self.what, What::Lost { about_seal: true, .. })
    }
}

/// Who uses each laptop.
type Engineers = HashMap<DeviceId, EngineerId>;

impl Ground {
    /// The record that the conflict is about which `op` settles.
    pub(super) fn settled_by(&self, op: &Op) -> Option<Key> {
        let conflict = self.get(&Key::new(op.kind.clone(), op.id)).filter(|_| op.kind == Kind::CONFLICT)?;
        about(&record::read(&conflict.doc).ok()?).ok()
    }

    /// The field of it.
    pub(super) fn field_settled_by(&self, op: &Op) -> Option<String> {
        let conflict = self.get(&Key::new(op.kind.clone(), op.id))?;
        conflict.doc.get("field")?.as_str().map(str::to_owned)
    }

    /// Settles a conflict: the record's field takes the chosen value, and the conflict says how it was settled.
    pub(super) fn settle(&mut self, author: &Author, op: &Op, reach: Reach) -> Result<Outcome, Refusal> {
        let out = |why: &str| Refusal::new(Code::OutOfScope, why);
        let key = Key::new(op.kind.clone(), op.id);
        let record = self.get(&key).ok_or_else(|| out("HQ makes conflicts"))?.clone();
        let mut fields = op.fields.iter();
        let (Some((SETTLED, change)), None) = (fields.next().map(|(n, c)| (n.as_str(), c)), fields.next()) else {
            return Err(out("of a conflict, only how it was settled is written"));
        };
        let settlement: Settlement = serde_json::from_value(change.value.clone())
            .map_err(|_| Refusal::new(Code::Invalid, "not a settlement").on(SETTLED))?;
        let mut conflict: Conflict = record::read(&record.doc)?;
        conflict.check_settlement(&settlement, author.settler(reach == Reach::Home && self.manages(author)))?;
        let target = about(&conflict)?;
        let Some(about) = self.get(&target).cloned() else {
            return Err(Refusal::new(Code::NotFound, "the record in conflict is not here"));
        };
        if !settles_there(author, reach, &record, &about) {
            return Err(out("the record in conflict is another branch's"));
        }
        let stands = about.stamps.get(&conflict.field).map_or(0, |stamp| stamp.version);
        // An amendment may have changed what stands; its own edits carry what their author saw.
        if op.seen < record.version || (!conflict.about_seal && stands != conflict.standing_version) {
            return Err(Refusal::new(Code::ConflictMoved, "one of its sides has changed"));
        }
        if conflict.about_seal && settlement.value != conflict.standing.value && self.is_sealed(&conflict) {
            return Err(Refusal::new(Code::Sealed, "a proposal is taken over in an amendment"));
        }
        if !conflict.about_seal {
            let stamp = Stamp { version: self.next_version(), writer: author.writer(), at: op.at };
            let (field, value) = (conflict.field.as_str(), &settlement.value);
            let written = Written { kind: &target.kind, field, value };
            let has_visit = belongs_to_visit(&target.kind) && about.doc.contains_key("visit_id");
            self.check_settled_place(author, reach, &about, written)?;
            self.check_ties(author, reach, &target, has_visit, std::iter::once(written))?;
            let mut about = about;
            about.set(field, value.clone(), stamp);
            record::check(&target.kind, &about.doc)?;
            conflict.standing_version = stamp.version;
            self.land_in(author, reach, about, &[field], stamp);
        }
        conflict.settled = Some(settlement);
        let version = self.put_conflict(record, &conflict, author.writer(), op.at);
        Ok(Outcome::Accepted { version, conflicts: Vec::new() })
    }

    /// That a settlement puts its record nowhere where an edit of its author would not.
    fn check_settled_place(
        &self,
        author: &Author,
        reach: Reach,
        about: &StoredRecord,
        written: Written<'_>,
    ) -> Result<(), Refusal> {
        let change = Change { value: written.value.clone(), base: 0 };
        let fields = BTreeMap::from([(written.field.to_owned(), change)]);
        let (kind, id) = (about.key.kind.clone(), about.key.id);
        let edit = Op { seq: 0, kind, id, fields, seen: 0, seen_visit: 0, at: DateTime::UNIX_EPOCH };
        check_place(author, &edit, reach, Some(about), ties::has_visit(&edit, Some(about)))
    }

    fn is_sealed(&self, conflict: &Conflict) -> bool {
        let visit = conflict.visit_id.and_then(|id| self.get(&Key::new(Kind::VISIT, id.into())));
        visit.is_some_and(stands_sealed)
    }

    fn manages(&self, author: &Author) -> bool {
        let Some(engineer) = author.engineer() else { return false };
        let record = self.get(&Key::new(Kind::ENGINEER, engineer.into()));
        record.and_then(|r| record::read::<Engineer>(&r.doc).ok()).is_some_and(|e| e.manager && !e.left)
    }

    /// Makes a conflict of every value that lost, and brings those there are up to date with what stands now.
    ///
    /// # Errors
    /// [`StorageError::Damaged`] when a stored conflict does not read.
    pub(super) fn raise_conflicts(&mut self, engineers: &Engineers, now: DateTime<Utc>) -> Result<(), StorageError> {
        for event in self.take_events() {
            let key = event.conflict();
            match event.what {
                What::Lost { .. } => self.raise(key, event, engineers, now)?,
                What::Agreed => self.agree(&key, event.engineer, now)?,
            }
        }
        self.follow(engineers, now)
    }

    fn raise(&mut self, key: Key, event: Event, engineers: &Engineers, now: DateTime<Utc>) -> Result<(), StorageError> {
        let What::Lost { lost, standing_at, at, about_seal } = event.what else { return Ok(()) };
        let record = self.get(&key).cloned().unwrap_or_else(|| StoredRecord::empty(key));
        let mut conflict = read(&record)?;
        let standing_version = lost.standing.as_ref().map_or(0, |field| field.version);
        let standing = match lost.standing {
            Some(field) => side(field.writer, field.value, standing_at, engineers),
            None => Side::default(),
        };
        let mut other = side(event.writer, lost.value, at, engineers);
        other.engineer_id = event.engineer.or(other.engineer_id);
        if !conflict.lose(standing, standing_version, other, now) {
            return Ok(());
        }
        if let Some(about) = self.get(&event.key) {
            let id = |field: &str| about.doc.get(field).and_then(Value::as_str);
            conflict.branch_id = id("branch_id").and_then(|id| id.parse().ok());
            conflict.visit_id = id("visit_id").and_then(|id| id.parse().ok());
        }
        if event.key.kind == Kind::VISIT {
            conflict.visit_id = Some(event.key.id.into());
        }
        conflict.record_kind = event.key.kind.to_string();
        conflict.record_id = Some(event.key.id);
        conflict.field = event.field;
        conflict.about_seal = about_seal;
        self.put_conflict(record, &conflict, Writer::HQ, now);
        Ok(())
    }

    fn agree(&mut self, key: &Key, engineer: Option<EngineerId>, now: DateTime<Utc>) -> Result<(), StorageError> {
        let Some(record) = self.get(key).cloned() else { return Ok(()) };
        let mut conflict = read(&record)?;
        if conflict.is_open() {
            conflict.agree(engineer, now);
            self.put_conflict(record, &conflict, Writer::HQ, now);
        }
        Ok(())
    }

    /// Open conflicts whose field was written since show what stands now, so that nobody settles what is gone.
    fn follow(&mut self, engineers: &Engineers, now: DateTime<Utc>) -> Result<(), StorageError> {
        for record in self.conflicts_of_changed() {
            let mut conflict = read(&record)?;
            let Ok(target) = about(&conflict) else { continue };
            let home = record.feed.clone();
            // One that lies elsewhere shows nothing of what its record became.
            let Some((field, at)) = self.get(&target).filter(|r| r.feed == home).and_then(|r| {
                let at = r.stamps.get(&conflict.field)?.at;
                Some((r.field(&conflict.field)?, at))
            }) else {
                continue;
            };
            if conflict.is_open() && field.version != conflict.standing_version {
                let standing = side(field.writer, field.value, Some(at), engineers);
                conflict.follow(standing, field.version, now);
                self.put_conflict(record, &conflict, Writer::HQ, now);
            }
        }
        Ok(())
    }

    /// Stores a conflict's fields that differ under a new version, in the feed of the record it is about.
    fn put_conflict(
        &mut self,
        mut record: StoredRecord,
        conflict: &Conflict,
        writer: Writer,
        at: DateTime<Utc>,
    ) -> Version {
        let stamp = Stamp { version: self.next_version(), writer, at };
        let about = about(conflict).ok().and_then(|key| self.get(&key)).cloned();
        let Ok(Value::Object(mut doc)) = serde_json::to_value(conflict) else { return record.version };
        if let Some(branch) = about.as_ref().and_then(|about| about.doc.get("branch_id")) {
            doc.insert("branch_id".to_owned(), branch.clone());
        }
        for (name, value) in doc {
            if record.doc.get(&name).unwrap_or(&Value::Null) != &value {
                record.set(&name, value, stamp);
            }
        }
        if let Some(about) = about {
            record.feed.clone_from(&about.feed);
            record.stamps.also.clone_from(&about.stamps.also);
        }
        self.take_version(stamp.version);
        self.put(record);
        stamp.version
    }
}

/// Whether who settles a conflict may write the record that it is about: of a visit that was dispatched to them, that and what
/// belongs to it.
fn settles_there(author: &Author, reach: Reach, conflict: &StoredRecord, about: &StoredRecord) -> bool {
    let of_visit = about.key.kind == Kind::VISIT || belongs_to_visit(&about.key.kind);
    *author == Author::Hq || (about.feed == conflict.feed && (reach != Reach::Dispatched || of_visit))
}

/// The record that a conflict is about.
fn about(conflict: &Conflict) -> Result<Key, Refusal> {
    let id = conflict.record_id.ok_or_else(|| Refusal::new(Code::Invalid, "a conflict about nothing"))?;
    Ok(Key::new(Kind::parse(&conflict.record_kind)?, id))
}

fn read(record: &StoredRecord) -> Result<Conflict, StorageError> {
    record::read(&record.doc).map_err(|_| StorageError::Damaged(format!("conflict {}", record.key.id)))
}

fn side(writer: Writer, value: Value, written_at: Option<DateTime<Utc>>, engineers: &Engineers) -> Side {
    Side {
        value,
        device_id: (writer != Writer::HQ).then_some(writer.device),
        incarnation: writer.incarnation,
        engineer_id: engineers.get(&writer.device).copied(),
        written_at,
    }
}
