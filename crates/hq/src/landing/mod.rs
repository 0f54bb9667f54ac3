//! How operations land at HQ: read what they touch, judge and merge each in order, store everything in one go.
//!
//! The judging is pure (`ground`); this module brings the set-wise steps of storage around it. SYNC.md, "Push".

mod author;
mod conflicts;
mod ground;
mod offer;
mod parting;
mod scope;
mod sealing;
mod ties;
mod verify;

pub use author::Author;
pub use ground::Ground;
pub use offer::{Offering, land_offer};
pub use verify::key;

use crate::storage::{Answered, Changes, Kept, Key, StorageError, Writing};
use chrono::{DateTime, Utc};
use doorstep_domain::{
    Kind,
    customer::REDIRECTS_MAX,
    id::{RecordId, VisitId},
};
use doorstep_wire::Op;
use std::borrow::Cow;

/// Operations of one device and incarnation, in order and new to HQ.
#[derive(Debug)]
pub struct Batch<'a> {
    /// Who wrote them.
    pub author: &'a Author,
    /// The author's number.
    pub device: i64,
    /// Their incarnation.
    pub incarnation: u32,
    /// The operations.
    pub ops: Vec<Arrived<'a>>,
    /// HQ's clock.
    pub now: DateTime<Utc>,
}

/// An operation as it arrived: its text is kept, and its hash tells a repeat without reading that again.
#[derive(Debug)]
pub struct Arrived<'a> {
    /// The operation.
    pub op: &'a Op,
    /// Its text.
    pub body: Cow<'a, str>,
    /// BLAKE3 of its text.
    pub hash: [u8; 32],
}

impl<'a> Arrived<'a> {
    /// An operation that came as `body`.
    #[must_use]
    pub fn read(op: &'a Op, body: impl Into<Cow<'a, str>>) -> Self {
        let body = body.into();
        let hash = *blake3::hash(body.as_bytes()).as_bytes();
        Self { op, body, hash }
    }

    /// An operation that did not come as a text of its own: it is written anew.
    ///
    /// # Errors
    /// [`StorageError::Damaged`] when it cannot be written as JSON.
    pub fn new(op: &'a Op) -> Result<Self, StorageError> {
        let body = serde_json::to_string(op).map_err(|_| StorageError::Damaged("an operation".to_owned()))?;
        Ok(Self::read(op, body))
    }

    /// Whether this is what HQ kept under its sequence. What was written another way, as by another version of the app, is
    /// the same operation; another one there means that two machines share an identity.
    #[must_use]
    pub fn repeats(&self, kept: &Kept) -> bool {
        let same = || serde_json::from_str::<Op>(&kept.body).is_ok_and(|op| op == *self.op);
        kept.answered.seq == self.op.seq && (kept.answered.hash == self.hash || same())
    }
}

/// Lands a batch inside a change. The caller commits.
///
/// # Errors
/// [`StorageError`]; operations that a rule refuses are no error but an outcome.
pub async fn land(writing: &mut dyn Writing, batch: Batch<'_>) -> Result<Vec<Answered>, StorageError> {
    let keys = touched(&batch);
    let mut ground = Ground::new(&keys, writing.records(&keys).await?);
    let about = around(&ground, &batch);
    // What HQ itself writes may name anything.
    let laptops = batch.ops.iter().map(|arrived| arrived.op).filter(|_| *batch.author != Author::Hq);
    let named = ground.named_unknown(laptops.clone().flat_map(|op| ties::written_by(&ground, op)));
    let wanted: Vec<Key> = about.iter().chain(&named).cloned().collect();
    if !wanted.is_empty() {
        ground.add(writing.records(&wanted).await?);
    }
    // What is new has no conflicts but those that came back after a restore before it; they are read when one is raised.
    let standing = ids(keys.iter().chain(&about).filter(|key| ground.get(key).is_some()));
    if !standing.is_empty() {
        ground.add(writing.below(&standing, &[Kind::CONFLICT]).await?);
    }
    let mut closed = 0;
    let sealed: Vec<RecordId> = visits(&ground, &batch, |op| op.kind == Kind::SEAL).map(RecordId::from).collect();
    if !sealed.is_empty() {
        let covered = Kind::KNOWN.iter().filter(|kind| sealing::is_covered(kind));
        let kinds: Vec<Kind> = covered.cloned().chain([Kind::SEAL]).collect();
        let children = writing.below(&sealed, &kinds).await?;
        closed = children.len() + sealed.len();
        ground.add(children);
    }
    for _ in 0..REDIRECTS_MAX {
        let into = ground.merged_unknown(batch.ops.iter().map(|arrived| arrived.op));
        let found = if into.is_empty() { Vec::new() } else { writing.records(&into).await? };
        if found.is_empty() {
            break;
        }
        ground.add(found);
    }
    // Settlements are known by now as what they write.
    let named = ground.named_unknown(laptops.clone().flat_map(|op| ties::written_by(&ground, op)));
    if !named.is_empty() {
        ground.add(writing.records(&named).await?);
    }
    let moving = moving(&batch, &ground);
    let along = if moving.is_empty() { 0 } else { gather(writing, &mut ground, &moving).await? };
    let beyond: Vec<Key> = laptops.clone().flat_map(|op| ground.beyond(batch.author, op)).collect();
    if !beyond.is_empty() {
        ground.remember_left(writing.left(&batch.author.feeds(), &beyond).await?);
    }
    // Settling changes the record and the conflict; a seal changes what others wrote meanwhile.
    let settling = batch.ops.iter().filter(|arrived| arrived.op.kind == Kind::CONFLICT).count();
    let versions = (batch.ops.len() + settling + closed + along) as u64;
    ground.number(writing.reserve(versions).await?, versions);
    if batch.ops.iter().any(|arrived| arrived.op.kind == Kind::SEAL) {
        ground.trust(writing.devices().await?);
    }
    let mut answers = Vec::with_capacity(batch.ops.len());
    for Arrived { op, hash, .. } in &batch.ops {
        let outcome = ground.take(batch.author, op);
        answers.push(Answered { seq: op.seq, hash: *hash, outcome });
    }
    ground.check_versions()?;
    let unread = ground.conflicts_unread();
    if !unread.is_empty() {
        ground.add(writing.records(&unread).await?);
    }
    let versions = ground.conflict_changes_max();
    if versions > 0 {
        let devices = writing.devices().await?;
        let engineers = devices.into_iter().map(|d| (d.id, d.engineer_id)).collect();
        ground.number(writing.reserve(versions).await?, versions);
        ground.raise_conflicts(&engineers, batch.now)?;
        ground.check_versions()?;
    }
    let kept = |(arrived, answered): (Arrived<'_>, &Answered)| Kept {
        answered: answered.clone(),
        body: arrived.body.into_owned(),
    };
    let operations = batch.ops.into_iter().zip(&answers).map(kept).collect();
    let made = ground.into_changes();
    let changes = Changes { device: batch.device, incarnation: batch.incarnation, operations, at: batch.now, ..made };
    writing.put(changes).await?;
    Ok(answers)
}

/// The records that a batch touches, each once, and its author where conflicts are settled. Names that are no kinds are
/// left to the judging.
fn touched(batch: &Batch<'_>) -> Vec<Key> {
    let ops = || batch.ops.iter().map(|arrived| arrived.op).filter(|op| Kind::parse(op.kind.as_str()).is_ok());
    let mut keys: Vec<Key> = ops().map(|op| Key::new(op.kind.clone(), op.id)).collect();
    if ops().any(|op| op.kind == Kind::CONFLICT) {
        keys.extend(batch.author.engineer().map(|engineer| Key::new(Kind::ENGINEER, engineer.into())));
    }
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// What the judging needs to know beside what is touched: visits and customers that records belong to, and what settled
/// conflicts are about.
fn around(ground: &Ground, batch: &Batch<'_>) -> Vec<Key> {
    let settled = batch.ops.iter().filter_map(|arrived| ground.settled_by(arrived.op));
    let visits = visits(ground, batch, |_| true).map(|visit| Key::new(Kind::VISIT, visit.into()));
    let ops = batch.ops.iter().map(|arrived| arrived.op);
    let cards = ops.filter(|op| op.kind != Kind::VISIT).filter_map(|op| parting::card_of(op, ground.get(&key_of(op))));
    let mut keys: Vec<Key> = settled.chain(visits).chain(cards).filter(|key| ground.get(key).is_none()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// Records whose change moves what hangs on them: those that HQ hands to another branch, visits that are dispatched, taken
/// back, or put to another customer while they are dispatched. With the customers' cards that it concerns.
fn moving(batch: &Batch<'_>, ground: &Ground) -> Vec<(RecordId, Vec<Key>)> {
    let written = |op: &Op| -> Vec<(Key, String)> {
        let settled = ground.settled_by(op).and_then(|key| Some((key, ground.field_settled_by(op)?)));
        let direct = op.fields.keys().map(|field| (key_of(op), field.clone())).filter(|_| op.kind != Kind::CONFLICT);
        settled.into_iter().chain(direct).collect()
    };
    let moves = |(key, field): &(Key, String)| {
        let handed = *batch.author == Author::Hq && field == "branch_id";
        handed || (key.kind == Kind::VISIT && scope::moves_card(ground.get(key), field))
    };
    let mut moving = Vec::new();
    for op in batch.ops.iter().map(|arrived| arrived.op) {
        for (key, _) in written(op).into_iter().filter(moves) {
            moving.push((key.id, parting::cards_of(op, ground.get(&key))));
        }
    }
    moving
}

/// Reads everything that goes along with records that move, and the files of the customers of visits that do. Returns how
/// many may change.
async fn gather(
    writing: &mut dyn Writing,
    ground: &mut Ground,
    moving: &[(RecordId, Vec<Key>)],
) -> Result<usize, StorageError> {
    let cards: Vec<Key> = moving.iter().flat_map(|(_, cards)| cards).cloned().collect();
    ground.add_missing(writing.records(&cards).await?);
    let mut cards = ids(cards.iter());
    let file = [Kind::VISIT, Kind::CONTACT, Kind::INSTALLATION, Kind::OPEN_POINT];
    let found = writing.below(&cards, &file).await?;
    cards.extend(found.iter().map(|record| record.key.id));
    ground.add_missing(found);
    ground.add_missing(writing.below(&cards, &[Kind::CONFLICT]).await?);
    let mut count = 0;
    let mut parents: Vec<RecordId> = moving.iter().map(|(id, _)| *id).collect();
    for _ in 0..LEVELS {
        let below = writing.below(&parents, Kind::KNOWN).await?;
        parents = below.iter().map(|record| record.key.id).collect();
        count += below.len();
        ground.add_missing(below);
        if parents.is_empty() {
            break;
        }
    }
    Ok(count)
}

fn key_of(op: &Op) -> Key {
    Key::new(op.kind.clone(), op.id)
}

/// Levels below a customer: visits, what belongs to them, conflicts about that.
const LEVELS: u32 = 3;

/// The visits of what operations touch.
fn visits<'g>(
    ground: &'g Ground,
    batch: &'g Batch<'_>,
    wanted: impl Fn(&Op) -> bool + 'g,
) -> impl Iterator<Item = VisitId> + 'g {
    let ops = batch.ops.iter().map(|arrived| arrived.op).filter(move |op| wanted(op));
    ops.filter_map(|op| parting::visit_of(op, ground.get(&key_of(op))))
}

fn ids<'k>(keys: impl Iterator<Item = &'k Key>) -> Vec<RecordId> {
    let mut ids: Vec<RecordId> = keys.map(|key| key.id).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
