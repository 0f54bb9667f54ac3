//! Templates, products, branches and the company block come in as files, checked as a whole before any is taken.
//!
//! A file holds `{"template": […], "product": […], "branch": […], "company": […]}`, or one template by itself.
//! Ids follow from codes, so that the same thing imported twice is the same record, at every HQ.

use crate::{
    error::Error,
    hq::Hq,
    storage::{Key, StoredRecord},
};
use doorstep_domain::{
    Code, Doc, Kind, Refusal, bounds,
    id::RecordId,
    noun::{self, Creation},
    record,
};
use serde_json::{Map, Value};
use std::{collections::HashMap, fs, path::Path};
use uuid::Uuid;

/// Ids of everything that HQ names by code are derived from this one.
const NAMESPACE: RecordId = RecordId(Uuid::from_u128(0x018f_3d0e_5b7a_7c11_9d52_64a3_0c5e_7d01));
/// Most bytes of a file.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// The checklist templates that ship, by file name.
const TEMPLATES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/templates.rs"));
/// The rest of what ships.
const OTHERS: &[(&str, &str)] = &[
    ("company.json", include_str!("../shipped/company.json")),
    ("products.json", include_str!("../shipped/products.json")),
    ("branches.json", include_str!("../shipped/branches.json")),
];

/// The id of what has this name, e.g. `branch/CD` or `template/fault/1`.
#[must_use]
pub fn id_of(name: &str) -> RecordId {
    RecordId::derived(NAMESPACE, name)
}

type Found = Vec<(Key, Doc)>;

/// Takes in what ships and is not there yet. What HQ changed since stays as it is.
///
/// # Errors
/// [`Error::Import`] when a shipped file breaks a rule, [`Error::Storage`].
pub(crate) async fn shipped(hq: &Hq) -> Result<(), Error> {
    let mut found = Found::new();
    for (name, text) in OTHERS.iter().chain(TEMPLATES) {
        found.extend(read(name, text)?);
    }
    let known = known(hq, &found).await?;
    found.retain(|(key, _)| !known.contains_key(key));
    hq.write(found).await
}

impl Hq {
    /// Imports files, all of them or none. Gives back the number of records taken.
    ///
    /// # Errors
    /// [`Error::Folder`] or [`Error::Import`] with the file and the place in it.
    pub async fn import(&self, files: &[&Path]) -> Result<usize, Error> {
        let mut found = Found::new();
        for path in files {
            let name = path.display().to_string();
            let size = fs::metadata(path).map_err(|e| Error::folder(path, e))?.len();
            if size > FILE_BYTES_MAX {
                return Err(refused(&name, "the file", Refusal::new(Code::TooLarge, format!("{size} bytes"))));
            }
            let text = fs::read_to_string(path).map_err(|e| Error::folder(path, e))?;
            let part = read(&name, &text)?;
            check_pinned(&name, &part, &known(self, &part).await?)?;
            found.extend(part);
        }
        let count = found.len();
        self.write(found).await?;
        Ok(count)
    }
}

fn refused(file: &str, place: &str, refusal: Refusal) -> Error {
    Error::Import { file: file.to_owned(), place: place.to_owned(), refusal }
}

/// The records there are already of those found.
async fn known(hq: &Hq, found: &Found) -> Result<HashMap<Key, StoredRecord>, Error> {
    let keys: Vec<Key> = found.iter().map(|(key, _)| key.clone()).collect();
    let known = hq.storage().records(&keys).await?;
    Ok(known.into_iter().map(|r| (r.key.clone(), r)).collect())
}

/// Answers are pinned to a template's version, so that a version never changes; only retiring it is allowed.
fn check_pinned(file: &str, found: &Found, known: &HashMap<Key, StoredRecord>) -> Result<(), Error> {
    for (key, doc) in found.iter().filter(|(key, _)| key.kind == Kind::TEMPLATE) {
        let Some(old) = known.get(key) else { continue };
        let differs = |(name, value): (&String, &Value)| name != "retired" && old.doc.get(name) != Some(value);
        if doc.iter().any(differs) {
            let why = "this version is in use and reads otherwise; give the changed template the next version";
            return Err(refused(file, &place(key, doc), Refusal::new(Code::Invalid, why)));
        }
    }
    Ok(())
}

fn place(key: &Key, doc: &Doc) -> String {
    let of = |field: &str| doc.get(field).map(Value::to_string).unwrap_or_default();
    format!("{} {} {}", key.kind, of("code"), of("version")).trim_end().to_owned()
}

fn read(file: &str, text: &str) -> Result<Found, Error> {
    let invalid = |why: String| refused(file, "the file", Refusal::new(Code::Invalid, why));
    let top: Map<String, Value> = serde_json::from_str(text).map_err(|e| invalid(format!("not a JSON object: {e}")))?;
    if top.contains_key("sections") {
        return Ok(vec![one(file, &Kind::TEMPLATE, 1, Value::Object(top))?]);
    }
    let mut found = Found::new();
    for (kind, rows) in top {
        let kind = importable(&kind)
            .ok_or_else(|| invalid(format!("{kind:?} is none of template, product, branch, company")))?;
        let Value::Array(rows) = rows else { return Err(invalid(format!("{kind} must be a list"))) };
        for (index, row) in rows.into_iter().enumerate() {
            found.push(one(file, &kind, index + 1, row)?);
        }
    }
    if found.is_empty() { Err(invalid("nothing to import in it".to_owned())) } else { Ok(found) }
}

fn importable(name: &str) -> Option<Kind> {
    let imported = noun::all().filter(|(_, described)| described.creation == Creation::Import);
    imported.map(|(kind, _)| kind).find(|kind| kind.as_str() == name).cloned()
}

fn one(file: &str, kind: &Kind, number: usize, row: Value) -> Result<(Key, Doc), Error> {
    let place = format!("{kind} {number}");
    let Value::Object(doc) = row else {
        return Err(refused(file, &place, Refusal::new(Code::Invalid, "must be an object")));
    };
    let within = || doc.iter().try_for_each(|(field, value)| bounds::check(kind, field, value));
    record::check(kind, &doc).and_then(|()| within()).map_err(|refusal| refused(file, &place, refusal))?;
    let text = |field: &str| doc.get(field).map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned));
    let name = match kind.as_str() {
        "template" => text("code").zip(text("version")).map(|(code, version)| format!("template/{code}/{version}")),
        "company" => Some("company".to_owned()),
        _ => text("code").map(|code| format!("{kind}/{code}")),
    };
    let name = name.ok_or_else(|| refused(file, &place, Refusal::new(Code::Missing, "code, or version")))?;
    Ok((Key::new(kind.clone(), id_of(&name)), doc))
}
