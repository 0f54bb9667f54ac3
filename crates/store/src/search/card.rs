//! What of a record can be found, and what a hit on it opens.
//!
//! Reads documents by field, so that a record with a field of a newer shape can still be found by the others.

use doorstep_domain::{Doc, Kind, id::RecordId, record};
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

/// What a hit on the record opens: the customer, or the visit. `None` for kinds that are not searched, tombstones,
/// merged customers, and records that do not say where they belong.
pub(crate) fn opens(kind: &Kind, id: RecordId, doc: &Doc) -> Option<(Kind, RecordId)> {
    if record::is_deleted(doc) {
        return None;
    }
    let by = |field: &str| text(doc, field).parse::<RecordId>().ok();
    match kind.as_str() {
        "customer" => by("merged_into").is_none().then_some((Kind::CUSTOMER, id)),
        "contact" | "installation" => Some((Kind::CUSTOMER, by("customer_id")?)),
        "visit" => Some((Kind::VISIT, id)),
        "problem" | "question" | "answer" | "seal" => Some((Kind::VISIT, by("visit_id")?)),
        "open_point" => match by("visit_id") {
            Some(visit) => Some((Kind::VISIT, visit)),
            None => Some((Kind::CUSTOMER, by("customer_id")?)),
        },
        _ => None,
    }
}

impl Card {
    /// The card of a record.
    pub(crate) fn of(kind: &Kind, doc: &Doc) -> Self {
        let one = |field: &str| text(doc, field).to_owned();
        let all = |fields: &[&str]| fields.iter().map(|field| one(field)).collect::<Vec<_>>();
        match kind.as_str() {
            "customer" => Self {
                called: all(&["name", "number"]),
                more: [all(&["region", "address"]), phones(doc, "phone")].concat(),
                spoken: Some(one("name")),
                notes: all(&["notes"]),
            },
            "contact" => Self {
                called: all(&["name"]),
                more: [all(&["position", "email"]), phones(doc, "mobile"), phones(doc, "phone")].concat(),
                spoken: Some(one("name")),
                notes: all(&["notes"]),
            },
            "installation" => Self {
                called: all(&["dongle_number"]),
                more: all(&["product_name"]),
                notes: all(&["machine_notes"]),
                ..Self::default()
            },
            "visit" => Self {
                called: all(&["subject"]),
                notes: all(&["demonstrated", "handed_over", "reservations", "internal_notes", "amendment_reason"]),
                ..Self::default()
            },
            "seal" => Self { called: all(&["number"]), notes: sealed(text(doc, "document")), ..Self::default() },
            _ => Self { notes: running(kind.as_str(), doc), ..Self::default() },
        }
    }
}

fn running(kind: &str, doc: &Doc) -> Vec<String> {
    let fields: &[&str] = match kind {
        "problem" => &["symptom", "cause", "explanation", "action", "guidance"],
        "question" => &["question", "answer"],
        "open_point" => &["text", "who"],
        "answer" => &["remark"],
        _ => &[],
    };
    fields.iter().map(|field| text(doc, field).to_owned()).collect()
}

/// What was written on a sealed visit. Its problems, questions and answers leave the laptop once they travel inside
/// the sealed document, and are still to be found.
fn sealed(document: &str) -> Vec<String> {
    let document: Value = serde_json::from_str(document).unwrap_or_default();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut notes = Vec::new();
    let mut add = |kind: &str, entry: &Value| {
        if let Some(doc) = entry.get(kind).and_then(Value::as_object) {
            notes.extend(running(kind, doc));
        }
    };
    for (field, kind) in [("problems", "problem"), ("questions", "question"), ("open_points", "open_point")] {
        list(&document[field]).iter().for_each(|entry| add(kind, entry));
    }
    for checklist in list(&document["checklists"]) {
        list(&checklist["answers"]).iter().for_each(|entry| add("answer", entry));
    }
    notes
}

/// Telephones as people write several of them into one field.
fn phones(doc: &Doc, field: &str) -> Vec<String> {
    text(doc, field).split(['、', '，', ',', '；', ';', '/', '\n']).map(str::to_owned).collect()
}

/// A field's text; empty where there is none.
pub(crate) fn text<'d>(doc: &'d Doc, field: &str) -> &'d str {
    doc.get(field).and_then(Value::as_str).unwrap_or_default()
}
