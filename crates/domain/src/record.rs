//! Records as they are stored and exchanged: a kind, an id, and a document of fields.
//!
//! A field is what merges as a whole. Values that mean something only together (a state and its
//! times, a signature and its signer) are therefore one field whose value is an object.
//! Unknown fields and kinds are carried along untouched (invariant 6).

use crate::{Code, Refusal, bounds, id::RecordId, parked};
use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Visitor},
};
use serde_json::{Map, Value};
use std::{borrow::Cow, fmt};

/// The fields of a record by name. A field that was never set is absent.
pub type Doc = Map<String, Value>;

/// Most bytes of JSON that one field may take.
pub const FIELD_BYTES_MAX: usize = 256 * 1024;
/// Deepest nesting within one field. Readers of JSON stop at 128, and on its way a field comes within pages and conflicts: one
/// that could be written and not read again would stop everybody's exchange.
pub const FIELD_DEPTH_MAX: usize = 64;
/// Most fields that one record may have.
pub const FIELDS_MAX: usize = 200;

/// The name of a record's kind. Known ones are constants; an unknown one is kept as it came.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Kind(Cow<'static, str>);

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl Visitor<'_> for Name {
            type Value = Kind;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a kind")
            }
            fn visit_str<E>(self, name: &str) -> Result<Kind, E> {
                Ok(Kind::named(name))
            }
        }
        deserializer.deserialize_str(Name)
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal),+ $(,)?) => {
        impl Kind {
            $($(#[$doc])* pub const $name: Kind = Kind(Cow::Borrowed($text));)+
            /// Every kind this version knows.
            pub const KNOWN: &'static [Kind] = &[$(Kind::$name),+];
        }
    };
}

kinds! {
    /// [`crate::customer::Customer`]
    CUSTOMER = "customer",
    /// [`crate::customer::Contact`]
    CONTACT = "contact",
    /// [`crate::customer::Installation`]
    INSTALLATION = "installation",
    /// [`crate::visit::Visit`]
    VISIT = "visit",
    /// [`crate::visit::Problem`]
    PROBLEM = "problem",
    /// [`crate::visit::Question`]
    QUESTION = "question",
    /// [`crate::visit::OpenPoint`]
    OPEN_POINT = "open_point",
    /// [`crate::checklist::Answer`]
    ANSWER = "answer",
    /// [`crate::attachment::Attachment`]
    ATTACHMENT = "attachment",
    /// [`crate::seal::Seal`]
    SEAL = "seal",
    /// [`crate::visit::Satisfaction`]
    SATISFACTION = "satisfaction",
    /// [`crate::conflict::Conflict`]
    CONFLICT = "conflict",
    /// [`crate::checklist::Template`]
    TEMPLATE = "template",
    /// [`crate::staff::Product`]
    PRODUCT = "product",
    /// [`crate::staff::Company`]
    COMPANY = "company",
    /// [`crate::staff::Branch`]
    BRANCH = "branch",
    /// [`crate::staff::Engineer`]
    ENGINEER = "engineer",
}

impl Kind {
    /// A kind by its name; any name of up to 40 lower-case letters and underscores will do.
    ///
    /// # Errors
    /// [`Code::Invalid`] for anything else.
    pub fn parse(name: &str) -> Result<Self, Refusal> {
        let ok = (1..=40).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        if ok { Ok(Self::named(name)) } else { Err(Refusal::new(Code::Invalid, "not a kind of record")) }
    }

    /// Kinds are copied for every key of a record: a known one shares its name.
    fn named(name: &str) -> Self {
        let known = Self::KNOWN.iter().find(|kind| kind.0 == name);
        known.cloned().unwrap_or_else(|| Self(Cow::Owned(name.to_owned())))
    }

    /// Its name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether laptops may write this field of records of this kind. What HQ owns comes to them read-only; of a
    /// conflict they write how it was settled.
    #[must_use]
    pub fn written_by_laptops(&self, field: &str) -> bool {
        match self.as_str() {
            "template" | "product" | "company" | "branch" | "engineer" => false,
            "conflict" => field == crate::conflict::SETTLED,
            _ => true,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A typed reading of a document.
pub trait Noun: Serialize + DeserializeOwned + Default {
    /// The kind whose documents it reads.
    const KIND: Kind;

    /// What must hold for a single record whatever is around it: lengths, ranges, needed fields.
    ///
    /// # Errors
    /// The rule that does not hold, with its field.
    fn check(&self) -> Result<(), Refusal>;
}

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

/// What this version can do with a kind's documents.
struct Reader {
    check: fn(&Doc) -> Result<(), Refusal>,
    parked: fn(&Doc) -> Vec<String>,
}

impl Reader {
    fn of<T: Noun>() -> Self {
        Self { check: |doc| read::<T>(doc)?.check(), parked: parked::fields::<T> }
    }
}

fn reader(kind: &Kind) -> Option<Reader> {
    Some(match kind.as_str() {
        "customer" => Reader::of::<crate::customer::Customer>(),
        "contact" => Reader::of::<crate::customer::Contact>(),
        "installation" => Reader::of::<crate::customer::Installation>(),
        "visit" => Reader::of::<crate::visit::Visit>(),
        "problem" => Reader::of::<crate::visit::Problem>(),
        "question" => Reader::of::<crate::visit::Question>(),
        "open_point" => Reader::of::<crate::visit::OpenPoint>(),
        "answer" => Reader::of::<crate::checklist::Answer>(),
        "attachment" => Reader::of::<crate::attachment::Attachment>(),
        "seal" => Reader::of::<crate::seal::Seal>(),
        "satisfaction" => Reader::of::<crate::visit::Satisfaction>(),
        "conflict" => Reader::of::<crate::conflict::Conflict>(),
        "template" => Reader::of::<crate::checklist::Template>(),
        "product" => Reader::of::<crate::staff::Product>(),
        "company" => Reader::of::<crate::staff::Company>(),
        "branch" => Reader::of::<crate::staff::Branch>(),
        "engineer" => Reader::of::<crate::staff::Engineer>(),
        _ => return None,
    })
}

/// Reads `doc` as kind `kind` and checks it, so that nothing of the wrong shape is stored. An unknown kind passes: it is
/// for a newer version to judge.
///
/// # Errors
/// [`Code::Invalid`], [`Code::Missing`] or [`Code::TooLarge`] with the field.
pub fn check(kind: &Kind, doc: &Doc) -> Result<(), Refusal> {
    within_limits(kind, doc)?;
    reader(kind).map_or(Ok(()), |reader| (reader.check)(doc))
}

/// The fields of a document of kind `kind` that this version cannot read; none of a kind that it does not know at all.
#[must_use]
pub fn parked(kind: &Kind, doc: &Doc) -> Vec<String> {
    reader(kind).map(|reader| (reader.parked)(doc)).unwrap_or_default()
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

/// A seal carries its whole document in one field; everything else holds to [`FIELD_BYTES_MAX`].
fn bytes_max(kind: &Kind, field: &str) -> usize {
    if *kind == Kind::SEAL && field == "document" { crate::seal::DOCUMENT_BYTES_MAX } else { FIELD_BYTES_MAX }
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
    /// The feed a record belongs to; `None` while its branch is not known.
    #[must_use]
    pub fn of(kind: &Kind, doc: &Doc) -> Option<Self> {
        match kind.as_str() {
            "template" | "product" | "company" | "branch" => Some(Self::All),
            _ => doc.get("branch_id")?.as_str()?.parse().ok().map(Self::Branch),
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
    let by = |field: &str| doc.get(field)?.as_str()?.parse().ok();
    match kind.as_str() {
        "conflict" => by("record_id"),
        "customer" => None,
        _ => by("visit_id").or_else(|| by("customer_id")),
    }
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

/// Whether people set this field directly. States, signatures, seals and ownership change only by their own steps.
#[must_use]
pub fn is_settable(kind: &Kind, field: &str) -> bool {
    let fields: &[&str] = match kind.as_str() {
        "customer" => &[
            "name",
            "number",
            "level",
            "parent_id",
            "region",
            "address",
            "postcode",
            "phone",
            "file_valid_until",
            "key_account",
            "notes",
        ],
        "contact" => &["customer_id", "name", "mobile", "phone", "email", "position", "notes"],
        "installation" => &[
            "customer_id",
            "product_id",
            "product_name",
            "version",
            "dongle_number",
            "quota_edition",
            "maintenance_until",
            "database_kind",
            "machine_notes",
        ],
        "visit" => &[
            "kind",
            "subject",
            "planned_on",
            "installation_id",
            "product_id",
            "product_version",
            "charge",
            "companions",
            "demonstrated",
            "handed_over",
            "reservations",
            "internal_notes",
        ],
        "problem" => &["visit_id", "symptom", "cause", "explanation", "action", "guidance", "solved"],
        "question" => &["visit_id", "question", "answer"],
        "open_point" => &["customer_id", "visit_id", "text", "who", "due", "done_on", "done_visit_id"],
        "attachment" => &["caption", "name"],
        _ => &[],
    };
    fields.contains(&field)
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
