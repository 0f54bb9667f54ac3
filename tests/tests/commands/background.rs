//! Syncs that come by themselves.

use crate::ground::{Headquarters, Laptop, list};
use doorstep_app::Pace;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

/// Soon after every change, and not otherwise.
const PACE: Pace =
    Pace { quiet: Duration::from_millis(20), every: Duration::from_secs(3600), pause: Duration::from_millis(20) };

/// Waits until the state of the sync is as asked for.
async fn until(laptop: &Laptop, is_so: impl Fn(&Value) -> bool) -> Value {
    let mut state = laptop.call("sync_state", json!({})).await;
    let waited = async {
        while !is_so(&state) {
            state = laptop.call("sync_watch", json!({ "after": state["revision"] })).await;
        }
        state
    };
    tokio::time::timeout(Duration::from_secs(60), waited).await.expect("the sync did not come by itself")
}

async fn set(laptop: &Laptop, field: &str, value: bool) {
    let mut settings = laptop.call("settings_get", json!({})).await;
    settings[field] = json!(value);
    laptop.call("settings_set", json!({ "settings": settings })).await;
}

async fn runs(laptop: &Laptop) -> usize {
    list(&laptop.call("sync_history", json!({})).await).len()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_is_sent_by_itself_unless_a_person_paused_it() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    let keeping = tokio::spawn(Arc::clone(&laptop.app).keep_synced(PACE));
    laptop.customer("客户甲").await;
    until(&laptop, |state| state["running"] == false && state["waiting"] == 0).await;
    set(&laptop, "sync_background", false).await;
    let before = runs(&laptop).await;
    laptop.customer("客户乙").await;
    assert_eq!(laptop.call("sync_state", json!({})).await["waiting"], 1);
    laptop.sync().await;
    assert_eq!(runs(&laptop).await, before + 1, "only the one that a person started");
    set(&laptop, "sync_background", true).await;
    laptop.customer("客户丙").await;
    until(&laptop, |state| state["running"] == false && state["waiting"] == 0).await;
    keeping.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_who_is_signing_is_not_disturbed_by_a_sync() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    let visit = laptop.at_work(&laptop.customer("客户甲").await).await;
    laptop.present(&visit).await;
    let before = runs(&laptop).await;
    let keeping = tokio::spawn(Arc::clone(&laptop.app).keep_synced(PACE));
    // Written beside the visit: the sync would come now.
    laptop.customer("客户乙").await;
    laptop.step(&visit, json!({ "step": "withdraw" })).await;
    until(&laptop, |state| state["running"] == false && state["waiting"] == 0).await;
    assert_eq!(runs(&laptop).await, before + 1);
    keeping.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_comes_back_is_noticed_and_a_large_file_waits_for_a_person_who_likes_it_so() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    set(&laptop, "large_files_wait", true).await;
    let keeping = tokio::spawn(Arc::clone(&laptop.app).keep_synced(PACE));
    let visit = laptop.at_work(&laptop.customer("客户甲").await).await;
    for (name, bytes) in [("small.log", 1000), ("large.zip", 1024 * 1024 + 1)] {
        let upload = laptop.upload((0..bytes).map(|i: u32| (i * 7 % 251) as u8).collect());
        let file = json!({
            "visit": visit, "about": null, "item": null, "role": "file", "upload": upload, "name": name, "caption": "",
        });
        laptop.call("attachment_add", file).await;
    }
    until(&laptop, |state| state["running"] == false && state["waiting"] == 0 && state["waiting_files"] == 1).await;
    keeping.abort();
    // One that began meanwhile ends by itself.
    until(&laptop, |state| state["running"] == false).await;
    assert_eq!(laptop.call("sync_state", json!({})).await["waiting_files"], 1);
    assert_eq!(laptop.sync().await["waiting_files"], 0);
}
