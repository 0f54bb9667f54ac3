//! Operations arrive once each, in order, and a refusal never stands in the way.

use super::{
    house::{House, Laptop, accepted, id, refused},
    scope::own_feed,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use doorstep_domain::{Code, Kind, merge::Change, seal};
use doorstep_wire::{Ack, Op, Outcome, Push, PushReply, limits::Limits, path};
use ed25519_dalek::Signer;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

#[tokio::test]
async fn a_push_repeated_is_answered_alike_and_changes_nothing() {
    let house = House::open().await;
    let mut laptop = house.laptop("CD", "张伟").await;
    let ops = vec![laptop.customer(id(), "四川路桥"), laptop.customer(id(), ""), laptop.customer(id(), "中铁二局")];
    let first = laptop.push(&ops).await.unwrap();
    let end = laptop.page(&laptop.branch(), 0).await.unwrap().end;
    assert_eq!(laptop.push(&ops).await.unwrap(), first);
    let part = laptop.push(&ops[1..2]).await.unwrap();
    assert_eq!(part.acks, first.acks[1..2]);
    assert_eq!(part.acked_seq, 3, "HQ says how far it really is");
    assert_eq!(laptop.page(&laptop.branch(), 0).await.unwrap().end, end);
}

#[tokio::test]
async fn a_push_that_overlaps_what_hq_has_brings_only_the_rest() {
    let house = House::open().await;
    let mut laptop = house.laptop("CD", "张伟").await;
    let ops: Vec<Op> = (0..4).map(|n| laptop.customer(id(), &format!("客户{n}"))).collect();
    laptop.push(&ops[..2]).await.unwrap();
    let reply = laptop.push(&ops).await.unwrap();
    assert_eq!(reply.acked_seq, 4);
    assert_eq!(reply.acks.iter().map(|a| a.seq).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(laptop.records(&Kind::CUSTOMER).await.len(), 4);
}

#[tokio::test]
async fn a_gap_is_refused_as_a_whole() {
    let house = House::open().await;
    let mut laptop = house.laptop("CD", "张伟").await;
    let ops: Vec<Op> = (0..4).map(|n| laptop.customer(id(), &format!("客户{n}"))).collect();
    assert_eq!(
        laptop.push(&ops[1..]).await.unwrap_err().code,
        Code::OutOfOrder,
        "what comes before it may be on its way"
    );
    let holed = [ops[0].clone(), ops[2].clone()];
    assert_eq!(laptop.push(&holed).await.unwrap_err().code, Code::Invalid, "a hole inside");
    assert_eq!(laptop.hello().await.unwrap().acked_seq, 0);
    assert_eq!(laptop.records(&Kind::CUSTOMER).await.len(), 0);
}

#[tokio::test]
async fn another_operation_under_a_known_sequence_means_two_machines() {
    let house = House::open().await;
    let mut laptop = house.laptop("CD", "张伟").await;
    let mut clone = laptop.clone();
    let op = laptop.customer(id(), "四川路桥");
    laptop.push_one(&op).await;
    let other = clone.customer(id(), "中铁二局");
    let third = clone.customer(id(), "中交一公局");
    assert_eq!(clone.push(&[other, third]).await.unwrap_err().code, Code::DeviceForked);
    let next = laptop.customer(id(), "贵州公路");
    accepted(&laptop.push_one(&next).await);
    assert_eq!(laptop.records(&Kind::CUSTOMER).await.len(), 2, "nothing of the fork landed");
}

#[tokio::test]
async fn an_operation_that_comes_again_written_another_way_is_the_same() {
    let house = House::open().await;
    let mut laptop = house.laptop("CD", "张伟").await;
    let op = laptop.customer(id(), "四川路桥");
    let first = laptop.push_one(&op).await;
    let mut text = serde_json::to_value(&op).unwrap();
    text["later"] = json!("a field of a later version");
    let again = json!({"incarnation": laptop.incarnation, "ops": [text]});
    let reply: PushReply = laptop.post(path::PUSH, &again).await.unwrap();
    assert_eq!(reply.acks, [Ack { seq: op.seq, outcome: first }]);
    let mut other = again;
    other["ops"][0]["fields"]["name"]["value"] = json!("中铁二局");
    let forked = laptop.post::<PushReply>(path::PUSH, &other).await.unwrap_err();
    assert_eq!(forked.code, Code::DeviceForked);
}

#[tokio::test]
async fn a_new_incarnation_begins_at_one_and_the_old_one_is_told() {
    let house = House::open().await;
    let mut laptop = house.laptop("CD", "张伟").await;
    let op = laptop.customer(id(), "四川路桥");
    laptop.push_one(&op).await;
    let mut old = laptop.clone();
    laptop.incarnation = 2;
    laptop.seq = 0;
    assert_eq!(laptop.hello().await.unwrap().acked_seq, 0);
    let op = laptop.customer(id(), "中铁二局");
    accepted(&laptop.push_one(&op).await);
    assert_eq!(laptop.hello().await.unwrap().acked_seq, 1);
    assert_eq!(old.hello().await.unwrap_err().code, Code::DeviceForked);
    let late = old.customer(id(), "中交一公局");
    assert_eq!(old.push(&[late]).await.unwrap_err().code, Code::DeviceForked);
}

#[tokio::test]
async fn texts_and_dates_that_no_laptop_lets_people_write_are_refused_with_their_field() {
    let house = House::open().await;
    let mut laptop = house.laptop("CD", "张伟").await;
    for (field, value, expected) in [
        ("notes", json!("a\0b"), Code::BadText),
        ("notes", json!("\u{1b}[2J"), Code::BadText),
        ("name", json!("四川\n路桥"), Code::BadText),
        ("region", json!("\u{202e}川"), Code::BadText),
        ("file_valid_until", json!("+262142-12-31"), Code::OutOfRange),
        ("file_valid_until", json!("1066-10-14"), Code::OutOfRange),
    ] {
        let mut op = laptop.customer(id(), "四川路桥");
        op.fields.insert(field.to_owned(), Change { value, base: 0 });
        let Outcome::Refused { code, detail } = laptop.push_one(&op).await else { panic!("{field} was taken") };
        assert_eq!(code, expected, "{detail}");
        assert!(detail.starts_with(field), "{detail}");
    }
    let good = laptop.customer(id(), "中铁二局");
    accepted(&laptop.push_one(&good).await);
}

#[tokio::test]
async fn a_refusal_is_kept_with_its_code_and_those_behind_it_land() {
    let house = House::open().await;
    let mut laptop = house.laptop("CD", "张伟").await;
    let (good, bad, after) = (id(), id(), id());
    let ops = vec![laptop.customer(good, "四川路桥"), laptop.customer(bad, " "), laptop.customer(after, "中铁二局")];
    let reply = laptop.push(&ops).await.unwrap();
    assert_eq!(refused(&reply.acks[1].outcome), Code::Missing);
    assert_eq!(reply.acked_seq, 3);
    assert!(laptop.record(good).await.is_some());
    assert!(laptop.record(bad).await.is_none());
    assert!(laptop.record(after).await.is_some());
    let house = house.restart().await;
    laptop.base.clone_from(&house.base);
    assert_eq!(laptop.push(&ops).await.unwrap(), reply, "stored, also over a restart");
}

#[tokio::test]
async fn a_refused_change_leaves_the_record_as_it_was() {
    let house = House::open().await;
    let mut laptop = house.laptop("CD", "张伟").await;
    let customer = id();
    let op = laptop.customer(customer, "四川路桥");
    laptop.push_one(&op).await;
    let long = "长".repeat(301);
    let op = laptop.op(Kind::CUSTOMER, customer, &[("notes", "新".into(), 0), ("address", long.into(), 0)]);
    assert_eq!(refused(&laptop.push_one(&op).await), Code::TooLarge);
    assert_eq!(laptop.record(customer).await.unwrap().get("notes"), None);
}

#[tokio::test]
async fn unknown_fields_and_kinds_are_kept_and_handed_on() {
    let house = House::open().await;
    let (mut newer, older) = (house.laptop("CD", "张伟").await, house.laptop("CD", "李娜").await);
    let branch = Value::from(newer.enrolled.branch_id.to_string());
    let (customer, drone) = (id(), id());
    let of_tomorrow = Kind::parse("never_a_kind").unwrap();
    let ops = vec![
        newer.op(
            Kind::CUSTOMER,
            customer,
            &[("branch_id", branch, 0), ("name", "四川路桥".into(), 0), ("loyalty", json!({"points": 7}), 0)],
        ),
        newer.op(of_tomorrow.clone(), drone, &[("metres", json!(120.5), 0)]),
    ];
    for ack in newer.push(&ops).await.unwrap().acks {
        accepted(&ack.outcome);
    }
    assert_eq!(older.record(customer).await.unwrap()["loyalty"], json!({"points": 7}));
    let kept = own_feed(&newer).await;
    assert_eq!(kept, [(drone, json!({"metres": 120.5}).as_object().cloned())].into());
    assert_eq!(older.records(&of_tomorrow).await, [], "nobody knows yet who else may have it");
}

#[tokio::test]
async fn what_hq_owns_no_laptop_writes() {
    let house = House::open().await;
    let mut laptop = house.laptop("CD", "张伟").await;
    for kind in [Kind::TEMPLATE, Kind::PRODUCT, Kind::COMPANY, Kind::BRANCH, Kind::ENGINEER, Kind::CONFLICT] {
        let op = laptop.op(kind, id(), &[("name", "x".into(), 0), ("code", "x".into(), 0)]);
        assert_eq!(refused(&laptop.push_one(&op).await), Code::OutOfScope);
    }
}

#[tokio::test]
async fn nothing_crosses_from_one_branch_into_another() {
    let house = House::open().await;
    let (mut cd, mut nj) = (house.laptop("CD", "张伟").await, house.laptop("NJ", "王芳").await);
    let customer = id();
    let op = cd.customer(customer, "四川路桥");
    cd.push_one(&op).await;
    let theirs = Value::from(cd.enrolled.branch_id.to_string());
    let ops = vec![
        nj.op(Kind::CUSTOMER, customer, &[("name", "改名".into(), u64::MAX)]),
        nj.op(Kind::CUSTOMER, id(), &[("branch_id", theirs.clone(), 0), ("name", "潜入".into(), 0)]),
        nj.op(Kind::CUSTOMER, id(), &[("branch_id", Value::Null, 0), ("name", "无主".into(), 0)]),
    ];
    for ack in nj.push(&ops).await.unwrap().acks {
        assert_eq!(refused(&ack.outcome), Code::OutOfScope);
    }
    let mine = id();
    let op = nj.customer(mine, "江苏交建");
    nj.push_one(&op).await;
    let op = nj.op(Kind::CUSTOMER, mine, &[("branch_id", theirs, u64::MAX)]);
    assert_eq!(refused(&nj.push_one(&op).await), Code::OutOfScope, "a laptop hands nothing over");
    assert_eq!(cd.record(customer).await.unwrap()["name"], "四川路桥");
    assert!(cd.record(mine).await.is_none());
    assert!(nj.record(customer).await.is_none());
}

pub fn sealed(laptop: &mut Laptop, by: &Laptop, document: &str) -> Op {
    let hash = seal::hash(document.as_bytes());
    let signature = by.key.sign(&hex::decode(&hash).unwrap());
    let text = |bytes: &[u8]| Value::from(STANDARD.encode(bytes));
    let branch = Value::from(laptop.enrolled.branch_id.to_string());
    let number = seal::number("CD", "2026-11-23".parse().unwrap(), "A01", 1, &hash);
    let fields = [
        ("branch_id", branch, 0),
        ("document", document.into(), 0),
        ("hash", hash.into(), 0),
        ("signature", text(&signature.to_bytes()), 0),
        ("public_key", text(by.key.verifying_key().as_bytes()), 0),
        ("revision", 1.into(), 0),
        ("number", number.into(), 0),
    ];
    laptop.op(Kind::SEAL, id(), &fields)
}

#[tokio::test]
async fn a_seal_never_changes() {
    let house = House::open().await;
    let mut laptop = house.laptop("CD", "张伟").await;
    let by = laptop.clone();
    let op = sealed(&mut laptop, &by, r#"{"format":1}"#);
    accepted(&laptop.push_one(&op).await);
    let again = laptop.op(Kind::SEAL, op.id, &[("revision", 1.into(), 0)]);
    accepted(&laptop.push_one(&again).await);
    let change = laptop.op(Kind::SEAL, op.id, &[("revision", 2.into(), u64::MAX)]);
    assert_eq!(refused(&laptop.push_one(&change).await), Code::Sealed);
    let clear = laptop.op(Kind::SEAL, op.id, &[("signature", Value::Null, u64::MAX)]);
    assert_eq!(refused(&laptop.push_one(&clear).await), Code::Sealed);
    let stored = laptop.record(op.id).await.unwrap();
    assert_eq!(stored["document"], r#"{"format":1}"#);
    assert_eq!(stored["revision"], 1);
}

#[tokio::test]
async fn a_seal_counts_only_with_the_signature_of_a_laptop_of_the_branch_and_its_own_cover() {
    let house = House::open().await;
    let mut laptop = house.laptop("CD", "张伟").await;
    let (colleague, stranger) = (house.laptop("CD", "李娜").await, house.laptop("NJ", "王芳").await);
    let op = sealed(&mut laptop, &colleague, "{}");
    accepted(&laptop.push_one(&op).await);
    let op = sealed(&mut laptop, &stranger, "{}");
    assert_eq!(refused(&laptop.push_one(&op).await), Code::BadSeal);
    let by = laptop.clone();
    for (field, value) in
        [("revision", json!(2)), ("number", json!("CD-20261123-A01-0001-00000")), ("visit_id", json!(id()))]
    {
        let mut op = sealed(&mut laptop, &by, "{}");
        op.fields.insert(field.to_owned(), serde_json::from_value(json!({"value": value, "base": 0})).unwrap());
        assert_eq!(refused(&laptop.push_one(&op).await), Code::BadSeal, "a cover that is not its document's: {field}");
    }
    let mut op = sealed(&mut laptop, &by, r#"{"format":2,"of":"a newer version"}"#);
    op.fields.insert("revision".to_owned(), serde_json::from_value(json!({"value": 7, "base": 0})).unwrap());
    accepted(&laptop.push_one(&op).await);
    let mut op = sealed(&mut laptop, &by, r#"{"grade":5}"#);
    op.fields.get_mut("signature").unwrap().value = STANDARD.encode([7; 64]).into();
    assert_eq!(refused(&laptop.push_one(&op).await), Code::BadSeal);
    let mut op = sealed(&mut laptop, &by, r#"{"grade":5}"#);
    op.fields.get_mut("document").unwrap().value = r#"{"grade":1}"#.into();
    assert_eq!(refused(&laptop.push_one(&op).await), Code::BadSeal);
}

#[tokio::test]
async fn limits_hold() {
    let limits = Limits { push_ops_max: 3, body_bytes_max: 20_000, ..Limits::default() };
    let house = House::open_with(limits).await;
    let mut laptop = house.laptop("CD", "张伟").await;
    assert_eq!(laptop.hello().await.unwrap().limits, limits, "and are announced");
    let ops: Vec<Op> = (0..4).map(|n| laptop.customer(id(), &format!("客户{n}"))).collect();
    assert_eq!(laptop.push(&ops).await.unwrap_err().code, Code::TooLarge);
    accepted(&laptop.push(&ops[..3]).await.unwrap().acks[2].outcome);
    // It shrinks to nearly nothing on the way; what counts is its size when unpacked.
    let op = laptop.op(Kind::CUSTOMER, id(), &[("notes", "零".repeat(10_000).into(), 0)]);
    assert_eq!(laptop.push(&[op]).await.unwrap_err().code, Code::TooLarge);
}

#[tokio::test]
async fn what_is_no_message_is_refused_in_words_and_nothing_breaks() {
    let house = House::open().await;
    let laptop = house.laptop("CD", "张伟").await;
    for body in
        [json!([]), json!({"incarnation": -1, "ops": []}), json!({"incarnation": 1, "ops": [{}]}), json!("客户")]
    {
        let refused = laptop.post::<Value>(path::PUSH, &body).await.unwrap_err();
        assert_eq!(refused.code, Code::Invalid);
        assert!(!refused.detail.contains("客户"), "no word of a body in an error");
    }
    let client = reqwest::Client::new();
    let push = client.post(format!("{}{}", house.base, path::PUSH)).bearer_auth(&laptop.enrolled.token);
    let torn = push.header("content-encoding", "zstd").body("not zstd").send().await.unwrap();
    assert_eq!(torn.status(), 400);
    let strange = client.post(format!("{}/v1/nothing", house.base)).send().await.unwrap();
    assert_eq!(strange.status(), 404);
    let answer: doorstep_wire::ErrorBody = serde_json::from_slice(&strange.bytes().await.unwrap()).unwrap();
    assert_eq!(answer.code, Code::NotFound);
    assert!(laptop.hello().await.is_ok());
}

#[tokio::test]
async fn names_that_are_no_names_are_refused() {
    let house = House::open().await;
    let mut laptop = house.laptop("CD", "张伟").await;
    let mut op = laptop.customer(id(), "四川路桥");
    op.kind = serde_json::from_value(json!("Robert'); DROP TABLE record")).unwrap();
    assert_eq!(refused(&laptop.push_one(&op).await), Code::Invalid);
    let op = laptop.op(Kind::CUSTOMER, id(), &[("name", "x".into(), 0), (&"x".repeat(101), 1.into(), 0)]);
    assert_eq!(refused(&laptop.push_one(&op).await), Code::Invalid);
    let op = laptop.op(Kind::CUSTOMER, id(), &[]);
    assert_eq!(refused(&laptop.push_one(&op).await), Code::Invalid);
}

#[tokio::test]
async fn laptops_that_push_at_once_all_land_and_no_position_is_skipped() {
    let house = House::open().await;
    let mut laptops = Vec::new();
    for n in 0..6 {
        laptops.push(house.laptop("CD", &format!("工程师{n}")).await);
    }
    let watcher = laptops[0].clone();
    let tasks: Vec<_> = laptops
        .into_iter()
        .map(|mut laptop| {
            tokio::spawn(async move {
                for n in 0..10 {
                    let ops: Vec<Op> = (0..3).map(|m| laptop.customer(id(), &format!("客户{n}-{m}"))).collect();
                    laptop.push(&ops).await.unwrap();
                }
            })
        })
        .collect();
    // Pulls while others push: what was passed by the cursor must never appear behind it.
    let mut seen = std::collections::HashSet::new();
    let mut after = 0;
    let mut open = tasks;
    loop {
        let done = open.iter().all(tokio::task::JoinHandle::is_finished);
        let page = watcher.page(&watcher.branch(), after).await.unwrap();
        seen.extend(page.entries.iter().filter(|e| e.kind == Kind::CUSTOMER).map(|e| e.id));
        after = page.next;
        if done && !page.more {
            break;
        }
    }
    for task in open.drain(..) {
        task.await.unwrap();
    }
    assert_eq!(seen.len(), 180);
}

#[tokio::test]
async fn an_empty_push_says_how_far_hq_is() {
    let house = House::open().await;
    let mut laptop = house.laptop("CD", "张伟").await;
    let op = laptop.customer(id(), "四川路桥");
    laptop.push_one(&op).await;
    let reply = laptop.push(&[]).await.unwrap();
    assert_eq!((reply.acked_seq, reply.acks.len()), (1, 0));
}

#[tokio::test]
async fn saying_what_stands_is_accepted_and_moves_nothing() {
    let house = House::open().await;
    let (mut a, mut b) = (house.laptop("CD", "张伟").await, house.laptop("CD", "李娜").await);
    let customer = id();
    let op = a.customer(customer, "四川路桥");
    let version = accepted(&a.push_one(&op).await);
    let end = a.page(&a.branch(), 0).await.unwrap().end;
    let op = b.op(Kind::CUSTOMER, customer, &[("name", "四川路桥".into(), 0)]);
    assert_eq!(b.push_one(&op).await, Outcome::Accepted { version, conflicts: vec![] });
    assert_eq!(a.page(&a.branch(), 0).await.unwrap().end, end);
}

/// Sends the head of a push and waits until HQ asks for its body.
async fn begun(laptop: &Laptop, body: &[u8]) -> TcpStream {
    let at = laptop.base.strip_prefix("http://").unwrap();
    let mut line = TcpStream::connect(at).await.unwrap();
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: {at}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n",
        path::PUSH,
        laptop.enrolled.token,
        body.len(),
    );
    line.write_all(head.as_bytes()).await.unwrap();
    let mut asked = [0; 25];
    line.read_exact(&mut asked).await.unwrap();
    assert_eq!(asked, *b"HTTP/1.1 100 Continue\r\n\r\n");
    line
}

async fn answered(mut line: TcpStream) -> String {
    let mut answer = String::new();
    line.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_push_that_began_to_arrive_first_lands_first_though_its_body_comes_last() {
    let house = House::open().await;
    let mut laptop = house.laptop("CD", "张伟").await;
    let mut push = |name: &str| {
        let ops = vec![laptop.customer(id(), name)];
        serde_json::to_vec(&Push { incarnation: 1, ops }).unwrap()
    };
    let (first, second) = (push("四川路桥"), push("中铁二局"));
    let mut slow = begun(&laptop, &first).await;
    let mut quick = begun(&laptop, &second).await;
    quick.write_all(&second).await.unwrap();
    // By the time all of these are answered, the second would long have been refused.
    for _ in 0..5 {
        assert_eq!(laptop.hello().await.unwrap().acked_seq, 0);
    }
    slow.write_all(&first).await.unwrap();
    for line in [slow, quick] {
        let answer = answered(line).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    assert_eq!(laptop.hello().await.unwrap().acked_seq, 2);
}

#[tokio::test]
async fn a_push_that_breaks_off_holds_up_none_behind_it() {
    let house = House::open().await;
    let mut laptop = house.laptop("CD", "张伟").await;
    let op = laptop.customer(id(), "四川路桥");
    let body = serde_json::to_vec(&Push { incarnation: 1, ops: vec![op.clone()] }).unwrap();
    let cut = begun(&laptop, &body).await;
    let behind = tokio::spawn({
        let (laptop, op) = (laptop.clone(), op.clone());
        async move { laptop.push_one(&op).await }
    });
    drop(cut);
    accepted(&behind.await.unwrap());
}
