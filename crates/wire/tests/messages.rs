//! Messages as they look on the wire, and the enrolment code.
#![cfg(test)]

use doorstep_domain::{Code, Kind, id::RecordId, merge::Change};
use doorstep_wire::{Ack, EnrolmentCode, Entry, EntryBody, Op, Outcome, RecordState};
use proptest::prelude::*;
use serde_json::json;
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

proptest! {
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
