//! What a newer version wrote: kept, named as not readable here, in nobody's way (invariant 6).

use crate::ground::{Headquarters, Laptop, list, text};
use doorstep_app::Code;
use doorstep_domain::{Doc, Kind, id::RecordId};
use doorstep_store::{Store, Stored};
use doorstep_tests::samples;
use doorstep_wire::{Entry, EntryBody, Page, RecordState};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};

/// HQ's version of what comes next; above all that a test's HQ gives out.
static VERSION: AtomicU64 = AtomicU64::new(1_000_000);

/// A branch with one of everything that lists show, all of it at HQ.
struct Branch {
    _hq: Headquarters,
    laptop: Laptop,
    customer: String,
    visit: String,
}

impl Branch {
    async fn new() -> Self {
        let hq = Headquarters::start().await;
        let laptop = hq.laptop("CD", "张伟").await;
        let customer = laptop.customer("雅江桥隧第一工程有限公司").await;
        laptop.customer("另一家公司").await;
        let of = |mut fields: Value| {
            fields["customer_id"] = json!(customer);
            fields
        };
        laptop.create("contact", of(json!({ "name": "扎西", "mobile": "13800138000" }))).await;
        laptop.create("installation", of(json!({ "product_name": "公路造价", "dongle_number": "A-1" }))).await;
        laptop.create("open_point", of(json!({ "text": "补发补丁", "due": "2026-11-20" }))).await;
        laptop.signed(&laptop.at_work(&customer).await).await;
        let visit = laptop.plan(&customer, "fault").await;
        let step = json!({ "step": "depart", "at": laptop.now(), "without_appointment": "客户当面约定" });
        laptop.step(&visit, step).await;
        laptop.step(&visit, json!({ "step": "arrive", "at": laptop.now() })).await;
        laptop.step(&visit, json!({ "step": "begin", "at": laptop.now() })).await;
        let on_visit = |mut fields: Value| {
            fields["visit_id"] = json!(visit);
            fields
        };
        laptop.create("problem", on_visit(json!({ "symptom": "打不开", "solved": "solved" }))).await;
        laptop.create("question", on_visit(json!({ "question": "如何调价差", "answer": "见说明" }))).await;
        let photo = laptop.upload(samples::photo(300, 200).unwrap());
        let photo = json!({
            "visit": visit, "about": null, "item": null, "role": "photo", "upload": photo, "name": "现场.png", "caption": "",
        });
        laptop.call("attachment_add", photo).await;
        let checklist = laptop.visit(&visit).await["checklists"][0].clone();
        let item = checklist["template"]["sections"][0]["items"][0]["id"].clone();
        let args = json!({ "visit": visit, "template": checklist["template_id"], "item": item, "value": null, "remark": "无" });
        laptop.call("answer_set", args).await;
        laptop.sync().await;
        let conflict = json!({
            "branch_id": null, "record_kind": "customer", "record_id": customer, "field": "name",
            "standing": { "value": "甲" }, "other": { "value": "乙" }, "raised_at": "2026-11-23T00:00:00Z",
        });
        let id = "00000000-0000-7000-8000-000000000007".parse().unwrap();
        come(&laptop.app.store().unwrap(), &Kind::CONFLICT, id, conflict.as_object().unwrap().clone()).await;
        Self { _hq: hq, laptop, customer, visit }
    }

    /// How many rows each list has, and the files opened; a command that fails ends the test.
    async fn lists(&self, what: &str) -> Vec<(&'static str, usize)> {
        let page =
            |filter: &str| json!({ "query": "", "filter": filter, "customer_id": null, "offset": 0, "limit": 50 });
        let customers =
            json!({ "query": "", "levels": [], "validity": "any", "parent_id": null, "offset": 0, "limit": 50 });
        let conflicts = json!({ "show": "all", "record_id": null, "visit_id": null, "offset": 0, "limit": 50 });
        let mut rows = Vec::new();
        for (name, args, fields) in [
            ("visit_list", page("all"), &["rows"][..]),
            ("visit_list", page("open"), &["rows"]),
            ("customer_list", customers, &["rows"]),
            ("conflict_list", conflicts, &["rows"]),
            ("today", json!({}), &["open_points"]),
            ("customer_get", json!({ "id": self.customer }), &["contacts", "installations", "open_points", "timeline"]),
            ("visit_get", json!({ "id": self.visit }), &["problems", "questions", "attachments", "contacts"]),
            ("products", json!({}), &[]),
            ("engineers", json!({}), &[]),
            ("templates", json!({}), &[]),
            ("search", json!({ "query": "桥隧", "limit": 20 }), &[]),
            ("sync_queue", json!({}), &[]),
            ("session_state", json!({}), &[]),
            ("customer_export", json!({ "format": "csv_utf8" }), &[]),
        ] {
            let answer = self.laptop.app.call(name, args).await;
            let answer = answer.unwrap_or_else(|failure| panic!("{name} beside {what}: {failure:?}"));
            rows.extend(fields.iter().map(|field| (*field, list(&answer[field]).len())));
        }
        rows
    }
}

/// A record comes from HQ as `doc`, as a newer HQ may send it.
pub async fn come(store: &Store, kind: &Kind, id: RecordId, doc: Doc) {
    let version = VERSION.fetch_add(1, Ordering::Relaxed);
    let versions = doc.keys().map(|field| (field.clone(), version)).collect();
    let body = EntryBody::State(RecordState { version, doc, versions });
    let entry = Entry { position: version, kind: kind.clone(), id, body };
    let page =
        Page { feed: "all".to_owned(), entries: vec![entry], next: version, end: version, more: false, root: None };
    let mut write = store.write().await.unwrap();
    write.apply("2026-11-23T01:00:00Z".parse().unwrap(), &page).await.unwrap();
    write.commit().await.unwrap();
}

/// The document with one value in it that no version up to this one writes: each field in turn, and each text in it.
fn odd(doc: &Doc) -> Vec<(String, Doc)> {
    let strange = [json!("a_value_of_2030"), json!({ "of": 2030 }), json!(20.30), json!([{ "of": 2030 }])];
    let mut found = Vec::new();
    for (place, (field, value)) in doc.iter().enumerate() {
        let mut with = |value: Value| {
            let mut odd = doc.clone();
            odd.insert(field.clone(), value);
            found.push((field.clone(), odd));
        };
        with(strange[0].clone());
        with(strange[1 + place % 3].clone());
        for (inner, _) in value.as_object().into_iter().flatten() {
            let mut changed = value.clone();
            changed[inner] = strange[place % 2].clone();
            with(changed);
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_of_a_newer_version_in_any_field_of_any_record_fails_no_list() {
    let branch = Branch::new().await;
    let store = branch.laptop.app.store().unwrap();
    let before = branch.lists("nothing odd").await;
    assert!(before.iter().all(|(_, count)| *count > 0), "{before:?}");
    let mut tried = 0;
    for kind in Kind::KNOWN {
        // One of a kind stands for all of it; of visits the one under way.
        let of_kind = store.all(kind).await.unwrap();
        let Some(record) = of_kind.iter().find(|r| r.id.to_string() == branch.visit).or(of_kind.first()) else {
            assert!([Kind::SATISFACTION].contains(kind), "no {kind}");
            continue;
        };
        let mut doc = record.doc.clone();
        if *kind == Kind::CUSTOMER {
            doc.extend([("parent_id".into(), json!(null)), ("file_valid_until".into(), json!("2026-12-01"))]);
        }
        for (field, odd) in odd(&doc) {
            let what = format!("{kind}.{field} = {}", odd[&field]);
            come(&store, kind, record.id, odd).await;
            let rows = branch.lists(&what).await;
            // What says where a record is, and whether it is there, moves it elsewhere when it does not read.
            let moves =
                ["deleted", "merged_into", "customer_id", "visit_id", "done_on", "due"].contains(&field.as_str());
            let shown = moves || rows.iter().zip(&before).all(|(now, then)| now.1 >= then.1);
            assert!(shown, "{what}: {rows:?} where there was {before:?}");
            tried += 1;
        }
        come(&store, kind, record.id, record.doc.clone()).await;
        assert_eq!(branch.lists("nothing odd any more").await, before);
    }
    assert!(tried > 200, "{tried}");
}

async fn stored(laptop: &Laptop, kind: &Kind, id: &str) -> Stored {
    laptop.app.store().unwrap().get(kind, id.parse().unwrap()).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_newer_version_wrote_is_named_where_it_is_shown_and_neither_changed_nor_signed() {
    let branch = Branch::new().await;
    let (laptop, visit) = (&branch.laptop, &branch.visit);
    let store = laptop.app.store().unwrap();
    let mut doc = stored(laptop, &Kind::VISIT, visit).await.doc;
    doc.insert("kind".into(), json!("remote_support"));
    come(&store, &Kind::VISIT, visit.parse().unwrap(), doc.clone()).await;
    let args = json!({ "query": "", "filter": "open", "customer_id": null, "offset": 0, "limit": 50 });
    let rows = laptop.call("visit_list", args).await["rows"].clone();
    let row = list(&rows).iter().find(|row| row["id"] == json!(visit)).unwrap();
    assert_eq!(row["parked"], json!(["kind"]));
    let file = laptop.visit(visit).await;
    assert_eq!(file["parked"], json!([{ "kind": "visit", "id": visit, "fields": ["kind"] }]));
    assert_eq!((&file["steps"], &file["blockers"][0]["code"]), (&json!([]), &json!("record_newer")));
    assert_eq!(laptop.code_of("visit_present", json!({ "id": visit })).await, Code::RecordNewer);
    let step = json!({ "id": visit, "step": { "step": "cancel", "reason": "改期" } });
    assert_eq!(laptop.code_of("visit_step", step).await, Code::RecordNewer);
    let set = json!({ "kind": "visit", "id": visit, "fields": { "subject": "另一个" } });
    assert_eq!(laptop.code_of("record_set", set).await, Code::RecordNewer);
    assert_eq!(stored(laptop, &Kind::VISIT, visit).await.doc, doc, "nothing of it changed");
    let problem = text(&file["problems"][0]["id"]);
    doc.insert("kind".into(), json!("fault"));
    come(&store, &Kind::VISIT, visit.parse().unwrap(), doc).await;
    let mut newer = stored(laptop, &Kind::PROBLEM, &problem).await.doc;
    newer.insert("solved".into(), json!("partly"));
    come(&store, &Kind::PROBLEM, problem.parse().unwrap(), newer).await;
    let file = laptop.visit(visit).await;
    assert_eq!(file["parked"], json!([{ "kind": "problem", "id": problem, "fields": ["solved"] }]));
    assert_eq!(laptop.code_of("visit_present", json!({ "id": visit })).await, Code::RecordNewer);
}
