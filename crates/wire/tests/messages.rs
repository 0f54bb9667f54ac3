//! Messages as they look on the wire, and the enrolment code.
#![cfg(test)]

use doorstep_domain::{Code, Doc, Kind, id::RecordId, merge::Change};
use doorstep_wire::{Ack, EnrolmentCode, Entry, EntryBody, Op, Outcome, RecordState, Sum};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn id(byte: u8) -> RecordId {
    RecordId(uuid::Uuid::from_bytes([byte; 16]))
}

#[test]
fn messages_have_the_shape_that_sync_md_gives() {
    let state = RecordState {
        version: 7,
        doc: serde_json::from_value(json!({"name": "甲"})).unwrap(),
        versions: BTreeMap::from([("name".to_owned(), 7)]),
    };
    let entry = Entry { position: 3, kind: Kind::CUSTOMER, id: id(1), body: EntryBody::State(state) };
    assert_eq!(
        serde_json::to_value(&entry).unwrap(),
        json!({"position": 3, "kind": "customer", "id": id(1), "is": "state", "version": 7,
               "doc": {"name": "甲"}, "versions": {"name": 7}}),
    );
    let left: Entry =
        serde_json::from_value(json!({"position": 4, "kind": "visit", "id": id(2), "is": "left"})).unwrap();
    assert_eq!(left.body, EntryBody::Left);
    let ack = Ack { seq: 9, outcome: Outcome::Refused { code: Code::OutOfScope, detail: "other branch".into() } };
    assert_eq!(
        serde_json::to_value(&ack).unwrap(),
        json!({"seq": 9, "outcome": "refused", "code": "out_of_scope", "detail": "other branch"}),
    );
}

#[test]
fn a_field_of_a_newer_protocol_does_not_stop_a_message() {
    let op = json!({"seq": 1, "kind": "visit", "id": id(1), "fields": {"subject": {"value": null, "base": 2}},
                    "at": "2026-11-23T08:00:00Z", "of_a_newer_protocol": true});
    let op: Op = serde_json::from_value(op).unwrap();
    assert_eq!(op.fields["subject"], Change { value: serde_json::Value::Null, base: 2 });
}

#[test]
fn a_hello_of_an_hq_that_says_less_still_reads() {
    let less = json!({"protocol": 1, "site_epoch": 1, "acked_seq": 0, "clock": "2026-11-23T08:00:00Z",
                      "limits": doorstep_wire::limits::Limits::default(), "feeds": {"all": 3}});
    let reply: doorstep_wire::HelloReply = serde_json::from_value(less).unwrap();
    assert_eq!((reply.incarnation, reply.lost, reply.next_key, reply.branch_id), (0, vec![], None, None));
    assert!(reply.roots.is_empty());
}

#[test]
fn the_hash_of_a_record_is_the_one_that_sync_md_gives() {
    let state = RecordState {
        version: 7,
        doc: serde_json::from_value(json!({"name": "甲", "b": [1, 2.5, null], "a": {"y": 1, "x": true}})).unwrap(),
        versions: BTreeMap::from([("name".to_owned(), 7), ("b".to_owned(), 3)]),
    };
    let text = r#"{"a":{"x":true,"y":1},"b":[1,2.5,null],"name":"甲"}"#;
    let mut bytes = [b"customer\0".as_slice(), &[1; 16], &7u64.to_be_bytes(), text.as_bytes(), &[0]].concat();
    bytes.extend(b"{\"b\":3,\"name\":7}\0");
    let hash = Sum::of(&Kind::CUSTOMER, id(1), &state).unwrap();
    assert_eq!(hash.0, blake3::hash(&bytes).as_bytes()[..16]);
    assert_eq!(serde_json::to_value(hash).unwrap(), json!(hex(&hash.0)));
    assert_ne!(Sum::of(&Kind::CUSTOMER, id(2), &state).unwrap(), hash);
    assert_ne!(Sum::of(&Kind::CUSTOMER, id(1), &RecordState { version: 8, ..state }).unwrap(), hash);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Any JSON, numbers and names of every sort included.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0u64..1_000).prop_map(Value::from),
        any::<f64>().prop_filter("JSON has no others", |n| n.is_finite()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::hash_map("[a-z]{1,3}|.{0,3}", inner, 0..5)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn a_record_is_hashed_over_its_canonical_json(value in json(), version: u64) {
        let doc = Doc::from_iter([("a".to_owned(), value)]);
        let versions = BTreeMap::from([("a".to_owned(), version)]);
        let text = |value: Vec<u8>| [value, vec![0]].concat();
        let bytes = [
            b"visit\0".to_vec(),
            vec![1; 16],
            version.to_be_bytes().to_vec(),
            text(serde_json_canonicalizer::to_vec(&doc).unwrap()),
            text(serde_json_canonicalizer::to_vec(&versions).unwrap()),
        ];
        let hash = Sum::of(&Kind::VISIT, id(1), &RecordState { version, doc, versions }).unwrap();
        let whole = blake3::hash(&bytes.concat());
        prop_assert_eq!(&hash.0[..], &whole.as_bytes()[..16]);
    }

    #[test]
    fn a_number_with_many_digits_reads_back_as_it_was_written(number in any::<f64>().prop_filter("JSON has no others", |n| n.is_finite())) {
        let written = serde_json::to_string(&number).unwrap();
        let read: f64 = serde_json::from_str(&written).unwrap();
        prop_assert_eq!(read.to_bits(), number.to_bits(), "laptop and HQ would hash another number than {}", written);
    }

    #[test]
    fn a_sum_reads_back_from_text_and_from_its_halves(bytes: [u8; 16], other: [u8; 16]) {
        let sum = Sum(bytes);
        prop_assert_eq!(sum.to_string().parse::<Sum>().unwrap(), sum);
        let (high, low) = sum.halves();
        prop_assert_eq!(Sum::from_halves(high, low), sum);
        // A database adds the halves up one by one.
        let (high_too, low_too) = Sum(other).halves();
        let mut both = sum;
        both ^= Sum(other);
        prop_assert_eq!(both.halves(), (high ^ high_too, low ^ low_too));
    }

    #[test]
    fn an_enrolment_code_reads_back_however_it_was_pasted(
        secret: [u8; 16],
        key_fingerprint: [u8; 32],
        host in "[a-z]{1,20}\\.example",
        port: u16,
        breaks in prop::collection::vec(0usize..120, 0..6),
    ) {
        let code = EnrolmentCode { address: format!("https://{host}:{port}"), key_fingerprint, secret };
        let mut text = code.to_string();
        for at in breaks {
            text.insert_str(at.min(text.len()), [" ", "\n", "\t"][at % 3]);
        }
        prop_assert_eq!(text.parse::<EnrolmentCode>().unwrap(), code);
    }

    #[test]
    fn a_mistyped_or_cut_code_is_told_at_once(secret: [u8; 16], at in 4usize..70, letter in "[A-Za-z0-9_-]") {
        let code = EnrolmentCode { address: "https://hq.example:7443".into(), key_fingerprint: [5; 32], secret };
        let text = code.to_string();
        let mut wrong = text.clone();
        wrong.replace_range(at..=at, &letter);
        if wrong != text {
            prop_assert_eq!(wrong.parse::<EnrolmentCode>().unwrap_err().code, Code::CodeWrong);
        }
        prop_assert_eq!(text[..text.len() - 1].parse::<EnrolmentCode>().unwrap_err().code, Code::CodeWrong);
    }

    #[test]
    fn anything_else_is_no_code_and_does_no_harm(text in ".{0,300}") {
        prop_assert_eq!(text.parse::<EnrolmentCode>().unwrap_err().code, Code::CodeWrong);
    }
}
