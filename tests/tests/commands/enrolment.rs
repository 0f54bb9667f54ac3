//! Binding a laptop: what goes wrong, and that nothing is lost by it.

use crate::ground::{Headquarters, Laptop};
use chrono::TimeDelta;
use doorstep_app::Code;
use serde_json::{Value, json};

async fn try_code(laptop: &Laptop, code: &str) -> Code {
    laptop.code_of("session_enrol", json!({ "code": code, "device_name": "笔记本" })).await
}

async fn phase(laptop: &Laptop) -> Value {
    laptop.call("session_state", json!({})).await["phase"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_a_used_and_an_expired_code_each_say_so_and_the_right_one_still_works() {
    let hq = Headquarters::start().await;
    let laptop = Laptop::with_a_store().await;
    let good = hq.code("CD", "张伟").await;
    let mut mistyped = good.clone();
    mistyped.replace_range(20..21, if &good[20..21] == "x" { "y" } else { "x" });
    for wrong in ["", "你好", "DS1-", &good[..good.len() - 3], &mistyped] {
        assert_eq!(try_code(&laptop, wrong).await, Code::CodeWrong, "{wrong}");
    }
    let used = hq.code("CD", "张伟").await;
    let colleague = Laptop::with_a_store().await;
    colleague.call("session_enrol", json!({ "code": used, "device_name": "另一台" })).await;
    assert_eq!(try_code(&laptop, &used).await, Code::CodeUsed);
    let short = hq.hq.issue_code("CD", "张伟", TimeDelta::hours(1), None).await.unwrap().to_string();
    hq.clock.forward(TimeDelta::minutes(61));
    assert_eq!(try_code(&laptop, &short).await, Code::CodeExpired);
    assert_eq!(phase(&laptop).await, "enrolling");
    // As people paste it: broken over lines.
    let pasted = format!("  {}\n{} \n", &good[..30], &good[30..]);
    laptop.call("session_enrol", json!({ "code": pasted, "device_name": "笔记本" })).await;
    assert_eq!(phase(&laptop).await, "ready");
    laptop.sync().await;
    assert_eq!(try_code(&laptop, &hq.code("CD", "张伟").await).await, Code::AlreadyEnrolled);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hq_that_is_not_there_loses_nothing_and_is_found_again_later() {
    let hq = Headquarters::start().await;
    let unused = hq.code("CD", "李娜").await;
    let laptop = hq.laptop("CD", "张伟").await;
    let customer = laptop.customer("雅江桥隧第一工程有限公司").await;
    laptop.at_work(&customer).await;
    let before = laptop.call("sync_queue", json!({})).await;
    hq.shut().await;
    let fresh = Laptop::with_a_store().await;
    assert_eq!(try_code(&fresh, &unused).await, Code::HqUnreachable);
    assert_eq!(phase(&fresh).await, "enrolling");
    let mut state = laptop.call("sync_start", json!({})).await;
    while state["running"] == true {
        state = laptop.call("sync_watch", json!({ "after": state["revision"] })).await;
    }
    assert_eq!(state["last_error"]["code"], "hq_unreachable");
    assert_eq!(state["last_error"]["retryable"], true);
    assert_eq!(laptop.call("sync_queue", json!({})).await, before);
    assert_eq!(
        laptop.call("customer_get", json!({ "id": customer })).await["customer"]["name"],
        "雅江桥隧第一工程有限公司"
    );
    laptop.customer("断网时新建的客户").await;
}
