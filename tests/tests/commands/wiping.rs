//! A laptop that HQ has wiped destroys what it has, says so, and may begin anew.

use crate::ground::{Headquarters, Laptop, PASSPHRASE};
use doorstep_app::Code;
use doorstep_hq::{
    accounts::Role,
    rights::{By, Person},
};
use serde_json::{Value, json};
use std::time::Duration;

/// Starts a sync and waits until it has ended, with whatever is left of the laptop then.
async fn sync_to_its_end(laptop: &Laptop) {
    let ended = async {
        let mut args = json!({});
        let mut command = "sync_start";
        while let Ok(state) = laptop.app.call(command, args).await {
            if state["running"] == false {
                return;
            }
            (command, args) = ("sync_watch", json!({ "after": state["revision"] }));
        }
    };
    tokio::time::timeout(Duration::from_secs(60), ended).await.expect("the sync did not end");
}

/// Two people at HQ have a laptop wiped.
async fn order_wipe(hq: &Headquarters, code: &str) {
    let person = |name: &str| Person { name: name.to_owned(), role: Role::ServiceCentre, branch_id: None };
    hq.hq.ask_wipe(&person("周芳"), code, "在高铁上丢失").await.unwrap();
    hq.hq.confirm_wipe(&person("王强"), code).await.unwrap();
}

/// Whether database or key are still there.
fn anything_left(laptop: &Laptop) -> bool {
    std::fs::read_dir(laptop.folder.path().join("data")).unwrap().any(|file| {
        let name = file.unwrap().file_name().into_string().unwrap();
        name.contains("doorstep.db") || name.contains("key")
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_order_to_destroy_itself_reaches_a_laptop_by_file_too() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    laptop.customer("四川路桥").await;
    let code = laptop.call("session_state", json!({})).await["device_code"].as_str().unwrap().to_owned();
    let exported = laptop.call("bundle_export", json!({})).await;
    assert!(anything_left(&laptop), "a file that is looked for is one that is there");
    order_wipe(&hq, &code).await;
    let answer = laptop.folder.path().join("answer.doorstep");
    hq.hq.take_bundle(exported["path"].as_str().unwrap().as_ref(), &answer).await.unwrap();
    let upload = laptop.upload(std::fs::read(&answer).unwrap());
    assert_eq!(laptop.code_of("bundle_import", json!({ "upload": upload })).await, Code::DeviceWiped);
    let wiped = laptop.call("session_state", json!({})).await;
    assert_eq!((&wiped["phase"], &wiped["problem"]["code"]), (&json!("first_start"), &json!("device_wiped")));
    assert!(!anything_left(&laptop));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_laptop_that_two_people_had_wiped_destroys_itself_says_so_and_may_begin_anew() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    laptop.customer("四川路桥").await;
    let state = async || laptop.call("session_state", json!({})).await;
    let code = state().await["device_code"].as_str().unwrap().to_owned();
    order_wipe(&hq, &code).await;
    sync_to_its_end(&laptop).await;
    let wiped = state().await;
    assert_eq!((&wiped["phase"], &wiped["problem"]["code"]), (&json!("first_start"), &json!("device_wiped")));
    assert!(!anything_left(&laptop));
    assert!(hq.hq.laptop_entry(By::Keeper, &code).await.unwrap().wipe.unwrap().told_at.is_some());
    laptop.call("session_create", json!({ "passphrase": PASSPHRASE })).await;
    let begun = state().await;
    assert_eq!((&begun["phase"], &begun["problem"]), (&json!("enrolling"), &Value::Null));
    let code = hq.code("CD", "张伟").await;
    laptop.call("session_enrol", json!({ "code": code, "device_name": "找回来的" })).await;
    laptop.sync().await;
}
