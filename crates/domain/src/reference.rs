//! What a record names: every field of every kind that holds the id of another record, and what that ties together.
//!
//! HQ asks of each whether the author reaches what it names (SYNC.md, "Feeds and scope"). A test holds the references of
//! each kind against the shape of its noun: a new field with an id has to be among them.

use crate::{Kind, id::RecordId, noun::describe};
use serde_json::Value;

/// How a record is tied to one that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tie {
    /// Its branch: where it is at home.
    Home,
    /// It hangs on a visit and goes where that goes.
    Visit,
    /// It is part of a customer's file.
    File,
    /// It stands below a customer, or that one stands for it.
    Tree,
    /// It says whom it is about, and follows nothing.
    Names,
    /// The engineer whose laptop gets it, of whatever branch.
    Dispatch,
    /// What every laptop has, or no record.
    Everyones,
}

/// A field with an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    /// Where in the document: `field`, `field.inner`, `field[]` or `field[].inner`.
    pub path: &'static str,
    /// Kind of what it names; empty where that is no record, `@field` where another field says it.
    pub target: &'static str,
    /// What it ties together.
    pub tie: Tie,
}

impl Reference {
    /// The field that says the kind of what it names.
    #[must_use]
    pub fn target_field(&self) -> Option<&'static str> {
        self.target.strip_prefix('@')
    }
}

/// The references of a kind.
macro_rules! references {
    ($($path:literal $target:literal $tie:ident),+ $(,)?) => {
        &[$($crate::reference::Reference {
            path: $path,
            target: $target,
            tie: $crate::reference::Tie::$tie,
        }),+]
    };
}
pub(crate) use references;

/// What records of a kind that this version does not know may hang on.
pub(crate) const OF_ANY_KIND: &[Reference] = references!["branch_id" "branch" Home, "engineer_id" "engineer" Names,
    "visit_id" "visit" Visit, "customer_id" "customer" File];

/// An id that a field holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Kind of what it names.
    pub target: Kind,
    /// Its id.
    pub id: RecordId,
    /// What it ties together.
    pub tie: Tie,
}

/// What `value` of `field` names in a record of `kind`. What a known kind has beside its own fields is read as of any kind.
#[must_use]
pub fn named(kind: &Kind, field: &str, value: &Value) -> Vec<Named> {
    let of_field = |reference: &&Reference| split(reference.path).0 == field;
    let own: Vec<&Reference> = describe(kind).references.iter().filter(of_field).collect();
    let any = OF_ANY_KIND.iter().filter(of_field).filter(|_| own.is_empty() && *kind != Kind::CUSTOMER);
    let mut found = Vec::new();
    for reference in own.iter().copied().chain(any) {
        let Ok(target) = Kind::parse(reference.target) else { continue };
        let mut ids = Vec::new();
        collect(value, split(reference.path).1, &mut ids);
        found.extend(ids.into_iter().map(|id| Named { target: target.clone(), id, tie: reference.tie }));
    }
    found
}

/// The field of a path, and the way on from there.
fn split(path: &str) -> (&str, &str) {
    path.split_at(path.find(['.', '[']).unwrap_or(path.len()))
}

fn collect(value: &Value, way: &str, ids: &mut Vec<RecordId>) {
    if way.is_empty() {
        ids.extend(value.as_str().and_then(|text| text.parse::<RecordId>().ok()));
    } else if let Some(rest) = way.strip_prefix("[]") {
        value.as_array().into_iter().flatten().for_each(|item| collect(item, rest, ids));
    } else {
        let (name, rest) = split(way.trim_start_matches('.'));
        if let Some(inner) = value.get(name) {
            collect(inner, rest, ids);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::noun;
    use serde_json::json;
    use std::collections::BTreeSet;

    /// Paths of everything in a schema that is an id.
    fn ids(schema: &Value, root: &Value, path: &str, found: &mut BTreeSet<String>) {
        if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
            return ids(root.pointer(name.trim_start_matches('#')).unwrap(), root, path, found);
        }
        if schema.get("format").is_some_and(|format| format == "uuid") {
            found.insert(path.to_owned());
        }
        for (name, inner) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            ids(inner, root, &path, found);
        }
        if let Some(items) = schema.get("items") {
            ids(items, root, &format!("{path}[]"), found);
        }
        for key in ["anyOf", "oneOf", "allOf"] {
            schema.get(key).and_then(Value::as_array).into_iter().flatten().for_each(|s| ids(s, root, path, found));
        }
    }

    #[test]
    fn every_field_with_an_id_of_every_kind_is_among_its_references() {
        for (kind, description) in noun::all() {
            let root = noun::schema(kind).unwrap().to_value();
            let mut found = BTreeSet::new();
            ids(&root, &root, "", &mut found);
            let listed: BTreeSet<String> = description.references.iter().map(|r| r.path.to_owned()).collect();
            assert_eq!(listed, found, "{kind}");
        }
    }

    #[test]
    fn every_parent_of_every_kind_is_among_its_references() {
        for (kind, description) in noun::all() {
            for parent in description.parents {
                assert!(description.references.iter().any(|r| r.path == *parent), "{kind}: {parent}");
            }
        }
    }

    #[test]
    fn ids_are_found_wherever_in_a_field_they_stand() {
        let id: RecordId = "0190a0a0-0000-7000-8000-000000000001".parse().unwrap();
        let is = |kind: Kind, field: &str, value: Value| {
            named(&kind, field, &value).into_iter().map(|named| (named.target, named.tie)).collect::<Vec<_>>()
        };
        assert_eq!(is(Kind::VISIT, "customer_id", json!(id)), [(Kind::CUSTOMER, Tie::Names)]);
        assert_eq!(is(Kind::VISIT, "appointment", json!({ "contact_id": id })), [(Kind::CONTACT, Tie::Names)]);
        let posts = json!([{ "position": "总工" }, { "customer_id": id }, { "customer_id": "?" }]);
        assert_eq!(is(Kind::CONTACT, "posts", posts), [(Kind::CUSTOMER, Tie::Names)]);
        assert_eq!(is(Kind::ATTACHMENT, "about_id", json!(id)).len(), 2);
        let newer = Kind::parse("never_a_kind").unwrap();
        assert_eq!(is(newer, "visit_id", json!(id)), [(Kind::VISIT, Tie::Visit)]);
        assert_eq!(is(Kind::CONTACT, "visit_id", json!(id)), [(Kind::VISIT, Tie::Visit)], "a field beside its own");
        assert_eq!(is(Kind::CUSTOMER, "name", json!(id)), []);
    }
}
