//! Long lists: their order, where a row stands in them, and that neither outlives a change.

use crate::ground::{apply, doc, ground, id, now, page, put};
use chrono::NaiveDate;
use doorstep_domain::{Kind, customer::Level, id::RecordId};
use doorstep_store::{ConflictFilter, CustomerFilter, Edit, Store, Validity, VisitFilter};
use doorstep_wire::{Entry, EntryBody, Page};
use serde_json::{Value, json};

async fn names(store: &Store, filter: &CustomerFilter, offset: u32, limit: u32) -> (u64, Vec<String>) {
    let (total, rows) = store.customers(filter, offset, limit).await.unwrap();
    (total, rows.into_iter().map(|row| row.name).collect())
}

async fn record(store: &Store, kind: Kind, number: u128, patch: Value) {
    let mut write = store.write().await.unwrap();
    write.put(now(), &Edit { kind, id: id(number), patch: doc(patch) }).await.unwrap();
    write.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_a_list_is_the_next_part_of_one_order() {
    let ground = ground().await;
    let store = &ground.store;
    for number in 0..250_u128 {
        put(store, number, json!({"name": format!("客户{:03}", (number * 7) % 250)})).await;
    }
    let all = CustomerFilter::default();
    let mut together = Vec::new();
    for offset in [0, 100, 200, 300] {
        let (total, rows) = names(store, &all, offset, 100).await;
        assert_eq!(total, 250);
        together.extend(rows);
    }
    assert_eq!(together, (0..250).map(|n| format!("客户{n:03}")).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_says_where_it_stands_under_each_filter_and_the_merged_one_where_the_other_stands() {
    let ground = ground().await;
    let store = &ground.store;
    for (number, name, level) in [(1, "丙", "group"), (2, "甲", "company"), (3, "丁", "company"), (4, "乙", "company")]
    {
        put(store, number, json!({"name": name, "level": level, "region": "雅安"})).await;
    }
    let at = async |filter: &CustomerFilter, number| store.customer_position(filter, id(number)).await.unwrap();
    let all = CustomerFilter::default();
    let (_, order) = names(store, &all, 0, 10).await;
    for (number, name) in [(1, "丙"), (2, "甲"), (3, "丁"), (4, "乙")] {
        let stands = order.iter().position(|one| one == name).map(|at| at as u64);
        assert_eq!(at(&all, number).await, stands, "{name} in {order:?}");
    }
    let groups = CustomerFilter { levels: vec![Level::Group], ..all.clone() };
    let found = CustomerFilter { query: "乙".into(), ..all.clone() };
    assert_eq!((at(&groups, 1).await, at(&groups, 2).await), (Some(0), None));
    assert_eq!((at(&found, 4).await, at(&found, 1).await), (Some(0), None));
    put(store, 2, json!({"merged_into": id(4)})).await;
    assert_eq!(at(&all, 2).await, at(&all, 4).await);
    assert_eq!(names(store, &all, 0, 10).await.0, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_was_read_before_a_change_is_read_anew_after_it() {
    let ground = ground().await;
    let store = &ground.store;
    let today = NaiveDate::from_ymd_opt(2026, 12, 1).unwrap();
    let expired = CustomerFilter { validity: Validity::Expired, today, ..CustomerFilter::default() };
    put(store, 1, json!({"name": "甲"})).await;
    assert_eq!(names(store, &expired, 0, 10).await, (0, vec![]));
    put(store, 1, json!({"file_valid_until": "2026-11-01"})).await;
    assert_eq!(names(store, &expired, 0, 10).await, (1, vec!["甲".to_owned()]));
    put(store, 1, json!({"deleted": true})).await;
    assert_eq!(names(store, &expired, 0, 10).await, (0, vec![]));
    // What was taken back changed nothing.
    let mut write = store.write().await.unwrap();
    write.put(now(), &Edit { kind: Kind::CUSTOMER, id: id(9), patch: doc(json!({"name": "乙"})) }).await.unwrap();
    drop(write);
    assert_eq!(names(store, &CustomerFilter::default(), 0, 10).await.0, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn visits_and_conflicts_say_where_they_stand_too() {
    let ground = ground().await;
    let store = &ground.store;
    for (number, day) in [(11, "2026-11-03"), (12, "2026-11-05"), (13, "2026-11-04")] {
        record(store, Kind::VISIT, number, json!({"planned_on": day})).await;
    }
    for (number, at) in [(21, "2026-11-01T00:00:00Z"), (22, "2026-11-02T00:00:00Z")] {
        let EntryBody::State(state) = page(1, number, 1, json!({"raised_at": at})).entries.remove(0).body else {
            panic!()
        };
        let entry =
            Entry { position: number as u64, kind: Kind::CONFLICT, id: id(number), body: EntryBody::State(state) };
        apply(store, &Page { entries: vec![entry], ..page(number as u64, number, 1, json!({})) }).await;
    }
    let filter = VisitFilter::default();
    let (total, rows) = store.visits(&filter, 1, 1).await.unwrap();
    let shown: Vec<RecordId> = rows.iter().map(|row| row.visit.id).collect();
    assert_eq!((total, shown), (3, vec![id(13)]), "the latest due first");
    assert_eq!(store.visit_position(&filter, id(11)).await.unwrap(), Some(2));
    assert_eq!(store.visit_position(&filter, id(21)).await.unwrap(), None);
    assert_eq!(store.conflict_position(&ConflictFilter::default(), id(21)).await.unwrap(), Some(1));
}
