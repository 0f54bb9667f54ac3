//! The exchange by file: what waits goes to HQ on a stick, and its answer comes back.

use crate::{headquarters::Headquarters, laptop::Laptop};
use doorstep_domain::{Code, Kind};
use doorstep_hq::rights::By;
use doorstep_sync::{
    Error,
    bundle::{self, Imported},
};
use serde_json::json;
use std::{fs, io::Cursor, path::PathBuf};
use tempfile::TempDir;

struct Stick(TempDir);

impl Stick {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
    async fn request(&self, laptop: &Laptop, name: &str) -> PathBuf {
        let (bytes, _) = bundle::export(&laptop.store, &laptop.surroundings, Vec::new()).await.unwrap();
        fs::write(self.at(name), bytes).unwrap();
        self.at(name)
    }
}

async fn import(laptop: &Laptop, answer: &PathBuf) -> Result<Imported, Error> {
    bundle::import(&laptop.store, &laptop.surroundings, &mut Cursor::new(fs::read(answer).unwrap())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_goes_to_hq_by_file_and_its_answer_comes_back() {
    let (hq, stick) = (Headquarters::start().await, Stick::new());
    let (laptop, colleague) = (Laptop::enrolled("周航", &hq, "CD").await, Laptop::enrolled("李娜", &hq, "CD").await);
    let theirs = colleague.add_customer("李娜的").await;
    colleague.sync().await;
    let mine: Vec<_> = [laptop.add_customer("甲").await, laptop.add_customer("乙").await].into();
    let hash = laptop.add_photo(&[5; 300_000]).await;
    let (request, answer) = (stick.request(&laptop, "a.doorstep").await, stick.at("b.doorstep"));
    let taken = hq.hq.take_bundle(&request, &answer).await.unwrap();
    assert_eq!((taken.operations, taken.refused, taken.files, taken.stopped), (4, 0, 1, None));
    for id in &mine {
        assert!(hq.get(&Kind::CUSTOMER, *id).await.is_some());
    }
    assert_eq!(fs::read(hq.attachment(&hash)).unwrap(), [5; 300_000]);
    let imported = import(&laptop, &answer).await.unwrap();
    assert_eq!((imported.summary.sent, imported.summary.files_sent, imported.again), (4, 1, false));
    assert!(laptop.get(&Kind::CUSTOMER, theirs).await.is_some());
    laptop.assert_quiet().await;
    let after = laptop.sync().await;
    assert_eq!((after.sent, after.received, after.mended), (0, 0, 0), "nothing is left for the line");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_that_hq_would_take_in_no_file_stays_and_those_behind_it_go() {
    let (hq, stick) = (Headquarters::start().await, Stick::new());
    let laptop = Laptop::enrolled("周航", &hq, "CD").await;
    let branch = laptop.identity().await.branch_id;
    let large = laptop.new_id();
    let mut fields = json!({"name": "太大的", "branch_id": branch});
    for n in 0..75 {
        fields[format!("of_a_newer_version_{n}")] = json!("甲".repeat(80_000));
    }
    laptop.set(&Kind::CUSTOMER, large, fields).await;
    let behind = laptop.add_customer("后面的").await;
    let (request, answer) = (stick.request(&laptop, "a.doorstep").await, stick.at("b.doorstep"));
    let taken = hq.hq.take_bundle(&request, &answer).await.unwrap();
    assert_eq!((taken.refused, taken.stopped), (1, None), "it goes without its fields, so that HQ counts it");
    assert!(hq.get(&Kind::CUSTOMER, behind).await.is_some());
    let refused = laptop.store.queue(10).await.unwrap().into_iter().find(|queued| queued.id == large).unwrap();
    assert_eq!(refused.refused, Some(Code::TooLarge));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_taken_in_twice_on_either_side_changes_nothing_the_second_time() {
    let (hq, stick) = (Headquarters::start().await, Stick::new());
    let laptop = Laptop::enrolled("周航", &hq, "CD").await;
    let id = laptop.add_customer("四川路桥").await;
    laptop.add_photo(&[5; 70_000]).await;
    let (request, first, second) =
        (stick.request(&laptop, "a.doorstep").await, stick.at("1.doorstep"), stick.at("2.doorstep"));
    hq.hq.take_bundle(&request, &first).await.unwrap();
    let end = hq.places("CD").await;
    let again = hq.hq.take_bundle(&request, &second).await.unwrap();
    assert_eq!((again.operations, again.files, hq.places("CD").await), (3, 1, end));
    import(&laptop, &first).await.unwrap();
    laptop.set(&Kind::CUSTOMER, id, json!({"phone": "028-1"})).await;
    laptop.sync().await;
    for answer in [&first, &second] {
        let imported = import(&laptop, answer).await.unwrap();
        assert_eq!((imported.summary.received, imported.summary.left), (0, 0));
    }
    assert_eq!(laptop.doc(&Kind::CUSTOMER, id).await["phone"], "028-1");
    laptop.assert_quiet().await;
    assert_eq!(laptop.sync().await.mended, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_foreign_cut_or_changed_is_refused_and_nothing_of_it_lands() {
    let (hq, elsewhere, stick) = (Headquarters::start().await, Headquarters::named("elsewhere").await, Stick::new());
    let laptop = Laptop::enrolled("周航", &hq, "CD").await;
    laptop.add_customer("四川路桥").await;
    let (request, answer) = (stick.request(&laptop, "a.doorstep").await, stick.at("b.doorstep"));
    assert!(elsewhere.hq.take_bundle(&request, &answer).await.unwrap_err().to_string().contains("not for here"));
    let whole = fs::read(&request).unwrap();
    let broken = stick.at("broken.doorstep");
    for at in (0..whole.len()).step_by(37) {
        let mut changed = whole.clone();
        changed[at] ^= 0x20;
        for bytes in [&changed[..], &whole[..at]] {
            fs::write(&broken, bytes).unwrap();
            hq.hq.take_bundle(&broken, &answer).await.unwrap_err();
        }
    }
    assert!(!answer.exists());
    assert_eq!(hq.all(&Kind::CUSTOMER).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_foreign_cut_or_changed_is_refused_and_nothing_of_it_is_taken() {
    let (hq, stick) = (Headquarters::start().await, Stick::new());
    let (laptop, other) = (Laptop::enrolled("周航", &hq, "CD").await, Laptop::enrolled("李娜", &hq, "CD").await);
    laptop.add_customer("四川路桥").await;
    let (request, answer) = (stick.request(&laptop, "a.doorstep").await, stick.at("b.doorstep"));
    hq.hq.take_bundle(&request, &answer).await.unwrap();
    assert_eq!(import(&other, &answer).await.unwrap_err().code(), Code::BundleForeign);
    assert_eq!(import(&laptop, &request).await.unwrap_err().code(), Code::BundleForeign, "its own request");
    let whole = fs::read(&answer).unwrap();
    let broken = stick.at("broken.doorstep");
    for at in (0..whole.len()).step_by(61) {
        let mut changed = whole.clone();
        changed[at] ^= 0x20;
        for bytes in [&changed[..], &whole[..at]] {
            fs::write(&broken, bytes).unwrap();
            let code = import(&laptop, &broken).await.unwrap_err().code();
            assert!(matches!(code, Code::NotABundle | Code::BundleForeign | Code::VersionUnsupported), "{code:?}");
        }
    }
    assert_eq!(laptop.store.sync_counts().await.unwrap().waiting, 1);
    assert_eq!(laptop.cursor("all").await, 0);
    import(&laptop, &answer).await.unwrap();
    laptop.assert_quiet().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_at_hq_takes_in_the_file_of_a_laptop_that_was_switched_off() {
    let (hq, stick) = (Headquarters::start().await, Stick::new());
    let laptop = Laptop::enrolled("周航", &hq, "CD").await;
    let id = laptop.add_customer("停用之前的").await;
    hq.hq.revoke(By::Keeper, &laptop.identity().await.device_code).await.unwrap();
    let request = stick.request(&laptop, "a.doorstep").await;
    hq.hq.take_bundle(&request, &stick.at("b.doorstep")).await.unwrap();
    assert!(hq.get(&Kind::CUSTOMER, id).await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_copy_that_exports_is_told_begins_a_new_life_and_exports_once_more() {
    let (hq, stick) = (Headquarters::start().await, Stick::new());
    let laptop = Laptop::enrolled("周航", &hq, "CD").await;
    let folders = tempfile::tempdir().unwrap();
    laptop.store.close().await;
    for to in ["now", "old"] {
        crate::laptop::copy(laptop.store.folder().path(), &folders.path().join(to));
    }
    let now = Laptop::open(&folders.path().join("now"), "now", chrono::TimeDelta::zero()).await;
    now.add_customer("拷贝之后的").await;
    now.sync().await;
    now.store.close().await;
    let old = Laptop::open(&folders.path().join("old"), "old", chrono::TimeDelta::zero()).await;
    let (request, answer) = (stick.request(&old, "1.doorstep").await, stick.at("2.doorstep"));
    hq.hq.take_bundle(&request, &answer).await.unwrap();
    assert!(import(&old, &answer).await.unwrap().again);
    let mine = old.add_customer("旧拷贝里写的").await;
    let (request, answer) = (stick.request(&old, "3.doorstep").await, stick.at("4.doorstep"));
    hq.hq.take_bundle(&request, &answer).await.unwrap();
    assert!(!import(&old, &answer).await.unwrap().again);
    assert!(hq.get(&Kind::CUSTOMER, mine).await.is_some());
    assert_eq!(old.store.all(&Kind::CUSTOMER).await.unwrap().len(), 2);
    old.assert_quiet().await;
}
