//! A data folder on a disk that is full, or closed to writers: HQ, its attachments and its backups.

use super::{
    attachments::{name, photo, send},
    place::Small,
    room::Served,
};
use reqwest::StatusCode;
use std::fs;

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_gone_beside_its_key_is_not_begun_anew_without_a_word() {
    let small = Small::new();
    drop(Served::start(&small));
    let (database, aside) = (small.room().seen().join("hq/hq.sqlite"), small.room().seen().join("aside"));
    fs::rename(&database, &aside).unwrap();
    for content in [None, Some("")] {
        if let Some(content) = content {
            fs::write(&database, content).unwrap();
        }
        let words = refused(&small, &SERVE);
        assert!(words.contains("hq.sqlite is missing or empty"), "{words}");
    }
    fs::rename(&aside, &database).unwrap();
    drop(Served::start(&small));
}

/// What a command says that does not go through.
fn refused(small: &Small, arguments: &[&str]) -> String {
    let out = small.command().args(arguments).output().unwrap();
    assert!(!out.status.success(), "{arguments:?}");
    String::from_utf8_lossy(&out.stderr).lines().last().unwrap_or_default().to_owned()
}

const SERVE: [&str; 4] = ["serve", "--http", "--listen", "127.0.0.1:0"];

#[tokio::test(flavor = "multi_thread")]
async fn a_chunk_and_a_backup_that_find_no_room_say_so_and_come_through_later() {
    let small = Small::new();
    let hq = Served::start(&small);
    let mut laptop = hq.laptop(&small, "张伟").await;
    let (content, hash) = photo(3_000_000);
    name(&mut laptop, &hash, content.len()).await;
    let backup = small.room().path().join("backup");
    let backup = ["backup", backup.to_str().unwrap()];
    small.room().fill().unwrap();
    let answer = send(&laptop, &hash, 0, content.len(), &content).await;
    assert_eq!(answer.status(), StatusCode::INSUFFICIENT_STORAGE);
    assert_eq!(hq.status("/readyz").await, StatusCode::SERVICE_UNAVAILABLE);
    let words = refused(&small, &backup);
    assert!(words.contains("backup cannot be used: its disk is full"), "{words}");
    small.room().empty().unwrap();
    assert_eq!(send(&laptop, &hash, 0, content.len(), &content).await.status(), StatusCode::NO_CONTENT);
    assert!(small.command().args(backup).status().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_without_a_byte_of_room_says_what_to_do_and_leaves_nothing_in_the_way() {
    let small = Small::new();
    small.room().fill().unwrap();
    let words = refused(&small, &SERVE);
    assert!(words.contains("full") && words.contains("free some space there"), "{words}");
    small.room().empty().unwrap();
    drop(Served::start(&small));
    small.room().fill().unwrap();
    for command in [&SERVE[..], &["account", "add", "--name", "周芳", "--role", "service-centre"]] {
        let words = refused(&small, command);
        assert!(words.contains("full") && words.contains("free some space there"), "{words}");
    }
    small.room().empty().unwrap();
    drop(Served::start(&small));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_cannot_be_written_is_said_in_words() {
    let small = Small::new();
    small.room().read_only(true).unwrap();
    let words = refused(&small, &SERVE);
    assert!(words.contains("mounted read-only"), "{words}");
    small.room().read_only(false).unwrap();
    drop(Served::start(&small));
    small.room().read_only(true).unwrap();
    let words = refused(&small, &SERVE);
    assert!(words.contains("read-only"), "{words}");
}
