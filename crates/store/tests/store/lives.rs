//! New lives of a store: its outbox numbered anew, what HQ lost, feeds that are left.

use crate::ground::{apply, entries, ground, id, open, page, put, seen};
use doorstep_domain::{
    Kind,
    id::{DeviceId, RecordId},
};
use doorstep_store::{Folder, Identity, Store};
use doorstep_wire::{Ack, EntryBody, Lost, Outcome, Page, Sum};
use serde_json::json;
use std::sync::Arc;

fn identity(incarnation: u32, site_epoch: u64) -> Identity {
    let device_id: DeviceId = RecordId(uuid::Uuid::nil()).into();
    Identity {
        hq_address: "https://hq.example".into(),
        hq_key_fingerprint: String::new(),
        hq_next_key: None,
        hq_next_address: None,
        hq_former_address: None,
        device_id,
        device_code: "A07".into(),
        token: "token".into(),
        branch_id: id(1).into(),
        engineer_id: id(2).into(),
        recovery_key: String::new(),
        signing_seed: String::new(),
        incarnation,
        site_epoch,
    }
}

async fn begin(store: &Store, identity: &Identity, lost: &[Lost]) {
    let mut write = store.write().await.unwrap();
    write.begin_anew(identity, lost).await.unwrap();
    write.commit().await.unwrap();
}

async fn answer(store: &Store, seq: u64, version: u64) {
    answer_with(store, seq, version, &[]).await;
}

async fn answer_with(store: &Store, seq: u64, version: u64, conflicts: &[&str]) {
    let conflicts = conflicts.iter().map(ToString::to_string).collect();
    let outcome = Outcome::Accepted { version, conflicts };
    let mut write = store.write().await.unwrap();
    write.acknowledge(&[Ack { seq, outcome }]).await.unwrap();
    write.commit().await.unwrap();
}

async fn waiting(store: &Store) -> Vec<(u64, RecordId)> {
    store.take_waiting(0, 10, 1_000_000).await.unwrap().into_iter().map(|op| (op.seq, op.id)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_new_life_what_waits_is_numbered_from_one_in_its_order() {
    let ground = ground().await;
    for n in 1..=5 {
        put(&ground.store, n, json!({"name": format!("客户{n}")})).await;
    }
    waiting(&ground.store).await;
    answer(&ground.store, 1, 11).await;
    answer(&ground.store, 2, 12).await;
    begin(&ground.store, &identity(2, 1), &[]).await;
    assert_eq!(waiting(&ground.store).await, [(1, id(3)), (2, id(4)), (3, id(5))]);
    assert_eq!((ground.store.last_seq().await.unwrap(), ground.store.acked_seq().await.unwrap()), (3, 0));
    put(&ground.store, 6, json!({"name": "客户6"})).await;
    assert_eq!(waiting(&ground.store).await.last(), Some(&(4, id(6))));
    apply(&ground.store, &page(1, 1, 11, json!({"name": "客户1"}))).await;
    assert!(!ground.store.get(&Kind::CUSTOMER, id(1)).await.unwrap().unwrap().pending, "HQ had it, and it came back");
    begin(&ground.store, &identity(3, 1), &[]).await;
    assert_eq!(waiting(&ground.store).await.len(), 4, "and once more");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_that_hq_accepted_and_lost_before_it_came_back_waits_again() {
    let ground = ground().await;
    for n in 1..=3 {
        put(&ground.store, n, json!({"name": format!("客户{n}")})).await;
    }
    waiting(&ground.store).await;
    answer(&ground.store, 1, 90).await;
    answer(&ground.store, 2, 101).await;
    let lost = Lost { from: 90, floor: 2 << 40 };
    begin(&ground.store, &identity(2, 2), &[lost]).await;
    assert_eq!(waiting(&ground.store).await, [(1, id(2)), (2, id(3))], "what the backup has is on its way back");
    assert_eq!(ground.store.lost_by_hq().await.unwrap(), [lost]);
    assert_eq!(seen(&ground.store, 2).await, Some(json!({"name": "客户2"})));
}

/// Its record is in the backup, under the version that the answer named; the conflict is not.
#[tokio::test(flavor = "multi_thread")]
async fn what_lost_waits_again_when_its_conflict_was_lost_before_it_came() {
    let ground = ground().await;
    for n in 1..=2 {
        put(&ground.store, n, json!({"name": "我的"})).await;
        apply(&ground.store, &page(1, n, 80, json!({"name": "同事的"}))).await;
    }
    waiting(&ground.store).await;
    answer_with(&ground.store, 1, 80, &["name"]).await;
    ground.store.conflicts_came(1).await.unwrap();
    answer_with(&ground.store, 2, 80, &["name"]).await;
    begin(&ground.store, &identity(2, 2), &[Lost { from: 90, floor: 2 << 40 }]).await;
    assert_eq!(waiting(&ground.store).await, [(1, id(2))], "the first is in a conflict that is here");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_hq_lost_twice_is_offered_from_the_first_loss_on() {
    let ground = ground().await;
    let lost = [Lost { from: 90, floor: 2 << 40 }, Lost { from: (2 << 40) + 5, floor: 3 << 40 }];
    apply(&ground.store, &page(1, 1, 95, json!({"name": "两次丢的"}))).await;
    apply(&ground.store, &page(2, 2, (2 << 40) + 3, json!({"name": "还在的"}))).await;
    begin(&ground.store, &identity(2, 2), &lost[..1]).await;
    begin(&ground.store, &identity(3, 3), &lost).await;
    assert_eq!(ground.store.lost_by_hq().await.unwrap(), lost);
    let offered = ground.store.lost_records(&lost, None, 10, 1_000_000).await.unwrap();
    let offered: Vec<_> = offered.iter().filter(|r| !r.fields.is_empty()).map(|r| r.id).collect();
    assert_eq!(offered, [id(1)], "what was brought back after the first restore may be lost again");
    let mut write = ground.store.write().await.unwrap();
    write.lost_was_offered().await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(ground.store.lost_by_hq().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_fields_are_told_apart_from_those_that_hq_still_has() {
    let ground = ground().await;
    apply(&ground.store, &page(1, 1, 80, json!({"name": "甲", "phone": "1"}))).await;
    apply(&ground.store, &page(2, 2, 80, json!({"name": "乙"}))).await;
    let mut newer = page(3, 1, 120, json!({"name": "甲", "phone": "2"}));
    if let doorstep_wire::EntryBody::State(state) = &mut newer.entries[0].body {
        state.versions.insert("name".into(), 80);
        state.versions.insert("notes".into(), 119);
    }
    apply(&ground.store, &newer).await;
    put(&ground.store, 1, json!({"phone": "改过的"})).await;
    let lost = Lost { from: 80, floor: 2 << 40 };
    let records = ground.store.lost_records(&[lost], None, 10, 1_000_000).await.unwrap();
    assert_eq!(records.iter().map(|r| r.id).collect::<Vec<_>>(), [id(1)]);
    let fields: Vec<_> = records[0].fields.iter().map(|(f, o)| (f.as_str(), &o.value, o.version)).collect();
    assert_eq!(fields, [("notes", &json!(null), 119), ("phone", &json!("2"), 120)], "HQ's layer, cleared ones too");
}

#[tokio::test(flavor = "multi_thread")]
async fn leaving_a_feed_takes_its_records_and_never_work_that_waits() {
    let ground = ground().await;
    apply(&ground.store, &page(1, 1, 5, json!({"name": "没活的"}))).await;
    apply(&ground.store, &page(2, 2, 6, json!({"name": "有活的"}))).await;
    put(&ground.store, 2, json!({"phone": "1"})).await;
    let mut write = ground.store.write().await.unwrap();
    assert_eq!(write.leave_feed("branch:1").await.unwrap(), 1);
    assert_eq!(write.cursor("branch:1").await.unwrap(), 0);
    write.commit().await.unwrap();
    assert_eq!(seen(&ground.store, 1).await, None);
    assert_eq!(seen(&ground.store, 2).await, Some(json!({"name": "有活的", "phone": "1"})));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_another_feed_too_stays_when_one_is_left_and_goes_with_the_last() {
    let ground = ground().await;
    let (own, of_another) = (page(1, 1, 5, json!({"name": "自己的"})), page(2, 2, 6, json!({"name": "别人的"})));
    let dispatched = |page: &Page| Page { feed: "engineer:1".into(), ..page.clone() };
    for page in [&own, &dispatched(&own), &dispatched(&of_another), &of_another] {
        apply(&ground.store, page).await;
    }
    put(&ground.store, 1, json!({"phone": "1"})).await;
    let mut sums = ground.store.roots().await.unwrap();
    let mut write = ground.store.write().await.unwrap();
    assert_eq!(write.leave_feed("branch:1").await.unwrap(), 0);
    write.commit().await.unwrap();
    assert_eq!(seen(&ground.store, 1).await, Some(json!({"name": "自己的", "phone": "1"})));
    assert_eq!(seen(&ground.store, 2).await, Some(json!({"name": "别人的"})));
    sums.insert("branch:1".into(), Sum::default());
    assert_eq!(ground.store.roots().await.unwrap(), sums, "the other feed is counted as before");
    answer(&ground.store, 1, 9).await;
    for number in [1, 2] {
        apply(&ground.store, &dispatched(&entries(9 + number, number.into(), EntryBody::Left))).await;
        assert_eq!(seen(&ground.store, number.into()).await, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wiped_folder_has_neither_key_nor_data_and_may_begin_anew() {
    let home = Arc::new(tempfile::tempdir().unwrap());
    let ground = open(Arc::clone(&home), [7; 32]).await.unwrap();
    put(&ground.store, 1, json!({"name": "四川路桥"})).await;
    ground.store.blobs().put(b"photo", [1; 19]).unwrap();
    ground.store.key().keep_with_passphrase(ground.store.folder(), "passphrase", [1; 16], [2; 24]).unwrap();
    ground.store.destroy().await.unwrap();
    let path = ground.store.folder().path().to_owned();
    let mut left: Vec<_> = std::fs::read_dir(&path).unwrap().map(|e| e.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["attachments", "lock", "scratch"]);
    assert_eq!(std::fs::read_dir(path.join("attachments")).unwrap().count(), 0);
    assert!(matches!(Folder::lock(&path), Err(doorstep_store::Error::InUse)), "it stays locked");
    drop(ground);
    let anew = open(home, [8; 32]).await.unwrap();
    assert_eq!(seen(&anew.store, 1).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wipe_that_was_cut_is_finished_at_the_next_start() {
    let home = Arc::new(tempfile::tempdir().unwrap());
    let ground = open(Arc::clone(&home), [7; 32]).await.unwrap();
    put(&ground.store, 1, json!({"name": "四川路桥"})).await;
    let path = ground.store.folder().path().to_owned();
    ground.store.close().await;
    drop(ground);
    std::fs::write(path.join("wiping"), "").unwrap();
    let folder = Folder::lock(&path).unwrap();
    assert!(!folder.database().exists());
    assert!(!path.join("wiping").exists());
}
