//! HQ and laptops as programs of their own, which can be killed and started again where they were.

use crate::proxy::Proxy;
use anyhow::{Context, Result, ensure};
use doorstep_domain::{Doc, Kind, id::RecordId};
use doorstep_store::{Edit, Folder, Store, StoreKey};
use doorstep_tests::{
    program::{self, Running},
    wait,
};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Mutex,
    time::Duration,
};
use tempfile::TempDir;
use tokio::process::Command;

const PASSPHRASE: &str = "endurance endurance";
/// How long a program may take to start.
const START_MAX: Duration = Duration::from_secs(120);
/// How long one sync may take.
const SYNC_MAX: Duration = Duration::from_secs(1_800);

/// Chance that is the same whenever its name is.
pub struct Chance(Mutex<blake3::OutputReader>);

impl Chance {
    pub fn new(name: &str) -> Self {
        Self(Mutex::new(blake3::Hasher::new().update(name.as_bytes()).finalize_xof()))
    }

    pub fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().unwrap().fill(bytes);
    }

    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    pub fn below(&self, end: u64) -> u64 {
        u64::from_le_bytes(self.bytes()) % end.max(1)
    }
}

/// HQ.
pub struct Headquarters {
    folder: TempDir,
    running: Option<Running>,
    starts: u32,
    pub listens: SocketAddr,
}

impl Headquarters {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listens = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut hq = Self { folder, running: None, starts: 0, listens };
        hq.run().await.unwrap();
        hq
    }

    fn command(&self) -> Command {
        let mut command = Command::new(program::built("doorstep-hq").unwrap());
        command.arg("--data").arg(self.folder.path().join("hq")).env("RUST_LOG", "error");
        command
    }

    async fn run(&mut self) -> Result<()> {
        self.starts += 1;
        let ready = self.folder.path().join(format!("ready-{}.json", self.starts));
        let mut command = self.command();
        command.args(["serve", "--listen", "127.0.0.1:0", "--ready-file"]).arg(&ready);
        self.running = Some(Running::start(&mut command, &self.folder.path().join("hq.log"))?);
        let line = wait::until("HQ's address", START_MAX, || async { Ok(std::fs::read(&ready).ok()) }).await?;
        let line: Value = serde_json::from_slice(&line)?;
        self.listens = line["listen"].as_str().context("HQ said no address")?.parse()?;
        Ok(())
    }

    /// Kills it as a power cut would, and starts it again.
    pub async fn kill(&mut self) {
        self.running.take().unwrap().end().await.unwrap();
        self.run().await.unwrap();
    }

    pub fn id(&self) -> u32 {
        self.running.as_ref().unwrap().id().unwrap()
    }

    async fn code(&self, engineer: &str, address: &str) -> String {
        let mut command = self.command();
        command.args(["enrol", "--branch", "CD", "--engineer", engineer, "--address", address]);
        program::said_by(&mut command).await.unwrap().trim().to_owned()
    }
}

/// A laptop: its host as a program, and its folder for when the host does not run.
pub struct Laptop {
    folder: TempDir,
    key: StoreKey,
    pub line: Proxy,
    host: Option<(Running, String, String)>,
    starts: u32,
}

impl Laptop {
    /// A laptop that is enrolled and has synced once.
    pub async fn enrolled(name: &str, hq: &Headquarters) -> Self {
        // Another test may have done it already.
        drop(rustls::crypto::ring::default_provider().install_default());
        let folder = tempfile::tempdir().unwrap();
        let chance = Chance::new(name);
        let key = StoreKey::from_bytes(chance.bytes());
        let data = Folder::lock(&folder.path().join("data")).unwrap();
        data.begin_store().unwrap();
        key.keep_with_passphrase(&data, PASSPHRASE, chance.bytes(), chance.bytes()).unwrap();
        Store::open(data, key.clone()).await.unwrap().close().await;
        let line = Proxy::to(hq.listens).await;
        let mut laptop = Self { folder, key, line, host: None, starts: 0 };
        laptop.run().await.unwrap();
        let code = hq.code(name, &laptop.line.address()).await;
        laptop.call("session_enrol", json!({"code": code, "device_name": name})).await.unwrap();
        assert_eq!(laptop.sync().await.unwrap(), None);
        laptop
    }

    /// Starts the host.
    pub async fn run(&mut self) -> Result<()> {
        self.starts += 1;
        let log = self.folder.path().join(format!("host-{}.log", self.starts));
        let mut command = Command::new(program::built("doorstep-host")?);
        let place = |name: &str| self.folder.path().join(name);
        command.args(["serve", "--passphrase", "--data"]).arg(place("data"));
        command.arg("--documents").arg(place("documents")).arg("--interface").arg(place("interface"));
        command.env("DOORSTEP_PASSPHRASE", PASSPHRASE).env("RUST_LOG", "error");
        let running = Running::start(&mut command, &log)?;
        let said = wait::until("the host's address", START_MAX, || async {
            let said = std::fs::read_to_string(&log)?;
            Ok(said.lines().find(|line| line.starts_with("http://")).map(str::to_owned))
        });
        let said = said.await?;
        let (address, token) = said.split_once("/#token=").context("no address")?;
        self.host = Some((running, address.to_owned(), token.trim().to_owned()));
        Ok(())
    }

    /// Kills the host as a power cut would.
    pub async fn kill(&mut self) {
        self.host.take().unwrap().0.end().await.unwrap();
    }

    pub fn id(&self) -> u32 {
        self.host.as_ref().unwrap().0.id().unwrap()
    }

    async fn call(&self, name: &str, args: Value) -> Result<Value> {
        let (_, address, token) = self.host.as_ref().context("the host does not run")?;
        let request = reqwest::Client::new().post(format!("{address}/call/{name}")).bearer_auth(token).json(&args);
        let response = request.send().await?;
        let status = response.status();
        let said: Value = response.json().await?;
        ensure!(status.is_success(), "{name}: {said}");
        Ok(said)
    }

    /// A sync to its end; the code of what stopped it, if anything did.
    pub async fn sync(&self) -> Result<Option<String>> {
        let mut state = self.call("sync_start", json!({})).await?;
        let watching = async {
            while state["running"] == true {
                state = self.call("sync_watch", json!({"after": state["revision"]})).await?;
            }
            Ok(state["last_error"]["code"].as_str().map(str::to_owned))
        };
        tokio::time::timeout(SYNC_MAX, watching).await.context("a sync that does not end")?
    }

    /// Its store, while the host does not run.
    pub async fn store(&self) -> Store {
        assert!(self.host.is_none());
        let data = Folder::lock(&self.folder.path().join("data")).unwrap();
        Store::open(data, self.key.clone()).await.unwrap()
    }

    /// Where the bytes of a file lie.
    pub fn file(&self, hash: &str) -> PathBuf {
        let data: &Path = self.folder.path();
        data.join("data/attachments").join(hash)
    }
}

/// Closes a store and lets go of its folder, so that a host can have it.
pub async fn shut(store: Store) {
    store.close().await;
}

/// What somebody wrote: customers by their ids with their names, and files by their hashes with their sizes.
#[derive(Default)]
pub struct Written {
    pub customers: Vec<(RecordId, String)>,
    pub files: Vec<(String, u64)>,
}

/// Writes customers and files of these sizes into a store.
pub async fn write(store: &Store, chance: &Chance, customers: u64, sizes: &[u64], written: &mut Written) {
    let identity = store.identity().await.unwrap().unwrap();
    let now = "2026-11-23T08:00:00Z".parse().unwrap();
    let doc = |fields: Value| -> Doc { serde_json::from_value(fields).unwrap() };
    let mut write = store.write().await.unwrap();
    for _ in 0..customers {
        let id = RecordId::new(now, chance.bytes());
        let name = format!("客户{}", written.customers.len());
        let patch = doc(json!({
            "branch_id": identity.branch_id, "name": name, "address": "四川省成都市武侯区天府大道", "phone": "028-85551234",
        }));
        write.put(now, &Edit { kind: Kind::CUSTOMER, id, patch }).await.unwrap();
        written.customers.push((id, name));
    }
    write.commit().await.unwrap();
    for size in sizes {
        let mut bytes = vec![0; usize::try_from(*size).unwrap()];
        chance.fill(&mut bytes);
        let hash = store.blobs().put(&bytes, chance.bytes()).unwrap();
        let patch = doc(json!({
            "branch_id": identity.branch_id, "role": "file", "name": "现场.bin", "media_type": "application/octet-stream",
            "bytes": size, "hash": hash,
        }));
        let mut write = store.write().await.unwrap();
        let id = RecordId::new(now, chance.bytes());
        write.put(now, &Edit { kind: Kind::ATTACHMENT, id, patch }).await.unwrap();
        write.blob_added(&hash, *size).await.unwrap();
        write.commit().await.unwrap();
        written.files.push((hash, *size));
    }
}

/// That a store has everything that was written, and nothing waits in it.
pub async fn assert_has_all(store: &Store, written: &Written) {
    let counts = store.sync_counts().await.unwrap();
    assert_eq!((counts.waiting, counts.waiting_files, counts.refused, counts.conflicts), (0, 0, 0, 0));
    assert_eq!(store.queue(1).await.unwrap(), [], "nothing waits to come back");
    assert_eq!(store.all(&Kind::CUSTOMER).await.unwrap().len(), written.customers.len(), "none lost, none doubled");
    for (id, name) in &written.customers {
        let record = store.get(&Kind::CUSTOMER, *id).await.unwrap().expect("a customer is lost");
        assert_eq!(record.doc["name"], json!(name));
        assert!(record.hq_version > 0 && !record.pending);
    }
    for (hash, size) in &written.files {
        let bytes = store.blobs().read(hash, usize::try_from(*size).unwrap()).unwrap();
        assert_eq!(bytes.len() as u64, *size);
    }
}
