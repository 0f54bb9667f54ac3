//! What every database of HQ's has to do for people at HQ: what is open, logins, the trail, wiping.

use super::{
    house::{id, random},
    place::Place,
    storage::{changes, conform, enrolled, now, put, record},
};
use chrono::TimeDelta;
use doorstep_domain::{Kind, id::RecordId};
use doorstep_hq::storage::{
    Account, Changes, Key, OpenAsk, OpenPlace, Restore, Sighting, Storage, StoredRecord, Turn, WipeStep,
};
use serde_json::{Value, json};

/// A record of another kind than the others.
fn of_kind(kind: Kind, fields: &[(&str, Value)], version: u64) -> StoredRecord {
    let stored = record(id(), "branch:a", version, fields);
    StoredRecord { key: Key::new(kind, stored.key.id), ..stored }
}

/// A conflict of a branch, raised so many hours ago.
fn conflict(branch: RecordId, hours_ago: i64) -> StoredRecord {
    let raised = now() - TimeDelta::hours(hours_ago);
    of_kind(Kind::CONFLICT, &[("branch_id", json!(branch)), ("raised_at", json!(raised))], 1)
}

fn visit(engineer: RecordId, state: &str) -> StoredRecord {
    of_kind(Kind::VISIT, &[("engineer_id", json!(engineer)), ("progress", json!({"state": state}))], 1)
}

async fn open(storage: &dyn Storage, kind: &Kind, whose: Option<RecordId>, count_max: u32) -> Vec<Vec<RecordId>> {
    let (mut pages, mut after) = (Vec::new(), OpenPlace::START);
    loop {
        let page = storage.open(&OpenAsk { kind, whose, after, count_max }).await.unwrap();
        let Some((last, _)) = page.last() else { return pages };
        after = *last;
        pages.push(page.into_iter().map(|(_, record)| record.key.id).collect());
    }
}

async fn what_is_open_is_listed_by_whose_it_is_in_pages_of_any_size(storage: &dyn Storage) {
    let number = enrolled(storage).await;
    let (chengdu, nanjing) = (id(), id());
    let mut records: Vec<StoredRecord> =
        (0..6).map(|n| conflict(if n % 3 == 0 { nanjing } else { chengdu }, n)).collect();
    // Two of one moment stand by their ids.
    let raised = records[2].doc["raised_at"].clone();
    records[1].doc.insert("raised_at".to_owned(), raised);
    records.push(of_kind(Kind::CONFLICT, &[("field", "name".into())], 1));
    put(storage, changes(number, records.clone())).await;
    // What does not say since when stands first.
    let mut expected: Vec<_> =
        records.iter().map(|r| (r.doc.get("raised_at").map(Value::to_string), r.key.id)).collect();
    expected.sort_unstable();
    let expected: Vec<RecordId> = expected.into_iter().map(|(_, id)| id).collect();
    for size in [1, 2, 6, 7, 8, 14] {
        let pages = open(storage, &Kind::CONFLICT, None, size).await;
        assert!(pages.iter().all(|page| page.len() <= size as usize));
        assert_eq!(pages.concat(), expected, "in pages of {size}");
    }
    assert_eq!(open(storage, &Kind::CONFLICT, Some(nanjing), 1).await.concat(), [records[3].key.id, records[0].key.id]);
    assert_eq!(open(storage, &Kind::CONFLICT, Some(chengdu), 100).await.concat().len(), 4);
    assert!(open(storage, &Kind::CONFLICT, Some(id()), 100).await.is_empty());
    assert!(open(storage, &Kind::VISIT, None, 100).await.is_empty());
}

async fn what_is_settled_or_over_is_open_no_more(storage: &dyn Storage) {
    let number = enrolled(storage).await;
    let (branch, engineer, other) = (id(), id(), id());
    let (mut one, mut going) = (conflict(branch, 1), visit(engineer, "working"));
    let states = ["planned", "sealed", "cancelled"].map(|state| visit(engineer, state));
    let mut all = vec![one.clone(), going.clone(), visit(other, "planned")];
    all.extend(states.clone());
    put(storage, changes(number, all)).await;
    let mut mine = open(storage, &Kind::VISIT, Some(engineer), 1).await.concat();
    mine.sort_unstable();
    let mut expected = [going.key.id, states[0].key.id];
    expected.sort_unstable();
    assert_eq!(mine, expected);
    let settled = json!({"engineer_id": null, "reason": "x", "at": now(), "value": 1});
    one.doc.insert("settled".to_owned(), settled);
    going.doc.insert("progress".to_owned(), json!({"state": "sealed"}));
    put(storage, changes(number, vec![one.clone(), going.clone()])).await;
    assert!(open(storage, &Kind::CONFLICT, None, 10).await.is_empty());
    assert_eq!(open(storage, &Kind::VISIT, Some(engineer), 10).await.concat(), [states[0].key.id]);
    // Opened again, and handed over.
    one.doc.remove("settled");
    going.doc.insert("progress".to_owned(), json!({"state": "working"}));
    going.doc.insert("engineer_id".to_owned(), json!(other));
    put(storage, changes(number, vec![one.clone(), going])).await;
    assert_eq!(open(storage, &Kind::CONFLICT, Some(branch), 10).await.concat(), [one.key.id]);
    assert_eq!(open(storage, &Kind::VISIT, Some(other), 10).await.concat().len(), 2);
}

async fn what_is_open_is_counted_by_whose_it_is_and_by_age(storage: &dyn Storage) {
    let number = enrolled(storage).await;
    let (chengdu, nanjing) = (id(), id());
    let mut ageless = conflict(chengdu, 0);
    ageless.doc.remove("raised_at");
    let records = [conflict(chengdu, 1), conflict(chengdu, 30), conflict(chengdu, 200), conflict(nanjing, 2), ageless];
    put(storage, changes(number, records.to_vec())).await;
    let counts = storage.open_counts(&Kind::CONFLICT, now()).await.unwrap();
    let of = |whose| counts.iter().find(|count| count.whose == Some(whose)).unwrap();
    let all = of(chengdu);
    assert_eq!(
        (all.count, all.over_a_day, all.over_a_week),
        (4, 2, 1),
        "what nobody knows the age of is old by no count"
    );
    assert_eq!(all.oldest, Some(now() - TimeDelta::hours(200)));
    assert_eq!((of(nanjing).count, of(nanjing).over_a_day), (1, 0));
    assert_eq!(counts.len(), 2);
    assert!(storage.open_counts(&Kind::VISIT, now()).await.unwrap().is_empty());
}

fn account(name: &str) -> Account {
    Account {
        id: id().to_string(),
        name: name.to_owned(),
        role: "branch_manager".to_owned(),
        branch_id: Some(id().into()),
        password_hash: "x".to_owned(),
        created_at: now(),
        closed_at: None,
    }
}

async fn a_login_is_good_until_its_time_and_ends_with_its_account(storage: &dyn Storage) {
    let (one, other) = (account("李雷"), account("韩梅梅"));
    for account in [&one, &other] {
        assert!(storage.add_account(account).await.unwrap());
    }
    assert_eq!(storage.account("李雷").await.unwrap(), Some(one.clone()));
    assert_eq!(storage.account("没有").await.unwrap(), None);
    let (first, second, until) = (random(), random(), now() + TimeDelta::hours(1));
    storage.log_in(first, "李雷", now(), until).await.unwrap();
    storage.log_in(second, "韩梅梅", now(), until).await.unwrap();
    assert_eq!(storage.logged_in(first, now()).await.unwrap(), Some(one.clone()));
    assert_eq!(storage.logged_in(first, until).await.unwrap(), None);
    assert_eq!(storage.logged_in(random(), now()).await.unwrap(), None);
    assert!(storage.close_account("李雷", now()).await.unwrap());
    assert!(!storage.close_account("李雷", now()).await.unwrap());
    assert_eq!(storage.logged_in(first, now()).await.unwrap(), None);
    assert_eq!(storage.account("李雷").await.unwrap().unwrap().closed_at, Some(now()));
    assert!(!storage.add_account(&account("李雷")).await.unwrap(), "a name is never given again");
    storage.log_out(second).await.unwrap();
    assert_eq!(storage.logged_in(second, now()).await.unwrap(), None);
    assert_eq!(storage.accounts().await.unwrap().len(), 2);
}

async fn laptops_move_with_their_engineer(storage: &dyn Storage) {
    let (moves, stays, branch) = (enrolled(storage).await, enrolled(storage).await, id().into());
    let devices = storage.devices().await.unwrap();
    let of = |number| devices.iter().find(|d| d.number == number).unwrap().clone();
    let mut dropped = storage.begin(Turn::Hq).await.unwrap();
    dropped.move_laptops(of(moves).engineer_id, branch).await.unwrap();
    drop(dropped);
    assert_eq!(storage.devices().await.unwrap(), devices, "with the change, or not at all");
    let mut writing = storage.begin(Turn::Hq).await.unwrap();
    writing.move_laptops(of(moves).engineer_id, branch).await.unwrap();
    writing.commit().await.unwrap();
    let after = storage.devices().await.unwrap();
    assert_eq!(after.iter().find(|d| d.number == moves).unwrap().branch_id, branch);
    assert_eq!(after.iter().find(|d| d.number == stays).unwrap().branch_id, of(stays).branch_id);
}

async fn a_restore_ends_every_login(storage: &dyn Storage) {
    let (one, token) = (account("李雷"), random());
    storage.add_account(&one).await.unwrap();
    storage.log_in(token, "李雷", now(), now() + TimeDelta::hours(1)).await.unwrap();
    storage.begin_epoch(Restore { epoch: 2, from: 0 }).await.unwrap();
    assert_eq!(storage.logged_in(token, now()).await.unwrap(), None);
    assert_eq!(storage.account("李雷").await.unwrap(), Some(one), "the account is there");
}

async fn a_wipe_takes_two_accounts_and_switches_the_laptop_off(storage: &dyn Storage) {
    let number = enrolled(storage).await;
    let step = async |step: WipeStep<'_>| storage.wipe(number, step, now()).await.unwrap();
    let device = async || storage.devices().await.unwrap().remove(0);
    assert!(!step(WipeStep::Confirm { by: "韩梅梅" }).await, "nobody has asked");
    assert!(!step(WipeStep::Withdraw).await);
    assert!(step(WipeStep::Ask { by: "李雷", reason: "丢失" }).await);
    assert!(!step(WipeStep::Ask { by: "韩梅梅", reason: "丢失" }).await, "somebody has asked");
    assert!(!step(WipeStep::Confirm { by: "李雷" }).await, "the same account");
    assert!(!device().await.is_wiped() && device().await.revoked_at.is_none());
    assert!(step(WipeStep::Withdraw).await);
    assert_eq!(device().await.wipe, None);
    assert!(step(WipeStep::Ask { by: "韩梅梅", reason: "被盗" }).await);
    assert!(step(WipeStep::Confirm { by: "李雷" }).await);
    assert!(!step(WipeStep::Confirm { by: "李雷" }).await && !step(WipeStep::Withdraw).await);
    assert!(device().await.is_wiped());
    assert_eq!(device().await.revoked_at, Some(now()));
    assert!(step(WipeStep::Told).await);
    assert!(!step(WipeStep::Told).await, "the first time counts");
    let wipe = device().await.wipe.unwrap();
    assert_eq!((wipe.asked_by.as_str(), wipe.reason.as_str(), wipe.told_at), ("韩梅梅", "被盗", Some(now())));
    assert_eq!(wipe.confirmed, Some((now(), "李雷".to_owned())));
}

async fn the_trail_is_read_in_pages_newest_first(storage: &dyn Storage) {
    for n in 0..5 {
        let account = (n > 0).then_some("李雷");
        storage.audit(now(), account, "settle", &n.to_string()).await.unwrap();
    }
    let first = storage.audited(i64::MAX, 3).await.unwrap();
    assert_eq!(first.iter().map(|deed| deed.subject.as_str()).collect::<Vec<_>>(), ["4", "3", "2"]);
    let rest = storage.audited(first[2].number, 3).await.unwrap();
    assert_eq!(rest.iter().map(|deed| deed.subject.as_str()).collect::<Vec<_>>(), ["1", "0"]);
    assert_eq!((rest[0].account.as_deref(), rest[1].account.as_deref(), rest[0].at), (Some("李雷"), None, now()));
}

async fn how_far_a_laptop_was_and_how_far_hq_has_it_are_known(storage: &dyn Storage) {
    let number = enrolled(storage).await;
    let sighting =
        Sighting { number, incarnation: 2, app_version: "1".to_owned(), last_seq: 9, clock_off_ms: Some(0), at: now() };
    storage.sighted(&sighting).await.unwrap();
    assert_eq!(storage.devices().await.unwrap()[0].last_seq, 9);
    assert_eq!(storage.acked().await.unwrap(), [(number, 0)]);
    let operations = vec![super::storage::kept(4)];
    put(storage, Changes { operations, incarnation: 2, ..changes(number, Vec::new()) }).await;
    assert_eq!(storage.acked().await.unwrap(), [(number, 4)]);
}

async fn an_older_sighting_lowers_nothing_and_a_new_life_counts_anew(storage: &dyn Storage) {
    let number = enrolled(storage).await;
    let hours = |hours| now() + TimeDelta::hours(hours);
    let seen = async |incarnation, last_seq, clock_off_ms, at, app_version: &str| {
        let app_version = app_version.to_owned();
        let clock_off_ms = Some(clock_off_ms);
        let sighting = Sighting { number, incarnation, app_version, last_seq, clock_off_ms, at };
        storage.sighted(&sighting).await.unwrap();
        let device = storage.devices().await.unwrap().remove(0);
        (device.incarnation, device.last_seq, device.clock_off_ms, device.seen_at.unwrap(), device.app_version)
    };
    let newest = (1, 9, Some(40), hours(5), "2".to_owned());
    assert_eq!(seen(1, 9, 40, hours(5), "2").await, newest);
    assert_eq!(seen(1, 4, 7, hours(2), "1").await, newest);
    assert_eq!(seen(1, 4, 30, hours(6), "3").await, (1, 9, Some(30), hours(6), "3".to_owned()));
    assert_eq!(seen(2, 1, 20, hours(7), "3").await, (2, 1, Some(20), hours(7), "3".to_owned()));
}

conform![
    what_is_open_is_listed_by_whose_it_is_in_pages_of_any_size,
    what_is_settled_or_over_is_open_no_more,
    what_is_open_is_counted_by_whose_it_is_and_by_age,
    a_login_is_good_until_its_time_and_ends_with_its_account,
    laptops_move_with_their_engineer,
    a_restore_ends_every_login,
    a_wipe_takes_two_accounts_and_switches_the_laptop_off,
    the_trail_is_read_in_pages_newest_first,
    how_far_a_laptop_was_and_how_far_hq_has_it_are_known,
    an_older_sighting_lowers_nothing_and_a_new_life_counts_anew,
];

/// As it was before this version: without what the last migration adds.
const BEFORE: [&str; 9] = [
    "DROP INDEX IF EXISTS device_double",
    "DROP INDEX IF EXISTS account_double",
    "DROP INDEX IF EXISTS audit_double",
    "DROP INDEX record_open_for",
    "DROP INDEX record_open",
    "ALTER TABLE record DROP COLUMN open_for",
    "ALTER TABLE record DROP COLUMN open_since_ms",
    "DROP TABLE login",
    "DELETE FROM _sqlx_migrations WHERE description = 'office'",
];
const COLUMNS: [(&str, &str); 9] = [
    ("device", "last_seq"),
    ("device", "wipe_asked_at_ms"),
    ("device", "wipe_asked_by"),
    ("device", "wipe_reason"),
    ("device", "wipe_confirmed_at_ms"),
    ("device", "wipe_confirmed_by"),
    ("device", "wipe_told_at_ms"),
    ("account", "closed_at_ms"),
    ("audit", "account"),
];

#[tokio::test]
async fn what_was_open_before_there_was_a_list_of_it_is_in_the_list() {
    let place = Place::fresh().await;
    let storage = place.open().await.unwrap();
    let number = enrolled(&storage).await;
    let (branch, engineer) = (id(), id());
    let mut settled = conflict(branch, 3);
    settled.doc.insert("settled".to_owned(), json!({"reason": "x", "at": now(), "value": "\u{0}"}));
    let strange =
        of_kind(Kind::VISIT, &[("engineer_id", json!(engineer)), ("subject", "\u{0}\u{0} \\u0000 引号\"".into())], 1);
    let all = [
        conflict(branch, 1),
        conflict(branch, 2),
        settled,
        visit(engineer, "working"),
        visit(engineer, "sealed"),
        strange,
    ];
    put(&storage, changes(number, all.to_vec())).await;
    let lists = async |storage: &dyn Storage| {
        let visits = open(storage, &Kind::VISIT, Some(engineer), 10).await;
        (open(storage, &Kind::CONFLICT, Some(branch), 10).await, visits)
    };
    let before = lists(&storage).await;
    assert_eq!((before.0.concat().len(), before.1.concat().len()), (2, 2));
    for statement in BEFORE {
        sqlx::query(statement).execute(storage.pool()).await.unwrap();
    }
    for (table, column) in COLUMNS {
        let drop = format!("ALTER TABLE {table} DROP COLUMN {column}");
        sqlx::query(sqlx::AssertSqlSafe(drop)).execute(storage.pool()).await.unwrap();
    }
    storage.close().await.unwrap();
    let again = place.open().await.unwrap();
    assert_eq!(lists(&again).await, before);
}
