//! Digests: whether a laptop has of a feed what HQ has, and what to ask for when it has not (SYNC.md, "Digest").
//!
//! Owns the hash of a record and how hashes add up, so that both sides count alike. Stores nothing.

use crate::{Entry, RecordState};
use doorstep_domain::{Code, Doc, Kind, Refusal, id::RecordId, merge::Version};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::Value;
use std::{borrow::Cow, collections::BTreeMap, fmt, ops::BitXorAssign, str::FromStr};

/// Most kinds of one [`Digest`].
pub const KINDS_MAX: usize = 200;

/// The hash of a record, or several of them added up by exclusive or, in which order and place do not matter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sum(pub [u8; 16]);

impl Sum {
    /// The hash of a record as HQ hands it out; see [`hash`].
    ///
    /// # Errors
    /// As [`hash`].
    pub fn of(kind: &Kind, id: RecordId, state: &RecordState) -> Result<Self, Refusal> {
        hash(kind, id, state.version, &state.doc, &state.versions)
    }

    /// It as two numbers that a database can add up.
    #[must_use]
    pub fn halves(self) -> (i64, i64) {
        let whole = u128::from_be_bytes(self.0);
        let half = |shift: u32| i64::from_be_bytes((((whole >> shift) & u128::from(u64::MAX)) as u64).to_be_bytes());
        (half(64), half(0))
    }

    /// It from those two.
    #[must_use]
    pub fn from_halves(high: i64, low: i64) -> Self {
        let half = |n: i64| u128::from(u64::from_be_bytes(n.to_be_bytes()));
        Self((half(high) << 64 | half(low)).to_be_bytes())
    }
}

/// A record's fields and their versions as text, and its hash: where the text is canonical as it is, both come from one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    /// The fields in JSON.
    pub doc: String,
    /// Their versions in JSON.
    pub versions: String,
    /// The hash.
    pub sum: Sum,
}

impl Texts {
    /// Writes a record as HQ hands it out; see [`hash`].
    ///
    /// # Errors
    /// As [`hash`].
    pub fn of(kind: &Kind, id: RecordId, state: &RecordState) -> Result<Self, Refusal> {
        written(kind, id, state.version, &state.doc, &state.versions)
    }
}

/// The hash of a record: the first 16 bytes of the BLAKE3 over its kind, a zero byte, its id, its version in eight bytes,
/// highest first, and the canonical JSON (RFC 8785) of its fields and of their versions with a zero byte after each.
///
/// # Errors
/// [`Code::Internal`] when the fields cannot be written as JSON.
pub fn hash(
    kind: &Kind,
    id: RecordId,
    version: Version,
    doc: &Doc,
    versions: &BTreeMap<String, Version>,
) -> Result<Sum, Refusal> {
    Ok(written(kind, id, version, doc, versions)?.sum)
}

/// Whether a record has this hash, of which the fields were read from a text that [`written`] made: where that is canonical
/// as it is, the fields are not written again.
///
/// # Errors
/// As [`hash`].
pub fn is_of<N: AsRef<str> + Ord + Serialize>(
    sum: Sum,
    kind: &Kind,
    id: RecordId,
    version: Version,
    (doc, doc_text): (&Doc, &str),
    versions: &BTreeMap<N, Version>,
) -> Result<bool, Refusal> {
    if !doc_is_plain(doc) {
        return Ok(written(kind, id, version, doc, versions)?.sum == sum);
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update(kind.as_str().as_bytes()).update(&[0]).update(id.0.as_bytes()).update(&version.to_be_bytes());
    hasher.update(doc_text.as_bytes()).update(&[0]);
    text(&mut hasher, versions, versions_are_plain(versions))?;
    let mut found = Sum::default();
    hasher.finalize_xof().fill(&mut found.0);
    Ok(found == sum)
}

/// A record as text, with its hash; see [`hash`].
///
/// # Errors
/// As [`hash`].
pub fn written<N: AsRef<str> + Ord + Serialize>(
    kind: &Kind,
    id: RecordId,
    version: Version,
    doc: &Doc,
    versions: &BTreeMap<N, Version>,
) -> Result<Texts, Refusal> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(kind.as_str().as_bytes()).update(&[0]).update(id.0.as_bytes()).update(&version.to_be_bytes());
    let doc = text(&mut hasher, doc, doc_is_plain(doc))?;
    let versions = text(&mut hasher, versions, versions_are_plain(versions))?;
    let mut sum = Sum::default();
    hasher.finalize_xof().fill(&mut sum.0);
    Ok(Texts { doc, versions, sum })
}

/// The JSON of a part, hashed in its canonical form. What is `plain` reads the same as serde_json writes it, in a fifth of
/// the time.
fn text<T: Serialize>(hasher: &mut blake3::Hasher, part: &T, plain: bool) -> Result<String, Refusal> {
    let refused = |e: serde_json::Error| Refusal::new(Code::Internal, format!("canonical: {e}"));
    let text = serde_json::to_string(part).map_err(refused)?;
    if plain {
        hasher.update(text.as_bytes());
    } else {
        hasher.update(&serde_json_canonicalizer::to_vec(part).map_err(refused)?);
    }
    hasher.update(&[0]);
    Ok(text)
}

/// The largest number that every reader of JSON takes exactly.
const EXACT_MAX: u64 = 1 << 53;

/// Whether versions of fields are written canonically as they are.
fn versions_are_plain<N: AsRef<str> + Ord>(versions: &BTreeMap<N, Version>) -> bool {
    versions.iter().all(|(name, version)| name.as_ref().is_ascii() && *version <= EXACT_MAX)
}

/// Whether the names of an object are in canonical order as they are, and its values plain.
fn doc_is_plain(doc: &Doc) -> bool {
    let sorted = doc.keys().zip(doc.keys().skip(1)).all(|(a, b)| a < b);
    sorted && doc.iter().all(|(name, value)| name.is_ascii() && is_plain(value))
}

/// Whether a value is written the same by everyone: numbers with a fraction and huge ones are not.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => true,
        Value::Number(number) => number.as_u64().is_some_and(|n| n <= EXACT_MAX),
        Value::Array(values) => values.iter().all(is_plain),
        Value::Object(doc) => doc_is_plain(doc),
    }
}

/// The bucket of a record: the last byte of its id.
#[must_use]
pub fn bucket(id: RecordId) -> u8 {
    let [.., last] = *id.0.as_bytes();
    last
}

impl BitXorAssign for Sum {
    fn bitxor_assign(&mut self, other: Self) {
        for (byte, other) in self.0.iter_mut().zip(other.0) {
            *byte ^= other;
        }
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl FromStr for Sum {
    type Err = Refusal;

    /// # Errors
    /// [`Code::Invalid`] for anything but 32 hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, Refusal> {
        let is_hex = text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let number = u128::from_str_radix(text, 16).ok().filter(|_| is_hex);
        number.map(|n| Self(n.to_be_bytes())).ok_or_else(|| Refusal::new(Code::Invalid, "not a sum"))
    }
}

impl Serialize for Sum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sum {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| D::Error::custom("not 32 hexadecimal digits"))
    }
}

impl JsonSchema for Sum {
    fn schema_name() -> Cow<'static, str> {
        "Sum".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "^[0-9a-f]{32}$"})
    }
}

/// Asks for the sums of a feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DigestAsk {
    /// The feed's name.
    pub feed: String,
    /// HQ's epoch as the laptop knows it.
    pub site_epoch: u64,
}

/// The sums of a feed, from one snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Digest {
    /// By kind and bucket; those without records are absent.
    pub buckets: BTreeMap<Kind, BTreeMap<u8, Sum>>,
}

/// Asks for the records of some buckets of a kind, in the order of their ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BucketAsk {
    /// The feed's name.
    pub feed: String,
    /// HQ's epoch as the laptop knows it.
    pub site_epoch: u64,
    /// The kind.
    pub kind: Kind,
    /// The buckets.
    pub buckets: Vec<u8>,
    /// Those after this id; all without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<RecordId>,
}

/// Records of the buckets that were asked for, bounded as pages of a feed are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BucketPage {
    /// The records in the order of their ids, none left out between the first and the last.
    pub entries: Vec<Entry>,
    /// Whether more follow.
    pub more: bool,
}
