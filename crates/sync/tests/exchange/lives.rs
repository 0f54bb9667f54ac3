//! New lives: old copies put back, twins, laptops that HQ no longer knows, engineers in another branch, lost answers.

use crate::{
    headquarters::{Headquarters, SMALL},
    laptop::{Laptop, copy},
    line::{Line, Then},
};
use chrono::TimeDelta;
use doorstep_domain::{Code, Kind, id::RecordId};
use doorstep_hq::{Certificate, Transport, rights::By};
use doorstep_store::Identity;
use doorstep_sync::{Error, Https, enrol};
use doorstep_wire::{EnrolmentCode, limits::Limits};
use serde_json::json;
use std::collections::BTreeSet;
use tempfile::TempDir;

/// A laptop at work, and an old copy of its folder from before its last customers.
async fn with_an_old_copy(hq: &Headquarters, since: usize) -> (Laptop, TempDir) {
    let laptop = Laptop::enrolled("周航", hq, "CD").await;
    laptop.add_customer("拷贝之前的").await;
    laptop.sync().await;
    let folders = tempfile::tempdir().unwrap();
    let path = folders.path().join("now");
    laptop.store.close().await;
    for to in [path.clone(), folders.path().join("old")] {
        copy(laptop.store.folder().path(), &to);
    }
    let laptop = Laptop::open(&path, "later", TimeDelta::zero()).await;
    for i in 0..since {
        laptop.add_customer(&format!("拷贝之后的{i}")).await;
    }
    laptop.sync().await;
    (laptop, folders)
}

async fn put_back(folders: &TempDir) -> Laptop {
    Laptop::open(&folders.path().join("old"), "put back", TimeDelta::zero()).await
}

async fn names(hq: &Headquarters) -> BTreeSet<String> {
    hq.all(&Kind::CUSTOMER).await.into_iter().map(|r| r.doc["name"].as_str().unwrap().to_owned()).collect()
}

async fn refusal(laptop: &Laptop) -> Code {
    let https = laptop.https().await;
    laptop.exchange(&https).run().await.unwrap_err().code()
}

async fn enrol_again(laptop: &Laptop, code: &EnrolmentCode) -> Result<Identity, Error> {
    enrol(&laptop.store, &Https::by_code(code)?, code, "laptop", &laptop.surroundings).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_laptop_restored_from_an_old_copy_goes_on_in_the_same_exchange() {
    let hq = Headquarters::start().await;
    let (laptop, folders) = with_an_old_copy(&hq, 3).await;
    laptop.store.close().await;
    let restored = put_back(&folders).await;
    let mine = restored.add_customer("放回之后的").await;
    let summary = restored.sync().await;
    assert_eq!((summary.sent, summary.refused, summary.conflicts), (1, 0, 0));
    assert_eq!(restored.identity().await.incarnation, 2);
    assert_eq!(restored.store.last_seq().await.unwrap(), 1, "the new life counts from 1");
    assert!(hq.get(&Kind::CUSTOMER, mine).await.is_some());
    assert_eq!(restored.store.all(&Kind::CUSTOMER).await.unwrap().len(), 5, "and has what its earlier life wrote");
    restored.assert_quiet().await;
    restored.add_customer("又一个").await;
    assert_eq!(restored.sync().await.sent, 1);
}

/// As many as HQ has: only the operations themselves tell that they are others.
#[tokio::test(flavor = "multi_thread")]
async fn other_operations_under_sequences_that_hq_has_begin_a_new_life_too() {
    let hq = Headquarters::start().await;
    let (laptop, folders) = with_an_old_copy(&hq, 2).await;
    laptop.store.close().await;
    let restored = put_back(&folders).await;
    for i in 0..4 {
        restored.add_customer(&format!("放回之后的{i}")).await;
    }
    assert_eq!(restored.sync().await.sent, 4);
    assert_eq!(restored.identity().await.incarnation, 2);
    assert_eq!(names(&hq).await.len(), 7, "of both lives");
    restored.assert_quiet().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_of_a_restored_laptop_does_not_overwrite_what_its_earlier_life_wrote() {
    let hq = Headquarters::start().await;
    let (laptop, folders) = with_an_old_copy(&hq, 0).await;
    let id = laptop.store.all(&Kind::CUSTOMER).await.unwrap()[0].id;
    laptop.set(&Kind::CUSTOMER, id, json!({"phone": "028-1"})).await;
    laptop.sync().await;
    laptop.store.close().await;
    let restored = put_back(&folders).await;
    restored.set(&Kind::CUSTOMER, id, json!({"notes": "别的字段"})).await;
    restored.sync().await;
    let doc = hq.get(&Kind::CUSTOMER, id).await.unwrap();
    assert_eq!((&doc["phone"], &doc["notes"]), (&json!("028-1"), &json!("别的字段")));
    restored.assert_quiet().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_one_of_two_machines_is_told_enrols_anew_and_loses_nothing() {
    let hq = Headquarters::start().await;
    let (first, folders) = with_an_old_copy(&hq, 1).await;
    let twin = put_back(&folders).await;
    twin.add_customer("二号机的").await;
    twin.sync().await;
    let mine = [first.add_customer("一号机的").await, first.add_customer("也是一号机的").await];
    let before = first.identity().await;
    let feed = format!("branch:{}", before.branch_id);
    let place = first.cursor(&feed).await;
    assert_eq!(refusal(&first).await, Code::DeviceForked);
    assert_eq!(first.store.identity_refused().await.unwrap(), Some(Code::DeviceForked));
    assert_eq!(first.store.sync_counts().await.unwrap().waiting, 2);
    let after = enrol_again(&first, &hq.code("CD", "周航").await).await.unwrap();
    assert_ne!((after.device_id, &after.signing_seed), (before.device_id, &before.signing_seed));
    assert_eq!(after.incarnation, 1);
    assert_eq!(first.cursor(&feed).await, place, "it goes on where it was");
    assert_eq!(first.sync().await.sent, 2);
    first.assert_quiet().await;
    for id in mine {
        assert!(hq.get(&Kind::CUSTOMER, id).await.is_some());
    }
    twin.sync().await;
    let ids = |laptop: Vec<doorstep_store::Stored>| laptop.into_iter().map(|r| r.id).collect::<BTreeSet<RecordId>>();
    assert_eq!(
        ids(first.store.all(&Kind::CUSTOMER).await.unwrap()),
        ids(twin.store.all(&Kind::CUSTOMER).await.unwrap())
    );
    assert_eq!(
        hq.hq.recover(&after.device_code).await.unwrap(),
        first.store.key().bytes(),
        "its key is handed in anew"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_laptop_switched_off_at_hq_may_enrol_anew_and_then_hands_in_what_waits() {
    let hq = Headquarters::start().await;
    let laptop = Laptop::enrolled("周航", &hq, "CD").await;
    let mine = laptop.add_customer("四川路桥").await;
    hq.hq.revoke(By::Keeper, &laptop.identity().await.device_code).await.unwrap();
    let code = hq.code("CD", "周航").await;
    assert_eq!(enrol_again(&laptop, &code).await.unwrap_err().code(), Code::AlreadyEnrolled, "it was not told yet");
    assert_eq!(refusal(&laptop).await, Code::DeviceRevoked);
    enrol_again(&laptop, &code).await.unwrap();
    assert_eq!(laptop.sync().await.sent, 1);
    assert!(hq.get(&Kind::CUSTOMER, mine).await.is_some());
    assert_eq!(enrol_again(&laptop, &hq.code("CD", "周航").await).await.unwrap_err().code(), Code::AlreadyEnrolled);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_laptop_does_not_enrol_anew_at_another_headquarters() {
    let (hq, elsewhere) = (Headquarters::start().await, Headquarters::named("elsewhere").await);
    let laptop = Laptop::enrolled("周航", &hq, "CD").await;
    hq.hq.revoke(By::Keeper, &laptop.identity().await.device_code).await.unwrap();
    let before = laptop.identity().await;
    assert_eq!(refusal(&laptop).await, Code::DeviceRevoked);
    let refused = enrol_again(&laptop, &elsewhere.code("CD", "周航").await).await.unwrap_err();
    assert_eq!(refused.code(), Code::CodeWrong);
    assert_eq!(laptop.identity().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engineer_in_another_branch_follows_its_feed_and_what_left_goes() {
    let hq = Headquarters::start().await;
    let laptop = Laptop::enrolled("周航", &hq, "CD").await;
    let there = Laptop::enrolled("王强", &hq, "NJ").await;
    let (left, busy) = (laptop.add_customer("成都的").await, laptop.add_customer("还有活的").await);
    laptop.sync().await;
    let theirs = there.add_customer("南京的").await;
    there.sync().await;
    laptop.set(&Kind::CUSTOMER, busy, json!({"notes": "路上记的"})).await;
    let old = format!("branch:{}", laptop.identity().await.branch_id);
    let engineer = laptop.identity().await.engineer_id;
    let nanjing = doorstep_hq::staff::transfer(&hq.hq, By::Keeper, engineer, "NJ").await.unwrap();
    let summary = laptop.sync().await;
    assert_eq!(laptop.identity().await.branch_id, nanjing);
    assert!(laptop.get(&Kind::CUSTOMER, theirs).await.is_some());
    assert_eq!(laptop.get(&Kind::CUSTOMER, left).await, None);
    assert_eq!(laptop.cursor(&old).await, 0);
    assert_eq!((summary.sent, summary.refused), (1, 1));
    let queue = laptop.store.queue(10).await.unwrap();
    assert_eq!(queue.iter().map(|q| (q.id, q.refused)).collect::<Vec<_>>(), [(busy, Some(Code::OutOfScope))]);
    let mine = laptop.add_customer("调过来以后的").await;
    laptop.sync().await;
    there.sync().await;
    assert!(there.get(&Kind::CUSTOMER, mine).await.is_some());
}

/// The line is cut at ever later places; somewhere between HQ's doing and the laptop's hearing of it.
#[tokio::test(flavor = "multi_thread")]
async fn an_enrolment_whose_answer_was_lost_is_answered_again_to_the_same_laptop_alone() {
    let hq = Headquarters::start().await;
    let line = Line::to(&hq.code("CD", "周航").await.address).await;
    let mut lost = 0;
    for bytes in (400..2_200).step_by(60) {
        let laptop = Laptop::new(&format!("周航{bytes}"), TimeDelta::zero()).await;
        let code = hq.code("CD", "周航").await;
        let devices = hq.hq.storage().devices().await.unwrap().len();
        line.cut_after(bytes, Then::Dead);
        let over = EnrolmentCode { address: line.address(), ..code.clone() };
        if enrol_again(&laptop, &over).await.is_ok() || hq.hq.storage().devices().await.unwrap().len() == devices {
            continue;
        }
        lost += 1;
        let other = Laptop::new("李娜", TimeDelta::zero()).await;
        assert_eq!(enrol_again(&other, &code).await.unwrap_err().code(), Code::CodeUsed);
        enrol_again(&laptop, &code).await.unwrap();
        assert_eq!(hq.hq.storage().devices().await.unwrap().len(), devices + 1, "it is the same laptop");
        laptop.sync().await;
    }
    assert!(lost > 0, "no cut fell between the two: the test tests nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_an_enrolment_is_not_given_again_after_the_codes_date() {
    let hq = Headquarters::start().await;
    let laptop = Laptop::enrolled("周航", &hq, "CD").await;
    let code = hq.code("CD", "周航").await;
    hq.hq.revoke(By::Keeper, &laptop.identity().await.device_code).await.unwrap();
    refusal(&laptop).await;
    enrol_again(&laptop, &code).await.unwrap();
    hq.pass(TimeDelta::hours(25));
    let other = Laptop::new("李娜", TimeDelta::zero()).await;
    assert_eq!(enrol_again(&other, &code).await.unwrap_err().code(), Code::CodeUsed);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_over_hqs_limit_is_refused_here_and_those_behind_it_go() {
    let hq = Headquarters::with(Limits { body_bytes_max: 128 * 1024, ..SMALL }, Transport::Http).await;
    let laptop = Laptop::enrolled("周航", &hq, "CD").await;
    let known = laptop.add_customer("已有的").await;
    laptop.sync().await;
    let branch = laptop.identity().await.branch_id;
    let large = laptop.new_id();
    laptop
        .set(
            &Kind::CUSTOMER,
            large,
            json!({"name": "太大的", "branch_id": branch, "of_a_newer_version": "甲".repeat(60_000)}),
        )
        .await;
    laptop.set(&Kind::CUSTOMER, known, json!({"of_a_newer_version": "乙".repeat(60_000)})).await;
    let behind = laptop.add_customer("后面的").await;
    laptop.sync().await;
    assert!(hq.get(&Kind::CUSTOMER, behind).await.is_some());
    assert!(hq.get(&Kind::CUSTOMER, large).await.is_none());
    let refused = laptop.store.queue(10).await.unwrap().into_iter().map(|q| (q.id, q.refused)).collect::<Vec<_>>();
    assert_eq!(refused, [(large, Some(Code::TooLarge)), (known, Some(Code::TooLarge))]);
    assert_eq!(laptop.doc(&Kind::CUSTOMER, large).await["name"], "太大的", "what was typed stays in sight");
    let again = laptop.sync().await;
    assert_eq!((again.sent, again.mended), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_hq_announced_is_trusted_and_counts_once_it_serves() {
    let hq = Headquarters::secure(Certificate::SelfMade).await;
    let laptop = Laptop::enrolled("周航", &hq, "CD").await;
    let serving = laptop.identity().await.hq_key_fingerprint;
    let keys = async |now: &str, next: Option<&str>| {
        let identity = laptop.identity().await;
        let hq_next_key = next.map(str::to_owned);
        let mut write = laptop.store.write().await.unwrap();
        write.set_identity(&Identity { hq_key_fingerprint: now.to_owned(), hq_next_key, ..identity }).await.unwrap();
        write.commit().await.unwrap();
    };
    let former = "ab".repeat(32);
    keys(&former, None).await;
    assert_eq!(refusal(&laptop).await, Code::HqKeyMismatch, "a key that nobody announced");
    keys(&former, Some(&serving)).await;
    laptop.sync().await;
    let after = laptop.identity().await;
    assert_eq!((&after.hq_key_fingerprint, after.hq_next_key), (&serving, None));
    keys(&serving, Some(&former)).await;
    laptop.sync().await;
    let after = laptop.identity().await;
    assert_eq!((after.hq_key_fingerprint, after.hq_next_key), (serving, None), "the announcement was taken back");
}
