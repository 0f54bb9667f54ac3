//! A house to test in: HQ served on a free port, with a clock that the test sets, and laptops enrolled in it.

use crate::place::Place;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use doorstep_domain::{Code, Doc, Kind, id::RecordId, merge::Change};
use doorstep_hq::{Config, Hq, Surroundings, Transport, storage::Database};
use doorstep_wire::{
    Challenge, ChallengeAsk, Enrol, Enrolled, EnrolmentCode, ErrorBody, Hello, HelloReply, Op, Outcome, PROTOCOL, Page,
    Proof, Pull, Push, PushReply, limits::Limits, path,
};
use ed25519_dalek::{Signer, SigningKey};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{
    net::TcpListener,
    path::Path,
    sync::{Arc, Mutex},
};
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle};

/// A clock that stands until it is moved.
#[derive(Clone)]
pub struct Clock(Arc<Mutex<DateTime<Utc>>>);

impl Clock {
    pub fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
    pub fn forward(&self, by: TimeDelta) {
        *self.0.lock().unwrap() += by;
    }
}

pub fn surroundings(clock: &Clock) -> Surroundings {
    let clock = clock.clone();
    Surroundings::new(move || clock.now(), |bytes| getrandom::fill(bytes).unwrap())
}

pub fn clock() -> Clock {
    Clock(Arc::new(Mutex::new(Utc.with_ymd_and_hms(2026, 11, 23, 9, 0, 0).unwrap())))
}

pub fn config(data: &Path, limits: Limits, clock: &Clock) -> Config {
    Config { limits, ..Config::new(data.to_owned(), Transport::Http, surroundings(clock)) }
}

pub struct House {
    pub hq: Hq,
    pub base: String,
    pub clock: Clock,
    pub folder: TempDir,
    pub place: Place,
    database: Database,
    limits: Limits,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
}

impl House {
    pub async fn open() -> Self {
        Self::open_with(Limits::default()).await
    }

    pub async fn open_with(limits: Limits) -> Self {
        let place = Place::fresh().await;
        let database = place.database();
        Self::serve(tempfile::tempdir().unwrap(), place, database, limits, clock()).await
    }

    /// HQ in a folder, on a database of `place` or on another.
    pub async fn serve(folder: TempDir, place: Place, database: Database, limits: Limits, clock: Clock) -> Self {
        let data = folder.path().join("hq");
        let config = Config { database, ..config(&data, limits, &clock) };
        Self::serve_config(folder, place, config, clock).await
    }

    /// HQ as it is configured.
    pub async fn serve_config(folder: TempDir, place: Place, config: Config, clock: Clock) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (database, limits) = (config.database.clone(), config.limits);
        let hq = Hq::open(config).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let ready = hq.prepare(&listener).await.unwrap();
        let base = ready.address.clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let server = hq.clone();
        let serving = tokio::spawn(async move {
            let stop = async {
                let _ = stopped.await;
            };
            server.serve_prepared(ready, listener, stop).await.unwrap();
        });
        Self { hq, base, clock, folder, place, database, limits, stop: Some(stop), serving }
    }

    /// Stops HQ.
    pub async fn stop(mut self) -> (TempDir, Place, Database, Limits, Clock) {
        self.stop.take().unwrap().send(()).unwrap();
        self.serving.await.unwrap();
        self.hq.close().await.unwrap();
        (self.folder, self.place, self.database, self.limits, self.clock)
    }

    /// Stops HQ and starts it again in the same folder, on another port.
    pub async fn restart(self) -> Self {
        let (folder, place, database, limits, clock) = self.stop().await;
        Self::serve(folder, place, database, limits, clock).await
    }

    pub async fn code(&self, branch: &str, engineer: &str) -> EnrolmentCode {
        self.hq.issue_code(branch, engineer, TimeDelta::hours(72), None).await.unwrap()
    }

    pub async fn laptop(&self, branch: &str, engineer: &str) -> Laptop {
        Laptop::enrolled(&self.base, &self.code(branch, engineer).await, &self.clock).await
    }
}

pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

pub fn enrol(code: &EnrolmentCode, key: &SigningKey) -> Enrol {
    Enrol {
        protocol: PROTOCOL,
        secret: URL_SAFE_NO_PAD.encode(code.secret),
        device_name: "笔记本".to_owned(),
        device_key: STANDARD.encode(key.verifying_key().as_bytes()),
        app_version: "0.1.0".to_owned(),
        proof: None,
    }
}

/// The same, with the key's signature over a challenge of HQ's.
pub async fn proved(base: &str, asked: Enrol, key: &SigningKey) -> Enrol {
    let ask = ChallengeAsk { device_key: asked.device_key.clone() };
    let Challenge { challenge } = post(base, path::CHALLENGE, None, &ask).await.unwrap();
    let signature = STANDARD.encode(key.sign(&asked.signed(&challenge)).to_bytes());
    Enrol { proof: Some(Proof { challenge, signature }), ..asked }
}

/// Posts a message, compressed as laptops do, and reads the answer or the error.
pub async fn post<A: DeserializeOwned>(
    base: &str,
    path: &str,
    token: Option<&str>,
    message: &impl Serialize,
) -> Result<A, ErrorBody> {
    let body = zstd::bulk::compress(&serde_json::to_vec(message).unwrap(), 3).unwrap();
    let mut request = reqwest::Client::new()
        .post(format!("{base}{path}"))
        .header("content-type", "application/json")
        .header("content-encoding", "zstd")
        .body(body);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let answer = request.send().await.unwrap();
    let status = answer.status();
    assert!(answer.headers().contains_key("x-request-id"));
    let bytes = answer.bytes().await.unwrap();
    if status.is_success() {
        return Ok(serde_json::from_slice(&bytes).unwrap());
    }
    let said: ErrorBody = serde_json::from_slice(&bytes).unwrap();
    let of_hq = matches!(said.code, Code::Busy | Code::Internal | Code::HqCannotStore | Code::HqDamaged);
    assert!(of_hq || status.is_client_error(), "{status} says that HQ failed, and {said:?} does not");
    Err(said)
}

/// A laptop as HQ knows it: an identity and a sequence.
#[derive(Clone)]
pub struct Laptop {
    pub base: String,
    pub key: SigningKey,
    pub enrolled: Enrolled,
    pub incarnation: u32,
    pub seq: u64,
    pub clock: Clock,
}

impl Laptop {
    /// A laptop that HQ at `base` enrols with this code.
    pub async fn enrolled(base: &str, code: &EnrolmentCode, clock: &Clock) -> Self {
        let key = SigningKey::from_bytes(&random());
        let asked = proved(base, enrol(code, &key), &key).await;
        let enrolled: Enrolled = post(base, path::ENROL, None, &asked).await.unwrap();
        Self { base: base.to_owned(), key, enrolled, incarnation: 1, seq: 0, clock: clock.clone() }
    }

    pub fn branch(&self) -> String {
        format!("branch:{}", self.enrolled.branch_id)
    }

    /// The next operation: fields with their values and the versions the author saw.
    pub fn op(&mut self, kind: Kind, id: RecordId, fields: &[(&str, Value, u64)]) -> Op {
        self.seq += 1;
        let fields = fields
            .iter()
            .map(|(name, value, base)| ((*name).to_owned(), Change { value: value.clone(), base: *base }))
            .collect();
        Op { seq: self.seq, kind, id, fields, seen: 0, seen_visit: 0, at: self.clock.now() }
    }

    /// The operation that makes a customer of this laptop's branch.
    pub fn customer(&mut self, id: RecordId, name: &str) -> Op {
        let branch = Value::from(self.enrolled.branch_id.to_string());
        self.op(Kind::CUSTOMER, id, &[("branch_id", branch, 0), ("name", name.into(), 0)])
    }

    pub async fn post<A: DeserializeOwned>(&self, path: &str, message: &impl Serialize) -> Result<A, ErrorBody> {
        post(&self.base, path, Some(&self.enrolled.token), message).await
    }

    pub async fn push(&self, ops: &[Op]) -> Result<PushReply, ErrorBody> {
        self.post(path::PUSH, &Push { incarnation: self.incarnation, ops: ops.to_vec() }).await
    }

    /// Pushes one operation that HQ must answer, and gives back what became of it.
    pub async fn push_one(&self, op: &Op) -> Outcome {
        let reply = self.push(std::slice::from_ref(op)).await.unwrap();
        assert_eq!(reply.acks.len(), 1);
        assert_eq!(reply.acked_seq, op.seq);
        reply.acks[0].outcome.clone()
    }

    pub async fn hello(&self) -> Result<HelloReply, ErrorBody> {
        let hello = Hello {
            protocol: PROTOCOL,
            app_version: "0.1.0".to_owned(),
            incarnation: self.incarnation,
            last_seq: self.seq,
            acked_seq: 0,
            site_epoch: self.enrolled.site_epoch,
            clock: self.clock.now(),
        };
        self.post(path::HELLO, &hello).await
    }

    pub async fn page(&self, feed: &str, after: u64) -> Result<Page, ErrorBody> {
        let pull = Pull { feed: feed.to_owned(), after, site_epoch: self.enrolled.site_epoch, fresh_until: 0 };
        self.post(path::PULL, &pull).await
    }

    /// Pulls a feed to its end, and gives back its pages.
    pub async fn pages(&self, feed: &str) -> Vec<Page> {
        let mut pages = Vec::new();
        let mut after = 0;
        loop {
            let page = self.page(feed, after).await.unwrap();
            assert!(page.next > after || !page.more, "a page that goes nowhere");
            after = page.next;
            let more = page.more;
            pages.push(page);
            if !more {
                return pages;
            }
        }
    }

    /// The latest state of a record in the branch's feed.
    pub async fn record(&self, id: RecordId) -> Option<Doc> {
        let pages = self.pages(&self.branch()).await;
        let entry = pages.into_iter().flat_map(|p| p.entries).find(|e| e.id == id)?;
        match entry.body {
            doorstep_wire::EntryBody::State(state) => Some(state.doc),
            doorstep_wire::EntryBody::Left => None,
        }
    }

    /// Records of a kind in the branch's feed.
    pub async fn records(&self, kind: &Kind) -> Vec<(RecordId, Doc)> {
        let pages = self.pages(&self.branch()).await;
        let entries = pages.into_iter().flat_map(|p| p.entries).filter(|e| e.kind == *kind);
        entries
            .filter_map(|e| match e.body {
                doorstep_wire::EntryBody::State(state) => Some((e.id, state.doc)),
                doorstep_wire::EntryBody::Left => None,
            })
            .collect()
    }
}

pub fn id() -> RecordId {
    RecordId::new(Utc.with_ymd_and_hms(2026, 11, 23, 8, 0, 0).unwrap(), random())
}

pub fn accepted(outcome: &Outcome) -> u64 {
    match outcome {
        Outcome::Accepted { version, conflicts } if conflicts.is_empty() => *version,
        other => panic!("not accepted as it was: {other:?}"),
    }
}

pub fn refused(outcome: &Outcome) -> Code {
    match outcome {
        Outcome::Refused { code, .. } => *code,
        other => panic!("not refused: {other:?}"),
    }
}
