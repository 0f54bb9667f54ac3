//! Two people change the same without seeing each other: both see both values, one settles it, all agree.

use crate::ground::{Headquarters, Laptop, list};
use chrono::TimeDelta;
use doorstep_app::Code;
use doorstep_domain::{Doc, Kind};
use doorstep_hq::storage::Key;
use serde_json::{Value, json};

async fn conflicts(laptop: &Laptop, show: &str) -> Value {
    let args = json!({ "show": show, "record_id": null, "visit_id": null, "offset": 0, "limit": 50 });
    laptop.call("conflict_list", args).await
}

async fn the_conflict(laptop: &Laptop, show: &str) -> Value {
    let page = conflicts(laptop, show).await;
    let [one] = list(&page["rows"]) else { panic!("one conflict: {page}") };
    one.clone()
}

async fn name(laptop: &Laptop, customer: &str) -> Value {
    laptop.call("customer_get", json!({ "id": customer })).await["customer"]["name"].clone()
}

/// Two laptops of a branch that gave a customer's name two values; the first one's was taken first.
async fn at_odds(hq: &Headquarters) -> (Laptop, Laptop, String) {
    let (a, b) = (hq.laptop("CD", "张伟").await, hq.laptop("CD", "李娜").await);
    let customer = a.customer("旧名").await;
    a.sync().await;
    b.sync().await;
    a.set("customer", &customer, json!({ "name": "甲名" })).await;
    b.set("customer", &customer, json!({ "name": "乙名" })).await;
    for laptop in [&a, &b, &a] {
        laptop.sync().await;
    }
    (a, b, customer)
}

#[tokio::test(flavor = "multi_thread")]
async fn both_people_see_both_values_one_settles_and_all_agree() {
    let hq = Headquarters::start().await;
    let (a, b, customer) = at_odds(&hq).await;
    for (laptop, mine, theirs) in [(&a, "standing", "other"), (&b, "other", "standing")] {
        let conflict = the_conflict(laptop, "open").await;
        assert_eq!((&conflict["kind"], &conflict["record_id"]), (&json!("customer"), &json!(customer)));
        assert_eq!((&conflict["title"], &conflict["field"]), (&json!("甲名"), &json!("name")));
        assert_eq!((&conflict["standing"]["value"], &conflict["other"]["value"]), (&json!("甲名"), &json!("乙名")));
        assert_eq!(
            (&conflict["standing"]["engineer"], &conflict["other"]["engineer"]),
            (&json!("张伟"), &json!("李娜"))
        );
        assert_eq!((&conflict[mine]["mine"], &conflict[theirs]["mine"]), (&json!(true), &json!(false)));
        assert!(conflict["standing"]["written_at"].is_string() && conflict["raised_at"].is_string());
        assert_eq!((&conflict["may_settle"], &conflict["settled"]), (&json!(true), &Value::Null));
        assert_eq!(laptop.call("sync_state", json!({})).await["conflicts"], 1);
    }
    let conflict = the_conflict(&b, "open").await;
    let settle = json!({ "id": conflict["id"], "choice": "other", "reason": "营业执照上是这个" });
    let settled = b.call("conflict_settle", settle).await;
    assert_eq!((&settled["settled"]["choice"], &settled["settled"]["mine"]), (&json!("other"), &json!(true)));
    assert_eq!(settled["waiting"], true);
    b.sync().await;
    a.sync().await;
    for laptop in [&a, &b] {
        assert_eq!(name(laptop, &customer).await, "乙名");
        assert_eq!(conflicts(laptop, "open").await["total"], 0);
        let settled = &the_conflict(laptop, "settled").await["settled"];
        assert_eq!((&settled["by"], &settled["reason"]), (&json!("李娜"), &json!("营业执照上是这个")));
        assert_eq!(laptop.call("sync_state", json!({})).await["conflicts"], 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_colleague_settles_only_as_the_branchs_manager_and_with_a_reason() {
    let hq = Headquarters::start().await;
    let (a, _b, customer) = at_odds(&hq).await;
    let c = hq.laptop("CD", "王强").await;
    let conflict = the_conflict(&c, "open").await;
    assert_eq!(conflict["may_settle"], false);
    let settle = |reason: &str| json!({ "id": conflict["id"], "choice": "other", "reason": reason });
    assert_eq!(c.code_of("conflict_settle", settle("我说了算")).await, Code::OutOfScope);
    let engineer = c.app.store().unwrap().identity().await.unwrap().unwrap().engineer_id;
    let manager = Doc::from_iter([("manager".to_owned(), true.into())]);
    hq.hq.write(vec![(Key::new(Kind::ENGINEER, engineer.into()), manager)]).await.unwrap();
    c.sync().await;
    assert_eq!(the_conflict(&c, "open").await["may_settle"], true);
    let failure = c.refused("conflict_settle", settle("  ")).await;
    assert_eq!((failure.code, failure.field.as_deref()), (Code::Missing, Some("reason")));
    c.call("conflict_settle", settle("经理决定")).await;
    assert_eq!(c.code_of("conflict_settle", settle("再来一次")).await, Code::ConflictMoved);
    c.sync().await;
    a.sync().await;
    assert_eq!(name(&a, &customer).await, "乙名");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_settles_what_has_moved_is_told_and_looks_again() {
    let hq = Headquarters::start().await;
    let (a, b, customer) = at_odds(&hq).await;
    let conflict = the_conflict(&b, "open").await;
    a.set("customer", &customer, json!({ "name": "丙名" })).await;
    a.sync().await;
    b.call("conflict_settle", json!({ "id": conflict["id"], "choice": "standing", "reason": "让一步" })).await;
    assert_eq!(conflicts(&b, "open").await["total"], 0);
    b.sync().await;
    let again = the_conflict(&b, "open").await;
    assert_eq!((&again["standing"]["value"], &again["other"]["value"]), (&json!("丙名"), &json!("乙名")));
    let queue = b.call("sync_queue", json!({})).await;
    assert_eq!((&queue[0]["state"], &queue[0]["code"]), (&json!("refused"), &json!("conflict_moved")));
    assert_eq!((&queue[0]["title"], &queue[0]["kind"]), (&json!("丙名"), &json!("conflict")));
    b.call("conflict_settle", json!({ "id": conflict["id"], "choice": "other", "reason": "看过了" })).await;
    b.sync().await;
    a.sync().await;
    assert_eq!(name(&a, &customer).await, "乙名");
    assert_eq!(the_conflict(&a, "all").await["settled"]["reason"], "看过了");
}

#[tokio::test(flavor = "multi_thread")]
async fn conflicts_of_a_visit_and_of_what_belongs_to_it_are_found_with_it() {
    let hq = Headquarters::start().await;
    let (a, b) = (hq.laptop("CD", "张伟").await, hq.laptop("CD", "李娜").await);
    let visit = a.at_work(&a.customer("客户甲").await).await;
    let problem = a.create("problem", json!({ "visit_id": visit, "symptom": "打开缓慢" })).await;
    a.sync().await;
    b.sync().await;
    for (laptop, word) in [(&a, "甲"), (&b, "乙")] {
        laptop.set("problem", &problem, json!({ "symptom": word })).await;
        laptop.set("visit", &visit, json!({ "subject": word })).await;
    }
    for laptop in [&a, &b, &a] {
        laptop.sync().await;
    }
    let of = |record: Value, visit: Value| json!({ "show": "open", "record_id": record, "visit_id": visit, "offset": 0, "limit": 50 });
    assert_eq!(a.call("conflict_list", of(Value::Null, json!(visit))).await["total"], 2);
    assert_eq!(a.call("conflict_list", of(json!(problem), Value::Null)).await["total"], 1);
    let all = json!({ "query": "", "filter": "all", "customer_id": null, "offset": 0, "limit": 50 });
    assert_eq!(a.call("visit_list", all).await["rows"][0]["conflicts"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_does_not_touch_what_lies_before_a_customer_and_what_came_meanwhile_is_a_proposal() {
    let hq = Headquarters::start().await;
    let (a, b) = (hq.laptop("CD", "张伟").await, hq.laptop("CD", "李娜").await);
    let visit = a.at_work(&a.customer("客户甲").await).await;
    let problem = json!({ "visit_id": visit, "symptom": "打开缓慢", "solved": "solved" });
    let problem = a.create("problem", problem).await;
    a.sync().await;
    b.sync().await;
    let text_hash = a.present(&visit).await;
    b.set("problem", &problem, json!({ "symptom": "打不开" })).await;
    b.sync().await;
    a.sync().await;
    let symptom = async |laptop: &Laptop| laptop.visit(&visit).await["problems"][0]["problem"]["symptom"].clone();
    assert_eq!(symptom(&a).await, "打开缓慢");
    let sign = |text_hash: &str| json!({ "id": visit, "text_hash": text_hash, "outcome": a.drawn(), "opinion": null });
    a.call("visit_sign", sign(&text_hash)).await;
    for laptop in [&a, &b, &a] {
        laptop.sync().await;
    }
    for laptop in [&a, &b] {
        assert_eq!(symptom(laptop).await, "打开缓慢", "the paper stands");
        let proposal = the_conflict(laptop, "open").await;
        assert_eq!((&proposal["about_seal"], &proposal["other"]["value"]), (&json!(true), &json!("打不开")));
        assert_eq!(proposal["other_blocked"], "sealed");
    }
    let settle = json!({ "id": the_conflict(&a, "open").await["id"], "choice": "other", "reason": "同事说得对" });
    assert_eq!(a.code_of("conflict_settle", settle.clone()).await, Code::Sealed);
    a.step(&visit, json!({ "step": "amend", "reason": "现象写错" })).await;
    assert_eq!(the_conflict(&a, "open").await["other_blocked"], Value::Null);
    a.call("conflict_settle", settle).await;
    assert_eq!(symptom(&a).await, "打不开");
    a.signed(&visit).await;
    for laptop in [&a, &b] {
        laptop.sync().await;
        assert_eq!(symptom(laptop).await, "打不开");
        assert_eq!(conflicts(laptop, "open").await["total"], 0);
        assert_eq!(laptop.visit(&visit).await["seals"][0]["revision"], 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_sealed_on_two_laptops_has_two_papers_until_somebody_says_which_counts() {
    let hq = Headquarters::start().await;
    let (a, b) = (hq.laptop("CD", "张伟").await, hq.laptop("CD", "李娜").await);
    let visit = a.at_work(&a.customer("客户甲").await).await;
    a.sync().await;
    b.sync().await;
    b.clock.forward(TimeDelta::minutes(5));
    let (first, second) = (a.signed(&visit).await, b.signed(&visit).await);
    let (first, second) = (first["seals"][0]["number"].clone(), second["seals"][0]["number"].clone());
    for laptop in [&a, &b, &a] {
        laptop.sync().await;
    }
    let conflict = the_conflict(&a, "open").await;
    assert_eq!((&conflict["kind"], &conflict["field"]), (&json!("visit"), &json!("seal")));
    assert_eq!((&conflict["standing"]["value"], &conflict["other"]["value"]), (&first, &second));
    let papers = async |laptop: &Laptop| {
        let file = laptop.visit(&visit).await;
        let seals = list(&file["seals"]).iter();
        seals.map(|seal| (seal["number"].clone(), seal["counts"] == true)).collect::<Vec<_>>()
    };
    for laptop in [&a, &b] {
        assert_eq!(papers(laptop).await, [(first.clone(), true), (second.clone(), false)]);
    }
    let settle = json!({ "id": conflict["id"], "choice": "other", "reason": "客户手里是这一份" });
    b.call("conflict_settle", settle).await;
    b.sync().await;
    a.sync().await;
    for laptop in [&a, &b] {
        assert_eq!(papers(laptop).await, [(second.clone(), true), (first.clone(), false)]);
        let args = json!({ "visit": visit, "revision": null, "language": "zh", "reprint": false });
        assert_eq!(laptop.call("receipt_open", args).await["number"], second);
    }
}
