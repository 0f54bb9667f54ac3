//! What of a record can be found, and what a hit on it opens.
//!
//! Reads documents by field, so that a record with a field of a newer shape can still be found by the others.

use doorstep_domain::{Doc, Kind, describe, id::RecordId, noun::Opens, record};
use serde_json::Value;

/// A record as search sees it.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Card {
    /// What it is called: names and numbers, which match as a whole and by their beginning.
    pub(crate) called: Vec<String>,
    /// What else stands on it.
    pub(crate) more: Vec<String>,
    /// The name that is also found by its sound.
    pub(crate) spoken: Option<String>,
    /// Running text.
    pub(crate) notes: Vec<String>,
}

/// What a hit on the record opens: a customer, a visit. `None` for kinds that are not searched, tombstones, merged
/// customers, and records that do not say where they belong.
pub(crate) fn opens(kind: &Kind, id: RecordId, doc: &Doc) -> Option<(Kind, RecordId)> {
    if record::is_deleted(doc) {
        return None;
    }
    let itself = || Some((kind.clone(), id));
    match describe(kind).search.opens {
        Opens::Nothing => None,
        Opens::Itself => itself(),
        Opens::ItselfUnless(field) => text(doc, field).parse::<RecordId>().is_err().then(itself)?,
        Opens::Parent | Opens::ParentAsOwnHit => describe(kind).parent(doc),
    }
}

impl Card {
    /// The card of a record.
    pub(crate) fn of(kind: &Kind, doc: &Doc) -> Self {
        let search = &describe(kind).search;
        let all = |fields: &[&str]| fields.iter().map(|field| text(doc, field).to_owned()).collect::<Vec<_>>();
        let phones = search.phones.iter().flat_map(|field| phones(doc, field));
        let sealed = search.document.map(|field| sealed(text(doc, field)));
        Self {
            called: all(search.called),
            more: all(search.more).into_iter().chain(phones).collect(),
            spoken: search.spoken.map(|field| text(doc, field).to_owned()),
            notes: all(search.notes).into_iter().chain(sealed.into_iter().flatten()).collect(),
        }
    }
}

/// What was written on a sealed visit. Its problems, questions and answers leave the laptop once they travel inside
/// the sealed document, and are still to be found.
fn sealed(document: &str) -> Vec<String> {
    let document: Value = serde_json::from_str(document).unwrap_or_default();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut notes = Vec::new();
    let mut add = |kind: &Kind, entry: &Value| {
        if let Some(doc) = entry.get(kind.as_str()).and_then(Value::as_object) {
            notes.extend(describe(kind).search.notes.iter().map(|field| text(doc, field).to_owned()));
        }
    };
    for (field, kind) in [("problems", Kind::PROBLEM), ("questions", Kind::QUESTION), ("open_points", Kind::OPEN_POINT)]
    {
        list(&document[field]).iter().for_each(|entry| add(&kind, entry));
    }
    for checklist in list(&document["checklists"]) {
        list(&checklist["answers"]).iter().for_each(|entry| add(&Kind::ANSWER, entry));
    }
    notes
}

/// Telephones as people write several of them into one field.
fn phones<'d>(doc: &'d Doc, field: &str) -> impl Iterator<Item = String> + 'd {
    text(doc, field).split(['、', '，', ',', '；', ';', '/', '\n']).map(str::to_owned)
}

/// A field's text; empty where there is none.
pub(crate) fn text<'d>(doc: &'d Doc, field: &str) -> &'d str {
    doc.get(field).and_then(Value::as_str).unwrap_or_default()
}
