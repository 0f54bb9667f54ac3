//! Where records stand and who reaches them: home feeds, dispatch, hand-over, and work that comes late. Pure.

use super::{Author, ground::Ground, parting::visit_of};
use crate::storage::{Key, Move, Stamp, StoredRecord};
use doorstep_domain::{
    Code, Feed, Kind, Refusal,
    id::{EngineerId, RecordId},
    merge::Writer,
    record::is_deleted,
};
use doorstep_wire::Op;
use serde_json::Value;
use std::collections::{BTreeSet, HashSet};

/// Kinds that belong to a visit and go where it goes.
fn belongs_to_visit(kind: &Kind) -> bool {
    !matches!(kind.as_str(), "customer" | "contact" | "installation" | "visit")
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

    /// Records that `op` may reach only because they once stood in the author's feeds.
    pub(super) fn beyond(&self, author: &Author, op: &Op) -> Option<Key> {
        let key = Key::new(op.kind.clone(), op.id);
        let standing = self.get(&key);
        let owner = standing.or_else(|| self.visit_record(op, None))?;
        let near = owner.feed == author.home() || owner.stands_in(&author.feeds());
        (*author != Author::Hq && !near).then(|| owner.key.clone())
    }

    fn visit_record(&self, op: &Op, standing: Option<&StoredRecord>) -> Option<&StoredRecord> {
        self.get(&Key::new(Kind::VISIT, visit_of(op, standing)?.into()))
    }

    /// How the author of `op` reaches what it touches.
    pub(super) fn reach(&self, author: &Author, op: &Op, standing: Option<&StoredRecord>) -> Result<Reach, Refusal> {
        let out = || Refusal::new(Code::OutOfScope, "a record of another branch");
        let visit = self.visit_record(op, standing);
        let Some(owner) = standing.or(visit) else { return Ok(Reach::Home) };
        let by_visit = op.kind == Kind::VISIT || belongs_to_visit(&op.kind);
        match () {
            () if *author == Author::Hq || owner.feed == author.home() => Ok(Reach::Home),
            () if by_visit && author.feeds().iter().any(|feed| owner.stamps.also.contains(feed)) => {
                Ok(Reach::Dispatched)
            }
            () if self.is_late(author, op, owner, visit) => Ok(Reach::Late),
            // A record of their own that points at what is elsewhere.
            () if standing.is_none() => Ok(Reach::Home),
            () => Err(out()),
        }
    }

    /// Whether the author held `owner` and had not seen it leave when they wrote.
    fn is_late(&self, author: &Author, op: &Op, owner: &StoredRecord, visit: Option<&StoredRecord>) -> bool {
        let stood = |feed: &String| self.stood.contains(&(feed.clone(), owner.key.clone()));
        let seen = op.seen.max(op.seen_visit);
        let moved = |record: &StoredRecord, field: &str| record.stamps.get(field).map_or(0, |stamp| stamp.version);
        let handed = moved(owner, "branch_id");
        let recalled = visit.map_or(0, |visit| moved(visit, DISPATCHED));
        let home = author.home().is_some_and(|home| stood(&home) && seen < handed);
        let sent = author.engineer().is_some_and(|engineer| stood(&feed_of(engineer)) && seen < recalled);
        seen > 0 && (home || sent)
    }

    /// What `reach` means for a record that is about to be put: it goes where its visit or its customer is.
    pub(super) fn place(&mut self, author: &Author, reach: Reach, record: &mut StoredRecord, stamp: Stamp) {
        if record.key.kind == Kind::VISIT {
            record.stamps.also = dispatched(record).map(feed_of).into_iter().collect();
        } else if let Some(owner) = self.owner(record) {
            record.stamps.also.clone_from(&owner.stamps.also);
            if reach != Reach::Home && owner.feed.is_some() && owner.feed != record.feed {
                let branch = owner.doc.get("branch_id").cloned().unwrap_or(Value::Null);
                record.set("branch_id", branch, Stamp { writer: Writer::HQ, ..stamp });
                record.feed.clone_from(&owner.feed);
            }
            if owner.key.kind == Kind::VISIT && !super::parting::stands_sealed(owner) {
                record.stamps.away = false;
            }
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

    /// After a visit was dispatched, or taken back: it, what belongs to it, and its customer's card with people and
    /// products go where it goes.
    pub(super) fn redispatch(&mut self, visit: &StoredRecord) {
        for mut child in self.below(visit.key.id) {
            if belongs_to_visit(&child.key.kind) && child.stamps.also != visit.stamps.also {
                child.stamps.also.clone_from(&visit.stamps.also);
                self.put(child);
            }
        }
        let customer = visit.doc.get("customer_id").and_then(Value::as_str).and_then(|id| id.parse().ok());
        let Some(card) = customer.and_then(|id| self.get(&Key::new(Kind::CUSTOMER, id))).cloned() else { return };
        let below = self.below(card.key.id);
        let visits = below.iter().filter(|record| record.key.kind == Kind::VISIT && !is_deleted(&record.doc));
        let feeds: BTreeSet<String> = visits.filter_map(dispatched).map(feed_of).collect();
        let also: Vec<String> = feeds.into_iter().collect();
        let card_kinds = [Kind::CONTACT, Kind::INSTALLATION, Kind::OPEN_POINT];
        let file = below.into_iter().filter(|record| card_kinds.contains(&record.key.kind));
        for mut record in std::iter::once(card).chain(file) {
            if record.stamps.also != also {
                record.stamps.also.clone_from(&also);
                self.put(record);
            }
        }
    }

    /// After HQ handed a record to another branch: what hangs on it goes along.
    pub(super) fn hand_over(&mut self, record: &StoredRecord, stamp: Stamp) {
        let Some(branch) = record.doc.get("branch_id").cloned() else { return };
        let mut waiting = vec![record.key.id];
        let mut seen = HashSet::new();
        while let Some(parent) = waiting.pop().filter(|parent| seen.insert(*parent)) {
            for mut child in self.below(parent) {
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
    pub(super) fn send_away(&mut self, visit: RecordId, sealed: impl Fn(&Key) -> bool) {
        for mut child in self.below(visit) {
            if TRAVELS_INSIDE.contains(&child.key.kind) && sealed(&child.key) && !is_deleted(&child.doc) {
                child.stamps.away = true;
                self.put(child);
            }
        }
    }
}

/// The visit's field with the engineer it is dispatched to.
pub(super) const DISPATCHED: &str = "dispatched_to";

/// What a sealed document carries, so that its records need not.
const TRAVELS_INSIDE: [Kind; 3] = [Kind::PROBLEM, Kind::QUESTION, Kind::ANSWER];

fn dispatched(visit: &StoredRecord) -> Option<EngineerId> {
    visit.doc.get(DISPATCHED)?.as_str()?.parse().ok()
}

fn feed_of(engineer: EngineerId) -> String {
    Feed::Engineer(engineer.into()).to_string()
}
