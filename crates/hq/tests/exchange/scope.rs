//! Where records stand, who reaches them, and what goes along when they move.

use super::{
    house::{House, Laptop, accepted, id, refused},
    push::sealed,
};
use doorstep_domain::{Code, Doc, Kind, id::RecordId};
use doorstep_hq::{rights::By, storage::Key};
use doorstep_wire::{EntryBody, Op};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a feed has of each record now: its document, or nothing once it left.
async fn feed(laptop: &Laptop, name: &str) -> BTreeMap<RecordId, Option<Doc>> {
    let pages = laptop.pages(name).await;
    let entries = pages.into_iter().flat_map(|page| page.entries);
    entries
        .map(|entry| match entry.body {
            EntryBody::State(state) => (entry.id, Some(state.doc)),
            EntryBody::Left => (entry.id, None),
        })
        .collect()
}

pub async fn branch_feed(laptop: &Laptop) -> BTreeMap<RecordId, Option<Doc>> {
    feed(laptop, &laptop.branch()).await
}

pub async fn own_feed(laptop: &Laptop) -> BTreeMap<RecordId, Option<Doc>> {
    feed(laptop, &format!("engineer:{}", laptop.enrolled.engineer_id)).await
}

pub fn branch(laptop: &Laptop) -> Value {
    laptop.enrolled.branch_id.to_string().into()
}

pub fn new(laptop: &mut Laptop, kind: Kind, id: RecordId, mut fields: Value) -> Op {
    fields["branch_id"] = branch(laptop);
    let fields: Vec<(&str, Value, u64)> =
        fields.as_object().unwrap().iter().map(|(f, v)| (f.as_str(), v.clone(), 0)).collect();
    laptop.op(kind, id, &fields)
}

/// A customer with a person and a product, a visit there, and what belongs to the visit.
pub struct File {
    pub customer: RecordId,
    pub contact: RecordId,
    pub installation: RecordId,
    pub visit: RecordId,
    pub problem: RecordId,
    pub photo: RecordId,
    pub hash: String,
    /// HQ's version when all of it was there.
    pub seen: u64,
}

pub async fn a_file(laptop: &mut Laptop) -> File {
    let [customer, contact, installation, visit, problem, photo] = [(); 6].map(|()| id());
    let hash = blake3::hash(problem.to_string().as_bytes()).to_hex().to_string();
    let ops = [
        laptop.customer(customer, "四川路桥"),
        new(laptop, Kind::CONTACT, contact, json!({ "customer_id": customer, "name": "周工" })),
        new(laptop, Kind::INSTALLATION, installation, json!({ "customer_id": customer, "version": "9" })),
        new(laptop, Kind::VISIT, visit, json!({ "customer_id": customer, "progress": { "state": "working" } })),
        new(laptop, Kind::PROBLEM, problem, json!({ "visit_id": visit, "symptom": "打开缓慢" })),
        new(laptop, Kind::ATTACHMENT, photo, json!({ "visit_id": visit, "hash": hash, "bytes": 3 })),
    ];
    let acks = laptop.push(&ops).await.unwrap().acks;
    let seen = acks.iter().map(|ack| accepted(&ack.outcome)).max().unwrap();
    File { customer, contact, installation, visit, problem, photo, hash, seen }
}

impl File {
    pub fn all(&self) -> [RecordId; 6] {
        [self.customer, self.contact, self.installation, self.visit, self.problem, self.photo]
    }
}

pub async fn hand(house: &House, kind: Kind, id: RecordId, to: &Laptop) {
    let patch = Doc::from_iter([("branch_id".to_owned(), branch(to))]);
    house.hq.write(vec![(Key::new(kind, id), patch)]).await.unwrap();
}

pub async fn dispatch(house: &House, visit: RecordId, to: Option<&Laptop>) {
    let to = to.map_or(Value::Null, |to| to.enrolled.engineer_id.to_string().into());
    let patch = Doc::from_iter([("dispatched_to".to_owned(), to)]);
    house.hq.write(vec![(Key::new(Kind::VISIT, visit), patch)]).await.unwrap();
}

#[tokio::test]
async fn what_travels_inside_a_sealed_document_leaves_the_feed_and_comes_back_with_an_amendment() {
    let house = House::open().await;
    let (mut a, mut b) = (house.laptop("CD", "张伟").await, house.laptop("CD", "李娜").await);
    let File { visit, problem, photo, customer, seen, .. } = a_file(&mut a).await;
    let document = json!({
        "format": 1, "visit_id": visit,
        "visit": { "branch_id": branch(&a), "customer_id": customer, "progress": { "state": "sealed" } },
        "problems": [{ "id": problem, "problem": { "branch_id": branch(&a), "visit_id": visit, "symptom": "打开缓慢" } }],
        "attachments": [{ "id": photo, "attachment": { "visit_id": visit } }],
    });
    let by = a.clone();
    let signed = a.op(Kind::VISIT, visit, &[("progress", json!({ "state": "sealed" }), 0)]);
    let mut seal = sealed(&mut a, &by, &document.to_string());
    seal.fields.insert("visit_id".to_owned(), serde_json::from_value(json!({ "value": visit, "base": 0 })).unwrap());
    let sealed_at = accepted(&a.push(&[signed, seal.clone()]).await.unwrap().acks[1].outcome);
    let there = branch_feed(&a).await;
    assert_eq!(there[&problem], None, "it left");
    for id in [visit, photo, seal.id, customer] {
        assert!(there[&id].is_some());
    }
    // Who has not heard of the seal still writes to it, as a proposal.
    let late = Op { seen_visit: seen, ..b.op(Kind::PROBLEM, problem, &[("symptom", "打不开".into(), seen)]) };
    b.push_one(&late).await;
    assert_eq!(branch_feed(&a).await[&problem], None);
    // An amendment by somebody who has read the document puts it back.
    let saw = |op: Op| Op { seen: sealed_at, seen_visit: sealed_at, ..op };
    let amend =
        b.op(Kind::VISIT, visit, &[("progress", json!({ "state": "working" }), sealed_at), ("revision", 2.into(), 0)]);
    let fields = [
        ("visit_id", json!(visit), sealed_at),
        ("symptom", "打开缓慢".into(), sealed_at),
        ("branch_id", branch(&b), sealed_at),
    ];
    let back = b.op(Kind::PROBLEM, problem, &fields);
    for ack in b.push(&[saw(amend), saw(back)]).await.unwrap().acks {
        accepted(&ack.outcome);
    }
    assert_eq!(branch_feed(&a).await[&problem].as_ref().unwrap()["symptom"], "打开缓慢");
}

#[tokio::test]
async fn what_hq_hands_to_another_branch_takes_along_what_hangs_on_it() {
    let house = House::open().await;
    let (mut cd, nj) = (house.laptop("CD", "张伟").await, house.laptop("NJ", "王芳").await);
    let file = a_file(&mut cd).await;
    hand(&house, Kind::VISIT, file.visit, &nj).await;
    let (left, came) = (branch_feed(&cd).await, branch_feed(&nj).await);
    for id in [file.visit, file.problem, file.photo] {
        assert_eq!((&left[&id], came[&id].as_ref().unwrap()["branch_id"].clone()), (&None, branch(&nj)));
    }
    for id in [file.customer, file.contact, file.installation] {
        assert!(left[&id].is_some() && !came.contains_key(&id), "a visit goes without its customer");
    }
    hand(&house, Kind::VISIT, file.visit, &cd).await;
    hand(&house, Kind::CUSTOMER, file.customer, &nj).await;
    let (left, came) = (branch_feed(&cd).await, branch_feed(&nj).await);
    for id in file.all() {
        assert_eq!(
            (&left[&id], came[&id].as_ref().unwrap()["branch_id"].clone()),
            (&None, branch(&nj)),
            "the whole file"
        );
    }
}

#[tokio::test]
async fn what_was_written_before_one_heard_of_the_handover_is_still_taken() {
    let house = House::open().await;
    let (mut cd, nj) = (house.laptop("CD", "张伟").await, house.laptop("NJ", "王芳").await);
    let mut third = house.laptop("SH", "赵强").await;
    let file = a_file(&mut cd).await;
    hand(&house, Kind::VISIT, file.visit, &nj).await;
    let end = cd.page(&cd.branch(), 0).await.unwrap().end;
    let added = id();
    let mut question = new(&mut cd, Kind::QUESTION, added, json!({ "visit_id": file.visit, "question": "多久备份？" }));
    question.seen_visit = file.seen;
    let edit = Op { seen: file.seen, ..cd.op(Kind::VISIT, file.visit, &[("reservations", "无".into(), 0)]) };
    // The order of sequences is the order of writing.
    for ack in cd.push(&[question, edit]).await.unwrap().acks {
        accepted(&ack.outcome);
    }
    let came = branch_feed(&nj).await;
    assert_eq!(came[&file.visit].as_ref().unwrap()["reservations"], "无");
    assert_eq!(came[&added].as_ref().unwrap()["branch_id"], branch(&nj), "it goes where its visit is");
    let told = cd.page(&cd.branch(), end).await.unwrap().entries;
    for id in [file.visit, added] {
        assert!(told.iter().any(|entry| entry.id == id && entry.body == EntryBody::Left), "told again that it left");
    }
    // Who has heard of it, or never held it, reaches it no more.
    let now = house.hq.storage().site().await.unwrap().version;
    let edit = Op { seen: now, ..cd.op(Kind::VISIT, file.visit, &[("reservations", "有".into(), 0)]) };
    assert_eq!(refused(&cd.push_one(&edit).await), Code::OutOfScope);
    let edit = Op { seen: file.seen, ..third.op(Kind::VISIT, file.visit, &[("reservations", "有".into(), 0)]) };
    assert_eq!(refused(&third.push_one(&edit).await), Code::OutOfScope);
}

#[tokio::test]
async fn a_visit_dispatched_to_another_branch_comes_with_its_children_card_and_files_and_is_written_there() {
    let house = House::open().await;
    let (mut cd, mut nj) = (house.laptop("CD", "张伟").await, house.laptop("NJ", "王芳").await);
    let other = house.laptop("NJ", "刘洋").await;
    let file = a_file(&mut cd).await;
    assert!(own_feed(&nj).await.is_empty());
    dispatch(&house, file.visit, Some(&nj)).await;
    let came = own_feed(&nj).await;
    for id in file.all() {
        assert!(came[&id].is_some(), "{id}");
        assert!(!branch_feed(&other).await.contains_key(&id), "to that engineer alone");
        assert!(branch_feed(&cd).await[&id].is_some(), "and it stays where it is");
    }
    // What is added on either side afterwards is on both.
    let (here, there) = (id(), id());
    let op = new(&mut cd, Kind::CONTACT, here, json!({ "customer_id": file.customer, "name": "新来的" }));
    accepted(&cd.push_one(&op).await);
    let op = new(&mut nj, Kind::PROBLEM, there, json!({ "visit_id": file.visit, "symptom": "外地看到的" }));
    accepted(&nj.push_one(&op).await);
    let op = nj.op(Kind::VISIT, file.visit, &[("reservations", "无".into(), 0)]);
    accepted(&nj.push_one(&op).await);
    assert!(own_feed(&nj).await[&here].is_some());
    let at_home = branch_feed(&cd).await;
    assert_eq!(at_home[&there].as_ref().unwrap()["branch_id"], branch(&cd));
    assert_eq!(at_home[&file.visit].as_ref().unwrap()["reservations"], "无");
    assert!(!branch_feed(&nj).await.contains_key(&there), "nothing crosses into the engineer's branch");
    // The card is to be read.
    let op = nj.op(Kind::CUSTOMER, file.customer, &[("phone", "025".into(), 0)]);
    assert_eq!(refused(&nj.push_one(&op).await), Code::OutOfScope);
    // Its files are to be had.
    let status = async |laptop: &Laptop| {
        let url = format!("{}{}", laptop.base, doorstep_wire::path::attachment(&file.hash));
        reqwest::Client::new().get(url).bearer_auth(&laptop.enrolled.token).send().await.unwrap().status().as_u16()
    };
    assert_eq!((status(&nj).await, status(&other).await), (404, 404), "not there yet, and out of scope");
}

#[tokio::test]
async fn a_visit_that_is_taken_back_leaves_the_engineer_and_what_they_wrote_before_they_heard_is_taken() {
    let house = House::open().await;
    let (mut cd, mut nj) = (house.laptop("CD", "张伟").await, house.laptop("NJ", "王芳").await);
    let (file, second) = (a_file(&mut cd).await, id());
    let op = new(&mut cd, Kind::VISIT, second, json!({ "customer_id": file.customer }));
    accepted(&cd.push_one(&op).await);
    for visit in [file.visit, second] {
        dispatch(&house, visit, Some(&nj)).await;
    }
    let seen = house.hq.storage().site().await.unwrap().version;
    dispatch(&house, file.visit, None).await;
    let there = own_feed(&nj).await;
    for id in [file.visit, file.problem, file.photo] {
        assert_eq!(there[&id], None);
    }
    for id in [second, file.customer, file.contact, file.installation] {
        assert!(there[&id].is_some(), "the other visit still needs it");
    }
    dispatch(&house, second, None).await;
    assert!(own_feed(&nj).await.values().all(Option::is_none));
    let added = id();
    let problem = new(&mut nj, Kind::PROBLEM, added, json!({ "visit_id": file.visit, "symptom": "收回前写的" }));
    let problem = Op { seen_visit: seen, ..problem };
    let edit = Op { seen, ..nj.op(Kind::VISIT, file.visit, &[("reservations", "无".into(), 0)]) };
    for ack in nj.push(&[problem, edit]).await.unwrap().acks {
        accepted(&ack.outcome);
    }
    let at_home = branch_feed(&cd).await;
    assert_eq!(at_home[&added].as_ref().unwrap()["symptom"], "收回前写的");
    assert_eq!(at_home[&file.visit].as_ref().unwrap()["reservations"], "无");
    let now = house.hq.storage().site().await.unwrap().version;
    let edit = Op { seen: now, ..nj.op(Kind::VISIT, file.visit, &[("reservations", "有".into(), 0)]) };
    assert_eq!(refused(&nj.push_one(&edit).await), Code::OutOfScope);
}

#[tokio::test]
async fn customers_merged_into_one_another_at_once_do_not_both_disappear() {
    let house = House::open().await;
    let (mut a, mut b) = (house.laptop("CD", "张伟").await, house.laptop("CD", "李娜").await);
    let (one, two, three) = (id(), id(), id());
    let ops = [a.customer(one, "四川路桥"), a.customer(two, "路桥集团"), a.customer(three, "四川路桥集团")];
    a.push(&ops).await.unwrap();
    let merge =
        |laptop: &mut Laptop, from, into: RecordId| laptop.op(Kind::CUSTOMER, from, &[("merged_into", json!(into), 0)]);
    let op = merge(&mut a, one, two);
    accepted(&a.push_one(&op).await);
    let op = merge(&mut b, two, one);
    assert_eq!(refused(&b.push_one(&op).await), Code::BadTree);
    let op = merge(&mut b, two, three);
    accepted(&b.push_one(&op).await);
    let op = merge(&mut b, three, one);
    assert_eq!(refused(&b.push_one(&op).await), Code::BadTree, "over two steps");
    let op = a.op(Kind::CUSTOMER, one, &[("merged_into", Value::Null, 0)]);
    accepted(&a.push_one(&op).await);
    let op = merge(&mut b, three, one);
    accepted(&b.push_one(&op).await);
}

#[tokio::test]
async fn a_leavers_open_visits_go_to_a_colleague() {
    let house = House::open().await;
    let (mut a, b, far) =
        (house.laptop("CD", "张伟").await, house.laptop("CD", "李娜").await, house.laptop("NJ", "王芳").await);
    let (open, done) = (id(), id());
    let engineer = json!(a.enrolled.engineer_id);
    let ops = [("working", open), ("sealed", done)].map(|(state, visit)| {
        new(&mut a, Kind::VISIT, visit, json!({ "engineer_id": engineer, "progress": { "state": state } }))
    });
    a.push(&ops).await.unwrap();
    let reassign = |to: &Laptop| {
        let (from, to) = (a.enrolled.engineer_id, to.enrolled.engineer_id);
        let hq = house.hq.clone();
        async move { doorstep_hq::staff::reassign(&hq, By::Keeper, from, to, false).await }
    };
    reassign(&far).await.unwrap_err();
    assert_eq!(reassign(&b).await.unwrap().visits, 1);
    let there = branch_feed(&b).await;
    assert_eq!(there[&open].as_ref().unwrap()["engineer_id"], json!(b.enrolled.engineer_id));
    assert_eq!(there[&done].as_ref().unwrap()["engineer_id"], engineer, "what is done stays theirs");
}
