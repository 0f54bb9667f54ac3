//! A real encrypted store in a folder of its own.

use chrono::{DateTime, TimeZone, Utc};
use doorstep_domain::{Doc, Kind, id::RecordId, merge::Version};
use doorstep_store::{Edit, Folder, Store, StoreKey};
use doorstep_wire::{Entry, EntryBody, Page, RecordState};
use serde_json::Value;
use std::sync::Arc;
use tokio::runtime::Handle;

pub struct Ground {
    pub store: Store,
    pub home: Arc<tempfile::TempDir>,
}

/// SQLCipher tidies up when the process ends, and whatever is open then crashes.
impl Drop for Ground {
    fn drop(&mut self) {
        tokio::task::block_in_place(|| Handle::current().block_on(self.store.close()));
    }
}

pub async fn ground() -> Ground {
    open(Arc::new(tempfile::tempdir().unwrap()), [7; 32]).await.unwrap()
}

pub async fn open(home: Arc<tempfile::TempDir>, key: [u8; 32]) -> doorstep_store::Result<Ground> {
    let folder = Folder::lock(&home.path().join("data"))?;
    Ok(Ground { store: Store::open(folder, StoreKey::from_bytes(key)).await?, home })
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
    Page { feed: "branch:1".into(), entries: vec![entry], next: position, more: false, end: position, root: None }
}

pub async fn apply(store: &Store, page: &Page) {
    let mut write = store.write().await.unwrap();
    write.apply(now(), page).await.unwrap();
    write.commit().await.unwrap();
}
