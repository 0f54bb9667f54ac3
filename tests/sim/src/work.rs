//! What people do on a laptop and at HQ, written as the app writes it: whole records, fields, visits with children,
//! files, seals; and what only a newer version would write.

use crate::{headquarters::AtHq, ledger::Row, temper::Job, world::World};
use anyhow::{Context, Result, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use doorstep_domain::{Doc, Kind, id::RecordId, seal};
use doorstep_hq::storage::Key;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};

/// A kind that no version will ever have.
pub(crate) const NEWER_KIND: &str = "never_a_kind";
/// Fields of a customer that people quarrel about.
const FIELDS: [&str; 5] = ["phone", "region", "notes", "address", "name"];

/// Changes of records that are stored together.
pub(crate) type Edits = Vec<(Kind, RecordId, Doc)>;

impl World {
    /// Somebody works on a laptop.
    ///
    /// # Errors
    /// A finding.
    pub async fn work(&mut self, number: usize) -> Result<()> {
        let job = self.chance.weighed(&self.temper.jobs).unwrap_or(Job::Edit);
        self.do_job(number, job).await
    }

    /// Somebody does a job on a laptop.
    ///
    /// # Errors
    /// A finding.
    pub async fn do_job(&mut self, number: usize, job: Job) -> Result<()> {
        let branch = self.laptop(number)?.identity().await?.branch_id.to_string();
        let value = self.value(number);
        let mut files = Vec::new();
        let edits = match job {
            Job::Customer => self.new_customer(number, &branch, &value).await?,
            Job::Edit | Job::Clear | Job::Again => self.edit(number, job, &value).await?,
            Job::Delete => {
                self.some(number, "customer").await?.map_or(vec![], |id| one("customer", id, json!({"deleted": true})))
            }
            Job::Visit => vec![self.visit(number, &branch, &value)?],
            Job::Child => self.child(number, &branch, &value).await?,
            Job::EditVisit => {
                let field = *self.chance.pick(&["subject", "internal_notes", "handed_over"]).unwrap_or(&"subject");
                self.some(number, "visit").await?.map_or(vec![], |id| one("visit", id, json!({field: value})))
            }
            Job::Photo => self.photo(number, &branch, &value, &mut files).await?,
            Job::Seal => self.seal(number, &branch, &value).await?,
            Job::Settle => self.settle(number, &value).await?,
            Job::Newer => self.newer(number, &branch, &value).await?,
            Job::NewerField => {
                let fields = json!({"a_newer_field": {"stars": [value, 1.5, null], "": true}});
                self.some(number, "customer").await?.map_or(vec![], |id| one("customer", id, fields))
            }
            Job::Forbidden => {
                let mut edits = self.forbidden(number, &branch, &value).await?;
                edits.extend(self.trespass(number, &branch, &value).await?);
                edits
            }
        };
        if edits.is_empty() {
            return Ok(());
        }
        self.trace.note(format!("laptop {number}: {job:?} {value}"));
        self.put(number, edits, files, &branch).await
    }

    /// Stores what somebody typed, and notes it once it is stored.
    async fn put(&mut self, number: usize, edits: Edits, files: Vec<Vec<u8>>, branch: &str) -> Result<()> {
        let mut typed = Vec::new();
        for (kind, id, patch) in &edits {
            let row = (kind.to_string(), id.to_string());
            let before = self.laptop(number)?.store.get(kind, *id).await?;
            let seen = before.as_ref().map_or(0, |stored| stored.hq_version);
            let before = before.map(|stored| stored.doc).unwrap_or_default();
            for (field, value) in patch {
                self.ledger.typed(&row, field, value, seen);
                if before.get(field).unwrap_or(&Value::Null) != value {
                    typed.push(((row.clone(), field.clone()), value.clone()));
                }
            }
        }
        match self.laptop(number)?.put(&edits, &files).await {
            Ok(()) => {}
            Err(error) => {
                ensure!(self.snagged.contains(&number), "laptop {number} did not store what was typed: {error}");
                self.trace.note(format!("  not stored: {error}"));
                self.trace.count("changes that a disk refused");
                return Ok(());
            }
        }
        self.typed.get_mut(number).context("no such laptop")?.extend(typed);
        for ((kind, id, patch), bytes) in edits.iter().filter(|(kind, ..)| *kind == Kind::ATTACHMENT).zip(&files) {
            let hash = patch.get("hash").and_then(Value::as_str).unwrap_or_default();
            debug_assert_eq!(seal::hash(bytes), hash, "{kind}");
            self.files.push((hash.to_owned(), branch.to_owned(), id.to_string()));
        }
        Ok(())
    }

    /// A record of a kind that is on the laptop and not deleted.
    async fn some(&self, number: usize, kind: &str) -> Result<Option<RecordId>> {
        let here = self.laptop(number)?.store.all(&Kind::parse(kind)?).await?;
        Ok(self.chance.pick(&here).map(|record| record.id))
    }

    async fn new_customer(&self, number: usize, branch: &str, value: &str) -> Result<Edits> {
        let laptop = self.laptop(number)?;
        if laptop.store.all(&Kind::CUSTOMER).await?.len() >= self.temper.records {
            return self.edit(number, Job::Edit, value).await;
        }
        let (customer, contact) = (laptop.new_id(), laptop.new_id());
        let mut edits = one("customer", customer, json!({"name": value, "branch_id": branch}));
        if self.chance.happens(400) {
            let fields = json!({"branch_id": branch, "customer_id": customer, "name": value});
            edits.extend(one("contact", contact, fields));
        }
        Ok(edits)
    }

    async fn edit(&self, number: usize, job: Job, value: &str) -> Result<Edits> {
        let laptop = self.laptop(number)?;
        let here = laptop.store.all(&Kind::CUSTOMER).await?;
        let Some(record) = self.chance.pick(&here) else { return Ok(vec![]) };
        let field = *self.chance.pick(&FIELDS).unwrap_or(&"phone");
        let fields = match job {
            Job::Clear => json!({"phone": null}),
            Job::Again => json!({field: record.doc.get(field)}),
            _ if self.chance.happens(250) => json!({"phone": value, "region": value, "notes": value}),
            _ => json!({field: value}),
        };
        Ok(one("customer", record.id, fields))
    }

    fn visit(&self, number: usize, branch: &str, value: &str) -> Result<(Kind, RecordId, Doc)> {
        let fields = json!({"branch_id": branch, "subject": value, "progress": {"state": "working"}});
        Ok((Kind::VISIT, self.laptop(number)?.new_id(), doc(fields)))
    }

    async fn child(&self, number: usize, branch: &str, value: &str) -> Result<Edits> {
        let Some(visit) = self.some(number, "visit").await? else { return Ok(vec![]) };
        let laptop = self.laptop(number)?;
        let kinds = ["problem", "question", "answer", "open_point"];
        let kind = *self.chance.pick(&kinds).unwrap_or(&"problem");
        let (id, fields) = match kind {
            // Two laptops that answer the same item meet in one record.
            "answer" => {
                let item = format!("{}", self.chance.below(3));
                let id = RecordId::derived(visit, &format!("answer/{item}"));
                (id, json!({"branch_id": branch, "visit_id": visit, "item": item, "value": value}))
            }
            "question" => (laptop.new_id(), json!({"branch_id": branch, "visit_id": visit, "question": value})),
            "open_point" => (laptop.new_id(), json!({"branch_id": branch, "visit_id": visit, "text": value})),
            _ => (laptop.new_id(), json!({"branch_id": branch, "visit_id": visit, "symptom": value})),
        };
        Ok(one(kind, id, fields))
    }

    async fn photo(&self, number: usize, branch: &str, value: &str, files: &mut Vec<Vec<u8>>) -> Result<Edits> {
        let Some(visit) = self.some(number, "visit").await? else { return Ok(vec![]) };
        let sizes = [1, 30_000, 24 * 1024, 48 * 1024, 120_000];
        let size = *self.chance.pick(&sizes).unwrap_or(&1);
        // Now and then the same bytes as somebody else's.
        let text = if self.chance.happens(150) { "the same picture" } else { value };
        let bytes: Vec<u8> = text.bytes().cycle().take(size.max(text.len())).collect();
        let fields = json!({
            "branch_id": branch, "visit_id": visit, "role": "photo", "name": "现场.jpg", "caption": value,
            "media_type": "image/jpeg", "bytes": bytes.len(), "hash": seal::hash(&bytes),
        });
        files.push(bytes);
        Ok(one("attachment", self.laptop(number)?.new_id(), fields))
    }

    /// A visit is signed and sealed. The document has what only a newer version knows, and its bytes are the seal's.
    async fn seal(&mut self, number: usize, branch: &str, value: &str) -> Result<Edits> {
        let Some(visit) = self.some(number, "visit").await? else { return Ok(vec![]) };
        let laptop = self.laptop(number)?;
        let stored = laptop.store.get(&Kind::VISIT, visit).await?.context("the visit is gone")?;
        let identity = laptop.identity().await?;
        let seed: [u8; 32] = STANDARD.decode(&identity.signing_seed)?.try_into().ok().context("a seed of 32 bytes")?;
        let key = SigningKey::from_bytes(&seed);
        let sealed_at = json!(laptop.now());
        let progress = json!({"state": "sealed", "sealed_at": sealed_at});
        let mut sealed = stored.doc;
        sealed.insert("progress".to_owned(), progress.clone());
        let content = json!({
            "format": 1, "visit_id": visit, "visit": sealed, "customer": {"path": []},
            "a_newer_field": {"z": 1, "a": [value]},
        });
        let document = serde_json_canonicalizer::to_string(&content)?;
        let hash = seal::hash(document.as_bytes());
        let signature = STANDARD.encode(key.sign(&hex::decode(&hash)?).to_bytes());
        let number = seal::number(value, laptop.now().date_naive(), &identity.device_code, 1, &hash);
        let fields = json!({
            "branch_id": branch, "visit_id": visit, "revision": 1, "number": number, "document": document,
            "hash": hash, "signature": signature, "public_key": STANDARD.encode(key.verifying_key().as_bytes()),
            "device_id": identity.device_id, "sealed_at": sealed_at,
        });
        let mut edits = one("visit", visit, json!({"progress": progress}));
        edits.extend(one("seal", laptop.new_id(), fields));
        self.ledger.entangled.insert(visit.to_string());
        Ok(edits)
    }

    /// Somebody looks at an open conflict and chooses one of its sides.
    async fn settle(&self, number: usize, value: &str) -> Result<Edits> {
        let laptop = self.laptop(number)?;
        let mut open = laptop.store.all(&Kind::CONFLICT).await?;
        open.retain(|record| record.doc.get("settled").is_none_or(Value::is_null));
        let Some(record) = self.chance.pick(&open) else { return Ok(vec![]) };
        let side = *self.chance.pick(&["standing", "other"]).unwrap_or(&"standing");
        let chosen = record.doc.get(side).and_then(|side| side.get("value")).cloned().unwrap_or_default();
        let settled = json!({
            "engineer_id": laptop.identity().await?.engineer_id, "reason": value, "at": laptop.now(), "value": chosen,
        });
        Ok(one("conflict", record.id, json!({"settled": settled})))
    }

    /// Somebody writes to another branch: something new, or into a record that was never theirs.
    async fn forbidden(&self, number: usize, branch: &str, value: &str) -> Result<Edits> {
        let at_hq = self.hq()?.records().await?;
        let of = |record: &AtHq| record.doc.get("branch_id").and_then(Value::as_str).map(str::to_owned);
        let never_ours = |record: &&AtHq| {
            ["customer", "visit", NEWER_KIND].contains(&record.key.0.as_str())
                && of(record).is_some_and(|other| other != branch)
                && !self.ledger.was_of(&record.key, branch)
        };
        let foreign: Vec<&AtHq> = at_hq.iter().filter(never_ours).collect();
        match self.chance.pick(&foreign) {
            Some(record) if self.chance.happens(600) => {
                let mut fields = record.doc.clone();
                fields.insert("notes".to_owned(), json!(value));
                Ok(one(&record.key.0, record.key.1.parse()?, Value::Object(fields)))
            }
            _ => {
                let other = self.branches.iter().find(|b| **b != branch).cloned().unwrap_or_default();
                Ok(one("customer", self.laptop(number)?.new_id(), json!({"name": value, "branch_id": other})))
            }
        }
    }

    async fn newer(&self, number: usize, branch: &str, value: &str) -> Result<Edits> {
        let there = self.some(number, NEWER_KIND).await?.filter(|_| self.chance.happens(600));
        let id = there.unwrap_or(self.laptop(number)?.new_id());
        Ok(one(NEWER_KIND, id, json!({"branch_id": branch, "topic": value, "seats": [1, {"of": value}]})))
    }

    /// Somebody at HQ changes a customer, or hands one to another branch.
    ///
    /// # Errors
    /// A finding.
    pub async fn work_at_hq(&mut self) -> Result<()> {
        let records = self.hq()?.records().await?;
        let customers: Vec<&Row> = records.iter().map(|r| &r.key).filter(|(kind, _)| kind == "customer").collect();
        let Some((kind, id)) = self.chance.pick(&customers).copied() else { return Ok(()) };
        let value = self.value(9);
        let fields = if self.chance.happens(400) {
            let branch = self.chance.pick(&self.branches).cloned().unwrap_or_default();
            json!({"branch_id": branch, "notes": value})
        } else {
            json!({"phone": value})
        };
        self.trace.note(format!("HQ changes {kind} {id}: {fields}"));
        let key = Key::new(Kind::parse(kind)?, id.parse()?);
        match self.hq()?.hq.write(vec![(key.clone(), doc(fields.clone()))]).await {
            Ok(()) => {}
            Err(error) => {
                ensure!(self.hq_fails(), "HQ did not store its own change: {error}");
                self.trace.note(format!("  not stored: {error}"));
                return Ok(());
            }
        }
        self.trace.count("changes of HQ's own");
        let record = self.hq()?.hq.storage().records(&[key]).await?.pop();
        for (field, value) in doc(fields) {
            let version = record.as_ref().and_then(|r| r.stamps.get(&field)).map_or(0, |stamp| stamp.version);
            let place = ((kind.clone(), id.clone()), field);
            if self.ledger.fields.get(&place).map(|s| &s.value) != Some(&value) {
                self.ledger.set(place, value, version, ("hq".to_owned(), 0));
            }
        }
        // What hangs on a customer that is handed over goes along.
        for record in self.hq()?.records().await? {
            let place = (record.key, "branch_id".to_owned());
            let of = record.doc.get("branch_id").cloned().unwrap_or_default();
            if self.ledger.fields.get(&place).is_some_and(|standing| standing.value != of) {
                self.ledger.set(place, of, record.version, ("hq".to_owned(), 0));
            }
        }
        Ok(())
    }
}

fn one(kind: &str, id: RecordId, fields: Value) -> Edits {
    Kind::parse(kind).map(|kind| vec![(kind, id, doc(fields))]).unwrap_or_default()
}

fn doc(fields: Value) -> Doc {
    match fields {
        Value::Object(doc) => doc,
        _ => Doc::new(),
    }
}
