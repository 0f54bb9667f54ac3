//! A fault of ours, wherever it happens, ends in an answer, and what comes after it goes through.

use crate::ground::{Hands, Headquarters, Laptop, PASSPHRASE};
use chrono::{DateTime, TimeDelta, Utc};
use doorstep_app::{App, Clock, Code, Pace, World};
use doorstep_tests::wait;
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

/// A clock that breaks: whoever looks at it then panics.
#[derive(Clone)]
struct Broken {
    hands: Hands,
    is_broken: Arc<AtomicBool>,
    looks: Arc<AtomicU32>,
}

impl Clock for Broken {
    fn now(&self) -> DateTime<Utc> {
        self.looks.fetch_add(1, Ordering::SeqCst);
        assert!(!self.is_broken.load(Ordering::SeqCst), "the clock is broken");
        self.hands.now()
    }

    fn zone_minutes(&self, moment: DateTime<Utc>) -> i32 {
        self.hands.zone_minutes(moment)
    }
}

async fn laptop(hq: &Headquarters) -> (Laptop, Broken) {
    let mut laptop = Laptop::new().await;
    laptop.app.close().await;
    let clock = Broken { hands: laptop.clock.clone(), is_broken: Arc::default(), looks: Arc::default() };
    let folder = tempfile::tempdir().unwrap();
    laptop.app = App::open(Laptop::options(&folder), World::new(clock.clone())).await.unwrap();
    laptop.folder = folder;
    laptop.call("session_create", json!({ "passphrase": PASSPHRASE })).await;
    let code = hq.code("CD", "张伟").await;
    laptop.call("session_enrol", json!({ "code": code, "device_name": "张伟" })).await;
    laptop.sync().await;
    (laptop, clock)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_panics_answers_as_an_error_and_the_next_one_goes_through() {
    let hq = Headquarters::start().await;
    let (laptop, clock) = laptop(&hq).await;
    let customer = laptop.customer("客户甲").await;
    let visit = laptop.plan(&customer, "return_visit").await;
    clock.is_broken.store(true, Ordering::SeqCst);
    let calls = [
        ("record_create", json!({ "kind": "customer", "fields": { "name": "客户乙", "level": "company" } })),
        ("record_set", json!({ "kind": "customer", "id": customer, "fields": { "name": "客户丙" } })),
        ("visit_step", json!({ "id": visit, "step": { "step": "cancel", "reason": "改天" } })),
        ("today", json!({})),
    ];
    for (name, args) in calls {
        let refused = tokio::time::timeout(Duration::from_secs(30), laptop.refused(name, args)).await;
        let failure = refused.unwrap_or_else(|_| panic!("{name} never answers"));
        assert_eq!(failure.code, Code::Internal, "{name}");
        assert!(!failure.id.is_empty(), "{name}: what people report finds it in the log");
        assert!(!failure.message.contains("clock"), "{name}: what a panic quotes stays out of the log");
    }
    assert!(laptop.app.upload(None, b"x".to_vec().into()).await.is_err(), "handing bytes over is a command too");
    // A sync ends in an error, and another can begin.
    let mut state = laptop.call("sync_start", json!({})).await;
    while state["running"] == true {
        state = laptop.call("sync_watch", json!({ "after": state["revision"] })).await;
    }
    assert_eq!(state["last_error"]["code"], "internal");
    clock.is_broken.store(false, Ordering::SeqCst);
    laptop.set("customer", &customer, json!({ "name": "客户丁" })).await;
    let upload = laptop.app.upload(None, b"x".to_vec().into()).await.unwrap();
    assert_eq!(laptop.app.download(&upload).unwrap(), "x");
    assert_eq!(laptop.sync().await["waiting"], 0);
    let kept = laptop.call("customer_get", json!({ "id": customer })).await;
    assert_eq!(kept["customer"]["name"], "客户丁");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_at_hq_is_answered_and_the_next_exchange_goes_through() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    laptop.customer("客户甲").await;
    // No calendar has such a day: whoever reads HQ's clock panics.
    let too_far = TimeDelta::milliseconds(i64::MAX / 2);
    hq.clock.forward(too_far);
    let mut state = laptop.call("sync_start", json!({})).await;
    while state["running"] == true {
        state = laptop.call("sync_watch", json!({ "after": state["revision"] })).await;
    }
    assert_eq!(state["last_error"]["code"], "internal", "HQ is there, and says that it failed");
    hq.clock.forward(-too_far);
    assert_eq!(laptop.sync().await["waiting"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_in_the_background_does_not_end_what_comes_by_itself() {
    let hq = Headquarters::start().await;
    let (laptop, clock) = laptop(&hq).await;
    let often = Duration::from_millis(20);
    let keeping = tokio::spawn(Arc::clone(&laptop.app).keep_synced(Pace { quiet: often, every: often, pause: often }));
    clock.is_broken.store(true, Ordering::SeqCst);
    let before = clock.looks.load(Ordering::SeqCst);
    let fell = || async { Ok((clock.looks.load(Ordering::SeqCst) >= before + 3).then_some(())) };
    wait::until("three that came to grief", Duration::from_secs(30), fell).await.unwrap();
    clock.is_broken.store(false, Ordering::SeqCst);
    laptop.customer("客户甲").await;
    let mut state = laptop.call("sync_state", json!({})).await;
    let sent = async {
        while state["waiting"] != 0 || state["last_error"] != Value::Null {
            state = laptop.call("sync_watch", json!({ "after": state["revision"] })).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), sent).await.expect("no sync comes any more");
    keeping.abort();
}
