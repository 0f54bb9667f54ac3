//! A real encrypted store in a folder of its own.

use chrono::{DateTime, TimeZone, Utc};
use doorstep_domain::{Doc, Kind, id::RecordId, merge::Version};
use doorstep_store::{Edit, Folder, Store, StoreKey};
use doorstep_wire::{Entry, EntryBody, Page, RecordState};
use serde_json::Value;

pub struct Ground {
    pub store: Store,
    pub home: tempfile::TempDir,
}

pub async fn ground() -> Ground {
    let home = tempfile::tempdir().unwrap();
    let folder = Folder::lock(&home.path().join("data")).unwrap();
    Ground { store: Store::open(folder, StoreKey::from_bytes([7; 32])).await.unwrap(), home }
}

pub fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 23, 8, 0, 0).unwrap()
}

pub fn id(number: u128) -> RecordId {
    RecordId(uuid::Uuid::from_u128(number))
}

pub fn doc(value: Value) -> Doc {
    serde_json::from_value(value).unwrap()
}

pub async fn put(store: &Store, number: u128, patch: Value) {
    let mut write = store.write().await.unwrap();
    write.put(now(), &Edit { kind: Kind::CUSTOMER, id: id(number), patch: doc(patch) }).await.unwrap();
    write.commit().await.unwrap();
}

pub async fn seen(store: &Store, number: u128) -> Option<Value> {
    store.get(&Kind::CUSTOMER, id(number)).await.unwrap().map(|record| Value::Object(record.doc))
}

/// A page of `branch` with one customer as HQ has it: every field at `version`.
pub fn page(position: u64, number: u128, version: Version, fields: Value) -> Page {
    let doc = doc(fields);
    let versions = doc.keys().map(|field| (field.clone(), version)).collect();
    entries(position, number, EntryBody::State(RecordState { version, doc, versions }))
}

pub fn entries(position: u64, number: u128, body: EntryBody) -> Page {
    let entry = Entry { position, kind: Kind::CUSTOMER, id: id(number), body };
    Page { feed: "branch:1".into(), entries: vec![entry], next: position, more: false, end: position }
}

pub async fn apply(store: &Store, page: &Page) {
    let mut write = store.write().await.unwrap();
    write.apply(now(), page).await.unwrap();
    write.commit().await.unwrap();
}
