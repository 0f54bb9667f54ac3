//! Bytes that are not what was written: each is told as damage, or changes nothing that can be read.

use crate::ground::{doc, id, now};
use doorstep_domain::{Code, Kind};
use doorstep_store::{Edit, Folder, Store, StoreKey};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

pub const KEY: [u8; 32] = [7; 32];
const PASSPHRASE: &str = "八个字的口令在此";
const CUSTOMERS: u128 = 120;
const LATER: u128 = 20;

pub async fn open(home: &Path) -> doorstep_store::Result<Store> {
    Store::open(Folder::lock(home)?, StoreKey::from_bytes(KEY)).await
}

pub async fn put(store: &Store, number: u128) {
    let mut write = store.write().await.unwrap();
    let notes = format!("第 {number} 家的备注，{}", "路桥造价".repeat(number as usize * 7 % 400));
    let patch = doc(json!({"name": format!("雅江桥隧第 {number} 工程公司"), "notes": notes}));
    write.put(now(), &Edit { kind: Kind::CUSTOMER, id: id(number), patch }).await.unwrap();
    write.commit().await.unwrap();
}

/// Copies a folder as a power cut would leave it.
pub fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() {
            copied(&entry.path(), &to.join(name));
        } else if !name.ends_with("-shm") && name != "lock" {
            fs::copy(entry.path(), to.join(name)).unwrap();
        }
    }
}

/// A store with a log beside it: its folder as it lies on the disk, the attachment in it, and what can be read.
struct Whole {
    folder: TempDir,
    hash: String,
    read: Vec<Value>,
}

async fn whole() -> Whole {
    let (home, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(home.path()).await.unwrap();
    store.key().keep_with_passphrase(store.folder(), PASSPHRASE, [1; 16], [2; 24]).unwrap();
    for number in 0..CUSTOMERS {
        put(&store, number).await;
    }
    let hash = store.blobs().put(&vec![9; 150_000], [3; 19]).unwrap();
    let mut write = store.write().await.unwrap();
    write.blob_added(&hash, 150_000).await.unwrap();
    write.commit().await.unwrap();
    while store.tend_search().await.unwrap() {}
    store.fold_log().await.unwrap();
    for number in CUSTOMERS..CUSTOMERS + LATER {
        put(&store, number).await;
    }
    copied(home.path(), folder.path());
    let read = everything(&store, &hash).await.into_iter().map(|read| read.unwrap()).collect();
    store.close().await;
    assert!(fs::metadata(folder.path().join("doorstep.db-wal")).unwrap().len() > 50_000);
    Whole { folder, hash, read }
}

/// What can be read, thing by thing, each with the code that it failed with.
async fn everything(store: &Store, hash: &str) -> Vec<Result<Value, Code>> {
    let mut all = Vec::new();
    for number in 0..CUSTOMERS + LATER {
        let record = store.get(&Kind::CUSTOMER, id(number)).await.map_err(|error| error.code());
        all.push(record.map(|record| json!(record.map(|record| record.doc))));
    }
    let queue = store.queue(10_000).await.map_err(|error| error.code());
    all.push(queue.map(|queue| json!(queue.iter().map(|op| (op.seq, op.id.to_string())).collect::<Vec<_>>())));
    for typed in ["雅江", "造价"] {
        let hits = store.search(typed, 50).await.map_err(|error| error.code());
        all.push(hits.map(|hits| json!(hits.len())));
    }
    let file = store.blobs().read(hash, usize::MAX).map_err(|error| error.code());
    all.push(file.map(|bytes| json!(blake3::hash(&bytes).to_hex().as_str())));
    all
}

/// Changes a place that the seed chooses, in a way that it chooses.
fn damage(folder: &Path, hash: &str, seed: u64) -> PathBuf {
    let mut chance = seed;
    let mut draw = |below: u64| {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (chance >> 33) % below
    };
    let files = ["doorstep.db", "doorstep.db", "doorstep.db", "doorstep.db-wal", "doorstep.db-wal", "doorstep.mark"];
    let path = match seed % 8 {
        6 => folder.join("attachments").join(hash),
        7 => folder.join("key.json"),
        file => folder.join(files[file as usize]),
    };
    let mut bytes = fs::read(&path).unwrap();
    let length = bytes.len() as u64;
    let at = draw(length) as usize;
    match draw(4) {
        0 | 1 => bytes[at] ^= 1 << draw(8),
        2 => {
            let page = at / 4096 * 4096;
            let end = (page + 4096).min(bytes.len());
            bytes[page..end].iter_mut().for_each(|byte| *byte = draw(256) as u8);
        }
        _ => bytes.truncate(at),
    }
    fs::write(&path, bytes).unwrap();
    path
}

fn is_damage(code: Code) -> bool {
    matches!(code, Code::StoreDamaged | Code::FileDamaged)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_byte_or_page_changed_anywhere_is_told_as_damage_or_changes_nothing_that_can_be_read() {
    let whole = whole().await;
    let mut told = 0;
    for seed in 0..100 {
        let home = tempfile::tempdir().unwrap();
        copied(whole.folder.path(), home.path());
        let path = damage(home.path(), &whole.hash, seed);
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name == "key.json" {
            let folder = Folder::lock(home.path()).unwrap();
            match StoreKey::from_passphrase(&folder, PASSPHRASE) {
                Ok(key) => assert_eq!(key.bytes(), &KEY, "seed {seed}"),
                Err(error) => {
                    assert!(is_damage(error.code()), "seed {seed}: {error}");
                    told += 1;
                }
            }
            continue;
        }
        let store = match open(home.path()).await {
            Ok(store) => store,
            Err(error) => {
                assert!(is_damage(error.code()), "seed {seed}, {name}: {error}");
                told += 1;
                continue;
            }
        };
        let checked = store.check().await.map_err(|error| error.code());
        let mut damaged = checked.is_err();
        for (read, as_written) in everything(&store, &whole.hash).await.into_iter().zip(&whole.read) {
            match read {
                Ok(read) => assert_eq!(read, *as_written, "seed {seed}, {name}"),
                Err(code) => {
                    assert!(is_damage(code), "seed {seed}, {name}: {code:?}");
                    assert!(
                        checked.is_err() || code == Code::FileDamaged,
                        "seed {seed}, {name}: found, but not by the check"
                    );
                    damaged = true;
                }
            }
        }
        assert!(checked.is_ok() || checked.is_err_and(is_damage), "seed {seed}, {name}: {checked:?}");
        told += u32::from(damaged);
        store.close().await;
    }
    assert!(told > 50, "{told} of 100 were told");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_first_page_is_damage_and_another_key_is_another_key() {
    let home = tempfile::tempdir().unwrap();
    let store = open(home.path()).await.unwrap();
    put(&store, 1).await;
    store.close().await;
    drop(store);
    let path = home.path().join("doorstep.db");
    let sound = fs::read(&path).unwrap();
    for at in [0, 7, 16, 100, 2_000, 4_095] {
        let mut bytes = sound.clone();
        bytes[at] ^= 1;
        fs::write(&path, bytes).unwrap();
        assert_eq!(open(home.path()).await.unwrap_err().code(), Code::StoreDamaged, "byte {at}");
        let other = Store::open(Folder::lock(home.path()).unwrap(), StoreKey::from_bytes([8; 32])).await;
        assert_eq!(other.unwrap_err().code(), Code::WrongKey, "byte {at}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_gone_or_empty_is_damage_and_no_new_store() {
    for left in [None, Some("")] {
        let home = tempfile::tempdir().unwrap();
        let store = open(home.path()).await.unwrap();
        put(&store, 1).await;
        store.close().await;
        drop(store);
        let path = home.path().join("doorstep.db");
        match left {
            None => fs::remove_file(&path).unwrap(),
            Some(text) => fs::write(&path, text).unwrap(),
        }
        for _ in 0..2 {
            assert_eq!(open(home.path()).await.unwrap_err().code(), Code::StoreDamaged, "{left:?}");
        }
        let other = Store::open(Folder::lock(home.path()).unwrap(), StoreKey::from_bytes([8; 32])).await;
        assert_eq!(other.unwrap_err().code(), Code::WrongKey, "{left:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_stored_and_is_missing_at_the_end_of_the_log_is_told() {
    let whole = whole().await;
    let log = fs::read(whole.folder.path().join("doorstep.db-wal")).unwrap();
    let mut cut = log.clone();
    cut.truncate(20_000);
    let mut middle = log.clone();
    middle[20_000] ^= 1;
    let garbage = vec![0x5a; log.len()];
    for (how, log) in [("cut", cut), ("a byte in it", middle), ("garbage", garbage), ("gone", Vec::new())] {
        let home = tempfile::tempdir().unwrap();
        copied(whole.folder.path(), home.path());
        fs::write(home.path().join("doorstep.db-wal"), log).unwrap();
        assert_eq!(open(home.path()).await.unwrap_err().code(), Code::StoreDamaged, "{how}");
    }
    let home = tempfile::tempdir().unwrap();
    copied(whole.folder.path(), home.path());
    open(home.path()).await.unwrap().close().await;
}
