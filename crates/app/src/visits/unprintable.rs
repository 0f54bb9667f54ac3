//! Characters that no font of the papers has. They are printed as their numbers, and named while they can still be written
//! another way: before the customer signs.

use crate::{Failure, Result};
use doorstep_domain::{Code, Doc, Kind, describe, record::is_deleted};
use doorstep_paper::Fonts;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// Most characters that are named of one field.
const CHARACTERS_MAX: usize = 20;
/// What a paper says of a customer.
const OF_A_CUSTOMER: [&str; 4] = ["name", "number", "address", "phone"];

/// Characters of a field that are printed as their numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Unprintable {
    /// Kind of the record.
    pub kind: Kind,
    /// The field.
    pub field: String,
    /// The characters, each once.
    pub characters: String,
}

/// What cannot be printed of records that a paper is made from.
pub(super) fn unprintable<'d>(records: impl Iterator<Item = (&'d Kind, &'d Doc)>) -> Result<Vec<Unprintable>> {
    let fonts = Fonts::embedded().map_err(|error| Failure::new(Code::PaperFailed, error.to_string()))?;
    let mut found = Vec::new();
    for (kind, doc) in records.filter(|(_, doc)| !is_deleted(doc)) {
        let is_printed = |field: &str| match *kind == Kind::CUSTOMER {
            true => OF_A_CUSTOMER.contains(&field),
            false => describe(kind).is_on_paper(field),
        };
        for (field, value) in doc.iter().filter(|(field, _)| is_printed(field)) {
            let mut lacking = BTreeSet::new();
            texts(value, &mut |text| lacking.extend(fonts.lacking(text)));
            if !lacking.is_empty() {
                let characters = lacking.into_iter().take(CHARACTERS_MAX).collect();
                found.push(Unprintable { kind: kind.clone(), field: field.clone(), characters });
            }
        }
    }
    found.dedup();
    Ok(found)
}

fn texts<'v>(value: &'v Value, found: &mut impl FnMut(&'v str)) {
    match value {
        Value::String(text) => found(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(fields) => fields.values().for_each(|value| texts(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
