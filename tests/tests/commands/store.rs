//! The data folder: one window at a time, the right passphrase, and never a newer database.

use crate::ground::{Headquarters, Laptop, PASSPHRASE};
use doorstep_app::{App, Code, World};
use doorstep_store::{Folder, StoreKey};
use serde_json::json;
use std::sync::Arc;
use tempfile::TempDir;

async fn reopened(folder: &TempDir, clock: &crate::ground::Hands) -> Arc<App> {
    App::open(Laptop::options(folder), World::new(clock.clone())).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_opens_the_window_again_at_once_is_not_told_of_another() {
    let hq = Headquarters::start().await;
    let mut laptop = hq.laptop("CD", "张伟").await;
    // The new one asks first, and the old one leaves while it waits.
    let again = App::open(Laptop::options(&laptop.folder), World::new(laptop.clock.clone()));
    let other = Laptop::new().await;
    let leaving = async {
        laptop.app.close().await;
        drop(std::mem::replace(&mut laptop.app, Arc::clone(&other.app)));
    };
    let (again, ()) = tokio::join!(again, leaving);
    again.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_window_on_the_same_data_is_sent_away() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    let second = App::open(Laptop::options(&laptop.folder), World::new(laptop.clock.clone())).await;
    assert_eq!(second.err().map(|failure| failure.code), Some(Code::StoreInUse));
    laptop.customer("第一个窗口照常工作").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_right_passphrase_opens_and_another_leaves_everything_as_it_was() {
    let fresh = Laptop::new().await;
    assert_eq!(fresh.code_of("session_create", json!({ "passphrase": "七个字的口令啊" })).await, Code::WeakPassphrase);
    assert_eq!(
        fresh
            .code_of(
                "customer_list",
                json!({
                    "query": "", "levels": [], "validity": "any", "parent_id": null, "offset": 0, "limit": 1,
                })
            )
            .await,
        Code::Locked
    );
    fresh.call("session_create", json!({ "passphrase": PASSPHRASE })).await;
    let again = json!({ "passphrase": "又一个新的口令" });
    assert_eq!(fresh.code_of("session_create", again).await, Code::WrongState);
    let clock = fresh.clock.clone();
    let folder = moved_out(fresh).await;
    let app = reopened(&folder, &clock).await;
    let unlock = async |passphrase: &str| {
        let answer = app.call("session_unlock", json!({ "passphrase": passphrase })).await;
        answer.map(|session| session["phase"].clone()).map_err(|failure| failure.code)
    };
    assert_eq!(unlock("错误的口令在此").await, Err(Code::WrongPassphrase));
    assert_eq!(unlock(PASSPHRASE).await, Ok(json!("enrolling")));
    app.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_newer_version_is_refused_and_left_alone() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    laptop.customer("雅江桥隧第一工程有限公司").await;
    let clock = laptop.clock.clone();
    let folder = moved_out(laptop).await;
    let data = folder.path().join("data");
    add_a_migration_of_the_future(&data).await;
    let before = std::fs::read(data.join("doorstep.db")).unwrap();
    let app = reopened(&folder, &clock).await;
    let failure = app.call("session_unlock", json!({ "passphrase": PASSPHRASE })).await.unwrap_err();
    assert_eq!(failure.code, Code::StoreNewer);
    app.close().await;
    drop(app);
    assert_eq!(std::fs::read(data.join("doorstep.db")).unwrap(), before);
}

/// The folder of a laptop whose app has ended.
async fn moved_out(mut laptop: Laptop) -> TempDir {
    laptop.app.close().await;
    let spare = tempfile::tempdir().unwrap();
    let other = App::open(Laptop::options(&spare), World::new(laptop.clock.clone())).await.unwrap();
    drop(std::mem::replace(&mut laptop.app, other));
    std::mem::replace(&mut laptop.folder, spare)
}

async fn add_a_migration_of_the_future(data: &std::path::Path) {
    let folder = Folder::lock(data).unwrap();
    let key = StoreKey::from_passphrase(&folder, PASSPHRASE).unwrap();
    let hex: String = key.bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let options =
        sqlx::sqlite::SqliteConnectOptions::new().filename(folder.database()).pragma("key", format!("\"x'{hex}'\""));
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (9999, 'from the future', 1, x'00', 0)";
    sqlx::query(newer).execute(&pool).await.unwrap();
    pool.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unlocking_what_is_open_or_broken_answers_at_once_and_the_app_goes_on() {
    let laptop = Laptop::with_a_store().await;
    let again = json!({ "passphrase": "口令口令口令口令" });
    assert_eq!(laptop.code_of("session_unlock", again.clone()).await, Code::WrongState);
    assert_eq!(laptop.call("session_state", json!({})).await["phase"], "enrolling");
    let why = doorstep_app::Failure::new(Code::StoreInUse, "another window");
    let options = Laptop::options(&laptop.folder);
    let broken = doorstep_app::App::broken(options, doorstep_app::World::new(laptop.clock.clone()), why);
    assert_eq!(broken.call("session_unlock", again).await.unwrap_err().code, Code::WrongState);
    let session = broken.call("session_state", json!({})).await.unwrap();
    assert_eq!((&session["phase"], &session["problem"]["code"]), (&json!("broken"), &json!("store_in_use")));
}

#[tokio::test(flavor = "multi_thread")]
async fn language_and_theme_are_known_before_the_store_is_open() {
    let laptop = Laptop::new().await;
    let looks = async |app: &Arc<App>| {
        let settings = app.call("settings_get", json!({})).await.unwrap();
        [settings["language"].clone(), settings["theme"].clone()]
    };
    assert_eq!(looks(&laptop.app).await, ["zh", "system"]);
    let mut settings = laptop.call("settings_get", json!({})).await;
    settings["language"] = json!("en");
    laptop.call("settings_set", json!({ "settings": settings })).await;
    laptop.call("session_create", json!({ "passphrase": PASSPHRASE })).await;
    assert_eq!(looks(&laptop.app).await, ["en", "system"], "what was chosen at the first start stays");
    settings["theme"] = json!("dark");
    laptop.call("settings_set", json!({ "settings": settings })).await;
    laptop.app.close().await;
    let (folder, clock) = (tempfile::tempdir().unwrap(), laptop.clock.clone());
    std::fs::create_dir_all(folder.path().join("data")).unwrap();
    let kept = laptop.folder.path().join("data/looks.json");
    std::fs::copy(&kept, folder.path().join("data/looks.json")).unwrap();
    assert_eq!(looks(&reopened(&folder, &clock).await).await, ["en", "dark"]);
    for nonsense in ["", "{", "[1]", r#"{"language":"fr"}"#] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("data")).unwrap();
        std::fs::write(folder.path().join("data/looks.json"), nonsense).unwrap();
        assert_eq!(looks(&reopened(&folder, &clock).await).await, ["zh", "system"], "{nonsense}");
    }
}
