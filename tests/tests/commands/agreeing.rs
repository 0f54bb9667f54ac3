//! What stands on a receipt agrees with itself: a fault visit has its problem, and no checklist denies what is recorded.

use crate::ground::{Headquarters, Laptop, list, text};
use doorstep_app::Code;
use serde_json::{Value, json};

/// A fault visit under way.
async fn under_way(laptop: &Laptop) -> String {
    let customer = laptop.customer("雅江桥隧第一工程有限公司").await;
    let visit = laptop.plan(&customer, "fault").await;
    let step = json!({ "step": "depart", "at": laptop.now(), "without_appointment": "客户当面约定" });
    laptop.step(&visit, step).await;
    laptop.step(&visit, json!({ "step": "arrive", "at": laptop.now() })).await;
    laptop.step(&visit, json!({ "step": "begin", "at": laptop.now() })).await;
    visit
}

fn template(file: &Value, item: &str) -> Value {
    let has = |checklist: &&Value| {
        let sections = list(&checklist["template"]["sections"]).iter();
        sections.flat_map(|section| list(&section["items"])).any(|one| one["id"] == item)
    };
    list(&file["checklists"]).iter().find(has).unwrap()["template_id"].clone()
}

async fn answer(laptop: &Laptop, visit: &str, item: &str, value: &str) {
    let template = template(&laptop.visit(visit).await, item);
    let args = json!({ "visit": visit, "template": template, "item": item, "value": value, "remark": null });
    laptop.call("answer_set", args).await;
}

/// Items that contradict what is recorded.
async fn contradicting(laptop: &Laptop, visit: &str) -> Vec<String> {
    let file = laptop.visit(visit).await;
    let blockers = list(&file["blockers"]).iter().filter(|b| b["code"] == "checklist_contradicts");
    blockers.map(|blocker| text(&blocker["item"])).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_visit_without_a_problem_is_not_put_before_the_customer_m41_m42() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    let visit = under_way(&laptop).await;
    for checklist in list(&laptop.visit(&visit).await["checklists"]) {
        laptop.call("checklist_remove", json!({ "visit": visit, "template": checklist["template_id"] })).await;
    }
    let refused = laptop.refused("visit_present", json!({ "id": visit })).await;
    assert_eq!((refused.code, refused.field.as_deref()), (Code::Missing, Some("problems")));
    assert_eq!(laptop.visit(&visit).await["blockers"][0]["field"], "problems");
    let problem = json!({ "visit_id": visit, "symptom": "打不开", "solved": "solved" });
    let problem = laptop.create("problem", problem).await;
    assert_eq!(laptop.visit(&visit).await["blockers"], json!([]));
    laptop.call("record_delete", json!({ "kind": "problem", "id": problem })).await;
    assert_eq!(laptop.code_of("visit_present", json!({ "id": visit })).await, Code::Missing);
    // A visit of another kind may have met with none.
    laptop.set("visit", &visit, json!({ "kind": "return_visit" })).await;
    laptop.present(&visit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checklist_that_denies_a_recorded_problem_or_question_is_told_m41_m42() {
    let hq = Headquarters::start().await;
    let laptop = hq.laptop("CD", "张伟").await;
    let visit = under_way(&laptop).await;
    answer(&laptop, &visit, "cause_explained", "yes").await;
    answer(&laptop, &visit, "cause_kind", "none").await;
    answer(&laptop, &visit, "questions", "no_questions").await;
    answer(&laptop, &visit, "solved", "solved").await;
    assert_eq!(contradicting(&laptop, &visit).await, Vec::<String>::new());
    let problem = json!({ "visit_id": visit, "symptom": "打不开", "solved": "not_solved" });
    let problem = laptop.create("problem", problem).await;
    laptop.create("question", json!({ "visit_id": visit, "question": "如何调价差", "answer": "见说明" })).await;
    let mut told = contradicting(&laptop, &visit).await;
    told.sort();
    assert_eq!(told, ["cause_kind", "questions", "solved"]);
    // Either side may give way.
    laptop.set("problem", &problem, json!({ "solved": "solved" })).await;
    answer(&laptop, &visit, "cause_kind", "product").await;
    answer(&laptop, &visit, "questions", "all").await;
    assert_eq!(contradicting(&laptop, &visit).await, Vec::<String>::new());
    answer(&laptop, &visit, "solved", "not_solved").await;
    assert_eq!(contradicting(&laptop, &visit).await, ["solved"]);
    laptop.call("record_delete", json!({ "kind": "problem", "id": problem })).await;
    assert_eq!(contradicting(&laptop, &visit).await, ["cause_kind"]);
    // What is not shown says nothing.
    answer(&laptop, &visit, "cause_explained", "na").await;
    assert_eq!(contradicting(&laptop, &visit).await, Vec::<String>::new());
}
