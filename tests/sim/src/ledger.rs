//! What people typed and what HQ answered, kept beside the system and by rules of our own: SYNC.md's merge in a few
//! lines, without its code. Whatever the system does differently is a finding.

use crate::restore::Survivor;
use anyhow::{Context, Result, ensure};
use doorstep_domain::{Code, id::RecordId, merge};
use doorstep_wire::{Op, Outcome, Push, PushReply};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Kind and id of a record.
pub type Row = (String, String);
/// A field of a record.
pub type Place = (Row, String);
/// A device and its incarnation: one author, as far as seeing one's own changes goes.
pub type Writer = (String, u32);

/// A field as it must stand at HQ.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Its value; `null` once cleared.
    pub value: Value,
    /// HQ's version of it.
    pub version: u64,
    /// Who wrote it.
    pub writer: Writer,
}

/// A value that lost, and must be found in a conflict.
#[derive(Debug, Clone)]
pub struct Lost {
    /// The field.
    pub place: Place,
    /// The value.
    pub value: Value,
    /// Whose.
    pub writer: Writer,
    /// Restores of HQ before it lost.
    pub restores: usize,
    /// Its author has come to say what stands, or wrote another value that HQ lost and a laptop brought back.
    pub agreed: bool,
}

/// What has to be true.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// What each operation was answered, by author and sequence.
    pub answered: BTreeMap<(Writer, u64), (String, Outcome)>,
    /// What was offered under each sequence, whether or not HQ heard it.
    pub offered: BTreeMap<(Writer, u64), String>,
    /// How each field must stand.
    pub fields: BTreeMap<Place, Standing>,
    /// Values that lost, in their order.
    pub lost: Vec<Lost>,
    /// Every value that reached HQ, by place.
    pub landed: BTreeSet<(Place, String)>,
    /// HQ's version of the record that the author of a value had before them.
    pub seen: BTreeMap<(Place, String), u64>,
    /// Records of which HQ refused something.
    pub unbegun: BTreeSet<Row>,
    /// The branch of each record's first author.
    pub home: BTreeMap<Row, String>,
    /// Who uses each device.
    pub engineers: BTreeMap<String, String>,
    /// The engineer who wrote each record first.
    pub author: BTreeMap<Row, String>,
    /// Branches that a record left, and the version that moved it.
    pub moved: BTreeMap<Row, Vec<(String, u64)>>,
    /// Records whose fields may lose though their author saw them: rules beyond the field's own decide there.
    pub entangled: BTreeSet<String>,
    /// Visits, and who sealed them.
    pub sealed: BTreeSet<(String, Writer)>,
    /// Devices of which there is a copy, which may offer what it likes under a sequence.
    pub copied: BTreeSet<String>,
    /// What each conflict that HQ showed is about.
    pub conflicts: BTreeMap<String, Place>,
    /// Those among them that are about what came for a sealed visit: settling them writes no record.
    pub proposals: BTreeSet<String>,
    /// Conflicts that a value opened since they were settled last, if they were.
    pub opened: BTreeSet<String>,
    /// Those among them that the batch at hand opened.
    pub opening: BTreeSet<String>,
    /// Conflicts that were settled.
    pub settled: u64,
    /// Stretches of versions that HQ lost when it was restored.
    pub restores: Vec<(u64, u64)>,
    /// What HQ lost and laptops still have.
    pub survivors: Vec<Survivor>,
    /// Values that HQ refused.
    pub refusals: BTreeSet<(Place, String)>,
    /// Operations that were taken in.
    pub accepted: u64,
    /// Operations that were refused.
    pub refused: u64,
}

impl Ledger {
    /// Somebody types a value, with so much of the record before them.
    pub fn typed(&mut self, row: &Row, field: &str, value: &Value, seen: u64) {
        let value = ((row.clone(), field.to_owned()), value.to_string());
        let most = self.seen.entry(value).or_default();
        *most = seen.max(*most);
    }

    /// What an author offers never changes under its sequence.
    ///
    /// # Errors
    /// When it did.
    pub fn offered(&mut self, device: &str, push: &Push) -> Result<()> {
        for op in &push.ops {
            if self.copied.contains(device) {
                break;
            }
            let id = ((device.to_owned(), push.incarnation), op.seq);
            let body = serde_json::to_string(op)?;
            let before = self.offered.entry(id).or_insert_with(|| body.clone());
            ensure!(
                *before == body,
                "an operation changed after it was offered (seq {}): {before} became {body}",
                op.seq
            );
            let row = (op.kind.to_string(), op.id.to_string());
            for (field, change) in &op.fields {
                let seen = self.seen.get(&((row.clone(), field.clone()), change.value.to_string()));
                ensure!(
                    seen.is_none_or(|seen| change.base <= *seen),
                    "{field} of {row:?} claims to have seen version {}, and its author saw {seen:?}",
                    change.base
                );
            }
        }
        Ok(())
    }

    /// Takes in what HQ answered to a push.
    ///
    /// # Errors
    /// When an answer breaks a rule.
    pub fn answered(&mut self, device: &str, branch: &str, push: &Push, reply: &PushReply) -> Result<()> {
        let writer = (device.to_owned(), push.incarnation);
        self.opening.clear();
        for op in &push.ops {
            let Some(ack) = reply.acks.iter().find(|ack| ack.seq == op.seq) else { continue };
            let id = (writer.clone(), op.seq);
            let body = serde_json::to_string(op)?;
            if let Some((known, outcome)) = self.answered.get(&id) {
                ensure!(*known == body, "HQ took two operations under one sequence ({})", op.seq);
                ensure!(*outcome == ack.outcome, "operation {} was answered anew: {outcome:?}, {ack:?}", op.seq);
                continue;
            }
            self.take(&writer, branch, op, &ack.outcome)?;
            self.answered.insert(id, (body, ack.outcome.clone()));
        }
        // HQ raises the conflicts of a batch once all of it is judged, also those that an operation of it settled.
        self.opened.extend(std::mem::take(&mut self.opening));
        Ok(())
    }

    fn take(&mut self, writer: &Writer, branch: &str, op: &Op, outcome: &Outcome) -> Result<()> {
        let row = (op.kind.to_string(), op.id.to_string());
        for (field, change) in &op.fields {
            self.landed.insert(((row.clone(), field.clone()), change.value.to_string()));
        }
        let foreign = self.is_of_another(&row, branch);
        let (version, conflicts) = match outcome {
            Outcome::Accepted { version, conflicts } => (version, conflicts),
            Outcome::Refused { code, detail } => {
                self.refused += 1;
                let refused = op.fields.iter();
                self.refusals.extend(refused.map(|(f, change)| ((row.clone(), f.clone()), change.value.to_string())));
                // What is typed into a record whose beginning was refused is refused too: HQ has only a part of it.
                let began = self.home.contains_key(&row) || !self.unbegun.contains(&row);
                let because = [Code::OutOfScope, Code::Sealed, Code::ConflictMoved].contains(code)
                    || (!began && [Code::Missing, Code::Invalid].contains(code));
                self.unbegun.insert(row.clone());
                ensure!(because, "HQ refused {} {row:?} for no reason known here: {code:?} {detail}", op.seq);
                return Ok(());
            }
        };
        ensure!(
            !foreign || self.held(&row, branch, op),
            "HQ took a change of {branch} to {row:?}, which is of another branch: {op:?}, moved {:?}",
            self.moved.get(&row)
        );
        self.accepted += 1;
        if row.0 == "seal"
            && let Some(visit) = op.fields.get("visit_id").and_then(|change| change.value.as_str())
        {
            self.sealed.insert((visit.to_owned(), writer.clone()));
        }
        if row.0 == "conflict" {
            return self.settled(writer, &row, op, *version);
        }
        self.home.entry(row.clone()).or_insert_with(|| branch.to_owned());
        self.first_by(&row, &writer.0);
        // An edit of what another deleted asks whether it stays, though it says nothing of that.
        for field in conflicts.iter().filter(|field| !op.fields.contains_key(*field)) {
            self.open(&(row.clone(), field.clone()), writer)?;
        }
        for (field, change) in &op.fields {
            let place = (row.clone(), field.clone());
            let standing = self.fields.get(&place);
            let same = standing.map_or(&Value::Null, |s| &s.value) == &change.value;
            let unseen = standing.is_some_and(|s| s.version > change.base && s.writer != *writer);
            if conflicts.contains(field) {
                let why = standing.map(|s| (s.version, &s.writer));
                ensure!(
                    // Whether a record is deleted hangs on its other fields.
                    (unseen && !same) || field == "deleted" || self.is_entangled(&row),
                    "{place:?} lost though its author saw what stands: base {}, {why:?}, {writer:?}",
                    change.base
                );
                self.lose(place, change.value.clone(), writer.clone())?;
            } else if same || (unseen && self.is_entangled(&row) && matches!(field.as_str(), "progress" | "signing")) {
                // Who seals a visit that stands sealed has the signing in a seal of their own, and proposes none.
                let own = |lost: &&mut Lost| lost.place == place && lost.writer.0 == writer.0;
                self.lost.iter_mut().filter(own).for_each(|lost| lost.agreed = true);
            } else {
                // What somebody sealed stands in their name, whatever was there.
                let own = self.sealed.contains(&(row.1.clone(), writer.clone()));
                ensure!(!unseen || own, "{place:?} was overwritten by {writer:?}, who had not seen it: {standing:?}");
                self.set(place, change.value.clone(), *version, writer.clone());
            }
        }
        Ok(())
    }

    /// A value lost: the conflict about it is open now, also where it was settled before.
    ///
    /// # Errors
    /// When the record has no id.
    pub fn lose(&mut self, place: Place, value: Value, writer: Writer) -> Result<()> {
        self.open(&place, &writer)?;
        let restores = self.restores.len();
        self.lost.push(Lost { place, value, writer, restores, agreed: false });
        Ok(())
    }

    /// A device wrote a record, perhaps first.
    pub fn first_by(&mut self, row: &Row, device: &str) {
        if let Some(engineer) = self.engineers.get(device) {
            self.author.entry(row.clone()).or_insert_with(|| engineer.clone());
        }
    }

    fn open(&mut self, place: &Place, writer: &Writer) -> Result<()> {
        let author: RecordId = writer.0.parse().unwrap_or_else(|_| merge::Writer::HQ.device.into());
        let conflict = RecordId::derived(place.0.1.parse()?, &format!("conflict/{}/{author}", place.1));
        self.opened.insert(conflict.to_string());
        self.opening.insert(conflict.to_string());
        Ok(())
    }

    /// A conflict was settled: its record's field has the chosen value, under the settler's name, since just before. What
    /// somebody sealed is as it was.
    fn settled(&mut self, writer: &Writer, row: &Row, op: &Op, version: u64) -> Result<()> {
        let place = self.conflicts.get(&row.1).with_context(|| format!("a conflict that HQ never showed: {row:?}"))?;
        let value = op.fields.get("settled").and_then(|change| change.value.get("value"));
        let value = value.context("settled without a value")?.clone();
        if !self.proposals.contains(&row.1) {
            self.set(place.clone(), value, version - 1, writer.clone());
        }
        self.opened.remove(&row.1);
        self.settled += 1;
        Ok(())
    }

    /// Whether rules beyond the field's own decide of a record: of a visit that somebody sealed, and what belongs to it.
    #[must_use]
    pub fn is_entangled(&self, row: &Row) -> bool {
        let visit = self.fields.get(&(row.clone(), "visit_id".to_owned())).and_then(|s| s.value.as_str());
        self.entangled.contains(&row.1) || visit.is_some_and(|visit| self.entangled.contains(visit))
    }

    /// Whether a record is this branch's by now.
    #[must_use]
    pub fn is_of(&self, row: &Row, branch: &str) -> bool {
        let named = self.fields.get(&(row.clone(), "branch_id".to_owned())).and_then(|s| s.value.as_str());
        named.or_else(|| self.home.get(row).map(String::as_str)) == Some(branch)
    }

    /// Whether a record is another branch's by now.
    fn is_of_another(&self, row: &Row, branch: &str) -> bool {
        let named = self.fields.get(&(row.clone(), "branch_id".to_owned()));
        named.is_some_and(|standing| standing.value.as_str().is_some_and(|of| of != branch))
    }

    /// Whether a record was ever of a branch.
    #[must_use]
    pub fn was_of(&self, row: &Row, branch: &str) -> bool {
        let left = self.moved.get(row).into_iter().flatten().any(|(from, _)| from == branch);
        left || !self.is_of_another(row, branch) || self.home.get(row).is_some_and(|home| home == branch)
    }

    /// Whether a branch held a record, or its visit, when it wrote, and had not heard that it left.
    fn held(&self, row: &Row, branch: &str, op: &Op) -> bool {
        let left = |row: &Row, seen: u64| {
            let moved = self.moved.get(row).into_iter().flatten();
            seen > 0 && moved.into_iter().any(|(from, version)| from == branch && seen < *version)
        };
        let visit = self.fields.get(&(row.clone(), "visit_id".to_owned())).and_then(|s| s.value.as_str());
        let visit = visit.map(|id| ("visit".to_owned(), id.to_owned()));
        left(row, op.seen) || visit.is_some_and(|visit| left(&visit, op.seen_visit))
    }

    /// A field that HQ itself, or a settlement, wrote.
    pub fn set(&mut self, place: Place, value: Value, version: u64, writer: Writer) {
        if place.1 == "branch_id" {
            let named = self.fields.get(&place).and_then(|standing| standing.value.as_str()).map(str::to_owned);
            // While it names no branch it is its author's.
            if let Some(from) = named.or_else(|| self.home.get(&place.0).cloned()).filter(|from| value != **from) {
                self.moved.entry(place.0.clone()).or_default().push((from, version));
            }
        }
        self.fields.insert(place, Standing { value, version, writer });
    }
}
