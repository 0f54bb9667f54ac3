//! Nothing that comes from outside makes HQ panic: messages, operations and seals, offers, import files, backups.
//!
//! `cargo xtask soak` tries many more (`DOORSTEP_SOAK`).
#![cfg(test)]

use chrono::{TimeZone, Utc};
use doorstep_domain::{Kind, id::RecordId, merge::Change};
use doorstep_hq::{
    Config, Hq, Surroundings, Transport, backup,
    landing::{Author, Ground},
};
use doorstep_wire::{
    Enrol, Hello, HelloReply, MissingAsk, Offer, Op, Outcome, Page, Pull, Push, PushReply, RawPush, Recovery,
};
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::{fs, path::Path};
use uuid::Uuid;

/// How many cases: `PROPTEST_CASES` would count for all alike, and those that open a database take a thousand times longer.
fn cases(usual: u32, soak: u32) -> ProptestConfig {
    let cases = if std::env::var_os("DOORSTEP_SOAK").is_some() { soak } else { usual };
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Any JSON, with the names and values that messages have among it.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
        prop::sample::select(vec![
            "019a0000-0000-7000-8000-000000000001",
            "2026-11-23T09:00:00Z",
            "+262143-12-31T23:59:59Z",
            "sealed",
            "CD",
            "AAAA",
            "DS1-",
            "-1",
            "1e999",
            "\u{0}",
            "𠮷",
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(field(), inner, 0..6).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn field() -> impl Strategy<Value = String> {
    let known = [
        "branch_id",
        "engineer_id",
        "customer_id",
        "visit_id",
        "name",
        "hash",
        "bytes",
        "document",
        "signature",
        "public_key",
        "progress",
        "state",
        "signing",
        "appointment",
        "settled",
        "deleted",
        "code",
        "version",
        "sections",
        "template",
        "product",
        "branch",
        "company",
        "parent_id",
        "merged_into",
        "seq",
        "kind",
        "id",
        "fields",
        "value",
        "base",
        "at",
        "ops",
        "records",
        "site_epoch",
        "hashes",
    ];
    prop_oneof![4 => prop::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => ".{0,12}"]
}

fn kind() -> impl Strategy<Value = String> {
    let known = [
        "customer",
        "contact",
        "installation",
        "visit",
        "problem",
        "question",
        "answer",
        "attachment",
        "open_point",
        "seal",
        "satisfaction",
        "conflict",
        "engineer",
        "template",
    ];
    prop_oneof![6 => prop::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => "[a-z_]{0,12}", 1 => ".{0,12}"]
}

/// Fields as an operation carries them.
fn changed(fields: std::collections::BTreeMap<String, Value>) -> Value {
    let change = |(name, value)| (name, json!({"value": value, "base": 0}));
    Value::Object(fields.into_iter().map(change).collect())
}

/// A message read from this, whatever it is, goes back to JSON.
fn reads<T: DeserializeOwned + serde::Serialize>(value: &Value) {
    if let Ok(message) = serde_json::from_value::<T>(value.clone()) {
        serde_json::to_string(&message).unwrap();
    }
}

fn surroundings() -> Surroundings {
    let now = Utc.with_ymd_and_hms(2026, 11, 23, 9, 0, 0).unwrap();
    Surroundings::new(move || now, |bytes| getrandom::fill(bytes).unwrap())
}

fn config(data: &Path) -> Config {
    Config::new(data.to_owned(), Transport::Http, surroundings())
}

proptest! {
    #![proptest_config(cases(256, 100_000))]

    #[test]
    fn any_json_is_a_message_or_none(value in any_json()) {
        reads::<Enrol>(&value);
        reads::<Recovery>(&value);
        reads::<Hello>(&value);
        reads::<HelloReply>(&value);
        reads::<Push>(&value);
        reads::<PushReply>(&value);
        reads::<Pull>(&value);
        reads::<Page>(&value);
        reads::<Offer>(&value);
        reads::<MissingAsk>(&value);
    }

    /// HQ reads a push operation by operation, which is to say the same as reading it whole.
    #[test]
    fn a_push_reads_the_same_whole_and_piece_by_piece(
        ops in prop::collection::vec((kind(), prop::collection::btree_map(field(), any_json(), 0..6), any::<u64>()), 0..4),
        odd in prop::option::weighted(0.2, any_json()),
    ) {
        let id = RecordId(Uuid::nil());
        let op = |(kind, fields, seq)| json!({"seq": seq, "kind": kind, "id": id, "fields": changed(fields), "at": "2026-11-23T09:00:00Z"});
        let ops: Vec<Value> = ops.into_iter().map(op).chain(odd).collect();
        let text = json!({"incarnation": 1, "ops": ops}).to_string();
        let raw: RawPush<'_> = serde_json::from_str(&text).unwrap();
        let pieces: Option<Vec<Op>> = raw.ops.iter().map(|op| serde_json::from_str(op.get()).ok()).collect();
        prop_assert_eq!(pieces, serde_json::from_str::<Push>(&text).ok().map(|push| push.ops));
    }

    #[test]
    fn any_bytes_are_a_message_or_none(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(serde_json::from_slice::<Push>(&bytes).is_err());
        prop_assert!(serde_json::from_slice::<RawPush<'_>>(&bytes).is_err());
        prop_assert!(serde_json::from_slice::<Offer>(&bytes).is_err());
    }

    #[test]
    fn any_operations_are_taken_or_refused_and_a_record_stays_one(
        ops in prop::collection::vec((kind(), 0u128..3, prop::collection::btree_map(field(), any_json(), 0..6), any::<u64>()), 1..12),
        from_hq in any::<bool>(),
    ) {
        let branch = RecordId(Uuid::from_u128(7));
        let laptop = Author::Laptop {
            device: RecordId(Uuid::from_u128(8)).into(),
            incarnation: 1,
            engineer: RecordId(Uuid::from_u128(9)).into(),
            branch: branch.into(),
        };
        let author = if from_hq { Author::Hq } else { laptop };
        let mut ground = Ground::new(&[], Vec::new());
        ground.number(0, 1_000);
        for (seq, (kind, id, fields, base)) in (1..).zip(ops) {
            let mut fields: std::collections::BTreeMap<_, _> =
                fields.into_iter().map(|(name, value)| (name, Change { value, base })).collect();
            if base % 2 == 0 {
                fields.insert("branch_id".to_owned(), Change { value: branch.to_string().into(), base: 0 });
            }
            let mut op = json!({"seq": seq, "kind": kind, "id": Uuid::from_u128(id), "fields": {}, "at": "2026-11-23T09:00:00Z"});
            op["fields"] = serde_json::to_value(fields).unwrap();
            let Ok(op) = serde_json::from_value::<Op>(op) else { continue };
            if let Outcome::Accepted { version, .. } = ground.take(&author, &op) {
                prop_assert!(Kind::parse(op.kind.as_str()).is_ok());
                prop_assert!(version > 0);
            }
        }
        ground.check_versions().unwrap();
        for record in ground.into_changes().records {
            doorstep_domain::record::check(&record.key.kind, &record.doc).unwrap();
        }
    }
}

proptest! {
    #![proptest_config(cases(24, 2_400))]

    #[test]
    fn any_import_file_is_taken_or_refused_whole(
        text in prop_oneof![
            4 => prop::collection::btree_map(field(), any_json(), 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect::<Map<_, _>>()).to_string()),
            1 => ".{0,200}",
        ],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let hq = Hq::open(config(&folder.path().join("hq"))).await.unwrap();
            let before = hq.storage().site().await.unwrap().version;
            let file = folder.path().join("import.json");
            fs::write(&file, text).unwrap();
            let taken = hq.import(&[&file]).await;
            let after = hq.storage().site().await.unwrap().version;
            assert!(taken.is_ok() || after == before);
            hq.close().await.unwrap();
        });
    }

    #[test]
    fn any_manifest_of_a_backup_is_refused(
        text in prop_oneof![any_json().prop_map(|value| value.to_string()), ".{0,100}".prop_map(String::from)],
        name in prop_oneof![".{0,20}", Just("../hq.sqlite".to_owned()), Just("/etc/passwd".to_owned())],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let member = json!({"name": name, "bytes": 0, "hash": ""});
            let formed = json!({
                "format": 1, "made_at": "2026-11-23T09:00:00Z", "epoch": u64::MAX, "database": member, "keys": [member],
                "list": member, "attachments": 0, "attachment_bytes": 0,
            });
            for text in [text, formed.to_string()] {
                fs::write(folder.path().join("manifest.json"), text).unwrap();
                let data = folder.path().join("new");
                assert!(backup::restore(folder.path(), &config(&data)).await.is_err());
                assert!(!data.join("hq.sqlite").exists());
            }
        });
    }
}
