//! Two layers, the outbox and pages, on a real store.

use crate::ground::{apply, doc, entries, ground, id, now, page, put, seen};
use doorstep_domain::{Code, Kind};
use doorstep_wire::{Ack, EntryBody, Outcome};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn fields_saved_one_by_one_travel_as_one_operation_until_hq_may_have_seen_it() {
    let ground = ground().await;
    put(&ground.store, 1, json!({"name": "甲"})).await;
    put(&ground.store, 1, json!({"phone": "1"})).await;
    let ops = ground.store.take_waiting(0, 10, 1_000_000).await.unwrap();
    assert_eq!(ops.len(), 1);
    assert_eq!(ops[0].fields.keys().collect::<Vec<_>>(), ["name", "phone"]);
    put(&ground.store, 1, json!({"phone": "2"})).await;
    let ops = ground.store.take_waiting(0, 10, 1_000_000).await.unwrap();
    assert_eq!(ops.iter().map(|op| op.seq).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(ops[0].fields["phone"].value, json!("1"), "what HQ may have seen never changes");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_made_after_a_pull_is_an_operation_of_its_own() {
    let ground = ground().await;
    apply(&ground.store, &page(1, 1, 5, json!({"name": "甲"}))).await;
    put(&ground.store, 1, json!({"phone": "1"})).await;
    apply(&ground.store, &page(2, 1, 6, json!({"name": "乙"}))).await;
    put(&ground.store, 1, json!({"notes": "看过乙才写的"})).await;
    put(&ground.store, 1, json!({"region": "四川"})).await;
    let ops = ground.store.take_waiting(0, 10, 1_000_000).await.unwrap();
    assert_eq!(ops.iter().map(|op| op.seen).collect::<Vec<_>>(), [5, 6]);
    assert_eq!(ops[1].fields.keys().collect::<Vec<_>>(), ["notes", "region"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn saving_the_same_again_sends_nothing() {
    let ground = ground().await;
    put(&ground.store, 1, json!({"name": "甲"})).await;
    ground.store.take_waiting(0, 10, 1_000_000).await.unwrap();
    put(&ground.store, 1, json!({"name": "甲"})).await;
    assert_eq!(ground.store.sync_counts().await.unwrap().waiting, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn pending_fields_stay_above_what_hq_sends_until_it_confirms_them() {
    let ground = ground().await;
    apply(&ground.store, &page(1, 1, 5, json!({"name": "总部名", "phone": "0"}))).await;
    put(&ground.store, 1, json!({"name": "我的名"})).await;
    let op = ground.store.take_waiting(0, 10, 1_000_000).await.unwrap().remove(0);
    assert_eq!(op.fields["name"].base, 5, "the base is the version its author saw");
    apply(&ground.store, &page(2, 1, 6, json!({"name": "总部名", "phone": "9"}))).await;
    assert_eq!(seen(&ground.store, 1).await, Some(json!({"name": "我的名", "phone": "9"})));
    let ack = Ack { seq: op.seq, outcome: Outcome::Accepted { version: 7, conflicts: vec![] } };
    let mut write = ground.store.write().await.unwrap();
    write.acknowledge(&[ack]).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(seen(&ground.store, 1).await.unwrap()["name"], "我的名");
    assert!(ground.store.get(&Kind::CUSTOMER, id(1)).await.unwrap().unwrap().pending);
    apply(&ground.store, &page(3, 1, 7, json!({"name": "我的名", "phone": "9"}))).await;
    assert!(!ground.store.get(&Kind::CUSTOMER, id(1)).await.unwrap().unwrap().pending);
    assert!(ground.store.queue(10).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lost_gives_way_and_is_kept_until_its_conflict_is_here() {
    let ground = ground().await;
    apply(&ground.store, &page(1, 1, 5, json!({"name": "旧"}))).await;
    put(&ground.store, 1, json!({"name": "我的"})).await;
    let seq = ground.store.take_waiting(0, 10, 1_000_000).await.unwrap()[0].seq;
    apply(&ground.store, &page(2, 1, 6, json!({"name": "别人的"}))).await;
    let lost = Outcome::Accepted { version: 6, conflicts: vec!["name".into()] };
    let mut write = ground.store.write().await.unwrap();
    write.acknowledge(&[Ack { seq, outcome: lost }]).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(seen(&ground.store, 1).await, Some(json!({"name": "别人的"})));
    apply(&ground.store, &page(3, 1, 6, json!({"name": "别人的"}))).await;
    assert_eq!(ground.store.queue(10).await.unwrap().len(), 1, "the conflict may be on a later page");
    ground.store.conflicts_came(seq - 1).await.unwrap();
    assert_eq!(ground.store.queue(10).await.unwrap().len(), 1, "an answer to what went before says nothing of it");
    ground.store.conflicts_came(seq).await.unwrap();
    assert!(ground.store.queue(10).await.unwrap().is_empty());
    assert!(!ground.store.get(&Kind::CUSTOMER, id(1)).await.unwrap().unwrap().pending);
    assert_eq!(seen(&ground.store, 1).await, Some(json!({"name": "别人的"})));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_change_is_kept_with_its_code_and_never_stands_over_hqs_own() {
    let ground = ground().await;
    apply(&ground.store, &page(1, 1, 5, json!({"name": "总部名"}))).await;
    put(&ground.store, 1, json!({"name": "越权"})).await;
    put(&ground.store, 2, json!({"name": "只在本机"})).await;
    let ops = ground.store.take_waiting(0, 10, 1_000_000).await.unwrap();
    let refused = || Outcome::Refused { code: Code::OutOfScope, detail: "not yours".into() };
    let acks: Vec<Ack> = ops.iter().map(|op| Ack { seq: op.seq, outcome: refused() }).collect();
    let mut write = ground.store.write().await.unwrap();
    write.acknowledge(&acks).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(seen(&ground.store, 1).await.unwrap()["name"], "总部名");
    assert_eq!(seen(&ground.store, 2).await.unwrap()["name"], "只在本机", "what was typed stays in sight");
    let queue = ground.store.queue(10).await.unwrap();
    assert_eq!(queue.iter().map(|q| q.refused).collect::<Vec<_>>(), [Some(Code::OutOfScope); 2]);
    assert_eq!(ground.store.take_waiting(0, 10, 1_000_000).await.unwrap(), [], "it is not offered again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_comes_twice_or_late_changes_nothing() {
    let ground = ground().await;
    let newer = page(2, 1, 6, json!({"name": "新"}));
    apply(&ground.store, &newer).await;
    apply(&ground.store, &newer).await;
    apply(&ground.store, &page(1, 1, 5, json!({"name": "旧"}))).await;
    assert_eq!(seen(&ground.store, 1).await, Some(json!({"name": "新"})));
    assert_eq!(ground.store.write().await.unwrap().cursor("branch:1").await.unwrap(), 2, "a cursor never goes back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_not_committed_leaves_the_cursor_where_it_was() {
    let ground = ground().await;
    let mut write = ground.store.write().await.unwrap();
    write.apply(now(), &page(9, 1, 5, json!({"name": "甲"}))).await.unwrap();
    drop(write);
    assert_eq!(ground.store.write().await.unwrap().cursor("branch:1").await.unwrap(), 0);
    assert_eq!(seen(&ground.store, 1).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_leaves_goes_unless_work_on_it_waits() {
    let ground = ground().await;
    apply(&ground.store, &page(1, 1, 5, json!({"name": "甲"}))).await;
    apply(&ground.store, &page(2, 2, 6, json!({"name": "乙"}))).await;
    put(&ground.store, 2, json!({"phone": "1"})).await;
    apply(&ground.store, &entries(3, 1, EntryBody::Left)).await;
    apply(&ground.store, &entries(4, 2, EntryBody::Left)).await;
    assert_eq!(seen(&ground.store, 1).await, None);
    assert_eq!(seen(&ground.store, 2).await, Some(json!({"name": "乙", "phone": "1"})));
}

/// Found by the simulator: the operation waited for a record that never came back.
#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_operation_waits_no_more_when_its_record_left_before_it_came_back() {
    let ground = ground().await;
    apply(&ground.store, &page(1, 2, 5, json!({"name": "乙"}))).await;
    put(&ground.store, 1, json!({"name": "甲"})).await;
    put(&ground.store, 2, json!({"phone": "1"})).await;
    put(&ground.store, 3, json!({"name": "丙"})).await;
    ground.store.take_waiting(0, 10, 1_000_000).await.unwrap();
    let acks = (1..=3).map(|seq| Ack { seq, outcome: Outcome::Accepted { version: 5 + seq, conflicts: vec![] } });
    let mut write = ground.store.write().await.unwrap();
    write.acknowledge(&acks.collect::<Vec<_>>()).await.unwrap();
    write.commit().await.unwrap();
    put(&ground.store, 3, json!({"phone": "3"})).await;
    for (position, number) in [(9, 1), (10, 2), (11, 3)] {
        apply(&ground.store, &entries(position, number, EntryBody::Left)).await;
    }
    assert_eq!(seen(&ground.store, 1).await, None);
    assert_eq!(seen(&ground.store, 2).await, None);
    let waits: Vec<_> = ground.store.queue(10).await.unwrap().into_iter().map(|q| (q.seq, q.accepted)).collect();
    assert_eq!(waits, [(4, false)], "what HQ has not answered still waits");
    assert_eq!(seen(&ground.store, 3).await, Some(json!({"name": "丙", "phone": "3"})));
    let refused = Outcome::Refused { code: Code::OutOfScope, detail: "another branch's now".into() };
    let mut write = ground.store.write().await.unwrap();
    write.acknowledge(&[Ack { seq: 4, outcome: refused }]).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(seen(&ground.store, 3).await.unwrap()["name"], "丙", "it is not torn apart by the refusal");
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_and_kinds_of_a_newer_version_are_kept_and_counted() {
    let ground = ground().await;
    let mut newer = page(1, 1, 5, json!({"name": "甲", "carbon_class": {"a": [1, 2]}}));
    newer.entries[0].kind = Kind::parse("never_a_kind").unwrap();
    apply(&ground.store, &newer).await;
    let kept = ground.store.get(&Kind::parse("never_a_kind").unwrap(), id(1)).await.unwrap().unwrap();
    assert_eq!(Value::Object(kept.doc), json!({"name": "甲", "carbon_class": {"a": [1, 2]}}));
    assert_eq!(ground.store.sync_counts().await.unwrap().parked, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_hq_owns_cannot_be_written_here_and_a_wrong_shape_is_not_stored() {
    let ground = ground().await;
    let mut write = ground.store.write().await.unwrap();
    let edit = |kind, patch| doorstep_store::Edit { kind, id: id(1), patch: doc(patch) };
    let refused = write.put(now(), &edit(Kind::TEMPLATE, json!({"code": "x"}))).await.unwrap_err();
    assert_eq!(refused.code(), Code::OutOfScope);
    let refused = write.put(now(), &edit(Kind::CUSTOMER, json!({"name": 7}))).await.unwrap_err();
    assert_eq!(refused.code(), Code::Invalid);
    write.commit().await.unwrap();
    assert_eq!(ground.store.sync_counts().await.unwrap().waiting, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_stops_before_its_limits() {
    let ground = ground().await;
    for number in 1..=5 {
        put(&ground.store, number, json!({"name": "甲".repeat(100)})).await;
    }
    assert_eq!(ground.store.take_waiting(0, 3, 1_000_000).await.unwrap().len(), 3);
    assert_eq!(ground.store.take_waiting(0, 10, 1_200).await.unwrap().len(), 2);
    assert_eq!(ground.store.take_waiting(0, 10, 1).await.unwrap().len(), 1, "one always goes, however large");
    assert_eq!(ground.store.acked_seq().await.unwrap(), 0);
    assert_eq!(ground.store.last_seq().await.unwrap(), 5);
}

/// A page of a visit, or of something that belongs to it, with every field at `version`.
fn visit_page(position: u64, kind: &Kind, number: u128, version: u64, fields: Value) -> doorstep_wire::Page {
    let mut page = page(position, number, version, fields);
    page.entries[0].kind = kind.clone();
    page
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_for_a_visit_before_its_customer_waits_until_it_is_let_go() {
    let ground = ground().await;
    let store = &ground.store;
    let visit = id(1).to_string();
    let seen =
        async |kind: Kind, number| store.get(&kind, id(number)).await.unwrap().map(|record| Value::Object(record.doc));
    let problem = |text: &str| json!({"visit_id": visit, "symptom": text});
    apply(store, &visit_page(1, &Kind::VISIT, 1, 5, json!({"subject": "回访"}))).await;
    apply(store, &visit_page(2, &Kind::PROBLEM, 2, 6, problem("慢"))).await;
    let mut write = store.write().await.unwrap();
    write.hold(id(1)).await.unwrap();
    write.commit().await.unwrap();
    apply(store, &visit_page(3, &Kind::VISIT, 1, 7, json!({"subject": "急修"}))).await;
    apply(store, &visit_page(4, &Kind::PROBLEM, 2, 8, problem("很慢"))).await;
    apply(store, &visit_page(5, &Kind::PROBLEM, 3, 9, problem("另一个"))).await;
    apply(store, &page(6, 4, 10, json!({"name": "别的客户"}))).await;
    let mut left = entries(7, 2, EntryBody::Left);
    left.entries[0].kind = Kind::PROBLEM;
    apply(store, &left).await;
    assert_eq!(seen(Kind::VISIT, 1).await, Some(json!({"subject": "回访"})));
    assert_eq!(seen(Kind::PROBLEM, 2).await, Some(problem("慢")));
    assert_eq!(seen(Kind::PROBLEM, 3).await, None);
    assert_eq!(seen(Kind::CUSTOMER, 4).await, Some(json!({"name": "别的客户"})), "nothing else waits");
    assert!(store.holds_back().await.unwrap());
    let mut write = store.write().await.unwrap();
    assert_eq!(write.cursor("branch:1").await.unwrap(), 7, "the cursor moves");
    write.release(now(), id(1)).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(seen(Kind::VISIT, 1).await, Some(json!({"subject": "急修"})));
    assert_eq!((seen(Kind::PROBLEM, 2).await, seen(Kind::PROBLEM, 3).await), (None, Some(problem("另一个"))));
    assert!(!store.holds_back().await.unwrap());
    apply(store, &visit_page(8, &Kind::VISIT, 1, 11, json!({"subject": "新"}))).await;
    assert_eq!(seen(Kind::VISIT, 1).await, Some(json!({"subject": "新"})));
    assert_eq!(store.write().await.unwrap().cursor("branch:1").await.unwrap(), 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_with_the_last_record_that_names_it_unless_hq_lacks_it() {
    let ground = ground().await;
    let store = &ground.store;
    let (sent, unsent) = (store.blobs().put(b"sent", [1; 19]).unwrap(), store.blobs().put(b"unsent", [2; 19]).unwrap());
    let mut write = store.write().await.unwrap();
    write.blob_added(&sent, 4).await.unwrap();
    write.blob_added(&unsent, 6).await.unwrap();
    write.blob_sent(&sent).await.unwrap();
    write.commit().await.unwrap();
    for (number, hash) in [(1, &sent), (2, &sent), (3, &unsent)] {
        let fields = json!({"hash": hash, "bytes": 4});
        apply(store, &visit_page(number, &Kind::ATTACHMENT, number.into(), number, fields)).await;
    }
    let left = async |position, number| {
        let mut page = entries(position, number, EntryBody::Left);
        page.entries[0].kind = Kind::ATTACHMENT;
        apply(store, &page).await;
        store.sweep_blobs().await.unwrap()
    };
    assert_eq!(left(4, 1).await, 0, "another record names it");
    assert_eq!(left(5, 2).await, 1);
    assert_eq!(left(6, 3).await, 0, "HQ does not have it yet");
    assert!(!store.blobs().has(&sent).unwrap() && store.blobs().has(&unsent).unwrap());
    assert_eq!(store.blobs_to_fetch(None, 10).await.unwrap(), []);
    assert_eq!(store.blobs_to_send(None, 10).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_comes_after_its_record_leaves_nothing_waiting() {
    let ground = ground().await;
    put(&ground.store, 1, json!({"name": "甲"})).await;
    put(&ground.store, 2, json!({"name": "乙"})).await;
    let ops = ground.store.take_waiting(0, 10, 1_000_000).await.unwrap();
    apply(&ground.store, &page(1, 1, 5, json!({"name": "甲"}))).await;
    let accepted = |version| Outcome::Accepted { version, conflicts: vec![] };
    let answers = [5, 6].map(accepted).into_iter().zip(&ops).map(|(outcome, op)| Ack { seq: op.seq, outcome });
    let mut write = ground.store.write().await.unwrap();
    write.acknowledge(&answers.collect::<Vec<_>>()).await.unwrap();
    write.commit().await.unwrap();
    let left = ground.store.queue(10).await.unwrap();
    assert_eq!(left.iter().map(|op| (op.id, op.accepted)).collect::<Vec<_>>(), [(id(2), true)]);
    assert!(!ground.store.get(&Kind::CUSTOMER, id(1)).await.unwrap().unwrap().pending);
    apply(&ground.store, &page(2, 2, 6, json!({"name": "乙"}))).await;
    assert_eq!(ground.store.queue(10).await.unwrap(), []);
}
