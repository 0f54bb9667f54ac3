//! A laptop: a real encrypted store in a folder of its own, with a clock and chance that tests set.

use crate::{
    headquarters::{self, Headquarters, start_of_day},
    line::Line,
};
use chrono::{DateTime, TimeDelta};
use doorstep_domain::{Doc, Kind, id::RecordId};
use doorstep_store::{Edit, Folder, Identity, Store, StoreKey, Stored};
use doorstep_sync::{Error, Exchange, Https, Patience, Summary, Surroundings, enrol};
use serde_json::{Value, json};
use std::{
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;

/// Chance that is the same whenever its name is.
#[derive(Clone)]
pub struct Chance(Arc<Mutex<blake3::OutputReader>>);

impl Chance {
    pub fn new(name: &str) -> Self {
        Self(Arc::new(Mutex::new(blake3::Hasher::new().update(name.as_bytes()).finalize_xof())))
    }

    pub fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().unwrap().fill(bytes);
    }

    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// A number below `end`.
    pub fn below(&self, end: u64) -> u64 {
        u64::from_le_bytes(self.bytes()) % end
    }
}

pub struct Laptop {
    pub store: Store,
    pub surroundings: Surroundings,
    pub chance: Chance,
    _folder: Option<TempDir>,
}

/// Short pauses: what is tested is that there is another try, not how long it waits.
pub const PATIENCE: Patience = Patience { tries_max: 3, first_pause: Duration::from_millis(1) };

impl Laptop {
    /// A laptop that is not enrolled. Its clock is off by `clock_off`.
    pub async fn new(name: &str, clock_off: TimeDelta) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut laptop = Self::open(folder.path(), name, clock_off).await;
        laptop._folder = Some(folder);
        laptop
    }

    /// The laptop whose data is in `path`.
    pub async fn open(path: &Path, name: &str, clock_off: TimeDelta) -> Self {
        let chance = Chance::new(name);
        let clock_ms = AtomicI64::new((start_of_day() + clock_off).timestamp_millis());
        let draw = chance.clone();
        let surroundings = Surroundings::new(
            move || DateTime::from_timestamp_millis(clock_ms.fetch_add(1, Ordering::SeqCst)).unwrap(),
            move |bytes| draw.fill(bytes),
        );
        let store = Store::open(Folder::lock(path).unwrap(), StoreKey::from_bytes([42; 32])).await.unwrap();
        Self { store, surroundings, chance, _folder: None }
    }

    pub async fn enrolled(name: &str, hq: &Headquarters, branch: &str) -> Self {
        let laptop = Self::new(name, TimeDelta::zero()).await;
        laptop.enrol(hq, branch, name).await;
        laptop
    }

    pub async fn enrol(&self, hq: &Headquarters, branch: &str, engineer: &str) {
        let code = hq.code(branch, engineer).await;
        let line = Https::by_code(&code).unwrap();
        enrol(&self.store, &line, &code, "laptop", &self.surroundings).await.unwrap();
    }

    pub async fn identity(&self) -> Identity {
        self.store.identity().await.unwrap().unwrap()
    }

    pub async fn https(&self) -> Https {
        Https::by_identity(&self.identity().await).unwrap()
    }

    pub async fn https_over(&self, line: &Line) -> Https {
        Https::by_identity(&Identity { hq_address: line.address(), ..self.identity().await }).unwrap()
    }

    pub fn exchange<'a>(&'a self, https: &'a Https) -> Exchange<'a, Https> {
        Exchange::new(&self.store, https, &self.surroundings).with_patience(PATIENCE)
    }

    pub async fn sync(&self) -> Summary {
        self.exchange(&self.https().await).run().await.unwrap()
    }

    pub async fn sync_over(&self, line: &Line) -> Result<Summary, Error> {
        self.exchange(&self.https_over(line).await).run().await
    }

    pub fn new_id(&self) -> RecordId {
        RecordId::new(self.surroundings.now(), self.chance.bytes())
    }

    /// Changes a record.
    pub async fn set(&self, kind: &Kind, id: RecordId, fields: Value) {
        let Value::Object(patch) = fields else { panic!("fields are an object") };
        let mut write = self.store.write().await.unwrap();
        let edit = Edit { kind: kind.clone(), id, patch };
        write.put(self.surroundings.now(), &edit).await.unwrap();
        write.commit().await.unwrap();
    }

    /// Adds a customer of the laptop's branch.
    pub async fn add_customer(&self, name: &str) -> RecordId {
        let id = self.new_id();
        let branch = self.identity().await.branch_id;
        self.set(&Kind::CUSTOMER, id, json!({"name": name, "branch_id": branch})).await;
        id
    }

    /// Adds a visit with a photo of these bytes; returns the photo's hash.
    pub async fn add_photo(&self, bytes: &[u8]) -> String {
        let branch = self.identity().await.branch_id;
        let visit = self.new_id();
        self.set(&Kind::VISIT, visit, json!({"branch_id": branch, "subject": "上门"})).await;
        let hash = self.store.blobs().put(bytes, self.chance.bytes()).unwrap();
        let fields = json!({
            "branch_id": branch, "visit_id": visit, "role": "photo", "name": "现场.jpg",
            "media_type": "image/jpeg", "bytes": bytes.len(), "hash": hash,
        });
        self.set(&Kind::ATTACHMENT, self.new_id(), fields).await;
        let mut write = self.store.write().await.unwrap();
        write.blob_added(&hash, bytes.len() as u64).await.unwrap();
        write.commit().await.unwrap();
        hash
    }

    pub async fn get(&self, kind: &Kind, id: RecordId) -> Option<Stored> {
        self.store.get(kind, id).await.unwrap()
    }

    pub async fn doc(&self, kind: &Kind, id: RecordId) -> Doc {
        self.get(kind, id).await.unwrap().doc
    }

    pub async fn cursor(&self, feed: &str) -> u64 {
        self.store.write().await.unwrap().cursor(feed).await.unwrap()
    }

    /// A connection beside the program, as somebody who has the key may open one.
    async fn beside(&self) -> sqlx::SqliteConnection {
        use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};
        let options = SqliteConnectOptions::new().filename(self.store.folder().database());
        let options = options.pragma("key", format!("\"x'{}'\"", hex::encode(self.store.key().bytes())));
        options.disable_statement_logging().connect().await.unwrap()
    }

    /// Changes rows behind the program's back: `sql` with the id as its parameter.
    pub async fn break_with(&self, sql: &'static str, id: RecordId) {
        use sqlx::Connection;
        let mut beside = self.beside().await;
        let done = sqlx::query(sql).bind(id.to_string()).execute(&mut beside).await.unwrap();
        assert_eq!(done.rows_affected(), 1);
        beside.close().await.unwrap();
    }

    /// Rows as they lie in the database.
    pub async fn rows<R>(&self, sql: &'static str) -> Vec<R>
    where
        R: Send + Unpin + for<'r> sqlx::FromRow<'r, sqlx::sqlite::SqliteRow>,
    {
        use sqlx::Connection;
        let mut beside = self.beside().await;
        let rows = sqlx::query_as(sql).fetch_all(&mut beside).await.unwrap();
        beside.close().await.unwrap();
        rows
    }

    /// Whether nothing waits, in either direction.
    pub async fn assert_quiet(&self) {
        assert_eq!(self.store.queue(10).await.unwrap(), []);
        let counts = self.store.sync_counts().await.unwrap();
        assert_eq!((counts.waiting, counts.waiting_files, counts.refused), (0, 0, 0));
    }
}

impl Drop for Laptop {
    fn drop(&mut self) {
        headquarters::close(self.store.close());
    }
}

/// Copies a folder, as a person or a backup would.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target)
        } else {
            std::fs::copy(entry.path(), target).map(drop).unwrap()
        }
    }
}
