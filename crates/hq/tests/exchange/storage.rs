//! What every database of HQ's has to do. Written against the trait: each database runs the same tests.

use super::{
    house::{id, random},
    place::{Place, STATEMENTS},
};
use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use doorstep_domain::{Kind, id::RecordId, merge::Writer};
use doorstep_hq::storage::{
    Account, Answered, Changes, Enrolment, Kept, Key, Move, Newcomer, PageBounds, Redeemed, Sighting, Stamp, Storage,
    StorageError, StoredRecord, Top, Turn,
};
use doorstep_wire::{BucketAsk, Digest, EntryBody, Outcome, Sum, digest::bucket};
use futures_util::poll;
use serde_json::Value;

const HOME: Turn<'static> = Turn::Home("branch:a");
const BOUNDS: PageBounds = PageBounds { entries_max: 100, bytes_max: 1_000_000, fresh_until: 0 };

pub fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 23, 9, 0, 0).unwrap()
}

fn newcomer() -> Newcomer {
    Newcomer {
        id: id().into(),
        name: "笔记本".to_owned(),
        public_key: hex::encode(random::<32>()),
        app_version: "0.1.0".to_owned(),
        token_hash: random(),
        proved: true,
    }
}

fn enrolment() -> Enrolment {
    Enrolment {
        secret_hash: random(),
        branch_id: id().into(),
        engineer_id: id().into(),
        expires_at: now() + TimeDelta::hours(1),
    }
}

pub async fn enrolled(storage: &dyn Storage) -> i64 {
    let enrolment = enrolment();
    storage.issue(&enrolment).await.unwrap();
    match storage.redeem(enrolment.secret_hash, &newcomer(), now()).await.unwrap() {
        Redeemed::Enrolled(device) => device.number,
        other => panic!("{other:?}"),
    }
}

pub fn record(id: RecordId, feed: &str, version: u64, fields: &[(&str, Value)]) -> StoredRecord {
    let mut record = StoredRecord::empty(Key::new(Kind::CUSTOMER, id));
    for (name, value) in fields {
        record.set(*name, value.clone(), Stamp { version, writer: Writer::HQ, at: now() });
    }
    record.feed = Some(feed.to_owned());
    record
}

pub fn kept(seq: u64) -> Kept {
    let outcome = Outcome::Accepted { version: seq, conflicts: vec!["name".to_owned()] };
    Kept { answered: Answered { seq, hash: [u8::try_from(seq % 256).unwrap(); 32], outcome }, body: "{}".to_owned() }
}

pub fn changes(device: i64, records: Vec<StoredRecord>) -> Changes {
    let moves =
        records.iter().map(|r| Move { feed: r.feed.clone().unwrap(), key: r.key.clone(), gone: false }).collect();
    Changes { device, incarnation: 1, records, moves, at: now(), ..Changes::default() }
}

pub async fn put(storage: &dyn Storage, changes: Changes) {
    let mut writing = storage.begin(HOME).await.unwrap();
    let keys: Vec<Key> = changes.records.iter().map(|r| r.key.clone()).collect();
    writing.records(&keys).await.unwrap();
    writing.put(changes).await.unwrap();
    writing.commit().await.unwrap();
}

async fn a_code_is_good_once_and_until_its_date(storage: &dyn Storage) {
    let enrolment = enrolment();
    storage.issue(&enrolment).await.unwrap();
    let redeem = |hash, at| {
        let newcomer = newcomer();
        async move { storage.redeem(hash, &newcomer, at).await.unwrap() }
    };
    assert_eq!(redeem(random(), now()).await, Redeemed::Unknown);
    assert_eq!(redeem(enrolment.secret_hash, enrolment.expires_at).await, Redeemed::Expired);
    assert!(matches!(redeem(enrolment.secret_hash, now()).await, Redeemed::Enrolled(_)));
    assert_eq!(redeem(enrolment.secret_hash, now()).await, Redeemed::Used);
    assert_eq!(storage.devices().await.unwrap().len(), 1);
}

async fn two_laptops_with_one_code_at_once_make_one(storage: &dyn Storage) {
    let enrolment = enrolment();
    storage.issue(&enrolment).await.unwrap();
    let (a, b) = (newcomer(), newcomer());
    let (a, b) = tokio::join!(
        storage.redeem(enrolment.secret_hash, &a, now()),
        storage.redeem(enrolment.secret_hash, &b, now())
    );
    let both = [a.unwrap(), b.unwrap()];
    assert_eq!(both.iter().filter(|r| matches!(r, Redeemed::Enrolled(_))).count(), 1);
    assert_eq!(both.iter().filter(|r| **r == Redeemed::Used).count(), 1);
}

async fn a_laptop_is_found_by_its_tokens_hash(storage: &dyn Storage) {
    let (enrolment, newcomer) = (enrolment(), newcomer());
    storage.issue(&enrolment).await.unwrap();
    storage.redeem(enrolment.secret_hash, &newcomer, now()).await.unwrap();
    let found = storage.device_by_token(newcomer.token_hash).await.unwrap().unwrap();
    assert_eq!((found.id, found.branch_id, found.revoked_at), (newcomer.id, enrolment.branch_id, None));
    assert_eq!(storage.device_by_token(random()).await.unwrap(), None);
    storage.revoke(found.number, now()).await.unwrap();
    storage.revoke(found.number, now() + TimeDelta::days(1)).await.unwrap();
    storage.keep_store_key(found.number, "sealed").await.unwrap();
    let found = storage.device_by_token(newcomer.token_hash).await.unwrap().unwrap();
    assert_eq!(found.revoked_at, Some(now()), "the first time counts");
    assert_eq!(found.wrapped_store_key.as_deref(), Some("sealed"));
}

async fn a_code_shown_again_by_its_laptop_gives_the_same_laptop_another_token(storage: &dyn Storage) {
    let (enrolment, first) = (enrolment(), newcomer());
    storage.issue(&enrolment).await.unwrap();
    storage.redeem(enrolment.secret_hash, &first, now()).await.unwrap();
    let again = Newcomer { id: id().into(), token_hash: random(), ..first.clone() };
    let Redeemed::Enrolled(device) = storage.redeem(enrolment.secret_hash, &again, now()).await.unwrap() else {
        panic!("not enrolled again")
    };
    assert_eq!(device.id, first.id);
    assert_eq!(storage.devices().await.unwrap().len(), 1);
    assert_eq!(storage.device_by_token(first.token_hash).await.unwrap(), None);
    assert_eq!(storage.device_by_token(again.token_hash).await.unwrap().unwrap().id, first.id);
    let late = storage.redeem(enrolment.secret_hash, &again, enrolment.expires_at).await.unwrap();
    assert_eq!(late, Redeemed::Used);
    storage.revoke(device.number, now()).await.unwrap();
    assert_eq!(storage.redeem(enrolment.secret_hash, &again, now()).await.unwrap(), Redeemed::Used);
}

async fn whatever_a_laptop_calls_itself_it_is_enrolled(storage: &dyn Storage) {
    let enrolment = enrolment();
    storage.issue(&enrolment).await.unwrap();
    let strange = Newcomer { name: "a\0b \u{202e}𠮷'\"".to_owned(), app_version: "\0".to_owned(), ..newcomer() };
    let redeemed = storage.redeem(enrolment.secret_hash, &strange, now()).await.unwrap();
    assert!(matches!(redeemed, Redeemed::Enrolled(_)));
    assert!(storage.devices().await.unwrap()[0].name.contains('𠮷'));
}

async fn an_incarnation_only_grows(storage: &dyn Storage) {
    let number = enrolled(storage).await;
    let sighting = |incarnation| Sighting {
        number,
        incarnation,
        app_version: "1".to_owned(),
        last_seq: 0,
        clock_off_ms: Some(-5),
        at: now(),
    };
    assert_eq!(storage.sighted(&sighting(3)).await.unwrap().incarnation, 3);
    assert_eq!(storage.sighted(&sighting(2)).await.unwrap().incarnation, 3);
}

async fn records_read_back_as_they_were_put(storage: &dyn Storage) {
    let number = enrolled(storage).await;
    let tricky = Value::from("引号\" 反斜杠\\ 换行\n ²³µ〇 𠮷 {\"json\": [1]}");
    let stored = record(id(), "branch:a", 7, &[("name", tricky), ("n", 1.5.into()), ("gone", Value::Null)]);
    put(storage, changes(number, vec![stored.clone()])).await;
    let keys = [stored.key.clone(), Key::new(Kind::VISIT, stored.key.id), Key::new(Kind::CUSTOMER, id())];
    assert_eq!(storage.records(&keys).await.unwrap(), std::slice::from_ref(&stored));
    let mut writing = storage.begin(HOME).await.unwrap();
    assert_eq!(writing.records(&keys).await.unwrap(), [stored]);
    assert_eq!(writing.records(&[]).await.unwrap(), []);
}

async fn a_change_that_is_dropped_never_was(storage: &dyn Storage) {
    let number = enrolled(storage).await;
    let stored = record(id(), "branch:a", 9, &[("name", "x".into())]);
    {
        let mut writing = storage.begin(HOME).await.unwrap();
        writing.put(changes(number, vec![stored.clone()])).await.unwrap();
    }
    assert!(storage.records(std::slice::from_ref(&stored.key)).await.unwrap().is_empty());
    assert_eq!(storage.tops(&["branch:a".to_owned()]).await.unwrap(), [Top::default()]);
}

async fn versions_are_taken_in_blocks_and_never_twice(storage: &dyn Storage) {
    let before = storage.site().await.unwrap().version;
    let mut writing = storage.begin(HOME).await.unwrap();
    assert_eq!(writing.reserve(3).await.unwrap(), before);
    assert_eq!(writing.reserve(1).await.unwrap(), before + 3, "the second block follows the first");
    writing.commit().await.unwrap();
    assert_eq!(storage.site().await.unwrap().version, before + 4);
    let mut writing = storage.begin(Turn::Hq).await.unwrap();
    assert_eq!(writing.reserve(1).await.unwrap(), before + 4);
}

async fn answers_are_kept_by_incarnation_and_sequence(storage: &dyn Storage) {
    let number = enrolled(storage).await;
    let operations: Vec<Kept> = (1..=5).map(kept).collect();
    let expected = operations.clone();
    put(storage, Changes { operations, ..changes(number, Vec::new()) }).await;
    let mut writing = storage.begin(HOME).await.unwrap();
    assert_eq!(writing.answered(number, 1, 2, 4).await.unwrap(), expected[1..4]);
    assert_eq!(writing.answered(number, 2, 1, 5).await.unwrap(), []);
    assert_eq!(writing.standing(number, 1).await.unwrap().acked_seq, 5);
    assert_eq!(writing.standing(number, 2).await.unwrap().acked_seq, 0);
}

async fn a_feed_gives_each_record_one_place_at_its_end(storage: &dyn Storage) {
    let number = enrolled(storage).await;
    let (a, b) = (id(), id());
    let [one, two] = [a, b].map(|id| record(id, "branch:a", 1, &[("name", "x".into())]));
    put(storage, changes(number, vec![one.clone(), two])).await;
    put(storage, changes(number, vec![record(a, "branch:a", 2, &[("name", "y".into())])])).await;
    let stretch = storage.stretch("branch:a", 0, BOUNDS).await.unwrap();
    assert_eq!(stretch.entries.iter().map(|e| (e.position, e.id)).collect::<Vec<_>>(), [(2, b), (3, a)]);
    assert_eq!((stretch.end, stretch.more), (3, false));
    let gone = Move { feed: "branch:a".to_owned(), key: one.key.clone(), gone: true };
    let moved =
        Changes { moves: vec![gone], ..changes(number, vec![record(a, "branch:b", 3, &[("name", "y".into())])]) };
    put(storage, moved).await;
    let stretch = storage.stretch("branch:a", 3, BOUNDS).await.unwrap();
    assert_eq!(stretch.entries.len(), 1);
    assert_eq!((stretch.entries[0].position, &stretch.entries[0].body), (4, &EntryBody::Left));
}

/// What the sums of a feed have to be: those of the records that its stretch gives.
pub async fn counted(storage: &dyn Storage, feed: &str) -> (Sum, Digest) {
    let (mut root, mut digest) = (Sum::default(), Digest::default());
    for entry in storage.stretch(feed, 0, BOUNDS).await.unwrap().entries {
        let EntryBody::State(state) = &entry.body else { continue };
        let sum = Sum::of(&entry.kind, entry.id, state).unwrap();
        root ^= sum;
        *digest.buckets.entry(entry.kind).or_default().entry(bucket(entry.id)).or_default() ^= sum;
    }
    (root, digest)
}

async fn the_sums_of_a_feed_are_those_of_the_records_in_it(storage: &dyn Storage) {
    let number = enrolled(storage).await;
    let check = async |what: &str| {
        for feed in ["branch:a", "branch:b", "branch:c"] {
            let (root, digest) = counted(storage, feed).await;
            let top = storage.tops(&[feed.to_owned()]).await.unwrap()[0];
            assert_eq!(top.root, root, "{what}, {feed}");
            assert_eq!(storage.stretch(feed, 0, BOUNDS).await.unwrap().root, Some(root), "{what}, {feed}");
            assert_eq!(storage.sums(feed).await.unwrap(), digest, "{what}, {feed}");
        }
    };
    let ids: Vec<RecordId> = (0..300).map(|_| id()).collect();
    let named = |at: usize, feed: &str, version| record(ids[at], feed, version, &[("name", "甲".into())]);
    put(storage, changes(number, (0..60).map(|at| named(at, "branch:a", 1)).collect())).await;
    check("new records").await;
    put(storage, changes(number, (0..9).map(|at| named(at, "branch:a", 2)).collect())).await;
    check("changed records").await;
    let gone =
        |at: usize, feed: &str| Move { feed: feed.to_owned(), key: Key::new(Kind::CUSTOMER, ids[at]), gone: true };
    let mut moved = changes(number, vec![named(3, "branch:b", 3), named(4, "branch:b", 3)]);
    moved.moves.insert(0, gone(3, "branch:a"));
    put(storage, moved).await;
    check("one that went to another feed, and one that stands in both").await;
    let left = Changes { moves: vec![gone(5, "branch:a"), gone(4, "branch:b")], ..changes(number, vec![]) };
    put(storage, left).await;
    check("some that left and did not change").await;
    let again = Move { feed: "branch:c".to_owned(), key: Key::new(Kind::CUSTOMER, ids[5]), gone: false };
    put(storage, Changes { moves: vec![again], ..changes(number, vec![]) }).await;
    check("one that came into a feed and did not change").await;
}

async fn a_bucket_is_read_in_pages_in_the_order_of_its_ids(storage: &dyn Storage) {
    let number = enrolled(storage).await;
    let ids: Vec<RecordId> = (0..300).map(|_| id()).collect();
    let records = ids.iter().map(|id| record(*id, "branch:a", 1, &[("name", "甲".into())])).collect();
    put(storage, changes(number, records)).await;
    let buckets: Vec<u8> = (0..=255).step_by(2).collect();
    let mut expected: Vec<RecordId> = ids.into_iter().filter(|id| buckets.contains(&bucket(*id))).collect();
    expected.sort_unstable();
    let mut ask = BucketAsk { feed: "branch:a".to_owned(), site_epoch: 1, kind: Kind::CUSTOMER, buckets, after: None };
    let mut read = Vec::new();
    loop {
        let page = storage.bucket(&ask, PageBounds { entries_max: 7, ..BOUNDS }).await.unwrap();
        assert!(page.entries.len() <= 7);
        read.extend(page.entries.iter().map(|entry| entry.id));
        ask.after = read.last().copied();
        if !page.more {
            break;
        }
    }
    assert_eq!(read, expected);
    let other = BucketAsk { feed: "branch:b".to_owned(), after: None, ..ask };
    assert_eq!(storage.bucket(&other, BOUNDS).await.unwrap().entries, []);
}

async fn feeds_count_by_themselves(storage: &dyn Storage) {
    let number = enrolled(storage).await;
    let records: Vec<StoredRecord> = ["branch:b", "branch:a", "branch:b"]
        .into_iter()
        .map(|feed| record(id(), feed, 1, &[("name", "x".into())]))
        .collect();
    put(storage, changes(number, records)).await;
    let asked = ["branch:b", "branch:none", "branch:a"].map(str::to_owned);
    let ends: Vec<u64> = storage.tops(&asked).await.unwrap().into_iter().map(|top| top.position).collect();
    assert_eq!(ends, [2, 0, 1]);
}

async fn a_stretch_stops_at_either_bound(storage: &dyn Storage) {
    let number = enrolled(storage).await;
    let records = (0..6).map(|_| record(id(), "branch:a", 1, &[("name", "x".repeat(1_000).into())])).collect();
    put(storage, changes(number, records)).await;
    for (entries_max, bytes_max, expected) in
        [(6, 1_000_000, (6, false)), (5, 1_000_000, (5, true)), (6, 1_500, (2, true)), (6, 0, (1, true))]
    {
        let stretch =
            storage.stretch("branch:a", 0, PageBounds { entries_max, bytes_max, fresh_until: 0 }).await.unwrap();
        assert_eq!((stretch.entries.len(), stretch.more), expected);
    }
    let last =
        storage.stretch("branch:a", 5, PageBounds { entries_max: 6, bytes_max: 0, fresh_until: 0 }).await.unwrap();
    assert_eq!((last.entries.len(), last.more), (1, false));
}

async fn attachments_are_found_by_hash(storage: &dyn Storage) {
    let number = enrolled(storage).await;
    let mut stored = record(id(), "branch:a", 1, &[("hash", "abc".into())]);
    stored.key.kind = Kind::ATTACHMENT;
    let decoy = record(id(), "branch:a", 1, &[("hash", "abc".into())]);
    put(storage, changes(number, vec![stored.clone(), decoy])).await;
    assert_eq!(storage.attachments_named("abc").await.unwrap(), [stored]);
    assert!(storage.attachments_named("def").await.unwrap().is_empty());
}

async fn records_are_found_below_the_one_they_hang_on(storage: &dyn Storage) {
    let number = enrolled(storage).await;
    let (visit, other, customer) = (id(), id(), id());
    let below = |kind: Kind, fields: &[(&str, RecordId)]| {
        let mut record = record(id(), "branch:a", 1, &[]);
        record.key.kind = kind;
        for (name, id) in fields {
            record.set(*name, id.to_string().into(), Stamp { version: 1, writer: Writer::HQ, at: now() });
        }
        record
    };
    let mut moved = below(Kind::PROBLEM, &[("visit_id", visit)]);
    let mut conflict = below(Kind::CONFLICT, &[("record_id", visit), ("visit_id", other)]);
    conflict.set("record_kind", "visit".into(), Stamp { version: 1, writer: Writer::HQ, at: now() });
    let records = vec![
        below(Kind::VISIT, &[("customer_id", customer)]),
        below(Kind::OPEN_POINT, &[("visit_id", visit), ("customer_id", customer)]),
        conflict,
        moved.clone(),
    ];
    put(storage, changes(number, records.clone())).await;
    let kinds = [Kind::VISIT, Kind::OPEN_POINT, Kind::PROBLEM];
    let found = async |ids: &[RecordId], kinds: &[Kind]| {
        let mut writing = storage.begin(HOME).await.unwrap();
        let below = writing.below(ids, kinds).await.unwrap();
        below.into_iter().map(|r| r.key.kind).collect::<Vec<_>>()
    };
    assert_eq!(found(&[customer], &kinds).await, [Kind::VISIT]);
    assert_eq!(found(&[visit], &kinds).await, [Kind::OPEN_POINT, Kind::PROBLEM]);
    assert_eq!(found(&[visit], &[Kind::CONFLICT]).await, [Kind::CONFLICT]);
    assert_eq!(found(&[other], &[Kind::CONFLICT, Kind::PROBLEM]).await, []);
    assert_eq!(found(&[], &kinds).await, []);
    moved.set("visit_id", other.to_string().into(), Stamp { version: 2, writer: Writer::HQ, at: now() });
    put(storage, changes(number, vec![moved])).await;
    assert_eq!(found(&[other], &kinds).await, [Kind::PROBLEM]);
    assert_eq!(found(&[visit, customer], &kinds).await, [Kind::OPEN_POINT, Kind::VISIT]);
}

async fn what_left_a_feed_is_remembered_and_passed_over_for_those_who_never_had_it(storage: &dyn Storage) {
    let number = enrolled(storage).await;
    let (gone, stays) = (record(id(), "branch:a", 1, &[]), record(id(), "branch:a", 1, &[]));
    put(storage, changes(number, vec![gone.clone(), stays.clone()])).await;
    let left = Move { feed: "branch:a".to_owned(), key: gone.key.clone(), gone: true };
    put(storage, Changes { moves: vec![left], ..changes(number, Vec::new()) }).await;
    let mut writing = storage.begin(HOME).await.unwrap();
    let feeds = ["branch:a".to_owned(), "branch:b".to_owned()];
    let found = writing.left(&feeds, &[gone.key.clone(), stays.key.clone()]).await.unwrap();
    assert_eq!(found, [("branch:a".to_owned(), gone.key.clone())]);
    assert_eq!(writing.left(&feeds[1..], std::slice::from_ref(&gone.key)).await.unwrap(), []);
    drop(writing);
    for (fresh_until, entries) in [(0, 2), (2, 2), (3, 1)] {
        let bounds = PageBounds { fresh_until, ..BOUNDS };
        assert_eq!(storage.stretch("branch:a", 0, bounds).await.unwrap().entries.len(), entries);
    }
}

async fn a_name_is_given_once(storage: &dyn Storage) {
    let account = |name: &str| Account {
        id: id().to_string(),
        name: name.to_owned(),
        role: "assistant".to_owned(),
        branch_id: None,
        password_hash: "x".to_owned(),
        created_at: now(),
        closed_at: None,
    };
    assert!(storage.add_account(&account("李雷")).await.unwrap());
    assert!(!storage.add_account(&account("李雷")).await.unwrap());
    assert!(storage.add_account(&account("韩梅梅")).await.unwrap());
}

async fn a_damaged_row_is_named_and_breaks_nothing_else(storage: &dyn Storage) {
    assert!(storage.writable().await.is_ok());
    let number = enrolled(storage).await;
    let stored = record(id(), "branch:a", 1, &[("name", "x".into())]);
    let nowhere = Move { feed: "branch:a".to_owned(), key: Key::new(Kind::CUSTOMER, id()), gone: false };
    put(storage, Changes { moves: vec![nowhere], ..changes(number, Vec::new()) }).await;
    assert!(storage.stretch("branch:a", 0, BOUNDS).await.is_err(), "an entry without a record");
    put(storage, changes(number, vec![stored])).await;
    assert_eq!(storage.stretch("branch:a", 1, BOUNDS).await.unwrap().entries.len(), 1);
}

/// Runs each on a database of its own.
macro_rules! conform {
    ($($test:ident),+ $(,)?) => {
        mod conformance {
            $(#[tokio::test]
            async fn $test() {
                let place = crate::place::Place::fresh().await;
                super::$test(&place.open().await.unwrap()).await;
            })+
        }
    };
}
pub(crate) use conform;

conform![
    a_code_is_good_once_and_until_its_date,
    two_laptops_with_one_code_at_once_make_one,
    a_laptop_is_found_by_its_tokens_hash,
    a_code_shown_again_by_its_laptop_gives_the_same_laptop_another_token,
    whatever_a_laptop_calls_itself_it_is_enrolled,
    an_incarnation_only_grows,
    records_read_back_as_they_were_put,
    a_change_that_is_dropped_never_was,
    versions_are_taken_in_blocks_and_never_twice,
    answers_are_kept_by_incarnation_and_sequence,
    a_feed_gives_each_record_one_place_at_its_end,
    the_sums_of_a_feed_are_those_of_the_records_in_it,
    a_bucket_is_read_in_pages_in_the_order_of_its_ids,
    feeds_count_by_themselves,
    a_stretch_stops_at_either_bound,
    attachments_are_found_by_hash,
    records_are_found_below_the_one_they_hang_on,
    what_left_a_feed_is_remembered_and_passed_over_for_those_who_never_had_it,
    a_name_is_given_once,
    a_damaged_row_is_named_and_breaks_nothing_else,
];

/// What a request began whose sender is gone.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_given_up_while_it_begins_leaves_nothing_open() {
    let place = Place::fresh().await;
    let (storage, beside) = (place.open().await.unwrap(), place.open().await.unwrap());
    for polls in 1..150 {
        let mut beginning = storage.begin(HOME);
        for _ in 0..polls {
            if poll!(&mut beginning).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(beginning);
        let enrolment = enrolment();
        storage.issue(&enrolment).await.unwrap();
        let redeemed = beside.redeem(enrolment.secret_hash, &newcomer(), now()).await.unwrap();
        assert!(matches!(redeemed, Redeemed::Enrolled(_)), "after {polls} polls what was written is not stored");
    }
}

#[tokio::test]
async fn every_statement_prepares() {
    use sqlx::{Executor, SqlSafeStr};
    let place = Place::fresh().await;
    let storage = place.open().await.unwrap();
    for statement in STATEMENTS {
        if let Err(error) = storage.pool().prepare(statement.into_sql_str()).await {
            panic!("{statement}: {error}");
        }
    }
}

#[tokio::test]
async fn a_database_of_a_newer_hq_is_not_opened() {
    let place = Place::fresh().await;
    let storage = place.open().await.unwrap();
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (999, 'later', true, $1, 0)",
    )
    .bind(vec![0_u8])
    .execute(storage.pool())
    .await
    .unwrap();
    storage.close().await.unwrap();
    assert!(matches!(place.open().await, Err(StorageError::Newer)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_opened_many_times_at_its_first_start_is_made_once() {
    let place = std::sync::Arc::new(Place::bare().await);
    let opening: Vec<_> = (0..8)
        .map(|_| {
            let place = place.clone();
            tokio::spawn(async move { place.open().await.unwrap().site().await.unwrap().version })
        })
        .collect();
    for opened in opening {
        assert_eq!(opened.await.unwrap(), 0);
    }
}
