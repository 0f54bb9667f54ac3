//! What must be true once all is quiet.

use crate::{
    beneath::{self, Here, Queued},
    headquarters::AtHq,
    ledger::{Place, Row},
    work::NEWER_KIND,
    world::{Holder, World},
};
use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What one laptop has.
struct Shelf {
    number: usize,
    holder: Holder,
    records: BTreeMap<Row, Here>,
    outbox: Vec<Queued>,
}

impl World {
    /// Checks everything.
    ///
    /// # Errors
    /// The first finding.
    pub async fn judge(&mut self) -> Result<()> {
        let at_hq: BTreeMap<Row, AtHq> = self.hq()?.records().await?.into_iter().map(|r| (r.key.clone(), r)).collect();
        self.trace.count("runs that came to rest");
        let mut shelves = Vec::new();
        for number in 0..self.laptops.len() {
            shelves.push(self.shelf(number).await?);
        }
        self.every_field_stands_as_it_must(&at_hq)?;
        self.what_lost_is_in_a_conflict(&at_hq)?;
        self.ledger.nothing_stays_lost()?;
        for shelf in &shelves {
            self.nothing_waits(shelf)?;
            self.what_was_typed_arrived(shelf)?;
            self.the_laptop_agrees(shelf, &at_hq)?;
        }
        self.files_are_where_they_belong(&shelves, &at_hq).await
    }

    async fn shelf(&self, number: usize) -> Result<Shelf> {
        let laptop = self.laptop(number)?;
        let token = format!("Bearer {}", laptop.identity().await?.token);
        let holder = self.holders.get(&token).context("a token of nobody")?.clone();
        let mut connection = laptop.beneath().await?;
        let records = beneath::records(&mut connection).await?;
        let outbox = beneath::outbox(&mut connection).await?;
        beneath::close(connection).await?;
        Ok(Shelf { number, holder, records, outbox })
    }

    /// HQ's records are what the operations that it accepted make of them.
    fn every_field_stands_as_it_must(&self, at_hq: &BTreeMap<Row, AtHq>) -> Result<()> {
        for ((row, field), standing) in &self.ledger.fields {
            // A seal stands over what others wrote; where a record lies follows its visit.
            if self.ledger.is_entangled(row) || (field == "branch_id" && row.0 != "customer") {
                continue;
            }
            let record = at_hq.get(row).with_context(|| format!("HQ does not have {row:?}, which it accepted"))?;
            let stands = record.doc.get(field).unwrap_or(&Value::Null);
            ensure!(
                stands == &standing.value,
                "{field} of {row:?} is {stands} at HQ and must be {}, by {:?} under version {}",
                standing.value,
                standing.writer,
                standing.version
            );
        }
        Ok(())
    }

    /// Every value that lost is in a conflict, or its author wrote another one later, or came to say what stands.
    fn what_lost_is_in_a_conflict(&self, at_hq: &BTreeMap<Row, AtHq>) -> Result<()> {
        let mut about: BTreeMap<Place, Vec<String>> = BTreeMap::new();
        for ((kind, _), record) in at_hq.iter().filter(|((kind, _), _)| kind == "conflict") {
            let text = |name: &str| record.doc.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            let place = ((text("record_kind"), text("record_id")), text("field"));
            ensure!(!place.1.is_empty(), "a {kind} about nothing: {:?}", record.doc);
            about.entry(place).or_default().push(Value::Object(record.doc.clone()).to_string());
        }
        for (at, lost) in self.ledger.lost.iter().enumerate() {
            let told =
                about.get(&lost.place).is_some_and(|all| all.iter().any(|c| c.contains(&lost.value.to_string())));
            let later = self.ledger.lost.iter().skip(at + 1);
            let replaced = later.clone().any(|other| other.place == lost.place && other.writer.0 == lost.writer.0);
            let stands = self.ledger.fields.get(&lost.place).is_some_and(|s| s.value == lost.value);
            ensure!(
                told || replaced || stands || lost.agreed,
                "{:?} lost its value {} of {:?} and no conflict says so, of {:?}",
                lost.place,
                lost.value,
                lost.writer,
                about.get(&lost.place)
            );
        }
        Ok(())
    }

    /// What was typed stays in sight until HQ's own has come back.
    ///
    /// # Errors
    /// When a value is out of sight.
    pub async fn glance(&mut self, number: usize) -> Result<()> {
        let typed: Vec<(&Place, &Value)> = self.typed.get(number).into_iter().flatten().collect();
        let lost = |place: &Place, value: &Value| {
            self.ledger.lost.iter().any(|lost| lost.place == *place && lost.value == *value)
        };
        // What HQ wrote over since, or what lost, need not be there.
        let due = |(place, value): &(&Place, &Value)| {
            self.ledger.fields.get(*place).is_none_or(|standing| standing.value == **value)
                && !lost(place, value)
                && !self.ledger.opened.contains(&place.0.1)
        };
        let due: Vec<_> = typed.into_iter().filter(due).collect();
        let rows: BTreeSet<&Row> = due.iter().map(|(place, _)| &place.0).collect();
        let mut connection = self.laptop(number)?.beneath().await?;
        let records = beneath::some(&mut connection, &rows).await?;
        let outbox = beneath::outbox(&mut connection).await?;
        beneath::close(connection).await?;
        let refused: BTreeSet<&Row> = outbox.iter().filter(|op| op.state == "refused").map(|op| &op.key).collect();
        for (place, value) in due {
            let Some(here) = records.get(&place.0) else { continue };
            let shown = here.doc.get(&place.1).unwrap_or(&Value::Null) == value;
            let about = self.ledger.conflicts.get(&place.0.1).map_or(&place.0, |about| &about.0);
            ensure!(
                shown || refused.contains(&place.0) || self.ledger.is_entangled(about),
                "laptop {number} shows {:?} where {value} was typed into {place:?}",
                here.doc.get(&place.1)
            );
        }
        Ok(())
    }

    /// Outboxes are empty but for refusals.
    fn nothing_waits(&self, shelf: &Shelf) -> Result<()> {
        let waits = shelf.outbox.iter().find(|op| op.state != "refused");
        ensure!(waits.is_none(), "laptop {} is not at rest: {waits:?}", shelf.number);
        let taken = shelf.outbox.iter().find(|op| !shelf.records.contains_key(&op.key));
        ensure!(taken.is_none(), "laptop {} lost a record that somebody worked on: {taken:?}", shelf.number);
        Ok(())
    }

    /// The last value that somebody typed into a field reached HQ, or was refused in so many words.
    fn what_was_typed_arrived(&self, shelf: &Shelf) -> Result<()> {
        for (place, value) in self.typed.get(shelf.number).into_iter().flatten() {
            let landed = self.ledger.landed.contains(&(place.clone(), value.to_string()));
            ensure!(landed, "laptop {}: {value} was typed into {place:?} and never reached HQ", shelf.number);
        }
        Ok(())
    }

    /// The laptop has what is in its scope, as HQ has it, and nothing else.
    fn the_laptop_agrees(&self, shelf: &Shelf, at_hq: &BTreeMap<Row, AtHq>) -> Result<()> {
        let Shelf { number, holder, records, outbox } = shelf;
        let refused: BTreeSet<&Row> = outbox.iter().map(|op| &op.key).collect();
        for (row, record) in at_hq {
            let is_here = records.get(row);
            // A conflict that came up before its record went to another branch may lie in either; where settling it was
            // refused, it stays as it was.
            let kept = refused.contains(row) && !self.belongs(row, &record.doc, holder);
            if row.0 == "conflict" && (is_here.is_none() || kept) {
                continue;
            }
            if row.0 != "conflict" && !self.belongs(row, &record.doc, holder) {
                let kept = is_here.is_some() && refused.contains(row);
                ensure!(kept || is_here.is_none(), "laptop {number} has {row:?} of another branch: {:?}", record.doc);
                continue;
            }
            let here = is_here.with_context(|| format!("laptop {number} lacks {row:?} {:?}", record.doc))?;
            if here.doc != record.doc {
                let (ours, theirs) = (canonical(&here.doc)?, canonical(&record.doc)?);
                ensure!(ours == theirs, "laptop {number} and HQ differ in {row:?}:\n  {ours}\n  {theirs}");
            }
            ensure!(here.hq_version == record.version, "laptop {number} has another version of {row:?}");
            ensure!(!here.pending || refused.contains(row), "laptop {number}: {row:?} counts as pending");
        }
        for row in records.keys() {
            ensure!(at_hq.contains_key(row) || refused.contains(row), "laptop {number} made up {row:?}");
        }
        Ok(())
    }

    /// Whether a record belongs to a laptop's feeds, by the text of SYNC.md.
    fn belongs(&self, row: &Row, doc: &Map<String, Value>, holder: &Holder) -> bool {
        match audience(&row.0) {
            Audience::Everybody => return true,
            // A conflict about it goes where it goes; both are nobody else's.
            Audience::Author => return self.ledger.author.get(row).is_some_and(|author| *author == holder.engineer),
            Audience::Branch => {}
        }
        let named = doc.get("branch_id").and_then(Value::as_str).filter(|id| id.len() == 36);
        let home = named.map(str::to_owned).or_else(|| self.ledger.home.get(row).cloned());
        home.is_some_and(|branch| branch == holder.branch)
    }

    /// The bytes of every file are at HQ and on the laptops that have its record, whole, and nowhere else.
    async fn files_are_where_they_belong(&self, shelves: &[Shelf], at_hq: &BTreeMap<Row, AtHq>) -> Result<()> {
        for (hash, branch, id) in &self.files {
            let row = ("attachment".to_owned(), id.clone());
            if !at_hq.contains_key(&row) {
                continue;
            }
            let whole = self.hq()?.whole(hash);
            let bytes = std::fs::read(&whole).with_context(|| format!("HQ lacks the bytes of {hash}"))?;
            ensure!(blake3::hash(&bytes).to_hex().as_str() == hash, "HQ has other bytes under {hash}");
            let same_bytes = |other: &&(String, String, String)| other.0 == *hash;
            for shelf in shelves {
                let blobs = self.laptop(shelf.number)?.store.blobs();
                let may = self
                    .files
                    .iter()
                    .chain(&self.lost_files)
                    .filter(same_bytes)
                    .any(|(_, of, _)| *of == shelf.holder.branch);
                if shelf.records.contains_key(&row) {
                    let here = blobs.read(hash, bytes.len() + 1);
                    ensure!(
                        here.is_ok_and(|here| here == bytes),
                        "laptop {} lacks the bytes of {hash} of {branch}",
                        shelf.number
                    );
                } else {
                    ensure!(may || !blobs.has(hash)?, "laptop {} has bytes of another branch", shelf.number);
                }
            }
        }
        Ok(())
    }
}

/// Who may have records of a kind, in SYNC.md's words; the descriptions of the kinds are what is tried here.
pub(crate) enum Audience {
    Everybody,
    Branch,
    Author,
}

pub(crate) fn audience(kind: &str) -> Audience {
    match kind {
        "template" | "product" | "company" | "branch" => Audience::Everybody,
        "satisfaction" | NEWER_KIND => Audience::Author,
        _ => Audience::Branch,
    }
}

fn canonical(doc: &Map<String, Value>) -> Result<String> {
    Ok(serde_json_canonicalizer::to_string(doc)?)
}
