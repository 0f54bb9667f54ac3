//! A laptop whose disk changed what lies on it: it says so, leads to the last good copy, and comes back whole from HQ.

use crate::ground::{Headquarters, Laptop, PASSPHRASE};
use doorstep_app::{App, Code, World};
use serde_json::{Value, json};
use std::{path::PathBuf, sync::Arc, time::Duration};

fn database(laptop: &Laptop) -> PathBuf {
    laptop.folder.path().join("data/doorstep.db")
}

/// Waits until the store was read through after its start and has its snapshot.
async fn snapshot_made(laptop: &Laptop) {
    let made = async {
        let folder = laptop.folder.path().join("data/snapshots");
        while std::fs::read_dir(&folder).map_or(0, Iterator::count) == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), made).await.expect("no snapshot came");
}

/// The same laptop, started again. What its app held is let go first.
async fn started_again(mut laptop: Laptop) -> Laptop {
    laptop.app.close().await;
    let spare = tempfile::tempdir().unwrap();
    let other = App::open(Laptop::options(&spare), World::new(laptop.clock.clone())).await.unwrap();
    let old = Arc::downgrade(&std::mem::replace(&mut laptop.app, other));
    let gone = async {
        while old.strong_count() > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), gone).await.expect("the app goes on");
    laptop.app = App::open(Laptop::options(&laptop.folder), World::new(laptop.clock.clone())).await.unwrap();
    laptop
}

async fn names(laptop: &Laptop) -> Vec<String> {
    let args = json!({
        "query": "", "levels": [], "validity": "any", "parent_id": null, "offset": 0, "limit": 100,
    });
    let list = laptop.call("customer_list", args).await;
    let mut names: Vec<_> =
        list["rows"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_laptop_whose_database_is_gone_says_so_and_comes_back_from_its_snapshot_and_hq() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    laptop.customer("快照之前").await;
    snapshot_made(&laptop).await;
    laptop.customer("送到总部").await;
    laptop.sync().await;
    let laptop = started_again(laptop).await;
    std::fs::write(database(&laptop), "").unwrap();
    assert_eq!(laptop.code_of("session_unlock", json!({ "passphrase": PASSPHRASE })).await, Code::StoreDamaged);
    let session = laptop.call("session_state", json!({})).await;
    assert_eq!((&session["phase"], &session["problem"]["code"]), (&json!("damaged"), &json!("store_damaged")));
    assert_ne!(session["snapshot"], Value::Null);
    assert_eq!(laptop.code_of("today", json!({})).await, Code::StoreDamaged);
    let restored = laptop.call("session_restore", json!({})).await;
    assert_eq!((&restored["source"], &restored["session"]["phase"]), (&json!("snapshot"), &json!("ready")));
    laptop.customer("恢复之后").await;
    laptop.sync().await;
    let kept = names(&laptop).await;
    for name in ["快照之前", "送到总部", "恢复之后"] {
        assert!(kept.iter().any(|kept| kept == name), "{name} in {kept:?}");
    }
    let rows = laptop.call("sync_queue", json!({})).await;
    assert_eq!(rows, json!([]), "everything is at HQ");
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_that_is_met_while_working_is_said_and_leads_to_the_way_out() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    for number in 0..40 {
        laptop.customer(&format!("第 {number} 家")).await;
    }
    laptop.sync().await;
    let laptop = started_again(laptop).await;
    let mut bytes = std::fs::read(database(&laptop)).unwrap();
    // All but what is read at the start.
    for page in bytes.chunks_mut(4096).skip(40) {
        page[2_000] ^= 1;
    }
    std::fs::write(database(&laptop), bytes).unwrap();
    let opened = laptop.app.call("session_unlock", json!({ "passphrase": PASSPHRASE })).await;
    assert!(opened.is_ok() || opened.is_err_and(|failure| failure.code == Code::StoreDamaged));
    let found = async {
        while laptop.call("session_state", json!({})).await["phase"] != "damaged" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), found).await.expect("nobody noticed");
    assert_eq!(laptop.code_of("today", json!({})).await, Code::StoreDamaged);
    assert_eq!(laptop.call("session_restore", json!({})).await["session"]["phase"], "ready");
    laptop.sync().await;
    assert_eq!(names(&laptop).await.iter().filter(|name| name.starts_with('第')).count(), 40);
}
