//! What laptops offer after HQ was restored from a backup: fields that HQ lost, under the versions it once gave them.
//! SYNC.md, "After a restore".
//!
//! A field older than the offered version takes it, so that the lost state is rebuilt exactly, whoever offers first. One that was
//! written anew since stays, and what was lost is a conflict beside it. Nobody knows any more who wrote a lost field,
//! so that it counts as written by HQ: an edit whose author did not see it conflicts, and overwrites nothing.

use super::{
    Author, Ground,
    conflicts::{Event, What},
    ground, ids,
    scope::{DISPATCHED, Reach, belongs_to_visit},
    ties::{self, Written},
    verify,
};
use crate::storage::{Changes, Key, Site, Stamp, StorageError, StoredRecord, Writing};
use chrono::{DateTime, Utc};
use doorstep_domain::{
    Code, Kind, Refusal, describe,
    merge::{Change, Lost, Version, Writer},
    record,
};
use doorstep_wire::{NotTaken, OfferReply, Offered, OfferedField, Op, floor};

/// The field that says of which branch a record is.
const BRANCH: &str = "branch_id";
/// The field that says to which visit a record belongs.
const VISIT: &str = "visit_id";

/// An offer of a laptop.
#[derive(Debug)]
pub struct Offering<'a> {
    /// Who offers.
    pub author: &'a Author,
    /// Their number.
    pub device: i64,
    /// What.
    pub records: &'a [Offered],
    /// HQ's own row, which says what was lost.
    pub site: &'a Site,
    /// HQ's clock.
    pub now: DateTime<Utc>,
}

/// Whether a version was given out in a stretch that HQ lost.
fn is_lost(site: &Site, version: Version) -> bool {
    site.restores.iter().any(|restore| restore.from < version && version < floor(restore.epoch))
}

/// Lands an offer inside a change. The caller commits.
///
/// # Errors
/// [`StorageError`]; records that a rule refuses are named in the answer.
pub async fn land_offer(writing: &mut dyn Writing, offering: &Offering<'_>) -> Result<OfferReply, StorageError> {
    let known = |offered: &&Offered| Kind::parse(offered.kind.as_str()).is_ok();
    let mut keys: Vec<Key> =
        offering.records.iter().filter(known).map(|offered| Key::new(offered.kind.clone(), offered.id)).collect();
    keys.sort_unstable();
    keys.dedup();
    let mut ground = Ground::new(&keys, writing.records(&keys).await?);
    ground.add_missing(writing.records(&owners(offering.records)).await?);
    ground.add(writing.below(&ids(keys.iter()), &[Kind::CONFLICT]).await?);
    let mut named = ground.named_unknown(offering.records.iter().flat_map(written));
    named.extend(offering.records.iter().filter_map(about));
    ground.add_missing(writing.records(&named).await?);
    let beyond = |offered| {
        let mut beyond = ground.beyond(offering.author, &as_seen(offering, offered));
        beyond.extend(ground.named_beyond(offering.author, written(offered).into_iter()));
        beyond.extend(about(offered));
        beyond
    };
    let beyond: Vec<Key> = offering.records.iter().flat_map(beyond).collect();
    if !beyond.is_empty() {
        ground.remember_left(writing.left(&offering.author.feeds(), &beyond).await?);
    }
    let devices = writing.devices().await?;
    let engineers = devices.iter().map(|d| (d.id, d.engineer_id)).collect();
    ground.trust(devices);
    let mut reply = OfferReply::default();
    for offered in offering.records {
        match ground.take_back(offering, offered) {
            Ok(taken) => reply.taken += u32::from(taken),
            Err(Refusal { code, detail, .. }) => {
                reply.refused.push(NotTaken { kind: offered.kind.clone(), id: offered.id, code, detail });
            }
        }
    }
    let versions = ground.conflict_changes_max();
    if versions > 0 {
        ground.number(writing.reserve(versions).await?, versions);
        ground.raise_conflicts(&engineers, offering.now)?;
        ground.check_versions()?;
    }
    let made = ground.into_changes();
    if !made.records.is_empty() {
        writing.put(Changes { device: offering.device, at: offering.now, ..made }).await?;
    }
    Ok(reply)
}

impl Ground {
    /// Takes the fields of a record that are older here; answers whether there were any.
    fn take_back(&mut self, offering: &Offering<'_>, offered: &Offered) -> Result<bool, Refusal> {
        let key = check(offering, offered)?;
        let standing = self.get(&key);
        let is_new = standing.is_none();
        let reach = match standing {
            Some(standing) if reaches(offering.author, standing) => Reach::Home,
            _ => self.reach(offering.author, &as_seen(offering, offered), standing)?,
        };
        let has_visit = ties::has_visit(&as_seen(offering, offered), standing);
        self.check_ties(offering.author, reach, &key, has_visit, written(offered).into_iter())?;
        if about(offered).and_then(|key| self.get(&key)).is_some_and(|about| !self.reads(offering.author, about)) {
            return Err(Refusal::new(Code::OutOfScope, "a conflict about a record of another branch"));
        }
        // Where a record stands is HQ's word, once HQ has it.
        let stays = standing.is_some_and(|standing| standing.feed.is_some());
        let mut record = standing.cloned().unwrap_or_else(|| StoredRecord::empty(key));
        let mut clashes = Vec::new();
        let mut taken = false;
        for (name, OfferedField { value, version }) in &offered.fields {
            if name == BRANCH && stays && record.doc.get(name) != Some(value) {
                continue;
            }
            match record.field(name) {
                Some(here) if here.version > *version => {
                    // Another lost version that is newer overwrote this one in its time; one of today did not.
                    let differs = here.value != *value;
                    if !is_lost(offering.site, here.version) && differs {
                        clashes.push((name, Lost { field: name.clone(), standing: Some(here), value: value.clone() }));
                    }
                }
                Some(here) if here.version == *version => {}
                _ => {
                    let writer = writer(offering.author, &offered.kind, name);
                    record.set(name, value.clone(), Stamp { version: *version, writer, at: offering.now });
                    taken = true;
                }
            }
        }
        if taken {
            self.keep(offering, record, is_new, reach)?;
        }
        let key = Key::new(offered.kind.clone(), offered.id);
        for (name, lost) in clashes {
            let standing_at = self.get(&key).and_then(|record| record.stamps.get(name)).map(|stamp| stamp.at);
            let what = What::Lost { lost, standing_at, at: None, about_seal: false };
            let field = name.clone();
            self.note(Event { key: key.clone(), field, writer: Writer::HQ, engineer: None, what });
        }
        Ok(taken)
    }

    fn keep(
        &mut self,
        offering: &Offering<'_>,
        mut record: StoredRecord,
        is_new: bool,
        reach: Reach,
    ) -> Result<(), Refusal> {
        record::check(&record.key.kind, &record.doc)?;
        if record.key.kind == Kind::SEAL {
            if !is_new {
                return Err(Refusal::new(Code::Sealed, "a seal never changes"));
            }
            verify::seal(&record.doc, &self.trusted(offering.author))?;
        }
        record.feed = offering.author.feed_of(&record);
        let stamp = Stamp { version: record.version, writer: Writer::HQ, at: offering.now };
        self.place(offering.author, reach, &mut record, stamp);
        self.put(record);
        Ok(())
    }
}

/// What is offered as an edit of somebody who saw no more than that: who held a record before HQ handed it over since the
/// restore still brings back what was lost.
fn as_seen(offering: &Offering<'_>, offered: &Offered) -> Op {
    let visit = offered.fields.get(VISIT).map(|field| Change { value: field.value.clone(), base: field.version });
    Op {
        seq: 0,
        kind: offered.kind.clone(),
        id: offered.id,
        fields: visit.into_iter().map(|change| (VISIT.to_owned(), change)).collect(),
        seen: offered.fields.values().map(|field| field.version).max().unwrap_or(0),
        seen_visit: 0,
        at: offering.now,
    }
}

/// Whether a record stands where the author may bring back what was lost of it: at home, or with a visit that was dispatched
/// to them.
fn reaches(author: &Author, standing: &StoredRecord) -> bool {
    let of_visit = standing.key.kind == Kind::VISIT || belongs_to_visit(&standing.key.kind);
    author.is_at_home(standing) || (of_visit && standing.stands_in(&author.feeds()))
}

/// What an offer would write.
fn written(offered: &Offered) -> Vec<Written<'_>> {
    let fields = offered.fields.iter();
    fields.map(|(field, OfferedField { value, .. })| Written { kind: &offered.kind, field, value }).collect()
}

/// The record that an offered conflict is about.
fn about(offered: &Offered) -> Option<Key> {
    let text = |field: &str| offered.fields.get(field)?.value.as_str();
    let kind = Kind::parse(text("record_kind")?).ok().filter(|_| offered.kind == Kind::CONFLICT)?;
    Some(Key::new(kind, text("record_id")?.parse().ok()?))
}

/// Who a field that comes back counts as written by: HQ. Whom a visit was dispatched to counts as an unknown life of the
/// laptop that says so: a customer's card follows what HQ itself dispatched.
fn writer(author: &Author, kind: &Kind, field: &str) -> Writer {
    match author {
        Author::Laptop { device, .. } if *kind == Kind::VISIT && field == DISPATCHED => {
            Writer { device: *device, incarnation: 0 }
        }
        _ => Writer::HQ,
    }
}

/// The visits and customers that offered records name: they stand where those do.
fn owners(records: &[Offered]) -> Vec<Key> {
    let named = |offered: &Offered, field: &str, kind: Kind| {
        let id = offered.fields.get(field)?.value.as_str()?.parse().ok()?;
        Some(Key::new(kind, id))
    };
    let both = |offered| {
        [named(offered, VISIT, Kind::VISIT), named(offered, "customer_id", Kind::CUSTOMER)].into_iter().flatten()
    };
    let mut keys: Vec<Key> = records.iter().flat_map(both).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// What may be offered at all: the author's branch, what laptops write and conflicts, and versions that were lost.
fn check(offering: &Offering<'_>, offered: &Offered) -> Result<Key, Refusal> {
    let kind = Kind::parse(offered.kind.as_str())?;
    let out = |why: &str| Refusal::new(Code::OutOfScope, why);
    if kind != Kind::CONFLICT && !offered.fields.keys().all(|field| describe(&kind).is_written_by_laptops(field)) {
        return Err(out("HQ writes this"));
    }
    ground::check_names(offered.fields.keys())?;
    if let (Author::Laptop { branch, .. }, Some(field)) = (offering.author, offered.fields.get(BRANCH))
        && field.value != branch.to_string()
    {
        return Err(out("another branch, or none"));
    }
    if offered.fields.values().any(|field| !is_lost(offering.site, field.version)) {
        return Err(Refusal::new(Code::Invalid, "a version that was not lost"));
    }
    Ok(Key::new(kind, offered.id))
}
