//! Records: what one writes others of the branch read, edits merge by field, and nothing crosses a branch.

use crate::{
    headquarters::{Headquarters, SMALL},
    laptop::Laptop,
    line::Line,
};
use doorstep_domain::{Code, Doc, Kind, conflict::Conflict};
use doorstep_hq::Transport as Way;
use doorstep_sync::{Progress, Step, Transport as _};
use doorstep_wire::{Pull, limits::Limits};
use serde_json::{Value, json};
use tokio::sync::watch;

fn object(fields: Value) -> Doc {
    serde_json::from_value(fields).unwrap()
}

/// Pulls as an exchange does that is cut before it pushes.
async fn pull_one_page(laptop: &Laptop) {
    let identity = laptop.identity().await;
    let feed = format!("branch:{}", identity.branch_id);
    let ask = Pull { after: laptop.cursor(&feed).await, feed, site_epoch: identity.site_epoch, fresh_until: 0 };
    let page = laptop.https().await.pull(&ask).await.unwrap();
    let mut write = laptop.store.write().await.unwrap();
    write.apply(laptop.surroundings.now(), &page).await.unwrap();
    write.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_laptop_writes_another_of_its_branch_reads_and_another_branch_does_not() {
    let hq = Headquarters::start().await;
    let (a, b, far) = (
        Laptop::enrolled("周航", &hq, "CD").await,
        Laptop::enrolled("李娜", &hq, "CD").await,
        Laptop::enrolled("王强", &hq, "NJ").await,
    );
    let mut ids = Vec::new();
    for i in 0..17 {
        ids.push(a.add_customer(&format!("四川路桥第{i}项目部")).await);
    }
    let sent = a.sync().await;
    assert_eq!((sent.sent, sent.refused, sent.conflicts), (17, 0, 0));
    a.assert_quiet().await;
    b.sync().await;
    far.sync().await;
    for id in ids {
        let doc = a.doc(&Kind::CUSTOMER, id).await;
        assert_eq!(b.doc(&Kind::CUSTOMER, id).await, doc);
        assert_eq!(hq.get(&Kind::CUSTOMER, id).await, Some(doc));
        assert!(!a.get(&Kind::CUSTOMER, id).await.unwrap().pending);
        assert_eq!(far.get(&Kind::CUSTOMER, id).await, None);
    }
    assert!(!far.store.all(&Kind::TEMPLATE).await.unwrap().is_empty(), "what is for all comes to every branch");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_of_another_branch_is_not_given_out() {
    let hq = Headquarters::start().await;
    let far = Laptop::enrolled("王强", &hq, "NJ").await;
    let site_epoch = far.identity().await.site_epoch;
    let ask = Pull { feed: format!("branch:{}", hq.branch("CD").await), after: 0, site_epoch, fresh_until: 0 };
    assert_eq!(far.https().await.pull(&ask).await.unwrap_err().code(), Code::OutOfScope);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_every_size_around_their_limit_bring_every_record() {
    for count in [0, 1, 6, 7, 8, 14] {
        let hq = Headquarters::start().await;
        let (a, b) = (Laptop::enrolled("周航", &hq, "CD").await, Laptop::enrolled("李娜", &hq, "CD").await);
        b.sync().await;
        for i in 0..count {
            a.add_customer(&format!("客户{i}")).await;
        }
        assert_eq!(a.sync().await.sent, count);
        assert_eq!(b.sync().await.received, count, "{count} records with {} to a page", SMALL.page_entries_max);
        assert_eq!(b.sync().await.received, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_of_different_fields_merge_silently() {
    let hq = Headquarters::start().await;
    let (a, b) = (Laptop::enrolled("周航", &hq, "CD").await, Laptop::enrolled("李娜", &hq, "CD").await);
    let id = a.add_customer("四川路桥").await;
    a.sync().await;
    b.sync().await;
    a.set(&Kind::CUSTOMER, id, json!({"phone": "028-1"})).await;
    b.set(&Kind::CUSTOMER, id, json!({"region": "四川 成都"})).await;
    assert_eq!(a.sync().await.conflicts + b.sync().await.conflicts + a.sync().await.conflicts, 0);
    let doc = a.doc(&Kind::CUSTOMER, id).await;
    assert_eq!((&doc["phone"], &doc["region"]), (&json!("028-1"), &json!("四川 成都")));
    assert_eq!(b.doc(&Kind::CUSTOMER, id).await, doc);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_value_hq_took_first_stands_and_the_other_is_a_conflict_on_both_laptops() {
    let hq = Headquarters::start().await;
    let (a, b) = (Laptop::enrolled("周航", &hq, "CD").await, Laptop::enrolled("李娜", &hq, "CD").await);
    let id = a.add_customer("四川路桥").await;
    a.sync().await;
    b.sync().await;
    a.set(&Kind::CUSTOMER, id, json!({"phone": "028-1"})).await;
    b.set(&Kind::CUSTOMER, id, json!({"phone": "028-2"})).await;
    b.sync().await;
    assert_eq!(a.sync().await.conflicts, 1);
    b.sync().await;
    for laptop in [&a, &b] {
        laptop.assert_quiet().await;
        assert_eq!(laptop.doc(&Kind::CUSTOMER, id).await["phone"], "028-2");
        assert_eq!(laptop.store.sync_counts().await.unwrap().conflicts, 1);
        let conflicts = laptop.store.all(&Kind::CONFLICT).await.unwrap();
        let conflict: Conflict = conflicts[0].read().unwrap();
        assert_eq!((conflict.record_id, conflict.field.as_str()), (Some(id), "phone"));
        assert_eq!((conflict.standing.value, conflict.other.value), (json!("028-2"), json!("028-1")));
        assert_eq!(conflict.other.engineer_id, Some(a.identity().await.engineer_id));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_of_offline_edits_of_one_laptop_never_conflicts_with_itself() {
    let hq = Headquarters::start().await;
    let (a, b) = (Laptop::enrolled("周航", &hq, "CD").await, Laptop::enrolled("李娜", &hq, "CD").await);
    let (first, second) = (a.add_customer("甲").await, a.add_customer("乙").await);
    for i in 0..20 {
        for id in [first, second] {
            a.set(&Kind::CUSTOMER, id, json!({"notes": format!("第{i}次")})).await;
        }
    }
    let sent = a.sync().await;
    assert!(sent.sent > 20, "edits that alternate between records are operations of their own");
    assert_eq!(sent.conflicts, 0);
    b.sync().await;
    assert_eq!(b.doc(&Kind::CUSTOMER, first).await["notes"], "第19次");
}

/// The pull of an earlier, cut exchange may have brought what an operation is going to lose against.
#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_loses_against_what_was_pulled_already_gives_way_to_it() {
    let hq = Headquarters::start().await;
    let (a, b) = (Laptop::enrolled("周航", &hq, "CD").await, Laptop::enrolled("李娜", &hq, "CD").await);
    let id = a.add_customer("四川路桥").await;
    a.sync().await;
    b.sync().await;
    a.set(&Kind::CUSTOMER, id, json!({"phone": "028-1"})).await;
    b.set(&Kind::CUSTOMER, id, json!({"phone": "028-2"})).await;
    b.sync().await;
    pull_one_page(&a).await;
    assert_eq!(a.doc(&Kind::CUSTOMER, id).await["phone"], "028-1", "what waits is above what came");
    assert_eq!(a.sync().await.conflicts, 1);
    assert_eq!(a.doc(&Kind::CUSTOMER, id).await["phone"], "028-2");
    a.assert_quiet().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_operation_is_kept_with_its_reason_and_does_not_stop_those_behind_it() {
    let hq = Headquarters::start().await;
    let a = Laptop::enrolled("周航", &hq, "CD").await;
    let stray = a.new_id();
    let other_branch = hq.branch("NJ").await;
    a.set(&Kind::CUSTOMER, stray, json!({"name": "别的分公司的", "branch_id": other_branch})).await;
    let good = a.add_customer("自己的").await;
    let summary = a.sync().await;
    assert_eq!((summary.sent, summary.refused), (2, 1));
    assert!(hq.get(&Kind::CUSTOMER, good).await.is_some());
    assert!(hq.get(&Kind::CUSTOMER, stray).await.is_none());
    let queue = a.store.queue(10).await.unwrap();
    assert_eq!(queue.iter().map(|q| (q.id, q.refused)).collect::<Vec<_>>(), [(stray, Some(Code::OutOfScope))]);
    assert_eq!(a.doc(&Kind::CUSTOMER, stray).await["name"], "别的分公司的", "what was typed stays in sight");
    assert_eq!(a.sync().await.sent, 0, "and is not sent again");
}

#[tokio::test(flavor = "multi_thread")]
async fn kinds_and_fields_of_a_newer_version_are_kept_and_travel_on() {
    let hq = Headquarters::start().await;
    let (a, b) = (Laptop::enrolled("周航", &hq, "CD").await, Laptop::enrolled("李娜", &hq, "CD").await);
    let branch = hq.branch("CD").await;
    let (session, kind) = (a.new_id(), Kind::parse("never_a_kind").unwrap());
    let engineer = a.identity().await.engineer_id;
    let fields = json!({"branch_id": branch, "engineer_id": engineer, "seats": {"booked": 3}});
    hq.write(&kind, session, object(fields)).await;
    let id = a.add_customer("四川路桥").await;
    a.sync().await;
    hq.write(&Kind::CUSTOMER, id, object(json!({"credit": {"grade": "甲"}}))).await;
    a.sync().await;
    a.set(&Kind::CUSTOMER, id, json!({"phone": "028-1"})).await;
    a.sync().await;
    b.sync().await;
    assert_eq!(b.doc(&Kind::CUSTOMER, id).await["credit"], json!({"grade": "甲"}));
    assert_eq!(a.doc(&kind, session).await["seats"], json!({"booked": 3}));
    assert_eq!(a.store.sync_counts().await.unwrap().parked, 1);
    assert_eq!(b.get(&kind, session).await, None, "of a kind that says nothing nobody hears but its author");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_goes_to_another_branch_leaves_the_laptops_of_the_first() {
    let hq = Headquarters::start().await;
    let (a, far) = (Laptop::enrolled("周航", &hq, "CD").await, Laptop::enrolled("王强", &hq, "NJ").await);
    let id = a.add_customer("四川路桥").await;
    a.sync().await;
    hq.write(&Kind::CUSTOMER, id, object(json!({"branch_id": hq.branch("NJ").await}))).await;
    assert_eq!(a.sync().await.left, 1);
    far.sync().await;
    assert_eq!(a.get(&Kind::CUSTOMER, id).await, None);
    assert_eq!(far.doc(&Kind::CUSTOMER, id).await["name"], "四川路桥");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_left_stays_while_work_on_it_waits() {
    let hq = Headquarters::start().await;
    let a = Laptop::enrolled("周航", &hq, "CD").await;
    let (busy, idle) = (a.add_customer("有活的").await, a.add_customer("没活的").await);
    a.sync().await;
    a.set(&Kind::CUSTOMER, busy, json!({"notes": "现场记的"})).await;
    for id in [busy, idle] {
        hq.write(&Kind::CUSTOMER, id, object(json!({"branch_id": hq.branch("NJ").await}))).await;
    }
    pull_one_page(&a).await;
    assert_eq!(a.get(&Kind::CUSTOMER, idle).await, None);
    assert_eq!(a.doc(&Kind::CUSTOMER, busy).await["notes"], "现场记的");
    assert_eq!(a.store.sync_counts().await.unwrap().waiting, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_travels_as_an_edit() {
    let hq = Headquarters::start().await;
    let (a, b) = (Laptop::enrolled("周航", &hq, "CD").await, Laptop::enrolled("李娜", &hq, "CD").await);
    let id = a.add_customer("四川路桥").await;
    a.sync().await;
    b.sync().await;
    assert_eq!(b.store.all(&Kind::CUSTOMER).await.unwrap().len(), 1);
    a.set(&Kind::CUSTOMER, id, json!({"deleted": true})).await;
    a.sync().await;
    b.sync().await;
    assert_eq!(b.store.all(&Kind::CUSTOMER).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_with_nothing_new_takes_one_small_request() {
    let hq = Headquarters::with(Limits::default(), Way::Http).await;
    let a = Laptop::enrolled("周航", &hq, "CD").await;
    for i in 0..50 {
        a.add_customer(&format!("客户{i}")).await;
    }
    a.sync().await;
    let line = Line::to(&a.identity().await.hq_address).await;
    a.sync_over(&line).await.unwrap();
    let carried = line.carried();
    assert!((1..2_048).contains(&carried), "{carried} bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_ends_with_everything_of_the_last_step_done_and_counts_both_ways() {
    let hq = Headquarters::start().await;
    let (a, b) = (Laptop::enrolled("周航", &hq, "CD").await, Laptop::enrolled("李娜", &hq, "CD").await);
    for i in 0..9 {
        b.add_customer(&format!("客户{i}")).await;
    }
    let hash = b.add_photo(&[7; 100_000]).await;
    b.sync().await;
    a.add_customer("自己的").await;
    let (progress, seen) = (watch::Sender::new(Progress::default()), a.https().await);
    let watcher = progress.subscribe();
    let summary = a.exchange(&seen).watched(progress).run().await.unwrap();
    let last = *watcher.borrow();
    let expected =
        Progress { step: Step::Download, done: 100_000, total: 100_000, sent: 1, received: summary.received };
    assert_eq!(last, expected);
    assert!(summary.received >= 12);
    assert!(a.store.blobs().has(&hash).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_exchange_is_noted_with_how_it_ended() {
    let hq = Headquarters::start().await;
    let a = Laptop::enrolled("周航", &hq, "CD").await;
    a.add_customer("四川路桥").await;
    a.sync().await;
    let dead = Line::to(&a.identity().await.hq_address).await;
    dead.cut_after(0, crate::line::Then::Dead);
    a.sync_over(&dead).await.unwrap_err();
    let runs = a.store.sync_runs(10).await.unwrap();
    assert_eq!(
        runs.iter().map(|r| (r.ok, r.sent, r.code.as_deref())).collect::<Vec<_>>(),
        [(false, 0, Some("hq_unreachable")), (true, 1, None),]
    );
}
