//! The data folder: keys, locks, attachments, and that nothing in it can be read without the key.

use crate::ground::{Ground, ground, open, put};
use doorstep_domain::Code;
use doorstep_store::{Error, Folder, StoreKey};
use serde_json::json;
use std::{path::Path, sync::Arc};

async fn reopened(ground: Ground, key: [u8; 32]) -> doorstep_store::Result<Ground> {
    let home = Arc::clone(&ground.home);
    drop(ground);
    open(home, key).await
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key_does_not_open_the_store() {
    let ground = ground().await;
    put(&ground.store, 1, json!({"name": "甲"})).await;
    assert!(matches!(reopened(ground, [8; 32]).await, Err(Error::WrongKey)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_stored_is_there_when_the_store_is_opened_again() {
    let ground = ground().await;
    put(&ground.store, 1, json!({"name": "甲"})).await;
    let again = reopened(ground, [7; 32]).await.unwrap();
    assert_eq!(crate::ground::seen(&again.store, 1).await, Some(json!({"name": "甲"})));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_window_is_kept_out_of_the_folder() {
    let ground = ground().await;
    let second = Folder::lock(&ground.home.path().join("data"));
    assert_eq!(second.unwrap_err().code(), Code::StoreInUse);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passphrase_opens_its_key_and_another_does_not() {
    let home = tempfile::tempdir().unwrap();
    let folder = Folder::lock(home.path()).unwrap();
    let key = StoreKey::from_bytes([9; 32]);
    let weak = key.keep_with_passphrase(&folder, "七个字的口令啊", [1; 16], [2; 24]);
    assert_eq!(weak.unwrap_err().code(), Code::WeakPassphrase);
    key.keep_with_passphrase(&folder, "八个字的口令在此", [1; 16], [2; 24]).unwrap();
    let opened = StoreKey::from_passphrase(&folder, "八个字的口令在此").unwrap();
    assert_eq!(opened.bytes(), key.bytes());
    let wrong = StoreKey::from_passphrase(&folder, "八个字的口令不是");
    assert_eq!(wrong.unwrap_err().code(), Code::WrongPassphrase);
    let file = std::fs::read(folder.key_file()).unwrap();
    assert!(!contains(&file, key.bytes()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_newer_version_is_left_alone() {
    let ground = ground().await;
    let path = ground.store.folder().database();
    ground.store.close().await;
    let key = format!("\"x'{}'\"", "07".repeat(32));
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).pragma("key", key);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (9999, 'from the future', 1, x'00', 0)";
    sqlx::query(newer).execute(&pool).await.unwrap();
    pool.close().await;
    assert!(matches!(reopened(ground, [7; 32]).await, Err(Error::Newer)));
}

#[tokio::test(flavor = "multi_thread")]
async fn attachments_of_every_size_come_back_as_they_were() {
    let ground = ground().await;
    let segment = 64 * 1024;
    for size in [0, 1, segment - 1, segment, segment + 1, 3 * segment, 3 * segment + 17] {
        let bytes: Vec<u8> = (0..size).map(|i| (i * 7 % 251) as u8).collect();
        let hash = ground.store.blobs().put(&bytes, [size as u8; 19]).unwrap();
        assert_eq!(ground.store.blobs().read(&hash, usize::MAX).unwrap(), bytes, "{size} bytes");
        for offset in [0, 1, segment - 1, segment, segment + 5, size] {
            let chunk = ground.store.blobs().read_at(&hash, offset as u64, 100_000).unwrap();
            let rest = bytes.get(offset..).unwrap_or_default();
            assert_eq!(chunk, rest[..rest.len().min(100_000)], "{size} bytes from {offset}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_handed_over_in_pieces_is_the_one_handed_over_whole() {
    let ground = ground().await;
    let blobs = ground.store.blobs();
    let bytes: Vec<u8> = (0..300_000u32).map(|i| (i % 251) as u8).collect();
    let mut new = blobs.begin([1; 19]).unwrap();
    bytes.chunks(70_001).for_each(|piece| new.append(piece).unwrap());
    assert_eq!(new.bytes(), 300_000);
    let hash = new.finish().unwrap();
    assert_eq!(hash, blobs.put(&bytes, [2; 19]).unwrap());
    let mut copy = Vec::new();
    blobs.copy_to(&hash, 300_000, &mut copy).unwrap();
    assert_eq!(copy, bytes);
    assert_eq!(blobs.copy_to(&hash, 299_999, &mut copy).unwrap_err().code(), Code::FileDamaged);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_given_up_in_the_middle_leaves_nothing() {
    let ground = ground().await;
    let mut new = ground.store.blobs().begin([1; 19]).unwrap();
    new.append(&[7; 200_000]).unwrap();
    let count = |folder: std::path::PathBuf| std::fs::read_dir(folder).unwrap().count();
    assert_eq!(count(ground.store.folder().scratch()), 1);
    drop(new);
    assert_eq!((count(ground.store.folder().scratch()), count(ground.store.folder().blobs())), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attachment_cut_in_the_middle_goes_on_at_a_whole_segment() {
    let ground = ground().await;
    let bytes: Vec<u8> = (0..500_000u32).map(|i| (i % 253) as u8).collect();
    let hash = blake3::hash(&bytes).to_hex().to_string();
    let mut arriving = ground.store.blobs().partial(&hash, [3; 19]).unwrap();
    arriving.append(&bytes[..300_000]).unwrap();
    drop(arriving);
    assert!(!ground.store.blobs().has(&hash).unwrap(), "half a file has no final name");
    let mut arriving = ground.store.blobs().partial(&hash, [4; 19]).unwrap();
    let offset = usize::try_from(arriving.offset()).unwrap();
    assert!(offset > 200_000 && offset <= 300_000);
    arriving.append(&bytes[offset..]).unwrap();
    arriving.finish().unwrap();
    assert_eq!(ground.store.blobs().read(&hash, usize::MAX).unwrap(), bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_not_those_of_their_name_are_thrown_away() {
    let ground = ground().await;
    let hash = blake3::hash(b"right").to_hex().to_string();
    let mut arriving = ground.store.blobs().partial(&hash, [3; 19]).unwrap();
    arriving.append(b"wrong").unwrap();
    assert!(matches!(arriving.finish(), Err(Error::HashMismatch)));
    assert!(!ground.store.blobs().has(&hash).unwrap());
    assert_eq!(ground.store.blobs().partial(&hash, [5; 19]).unwrap().offset(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_touched_or_cut_attachment_does_not_read() {
    let ground = ground().await;
    let hash = ground.store.blobs().put(&[1; 200_000], [6; 19]).unwrap();
    let path = ground.store.folder().blobs().join(&hash);
    let whole = std::fs::read(&path).unwrap();
    let mut touched = whole.clone();
    touched[150_000] ^= 1;
    std::fs::write(&path, touched).unwrap();
    assert_eq!(ground.store.blobs().read(&hash, usize::MAX).unwrap_err().code(), Code::FileDamaged);
    // A cut at the edge of a segment is a cut all the same.
    std::fs::write(&path, &whole[..19 + 65_552]).unwrap();
    assert_eq!(ground.store.blobs().read(&hash, usize::MAX).unwrap_err().code(), Code::FileDamaged);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_file_of_the_folder_holds_a_name_while_it_is_open_or_after() {
    let ground = ground().await;
    let name = "绵九高速测试项目部";
    put(&ground.store, 1, json!({"name": name, "notes": name.repeat(50)})).await;
    ground.store.blobs().put(name.as_bytes(), [1; 19]).unwrap();
    let control = tempfile::tempdir().unwrap();
    std::fs::write(control.path().join("control"), format!("x{name}x")).unwrap();
    assert_eq!(files_with(control.path(), name.as_bytes()), 1, "the search finds what is there");
    assert_eq!(files_with(ground.home.path(), name.as_bytes()), 0);
    ground.store.close().await;
    assert_eq!(files_with(ground.home.path(), name.as_bytes()), 0);
}

fn files_with(folder: &Path, needle: &[u8]) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| match path.is_dir() {
            true => files_with(&path, needle),
            false => usize::from(contains(&std::fs::read(&path).unwrap(), needle)),
        })
        .sum()
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_folded_into_the_database_while_the_store_is_open() {
    let ground = ground().await;
    let database = ground.home.path().join("data/doorstep.db");
    ground.store.fold_log().await.unwrap();
    let before = std::fs::metadata(&database).unwrap().len();
    for number in 0..100 {
        put(&ground.store, number, json!({"name": "长".repeat(60)})).await;
    }
    assert_eq!(std::fs::metadata(&database).unwrap().len(), before, "a commit writes into the log alone");
    ground.store.fold_log().await.unwrap();
    assert!(std::fs::metadata(&database).unwrap().len() > before + 20_000);
}
