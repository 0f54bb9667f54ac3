//! Files that a person hands in for a laptop that is off, as HQ meets them.

use super::{
    house::{House, Laptop, accepted, id, random},
    restore::{at, restored},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::TimeDelta;
use crypto_box::{PublicKey, SecretKey, aead::OsRng};
use doorstep_domain::{Code, Kind, id::RecordId};
use doorstep_hq::{
    accounts::Role,
    rights::{By, Person},
    storage::Key,
};
use doorstep_wire::{
    Hello, Op, PROTOCOL, Push,
    bundle::{Header, Piece, Way, Writer},
};
use ed25519_dalek::Signer;
use std::{fs, path::PathBuf};

/// The file that a laptop writes.
fn export(laptop: &Laptop, house: &House, ops: Vec<Op>) -> PathBuf {
    let header = Header {
        way: Way::Request,
        device_id: laptop.enrolled.device_id,
        incarnation: laptop.incarnation,
        created: laptop.clock.now(),
        answer_key: STANDARD.encode(SecretKey::from_bytes(random()).public_key().as_bytes()),
    };
    let content_key = random();
    let hq: [u8; 32] = STANDARD.decode(&laptop.enrolled.recovery_key).unwrap().try_into().unwrap();
    let sealed = PublicKey::from(hq).seal(&mut OsRng, &content_key).unwrap();
    let mut writer = Writer::begin(Vec::new(), &header, &content_key, &sealed).unwrap();
    let hello = Hello {
        protocol: PROTOCOL,
        app_version: "0.0.9".to_owned(),
        incarnation: laptop.incarnation,
        last_seq: laptop.seq,
        acked_seq: 0,
        site_epoch: laptop.enrolled.site_epoch,
        clock: laptop.clock.now(),
    };
    writer.piece(&Piece::Hello(hello)).unwrap();
    writer.piece(&Piece::Push(Push { incarnation: laptop.incarnation, ops })).unwrap();
    writer.piece(&Piece::End).unwrap();
    let (mut bytes, hash) = writer.end().unwrap();
    bytes.extend(laptop.key.sign(&hash).to_bytes());
    let path = house.folder.path().join(format!("{}.doorstep", id()));
    fs::write(&path, bytes).unwrap();
    path
}

fn centre() -> Person {
    Person { name: "周芳".to_owned(), role: Role::ServiceCentre, branch_id: None }
}

async fn off(house: &House, laptop: &Laptop) {
    house.hq.revoke(By::Keeper, &laptop.enrolled.device_code).await.unwrap();
}

async fn has(house: &House, customer: RecordId) -> bool {
    !house.hq.storage().records(&[Key::new(Kind::CUSTOMER, customer)]).await.unwrap().is_empty()
}

#[tokio::test]
async fn a_file_from_before_a_restore_that_a_person_hands_in_is_taken_where_nothing_is_missing_before_it() {
    let house = House::open().await;
    let mut laptop = house.laptop("CD", "张伟").await;
    let op = laptop.customer(id(), "同步过的");
    accepted(&laptop.push_one(&op).await);
    house.hq.backup(&house.folder.path().join("backup")).await.unwrap();
    let waiting = id();
    let ops = vec![laptop.customer(waiting, "还没上传的"), laptop.customer(id(), "也没有")];
    let file = export(&laptop, &house, ops);
    let (house, _) = restored(house).await;
    off(&house, &laptop).await;
    for _ in 0..2 {
        let taken = house.hq.hand_in(&centre(), &file).await.unwrap();
        assert_eq!((taken.operations, taken.refused, taken.stopped), (2, 0, None), "twice is harmless");
    }
    assert!(has(&house, waiting).await);
}

#[tokio::test]
async fn a_file_that_follows_what_a_restore_lost_is_not_taken_and_that_is_said() {
    let house = House::open().await;
    let mut laptop = house.laptop("CD", "张伟").await;
    house.hq.backup(&house.folder.path().join("backup")).await.unwrap();
    let op = laptop.customer(id(), "同步过的");
    accepted(&laptop.push_one(&op).await);
    let waiting = id();
    let op = laptop.customer(waiting, "还没上传的");
    let file = export(&laptop, &house, vec![op]);
    let (house, _) = restored(house).await;
    off(&house, &laptop).await;
    let taken = house.hq.hand_in(&centre(), &file).await.unwrap();
    assert_eq!((taken.operations, taken.stopped), (0, Some(Code::EpochChanged)));
    assert!(!has(&house, waiting).await);
}

#[tokio::test]
async fn a_file_without_what_comes_before_it_is_not_taken() {
    let house = House::open().await;
    let mut laptop = house.laptop("CD", "张伟").await;
    laptop.customer(id(), "没有带来的");
    let waiting = id();
    let op = laptop.customer(waiting, "带来的");
    let file = export(&laptop, &house, vec![op]);
    let answer = house.folder.path().join("answer.doorstep");
    let taken = house.hq.take_bundle(&file, &answer).await.unwrap();
    assert_eq!((taken.operations, taken.stopped), (0, Some(Code::OutOfOrder)));
    assert!(!has(&house, waiting).await);
}

#[tokio::test]
async fn a_file_that_does_not_go_on_says_why_it_stopped() {
    let house = House::open().await;
    let mut laptop = house.laptop("CD", "张伟").await;
    let op = laptop.customer(id(), "一");
    let early = export(&laptop, &house, vec![op.clone()]);
    accepted(&laptop.push_one(&op).await);
    let op = laptop.customer(id(), "二");
    accepted(&laptop.push_one(&op).await);
    let answer = house.folder.path().join("answer.doorstep");
    let taken = house.hq.take_bundle(&early, &answer).await.unwrap();
    assert_eq!((taken.operations, taken.stopped), (0, Some(Code::DeviceForked)), "HQ has more than it ever gave");
    house.hq.backup(&house.folder.path().join("backup")).await.unwrap();
    let op = laptop.customer(id(), "三");
    let file = export(&laptop, &house, vec![op]);
    let (house, _) = restored(house).await;
    let taken = house.hq.take_bundle(&file, &answer).await.unwrap();
    assert_eq!((taken.operations, taken.stopped), (0, Some(Code::EpochChanged)), "its laptop exports once more");
    at(&house, &mut laptop, 2);
    off(&house, &laptop).await;
    let taken = house.hq.hand_in(&centre(), &early).await.unwrap();
    assert_eq!((taken.operations, taken.stopped), (0, Some(Code::DeviceForked)), "in no epoch");
}

#[tokio::test]
async fn a_file_tells_of_its_laptop_only_what_was_so_when_it_was_written_and_nothing_when_a_person_hands_it_in() {
    let house = House::open().await;
    let mut laptop = house.laptop("CD", "张伟").await;
    let op = laptop.customer(id(), "一");
    let early = export(&laptop, &house, vec![op.clone()]);
    let written = house.clock.now();
    house.clock.forward(TimeDelta::days(2));
    let entry = async || house.hq.laptop_entry(By::Keeper, &laptop.enrolled.device_code).await.unwrap();
    let answer = house.folder.path().join("answer.doorstep");
    house.hq.take_bundle(&early, &answer).await.unwrap();
    let seen = entry().await;
    assert_eq!((seen.seen_at, seen.clock_off_ms), (Some(written), None), "its age is no error of its clock");
    assert_eq!((seen.app_version.as_str(), seen.waiting), ("0.0.9", Some(0)));
    let mut later = laptop.clone();
    later.seq += 3;
    later.hello().await.unwrap();
    let seen = entry().await;
    house.hq.take_bundle(&early, &answer).await.unwrap();
    assert_eq!(entry().await, seen, "an older file brings nothing back");
    off(&house, &laptop).await;
    let seen = entry().await;
    later.seq += 5;
    house.clock.forward(TimeDelta::days(1));
    let file = export(&later, &house, Vec::new());
    house.hq.hand_in(&centre(), &file).await.unwrap();
    assert_eq!(entry().await, seen, "the person was there, not the laptop");
}
