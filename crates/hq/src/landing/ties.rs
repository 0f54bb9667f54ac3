//! What records name, and whether their author reaches it: nothing new hangs on what they do not. Pure.
//!
//! One gate for everything that comes from laptops: operations, what they offer after a restore, the value that settles a
//! conflict. What HQ does not have yet may be named; nothing follows from it when it comes (`scope`).

use super::{
    Author,
    ground::Ground,
    parting::visit_of,
    scope::{Reach, belongs_to_visit},
};
use crate::storage::{Key, StoredRecord};
use doorstep_domain::{
    Code, Kind, Refusal,
    conflict::SETTLED,
    reference::{Named, Tie, named},
};
use doorstep_wire::Op;
use serde_json::Value;

/// The field of a customer with the one above it.
const ABOVE: &str = "parent_id";

/// A field that somebody writes into a record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written<'w> {
    /// Kind of the record.
    pub(super) kind: &'w Kind,
    /// The field.
    pub(super) field: &'w str,
    /// What is written.
    pub(super) value: &'w Value,
}

impl Written<'_> {
    fn names(&self) -> Vec<Named> {
        named(self.kind, self.field, self.value)
    }
}

/// What an operation writes. A settlement writes into the record that the conflict is about, once that is known.
pub(super) fn written_by<'w>(ground: &'w Ground, op: &'w Op) -> Vec<Written<'w>> {
    if op.kind == Kind::CONFLICT {
        let settled = op.fields.get(SETTLED).and_then(|change| change.value.get("value"));
        return settled.and_then(|value| ground.settles(op, value)).into_iter().collect();
    }
    op.fields.iter().map(|(field, change)| Written { kind: &op.kind, field, value: &change.value }).collect()
}

impl Ground {
    /// A settlement as what it writes.
    fn settles<'w>(&'w self, op: &Op, value: &'w Value) -> Option<Written<'w>> {
        let conflict = self.get(&Key::new(Kind::CONFLICT, op.id))?;
        let text = |field: &str| conflict.doc.get(field).and_then(Value::as_str);
        let kind = Kind::KNOWN.iter().find(|kind| text("record_kind") == Some(kind.as_str()))?;
        Some(Written { kind, field: text("field")?, value })
    }

    /// What is named and not known.
    pub(super) fn named_unknown<'w>(&self, written: impl Iterator<Item = Written<'w>>) -> Vec<Key> {
        let named = written.flat_map(|written| written.names());
        let judged = named.filter(|named| !matches!(named.tie, Tie::Home | Tie::Everyones | Tie::Dispatch));
        let mut keys: Vec<Key> = judged.map(|named| Key::new(named.target, named.id)).collect();
        keys.sort_unstable();
        keys.dedup();
        keys.retain(|key| self.get(key).is_none());
        keys
    }

    /// What is named and may be reached only because it once stood in the author's feeds.
    pub(super) fn named_beyond<'w>(&self, author: &Author, written: impl Iterator<Item = Written<'w>>) -> Vec<Key> {
        let keys = written.flat_map(|written| written.names()).map(|named| Key::new(named.target, named.id));
        keys.filter(|key| self.get(key).is_some_and(|record| !stands_near(author, record))).collect()
    }

    /// That the author reaches what they write into the record `key`.
    ///
    /// # Errors
    /// [`Code::OutOfScope`] with the field.
    pub(super) fn check_ties<'w>(
        &self,
        author: &Author,
        reach: Reach,
        key: &Key,
        has_visit: bool,
        written: impl Iterator<Item = Written<'w>>,
    ) -> Result<(), Refusal> {
        if *author == Author::Hq {
            return Ok(());
        }
        let standing = self.get(key);
        for written in written {
            let before = standing.and_then(|record| record.doc.get(written.field));
            if before == Some(written.value) {
                continue;
            }
            let stood = before.map_or_else(Vec::new, |value| named(written.kind, written.field, value));
            let new = written.names().into_iter().filter(|named| !stood.contains(named));
            for named in new {
                let is_own = author.engineer().is_some_and(|own| named.id == own.into());
                if !is_own && !self.may_name(author, reach, key, has_visit, written.field, &named) {
                    return Err(Refusal::new(Code::OutOfScope, "what it names is another branch's").on(written.field));
                }
            }
        }
        Ok(())
    }

    fn may_name(
        &self,
        author: &Author,
        reach: Reach,
        key: &Key,
        has_visit: bool,
        field: &str,
        Named { target, id, tie }: &Named,
    ) -> bool {
        let standing = self.get(key);
        let to = self.get(&Key::new(target.clone(), *id));
        match (tie, to) {
            (Tie::Home | Tie::Everyones | Tie::Dispatch, _) => true,
            // A new record of a visit goes where that is, and its reach was judged by it.
            (Tie::Visit, _) if standing.is_none() && belongs_to_visit(&key.kind) => true,
            // Whose record it is not does not hang it elsewhere.
            (Tie::Visit | Tie::File, None) => standing.is_none() || reach == Reach::Home,
            (_, None) => true,
            (Tie::Names, Some(to)) => self.reads(author, to),
            (Tie::File, Some(to)) if has_visit => self.reads(author, to),
            (Tie::Visit | Tie::File, Some(to)) => match standing {
                Some(standing) => to.feed == standing.feed && self.reads(author, to),
                None => self.held_at_home(author, to),
            },
            (Tie::Tree, Some(to)) if field == ABOVE => self.held_at_home(author, to),
            (Tie::Tree, Some(to)) => to.feed == author.home(),
        }
    }

    /// Whether a record stands where the author reads it, or once did: they know of it from there.
    pub(super) fn reads(&self, author: &Author, record: &StoredRecord) -> bool {
        let once = |feed: String| self.stood.contains(&(feed, record.key.clone()));
        stands_near(author, record) || author.feeds().into_iter().any(once)
    }

    fn held_at_home(&self, author: &Author, record: &StoredRecord) -> bool {
        let once = |home| self.stood.contains(&(home, record.key.clone()));
        record.feed == author.home() || author.home().is_some_and(once)
    }
}

/// Whether a record is at home where its author is, or was sent to them.
pub(super) fn stands_near(author: &Author, record: &StoredRecord) -> bool {
    author.is_at_home(record) || record.stamps.also.iter().any(|feed| author.feeds().contains(feed))
}

/// Whether what an operation writes to belongs to a visit.
pub(super) fn has_visit(op: &Op, standing: Option<&StoredRecord>) -> bool {
    belongs_to_visit(&op.kind) && visit_of(op, standing).is_some()
}
