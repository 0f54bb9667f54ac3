//! Records as they are stored and exchanged: a kind, an id, and a document of fields.
//!
//! A field is what merges as a whole. Values that mean something only together (a state and its
//! times, a signature and its signer) are therefore one field whose value is an object.
//! Unknown fields and kinds are carried along untouched (invariant 6).

use crate::{
    Code, Kind, Noun, Refusal, bounds,
    id::RecordId,
    noun::{self, Audience, describe},
};
use serde_json::{Map, Value};
use std::fmt;

/// The fields of a record by name. A field that was never set is absent.
pub type Doc = Map<String, Value>;

/// Most bytes of JSON that one field may take.
pub const FIELD_BYTES_MAX: usize = 256 * 1024;
/// Deepest nesting within one field. Readers of JSON stop at 128, and on its way a field comes within pages and conflicts: one
/// that could be written and not read again would stop everybody's exchange.
pub const FIELD_DEPTH_MAX: usize = 64;
/// Most fields that one record may have.
pub const FIELDS_MAX: usize = 200;

/// Reads a document as a noun.
///
/// # Errors
/// [`Code::Invalid`] when a field has the wrong shape.
pub fn read<T: Noun>(doc: &Doc) -> Result<T, Refusal> {
    // What the reader says quotes values, and those stay out of logs.
    T::deserialize(doc)
        .map_err(|_| Refusal::new(Code::Invalid, format!("a field of this {} has the wrong shape", T::KIND)))
}

/// `doc` with `patch` laid over it: a `null` clears the field.
#[must_use]
pub fn patched(doc: &Doc, patch: &Doc) -> Doc {
    let mut out = doc.clone();
    for (field, value) in patch {
        if value.is_null() {
            out.remove(field);
        } else {
            out.insert(field.clone(), value.clone());
        }
    }
    out
}

/// Reads `doc` as kind `kind` and checks it, so that nothing of the wrong shape is stored. An unknown kind passes: it is
/// for a newer version to judge.
///
/// # Errors
/// [`Code::Invalid`], [`Code::Missing`] or [`Code::TooLarge`] with the field.
pub fn check(kind: &Kind, doc: &Doc) -> Result<(), Refusal> {
    within_limits(kind, doc)?;
    noun::check(kind, doc)
}

/// The fields of a document of kind `kind` that this version cannot read; none of a kind that it does not know at all.
#[must_use]
pub fn parked(kind: &Kind, doc: &Doc) -> Vec<String> {
    noun::parked(kind, doc)
}

fn within_limits(kind: &Kind, doc: &Doc) -> Result<(), Refusal> {
    if doc.len() > FIELDS_MAX {
        return Err(Refusal::new(Code::TooLarge, "too many fields"));
    }
    for (field, value) in doc {
        // Strings are the only values that grow large in practice; an exact count is left to the wire.
        let bytes = match value {
            Value::String(text) => text.len(),
            Value::Array(_) | Value::Object(_) => value.to_string().len(),
            _ => 0,
        };
        if bytes > bytes_max(kind, field) {
            return Err(Refusal::new(Code::TooLarge, format!("{bytes} bytes")).on(field));
        }
        if is_deeper(value, FIELD_DEPTH_MAX) {
            return Err(Refusal::new(Code::TooLarge, "nested too deep").on(field));
        }
    }
    Ok(())
}

fn is_deeper(value: &Value, depth_max: usize) -> bool {
    let Some(left) = depth_max.checked_sub(1) else { return value.is_array() || value.is_object() };
    match value {
        Value::Array(values) => values.iter().any(|value| is_deeper(value, left)),
        Value::Object(fields) => fields.values().any(|value| is_deeper(value, left)),
        _ => false,
    }
}

fn bytes_max(kind: &Kind, field: &str) -> usize {
    let large = describe(kind).large.iter().find(|(large, _)| *large == field);
    large.map_or(FIELD_BYTES_MAX, |(_, bytes)| *bytes)
}

/// The field that marks a record as deleted: a tombstone stays so that the deletion merges too.
pub const DELETED: &str = "deleted";

/// Whether the document is a tombstone.
#[must_use]
pub fn is_deleted(doc: &Doc) -> bool {
    doc.get(DELETED).and_then(Value::as_bool).unwrap_or(false)
}

/// Who receives a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feed {
    /// Every laptop: templates, products, the company block, branches.
    All,
    /// The laptops of one branch.
    Branch(RecordId),
    /// The laptops of one engineer: what was dispatched to them.
    Engineer(RecordId),
}

impl Feed {
    /// The feed a record belongs to; `None` while its branch or author is not known.
    #[must_use]
    pub fn of(kind: &Kind, doc: &Doc) -> Option<Self> {
        let by = |field: &str| doc.get(field)?.as_str()?.parse().ok();
        match describe(kind).audience {
            Audience::Everybody => Some(Self::All),
            Audience::Branch => by("branch_id").map(Self::Branch),
            Audience::Author => by("engineer_id").map(Self::Engineer),
        }
    }
}

impl fmt::Display for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Branch(id) => write!(f, "branch:{id}"),
            Self::Engineer(id) => write!(f, "engineer:{id}"),
        }
    }
}

/// The record that one hangs on and goes along with: what belongs to a visit on the visit, the rest of a customer's
/// file on the customer, a conflict on the record it is about.
#[must_use]
pub fn parent(kind: &Kind, doc: &Doc) -> Option<RecordId> {
    describe(kind).parent(doc).map(|(_, id)| id)
}

/// Fails when a text is empty though it is needed.
pub(crate) fn needed(text: &str, field: &str) -> Result<(), Refusal> {
    if text.trim().is_empty() { Err(Refusal::new(Code::Missing, "needed").on(field)) } else { Ok(()) }
}

/// Fails when a text has more than `chars_max` characters.
pub(crate) fn at_most(text: &str, chars_max: usize, field: &str) -> Result<(), Refusal> {
    if text.len() > chars_max && text.chars().count() > chars_max {
        return Err(Refusal::new(Code::TooLarge, format!("more than {chars_max} characters")).on(field));
    }
    Ok(())
}

/// Most characters of a reason.
pub const REASON_CHARS_MAX: usize = 500;

/// Checks the reason that a person gives for a step: it may have several lines.
///
/// # Errors
/// [`Code::Missing`], [`Code::TooLarge`], or [`Code::BadText`] for control characters that break no line.
pub fn check_reason(reason: &str, field: &str) -> Result<(), Refusal> {
    needed(reason, field)?;
    at_most(reason, REASON_CHARS_MAX, field)?;
    bounds::check_text(reason, field, true)
}

/// The patch that leads from `old` to `new`: fields that differ, and `null` for those that are gone.
///
/// # Errors
/// [`Code::Internal`] when a noun does not serialise to an object.
pub fn changes<T: Noun>(old: &T, new: &T) -> Result<Doc, Refusal> {
    let object = |noun: &T| match serde_json::to_value(noun) {
        Ok(Value::Object(doc)) => Ok(doc),
        _ => Err(Refusal::new(Code::Internal, format!("{} is not an object", T::KIND))),
    };
    let (old, new) = (object(old)?, object(new)?);
    let gone: Vec<String> = old.keys().filter(|field| !new.contains_key(*field)).cloned().collect();
    let differs = new.into_iter().filter(|(field, value)| old.get(field) != Some(value));
    Ok(differs.chain(gone.into_iter().map(|field| (field, Value::Null))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_has_1_to_500_characters_in_lines_and_no_other_controls() {
        let checked = |reason: &str| check_reason(reason, "reason").map_err(|refusal| refusal.code);
        let (longest, long) = ("因".repeat(500), "因".repeat(501));
        for (reason, expected) in [
            ("问过客户", Ok(())),
            ("一\r\n\t二", Ok(())),
            (longest.as_str(), Ok(())),
            (" ", Err(Code::Missing)),
            (long.as_str(), Err(Code::TooLarge)),
            ("一\0", Err(Code::BadText)),
            ("\u{1b}[2J", Err(Code::BadText)),
        ] {
            assert_eq!(checked(reason), expected, "{reason:?}");
        }
    }
}
