//! Two laptops change one record.

use super::house::{House, Laptop, accepted, id};
use doorstep_domain::{Kind, conflict::Conflict, id::RecordId, record};
use doorstep_wire::Outcome;
use serde_json::Value;

/// A house with two laptops of one branch and a customer that both have seen at this version.
async fn two_laptops() -> (House, Laptop, Laptop, RecordId, u64) {
    let house = House::open().await;
    let (mut a, b) = (house.laptop("CD", "张伟").await, house.laptop("CD", "李娜").await);
    let customer = id();
    let op = a.customer(customer, "四川路桥");
    let version = accepted(&a.push_one(&op).await);
    (house, a, b, customer, version)
}

async fn conflicts(laptop: &Laptop) -> Vec<Conflict> {
    let found = laptop.records(&Kind::CONFLICT).await;
    found.iter().map(|(_, doc)| record::read(doc).unwrap()).collect()
}

fn lost(outcome: &Outcome) -> &[String] {
    match outcome {
        Outcome::Accepted { conflicts, .. } => conflicts,
        other => panic!("not accepted: {other:?}"),
    }
}

#[tokio::test]
async fn different_fields_merge_silently() {
    let (_house, mut a, mut b, customer, seen) = two_laptops().await;
    let op = a.op(Kind::CUSTOMER, customer, &[("phone", "028-1".into(), 0)]);
    accepted(&a.push_one(&op).await);
    let op = b.op(Kind::CUSTOMER, customer, &[("address", "成都".into(), 0), ("name", "四川路桥集团".into(), seen)]);
    accepted(&b.push_one(&op).await);
    let doc = a.record(customer).await.unwrap();
    assert_eq!(
        (&doc["phone"], &doc["address"], &doc["name"]),
        (&"028-1".into(), &"成都".into(), &"四川路桥集团".into())
    );
    assert!(conflicts(&a).await.is_empty());
}

#[tokio::test]
async fn the_value_accepted_first_stands_and_the_other_becomes_a_conflict() {
    let (_house, mut a, mut b, customer, seen) = two_laptops().await;
    let op = a.op(Kind::CUSTOMER, customer, &[("name", "甲名".into(), seen)]);
    let standing_at = op.at;
    accepted(&a.push_one(&op).await);
    let op = b.op(Kind::CUSTOMER, customer, &[("name", "乙名".into(), seen), ("phone", "028-2".into(), 0)]);
    assert_eq!(lost(&b.push_one(&op).await), ["name"]);
    let doc = b.record(customer).await.unwrap();
    assert_eq!((&doc["name"], &doc["phone"]), (&"甲名".into(), &"028-2".into()), "the other field merged");
    let all = conflicts(&a).await;
    assert_eq!(all.len(), 1);
    let conflict = &all[0];
    assert_eq!(
        (conflict.record_id, conflict.record_kind.as_str(), conflict.field.as_str()),
        (Some(customer), "customer", "name")
    );
    assert_eq!((&conflict.standing.value, &conflict.other.value), (&"甲名".into(), &"乙名".into()));
    assert_eq!(conflict.standing.device_id, Some(a.enrolled.device_id));
    assert_eq!(conflict.standing.engineer_id, Some(a.enrolled.engineer_id));
    assert_eq!(conflict.standing.written_at, Some(standing_at));
    assert_eq!(conflict.other.device_id, Some(b.enrolled.device_id));
    assert_eq!(conflict.other.engineer_id, Some(b.enrolled.engineer_id));
    assert_eq!(conflict.branch_id, Some(a.enrolled.branch_id));
    assert_eq!(conflict.settled, None);
}

#[tokio::test]
async fn a_later_value_of_the_same_author_replaces_the_losing_one() {
    let (_house, mut a, mut b, customer, seen) = two_laptops().await;
    let op = a.op(Kind::CUSTOMER, customer, &[("name", "甲名".into(), seen)]);
    a.push_one(&op).await;
    for name in ["乙名", "乙名二"] {
        let op = b.op(Kind::CUSTOMER, customer, &[("name", name.into(), seen)]);
        assert_eq!(lost(&b.push_one(&op).await), ["name"]);
    }
    let all = conflicts(&b).await;
    assert_eq!(all.len(), 1);
    assert_eq!((&all[0].standing.value, &all[0].other.value), (&"甲名".into(), &"乙名二".into()));
}

#[tokio::test]
async fn two_losing_values_in_one_push_are_one_conflict() {
    let (_house, mut a, mut b, customer, seen) = two_laptops().await;
    let op = a.op(Kind::CUSTOMER, customer, &[("name", "甲名".into(), seen)]);
    a.push_one(&op).await;
    let ops = ["乙名", "乙名二"].map(|name| b.op(Kind::CUSTOMER, customer, &[("name", name.into(), seen)]));
    b.push(&ops).await.unwrap();
    let all = conflicts(&b).await;
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].other.value, "乙名二");
}

#[tokio::test]
async fn each_author_who_loses_has_a_conflict_of_their_own() {
    let (house, mut a, mut b, customer, seen) = two_laptops().await;
    let mut c = house.laptop("CD", "王强").await;
    let op = a.op(Kind::CUSTOMER, customer, &[("name", "甲名".into(), seen)]);
    a.push_one(&op).await;
    for (laptop, name) in [(&mut b, "乙名"), (&mut c, "丙名")] {
        let op = laptop.op(Kind::CUSTOMER, customer, &[("name", name.into(), seen)]);
        laptop.push_one(&op).await;
    }
    let mut others: Vec<Value> = conflicts(&a).await.into_iter().map(|c| c.other.value).collect();
    others.sort_by_key(Value::to_string);
    assert_eq!(others, ["丙名", "乙名"]);
}

#[tokio::test]
async fn a_chain_of_offline_edits_never_conflicts_with_itself() {
    let (_house, mut a, _, customer, seen) = two_laptops().await;
    let ops = ["一", "二", "三"].map(|name| a.op(Kind::CUSTOMER, customer, &[("name", name.into(), seen)]));
    for ack in a.push(&ops).await.unwrap().acks {
        accepted(&ack.outcome);
    }
    assert_eq!(a.record(customer).await.unwrap()["name"], "三");
}

#[tokio::test]
async fn who_saw_the_value_that_stands_may_change_it() {
    let (_house, mut a, mut b, customer, seen) = two_laptops().await;
    let op = a.op(Kind::CUSTOMER, customer, &[("name", "甲名".into(), seen)]);
    let version = accepted(&a.push_one(&op).await);
    let op = b.op(Kind::CUSTOMER, customer, &[("name", "乙名".into(), version)]);
    accepted(&b.push_one(&op).await);
    assert_eq!(a.record(customer).await.unwrap()["name"], "乙名");
}

#[tokio::test]
async fn a_cleared_field_conflicts_like_any_value() {
    let (_house, mut a, mut b, customer, _) = two_laptops().await;
    let op = a.op(Kind::CUSTOMER, customer, &[("phone", "028-1".into(), 0)]);
    let version = accepted(&a.push_one(&op).await);
    let op = a.op(Kind::CUSTOMER, customer, &[("phone", Value::Null, version)]);
    accepted(&a.push_one(&op).await);
    assert_eq!(a.record(customer).await.unwrap().get("phone"), None);
    let op = b.op(Kind::CUSTOMER, customer, &[("phone", "028-2".into(), version)]);
    assert_eq!(lost(&b.push_one(&op).await), ["phone"]);
    assert_eq!(conflicts(&b).await[0].standing.value, Value::Null);
}

#[tokio::test]
async fn clocks_a_year_apart_change_no_outcome() {
    let (_house, mut a, mut b, customer, seen) = two_laptops().await;
    let mut op = a.op(Kind::CUSTOMER, customer, &[("name", "甲名".into(), seen)]);
    op.at -= chrono::TimeDelta::days(365);
    accepted(&a.push_one(&op).await);
    let mut op = b.op(Kind::CUSTOMER, customer, &[("name", "乙名".into(), seen)]);
    op.at += chrono::TimeDelta::days(365);
    assert_eq!(lost(&b.push_one(&op).await), ["name"]);
    assert_eq!(a.record(customer).await.unwrap()["name"], "甲名");
}
