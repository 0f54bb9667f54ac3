//! Merge by field, as a property over random histories.
#![cfg(test)]

use doorstep_domain::{
    id::RecordId,
    merge::{self, Change, Field, Merged, Version, Writer, doc},
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn device(byte: u8) -> Writer {
    life(byte, 1)
}

fn life(byte: u8, incarnation: u32) -> Writer {
    Writer { device: RecordId(uuid::Uuid::from_bytes([byte; 16])).into(), incarnation }
}

fn change(field: &str, value: Value, base: u64) -> BTreeMap<String, Change> {
    BTreeMap::from([(field.to_owned(), Change { value, base })])
}

/// Merges into `fields` under a version; returns what lost and what was agreed on.
fn merge(
    fields: &mut BTreeMap<String, Field>,
    changes: &BTreeMap<String, Change>,
    writer: Writer,
    version: Version,
) -> Merged<'static> {
    let Merged { taken, lost, agreed } = merge::merge(|name| fields.get(name).cloned(), changes, writer);
    let taken = taken.into_iter().map(|(name, value)| (name.clone(), Field { value: value.clone(), version, writer }));
    fields.extend(taken);
    Merged { taken: Vec::new(), lost, agreed }
}

#[test]
fn different_fields_merge_silently() {
    let mut fields = BTreeMap::new();
    merge(&mut fields, &change("name", json!("甲"), 0), device(1), 1);
    let merged = merge(&mut fields, &change("phone", json!("1"), 0), device(2), 2);
    assert!(merged.lost.is_empty());
    assert_eq!(Value::Object(doc(&fields)), json!({"name": "甲", "phone": "1"}));
}

#[test]
fn what_hq_accepted_first_stands_against_one_who_did_not_see_it() {
    let mut fields = BTreeMap::new();
    merge(&mut fields, &change("name", json!("甲"), 0), device(1), 1);
    let merged = merge(&mut fields, &change("name", json!("乙"), 0), device(2), 2);
    assert_eq!(merged.lost.len(), 1);
    assert_eq!((&merged.lost[0].standing.as_ref().unwrap().value, &merged.lost[0].value), (&json!("甲"), &json!("乙")));
    assert_eq!(fields["name"].value, json!("甲"));
    // Who has seen it may change it.
    assert!(merge(&mut fields, &change("name", json!("丙"), 1), device(2), 3).lost.is_empty());
    assert_eq!(fields["name"].value, json!("丙"));
}

#[test]
fn a_cleared_field_has_a_version_too() {
    let mut fields = BTreeMap::new();
    merge(&mut fields, &change("notes", json!("旧"), 0), device(1), 1);
    merge(&mut fields, &change("notes", Value::Null, 1), device(1), 2);
    assert!(doc(&fields).is_empty());
    assert_eq!(merge(&mut fields, &change("notes", json!("新"), 1), device(2), 3).lost.len(), 1);
}

#[test]
fn a_laptop_restored_from_an_old_copy_is_a_stranger_to_what_it_wrote_later() {
    let mut fields = BTreeMap::new();
    merge(&mut fields, &change("name", json!("甲"), 0), life(1, 1), 1);
    let merged = merge(&mut fields, &change("name", json!("乙"), 0), life(1, 2), 2);
    assert_eq!(merged.lost.len(), 1);
    assert_eq!(fields["name"].value, json!("甲"));
}

#[test]
fn who_says_what_stands_without_having_seen_it_agrees() {
    let mut fields = BTreeMap::new();
    merge(&mut fields, &change("name", json!("甲"), 0), device(1), 1);
    assert_eq!(merge(&mut fields, &change("name", json!("甲"), 0), device(2), 2).agreed, ["name"]);
    assert!(merge(&mut fields, &change("name", json!("甲"), 1), device(2), 2).agreed.is_empty());
    assert!(merge(&mut fields, &change("name", json!("甲"), 0), device(1), 2).agreed.is_empty());
}

#[test]
fn a_writer_reads_back_as_it_was_written() {
    for writer in [Writer::HQ, life(7, 1), life(7, 2), life(7, u32::MAX)] {
        assert_eq!(writer.to_string().parse(), Ok(writer));
    }
    assert!("".parse::<Writer>().is_err() && "7/x".parse::<Writer>().is_err());
}

proptest! {
    /// One laptop's chain of offline edits never conflicts with itself, whatever bases it saw.
    #[test]
    fn own_edits_never_conflict(values in prop::collection::vec((0u8..4, 0i64..5, 0u64..3), 1..40)) {
        let mut fields: BTreeMap<String, Field> = BTreeMap::new();
        for (version, (field, value, base)) in (1..).zip(&values) {
            let merged = merge(&mut fields, &change(&format!("f{field}"), json!(value), *base), device(1), version);
            prop_assert!(merged.lost.is_empty());
        }
    }

    /// No value disappears without a trace: each change is taken, is what stands already, or is reported as lost.
    #[test]
    fn every_value_is_taken_or_reported(
        edits in prop::collection::vec((1u8..4, 0u8..3, prop::option::of(0i64..4), 0u64..30), 1..40),
    ) {
        let mut fields: BTreeMap<String, Field> = BTreeMap::new();
        for (version, (author, field, value, base)) in (1..).zip(&edits) {
            let name = format!("f{field}");
            let value = value.map_or(Value::Null, |v| json!(v));
            let before = fields.get(&name).cloned();
            let merged = merge(&mut fields, &change(&name, value.clone(), *base), device(*author), version);
            let now = fields.get(&name).map_or(Value::Null, |f| f.value.clone());
            if merged.lost.is_empty() {
                prop_assert_eq!(now, value);
            } else {
                prop_assert_eq!(&merged.lost[0].value, &value);
                prop_assert_eq!(fields.get(&name).cloned(), before);
            }
        }
    }
}
