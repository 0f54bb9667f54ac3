//! Long lists: their order, where a row stands in them, and that neither outlives a change.

use crate::ground::{apply, doc, entries, ground, id, now, page, put};
use chrono::NaiveDate;
use doorstep_domain::{
    Kind,
    customer::Level,
    id::{CustomerId, RecordId},
};
use doorstep_store::{ConflictFilter, CustomerFilter, Edit, Store, Validity, VisitFilter};
use doorstep_wire::{Entry, EntryBody, Page};
use proptest::prelude::*;
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

/// What people and a sync do to customers.
#[derive(Debug, Clone)]
enum Done {
    Set(u128, Value),
    Contact(u128),
    Comes(u128, Value),
    Leaves(u128),
    GivenUp(u128, Value),
    /// So many at once that nobody looks at them one by one.
    Many(u8),
}

fn done() -> impl Strategy<Value = Done> {
    let number = 0..40_u128;
    let fields = prop_oneof![
        "[甲乙丙丁川路桥a-c1-3]{1,4}".prop_map(|name| json!({ "name": name })),
        Just(json!({ "notes": "写了点什么" })),
        any::<bool>().prop_map(|deleted| json!({ "deleted": deleted })),
        prop::option::of(0..40_u128).prop_map(|into| json!({ "merged_into": into.map(id) })),
        prop::option::of(0..40_u128).prop_map(|above| json!({ "parent_id": above.map(id) })),
        prop_oneof![Just("group"), Just("company")].prop_map(|level| json!({ "level": level })),
        prop_oneof![Just(Value::Null), Just(json!("2099-12-03")), Just(json!("2020-01-01"))]
            .prop_map(|until| json!({ "file_valid_until": until })),
    ];
    prop_oneof![
        8 => (number.clone(), fields.clone()).prop_map(|(number, fields)| Done::Set(number, fields)),
        1 => number.clone().prop_map(Done::Contact),
        2 => (number.clone(), fields.clone()).prop_map(|(number, fields)| Done::Comes(number, fields)),
        1 => number.clone().prop_map(Done::Leaves),
        1 => (number, fields).prop_map(|(number, fields)| Done::GivenUp(number, fields)),
        1 => any::<u8>().prop_map(Done::Many),
    ]
}

async fn write_in_one(store: &Store, edits: Vec<(Kind, u128, Value)>) {
    let mut write = store.write().await.unwrap();
    for (kind, number, patch) in edits {
        write.put(now(), &Edit { kind, id: id(number), patch: doc(patch) }).await.unwrap();
    }
    write.commit().await.unwrap();
}

async fn happen(store: &Store, at: u64, done: Done) {
    // A record that was never there needs a name.
    let named = |fields: Value| {
        let mut named = json!({ "name": "客户" });
        named.as_object_mut().unwrap().extend(doc(fields));
        named
    };
    match done {
        Done::Set(number, fields) => put(store, number, named(fields)).await,
        Done::Contact(number) => {
            write_in_one(
                store,
                vec![(Kind::CONTACT, 1_000 + number, json!({"name": "王", "customer_id": id(number)}))],
            )
            .await;
        }
        Done::Comes(number, fields) => apply(store, &page(at, number, at, named(fields))).await,
        Done::Leaves(number) => apply(store, &entries(at, number, EntryBody::Left)).await,
        Done::GivenUp(number, fields) => {
            let mut write = store.write().await.unwrap();
            let edit = Edit { kind: Kind::CUSTOMER, id: id(number), patch: doc(named(fields)) };
            write.put(now(), &edit).await.unwrap();
        }
        Done::Many(salt) => {
            let name = |number: u128| json!({ "name": format!("{}{salt}", number % 7) });
            write_in_one(store, (0..30).map(|number| (Kind::CUSTOMER, number, name(number))).collect()).await;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn an_order_that_is_kept_is_at_any_time_the_one_that_is_read_anew(
        which in 0..4_u8,
        happens in prop::collection::vec((done(), any::<bool>()), 1..30),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let ground = ground().await;
            let store = &ground.store;
            let day = |day| NaiveDate::from_ymd_opt(2026, 12, 1).unwrap() + chrono::Days::new(day);
            let base = CustomerFilter { today: day(0), ..CustomerFilter::default() };
            let filter = match which {
                0 => base,
                1 => CustomerFilter { levels: vec![Level::Group], ..base },
                2 => CustomerFilter { validity: Validity::Expired, ..base },
                _ => CustomerFilter { parent: Some(CustomerId(id(1))), ..base },
            };
            for (at, (done, looks)) in (1..).zip(happens) {
                let what = format!("{done:?}");
                happen(store, at, done).await;
                if looks {
                    let kept = store.customers(&filter, 0, 100).await.unwrap();
                    // Another year asks another question with the same answer.
                    let anew = CustomerFilter { today: day(365 * at), ..filter.clone() };
                    let anew = store.customers(&anew, 0, 100).await.unwrap();
                    assert_eq!(kept, anew, "after {what}");
                }
            }
        });
    }
}
