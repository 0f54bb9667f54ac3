//! A laptop whose rows are not HQ's, though no cursor says so, finds out and puts it right; what waits stays.

use crate::{
    headquarters::{Headquarters, SMALL},
    laptop::Laptop,
    line::Line,
};
use doorstep_domain::{Code, Kind, id::RecordId};
use doorstep_hq::Transport as Way;
use doorstep_sync::Transport as _;
use doorstep_wire::{Ack, DigestAsk, Outcome, limits::Limits};
use serde_json::json;
use std::collections::BTreeMap;

/// Every record of HQ's layer with its document and version.
async fn lower(laptop: &Laptop) -> BTreeMap<(String, String), (String, i64)> {
    let rows: Vec<(String, String, String, i64)> =
        laptop.rows("SELECT kind, id, hq_layer, hq_version FROM record WHERE hq_layer IS NOT NULL").await;
    rows.into_iter().map(|(kind, id, doc, version)| ((kind, id), (doc, version))).collect()
}

async fn at_work(hq: &Headquarters) -> (Laptop, Vec<RecordId>) {
    let laptop = Laptop::enrolled("周航", hq, "CD").await;
    let mut ids = Vec::new();
    for i in 0..40 {
        ids.push(laptop.add_customer(&format!("客户{i}")).await);
    }
    laptop.sync().await;
    (laptop, ids)
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_were_changed_or_lost_on_the_laptop_are_mended_by_the_next_exchange() {
    let hq = Headquarters::start().await;
    let (laptop, ids) = at_work(&hq).await;
    let whole = lower(&laptop).await;
    laptop.set(&Kind::CUSTOMER, ids[0], json!({"phone": "028-1"})).await;
    for (what, sql) in [
        ("a value", "UPDATE record SET doc = json_set(doc, '$.name', '坏了') WHERE id = ?"),
        ("a version", "UPDATE record SET hq_version = hq_version + 100 WHERE id = ?"),
        ("what does not read", "UPDATE record SET hq_doc = '{' WHERE id = ?"),
        ("a missing row", "DELETE FROM record WHERE id = ?"),
        ("a hash", "UPDATE record SET hash_low = 7 WHERE id = ?"),
    ] {
        laptop.break_with(sql, ids[7]).await;
        let https = laptop.https().await;
        let summary = laptop.exchange(&https).run().await.unwrap();
        assert_eq!(
            lower(&laptop).await.get(&("customer".into(), ids[7].to_string())),
            whole.get(&("customer".into(), ids[7].to_string())),
            "{what}"
        );
        let name = &laptop.doc(&Kind::CUSTOMER, ids[7]).await["name"];
        assert_eq!(name, "客户7", "{what}");
        assert!(what == "a hash" || summary.mended == 1, "{what}: {summary:?}");
        assert_eq!(laptop.sync().await.mended, 0, "{what}: once is enough");
    }
    assert_eq!(hq.get(&Kind::CUSTOMER, ids[0]).await.unwrap()["phone"], "028-1", "what waited went in");
}

#[tokio::test(flavor = "multi_thread")]
async fn mending_leaves_what_is_pending_where_it_is() {
    let hq = Headquarters::start().await;
    let (laptop, ids) = at_work(&hq).await;
    let stray = laptop.new_id();
    let other_branch = hq.branch("NJ").await;
    let whole = lower(&laptop).await;
    laptop.set(&Kind::CUSTOMER, stray, json!({"name": "会被拒绝的", "branch_id": other_branch})).await;
    laptop.set(&Kind::CUSTOMER, ids[5], json!({"branch_id": other_branch})).await;
    laptop.sync().await;
    let before = laptop.store.queue(10).await.unwrap();
    assert_eq!(before.len(), 2);
    for (sql, id) in [
        ("DELETE FROM record WHERE id = ?", ids[3]),
        ("UPDATE record SET hq_doc = json_set(hq_doc, '$.name', '坏了') WHERE id = ? AND pending = 1", ids[5]),
    ] {
        laptop.break_with(sql, id).await;
        assert_eq!(laptop.sync().await.mended, 1);
        assert_eq!(laptop.store.queue(10).await.unwrap(), before);
        assert_eq!(lower(&laptop).await, whole);
    }
    assert_eq!(laptop.doc(&Kind::CUSTOMER, stray).await["name"], "会被拒绝的");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_over_a_row_that_was_lost_and_came_back_does_not_pass_for_hqs() {
    let hq = Headquarters::start().await;
    let (laptop, ids) = at_work(&hq).await;
    let whole = lower(&laptop).await;
    laptop.set(&Kind::CUSTOMER, ids[3], json!({"phone": "028-1"})).await;
    let offered = laptop.store.take_waiting(0, 10, 1 << 20).await.unwrap();
    laptop.set(&Kind::CUSTOMER, ids[3], json!({"name": "新名"})).await;
    laptop.break_with("UPDATE record SET doc = hq_doc, hq_doc = NULL, pending = 0 WHERE id = ?", ids[3]).await;
    let refused = Outcome::Refused { code: Code::Invalid, detail: String::new() };
    let mut write = laptop.store.write().await.unwrap();
    write.acknowledge(&[Ack { seq: offered[0].seq, outcome: refused }]).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(lower(&laptop).await, whole);
    assert_eq!(laptop.doc(&Kind::CUSTOMER, ids[3]).await["name"], "新名");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_hq_does_not_have_in_the_feed_leaves_the_laptop() {
    let hq = Headquarters::start().await;
    let (laptop, ids) = at_work(&hq).await;
    let ghost = RecordId(uuid(&ids[5], 0x77));
    let sql = "INSERT INTO record (kind, id, doc, hq_doc, hq_versions, hq_version, feed, changed_at) \
               SELECT kind, ?, doc, hq_doc, hq_versions, hq_version, feed, changed_at FROM record WHERE kind = 'customer' LIMIT 1";
    laptop.break_with(sql, ghost).await;
    assert!(laptop.get(&Kind::CUSTOMER, ghost).await.is_some());
    assert_eq!(laptop.sync().await.mended, 1);
    assert_eq!(laptop.get(&Kind::CUSTOMER, ghost).await, None);
}

fn uuid(id: &RecordId, first: u8) -> uuid::Uuid {
    let mut bytes = *id.0.as_bytes();
    bytes[0] ^= first;
    uuid::Uuid::from_bytes(bytes)
}

#[tokio::test(flavor = "multi_thread")]
async fn only_buckets_that_differ_are_fetched_and_an_exchange_without_any_stays_one_small_request() {
    let hq = Headquarters::with(Limits::default(), Way::Http).await;
    let (laptop, ids) = at_work(&hq).await;
    let line = Line::to(&laptop.identity().await.hq_address).await;
    laptop.sync_over(&line).await.unwrap();
    let carried = line.carried();
    assert!((1..2_048).contains(&carried), "{carried} bytes");
    laptop.break_with("DELETE FROM record WHERE id = ?", ids[9]).await;
    assert_eq!(laptop.sync_over(&line).await.unwrap().mended, 1);
    assert!(line.carried() < 16_384, "forty customers were not fetched again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_laptop_and_hq_count_alike_whatever_came_and_left() {
    let hq = Headquarters::with(SMALL, Way::Http).await;
    let (laptop, ids) = at_work(&hq).await;
    let colleague = Laptop::enrolled("李娜", &hq, "CD").await;
    colleague.sync().await;
    colleague.set(&Kind::CUSTOMER, ids[1], json!({"phone": "1"})).await;
    laptop.set(&Kind::CUSTOMER, ids[1], json!({"phone": "2"})).await;
    colleague.set(&Kind::CUSTOMER, ids[2], json!({"deleted": true, "score": 0.1, "n": 1e3})).await;
    let away = json!({"branch_id": hq.branch("NJ").await});
    hq.write(&Kind::CUSTOMER, ids[4], serde_json::from_value(away).unwrap()).await;
    for laptop in [&colleague, &laptop, &colleague] {
        assert_eq!(laptop.sync().await.mended, 0);
    }
    for laptop in [&laptop, &colleague] {
        let identity = laptop.identity().await;
        let feed = format!("branch:{}", identity.branch_id);
        let ask = DigestAsk { feed: feed.clone(), site_epoch: identity.site_epoch };
        let theirs = laptop.https().await.digest(&ask).await.unwrap();
        assert_eq!(laptop.store.sums(&feed).await.unwrap(), theirs.buckets);
    }
}
