//! Conflicts: raised, followed, settled by people, opened again.

use super::house::{House, Laptop, accepted, id, refused};
use doorstep_domain::{
    Code, Doc, Kind,
    conflict::{Choice, Conflict},
    id::RecordId,
    record,
};
use doorstep_hq::{
    accounts::Role,
    rights::{By, Person},
    storage::Key,
};
use doorstep_wire::{EntryBody, Op, Outcome};
use serde_json::{Value, json};

/// A house where two laptops of a branch gave a customer's name two values, and what became a conflict.
pub async fn at_odds() -> (House, Laptop, Laptop, RecordId) {
    let house = House::open().await;
    let (mut a, mut b) = (house.laptop("CD", "张伟").await, house.laptop("CD", "李娜").await);
    let customer = id();
    let op = a.customer(customer, "旧名");
    let seen = accepted(&a.push_one(&op).await);
    let op = a.op(Kind::CUSTOMER, customer, &[("name", "甲名".into(), seen)]);
    accepted(&a.push_one(&op).await);
    let op = b.op(Kind::CUSTOMER, customer, &[("name", "乙名".into(), seen)]);
    assert_eq!(lost(&b.push_one(&op).await), ["name"]);
    (house, a, b, customer)
}

fn lost(outcome: &Outcome) -> &[String] {
    match outcome {
        Outcome::Accepted { conflicts, .. } => conflicts,
        other => panic!("not accepted: {other:?}"),
    }
}

/// The one conflict that a laptop sees, with its version.
async fn the_conflict(laptop: &Laptop) -> (RecordId, u64, Conflict) {
    let pages = laptop.pages(&laptop.branch()).await;
    let mut found: Vec<_> = pages
        .into_iter()
        .flat_map(|page| page.entries)
        .filter(|entry| entry.kind == Kind::CONFLICT)
        .map(|entry| match entry.body {
            EntryBody::State(state) => (entry.id, state.version, record::read(&state.doc).unwrap()),
            EntryBody::Left => panic!("a conflict left"),
        })
        .collect();
    assert_eq!(found.len(), 1);
    found.remove(0)
}

/// The operation that settles a conflict as its author saw it at `seen`.
fn settle(laptop: &mut Laptop, id: RecordId, seen: u64, value: &str, reason: &str) -> Op {
    let settled = json!({
        "engineer_id": laptop.enrolled.engineer_id, "reason": reason, "at": "2026-11-23T09:00:00Z", "value": value,
    });
    let mut op = laptop.op(Kind::CONFLICT, id, &[("settled", settled, 0)]);
    op.seen = seen;
    op
}

#[tokio::test]
async fn an_author_settles_and_the_record_takes_the_chosen_value() {
    for (chosen, by_the_first) in [("甲名", true), ("乙名", true), ("甲名", false), ("乙名", false)] {
        let (_house, mut a, mut b, customer) = at_odds().await;
        let author = if by_the_first { &mut a } else { &mut b };
        let (id, version, _) = the_conflict(author).await;
        let op = settle(author, id, version, chosen, "问过客户");
        accepted(&author.push_one(&op).await);
        let engineer = author.enrolled.engineer_id;
        assert_eq!(b.record(customer).await.unwrap()["name"], chosen);
        let (_, _, conflict) = the_conflict(&b).await;
        let settled = conflict.settled.unwrap();
        assert_eq!((settled.engineer_id, settled.reason.as_str()), (Some(engineer), "问过客户"));
        assert_eq!(settled.value, chosen);
        assert_eq!((&conflict.standing.value, &conflict.other.value), (&"甲名".into(), &"乙名".into()), "both stay");
    }
}

#[tokio::test]
async fn who_wrote_neither_side_may_not_settle_unless_they_manage_the_branch() {
    let (house, _a, _b, customer) = at_odds().await;
    let (mut c, far) = (house.laptop("CD", "王强").await, house.laptop("NJ", "王芳").await);
    let (id, version, _) = the_conflict(&c).await;
    let op = settle(&mut c, id, version, "乙名", "我说了算");
    assert_eq!(refused(&c.push_one(&op).await), Code::OutOfScope);
    let manager = Doc::from_iter([("manager".to_owned(), true.into())]);
    let manage = |engineer: RecordId| vec![(Key::new(Kind::ENGINEER, engineer), manager.clone())];
    house.hq.write(manage(c.enrolled.engineer_id.into())).await.unwrap();
    house.hq.write(manage(far.enrolled.engineer_id.into())).await.unwrap();
    let mut far = far;
    let op = settle(&mut far, id, version, "乙名", "别的分公司");
    assert_eq!(refused(&far.push_one(&op).await), Code::OutOfScope);
    let op = settle(&mut c, id, version, "乙名", "经理决定");
    accepted(&c.push_one(&op).await);
    assert_eq!(c.record(customer).await.unwrap()["name"], "乙名");
}

#[tokio::test]
async fn settling_what_has_moved_is_refused_and_the_conflict_shows_what_stands_now() {
    let (_house, mut a, mut b, customer) = at_odds().await;
    let (id, version, seen) = the_conflict(&b).await;
    let op = a.op(Kind::CUSTOMER, customer, &[("name", "丙名".into(), seen.standing_version)]);
    let now = accepted(&a.push_one(&op).await);
    let op = settle(&mut b, id, version, "甲名", "问过客户");
    assert_eq!(refused(&b.push_one(&op).await), Code::ConflictMoved);
    assert_eq!(b.record(customer).await.unwrap()["name"], "丙名");
    let (_, version, conflict) = the_conflict(&b).await;
    assert_eq!((&conflict.standing.value, conflict.standing_version), (&"丙名".into(), now));
    let op = settle(&mut b, id, version, "丙名", "看过了");
    accepted(&b.push_one(&op).await);
    assert_eq!(b.record(customer).await.unwrap()["name"], "丙名");
}

#[tokio::test]
async fn a_conflict_is_settled_once_and_with_one_of_its_values() {
    let (_house, mut a, mut b, customer) = at_odds().await;
    let (id, version, _) = the_conflict(&b).await;
    let op = settle(&mut b, id, version, "丁名", "都不对");
    assert_eq!(refused(&b.push_one(&op).await), Code::ConflictMoved);
    for reason in ["", &"长".repeat(501)] {
        let op = settle(&mut b, id, version, "乙名", reason);
        assert!(matches!(refused(&b.push_one(&op).await), Code::Missing | Code::TooLarge));
    }
    let op = settle(&mut a, id, version, "甲名", "问过客户");
    accepted(&a.push_one(&op).await);
    let op = settle(&mut b, id, version, "乙名", "我也问过");
    assert_eq!(refused(&b.push_one(&op).await), Code::ConflictMoved);
    assert_eq!(b.record(customer).await.unwrap()["name"], "甲名");
}

#[tokio::test]
async fn of_a_conflict_a_laptop_writes_only_how_it_was_settled_and_in_its_own_name() {
    let (_house, a, mut b, _) = at_odds().await;
    let (id, version, _) = the_conflict(&b).await;
    let mut forged = settle(&mut b, id, version, "乙名", "冒名");
    forged.fields.get_mut("settled").unwrap().value["engineer_id"] = json!(a.enrolled.engineer_id);
    assert_eq!(refused(&b.push_one(&forged).await), Code::OutOfScope);
    for field in ["standing", "record_id", "branch_id"] {
        let mut op = settle(&mut b, id, version, "乙名", "夹带");
        op.fields.insert(field.to_owned(), serde_json::from_value(json!({"value": null, "base": 0})).unwrap());
        assert_eq!(refused(&b.push_one(&op).await), Code::OutOfScope);
    }
    let op = settle(&mut b, super::house::id(), 0, "乙名", "没有这个");
    assert_eq!(refused(&b.push_one(&op).await), Code::OutOfScope);
    assert!(the_conflict(&b).await.2.is_open());
}

#[tokio::test]
async fn a_value_that_loses_after_settling_opens_the_conflict_again_and_its_trail_stays() {
    let (_house, mut a, mut b, customer) = at_odds().await;
    let (id, version, first) = the_conflict(&a).await;
    let op = settle(&mut a, id, version, "甲名", "问过客户");
    accepted(&a.push_one(&op).await);
    // The other laptop has not heard of it and goes on.
    let late = b.op(Kind::CUSTOMER, customer, &[("name", "乙名二".into(), 0)]);
    assert_eq!(lost(&b.push_one(&late).await), ["name"]);
    let (again, _, conflict) = the_conflict(&a).await;
    assert_eq!(again, id);
    assert!(conflict.is_open());
    assert_eq!((&conflict.standing.value, &conflict.other.value), (&"甲名".into(), &"乙名二".into()));
    let [earlier] = conflict.earlier.as_slice() else { panic!("{:?}", conflict.earlier) };
    assert_eq!((&earlier.standing, &earlier.other), (&first.standing, &first.other));
    assert_eq!(earlier.settled.as_ref().unwrap().reason, "问过客户");
}

#[tokio::test]
async fn a_conflict_whose_sides_come_to_say_the_same_is_settled_by_itself() {
    // The author of the losing value comes to say what stands, without having seen it.
    let (_house, _a, mut b, customer) = at_odds().await;
    let op = b.op(Kind::CUSTOMER, customer, &[("name", "甲名".into(), 0)]);
    accepted(&b.push_one(&op).await);
    let settled = the_conflict(&b).await.2.settled.unwrap();
    assert_eq!((settled.reason.as_str(), settled.value), ("", "甲名".into()));
    // The author of the losing value sees what stands and writes over it.
    let (_house, _a, mut b, customer) = at_odds().await;
    let seen = the_conflict(&b).await.2.standing_version;
    let op = b.op(Kind::CUSTOMER, customer, &[("name", "丙名".into(), seen)]);
    accepted(&b.push_one(&op).await);
    assert_eq!(the_conflict(&b).await.2.settled.unwrap().value, Value::from("丙名"));
    // The author of the standing value takes over the other.
    let (_house, mut a, b, customer) = at_odds().await;
    let op = a.op(Kind::CUSTOMER, customer, &[("name", "乙名".into(), 0)]);
    accepted(&a.push_one(&op).await);
    assert_eq!(the_conflict(&b).await.2.settled.unwrap().value, Value::from("乙名"));
}

#[tokio::test]
async fn what_an_earlier_life_of_a_laptop_lost_stays_in_the_trail() {
    let (_house, mut a, mut b, customer) = at_odds().await;
    b.incarnation = 2;
    b.seq = 0;
    let op = b.op(Kind::CUSTOMER, customer, &[("name", "乙名二".into(), 0)]);
    assert_eq!(lost(&b.push_one(&op).await), ["name"]);
    let (_, _, conflict) = the_conflict(&b).await;
    assert_eq!(conflict.other.value, "乙名二");
    assert_eq!(conflict.earlier[0].other.value, "乙名");
    assert_eq!(conflict.earlier[0].settled, None);
    // A life does not know what the earlier one wrote.
    let (first, second) = (id(), id());
    let ops = [a.customer(first, "一"), a.customer(second, "二")];
    a.push(&ops).await.unwrap();
    a.incarnation = 2;
    a.seq = 0;
    let op = a.op(Kind::CUSTOMER, first, &[("name", "三".into(), 0)]);
    assert_eq!(lost(&a.push_one(&op).await), ["name"]);
}

#[tokio::test]
async fn hq_settles_in_the_name_of_an_account() {
    let (house, mut a, _b, customer) = at_odds().await;
    let open = async || house.hq.conflicts(By::Keeper, None, None, 10).await.unwrap().conflicts;
    let found = open().await;
    let [found] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(found.conflict.branch_id, Some(a.enrolled.branch_id));
    assert_eq!((found.branch.as_deref(), found.other_by.engineer.as_deref()), (Some("CD"), Some("李娜")));
    let person = Person { name: "zhoufang".to_owned(), role: Role::ServiceCentre, branch_id: None };
    let settle = |seen, choice| house.hq.settle_conflict(&person, found.id, seen, choice, "总部核实");
    settle(found.version - 1, Choice::Other).await.unwrap_err();
    settle(found.version, Choice::Other).await.unwrap();
    assert_eq!(a.record(customer).await.unwrap()["name"], "乙名");
    let settled = the_conflict(&a).await.2.settled.unwrap();
    assert_eq!((settled.engineer_id, settled.account.as_deref()), (None, Some("zhoufang")));
    assert!(open().await.is_empty());
    let again = house.hq.conflict(By::Keeper, found.id).await.unwrap();
    assert_eq!(again.conflict.settled.unwrap().reason, "总部核实", "one by itself is found when it is settled");
    // What HQ chose is known to laptops that pull it; one that did not conflicts.
    let op = a.op(Kind::CUSTOMER, customer, &[("name", "甲名二".into(), 0)]);
    assert_eq!(lost(&a.push_one(&op).await), ["name"]);
}
