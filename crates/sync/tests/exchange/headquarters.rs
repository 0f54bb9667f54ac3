//! A real HQ, served in this process from a folder of its own.

use crate::laptop::Chance;
use crate::place::Place;
use chrono::{DateTime, TimeDelta, Utc};
use doorstep_domain::{
    Doc, Kind,
    id::{BranchId, RecordId},
};
use doorstep_hq::{
    Certificate, Config, Hq, Surroundings, Transport,
    storage::{Key, StoredRecord},
};
use doorstep_wire::{EnrolmentCode, limits::Limits};
use std::{
    future::Future,
    net::TcpListener,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;
use tokio::{runtime::Handle, task::JoinHandle};

/// Limits so small that a dozen records take several pages.
pub const SMALL: Limits = Limits {
    push_ops_max: 5,
    body_bytes_max: 16 * 1024 * 1024,
    page_entries_max: 7,
    page_bytes_max: 4 * 1024 * 1024,
    chunk_bytes_max: 64 * 1024,
};

pub struct Headquarters {
    pub hq: Hq,
    pub folder: TempDir,
    _place: Place,
    clock_ms: Arc<AtomicI64>,
    serving: JoinHandle<()>,
}

pub fn start_of_day() -> DateTime<Utc> {
    "2026-11-23T00:30:00Z".parse().unwrap()
}

impl Headquarters {
    pub async fn start() -> Self {
        Self::with(SMALL, Transport::Http).await
    }

    pub async fn secure(certificate: Certificate) -> Self {
        Self::with(SMALL, Transport::Https(certificate)).await
    }

    pub async fn with(limits: Limits, transport: Transport) -> Self {
        Self::open(limits, transport, "hq").await
    }

    /// Another one, with keys of its own.
    pub async fn named(name: &str) -> Self {
        Self::open(SMALL, Transport::Http, name).await
    }

    async fn open(limits: Limits, transport: Transport, name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock_ms = Arc::new(AtomicI64::new(start_of_day().timestamp_millis()));
        let (clock, chance) = (Arc::clone(&clock_ms), Chance::new(name));
        let surroundings = Surroundings::new(
            move || DateTime::from_timestamp_millis(clock.fetch_add(1, Ordering::SeqCst)).unwrap(),
            move |bytes| chance.fill(bytes),
        );
        let data = folder.path().to_owned();
        let place = Place::fresh().await;
        let config = Config { database: place.database(), limits, ..Config::new(data, transport, surroundings) };
        let hq = Hq::open(config).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let ready = hq.prepare(&listener).await.unwrap();
        let served = hq.clone();
        let serving = tokio::spawn(async move {
            served.serve_prepared(ready, listener, std::future::pending()).await.unwrap();
        });
        Self { hq, folder, _place: place, clock_ms, serving }
    }

    /// Where it listens.
    pub async fn address(&self) -> String {
        self.hq.storage().site().await.unwrap().address.unwrap()
    }

    pub async fn code(&self, branch: &str, engineer: &str) -> EnrolmentCode {
        self.hq.issue_code(branch, engineer, TimeDelta::hours(24), None).await.unwrap()
    }

    pub fn pass(&self, time: TimeDelta) {
        self.clock_ms.fetch_add(time.num_milliseconds(), Ordering::SeqCst);
    }

    pub async fn branch(&self, code: &str) -> BranchId {
        doorstep_hq::staff::branch(&self.hq, code).await.unwrap()
    }

    pub async fn all(&self, kind: &Kind) -> Vec<StoredRecord> {
        self.hq.storage().records_of(kind).await.unwrap()
    }

    pub async fn get(&self, kind: &Kind, id: RecordId) -> Option<Doc> {
        self.all(kind).await.into_iter().find(|r| r.key.id == id).map(|r| r.doc)
    }

    pub async fn write(&self, kind: &Kind, id: RecordId, doc: Doc) {
        self.hq.write(vec![(Key::new(kind.clone(), id), doc)]).await.unwrap();
    }

    /// Places that a branch's feed has given out: one for each record that an operation changed.
    pub async fn places(&self, branch: &str) -> u64 {
        let feed = format!("branch:{}", self.branch(branch).await);
        self.hq.storage().tops(&[feed]).await.unwrap()[0].position
    }

    pub fn attachment(&self, hash: &str) -> std::path::PathBuf {
        let path: &Path = self.folder.path();
        path.join("attachments/whole").join(&hash[..2]).join(hash)
    }
}

impl Drop for Headquarters {
    fn drop(&mut self) {
        self.serving.abort();
        let hq = self.hq.clone();
        close(async move { hq.close().await.unwrap() });
    }
}

/// Waits for a database to be closed. SQLCipher tidies up when the process ends, and whatever is open then crashes.
pub fn close(closing: impl Future<Output = ()>) {
    let closing = tokio::time::timeout(Duration::from_secs(30), closing);
    tokio::task::block_in_place(|| Handle::current().block_on(closing)).expect("the database does not close");
}
