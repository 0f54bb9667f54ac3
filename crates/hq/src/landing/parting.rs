//! What of an operation merges, and what loses as a whole: rules that span fields. Pure.
//!
//! Edits against deletions, and edits against seals: SYNC.md, "Merge and conflicts".

use super::{Author, ground::Ground};
use crate::storage::{Key, StoredRecord};
use chrono::{DateTime, Utc};
use doorstep_domain::{
    Kind,
    attachment::Role,
    describe,
    id::VisitId,
    merge::{Change, Field, Lost, Version, lose_all},
    record::{DELETED, is_deleted},
    seal,
    visit::State,
};
use doorstep_wire::Op;
use serde_json::Value;
use std::{borrow::Cow, collections::BTreeMap};

/// An operation, parted.
#[derive(Debug)]
pub(super) struct Parted<'o> {
    /// What merges field by field.
    pub(super) merging: Cow<'o, BTreeMap<String, Change>>,
    /// What loses, whatever the fields say of one another, and when what stands against it was written.
    pub(super) lost: Vec<(Lost, Option<DateTime<Utc>>)>,
    /// It came for a visit that was sealed: what loses is a proposal.
    pub(super) about_seal: bool,
    /// It makes a new record that stays out of sight until somebody takes it over.
    pub(super) hidden: bool,
}

impl<'o> Parted<'o> {
    fn whole(op: &'o Op) -> Self {
        Self { merging: Cow::Borrowed(&op.fields), lost: Vec::new(), about_seal: false, hidden: false }
    }
}

/// The visit that a record of this kind belongs to, by the fields of an operation or by what stands.
pub(super) fn visit_of(op: &Op, standing: Option<&StoredRecord>) -> Option<VisitId> {
    if op.kind == Kind::VISIT {
        return Some(op.id.into());
    }
    let stands = standing.and_then(|record| record.doc.get("visit_id"));
    let named = stands.or_else(|| op.fields.get("visit_id").map(|change| &change.value));
    named?.as_str()?.parse().ok()
}

/// The card of the customer that a record of this kind belongs to, by what stands or by the fields of an operation.
pub(super) fn card_of(op: &Op, standing: Option<&StoredRecord>) -> Option<Key> {
    let stands = standing.and_then(|record| record.doc.get("customer_id"));
    let named = stands.or_else(|| op.fields.get("customer_id").map(|change| &change.value));
    Some(Key::new(Kind::CUSTOMER, named?.as_str()?.parse().ok()?))
}

/// The cards of the customers that a visit is at and will be at.
pub(super) fn cards_of(op: &Op, standing: Option<&StoredRecord>) -> Vec<Key> {
    let stands = standing.and_then(|record| record.doc.get("customer_id"));
    let named = op.fields.get("customer_id").map(|change| &change.value);
    // A settlement says neither; its sides do.
    let settled = op.fields.get("settled").and_then(|change| change.value.get("value"));
    let ids = [stands, named, settled].into_iter().flatten().filter_map(|id| id.as_str()?.parse().ok());
    ids.map(|id| Key::new(Kind::CUSTOMER, id)).collect()
}

impl Ground {
    /// Parts an operation on `record` as it stands.
    pub(super) fn part<'o>(&self, author: &Author, op: &'o Op, standing: Option<&StoredRecord>) -> Parted<'o> {
        match standing {
            _ if self.is_sealed_unseen(author, op, standing) => against_seal(op, standing),
            Some(standing) => against_deletion(author, op, standing),
            None => Parted::whole(op),
        }
    }

    /// Whether the operation changes what is on a sealed paper, and its author had not seen that it is.
    fn is_sealed_unseen(&self, author: &Author, op: &Op, standing: Option<&StoredRecord>) -> bool {
        if !op.fields.keys().any(|field| describe(&op.kind).is_on_paper(field)) {
            return false;
        }
        let visit = visit_of(op, standing).and_then(|id| self.get(&Key::new(Kind::VISIT, id.into())));
        let Some(visit) = visit.filter(|visit| stands_sealed(visit)) else { return false };
        let seen = if op.kind == Kind::VISIT { op.seen } else { op.seen_visit };
        let sealed = visit.stamps.get("progress");
        sealed.is_some_and(|stamp| stamp.version > seen && stamp.writer != author.writer())
    }
}

/// Whether a visit stands sealed at HQ.
pub(super) fn stands_sealed(visit: &StoredRecord) -> bool {
    is_sealed(visit.doc.get("progress"))
}

fn is_sealed(progress: Option<&Value>) -> bool {
    progress.and_then(|progress| progress.get("state")).is_some_and(|state| *state == state_name(State::Sealed))
}

fn state_name(state: State) -> Value {
    serde_json::to_value(state).unwrap_or_default()
}

/// Whether the operation itself seals its visit: then its signing is in its own seal.
pub(super) fn seals(op: &Op) -> bool {
    op.kind == Kind::VISIT && is_sealed(op.fields.get("progress").map(|change| &change.value))
}

/// What is on the paper becomes a proposal. A new record is one proposal as a whole: it is kept as a tombstone.
fn against_seal<'o>(op: &'o Op, standing: Option<&StoredRecord>) -> Parted<'o> {
    let whole = Parted { about_seal: true, ..Parted::whole(op) };
    if is_evidence(op) {
        return Parted::whole(op);
    }
    let Some(standing) = standing else { return Parted { hidden: true, ..whole } };
    if is_deleted(&standing.doc) {
        return Parted { lost: vec![kept_against(standing)], ..whole };
    }
    let sealing = seals(op);
    let is_signing = |field: &str| matches!(field, "progress" | "signing");
    let (covered, free): (BTreeMap<_, _>, BTreeMap<_, _>) =
        op.fields.clone().into_iter().partition(|(field, _)| describe(&op.kind).is_on_paper(field));
    let proposed = covered.into_iter().filter(|(field, _)| !(sealing && is_signing(field))).collect();
    let written_at = |lost: &Lost| standing.stamps.get(&lost.field).map(|stamp| stamp.at);
    let lost = lose_all(|name| standing.field(name), &proposed);
    let lost = lost.into_iter().map(|lost| (written_at(&lost), lost)).map(|(at, lost)| (lost, at)).collect();
    Parted { merging: Cow::Owned(free), lost, ..whole }
}

/// The picture of a signature belongs to its seal, which stands beside the first.
fn is_evidence(op: &Op) -> bool {
    let role = op.fields.get("role").and_then(|change| serde_json::from_value(change.value.clone()).ok());
    op.kind == Kind::ATTACHMENT && matches!(role, Some(Role::Signature | Role::SignedPaper))
}

/// Who deletes without having seen another's edit loses; who edits without having seen another's deletion merges, and
/// the record may have to stay.
fn against_deletion<'o>(author: &Author, op: &'o Op, standing: &StoredRecord) -> Parted<'o> {
    let mut parted = Parted::whole(op);
    let unseen = |field: &String| {
        let stamp = standing.stamps.get(field);
        stamp.filter(|stamp| stamp.version > op.seen && stamp.writer != author.writer())
    };
    let deletes = op.fields.get(DELETED).filter(|change| change.value == true);
    let tombstone = is_deleted(&standing.doc);
    if let Some(change) = deletes.filter(|_| !tombstone) {
        let others = standing.doc.keys().filter(|field| *field != DELETED).filter_map(unseen);
        if let Some(newest) = others.max_by_key(|stamp| stamp.version) {
            let version = standing.stamps.get(DELETED).map_or(0, |stamp| stamp.version);
            let field = Field { value: Value::Null, version, writer: newest.writer };
            let lost = Lost { field: DELETED.to_owned(), standing: Some(field), value: change.value.clone() };
            parted.merging.to_mut().remove(DELETED);
            parted.lost.push((lost, Some(newest.at)));
        }
    }
    let edits = op.fields.keys().any(|field| field != DELETED);
    if tombstone && edits && deletes.is_none() && unseen(&DELETED.to_owned()).is_some() {
        parted.lost.push(kept_against(standing));
    }
    parted
}

/// Whether a tombstone is to stay one.
pub(super) fn kept_against(tombstone: &StoredRecord) -> (Lost, Option<DateTime<Utc>>) {
    let lost = Lost { field: DELETED.to_owned(), standing: tombstone.field(DELETED), value: Value::Null };
    (lost, tombstone.stamps.get(DELETED).map(|stamp| stamp.at))
}

/// Another seal of the same revision of a visit, which is to stand against `new`: the visit, and the number that came
/// first.
pub(super) fn sealed_twice<'g>(ground: &'g Ground, new: &StoredRecord) -> Option<(&'g StoredRecord, &'g StoredRecord)> {
    let of = |record: &StoredRecord, field: &str| record.doc.get(field).cloned().unwrap_or(Value::Null);
    let same = |other: &&StoredRecord| {
        other.key.kind == Kind::SEAL
            && other.key != new.key
            && ["visit_id", "revision"].iter().all(|field| of(other, field) == of(new, field))
    };
    let first = ground.seals().filter(same).min_by_key(|other| (other.version, other.key.id))?;
    let visit = new.doc.get("visit_id")?.as_str()?.parse().ok()?;
    Some((ground.get(&Key::new(Kind::VISIT, visit))?, first))
}

/// The loss that two seals of one revision are: the number that came first stands.
pub(super) fn second_number(visit: &StoredRecord, first: &StoredRecord, second: &StoredRecord) -> Option<Lost> {
    let number = |record: &StoredRecord| record.doc.get("number").cloned();
    let chosen: Version = visit.stamps.get(seal::CHOSEN).map_or(0, |stamp| stamp.version);
    let standing = Field {
        value: visit.doc.get(seal::CHOSEN).cloned().or_else(|| number(first))?,
        version: chosen,
        writer: first.stamps.get("number")?.writer,
    };
    Some(Lost { field: seal::CHOSEN.to_owned(), standing: Some(standing), value: number(second)? })
}
