//! Times, dates and texts without sense: refused in the field they were typed into, and harmless where they are stored.

use crate::{
    ground::{Headquarters, Laptop, list},
    newer::come,
};
use chrono::TimeDelta;
use doorstep_app::Code;
use doorstep_domain::{Kind, describe};
use serde_json::{Value, json};

/// A record of every kind that people write.
async fn records(laptop: &Laptop) -> Vec<(Kind, String)> {
    let customer = laptop.customer("雅江桥隧第一工程有限公司").await;
    let visit = laptop.at_work(&customer).await;
    let mut made = Vec::new();
    for (kind, fields) in [
        ("contact", json!({ "customer_id": customer, "name": "扎西" })),
        ("installation", json!({ "customer_id": customer, "product_name": "公路造价" })),
        ("open_point", json!({ "customer_id": customer, "text": "补发补丁" })),
        ("problem", json!({ "visit_id": visit, "symptom": "打不开" })),
        ("question", json!({ "visit_id": visit, "question": "如何调价差" })),
    ] {
        made.push((Kind::parse(kind).unwrap(), laptop.create(kind, fields).await));
    }
    made.extend([(Kind::CUSTOMER, customer), (Kind::VISIT, visit)]);
    made
}

#[tokio::test(flavor = "multi_thread")]
async fn no_field_takes_control_characters_or_dates_without_sense_and_each_says_so() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    let fields: Vec<&str> = ["name", "number", "region", "address", "postcode", "phone", "notes", "mobile", "email"]
        .into_iter()
        .chain(["position", "product_name", "version", "dongle_number", "quota_edition", "database_kind"])
        .chain(["machine_notes", "subject", "product_version", "demonstrated", "handed_over", "reservations"])
        .chain(["internal_notes", "symptom", "cause", "explanation", "action", "guidance", "question", "answer"])
        .chain(["text", "who", "file_valid_until", "maintenance_until", "planned_on", "due", "done_on"])
        .collect();
    let dates = ["file_valid_until", "maintenance_until", "planned_on", "due", "done_on"];
    let mut tried = 0;
    for (kind, id) in records(&laptop).await {
        for field in fields.iter().filter(|field| describe(&kind).settable.contains(field)) {
            let bad: &[(&str, &[Code])] = if dates.contains(field) {
                &[
                    ("+262142-12-31", &[Code::OutOfRange, Code::NotYet]),
                    ("0001-01-01", &[Code::OutOfRange]),
                    ("9999-12-31", &[Code::OutOfRange, Code::NotYet]),
                    ("2027-02-30", &[Code::Invalid]),
                    ("明天", &[Code::Invalid]),
                ]
            } else {
                &[
                    ("a\0b", &[Code::BadText, Code::Invalid, Code::NotAMailAddress]),
                    ("\u{1b}[31m", &[Code::BadText, Code::Invalid, Code::NotAMailAddress]),
                    ("a\u{202e}b", &[Code::BadText, Code::Invalid, Code::NotAMailAddress]),
                    ("a\u{7f}", &[Code::BadText, Code::Invalid, Code::NotAMailAddress]),
                    ("\u{fffe}", &[Code::BadText, Code::Invalid, Code::NotAMailAddress]),
                ]
            };
            for (value, codes) in bad {
                let args = json!({ "kind": kind, "id": id, "fields": { *field: value } });
                let failure = laptop.refused("record_set", args).await;
                assert!(codes.contains(&failure.code), "{kind}.{field} = {value:?}: {failure:?}");
                assert!(failure.code == Code::Invalid || failure.field.as_deref() == Some(*field), "{failure:?}");
                tried += 1;
            }
            if !dates.contains(field) {
                let args = json!({ "kind": kind, "id": id, "fields": { *field: "长".repeat(20_001) } });
                let failure = laptop.refused("record_set", args).await;
                assert!(
                    [Code::TooLarge, Code::Invalid, Code::NotAMailAddress].contains(&failure.code),
                    "{kind}.{field}: {failure:?}"
                );
            }
        }
    }
    assert!(tried > 150, "{tried}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_in_the_future_is_refused_and_one_that_was_stored_can_be_left() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    let visit = laptop.plan(&laptop.customer("客户甲").await, "return_visit").await;
    let depart = |at: &str| json!({ "step": "depart", "at": at, "without_appointment": "路过" });
    for (at, code) in [
        ("2062-11-23T01:00:00Z", Code::NotYet),
        ("+262142-12-31T23:59:59Z", Code::OutOfRange),
        ("1969-12-31T23:59:59Z", Code::OutOfRange),
    ] {
        let failure = laptop.refused("visit_step", json!({ "id": visit, "step": depart(at) })).await;
        assert_eq!((failure.code, failure.field.as_deref()), (code, Some("departed_at")), "{at}");
    }
    let far = json!({ "with": "赵堃", "phone": "", "at": "2062-11-25T01:00:00Z", "means": "mail", "agreed_at": laptop.now() });
    let agree = json!({ "id": visit, "step": { "step": "agree", "appointment": far } });
    assert_eq!(laptop.code_of("visit_step", agree).await, Code::OutOfRange);
    laptop.step(&visit, depart("2026-11-23T00:59:00Z")).await;
    laptop.sync().await;
    // As a laptop of an earlier version stored it.
    let store = laptop.app.store().unwrap();
    let mut doc = store.get(&Kind::VISIT, visit.parse().unwrap()).await.unwrap().unwrap().doc;
    doc["progress"]["departed_at"] = json!("2062-11-23T01:00:00Z");
    come(&store, &Kind::VISIT, visit.parse().unwrap(), doc).await;
    let arrive = json!({ "id": visit, "step": { "step": "arrive", "at": laptop.now() } });
    assert_eq!(laptop.code_of("visit_step", arrive).await, Code::TimeOrder);
    let afterwards = json!({
        "step": "enter_afterwards", "reason": "出发时间填错", "departed_at": "2026-11-23T00:10:00Z",
        "arrived_at": "2026-11-23T00:20:00Z", "finished_at": "2026-11-23T00:50:00Z",
    });
    assert_eq!(laptop.step(&visit, afterwards).await["visit"]["progress"]["state"], "working");
}

#[tokio::test(flavor = "multi_thread")]
async fn times_at_the_end_of_all_times_make_no_list_and_no_receipt_panic() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    let visit = laptop.at_work(&laptop.customer("客户甲").await).await;
    laptop.sync().await;
    let store = laptop.app.store().unwrap();
    let doc = store.get(&Kind::VISIT, visit.parse().unwrap()).await.unwrap().unwrap().doc;
    for moment in ["+262142-12-31T23:59:59Z", "-262143-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "0000-01-01T00:00:00Z"]
    {
        let mut odd = doc.clone();
        for field in ["departed_at", "arrived_at", "started_at", "finished_at"] {
            odd["progress"][field] = json!(moment);
        }
        come(&store, &Kind::VISIT, visit.parse().unwrap(), odd).await;
        for language in ["zh", "en"] {
            let args = json!({ "visit": visit, "revision": null, "language": language, "reprint": false });
            laptop.call("receipt_open", args).await;
        }
        laptop.visit(&visit).await;
        laptop.call("today", json!({})).await;
    }
}

async fn doubt(laptop: &Laptop) -> Value {
    laptop.call("clock_state", json!({})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_far_from_hqs_or_behind_its_own_records_is_doubted_once() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    // HQ's clock stands half an hour behind this laptop's.
    assert_eq!(doubt(&laptop).await["reason"], "far_from_hq");
    assert_eq!(laptop.call("clock_accept", json!({})).await, Value::Null);
    laptop.sync().await;
    assert_eq!(doubt(&laptop).await, Value::Null, "what a person said is right is not asked again");
    hq.clock.forward(TimeDelta::hours(5));
    laptop.sync().await;
    assert_eq!(doubt(&laptop).await["reason"], "far_from_hq", "but another distance is");
    laptop.clock.forward(TimeDelta::minutes(270));
    laptop.sync().await;
    assert_eq!(doubt(&laptop).await, Value::Null, "set right, nothing is doubted");
    laptop.customer("客户甲").await;
    laptop.clock.forward(TimeDelta::days(-1));
    assert_eq!(doubt(&laptop).await["reason"], "behind_records");
    assert_eq!(laptop.call("clock_accept", json!({})).await, Value::Null);
    laptop.clock.forward(TimeDelta::days(-365 * 60));
    assert_eq!(doubt(&laptop).await["reason"], "impossible");
    assert!(list(&laptop.call("products", json!({})).await).len() > 1, "and everything else goes on");
}
