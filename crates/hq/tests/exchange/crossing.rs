//! Laptops that try what they may not: nothing new hangs on what its author does not reach, and nothing crosses a branch.

use super::{
    house::{House, Laptop, accepted, id, refused},
    push::sealed,
    scope::{File, a_file, branch, branch_feed, dispatch, hand, new, own_feed},
};
use doorstep_domain::{Code, Kind, id::RecordId, merge::Change, noun, reference::Tie};
use doorstep_wire::Op;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A new record of `kind` that names `target` at `path`, as `a.b`, `a[]` or `a[].b`.
fn naming(laptop: &mut Laptop, kind: &str, path: &str, target: RecordId) -> Op {
    let mut value = json!(target);
    let mut names = path.split('.').rev().peekable();
    while let Some(name) = names.next() {
        let (name, many) = name.strip_suffix("[]").map_or((name, false), |name| (name, true));
        value = if many { json!([value]) } else { value };
        if names.peek().is_some() {
            value = json!({ name: value });
        } else {
            let mut fields = json!({ "name": "新的", "hash": "0".repeat(64), "sealed": "AA==" });
            fields[name] = value;
            return new(laptop, Kind::parse(kind).unwrap(), id(), fields);
        }
    }
    unreachable!("a path has a name")
}

#[tokio::test]
async fn no_field_of_any_kind_names_what_its_author_does_not_reach() {
    let house = House::open().await;
    let (mut cd, mut nj) = (house.laptop("CD", "张伟").await, house.laptop("NJ", "王芳").await);
    let file = a_file(&mut cd).await;
    let answer = id();
    let op = new(&mut cd, Kind::ANSWER, answer, json!({ "visit_id": file.visit, "item": "1", "value": "是" }));
    accepted(&cd.push_one(&op).await);
    let of_kind = |kind: &str| match kind {
        "customer" => Some(file.customer),
        "contact" => Some(file.contact),
        "installation" => Some(file.installation),
        "visit" => Some(file.visit),
        "problem" => Some(file.problem),
        "attachment" => Some(file.photo),
        "answer" => Some(answer),
        "engineer" => Some(cd.enrolled.engineer_id.into()),
        _ => None,
    };
    let mut tried = 0;
    let written =
        noun::all().filter(|(kind, described)| described.is_written_by_laptops("name") && **kind != Kind::CONFLICT);
    for (kind, reference) in written.flat_map(|(kind, described)| described.references.iter().map(move |r| (kind, r))) {
        if matches!(reference.tie, Tie::Everyones | Tie::Home | Tie::Dispatch) {
            continue;
        }
        let Some(target) = of_kind(reference.target) else {
            panic!("{} of {kind} names a kind that this test has no record of", reference.path)
        };
        let op = naming(&mut nj, kind.as_str(), reference.path, target);
        let outcome = nj.push_one(&op).await;
        assert_eq!(refused(&outcome), Code::OutOfScope, "{} of {kind}: {outcome:?}", reference.path);
        tried += 1;
    }
    assert!(tried > 15, "{tried}");
    // A kind that this version does not know hangs on a visit or a customer all the same.
    for (field, target) in [("visit_id", file.visit), ("customer_id", file.customer)] {
        let op = new(&mut nj, Kind::parse("never_a_kind").unwrap(), id(), json!({ field: target }));
        assert_eq!(refused(&nj.push_one(&op).await), Code::OutOfScope);
    }
    // What is behind a refusal lands.
    let own = id();
    let op = nj.customer(own, "自己的客户");
    accepted(&nj.push_one(&op).await);
    assert_eq!(branch_feed(&nj).await.keys().filter(|key| file.all().contains(key)).count(), 0);
    let at_home = branch_feed(&cd).await;
    assert!(!at_home.contains_key(&own));
}

#[tokio::test]
async fn a_laptop_that_dispatches_itself_to_a_foreign_customer_is_fed_nothing_of_it() {
    let house = House::open().await;
    let (mut cd, mut nj) = (house.laptop("CD", "张伟").await, house.laptop("NJ", "王芳").await);
    let file = a_file(&mut cd).await;
    let me = json!(nj.enrolled.engineer_id);
    let fields = json!({ "customer_id": file.customer, "dispatched_to": me });
    let op = new(&mut nj, Kind::VISIT, id(), fields.clone());
    assert_eq!(refused(&nj.push_one(&op).await), Code::OutOfScope);
    // The same of a visit of its own, later.
    let visit = id();
    let op = new(&mut nj, Kind::VISIT, visit, json!({ "dispatched_to": me }));
    accepted(&nj.push_one(&op).await);
    let op = nj.op(Kind::VISIT, visit, &[("customer_id", json!(file.customer), u64::MAX >> 12)]);
    assert_eq!(refused(&nj.push_one(&op).await), Code::OutOfScope);
    assert!(own_feed(&nj).await.keys().all(|key| !file.all().contains(key)));
}

#[tokio::test]
async fn what_was_hung_on_an_id_before_its_record_came_opens_nothing_and_goes_nowhere() {
    let house = House::open().await;
    let (mut cd, mut nj) = (house.laptop("CD", "张伟").await, house.laptop("NJ", "王芳").await);
    let mut third = house.laptop("SH", "赵强").await;
    // NJ guesses ids that CD has not handed in yet.
    let (customer, visit) = (id(), id());
    let me = json!(nj.enrolled.engineer_id);
    let planted = [
        new(&mut nj, Kind::VISIT, id(), json!({ "customer_id": customer, "dispatched_to": me })),
        new(&mut nj, Kind::CONTACT, id(), json!({ "customer_id": customer, "name": "冒充的" })),
        new(&mut nj, Kind::PROBLEM, id(), json!({ "visit_id": visit, "symptom": "冒充的" })),
        new(&mut nj, Kind::OPEN_POINT, id(), json!({ "customer_id": customer, "visit_id": visit, "text": "冒充的" })),
        new(&mut nj, Kind::CONTACT, id(), json!({ "visit_id": customer, "name": "冒充的" })),
    ];
    for ack in nj.push(&planted).await.unwrap().acks {
        accepted(&ack.outcome);
    }
    let ops = [
        cd.customer(customer, "四川路桥"),
        new(&mut cd, Kind::VISIT, visit, json!({ "customer_id": customer, "progress": { "state": "working" } })),
        new(&mut cd, Kind::VISIT, id(), json!({ "customer_id": customer })),
    ];
    for ack in cd.push(&ops).await.unwrap().acks {
        accepted(&ack.outcome);
    }
    // CD has its visit done by an engineer of a third branch, and HQ hands the customer to that branch.
    dispatch(&house, visit, Some(&third)).await;
    let op = cd.op(Kind::CUSTOMER, customer, &[("phone", "028".into(), 0)]);
    accepted(&cd.push_one(&op).await);
    let ids: Vec<RecordId> = planted.iter().map(|op| op.id).collect();
    assert!(own_feed(&nj).await.keys().all(|key| ids.contains(key)), "nothing of the customer came");
    assert!(own_feed(&third).await.keys().all(|key| !ids.contains(key)), "nothing of NJ's went along");
    hand(&house, Kind::CUSTOMER, customer, &third).await;
    assert!(branch_feed(&third).await.keys().all(|key| !ids.contains(key)));
    let left_at_home = branch_feed(&nj).await;
    for id in &ids {
        assert_eq!(left_at_home[id].as_ref().unwrap()["branch_id"], branch(&nj), "and it stays where it was written");
    }
    let op = third.op(Kind::VISIT, visit, &[("reservations", "无".into(), 0)]);
    accepted(&third.push_one(&op).await);
}

#[tokio::test]
async fn whom_a_visit_was_dispatched_to_writes_it_and_neither_passes_it_on_nor_keeps_it() {
    let house = House::open().await;
    let (mut cd, mut nj) = (house.laptop("CD", "张伟").await, house.laptop("NJ", "王芳").await);
    let mut third = house.laptop("SH", "赵强").await;
    let file = a_file(&mut cd).await;
    let point = id();
    let op = new(&mut cd, Kind::OPEN_POINT, point, json!({ "customer_id": file.customer, "text": "换加密锁" }));
    accepted(&cd.push_one(&op).await);
    dispatch(&house, file.visit, Some(&nj)).await;
    let now = house.hq.storage().site().await.unwrap().version;
    let saw = |op: Op| Op { seen: now, seen_visit: now, ..op };
    let own_visit = id();
    let op = new(&mut nj, Kind::VISIT, own_visit, json!({ "customer_id": file.customer }));
    accepted(&nj.push_one(&op).await);
    let (to_third, home) = (json!(third.enrolled.engineer_id), branch(&nj));
    let tries = [
        (Kind::VISIT, file.visit, "dispatched_to", to_third.clone()),
        (Kind::VISIT, file.visit, "branch_id", home.clone()),
        (Kind::VISIT, file.visit, "branch_id", branch(&third)),
        (Kind::PROBLEM, file.problem, "visit_id", json!(own_visit)),
        (Kind::OPEN_POINT, point, "text", "改写的".into()),
        (Kind::CONTACT, file.contact, "mobile", "138".into()),
        (Kind::CUSTOMER, file.customer, "merged_into", json!(id())),
    ];
    for (kind, id, field, value) in tries {
        let op = saw(nj.op(kind.clone(), id, &[(field, value, now)]));
        assert_eq!(refused(&nj.push_one(&op).await), Code::OutOfScope, "{field} of {kind}");
    }
    let new_contact = new(&mut nj, Kind::CONTACT, id(), json!({ "customer_id": file.customer, "name": "新来的" }));
    assert_eq!(refused(&nj.push_one(&new_contact).await), Code::OutOfScope, "the card is to be read");
    // What the visit is for: a point of an earlier visit is done in this one.
    let op = saw(nj.op(
        Kind::OPEN_POINT,
        point,
        &[("done_on", "2026-11-23".into(), 0), ("done_visit_id", json!(file.visit), 0)],
    ));
    accepted(&nj.push_one(&op).await);
    // A visit of their own, dispatched by themselves, keeps the card no longer than the branch that owns it says.
    let op = saw(nj.op(Kind::VISIT, own_visit, &[("dispatched_to", json!(nj.enrolled.engineer_id), 0)]));
    accepted(&nj.push_one(&op).await);
    dispatch(&house, file.visit, None).await;
    let there = own_feed(&nj).await;
    for id in file.all() {
        assert_eq!(there[&id], None);
    }
    let op = saw(third.op(Kind::VISIT, file.visit, &[("reservations", "无".into(), now)]));
    assert_eq!(refused(&third.push_one(&op).await), Code::OutOfScope);
}

#[tokio::test]
async fn the_card_follows_a_dispatch_of_the_branch_that_owns_it_and_of_hq() {
    let house = House::open().await;
    let (mut cd, nj) = (house.laptop("CD", "张伟").await, house.laptop("NJ", "王芳").await);
    let mut third = house.laptop("SH", "赵强").await;
    let file = a_file(&mut cd).await;
    let File { visit, customer, .. } = file;
    // The owner's branch dispatches.
    let to = |to: &Laptop| json!(to.enrolled.engineer_id);
    let op = cd.op(Kind::VISIT, visit, &[("dispatched_to", to(&nj), 0)]);
    accepted(&cd.push_one(&op).await);
    assert!(own_feed(&nj).await[&customer].is_some());
    let op = cd.op(Kind::VISIT, visit, &[("dispatched_to", Value::Null, 0)]);
    accepted(&cd.push_one(&op).await);
    assert_eq!(own_feed(&nj).await[&customer], None);
    // HQ hands the visit to a third branch, without its customer; that branch does not show the card to others.
    hand(&house, Kind::VISIT, visit, &third).await;
    let now = house.hq.storage().site().await.unwrap().version;
    let op = Op { seen: now, ..third.op(Kind::VISIT, visit, &[("dispatched_to", to(&nj), now)]) };
    accepted(&third.push_one(&op).await);
    let there = own_feed(&nj).await;
    assert!(there[&visit].is_some());
    assert_eq!(there[&customer], None, "the card is not theirs to show");
    dispatch(&house, visit, None).await;
    dispatch(&house, visit, Some(&nj)).await;
    assert!(own_feed(&nj).await[&customer].is_some(), "HQ shows it");
}

#[tokio::test]
async fn a_foreign_visit_is_neither_sealed_nor_given_children() {
    let house = House::open().await;
    let (mut cd, mut nj) = (house.laptop("CD", "张伟").await, house.laptop("NJ", "王芳").await);
    let third = house.laptop("SH", "赵强").await;
    let file = a_file(&mut cd).await;
    dispatch(&house, file.visit, Some(&third)).await;
    let by = nj.clone();
    let document = json!({ "format": 1, "visit_id": file.visit, "visit": { "progress": { "state": "sealed" } } });
    let mut seal = sealed(&mut nj, &by, &document.to_string());
    seal.fields.insert("visit_id".to_owned(), Change { value: json!(file.visit), base: 0 });
    assert_eq!(refused(&nj.push_one(&seal).await), Code::OutOfScope);
    let child = new(&mut nj, Kind::PROBLEM, id(), json!({ "visit_id": file.visit, "symptom": "塞进来的" }));
    assert_eq!(refused(&nj.push_one(&child).await), Code::OutOfScope);
    // Nor is one of its own moved there.
    let (visit, own) = (id(), id());
    let ops = [
        new(&mut nj, Kind::VISIT, visit, json!({})),
        new(&mut nj, Kind::PROBLEM, own, json!({ "visit_id": visit, "symptom": "自己的" })),
    ];
    nj.push(&ops).await.unwrap();
    let op = nj.op(Kind::PROBLEM, own, &[("visit_id", json!(file.visit), u64::MAX >> 12)]);
    assert_eq!(refused(&nj.push_one(&op).await), Code::OutOfScope);
    let at_home = branch_feed(&cd).await;
    assert_eq!(at_home[&file.problem].as_ref().unwrap()["symptom"], "打开缓慢");
    assert_eq!(at_home[&file.visit].as_ref().unwrap()["progress"]["state"], "working");
    assert!(own_feed(&third).await.keys().all(|key| *key != child.id && *key != own));
}

#[tokio::test]
async fn what_an_engineer_added_to_a_customer_before_hearing_that_it_went_is_kept_at_home() {
    let house = House::open().await;
    let (mut cd, nj) = (house.laptop("CD", "张伟").await, house.laptop("NJ", "王芳").await);
    let file = a_file(&mut cd).await;
    hand(&house, Kind::CUSTOMER, file.customer, &nj).await;
    // Written before the next pull: nothing typed is lost, and nothing of it shows the customer again.
    let (visit, contact, me) = (id(), id(), cd.enrolled.engineer_id);
    let ops = [
        new(&mut cd, Kind::VISIT, visit, json!({ "customer_id": file.customer, "dispatched_to": me })),
        new(&mut cd, Kind::CONTACT, contact, json!({ "customer_id": file.customer, "name": "新来的" })),
    ];
    for ack in cd.push(&ops).await.unwrap().acks {
        accepted(&ack.outcome);
    }
    assert_eq!(branch_feed(&cd).await[&visit].as_ref().unwrap()["branch_id"], branch(&cd));
    assert!(own_feed(&cd).await.keys().all(|key| !file.all().contains(key)));
    assert!(!branch_feed(&nj).await.contains_key(&contact));
}

#[tokio::test]
async fn what_is_its_authors_alone_stands_in_no_feed_but_theirs() {
    let house = House::open().await;
    let (mut author, colleague) = (house.laptop("CD", "张伟").await, house.laptop("CD", "李娜").await);
    let far = house.laptop("NJ", "王芳").await;
    let visit = id();
    let op = new(&mut author, Kind::VISIT, visit, json!({ "dispatched_to": far.enrolled.engineer_id }));
    accepted(&author.push_one(&op).await);
    let (said, unheard) = (id(), id());
    // Whoever it claims to be of, it is of whom it came from.
    let fields = json!({ "visit_id": visit, "sealed": "AA==", "engineer_id": author.enrolled.engineer_id });
    let op = new(&mut author, Kind::SATISFACTION, said, fields);
    accepted(&author.push_one(&op).await);
    let fields = json!({ "visit_id": visit, "engineer_id": colleague.enrolled.engineer_id });
    let op = new(&mut author, Kind::parse("never_a_kind").unwrap(), unheard, fields);
    accepted(&author.push_one(&op).await);
    let own: Vec<RecordId> = own_feed(&author).await.into_keys().collect();
    assert_eq!(BTreeSet::from_iter(own), BTreeSet::from([said, unheard]));
    for feed in [branch_feed(&author).await, branch_feed(&colleague).await, own_feed(&colleague).await] {
        assert!(!feed.contains_key(&said) && !feed.contains_key(&unheard));
    }
    // The visit is dispatched, and takes along neither.
    let sent: Vec<RecordId> = own_feed(&far).await.into_keys().collect();
    assert_eq!(sent, [visit]);
}
