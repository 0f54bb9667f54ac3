//! Rules that span fields: edits against deletions, edits against seals, two seals.

use super::{
    house::{House, Laptop, accepted, id, refused},
    push::sealed,
};
use doorstep_domain::{Code, Kind, conflict::Conflict, id::RecordId, record};
use doorstep_wire::{EntryBody, Op, Outcome};
use serde_json::{Value, json};

fn lost(outcome: &Outcome) -> &[String] {
    match outcome {
        Outcome::Accepted { conflicts, .. } => conflicts,
        other => panic!("not accepted: {other:?}"),
    }
}

/// Every conflict that a laptop sees, with its version, by the field it is about.
async fn conflicts(laptop: &Laptop) -> Vec<(RecordId, u64, Conflict)> {
    let pages = laptop.pages(&laptop.branch()).await;
    let entries = pages.into_iter().flat_map(|page| page.entries).filter(|entry| entry.kind == Kind::CONFLICT);
    let mut found: Vec<(RecordId, u64, Conflict)> = entries
        .map(|entry| match entry.body {
            EntryBody::State(state) => (entry.id, state.version, record::read(&state.doc).unwrap()),
            EntryBody::Left => panic!("a conflict left"),
        })
        .collect();
    found.sort_by(|a, b| a.2.field.cmp(&b.2.field));
    found
}

fn settle(laptop: &mut Laptop, (id, seen, _): &(RecordId, u64, Conflict), value: Value) -> Op {
    let engineer = laptop.enrolled.engineer_id;
    let settled = json!({"engineer_id": engineer, "reason": "问过", "at": "2026-11-23T09:00:00Z", "value": value});
    Op { seen: *seen, ..laptop.op(Kind::CONFLICT, *id, &[("settled", settled, 0)]) }
}

/// A customer that two laptops know, and the version they saw.
async fn known() -> (House, Laptop, Laptop, RecordId, u64) {
    let house = House::open().await;
    let (mut a, b) = (house.laptop("CD", "张伟").await, house.laptop("CD", "李娜").await);
    let customer = id();
    let op = a.customer(customer, "四川路桥");
    let seen = accepted(&a.push_one(&op).await);
    (house, a, b, customer, seen)
}

fn delete(laptop: &mut Laptop, id: RecordId, seen: u64) -> Op {
    Op { seen, ..laptop.op(Kind::CUSTOMER, id, &[("deleted", true.into(), 0)]) }
}

fn phone(laptop: &mut Laptop, id: RecordId, seen: u64, phone: &str) -> Op {
    Op { seen, ..laptop.op(Kind::CUSTOMER, id, &[("phone", phone.into(), seen)]) }
}

#[tokio::test]
async fn an_edit_of_what_another_deleted_is_kept_and_it_is_asked_whether_the_record_stays() {
    let (_house, mut a, mut b, customer, seen) = known().await;
    let op = delete(&mut a, customer, seen);
    accepted(&a.push_one(&op).await);
    let op = phone(&mut b, customer, seen, "028-1");
    assert_eq!(lost(&b.push_one(&op).await), ["deleted"]);
    let doc = b.record(customer).await.unwrap();
    assert_eq!((&doc["phone"], &doc["deleted"]), (&"028-1".into(), &true.into()));
    let found = conflicts(&a).await;
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0].2.standing.value, &found[0].2.other.value), (&true.into(), &Value::Null));
    // Later edits are the same question.
    let op = phone(&mut b, customer, seen, "028-2");
    b.push_one(&op).await;
    let found = conflicts(&b).await;
    assert_eq!(found.len(), 1);
    let op = settle(&mut b, &found[0], Value::Null);
    accepted(&b.push_one(&op).await);
    assert_eq!(b.record(customer).await.unwrap().get("deleted"), None);
}

#[tokio::test]
async fn who_deletes_what_another_edited_meanwhile_loses_and_the_record_stays() {
    let (_house, mut a, mut b, customer, seen) = known().await;
    let op = phone(&mut a, customer, seen, "028-1");
    accepted(&a.push_one(&op).await);
    let op = delete(&mut b, customer, seen);
    assert_eq!(lost(&b.push_one(&op).await), ["deleted"]);
    assert_eq!(b.record(customer).await.unwrap().get("deleted"), None);
    let found = conflicts(&a).await;
    assert_eq!((&found[0].2.standing.value, &found[0].2.other.value), (&Value::Null, &true.into()));
    let op = settle(&mut a, &found[0], true.into());
    accepted(&a.push_one(&op).await);
    assert_eq!(b.record(customer).await.unwrap()["deleted"], true);
}

#[tokio::test]
async fn who_saw_what_the_other_did_deletes_and_edits_freely() {
    let (_house, mut a, mut b, customer, seen) = known().await;
    let op = phone(&mut a, customer, seen, "028-1");
    let seen = accepted(&a.push_one(&op).await);
    let op = delete(&mut b, customer, seen);
    let seen = accepted(&b.push_one(&op).await);
    let op = phone(&mut a, customer, seen, "028-2");
    accepted(&a.push_one(&op).await);
    // One's own edits are known to oneself, whatever was pulled since.
    let own = id();
    let ops = [a.customer(own, "自己的"), delete(&mut a, own, 0), phone(&mut a, own, 0, "028-3")];
    for ack in a.push(&ops).await.unwrap().acks {
        accepted(&ack.outcome);
    }
    assert!(conflicts(&a).await.is_empty());
}

fn progress(state: &str) -> Value {
    json!({ "state": state, "arrived_at": "2026-11-23T01:00:00Z" })
}

struct Visited {
    house: House,
    a: Laptop,
    b: Laptop,
    visit: RecordId,
    problem: RecordId,
    /// The version of the visit before it was sealed.
    seen: u64,
}

fn branch(laptop: &Laptop) -> Value {
    laptop.enrolled.branch_id.to_string().into()
}

fn new_problem(laptop: &mut Laptop, visit: RecordId, problem: RecordId, symptom: &str, seen_visit: u64) -> Op {
    let fields =
        [("branch_id", branch(laptop), 0), ("visit_id", visit.to_string().into(), 0), ("symptom", symptom.into(), 0)];
    Op { seen_visit, ..laptop.op(Kind::PROBLEM, problem, &fields) }
}

/// A visit with a problem that two laptops know; the first one has sealed it since.
async fn sealed_visit() -> Visited {
    let house = House::open().await;
    let (mut a, b) = (house.laptop("CD", "张伟").await, house.laptop("CD", "李娜").await);
    let (visit, problem) = (id(), id());
    let fields = [("branch_id", branch(&a), 0), ("subject", "回访".into(), 0), ("progress", progress("working"), 0)];
    let ops = [a.op(Kind::VISIT, visit, &fields), new_problem(&mut a, visit, problem, "打开缓慢", 0)];
    let acks = a.push(&ops).await.unwrap().acks;
    let seen = accepted(&acks[0].outcome);
    let op = a.op(Kind::VISIT, visit, &[("progress", progress("sealed"), seen)]);
    accepted(&a.push_one(&op).await);
    Visited { house, a, b, visit, problem, seen }
}

#[tokio::test]
async fn what_was_edited_without_seeing_the_seal_is_a_proposal_and_the_paper_stands() {
    let Visited { house: _house, mut b, visit, problem, seen, .. } = sealed_visit().await;
    let (added, point) = (id(), id());
    let ops = [
        Op {
            seen_visit: seen,
            ..b.op(Kind::PROBLEM, problem, &[("symptom", "打不开".into(), 2), ("cause", "病毒".into(), 0)])
        },
        Op {
            seen,
            ..b.op(Kind::VISIT, visit, &[("subject", "急修".into(), seen), ("internal_notes", "难缠".into(), 0)])
        },
        new_problem(&mut b, visit, added, "另一个问题", seen),
        Op {
            seen_visit: seen,
            ..b.op(
                Kind::OPEN_POINT,
                point,
                &[
                    ("branch_id", branch(&b), 0),
                    ("visit_id", visit.to_string().into(), 0),
                    ("done_on", "2026-11-24".into(), 0),
                ],
            )
        },
    ];
    let acks = b.push(&ops).await.unwrap().acks;
    let lost: Vec<&[String]> = acks.iter().map(|ack| lost(&ack.outcome)).collect();
    assert_eq!(lost, [&["cause", "symptom"][..], &["subject"], &["deleted"], &["deleted"]]);
    let stands = b.record(problem).await.unwrap();
    assert_eq!((&stands["symptom"], stands.get("cause")), (&"打开缓慢".into(), None));
    let stands = b.record(visit).await.unwrap();
    assert_eq!((&stands["subject"], &stands["internal_notes"]), (&"回访".into(), &"难缠".into()));
    let kept = b.record(added).await.unwrap();
    assert_eq!((&kept["symptom"], &kept["deleted"]), (&"另一个问题".into(), &true.into()), "kept, and out of sight");
    let found = conflicts(&b).await;
    assert_eq!(found.len(), 5);
    assert!(found.iter().all(|(_, _, conflict)| conflict.about_seal && conflict.visit_id == Some(visit.into())));
    // More of the same joins what is kept.
    let op = Op { seen_visit: seen, ..b.op(Kind::PROBLEM, added, &[("cause", "内存".into(), 0)]) };
    b.push_one(&op).await;
    assert_eq!(b.record(added).await.unwrap()["cause"], "内存");
    assert_eq!(conflicts(&b).await.len(), 5);
}

#[tokio::test]
async fn who_saw_the_seal_or_made_it_amends_as_before() {
    let Visited { house: _house, mut a, mut b, visit, problem, .. } = sealed_visit().await;
    let op =
        Op { seen_visit: u64::MAX, ..b.op(Kind::PROBLEM, problem, &[("symptom", "看过定稿".into(), u64::MAX)]) };
    accepted(&b.push_one(&op).await);
    let op = a.op(Kind::VISIT, visit, &[("progress", progress("working"), 0)]);
    accepted(&a.push_one(&op).await);
    let op = a.op(Kind::PROBLEM, problem, &[("cause", "更正".into(), 0)]);
    accepted(&a.push_one(&op).await);
    assert!(conflicts(&a).await.is_empty());
}

#[tokio::test]
async fn a_proposal_is_taken_over_in_an_amendment_only() {
    let Visited { house: _house, mut a, mut b, visit, problem, seen, .. } = sealed_visit().await;
    let op = Op { seen_visit: seen, ..b.op(Kind::PROBLEM, problem, &[("symptom", "打不开".into(), seen)]) };
    b.push_one(&op).await;
    let found = conflicts(&a).await;
    let op = settle(&mut a, &found[0], "打不开".into());
    assert_eq!(refused(&a.push_one(&op).await), Code::Sealed);
    let amend = a.op(Kind::VISIT, visit, &[("progress", progress("working"), 0), ("revision", 2.into(), 0)]);
    let take = settle(&mut a, &found[0], "打不开".into());
    let edit = a.op(Kind::PROBLEM, problem, &[("symptom", "打不开".into(), 0)]);
    for ack in a.push(&[amend, take, edit]).await.unwrap().acks {
        accepted(&ack.outcome);
    }
    assert_eq!(b.record(problem).await.unwrap()["symptom"], "打不开");
    assert!(!conflicts(&a).await[0].2.is_open());
    // Leaving it as it is needs no amendment.
    let Visited { house: _house, mut a, mut b, problem, seen, .. } = sealed_visit().await;
    let op = Op { seen_visit: seen, ..b.op(Kind::PROBLEM, problem, &[("symptom", "打不开".into(), seen)]) };
    b.push_one(&op).await;
    let found = conflicts(&a).await;
    let op = settle(&mut a, &found[0], "打开缓慢".into());
    accepted(&a.push_one(&op).await);
    assert_eq!(b.record(problem).await.unwrap()["symptom"], "打开缓慢");
}

/// The operation that hands in a seal of the visit's first revision.
fn seal_of(laptop: &mut Laptop, visit: RecordId, word: &str) -> Op {
    let by = laptop.clone();
    let document = json!({ "format": 1, "visit_id": visit, "visit": { "subject": word } }).to_string();
    let mut op = sealed(laptop, &by, &document);
    let named = json!({ "value": visit, "base": 0 });
    op.fields.insert("visit_id".to_owned(), serde_json::from_value(named).unwrap());
    op
}

#[tokio::test]
async fn a_second_seal_of_a_revision_is_kept_beside_the_first_until_somebody_says_which_counts() {
    let Visited { house: _house, mut a, mut b, visit, seen, .. } = sealed_visit().await;
    let first = seal_of(&mut a, visit, "甲方的");
    accepted(&a.push_one(&first).await);
    let picture = json!({ "value": "signature", "base": 0 });
    let mut evidence = b.op(
        Kind::ATTACHMENT,
        id(),
        &[("branch_id", branch(&b), 0), ("visit_id", visit.to_string().into(), 0), ("hash", "a".repeat(64).into(), 0)],
    );
    evidence.fields.insert("role".to_owned(), serde_json::from_value(picture).unwrap());
    let evidence = Op { seen_visit: seen, ..evidence };
    let presented = Op { seen, ..b.op(Kind::VISIT, visit, &[("progress", progress("presented"), seen)]) };
    let signing = json!({ "presented_at": "2026-11-23T02:00:00Z", "text_hash": "", "outcome": null });
    let fields = [("progress", json!({ "state": "sealed" }), seen), ("signing", signing, 0)];
    let visited = Op { seen, ..b.op(Kind::VISIT, visit, &fields) };
    let second = seal_of(&mut b, visit, "乙方的");
    let kept = [evidence.id, first.id, second.id];
    let acks = b.push(&[evidence, presented, visited, second.clone()]).await.unwrap().acks;
    assert_eq!(lost(&acks[3].outcome), ["seal"]);
    for id in kept {
        let doc = a.record(id).await.unwrap();
        assert_eq!(doc.get("deleted"), None, "both papers and what was signed stay");
    }
    assert_eq!(a.record(visit).await.unwrap()["progress"], progress("sealed"), "the first stands");
    let found = conflicts(&a).await;
    assert_eq!(found.len(), 1, "its signing is in the second seal, and no proposal");
    let (_, _, conflict) = &found[0];
    assert_eq!((conflict.record_id, conflict.field.as_str(), conflict.about_seal), (Some(visit), "seal", false));
    let number = |op: &Op| op.fields["number"].value.clone();
    assert_eq!((&conflict.standing.value, &conflict.other.value), (&number(&first), &number(&second)));
    assert_eq!(conflict.standing.engineer_id, Some(a.enrolled.engineer_id));
    let op = settle(&mut b, &found[0], number(&second));
    accepted(&b.push_one(&op).await);
    assert_eq!(a.record(visit).await.unwrap()["seal"], number(&second));
}

#[tokio::test]
async fn what_others_wrote_before_the_seal_came_gives_way_to_it_and_becomes_a_proposal() {
    let house = House::open().await;
    let (mut a, mut b) = (house.laptop("CD", "张伟").await, house.laptop("CD", "李娜").await);
    let (visit, problem, added) = (id(), id(), id());
    let fields = [("branch_id", branch(&a), 0), ("subject", "回访".into(), 0), ("progress", progress("working"), 0)];
    let ops = [a.op(Kind::VISIT, visit, &fields), new_problem(&mut a, visit, problem, "打开缓慢", 0)];
    let seen = accepted(&a.push(&ops).await.unwrap().acks[1].outcome);
    // The second laptop's edits come first; the first has not seen them when its customer signs.
    let ops = [
        Op { seen_visit: seen, ..b.op(Kind::PROBLEM, problem, &[("symptom", "打不开".into(), seen)]) },
        Op {
            seen,
            ..b.op(Kind::VISIT, visit, &[("subject", "急修".into(), seen), ("internal_notes", "难缠".into(), 0)])
        },
        new_problem(&mut b, visit, added, "另一个问题", seen),
        Op { seen, ..b.op(Kind::VISIT, visit, &[("progress", progress("on_the_way"), seen)]) },
    ];
    for ack in b.push(&ops).await.unwrap().acks {
        accepted(&ack.outcome);
    }
    let document = json!({
        "format": 1, "visit_id": visit,
        "visit": { "branch_id": branch(&a), "subject": "回访", "progress": progress("sealed") },
        "problems": [{ "id": problem, "problem": { "visit_id": visit, "symptom": "打开缓慢" } }],
    });
    let by = a.clone();
    let signed = Op { seen, ..a.op(Kind::VISIT, visit, &[("progress", progress("sealed"), seen)]) };
    let mut seal = sealed(&mut a, &by, &document.to_string());
    seal.fields.insert("visit_id".to_owned(), serde_json::from_value(json!({ "value": visit, "base": 0 })).unwrap());
    a.push(&[signed, seal]).await.unwrap();
    let stands = a.record(visit).await.unwrap();
    assert_eq!((&stands["subject"], &stands["progress"]["state"]), (&"回访".into(), &"sealed".into()));
    assert_eq!(stands["internal_notes"], "难缠", "what is not on the paper stays");
    assert_eq!(a.record(problem).await, None, "it travels inside the document");
    assert_eq!(a.record(added).await.unwrap()["deleted"], true);
    let found = conflicts(&a).await;
    let open: Vec<(&str, &Value)> =
        found.iter().filter(|f| f.2.is_open()).map(|f| (f.2.field.as_str(), &f.2.other.value)).collect();
    let lost = [
        ("deleted", &Value::Null),
        ("progress", &progress("on_the_way")),
        ("subject", &"急修".into()),
        ("symptom", &"打不开".into()),
    ];
    assert_eq!(open.len(), 4, "{open:?}");
    for ((field, value), (of, other)) in open.iter().zip(&lost) {
        assert_eq!(field, of);
        assert!(value.get("state").unwrap_or(value) == other.get("state").unwrap_or(other), "{value} {other}");
    }
    assert!(
        found.iter().filter(|f| f.2.is_open()).all(|(_, _, conflict)| {
            conflict.about_seal && conflict.other.engineer_id == Some(b.enrolled.engineer_id)
        })
    );
}
