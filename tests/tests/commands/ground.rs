//! A real HQ in this process, over HTTPS, with laptops that reach it: everything but the window.

use chrono::{DateTime, TimeDelta, Utc};
use doorstep_app::{App, Clock, Code, Failure, KeyChoice, Options, World};
use doorstep_hq::{Certificate, Config, Hq, Surroundings, Transport};
use doorstep_tests::samples;
use serde_json::{Value, json};
use std::{
    future::Future,
    net::TcpListener,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;
use tokio::{runtime::Handle, task::JoinHandle};

pub const PASSPHRASE: &str = "八个字的口令在此";

/// A clock that people set; each look at it takes a millisecond.
#[derive(Clone)]
pub struct Hands(Arc<AtomicI64>);

impl Hands {
    fn at(moment: &str) -> Self {
        let moment: DateTime<Utc> = moment.parse().unwrap();
        Self(Arc::new(AtomicI64::new(moment.timestamp_millis())))
    }

    pub fn forward(&self, by: TimeDelta) {
        self.0.fetch_add(by.num_milliseconds(), Ordering::SeqCst);
    }
}

impl Clock for Hands {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0.fetch_add(1, Ordering::SeqCst)).unwrap()
    }

    fn zone_minutes(&self, _: DateTime<Utc>) -> i32 {
        480
    }
}

/// HQ, served on a free port.
pub struct Headquarters {
    pub hq: Hq,
    pub clock: Hands,
    _folder: TempDir,
    serving: JoinHandle<()>,
}

impl Headquarters {
    pub async fn start() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let clock = Hands::at("2026-11-23T00:30:00Z");
        let told = clock.clone();
        let surroundings = Surroundings::new(move || told.now(), |bytes| getrandom::fill(bytes).unwrap());
        let transport = Transport::Https(Certificate::SelfMade);
        let config = Config::new(folder.path().to_owned(), transport, surroundings);
        let hq = Hq::open(config).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let ready = hq.prepare(&listener).await.unwrap();
        let served = hq.clone();
        let serving = tokio::spawn(async move {
            served.serve_prepared(ready, listener, std::future::pending()).await.unwrap();
        });
        Self { hq, clock, _folder: folder, serving }
    }

    pub async fn code(&self, branch: &str, engineer: &str) -> String {
        self.hq.issue_code(branch, engineer, TimeDelta::hours(24), None).await.unwrap().to_string()
    }

    /// A laptop of an engineer, enrolled and synced once.
    pub async fn laptop(&self, branch: &str, engineer: &str) -> Laptop {
        let laptop = Laptop::with_a_store().await;
        let code = self.code(branch, engineer).await;
        laptop.call("session_enrol", json!({ "code": code, "device_name": engineer })).await;
        laptop.sync().await;
        laptop
    }

    /// Nobody is there any more.
    pub async fn shut(&self) {
        self.serving.abort();
    }
}

impl Drop for Headquarters {
    fn drop(&mut self) {
        self.serving.abort();
        let hq = self.hq.clone();
        close(async move { hq.close().await.unwrap() });
    }
}

/// A laptop without its window.
pub struct Laptop {
    pub app: Arc<App>,
    pub folder: TempDir,
    pub clock: Hands,
}

impl Laptop {
    /// A laptop as it comes from the shop.
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Hands::at("2026-11-23T01:00:00Z");
        let app = App::open(Self::options(&folder), World::new(clock.clone())).await.unwrap();
        Self { app, folder, clock }
    }

    pub async fn with_a_store() -> Self {
        let laptop = Self::new().await;
        laptop.call("session_create", json!({ "passphrase": PASSPHRASE })).await;
        laptop
    }

    pub fn options(folder: &TempDir) -> Options {
        let (data, documents) = (folder.path().join("data"), folder.path().join("documents"));
        Options { data, documents, key: KeyChoice::Passphrase }
    }

    pub async fn call(&self, name: &str, args: Value) -> Value {
        let shown = args.to_string();
        self.app.call(name, args).await.unwrap_or_else(|failure| panic!("{name} {shown}: {failure:?}"))
    }

    /// A command that must not go through.
    pub async fn refused(&self, name: &str, args: Value) -> Failure {
        let shown = args.to_string();
        match self.app.call(name, args).await {
            Ok(answer) => panic!("{name} {shown} went through: {answer}"),
            Err(failure) => failure,
        }
    }

    pub async fn code_of(&self, name: &str, args: Value) -> Code {
        self.refused(name, args).await.code
    }

    /// Syncs to the end.
    pub async fn sync(&self) -> Value {
        let mut state = self.call("sync_start", json!({})).await;
        let ended = async {
            while state["running"] == true {
                state = self.call("sync_watch", json!({ "after": state["revision"] })).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), ended).await.expect("the sync does not end");
        assert_eq!(state["last_error"], Value::Null);
        state
    }

    pub fn upload(&self, bytes: Vec<u8>) -> String {
        self.app.desk().put(self.app.world(), bytes.into()).unwrap()
    }

    /// The same in two pieces, as the interface hands over what is large.
    pub async fn upload_in_pieces(&self, bytes: &[u8]) -> String {
        let (first, rest) = bytes.split_at(bytes.len() / 2);
        let upload = self.app.upload(None, first.to_vec().into()).await.unwrap();
        self.app.upload(Some(&upload), rest.to_vec().into()).await.unwrap()
    }

    pub fn download(&self, answer: &Value) -> Vec<u8> {
        self.app.desk().take(answer["download"].as_str().unwrap()).unwrap().to_vec()
    }

    pub async fn create(&self, kind: &str, fields: Value) -> String {
        text(&self.call("record_create", json!({ "kind": kind, "fields": fields })).await["id"])
    }

    pub async fn set(&self, kind: &str, id: &str, fields: Value) -> Value {
        self.call("record_set", json!({ "kind": kind, "id": id, "fields": fields })).await
    }

    pub async fn customer(&self, name: &str) -> String {
        self.create("customer", json!({ "name": name, "level": "company" })).await
    }

    pub async fn visit(&self, id: &str) -> Value {
        self.call("visit_get", json!({ "id": id })).await
    }

    pub async fn step(&self, id: &str, step: Value) -> Value {
        self.call("visit_step", json!({ "id": id, "step": step })).await
    }

    pub async fn plan(&self, customer: &str, kind: &str) -> String {
        let args = json!({
            "customer_id": customer, "kind": kind, "subject": "定期回访", "planned_on": null, "installation_id": null,
        });
        text(&self.call("visit_plan", args).await["id"])
    }

    /// A visit where work has begun, with nothing to fill in.
    pub async fn at_work(&self, customer: &str) -> String {
        let visit = self.plan(customer, "return_visit").await;
        for list in list(&self.visit(&visit).await["checklists"]) {
            self.call("checklist_remove", json!({ "visit": visit, "template": list["template_id"] })).await;
        }
        self.step(&visit, json!({ "step": "depart", "at": self.now(), "without_appointment": "客户当面约定" })).await;
        self.step(&visit, json!({ "step": "arrive", "at": self.now() })).await;
        self.step(&visit, json!({ "step": "begin", "at": self.now() })).await;
        visit
    }

    /// Puts a visit before the customer; gives the hash of the text.
    pub async fn present(&self, visit: &str) -> String {
        let file = self.call("visit_present", json!({ "id": visit })).await;
        text(&file["visit"]["signing"]["text_hash"])
    }

    pub fn drawn(&self) -> Value {
        let signature = self.upload(samples::signature().unwrap());
        json!({ "mode": "drawn", "name": "邓𠮷祥", "position": "合同部 部长", "signature": signature })
    }

    /// Puts a visit before the customer, who signs.
    pub async fn signed(&self, visit: &str) -> Value {
        let text_hash = self.present(visit).await;
        let args = json!({ "id": visit, "text_hash": text_hash, "outcome": self.drawn(), "opinion": null });
        self.call("visit_sign", args).await
    }

    pub fn now(&self) -> Value {
        json!(self.clock.now())
    }

    /// A file on this laptop's disk.
    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// The receipt as it is now, on the disk.
    pub async fn receipt(&self, visit: &str, revision: Option<u32>) -> PathBuf {
        let args = json!({ "visit": visit, "revision": revision, "language": "zh", "reprint": false });
        let opened = self.call("receipt_open", args).await;
        self.file("receipt.pdf", &self.download(&opened))
    }
}

impl Drop for Laptop {
    fn drop(&mut self) {
        let app = Arc::clone(&self.app);
        close(async move { app.close().await });
    }
}

/// Waits for a database to be closed. SQLCipher tidies up when the process ends, and whatever is open then crashes.
fn close(closing: impl Future<Output = ()>) {
    let closing = tokio::time::timeout(Duration::from_secs(30), closing);
    tokio::task::block_in_place(|| Handle::current().block_on(closing)).expect("the database does not close");
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned()
}

pub fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("not a list: {value}"))
}
