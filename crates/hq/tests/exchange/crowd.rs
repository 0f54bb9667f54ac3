//! Many at once: writers of one branch and of several, HQ among them, and readers who must not miss a place.

use super::{
    house::{House, Laptop, id},
    place::Place,
};
use chrono::{TimeZone, Utc};
use doorstep_domain::{Code, Doc, Kind, id::RecordId, merge::Writer};
use doorstep_hq::storage::{Changes, Key, Move, Stamp, Storage, StorageError, StoredRecord, Turn};
use doorstep_wire::{Op, PushReply};
use serde_json::Value;
use std::{collections::HashMap, sync::Arc};
use tokio::task::JoinHandle;

/// Pushes, again while HQ is busy, as laptops do.
pub async fn push(laptop: &Laptop, ops: &[Op]) -> PushReply {
    loop {
        match laptop.push(ops).await {
            Ok(reply) => return reply,
            Err(body) if body.code == Code::Busy => {}
            Err(body) => panic!("{body:?}"),
        }
    }
}

/// Each writes customers of its own and changes the one that all of the branch share.
fn write(mut laptop: Laptop, shared: RecordId) -> JoinHandle<()> {
    tokio::spawn(async move {
        for round in 0..8 {
            let mut ops: Vec<Op> = (0..3).map(|n| laptop.customer(id(), &format!("客户{round}-{n}"))).collect();
            let field = format!("field_{}", laptop.enrolled.device_code);
            ops.push(laptop.op(Kind::CUSTOMER, shared, &[(&field, Value::from(round), 0)]));
            let reply = push(&laptop, &ops).await;
            assert_eq!((reply.acks.len(), reply.acked_seq), (4, laptop.seq));
        }
    })
}

/// Pulls while others write, from where it stood, until they are done; then everything anew must be what it saw.
async fn watch(laptop: &Laptop, writers: &[JoinHandle<()>]) {
    let mut seen = HashMap::new();
    let mut after = 0;
    loop {
        let done = writers.iter().all(JoinHandle::is_finished);
        let page = laptop.page(&laptop.branch(), after).await.unwrap();
        assert!(page.entries.iter().all(|entry| entry.position > after && entry.position <= page.end));
        seen.extend(page.entries.into_iter().map(|entry| ((entry.kind.clone(), entry.id), entry)));
        after = page.next;
        if done && !page.more {
            break;
        }
    }
    let whole = laptop.pages(&laptop.branch()).await;
    let whole: HashMap<_, _> =
        whole.into_iter().flat_map(|page| page.entries).map(|e| ((e.kind.clone(), e.id), e)).collect();
    assert!(whole == seen, "an entry was passed by: {} of {} seen", seen.len(), whole.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_of_several_branches_and_hq_all_land_and_no_reader_misses_a_place() {
    let house = House::open().await;
    let shared = id();
    let mut watchers = Vec::new();
    let mut writers = Vec::new();
    let mut roaming = Vec::new();
    for branch in ["CD", "NJ", "SH"] {
        let mut first = house.laptop(branch, "张伟").await;
        let (own, moved) = (RecordId::derived(shared, branch), id());
        let ops = [first.customer(own, "四川路桥"), first.customer(moved, "中铁二局")];
        first.push(&ops).await.unwrap();
        roaming.push((moved, first.enrolled.branch_id));
        watchers.push(first);
        for n in 0..3 {
            writers.push(write(house.laptop(branch, &format!("工程师{n}")).await, own));
        }
    }
    let hq = house.hq.clone();
    writers.push(tokio::spawn(async move {
        for round in 0..9 {
            // Hands customers round among the branches, a feed of each changing under its writers.
            for at in 0..roaming.len() {
                let (customer, _) = roaming[at];
                let (_, branch) = roaming[(at + round + 1) % roaming.len()];
                let doc = Doc::from_iter([("branch_id".to_owned(), Value::from(branch.to_string()))]);
                hq.write(vec![(Key::new(Kind::CUSTOMER, customer), doc)]).await.unwrap();
            }
        }
    }));
    let (a, b, c) = (&watchers[0], &watchers[1], &watchers[2]);
    tokio::join!(watch(a, &writers), watch(b, &writers), watch(c, &writers));
    for writer in writers {
        writer.await.unwrap();
    }
    for (branch, watcher) in ["CD", "NJ", "SH"].iter().zip(&watchers) {
        assert!(watcher.records(&Kind::CONFLICT).await.is_empty());
        let doc = watcher.record(RecordId::derived(shared, branch)).await.unwrap();
        assert_eq!(doc.iter().filter(|(name, value)| name.starts_with("field_") && **value == 7).count(), 3);
    }
}

fn stamped(record: &mut StoredRecord, field: &str, version: u64) {
    let at = Utc.with_ymd_and_hms(2026, 11, 23, 9, 0, 0).unwrap();
    let count = record.doc.get(field).and_then(Value::as_u64).unwrap_or(0);
    let stamp = Stamp { version, writer: Writer::HQ, at };
    record.set(field, Value::from(count + 1), stamp);
}

/// Counts a field of a record up by one, as a change of this home.
async fn count_up(storage: &dyn Storage, home: &str, key: &Key) -> Result<(), StorageError> {
    let mut writing = storage.begin(Turn::Home(home)).await?;
    let found = writing.records(std::slice::from_ref(key)).await?;
    let mut record = found.into_iter().next().unwrap_or_else(|| StoredRecord::empty(key.clone()));
    let version = writing.reserve(1).await? + 1;
    assert!(version > record.version, "a version below that of what was read");
    stamped(&mut record, home, version);
    let moves = vec![Move { feed: home.to_owned(), key: key.clone(), gone: false }];
    let at = Utc.with_ymd_and_hms(2026, 11, 23, 9, 0, 0).unwrap();
    let changes = Changes { incarnation: 1, records: vec![record], moves, at, ..Changes::default() };
    writing.put(changes).await?;
    writing.commit().await
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_different_homes_that_meet_on_a_record_lose_nothing() {
    let place = Place::fresh().await;
    let storage = Arc::new(place.open().await.unwrap());
    let key = Key::new(Kind::CUSTOMER, id());
    let homes: Vec<String> = (0..6).map(|n| format!("branch:{n}")).collect();
    let writers: Vec<JoinHandle<()>> = homes
        .iter()
        .map(|home| {
            let (storage, key, home) = (Arc::clone(&storage), key.clone(), home.clone());
            tokio::spawn(async move {
                let mut landed = 0;
                while landed < 10 {
                    match count_up(storage.as_ref(), &home, &key).await {
                        Ok(()) => landed += 1,
                        Err(StorageError::Busy(_) | StorageError::Overtaken) => {}
                        Err(error) => panic!("{error:?}"),
                    }
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let record = storage.records(&[key]).await.unwrap().remove(0);
    for home in &homes {
        assert_eq!(record.doc[home], 10, "{home}");
    }
    let ends: Vec<u64> = storage.tops(&homes).await.unwrap().into_iter().map(|top| top.position).collect();
    assert_eq!(ends, [10; 6]);
}
