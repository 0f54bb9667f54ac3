//! Snapshots, and what becomes of a store whose database is damaged.

use crate::{
    damage::{KEY, copied, open, put},
    ground::{id, now},
};
use chrono::TimeDelta;
use doorstep_domain::{
    Code, Kind,
    id::{BranchId, DeviceId, EngineerId, RecordId},
};
use doorstep_store::{Folder, Identity, Restored, Source, Store, StoreKey, restore};
use std::{fs, path::Path};

fn identity() -> Identity {
    let record = RecordId(uuid::Uuid::from_u128(1));
    Identity {
        hq_address: "https://hq".into(),
        hq_next_address: None,
        hq_former_address: None,
        hq_key_fingerprint: "ab".into(),
        hq_next_key: None,
        device_id: DeviceId(record),
        device_code: "CD01".into(),
        token: "token".into(),
        branch_id: BranchId(record),
        engineer_id: EngineerId(record),
        recovery_key: String::new(),
        signing_seed: String::new(),
        incarnation: 3,
        site_epoch: 1,
    }
}

async fn restored(home: &Path) -> (Store, Restored) {
    restore(Folder::lock(home).unwrap(), StoreKey::from_bytes(KEY)).await.unwrap()
}

async fn numbers(store: &Store) -> Vec<u128> {
    store.all(&Kind::CUSTOMER).await.unwrap().iter().map(|record| record.id.0.as_u128()).collect()
}

/// An enrolled store with a snapshot in which the first customer is, and two more that came after it.
async fn kept(home: &Path) {
    let store = open(home).await.unwrap();
    let mut write = store.write().await.unwrap();
    write.set_identity(&identity()).await.unwrap();
    write.commit().await.unwrap();
    put(&store, 1).await;
    assert!(store.keep_snapshot(now()).await.unwrap());
    put(&store, 2).await;
    put(&store, 3).await;
    store.close().await;
}

/// How many pages the database has.
fn pages(home: &Path) -> usize {
    fs::read(home.join("doorstep.db")).unwrap().len() / 4096
}

/// Changes the pages of the database whose number the rule names.
fn spoil(home: &Path, rule: impl Fn(usize) -> bool) {
    let path = home.join("doorstep.db");
    let mut bytes = fs::read(&path).unwrap();
    for (number, page) in bytes.chunks_mut(4096).enumerate() {
        if rule(number + 1) {
            page[1_000] ^= 1;
        }
    }
    fs::write(path, bytes).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_a_day_is_kept_encrypted_and_none_is_older_than_a_week() {
    let home = tempfile::tempdir().unwrap();
    let store = open(home.path()).await.unwrap();
    assert!(!store.keep_snapshot(now()).await.unwrap(), "there is nothing to lose before the enrolment");
    let mut write = store.write().await.unwrap();
    write.set_identity(&identity()).await.unwrap();
    write.commit().await.unwrap();
    put(&store, 1).await;
    let days = |store: &Store| -> Vec<i64> {
        store.folder().snapshots().iter().map(|(at, _)| (*at - now()).num_days()).collect()
    };
    for day in 0..5 {
        assert!(store.keep_snapshot(now() + TimeDelta::days(day)).await.unwrap());
        assert!(!store.keep_snapshot(now() + TimeDelta::days(day) + TimeDelta::hours(23)).await.unwrap());
    }
    assert_eq!(days(&store), [4, 3, 2]);
    assert!(store.keep_snapshot(now() + TimeDelta::days(10)).await.unwrap());
    assert_eq!(days(&store), [10, 4]);
    for (_, path) in store.folder().snapshots() {
        let bytes = fs::read(path).unwrap();
        assert!(!bytes.starts_with(b"SQLite format 3"), "it is encrypted");
        assert!(!bytes.windows(6).any(|part| part == "雅江".as_bytes()));
    }
    store.destroy().await.unwrap();
    assert!(store.folder().snapshots().is_empty());
    let left: Vec<_> = fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| ["lock", "scratch", "attachments"].iter().any(|own| name == own)), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_database_makes_no_snapshot_and_takes_no_good_one_away() {
    let home = tempfile::tempdir().unwrap();
    kept(home.path()).await;
    spoil(home.path(), |page| page % 7 == 0 && page > 12);
    let Ok(store) = open(home.path()).await else { return };
    let later = store.keep_snapshot(now() + TimeDelta::days(20)).await;
    assert_eq!(later.unwrap_err().code(), Code::StoreDamaged);
    assert_eq!(store.folder().snapshots().len(), 1);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_comes_back_from_its_snapshot_with_what_was_not_sent_and_in_a_new_life() {
    let home = tempfile::tempdir().unwrap();
    kept(home.path()).await;
    // Search is what grew last; the outbox and what it needs stay.
    let mut found = None;
    for page in (4..=pages(home.path())).rev() {
        let copy = tempfile::tempdir().unwrap();
        copied(home.path(), copy.path());
        spoil(copy.path(), |number| number == page);
        let (store, restored) = restored(copy.path()).await;
        let told =
            (restored, numbers(&store).await, store.identity().await.unwrap().map(|identity| identity.incarnation));
        store.check().await.unwrap();
        store.close().await;
        if matches!(restored.source, Source::Snapshot(_)) && restored.complete {
            found = Some(told);
            break;
        }
    }
    let (restored, numbers, incarnation) = found.unwrap();
    assert_eq!(restored, Restored { source: Source::Snapshot(now()), rescued: 3, complete: true, enrolled: true });
    assert_eq!(numbers, [1, 2, 3], "of the snapshot, and of the outbox");
    assert_eq!(incarnation, Some(4));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_after_a_restore_is_numbered_from_one_and_holds_what_was_typed() {
    let home = tempfile::tempdir().unwrap();
    kept(home.path()).await;
    fs::write(home.path().join("doorstep.db"), "").unwrap();
    let (store, told) = restored(home.path()).await;
    assert_eq!(told, Restored { source: Source::Snapshot(now()), rescued: 0, complete: false, enrolled: true });
    assert_eq!(numbers(&store).await, [1]);
    let waiting = store.take_waiting(0, 10, 1_000_000).await.unwrap();
    assert_eq!(waiting.iter().map(|op| (op.seq, op.id)).collect::<Vec<_>>(), [(1, id(1))]);
    assert_eq!(store.identity().await.unwrap().unwrap().incarnation, 4);
    put(&store, 5).await;
    store.close().await;
    drop(store);
    let store = open(home.path()).await.unwrap();
    assert_eq!(numbers(&store).await, [1, 5], "it is a store like any other");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_whose_last_changes_are_missing_goes_on_with_the_rest_in_a_new_life() {
    let (home, cut) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    kept(home.path()).await;
    let store = open(home.path()).await.unwrap();
    put(&store, 4).await;
    copied(home.path(), cut.path());
    store.close().await;
    fs::remove_file(cut.path().join("doorstep.db-wal")).unwrap();
    assert_eq!(open(cut.path()).await.unwrap_err().code(), Code::StoreDamaged);
    let (store, told) = restored(cut.path()).await;
    assert_eq!((told.source, told.enrolled), (Source::Itself, true));
    assert_eq!(numbers(&store).await, [1, 2, 3]);
    assert_eq!(store.identity().await.unwrap().unwrap().incarnation, 4);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_without_a_snapshot_keeps_who_it_is_and_what_was_not_sent() {
    let home = tempfile::tempdir().unwrap();
    kept(home.path()).await;
    fs::remove_dir_all(home.path().join("snapshots")).unwrap();
    let mut best = None;
    for page in (4..=pages(home.path())).rev() {
        let copy = tempfile::tempdir().unwrap();
        copied(home.path(), copy.path());
        spoil(copy.path(), |number| number == page);
        let (store, told) = restored(copy.path()).await;
        let numbers = numbers(&store).await;
        store.close().await;
        if told.source == Source::Nothing && told.complete {
            best = Some((told, numbers));
            break;
        }
    }
    let (told, numbers) = best.unwrap();
    assert_eq!((told.rescued, told.enrolled), (3, true));
    assert_eq!(numbers, [1, 2, 3]);
}
