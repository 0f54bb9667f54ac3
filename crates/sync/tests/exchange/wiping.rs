//! A lost laptop: two people at HQ have it wiped, and what it handed in stays.

use crate::{headquarters::Headquarters, laptop::Laptop};
use doorstep_domain::{Code, Kind, id::RecordId};
use doorstep_hq::{
    Error, Hq,
    accounts::Role,
    laptops::Standing,
    rights::{By, Person},
};
use doorstep_store::Folder;
use doorstep_sync::bundle;
use serde_json::{Value, json};
use std::{fs, path::Path};

fn person(name: &str) -> Person {
    Person { name: name.to_owned(), role: Role::ServiceCentre, branch_id: None }
}

fn refused<T: std::fmt::Debug>(done: Result<T, Error>) -> Code {
    match done.unwrap_err() {
        Error::Refused(refusal) => refusal.code,
        other => panic!("{other}"),
    }
}

async fn export(laptop: &Laptop, to: &Path) {
    let (bytes, _) = bundle::export(&laptop.store, &laptop.surroundings, Vec::new()).await.unwrap();
    fs::write(to, bytes).unwrap();
}

/// Hands in the bytes of a file as a person who has logged in.
async fn send(hq: &Headquarters, bytes: Vec<u8>) -> (u16, Value) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let name = format!("{} bytes", bytes.len());
    let password = hq.hq.add_account(&name, Role::ServiceCentre, None).await.unwrap();
    let token = hq.hq.log_in(&name, &password).await.unwrap().token;
    let url = format!("{}/v1/admin/bundles", hq.code("CD", "周航").await.address);
    let answer = reqwest::Client::new().post(url).bearer_auth(token).body(bytes).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap())
}

async fn standing(hq: &Hq, code: &str) -> Standing {
    hq.laptop_entry(By::Keeper, code).await.unwrap().standing
}

async fn knows(laptop: &Laptop, customers: &[RecordId]) -> bool {
    for id in customers {
        if laptop.get(&Kind::CUSTOMER, *id).await.is_none() {
            return false;
        }
    }
    true
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_laptop_is_wiped_by_two_people_and_what_it_handed_in_stays() {
    let hq = Headquarters::start().await;
    let (lost, colleague) = (Laptop::enrolled("周航", &hq, "CD").await, Laptop::enrolled("李娜", &hq, "CD").await);
    let (first, second) = (person("周芳"), person("王强"));
    let code = lost.identity().await.device_code;
    let synced = lost.add_customer("同步过的").await;
    lost.sync().await;
    hq.hq.ask_wipe(&first, &code, "在高铁上丢失").await.unwrap();
    assert_eq!(refused(hq.hq.confirm_wipe(&first, &code).await), Code::OutOfScope, "the same person twice");
    let before = lost.add_customer("有人提出之后的").await;
    assert_eq!(lost.sync().await.sent, 1, "one person alone stops nothing");
    let waiting = lost.add_customer("还没上传的").await;
    let stick = tempfile::tempdir().unwrap();
    let file = stick.path().join("a.doorstep");
    export(&lost, &file).await;
    hq.hq.confirm_wipe(&second, &code).await.unwrap();
    assert_eq!(standing(&hq.hq, &code).await, Standing::WipeOrdered);
    let taken = hq.hq.hand_in(&first, &file).await.unwrap();
    assert_eq!((taken.operations, taken.refused, taken.stopped), (1, 0, None));

    let error = lost.exchange(&lost.https().await).run().await.unwrap_err();
    assert_eq!(error.code(), Code::DeviceWiped);
    assert_eq!(standing(&hq.hq, &code).await, Standing::Wiped);
    // What the app does with that answer.
    lost.store.destroy().await.unwrap();
    let folder: &Folder = lost.store.folder();
    assert!(!folder.database().exists() && !folder.key_file().exists());

    colleague.sync().await;
    assert!(knows(&colleague, &[synced, before, waiting]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_on_a_laptop_that_is_off_is_handed_in_by_a_person_and_by_no_other_way() {
    let hq = Headquarters::start().await;
    let (laptop, colleague) = (Laptop::enrolled("周航", &hq, "CD").await, Laptop::enrolled("李娜", &hq, "CD").await);
    let (centre, code) = (person("周芳"), laptop.identity().await.device_code);
    let manager = Person { role: Role::BranchManager, branch_id: Some(hq.branch("CD").await), ..person("经理") };
    let waiting = laptop.add_customer("停用之前的").await;
    let stick = tempfile::tempdir().unwrap();
    let file = stick.path().join("a.doorstep");
    export(&laptop, &file).await;
    assert_eq!(refused(hq.hq.hand_in(&centre, &file).await), Code::WrongState, "this laptop syncs");
    hq.hq.revoke(By::Account(&manager), &code).await.unwrap();
    assert_eq!(refused(hq.hq.hand_in(&manager, &file).await), Code::OutOfScope);
    assert_eq!(hq.hq.hand_in(&centre, &file).await.unwrap().operations, 1);
    // Over HTTP, as a person does it; twice is harmless.
    let whole = fs::read(&file).unwrap();
    let (status, taken) = send(&hq, whole.clone()).await;
    assert_eq!((status, &taken["device"], &taken["operations"]), (200, &json!(code), &json!(1)));
    let (status, refused) = send(&hq, whole[..whole.len() / 2].to_vec()).await;
    assert_eq!((status, &refused["code"]), (400, &json!("not_a_bundle")));
    assert_eq!(fs::read_dir(hq.folder.path().join("incoming")).unwrap().count(), 0, "nothing of it stays");
    colleague.sync().await;
    assert!(knows(&colleague, &[waiting]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_a_laptop_that_is_to_be_wiped_is_taken_and_answered_with_the_order_alone() {
    let hq = Headquarters::start().await;
    let (lost, colleague) = (Laptop::enrolled("周航", &hq, "CD").await, Laptop::enrolled("李娜", &hq, "CD").await);
    colleague.add_customer("丢失之后的").await;
    colleague.sync().await;
    let mine = lost.add_customer("还没上传的").await;
    let stick = tempfile::tempdir().unwrap();
    let (file, answer) = (stick.path().join("a.doorstep"), stick.path().join("b.doorstep"));
    export(&lost, &file).await;
    let code = lost.identity().await.device_code;
    hq.hq.ask_wipe(&person("周芳"), &code, "丢失").await.unwrap();
    hq.hq.confirm_wipe(&person("王强"), &code).await.unwrap();
    hq.hq.take_bundle(&file, &answer).await.unwrap();
    assert!(hq.get(&Kind::CUSTOMER, mine).await.is_some());
    let mut bytes = std::io::Cursor::new(fs::read(&answer).unwrap());
    let told = bundle::import(&lost.store, &lost.surroundings, &mut bytes).await;
    assert_eq!(told.unwrap_err().code(), Code::DeviceWiped);
    assert_eq!(lost.store.all(&Kind::CUSTOMER).await.unwrap().len(), 1, "nothing came with it");
}
