//! HQ restored from a backup: what laptops offer rebuilds what it lost, and nothing written since is overwritten.

use super::{
    attachments::{get, name, photo, send},
    house::{House, Laptop, accepted, clock, config, id, refused},
    place::Place,
};
use doorstep_domain::{Code, Doc, Kind, id::RecordId, seal};
use doorstep_hq::{
    Config, Error,
    accounts::Role,
    backup::{self, Restored},
    storage::Key,
};
use doorstep_wire::{
    EntryBody, Lost, Missing, MissingAsk, Offer, OfferReply, Offered, OfferedField, RecordState, UPLOAD_LENGTH,
    UPLOAD_OFFSET, floor, limits::Limits, path,
};
use serde_json::Value;
use std::{fs, path::Path};

/// A record as a laptop pulled it.
async fn state(laptop: &Laptop, id: RecordId) -> Option<RecordState> {
    let entries = laptop.pages(&laptop.branch()).await.into_iter().flat_map(|page| page.entries);
    entries.filter(|entry| entry.id == id).find_map(|entry| match entry.body {
        EntryBody::State(state) => Some(state),
        EntryBody::Left => None,
    })
}

/// What of a pulled record was lost: its fields above a version.
fn lost(kind: Kind, id: RecordId, state: &RecordState, above: u64) -> Offered {
    let lost = state.versions.iter().filter(|(_, version)| **version > above);
    let value = |name: &String| state.doc.get(name).cloned().unwrap_or(Value::Null);
    let fields = lost.map(|(name, version)| (name.clone(), OfferedField { value: value(name), version: *version }));
    Offered { kind, id, fields: fields.collect() }
}

async fn offer(laptop: &Laptop, site_epoch: u64, records: Vec<Offered>) -> OfferReply {
    laptop.post(path::OFFER, &Offer { site_epoch, records }).await.unwrap()
}

/// HQ is lost, and restored from the backup in its folder.
pub async fn restored(house: House) -> (House, Restored) {
    let (folder, _lost, _, limits, clock) = house.stop().await;
    fs::rename(folder.path().join("hq"), folder.path().join("lost")).unwrap();
    let place = Place::bare().await;
    let config = Config { database: place.database(), ..config(&folder.path().join("hq"), limits, &clock) };
    let restored = backup::restore(&folder.path().join("backup"), &config).await.unwrap();
    (House::serve_config(folder, place, config, clock).await, restored)
}

pub fn at(house: &House, laptop: &mut Laptop, epoch: u64) {
    laptop.base.clone_from(&house.base);
    laptop.enrolled.site_epoch = epoch;
}

async fn rename(laptop: &mut Laptop, record: RecordId, name: &str, seen: u64) -> u64 {
    let op = laptop.op(Kind::CUSTOMER, record, &[("name", name.into(), seen)]);
    accepted(&laptop.push_one(&op).await)
}

#[tokio::test]
async fn whoever_was_logged_in_when_the_backup_was_made_logs_in_again() {
    let house = House::open().await;
    let password = house.hq.add_account("周芳", Role::ServiceCentre, None).await.unwrap();
    let token = house.hq.log_in("周芳", &password).await.unwrap().token;
    house.hq.backup(&house.folder.path().join("backup")).await.unwrap();
    house.hq.close_account("周芳").await.unwrap();
    let (house, _) = restored(house).await;
    assert_eq!(house.hq.logged_in(&token).await.unwrap(), None);
}

#[tokio::test]
async fn what_laptops_offer_after_a_restore_rebuilds_what_hq_lost() {
    let house = House::open().await;
    let (mut a, mut b) = (house.laptop("CD", "张伟").await, house.laptop("CD", "李娜").await);
    let (kept, gone) = (id(), id());
    let op = a.customer(kept, "四川路桥");
    let first = accepted(&a.push_one(&op).await);
    let made = house.hq.backup(&house.folder.path().join("backup")).await.unwrap();
    assert_eq!((made.manifest.epoch, made.manifest.attachments), (1, 0));
    let op = a.customer(gone, "川藏铁路");
    accepted(&a.push_one(&op).await);
    rename(&mut a, kept, "四川路桥集团", first).await;
    let (before_kept, before_gone) = (state(&a, kept).await.unwrap(), state(&a, gone).await.unwrap());
    let end = a.hello().await.unwrap().feeds[&a.branch()];

    let (house, restored) = restored(house).await;
    at(&house, &mut a, 2);
    at(&house, &mut b, 2);
    assert_eq!((restored.epoch, restored.version), (2, first));
    a.enrolled.site_epoch = 1;
    let told = a.hello().await.unwrap();
    assert_eq!((told.site_epoch, told.lost), (2, vec![Lost { from: first, floor: floor(2) }]));
    a.enrolled.site_epoch = 2;
    assert_eq!(a.hello().await.unwrap().lost, [], "what the laptop knows is not told again");
    assert_eq!(state(&b, gone).await, None);

    let records =
        vec![lost(Kind::CUSTOMER, kept, &before_kept, first), lost(Kind::CUSTOMER, gone, &before_gone, first)];
    let reply = offer(&a, 2, records.clone()).await;
    assert_eq!(reply, OfferReply { taken: 2, refused: Vec::new() });
    assert_eq!(state(&b, kept).await.unwrap(), before_kept, "the lost state, version by version");
    assert_eq!(state(&b, gone).await.unwrap(), before_gone);
    let after = b.hello().await.unwrap().feeds[&b.branch()];
    assert!(after > floor(2) && after > end, "what follows has higher positions than anything lost");
    assert_eq!(offer(&b, 2, records).await.taken, 0, "offered again, it is there already");
    assert_eq!(b.hello().await.unwrap().feeds[&b.branch()], after, "and moves nothing");
    assert!(b.records(&Kind::CONFLICT).await.is_empty());
    let next = b.customer(id(), "新客户");
    assert!(accepted(&b.push_one(&next).await) > floor(2));
}

#[tokio::test]
async fn what_was_written_since_the_restore_stands_and_what_was_lost_is_a_conflict() {
    let house = House::open().await;
    let (mut a, mut b) = (house.laptop("CD", "张伟").await, house.laptop("CD", "李娜").await);
    let record = id();
    let op = a.customer(record, "四川路桥");
    let first = accepted(&a.push_one(&op).await);
    house.hq.backup(&house.folder.path().join("backup")).await.unwrap();
    rename(&mut a, record, "四川路桥集团", first).await;
    let before = state(&a, record).await.unwrap();

    let (house, _) = restored(house).await;
    at(&house, &mut a, 2);
    at(&house, &mut b, 2);
    rename(&mut b, record, "四川路桥股份", first).await;
    offer(&a, 2, vec![lost(Kind::CUSTOMER, record, &before, first)]).await;
    assert_eq!(b.record(record).await.unwrap()["name"], "四川路桥股份");
    let conflicts = b.records(&Kind::CONFLICT).await;
    assert_eq!(conflicts.len(), 1);
    assert_eq!(conflicts[0].1["standing"]["value"], "四川路桥股份");
    assert_eq!(conflicts[0].1["other"]["value"], "四川路桥集团");
    offer(&b, 2, vec![lost(Kind::CUSTOMER, record, &before, first)]).await;
    assert_eq!(b.records(&Kind::CONFLICT).await.len(), 1, "whoever offers it, it is one conflict");
}

#[tokio::test]
async fn every_value_of_a_field_that_was_lost_stays_in_its_conflict_whoever_brings_it_first() {
    let house = House::open().await;
    let (mut a, mut b) = (house.laptop("CD", "张伟").await, house.laptop("CD", "李娜").await);
    let record = id();
    let op = a.customer(record, "四川路桥");
    let first = accepted(&a.push_one(&op).await);
    house.hq.backup(&house.folder.path().join("backup")).await.unwrap();
    let second = rename(&mut a, record, "四川路桥集团", first).await;
    let older = state(&b, record).await.unwrap();
    rename(&mut a, record, "四川路桥总公司", second).await;
    let newer = state(&a, record).await.unwrap();

    let (house, _) = restored(house).await;
    at(&house, &mut a, 2);
    at(&house, &mut b, 2);
    rename(&mut b, record, "四川路桥股份", first).await;
    offer(&a, 2, vec![lost(Kind::CUSTOMER, record, &newer, first)]).await;
    offer(&b, 2, vec![lost(Kind::CUSTOMER, record, &older, first)]).await;
    let told = b.records(&Kind::CONFLICT).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].1["other"]["value"], "四川路桥集团");
    assert_eq!(told[0].1["other"]["written_at"], Value::Null, "nobody knows when it was written");
    assert_eq!(told[0].1["earlier"][0]["other"]["value"], "四川路桥总公司");
    for (who, what) in [(&a, &newer), (&b, &older), (&a, &newer)] {
        offer(who, 2, vec![lost(Kind::CUSTOMER, record, what, first)]).await;
    }
    assert_eq!(b.records(&Kind::CONFLICT).await, told, "offered again, it changes nothing");
}

#[tokio::test]
async fn an_edit_whose_author_did_not_see_what_was_lost_overwrites_nothing() {
    let house = House::open().await;
    let (mut a, mut b) = (house.laptop("CD", "张伟").await, house.laptop("CD", "李娜").await);
    let record = id();
    let op = a.customer(record, "四川路桥");
    let first = accepted(&a.push_one(&op).await);
    house.hq.backup(&house.folder.path().join("backup")).await.unwrap();
    rename(&mut b, record, "四川路桥集团", first).await;
    let before = state(&b, record).await.unwrap();

    let (house, _) = restored(house).await;
    at(&house, &mut a, 2);
    at(&house, &mut b, 2);
    // The one who offers has an edit pending from before it saw what it offers.
    offer(&a, 2, vec![lost(Kind::CUSTOMER, record, &before, first)]).await;
    let op = a.op(Kind::CUSTOMER, record, &[("name", "路桥".into(), first)]);
    a.push(std::slice::from_ref(&op)).await.unwrap();
    assert_eq!(a.record(record).await.unwrap()["name"], "四川路桥集团");
    assert_eq!(a.records(&Kind::CONFLICT).await[0].1["other"]["value"], "路桥");
}

#[tokio::test]
async fn an_offer_takes_only_what_was_lost_and_within_the_branch() {
    let house = House::open().await;
    let (mut a, mut other) = (house.laptop("CD", "张伟").await, house.laptop("NJ", "王芳").await);
    let record = id();
    let op = a.customer(record, "四川路桥");
    let first = accepted(&a.push_one(&op).await);
    house.hq.backup(&house.folder.path().join("backup")).await.unwrap();
    let (house, _) = restored(house).await;
    at(&house, &mut a, 2);
    at(&house, &mut other, 2);
    let one = |kind: Kind, record: RecordId, field: &str, value: Value, version: u64| Offered {
        kind,
        id: record,
        fields: [(field.to_owned(), OfferedField { value, version })].into(),
    };
    let refusals = |reply: OfferReply| reply.refused.into_iter().map(|r| r.code).collect::<Vec<_>>();
    for version in [0, first, floor(2), floor(2) + 1, u64::MAX] {
        let reply = offer(&a, 2, vec![one(Kind::CUSTOMER, record, "name", "假".into(), version)]).await;
        assert_eq!(refusals(reply), [Code::Invalid], "{version} was not lost");
    }
    let lost = first + 1;
    let reply = offer(&other, 2, vec![one(Kind::CUSTOMER, record, "name", "假".into(), lost)]).await;
    assert_eq!(refusals(reply), [Code::OutOfScope], "a record of another branch");
    let reply = offer(&a, 2, vec![one(Kind::TEMPLATE, record, "name", "假".into(), lost)]).await;
    assert_eq!(refusals(reply), [Code::OutOfScope], "HQ's own");
    let reply = offer(&a, 2, vec![one(Kind::CUSTOMER, id(), "name", 7.into(), lost)]).await;
    assert_eq!(refusals(reply), [Code::Invalid], "what is no customer");
    let reply = offer(&a, 2, vec![one(Kind::SEAL, id(), "hash", "00".into(), lost)]).await;
    assert_ne!(refusals(reply), [], "a seal that nobody signed");
    assert_eq!(a.record(record).await.unwrap()["name"], "四川路桥");
    let refused = a.post::<OfferReply>(path::OFFER, &Offer { site_epoch: 1, records: Vec::new() }).await;
    assert_eq!(refused.unwrap_err().code, Code::EpochChanged);
}

#[tokio::test]
async fn what_was_lost_of_a_record_that_hq_handed_over_since_is_still_brought_back() {
    let house = House::open().await;
    let (mut cd, mut nj) = (house.laptop("CD", "张伟").await, house.laptop("NJ", "王芳").await);
    let (customer, visit, problem) = (id(), id(), id());
    let branch = Value::from(cd.enrolled.branch_id.to_string());
    let op = cd.customer(customer, "四川路桥");
    accepted(&cd.push_one(&op).await);
    let fields = [("branch_id", branch.clone(), 0), ("customer_id", customer.to_string().into(), 0)];
    let op = cd.op(Kind::VISIT, visit, &fields);
    let first = accepted(&cd.push_one(&op).await);
    house.hq.backup(&house.folder.path().join("backup")).await.unwrap();
    rename(&mut cd, customer, "四川路桥集团", first).await;
    let op = cd.op(Kind::CUSTOMER, customer, &[("phone", "028-1".into(), 0)]);
    accepted(&cd.push_one(&op).await);
    let fields =
        [("branch_id", branch, 0), ("visit_id", visit.to_string().into(), 0), ("symptom", "打开缓慢".into(), 0)];
    let op = cd.op(Kind::PROBLEM, problem, &fields);
    accepted(&cd.push_one(&op).await);
    let (before, below) = (state(&cd, customer).await.unwrap(), state(&cd, problem).await.unwrap());

    let (house, _) = restored(house).await;
    at(&house, &mut cd, 2);
    at(&house, &mut nj, 2);
    let patch = Doc::from_iter([
        ("branch_id".to_owned(), nj.enrolled.branch_id.to_string().into()),
        ("name".to_owned(), "川桥".into()),
    ]);
    house.hq.write(vec![(Key::new(Kind::CUSTOMER, customer), patch)]).await.unwrap();
    let end = cd.hello().await.unwrap().feeds[&cd.branch()];
    let records = vec![lost(Kind::CUSTOMER, customer, &before, first), lost(Kind::PROBLEM, problem, &below, first)];
    assert_eq!(offer(&cd, 2, records.clone()).await, OfferReply { taken: 2, refused: Vec::new() });
    let there = state(&nj, customer).await.unwrap();
    assert_eq!((&there.doc["phone"], &there.doc["name"]), (&"028-1".into(), &"川桥".into()));
    assert_eq!(there.versions["phone"], before.versions["phone"]);
    let conflicts = nj.records(&Kind::CONFLICT).await;
    assert_eq!(conflicts.len(), 1, "about the name; where the record stands is HQ's word: {conflicts:?}");
    assert_eq!(conflicts[0].1["other"]["value"], "四川路桥集团");
    let there = state(&nj, problem).await.unwrap();
    assert_eq!(there.doc["branch_id"], nj.enrolled.branch_id.to_string(), "it goes where its visit is");
    for told in [customer, problem] {
        let entries = cd.page(&cd.branch(), end).await.unwrap().entries;
        assert!(entries.iter().any(|entry| entry.id == told && entry.body == EntryBody::Left), "told that it left");
    }
    // Who never held it brings nothing, whatever the versions say.
    let mut third = house.laptop("SH", "赵强").await;
    at(&house, &mut third, 2);
    let mut foreign = records;
    foreign[0].fields.remove("branch_id");
    let reply = offer(&third, 2, foreign[..1].to_vec()).await;
    assert_eq!(reply.refused[0].code, Code::OutOfScope);
}

/// Hands in a file with its record.
async fn hand_in(laptop: &mut Laptop, content: &[u8]) -> String {
    let hash = seal::hash(content);
    let branch = Value::from(laptop.enrolled.branch_id.to_string());
    let fields = [("branch_id", branch, 0), ("hash", hash.clone().into(), 0), ("bytes", content.len().into(), 0)];
    let op = laptop.op(Kind::ATTACHMENT, id(), &fields);
    accepted(&laptop.push_one(&op).await);
    let request = reqwest::Client::new().patch(format!("{}{}", laptop.base, path::attachment(&hash)));
    let request = request.bearer_auth(&laptop.enrolled.token).header(UPLOAD_OFFSET, 0);
    let answer = request.header(UPLOAD_LENGTH, content.len()).body(content.to_vec()).send().await.unwrap();
    assert_eq!(answer.status(), 204);
    hash
}

#[tokio::test]
async fn files_come_with_the_backup_once_each_and_the_lost_ones_are_asked_for() {
    let house = House::open().await;
    let mut laptop = house.laptop("CD", "张伟").await;
    let folder = house.folder.path().join("backup");
    let first = hand_in(&mut laptop, b"photo one").await;
    assert_eq!(house.hq.backup(&folder).await.unwrap().copied, 1);
    let second = hand_in(&mut laptop, b"photo two").await;
    let made = house.hq.backup(&folder).await.unwrap();
    assert_eq!((made.manifest.attachments, made.copied), (2, 1), "only what is new is copied");
    let third = hand_in(&mut laptop, b"photo three").await;
    let (house, _) = restored(house).await;
    at(&house, &mut laptop, 2);
    // Records come back before their files are asked for.
    (laptop.incarnation, laptop.seq) = (2, 0);
    name(&mut laptop, &third, b"photo three".len()).await;
    let asked = MissingAsk { hashes: vec![first.clone(), third.clone(), second] };
    let missing: Missing = laptop.post(path::MISSING, &asked).await.unwrap();
    assert_eq!(missing.missing, [third]);
    let got = reqwest::Client::new().get(format!("{}{}", laptop.base, path::attachment(&first)));
    let got = got.bearer_auth(&laptop.enrolled.token).send().await.unwrap();
    assert_eq!(got.bytes().await.unwrap(), &b"photo one"[..]);
}

#[tokio::test]
async fn what_was_brought_back_after_one_restore_and_lost_in_the_next_is_brought_back_again() {
    let house = House::open().await;
    let folder = house.folder.path().join("backup");
    let mut a = house.laptop("CD", "张伟").await;
    house.hq.backup(&folder).await.unwrap();
    let record = id();
    let op = a.customer(record, "四川路桥");
    accepted(&a.push_one(&op).await);
    let before = state(&a, record).await.unwrap();
    let (house, first) = restored(house).await;
    // The next backup comes before the laptop that has the record.
    house.hq.backup(&folder).await.unwrap();
    at(&house, &mut a, 2);
    let brought = vec![lost(Kind::CUSTOMER, record, &before, first.version)];
    assert_eq!(offer(&a, 2, brought.clone()).await.taken, 1);
    fs::remove_dir_all(house.folder.path().join("lost")).unwrap();
    let (house, second) = restored(house).await;
    at(&house, &mut a, 2);
    let told = a.hello().await.unwrap().lost;
    let versions = [(first.version, floor(2)), (second.version, floor(3))];
    assert_eq!(told, versions.map(|(from, floor)| Lost { from, floor }));
    assert!(before.versions.values().all(|version| told.iter().any(|lost| lost.holds(*version))));
    at(&house, &mut a, 3);
    assert_eq!(offer(&a, 3, brought).await.taken, 1);
    assert_eq!(state(&a, record).await.unwrap(), before);
}

#[tokio::test]
async fn a_second_restore_from_one_backup_begins_an_epoch_of_its_own() {
    let house = House::open().await;
    house.hq.backup(&house.folder.path().join("backup")).await.unwrap();
    let (house, once) = restored(house).await;
    fs::remove_dir_all(house.folder.path().join("lost")).unwrap();
    let (_house, twice) = restored(house).await;
    assert_eq!((once.epoch, twice.epoch), (2, 3));
}

#[tokio::test]
async fn a_damaged_backup_and_a_folder_that_holds_an_hq_are_refused() {
    let house = House::open().await;
    let folder = house.folder.path().to_owned();
    house.hq.backup(&folder.join("backup")).await.unwrap();
    let into = |name: &str| config(&folder.join(name), Limits::default(), &clock());
    let refusal = backup::restore(&folder.join("backup"), &into("hq")).await.unwrap_err();
    assert!(matches!(refusal, Error::NotEmpty { .. }));
    for (number, name) in ["hq-", "recovery.key"].into_iter().enumerate() {
        let copy = folder.join(format!("damaged-{number}"));
        copy_folder(&folder.join("backup"), &copy);
        let entries = fs::read_dir(&copy).unwrap().map(|entry| entry.unwrap().path());
        let file = entries.into_iter().find(|p| p.file_name().unwrap().to_str().unwrap().contains(name)).unwrap();
        let mut content = fs::read(&file).unwrap();
        content.push(b'x');
        fs::write(&file, content).unwrap();
        let refusal = backup::restore(&copy, &into(&format!("new-{number}"))).await.unwrap_err();
        assert!(matches!(refusal, Error::Backup { .. }), "{name}: {refusal}");
        assert!(!folder.join(format!("new-{number}/hq.sqlite")).exists());
    }
}

#[tokio::test]
async fn one_damaged_photo_keeps_neither_the_records_nor_the_other_photos_from_coming_back() {
    let house = House::open().await;
    let mut laptop = house.laptop("CD", "张伟").await;
    let photos: Vec<_> = [3_000, 5_000, 7_000, 9_000].into_iter().map(photo).collect();
    for (content, hash) in &photos {
        name(&mut laptop, hash, content.len()).await;
        send(&laptop, hash, 0, content.len(), content).await;
    }
    let backup = house.folder.path().join("backup");
    let file = |hash: &str| backup.join(format!("attachments/whole/{}/{hash}", &hash[..2]));
    house.hq.backup(&backup).await.unwrap();
    let [flipped, gone, shorter, _] = [0, 1, 2, 3].map(|number| file(&photos[number].1));
    flip(&flipped);
    fs::remove_file(&gone).unwrap();
    fs::write(&shorter, "x").unwrap();

    let (house, mut restored) = restored(house).await;
    restored.damaged.sort();
    let mut damaged = vec![flipped, gone, shorter];
    damaged.sort();
    assert_eq!(restored.damaged, damaged, "each is named");
    at(&house, &mut laptop, 2);
    let hashes: Vec<String> = photos.iter().map(|(_, hash)| hash.clone()).collect();
    let asked: Missing = laptop.post(path::MISSING, &MissingAsk { hashes: hashes.clone() }).await.unwrap();
    assert_eq!(asked.missing, hashes[..3], "and laptops are asked for them");
    for (content, hash) in &photos {
        send(&laptop, hash, 0, content.len(), content).await;
        assert_eq!(get(&laptop, hash, None).await.bytes().await.unwrap(), content);
    }

    // What is damaged at HQ is not in the next backup, and named; what was damaged in the last one is made good.
    flip(&house.folder.path().join(format!("hq/attachments/whole/{}/{}", &hashes[3][..2], hashes[3])));
    fs::remove_file(file(&hashes[3])).unwrap();
    let made = house.hq.backup(&backup).await.unwrap();
    assert_eq!((made.damaged, made.manifest.attachments), (vec![hashes[3].clone()], 3));
    assert_eq!(fs::read(file(&hashes[2])).unwrap(), photos[2].0);
}

#[tokio::test]
async fn without_the_list_of_its_photos_a_backup_gives_those_that_are_there() {
    let house = House::open().await;
    let mut laptop = house.laptop("CD", "张伟").await;
    let (content, hash) = photo(3_000);
    name(&mut laptop, &hash, content.len()).await;
    send(&laptop, &hash, 0, content.len(), &content).await;
    let backup = house.folder.path().join("backup");
    house.hq.backup(&backup).await.unwrap();
    let list = fs::read_dir(&backup).unwrap().map(|entry| entry.unwrap().path());
    let list = list.into_iter().find(|path| path.extension().is_some_and(|end| end == "txt")).unwrap();
    flip(&list);
    let (house, restored) = restored(house).await;
    assert_eq!(restored.damaged, [list]);
    at(&house, &mut laptop, 2);
    assert_eq!(get(&laptop, &hash, None).await.bytes().await.unwrap(), content);
}

/// Changes one byte in the middle of a file.
fn flip(file: &Path) {
    let mut content = fs::read(file).unwrap();
    let middle = content.len() / 2;
    content[middle] ^= 1;
    fs::write(file, content).unwrap();
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_backup_is_for_hqs_own_account_only_and_holds_one_state() {
    use std::os::unix::fs::PermissionsExt;
    let house = House::open().await;
    let folder = house.folder.path().join("backup");
    for _ in 0..2 {
        house.hq.backup(&folder).await.unwrap();
        house.clock.forward(chrono::TimeDelta::hours(1));
    }
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let files: Vec<_> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).filter(|p| p.is_file()).collect();
    assert!(files.iter().all(|file| mode(file) == 0o600), "{files:?}");
    let databases = files.iter().filter(|file| file.extension().is_some_and(|e| e == "sqlite")).count();
    assert_eq!(databases, 1);
}

#[tokio::test]
async fn a_laptop_that_enrolled_after_the_backup_is_unknown_and_others_are_not() {
    let house = House::open().await;
    let mut known = house.laptop("CD", "张伟").await;
    house.hq.backup(&house.folder.path().join("backup")).await.unwrap();
    let mut later = house.laptop("CD", "李娜").await;
    let (house, _) = restored(house).await;
    at(&house, &mut known, 2);
    at(&house, &mut later, 2);
    known.hello().await.unwrap();
    assert_eq!(later.hello().await.unwrap_err().code, Code::Unauthorized);
    let op = known.op(Kind::TEMPLATE, id(), &[("name", "x".into(), 0)]);
    assert_eq!(refused(&known.push_one(&op).await), Code::OutOfScope);
}
