//! Laptops that try what they may not: they hang something new on what another branch has, dispatch a foreign customer's
//! visit to themselves, merge into a foreign customer, and name the hash of a foreign file.
//!
//! They have a chance of their own, so that what else happens in a seed stays what it was. That nothing came of it is the
//! verdict's to find: no laptop holds a record, or bytes, of a branch that were not given to it.

use crate::{headquarters::AtHq, work::Edits, world::World};
use anyhow::Result;
use doorstep_domain::{Doc, Kind, id::RecordId};
use serde_json::{Value, json};

impl World {
    /// Something that names what is another branch's and never was this one's.
    ///
    /// # Errors
    /// When HQ's records do not read.
    pub(crate) async fn trespass(&self, number: usize, branch: &str, value: &str) -> Result<Edits> {
        let at_hq = self.hq()?.records().await?;
        let of = |record: &AtHq| record.doc.get("branch_id").and_then(Value::as_str).map(str::to_owned);
        let never_ours = |kind: &str, record: &&AtHq| {
            record.key.0 == kind
                && of(record).is_some_and(|other| other != branch)
                && !self.ledger.was_of(&record.key, branch)
        };
        let some = |kind: &str| {
            let foreign: Vec<&AtHq> = at_hq.iter().filter(|record| never_ours(kind, record)).collect();
            self.trespasser.pick(&foreign).map(|record| record.key.1.clone())
        };
        let laptop = self.laptop(number)?;
        let me = laptop.identity().await?.engineer_id;
        let (customer, visit) = (some("customer"), some("visit"));
        let (kind, fields) = match (self.trespasser.below(5), customer, visit) {
            (0, Some(customer), _) => {
                ("visit", json!({"customer_id": customer, "dispatched_to": me, "subject": value}))
            }
            (1, Some(customer), _) => ("contact", json!({"customer_id": customer, "name": value})),
            (2, Some(customer), _) => ("customer", json!({"merged_into": customer, "name": value})),
            (3, _, Some(visit)) => ("problem", json!({"visit_id": visit, "symptom": value})),
            _ => {
                let ours = |hash: &str| self.files.iter().any(|(other, of, _)| other == hash && of == branch);
                let foreign: Vec<&str> =
                    self.files.iter().map(|(hash, ..)| hash.as_str()).filter(|hash| !ours(hash)).collect();
                let Some(hash) = self.trespasser.pick(&foreign).copied() else { return Ok(Vec::new()) };
                ("attachment", json!({"hash": hash, "bytes": 1, "caption": value}))
            }
        };
        let id = RecordId::new(laptop.now(), self.trespasser.bytes());
        let mut doc = Doc::from_iter([("branch_id".to_owned(), json!(branch))]);
        if let Value::Object(fields) = fields {
            doc.extend(fields);
        }
        Ok(vec![(Kind::parse(kind)?, id, doc)])
    }
}
