//! Disks without room: on a file system of 2 MiB of the test's own, which is filled and gets room again.
//!
//! The test starts itself anew in a mount namespace, where it may mount a small file system whoever it runs as.

use crate::ground::{doc, id, now};
use doorstep_domain::{Code, Kind};
use doorstep_store::{Edit, Folder, Store, StoreKey};
use serde_json::json;
use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

/// Names the mounted file system to the test within.
const WITHIN: &str = "DOORSTEP_SMALL_DISK";

/// Runs the test of this name anew, on a file system of 2 MiB at the path that it is given.
fn on_a_small_disk(name: &str, options: &str) {
    let place = tempfile::tempdir().unwrap();
    let script = format!("mount -t tmpfs -o {options} tmpfs \"$1\" && exec \"$2\" --exact {name} --nocapture");
    let told = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script, "sh"])
        .arg(place.path())
        .arg(std::env::current_exe().unwrap())
        .env(WITHIN, place.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&told.stdout) + String::from_utf8_lossy(&told.stderr);
    assert!(told.status.success() && said.contains("1 passed"), "{said}");
}

fn within() -> Option<PathBuf> {
    std::env::var_os(WITHIN).map(PathBuf::from)
}

/// Takes every byte that is left.
fn fill(disk: &Path) -> PathBuf {
    let path = disk.join("filler");
    let mut file = File::create(&path).unwrap();
    for size in [64 * 1024, 1024, 1] {
        while file.write_all(&vec![7; size]).is_ok() {}
    }
    path
}

async fn open(disk: &Path) -> doorstep_store::Result<Store> {
    Store::open(Folder::lock(&disk.join("data"))?, StoreKey::from_bytes([7; 32])).await
}

/// Writes a customer whose notes take some pages.
async fn put(store: &Store, number: u128) -> doorstep_store::Result<()> {
    let mut write = store.write().await?;
    let patch = doc(json!({"name": format!("客户 {number}"), "notes": "记".repeat(5_000)}));
    write.put(now(), &Edit { kind: Kind::CUSTOMER, id: id(number), patch }).await?;
    write.commit().await
}

async fn count(store: &Store) -> usize {
    store.all(&Kind::CUSTOMER).await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_on_a_full_disk_say_so_each_time_and_go_on_when_there_is_room() {
    let Some(disk) = within() else {
        return on_a_small_disk("full::writes_on_a_full_disk_say_so_each_time_and_go_on_when_there_is_room", "size=2m");
    };
    let store = open(&disk).await.unwrap();
    put(&store, 1).await.unwrap();
    for round in 0..3 {
        let filler = fill(&disk);
        // The log has room of its own to be used again.
        let mut kept = count(&store).await;
        for number in 0..40 {
            match put(&store, 100 * (round + 1) + number).await {
                Ok(()) => kept += 1,
                Err(error) => assert_eq!(error.code(), Code::DiskFull, "write {number}: {error}"),
            }
        }
        for _ in 0..3 {
            assert_eq!(put(&store, 999).await.unwrap_err().code(), Code::DiskFull);
            assert!(store.get(&Kind::CUSTOMER, id(1)).await.unwrap().is_some(), "reading goes on");
        }
        assert_eq!(count(&store).await, kept, "what was said to be stored is, and nothing else");
        fs::remove_file(filler).unwrap();
        put(&store, 1000 + round).await.unwrap();
        assert_eq!(count(&store).await, kept + 1);
    }
    store.close().await;
    drop(store);
    open(&disk).await.unwrap().close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_without_room_says_so_and_the_next_one_with_room_goes_on() {
    let Some(disk) = within() else {
        return on_a_small_disk("full::a_start_without_room_says_so_and_the_next_one_with_room_goes_on", "size=2m");
    };
    let filler = fill(&disk);
    assert_eq!(open(&disk).await.err().map(|error| error.code()), Some(Code::DiskFull), "a first start");
    fs::remove_file(filler).unwrap();
    let store = open(&disk).await.unwrap();
    put(&store, 1).await.unwrap();
    store.close().await;
    drop(store);
    let filler = fill(&disk);
    match open(&disk).await {
        Ok(store) => {
            assert_eq!(count(&store).await, 1);
            store.close().await;
        }
        Err(error) => assert_eq!(error.code(), Code::DiskFull, "{error}"),
    }
    fs::remove_file(filler).unwrap();
    let store = open(&disk).await.unwrap();
    put(&store, 2).await.unwrap();
    assert_eq!(count(&store).await, 2);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_may_only_be_read_is_told_from_a_full_one() {
    let Some(disk) = within() else {
        return on_a_small_disk("full::a_folder_that_may_only_be_read_is_told_from_a_full_one", "size=2m");
    };
    let store = open(&disk).await.unwrap();
    put(&store, 1).await.unwrap();
    store.close().await;
    drop(store);
    let remounted = Command::new("mount").args(["-o", "remount,ro"]).arg(&disk).status().unwrap();
    assert!(remounted.success());
    assert_eq!(open(&disk).await.err().map(|error| error.code()), Some(Code::NotWritable));
}

#[tokio::test(flavor = "multi_thread")]
async fn room_that_was_kept_lets_what_waits_out_of_a_full_disk() {
    let Some(disk) = within() else {
        return on_a_small_disk("full::room_that_was_kept_lets_what_waits_out_of_a_full_disk", "size=64m");
    };
    let store = open(&disk).await.unwrap();
    put(&store, 1).await.unwrap();
    store.keep_reserve();
    fill(&disk);
    let mut typed = 1;
    while put(&store, 100 + typed).await.is_ok() {
        typed += 1;
    }
    let hand_in = async || store.take_waiting(0, 100, 1_000_000).await.map(|waiting| waiting.len());
    if let Err(error) = hand_in().await {
        assert_eq!(error.code(), Code::DiskFull);
    }
    assert!(store.free_reserve());
    assert_eq!(hand_in().await.unwrap() as u128, typed);
    assert!(!store.free_reserve(), "it is used once");
    store.keep_reserve();
    assert!(!store.free_reserve(), "a full disk has none to keep");
    store.close().await;
}
