//! The line between a laptop and HQ: every request is laid before the scheduler, which decides what becomes of it.
//!
//! Messages are real bytes, as over HTTP. Nothing is decided here.

use anyhow::{Context, Result as Anyhow};
use bytes::Bytes;
use doorstep_domain::{Code, Refusal};
use doorstep_sync::{
    Error, Result, Summary, Transport,
    transport::{Arriving, Held},
};
use doorstep_wire::{
    BucketAsk, BucketPage, Challenge, ChallengeAsk, Digest, DigestAsk, Enrol, Enrolled, Hello, HelloReply, Missing,
    MissingAsk, Offer, OfferReply, Page, Pull, Push, PushReply, Recovery, UPLOAD_LENGTH, UPLOAD_OFFSET, path,
};
use futures_util::{StreamExt, stream};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::collections::BTreeMap;
use tokio::sync::{mpsc::UnboundedSender, oneshot};

/// What a laptop's exchange tells the scheduler.
#[derive(Debug)]
pub enum Event {
    /// It asks HQ something and waits.
    Asked(Asked),
    /// It ended.
    Ended {
        /// Whose exchange.
        laptop: usize,
        /// How.
        how: Result<Summary>,
    },
}

/// A request that waits for what becomes of it.
#[derive(Debug)]
pub struct Asked {
    /// Who asks.
    pub laptop: usize,
    /// What.
    pub request: Request,
    /// Where the answer goes.
    pub answer: oneshot::Sender<Answer>,
}

/// A request as it goes over the line.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: &'static str,
    /// Its path.
    pub path: String,
    /// Its headers.
    pub headers: BTreeMap<&'static str, String>,
    /// Its body.
    pub body: Bytes,
}

/// HQ's answer as it goes over the line.
#[derive(Debug, Clone)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Its headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Its body.
    pub body: Bytes,
}

/// What a laptop gets for its request.
#[derive(Debug)]
pub enum Answer {
    /// An answer, whole.
    Came(Response),
    /// An answer of which so many bytes came before the line broke.
    Cut(Response, usize),
    /// Nothing: the line broke, or nothing moved.
    Broken,
}

/// One laptop's line.
#[derive(Debug, Clone)]
pub struct Line {
    laptop: usize,
    token: Option<String>,
    events: UnboundedSender<Event>,
}

impl Line {
    /// The line of a laptop; its requests become events.
    #[must_use]
    pub fn new(laptop: usize, token: Option<String>, events: UnboundedSender<Event>) -> Self {
        Self { laptop, token, events }
    }

    async fn send(&self, mut request: Request) -> Result<Answer> {
        if let Some(token) = &self.token {
            request.headers.insert("authorization", format!("Bearer {token}"));
        }
        let (answer, answered) = oneshot::channel();
        self.events.send(Event::Asked(Asked { laptop: self.laptop, request, answer })).map_err(fault)?;
        answered.await.map_err(fault)
    }

    /// The answer, when all of it came and it says that all went well.
    async fn success(&self, request: Request) -> Result<Response> {
        match self.send(request).await? {
            Answer::Came(response) if (200..300).contains(&response.status) => Ok(response),
            Answer::Came(response) => Err(refusal(&response)),
            Answer::Cut(..) | Answer::Broken => Err(broken()),
        }
    }

    async fn ask<R: DeserializeOwned>(&self, path: &str, message: &impl Serialize) -> Result<R> {
        let response = self.success(Request::post(path, message)?).await?;
        serde_json::from_slice(&response.body).map_err(|e| Error::NotHq(format!("an answer that does not read: {e}")))
    }

    async fn ask_held(&self, request: Request) -> Result<Held> {
        let response = self.success(request).await?;
        let number = |name: &str| response.headers.get(name).and_then(|text| text.parse::<u64>().ok());
        let bytes = number(UPLOAD_OFFSET).ok_or_else(|| Error::NotHq("no number of bytes".into()))?;
        Ok(Held { bytes, whole: number(UPLOAD_LENGTH) == Some(bytes) })
    }
}

impl Request {
    /// A message in JSON.
    ///
    /// # Errors
    /// When it is no JSON.
    pub fn post(path: &str, message: &impl Serialize) -> Result<Self> {
        let body = serde_json::to_vec(message).map_err(fault)?.into();
        let headers = BTreeMap::from([("content-type", "application/json".to_owned())]);
        Ok(Self { method: "POST", path: path.to_owned(), headers, body })
    }

    /// A request about the bytes of a file.
    #[must_use]
    pub fn of_bytes(method: &'static str, hash: &str) -> Self {
        Self { method, path: path::attachment(hash), headers: BTreeMap::new(), body: Bytes::new() }
    }

    /// What it is, in a few words.
    #[must_use]
    pub fn name(&self) -> String {
        let path = self.path.strip_prefix("/v1/").unwrap_or(&self.path);
        format!("{} {}", self.method, path.get(..20).unwrap_or(path))
    }

    /// Its message, where it is one of this type.
    ///
    /// # Errors
    /// When it is not.
    pub fn read<T: DeserializeOwned>(&self) -> Anyhow<T> {
        serde_json::from_slice(&self.body).with_context(|| format!("reading {}", self.name()))
    }
}

impl Transport for Line {
    async fn challenge(&self, ask: &ChallengeAsk) -> Result<Challenge> {
        self.ask(path::CHALLENGE, ask).await
    }

    async fn enrol(&self, asked: &Enrol) -> Result<Enrolled> {
        self.ask(path::ENROL, asked).await
    }

    async fn recovery(&self, sealed: &Recovery) -> Result<()> {
        self.success(Request::post(path::RECOVERY, sealed)?).await.map(drop)
    }

    async fn hello(&self, hello: &Hello) -> Result<HelloReply> {
        self.ask(path::HELLO, hello).await
    }

    async fn push(&self, push: &Push) -> Result<PushReply> {
        self.ask(path::PUSH, push).await
    }

    async fn pull(&self, pull: &Pull) -> Result<Page> {
        self.ask(path::PULL, pull).await
    }

    async fn digest(&self, ask: &DigestAsk) -> Result<Digest> {
        self.ask(path::DIGEST, ask).await
    }

    async fn bucket(&self, ask: &BucketAsk) -> Result<BucketPage> {
        self.ask(path::BUCKET, ask).await
    }

    async fn offer(&self, offer: &Offer) -> Result<OfferReply> {
        self.ask(path::OFFER, offer).await
    }

    async fn missing(&self, ask: &MissingAsk) -> Result<Missing> {
        self.ask(path::MISSING, ask).await
    }

    async fn held(&self, hash: &str) -> Result<Held> {
        self.ask_held(Request::of_bytes("HEAD", hash)).await
    }

    async fn upload(&self, hash: &str, offset: u64, length: u64, chunk: Bytes) -> Result<Held> {
        let mut request = Request { body: chunk, ..Request::of_bytes("PATCH", hash) };
        request.headers.insert("content-type", "application/octet-stream".to_owned());
        request.headers.insert(UPLOAD_OFFSET, offset.to_string());
        request.headers.insert(UPLOAD_LENGTH, length.to_string());
        self.ask_held(request).await
    }

    async fn download(&self, hash: &str, offset: u64) -> Result<Arriving> {
        let mut request = Request::of_bytes("GET", hash);
        request.headers.insert("range", format!("bytes={offset}-"));
        let (response, came) = match self.send(request).await? {
            Answer::Came(response) => (response, None),
            Answer::Cut(response, came) => (response, Some(came)),
            Answer::Broken => return Err(broken()),
        };
        match response.status {
            206 => {}
            200..300 => return Err(Error::NotHq("other bytes than those asked for".into())),
            _ => return Err(refusal(&response)),
        }
        let whole = response.body.slice(..came.unwrap_or(usize::MAX).min(response.body.len()));
        // Pieces of a size that no border of the store's own falls on.
        let pieces: Vec<_> = whole.chunks(10_007).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        let end = came.is_some().then(|| Err(broken()));
        Ok(stream::iter(pieces.into_iter().chain(end)).boxed())
    }

    fn with_token(&self, token: &str) -> Result<Self> {
        Ok(Self { token: Some(token.to_owned()), ..self.clone() })
    }
}

fn fault(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::Fault(error.into())
}

fn broken() -> Error {
    Error::Stalled { seconds: 60 }
}

/// What HQ says when it says no. Answers to `HEAD` have no body.
fn refusal(response: &Response) -> Error {
    let status = response.status;
    let said: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let code = match (said.get("code"), status) {
        (Some(code), _) => serde_json::from_value(code.clone()).unwrap_or(Code::Internal),
        (None, 401) => Code::Unauthorized,
        (None, 403) => Code::OutOfScope,
        (None, 404) => Code::NotFound,
        (None, 429 | 503) => Code::Busy,
        (None, 507) => Code::HqCannotStore,
        (None, _) => Code::Internal,
    };
    let text = |name: &str| said.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Error::Answered { refusal: Refusal::new(code, text("detail")), request_id: text("request_id") }
}
