//! What HQ does when a seal comes: the document stands. What others wrote meanwhile, and its author did not see, gives way
//! to it and becomes a proposal. Pure.

use super::{
    Author,
    conflicts::{Event, What},
    ground::Ground,
    parting::sealed_twice,
};
use crate::storage::{Key, Stamp, StoredRecord};
use doorstep_domain::{
    Code, Doc, Kind, Noun, Refusal,
    attachment::Attachment,
    checklist::Answer,
    describe,
    id::{RecordId, TemplateId},
    merge::{Field, Lost},
    noun::Paper,
    record::{self, DELETED, is_deleted},
    seal::{Document, FORMAT, Seal},
    visit::{OpenPoint, Problem, Question, Visit},
};
use doorstep_wire::Op;
use serde_json::Value;
use std::collections::BTreeMap;

impl Ground {
    /// Brings a visit and what belongs to it to what the new seal says. A second seal of a revision, and one of a
    /// revision that was amended already, change nothing.
    pub(super) fn close(&mut self, author: &Author, op: &Op, seal: &Key) -> Result<(), Refusal> {
        let Some(record) = self.get(seal).cloned() else { return Ok(()) };
        let seal: Seal = record::read(&record.doc)?;
        let Some(visit_id) = seal.visit_id.map(RecordId::from) else { return Ok(()) };
        let Some(visit) = self.get(&Key::new(Kind::VISIT, visit_id)).cloned() else { return Ok(()) };
        let amended = record::read::<Visit>(&visit.doc).is_ok_and(|visit| visit.revision > seal.revision);
        if amended || sealed_twice(self, &record).is_some() {
            return Ok(());
        }
        let document: Document =
            serde_json::from_str(&seal.document).map_err(|_| Refusal::new(Code::BadSeal, "the document"))?;
        if document.format > FORMAT {
            return Ok(());
        }
        let sealed = sealed_records(visit_id, &document)?;
        let covered = self.below(visit_id, visit.feed.as_ref());
        let covered = covered.into_iter().filter(|child| is_covered(&child.key.kind));
        let standing: Vec<StoredRecord> = std::iter::once(visit.clone()).chain(covered).collect();
        for record in standing {
            self.bring(author, op, record, &sealed)?;
        }
        self.send_away(&visit, |key| sealed.records.contains_key(key));
        Ok(())
    }

    /// Brings one record to what is sealed. What the author of the seal wrote is theirs to change.
    fn bring(&mut self, author: &Author, op: &Op, mut record: StoredRecord, sealed: &Sealed) -> Result<(), Refusal> {
        let stamp = Stamp { version: self.next_version(), writer: author.writer(), at: op.at };
        let is = typed(&record.key.kind, &record.doc)?;
        let absent = Doc::from_iter([(DELETED.to_owned(), Value::Bool(true))]);
        let known = sealed.records.get(&record.key);
        if known.is_none() && (is_deleted(&record.doc) || sealed.passes_over(&record)) {
            return Ok(());
        }
        let says = known.unwrap_or(&absent);
        let mut changed = false;
        let kind = record.key.kind.clone();
        for (field, said) in says.iter().filter(|(field, _)| describe(&kind).is_on_paper(field)) {
            let other = record.stamps.get(field).or_else(|| newest(&record).filter(|_| known.is_none()));
            let own = other.is_some_and(|other| other.writer == author.writer());
            if own || same(said, is.get(field).unwrap_or(&Value::Null)) {
                continue;
            }
            if let Some(other) = other {
                let value = record.doc.get(field).cloned().unwrap_or(Value::Null);
                let standing = Field { value: said.clone(), version: stamp.version, writer: stamp.writer };
                let lost = Lost { field: field.clone(), standing: Some(standing), value };
                let what = What::Lost { lost, standing_at: Some(op.at), at: Some(other.at), about_seal: true };
                let (key, field) = (record.key.clone(), field.clone());
                self.note(Event { key, field, writer: other.writer, engineer: None, what });
            }
            record.set(field, if is_nothing(said) { Value::Null } else { said.clone() }, stamp);
            changed = true;
        }
        if changed {
            self.take_version(stamp.version);
            self.put(record);
        }
        Ok(())
    }
}

/// Whether records of a kind are on the paper of a root.
pub(super) fn is_covered(kind: &Kind) -> bool {
    matches!(describe(kind).paper, Paper::Part(_) | Paper::Inside(_))
}

/// What a document has.
struct Sealed {
    records: BTreeMap<Key, Doc>,
    templates: Vec<TemplateId>,
}

impl Sealed {
    /// What belongs to the visit without being on its paper: the evidence of signatures, and answers to checklists that
    /// are not part of it.
    fn passes_over(&self, record: &StoredRecord) -> bool {
        let text = |field: &str| record.doc.get(field).and_then(Value::as_str);
        let template = text("template_id").and_then(|id| id.parse().ok());
        let unasked = template.is_none_or(|id: TemplateId| !self.templates.contains(&id));
        matches!(text("role"), Some("signature" | "signed_paper")) || (record.key.kind == Kind::ANSWER && unasked)
    }
}

fn newest(record: &StoredRecord) -> Option<Stamp> {
    record.doc.keys().filter_map(|field| record.stamps.get(field)).max_by_key(|stamp| stamp.version)
}

/// Whether two values say the same: what is not set, and what is empty, are nothing.
fn same(a: &Value, b: &Value) -> bool {
    a == b || (is_nothing(a) && is_nothing(b))
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// A document's fields in the shape of the nouns, so that defaults compare as what they are.
fn typed(kind: &Kind, doc: &Doc) -> Result<Doc, Refusal> {
    fn of<T: Noun>(doc: &Doc) -> Result<Doc, Refusal> {
        object(&record::read::<T>(doc)?)
    }
    let mut fields = match kind.as_str() {
        "visit" => of::<Visit>(doc),
        "problem" => of::<Problem>(doc),
        "question" => of::<Question>(doc),
        "answer" => of::<Answer>(doc),
        "attachment" => of::<Attachment>(doc),
        "open_point" => of::<OpenPoint>(doc),
        _ => Ok(doc.clone()),
    }?;
    fields.insert(DELETED.to_owned(), Value::Bool(is_deleted(doc)));
    Ok(fields)
}

fn object<T: Noun>(noun: &T) -> Result<Doc, Refusal> {
    match serde_json::to_value(noun) {
        Ok(Value::Object(doc)) => Ok(doc),
        _ => Err(Refusal::new(Code::Internal, "a noun that is no object")),
    }
}

/// The records of a document, each living.
fn sealed_records(visit: RecordId, document: &Document) -> Result<Sealed, Refusal> {
    let mut records = BTreeMap::new();
    let mut add = |kind: Kind, id: RecordId, doc: Doc| {
        records.insert(Key::new(kind.clone(), id), typed(&kind, &doc).unwrap_or(doc));
    };
    add(Kind::VISIT, visit, object(&document.visit)?);
    for entry in &document.problems {
        add(Kind::PROBLEM, entry.id, object(&entry.problem)?);
    }
    for entry in &document.questions {
        add(Kind::QUESTION, entry.id, object(&entry.question)?);
    }
    for entry in document.checklists.iter().flat_map(|checklist| &checklist.answers) {
        add(Kind::ANSWER, entry.id, object(&entry.answer)?);
    }
    for entry in &document.attachments {
        add(Kind::ATTACHMENT, entry.id.into(), object(&entry.attachment)?);
    }
    for entry in &document.open_points {
        add(Kind::OPEN_POINT, entry.id, object(&entry.open_point)?);
    }
    Ok(Sealed {
        records,
        templates: document.checklists.iter().filter_map(|checklist| checklist.template_id).collect(),
    })
}
