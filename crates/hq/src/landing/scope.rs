//! Where records stand and who reaches them: home feeds, dispatch, hand-over, and work that comes late. Pure.

use super::{
    Author,
    ground::Ground,
    parting::visit_of,
    ties::{self, stands_near},
};
use crate::storage::{Key, Move, Stamp, StoredRecord};
use doorstep_domain::{
    Code, Feed, Kind, Refusal, describe,
    id::{EngineerId, RecordId},
    merge::Writer,
    noun::{Dispatch, Paper},
    record::is_deleted,
};
use doorstep_wire::Op;
use serde_json::Value;
use std::collections::{BTreeSet, HashSet};

/// Kinds that belong to a visit, or may, and go where it goes.
pub(super) fn belongs_to_visit(kind: &Kind) -> bool {
    describe(kind).is_of_a_root()
}

/// How an author reaches a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// It is of their branch, or they are HQ.
    Home,
    /// The visit was dispatched to them.
    Dispatched,
    /// They held it when they wrote, and had not heard that it left.
    Late,
}

impl Ground {
    /// Notes which records once stood in the author's feeds and left.
    pub fn remember_left(&mut self, left: Vec<(String, Key)>) {
        self.stood.extend(left);
    }

    /// Records that `op` may reach, or name, only because they once stood in the author's feeds.
    pub(super) fn beyond(&self, author: &Author, op: &Op) -> Vec<Key> {
        let key = Key::new(op.kind.clone(), op.id);
        let owner = self.get(&key).or_else(|| self.visit_record(op, None));
        let mut beyond = self.named_beyond(author, ties::written_by(self, op).into_iter());
        beyond.extend(owner.filter(|owner| !stands_near(author, owner)).map(|owner| owner.key.clone()));
        beyond
    }

    fn visit_record(&self, op: &Op, standing: Option<&StoredRecord>) -> Option<&StoredRecord> {
        self.get(&Key::new(Kind::VISIT, visit_of(op, standing)?.into()))
    }

    /// How the author of `op` reaches what it touches.
    pub(super) fn reach(&self, author: &Author, op: &Op, standing: Option<&StoredRecord>) -> Result<Reach, Refusal> {
        let out = || Refusal::new(Code::OutOfScope, "a record of another branch");
        let visit = self.visit_record(op, standing);
        let Some(owner) = standing.or(visit) else { return Ok(Reach::Home) };
        match () {
            () if *author == Author::Hq || author.is_at_home(owner) => Ok(Reach::Home),
            () if was_sent(author, op, standing, visit) => Ok(Reach::Dispatched),
            () if self.is_late(author, op, owner, visit) => Ok(Reach::Late),
            () => Err(out()),
        }
    }

    /// Whether the author held `owner` and had not seen it leave when they wrote.
    fn is_late(&self, author: &Author, op: &Op, owner: &StoredRecord, visit: Option<&StoredRecord>) -> bool {
        let stood = |feed: &String| self.stood.contains(&(feed.clone(), owner.key.clone()));
        let seen = op.seen.max(op.seen_visit);
        // What was written in one go with its visit had nothing of HQ's before it.
        let is_new = owner.key != Key::new(op.kind.clone(), op.id);
        let moved = |record: &StoredRecord, field: &str| record.stamps.get(field).map_or(0, |stamp| stamp.version);
        let handed = moved(owner, "branch_id");
        let recalled = visit.map_or(0, |visit| moved(visit, DISPATCHED));
        let home = author.home().is_some_and(|home| stood(&home) && seen < handed);
        let sent = author.engineer().is_some_and(|engineer| stood(&feed_of(engineer)) && seen < recalled);
        (seen > 0 || is_new) && (home || sent)
    }

    /// What `reach` means for a record that is about to be put: it goes where its visit or its customer is.
    pub(super) fn place(&mut self, author: &Author, reach: Reach, record: &mut StoredRecord, stamp: Stamp) {
        if record.key.kind == Kind::VISIT {
            record.stamps.also = dispatched(record).map(feed_of).into_iter().collect();
        } else if let Some(owner) = self.owner(record) {
            if reach != Reach::Home && owner.feed.is_some() && owner.feed != record.feed {
                let branch = owner.doc.get("branch_id").cloned().unwrap_or(Value::Null);
                record.set("branch_id", branch, Stamp { writer: Writer::HQ, ..stamp });
                record.feed = author.feed_of(record);
            }
            // What names a record of another branch follows it nowhere.
            record.stamps.also = if owner.feed == record.feed { owner.stamps.also.clone() } else { Vec::new() };
            if owner.key.kind == Kind::VISIT && !super::parting::stands_sealed(owner) {
                record.stamps.away = false;
            }
        }
        if record.key.kind == Kind::ATTACHMENT && *author != Author::Hq {
            let hash = |record: &StoredRecord| record.doc.get("hash").cloned();
            let before = self.get(&record.key).and_then(hash);
            record.stamps.claimed |= hash(record) != before;
        }
        if reach == Reach::Late {
            // Whoever still holds it hears again that it left.
            let gone = author.feeds().into_iter().filter(|feed| !record.places().contains(&feed.as_str()));
            self.leaves.extend(gone.map(|feed| Move { feed, key: record.key.clone(), gone: true }));
        }
    }

    /// The record whose places one shares: its visit, or its customer.
    fn owner(&self, record: &StoredRecord) -> Option<&StoredRecord> {
        let by = |field: &str| record.doc.get(field)?.as_str()?.parse::<RecordId>().ok();
        match by("visit_id").filter(|_| belongs_to_visit(&record.key.kind)) {
            Some(visit) => self.get(&Key::new(Kind::VISIT, visit)),
            None => self.get(&Key::new(Kind::CUSTOMER, by("customer_id")?)),
        }
    }

    /// After a visit was dispatched, taken back, or put to another customer than `before`: what belongs to it goes where it
    /// goes, and so do the customer's card with people and products.
    pub(super) fn redispatch(&mut self, visit: &StoredRecord, before: Option<RecordId>) {
        for child in self.below(visit.key.id, visit.feed.as_ref()) {
            if goes_along(&child.key.kind) {
                self.stand_also(child, &visit.stamps.also);
            }
        }
        let customer = visit.doc.get(CUSTOMER).and_then(Value::as_str).and_then(|id| id.parse().ok());
        let cards: BTreeSet<RecordId> = customer.into_iter().chain(before).collect();
        for card in cards {
            self.show_card(card);
        }
    }

    /// A customer's card, people and products stand where visits there are dispatched to, by the branch that owns the card or
    /// by HQ: nobody else shows them to anyone.
    fn show_card(&mut self, customer: RecordId) {
        let Some(card) = self.get(&Key::new(Kind::CUSTOMER, customer)).cloned() else { return };
        let counts = |visit: &StoredRecord| {
            let by = visit.stamps.get(DISPATCHED).map(|stamp| stamp.writer);
            visit.feed == card.feed || by == Some(Writer::HQ)
        };
        let visits =
            self.hanging_on(customer).filter(|record| record.key.kind == Kind::VISIT && !is_deleted(&record.doc));
        let feeds: BTreeSet<String> =
            visits.filter(|visit| counts(visit)).filter_map(dispatched).map(feed_of).collect();
        let also: Vec<String> = feeds.into_iter().collect();
        let file = self.below(customer, card.feed.as_ref());
        let file = file.into_iter().filter(|record| goes_along(&record.key.kind));
        for record in std::iter::once(card).chain(file) {
            self.stand_also(record, &also);
        }
    }

    /// A record, and the conflicts about it, stand in these feeds too and in no others.
    fn stand_also(&mut self, record: StoredRecord, also: &[String]) {
        let conflicts = self.below(record.key.id, record.feed.as_ref());
        let conflicts = conflicts.into_iter().filter(|conflict| conflict.key.kind == Kind::CONFLICT);
        for mut record in std::iter::once(record).chain(conflicts) {
            if record.stamps.also != also {
                also.clone_into(&mut record.stamps.also);
                self.put(record);
            }
        }
    }

    /// After HQ handed a record to another branch than `before`: what hung on it there goes along.
    pub(super) fn hand_over(&mut self, record: &StoredRecord, before: Option<&String>, stamp: Stamp) {
        let Some(branch) = record.doc.get("branch_id").cloned() else { return };
        let mut waiting = vec![record.key.id];
        let mut seen = HashSet::new();
        while let Some(parent) = waiting.pop().filter(|parent| seen.insert(*parent)) {
            for mut child in self.below(parent, before) {
                if child.doc.get("branch_id") == Some(&branch) {
                    continue;
                }
                let stamp = Stamp { version: self.next_version(), ..stamp };
                child.set("branch_id", branch.clone(), stamp);
                child.feed = Feed::of(&child.key.kind, &child.doc).map(|feed| feed.to_string()).or(child.feed);
                waiting.push(child.key.id);
                self.take_version(stamp.version);
                self.put(child);
            }
        }
    }

    /// A seal's problems, questions and answers travel inside its document from now on.
    pub(super) fn send_away(&mut self, visit: &StoredRecord, sealed: impl Fn(&Key) -> bool) {
        for mut child in self.below(visit.key.id, visit.feed.as_ref()) {
            if travels_inside(&child.key.kind) && sealed(&child.key) && !is_deleted(&child.doc) {
                child.stamps.away = true;
                self.put(child);
            }
        }
    }
}

/// The visit's field with the engineer it is dispatched to.
pub(super) const DISPATCHED: &str = "dispatched_to";

/// The visit's field with its customer.
const CUSTOMER: &str = "customer_id";
/// What a visit elsewhere may say of an open point that it settles.
const SETTLES: [&str; 2] = ["done_on", "done_visit_id"];

/// Whether writing `field` of a visit changes who sees a customer's card.
pub(super) fn moves_card(visit: Option<&StoredRecord>, field: &str) -> bool {
    field == DISPATCHED || (field == CUSTOMER && visit.and_then(dispatched).is_some())
}

/// Whether `op` is on a visit that was dispatched to its author, or on what belongs to that, or settles an open point of its
/// customer. The rest of the card is to be read.
fn was_sent(author: &Author, op: &Op, standing: Option<&StoredRecord>, visit: Option<&StoredRecord>) -> bool {
    let Some(feed) = author.engineer().map(feed_of) else { return false };
    let sent = |record: &StoredRecord| record.stamps.also.contains(&feed);
    let with_visit = |visit: &StoredRecord| sent(visit) && standing.is_none_or(|record| record.feed == visit.feed);
    let settles = op.kind == Kind::OPEN_POINT && op.fields.keys().all(|field| SETTLES.contains(&field.as_str()));
    match standing {
        Some(standing) if op.kind == Kind::VISIT => sent(standing),
        Some(standing) if settles && sent(standing) => true,
        _ => belongs_to_visit(&op.kind) && visit.is_some_and(with_visit),
    }
}

/// A laptop hands nothing over, and passes nothing on that was sent to it: what it writes is of its own branch, or goes where
/// its visit is.
///
/// # Errors
/// [`Code::OutOfScope`] with the field.
pub(super) fn check_place(
    author: &Author,
    op: &Op,
    reach: Reach,
    standing: Option<&StoredRecord>,
    has_visit: bool,
) -> Result<(), Refusal> {
    let Author::Laptop { branch, .. } = author else { return Ok(()) };
    let written = |field: &str| op.fields.get(field).map(|change| &change.value);
    let stands = |field: &str| standing.map_or(&Value::Null, |record| record.doc.get(field).unwrap_or(&Value::Null));
    let fits = |value: &Value| match reach {
        Reach::Home => *value == branch.to_string(),
        // It is put where its visit is.
        _ if standing.is_none() || has_visit => true,
        _ => value == stands("branch_id"),
    };
    if !written("branch_id").is_none_or(fits) {
        return Err(Refusal::new(Code::OutOfScope, "another branch, or none").on("branch_id"));
    }
    let passed_on = |to: &Value| reach != Reach::Home && !to.is_null() && to != stands(DISPATCHED);
    if op.kind == Kind::VISIT && written(DISPATCHED).is_some_and(passed_on) {
        return Err(Refusal::new(Code::OutOfScope, "its branch dispatches it, or HQ").on(DISPATCHED));
    }
    Ok(())
}

/// Whether a sealed document carries records of a kind, so that they need not travel.
fn travels_inside(kind: &Kind) -> bool {
    matches!(describe(kind).paper, Paper::Inside(_))
}

/// Whether records of a kind go along when what they hang on is dispatched.
fn goes_along(kind: &Kind) -> bool {
    describe(kind).dispatch == Dispatch::Along
}

fn dispatched(visit: &StoredRecord) -> Option<EngineerId> {
    visit.doc.get(DISPATCHED)?.as_str()?.parse().ok()
}

fn feed_of(engineer: EngineerId) -> String {
    Feed::Engineer(engineer.into()).to_string()
}
