//! HTTPS to HQ, its key pinned; plain HTTP only to this very machine.

use super::{Arriving, Held, Transport, answer, pin, stall};
use crate::{Error, Result};
use bytes::Bytes;
use doorstep_domain::{Code, Refusal};
use doorstep_store::Identity;
use doorstep_wire::{
    BucketAsk, BucketPage, Challenge, ChallengeAsk, Digest, DigestAsk, Enrol, Enrolled, EnrolmentCode, Hello,
    HelloReply, Missing, MissingAsk, Offer, OfferReply, Page, Pull, Push, PushReply, Recovery, UPLOAD_LENGTH,
    UPLOAD_OFFSET, path,
};
use futures_util::{StreamExt, stream};
use reqwest::{
    Client, Method, RequestBuilder, Response, StatusCode, Url,
    header::{
        ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HeaderValue,
        RANGE,
    },
    redirect::Policy,
};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    error::Error as _,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::watch;

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// How long nothing may move on the line.
const STALL: Duration = Duration::from_secs(60);
/// Bodies below this are sent as they are.
const COMPRESS_BYTES_MIN: usize = 512;
/// Level 1 already takes nine tenths of a push away; higher ones cost more time than they save on the line.
const COMPRESS_LEVEL: i32 = 1;

/// An address of HQ's.
#[derive(Debug)]
struct Place {
    client: Client,
    base: String,
}

impl Place {
    fn new(address: &str, tls: rustls::ClientConfig) -> Result<Self> {
        let local = is_loopback(&address_of(address)?);
        let mut builder = Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .http1_only();
        if local {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|e| Error::Fault(e.into()))?;
        Ok(Self { client, base: address.trim_end_matches('/').to_owned() })
    }
}

/// The line to HQ.
#[derive(Debug, Clone)]
pub struct Https {
    /// Where HQ is as far as is known, and where else it may be.
    places: Arc<[Arc<Place>]>,
    /// The one that is asked.
    current: Arc<Mutex<Arc<Place>>>,
    served: pin::Served,
    token: Option<HeaderValue>,
    stall: Duration,
}

impl Https {
    /// The line that an enrolment code names.
    ///
    /// # Errors
    /// [`Code::CodeWrong`] when its address is none, or plain HTTP to another machine.
    pub fn by_code(code: &EnrolmentCode) -> Result<Self> {
        Self::new(&code.address, &[], vec![code.key_fingerprint])
    }

    /// The line of an enrolled laptop.
    ///
    /// # Errors
    /// As [`Https::by_code`].
    pub fn by_identity(identity: &Identity) -> Result<Self> {
        let mut keys = vec![fingerprint(&identity.hq_key_fingerprint)?];
        if let Some(next) = &identity.hq_next_key {
            keys.push(fingerprint(next)?);
        }
        let others = [&identity.hq_next_address, &identity.hq_former_address].into_iter().flatten();
        let others = others.map(String::as_str).filter(|other| is_address(other));
        Self::new(&identity.hq_address, &others.collect::<Vec<_>>(), keys)?.with_token(&identity.token)
    }

    /// The same, giving up when nothing moved for as long as `stall`.
    #[must_use]
    pub fn with_stall(self, stall: Duration) -> Self {
        Self { stall, ..self }
    }

    fn new(address: &str, others: &[&str], keys: Vec<[u8; 32]>) -> Result<Self> {
        let served = pin::Served::default();
        let tls = pin::config(keys, served.clone()).map_err(|e| Error::Fault(e.into()))?;
        let place = |address: &str| Ok::<_, Error>(Arc::new(Place::new(address, tls.clone())?));
        let first = place(address)?;
        let mut places = vec![Arc::clone(&first)];
        for other in others {
            places.push(place(other)?);
        }
        let current = Arc::new(Mutex::new(first));
        Ok(Self { places: places.into(), current, served, token: None, stall: STALL })
    }

    fn place(&self) -> Arc<Place> {
        Arc::clone(&self.current.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn ask_at(&self, place: &Arc<Place>) {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(place);
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let place = self.place();
        let request = place.client.request(method, format!("{}{path}", place.base));
        match &self.token {
            Some(token) => request.header(AUTHORIZATION, token.clone()),
            None => request,
        }
    }

    async fn send(&self, request: RequestBuilder, bytes: Bytes) -> Result<Response> {
        let (alive, signs) = watch::channel(());
        let request = if bytes.is_empty() {
            request
        } else {
            request.header(CONTENT_LENGTH, bytes.len()).body(stall::body(bytes, alive))
        };
        stall::unless_stalled(self.stall, signs, async { request.send().await.map_err(broken) }).await
    }

    async fn post(&self, path: &str, message: &impl Serialize) -> Result<Response> {
        let json = serde_json::to_vec(message).map_err(|e| Error::Fault(e.into()))?;
        let request = self.request(Method::POST, path);
        let request = request.header(CONTENT_TYPE, "application/json").header(ACCEPT_ENCODING, "zstd");
        if json.len() < COMPRESS_BYTES_MIN {
            return self.send(request, json.into()).await;
        }
        let zstd = zstd::encode_all(json.as_slice(), COMPRESS_LEVEL).map_err(|e| Error::Fault(e.into()))?;
        self.send(request.header(CONTENT_ENCODING, "zstd"), zstd.into()).await
    }

    async fn ask<R: DeserializeOwned>(&self, path: &str, message: &impl Serialize, bytes_max: usize) -> Result<R> {
        answer::json(self.post(path, message).await?, bytes_max, self.stall).await
    }
}

impl Transport for Https {
    async fn challenge(&self, ask: &ChallengeAsk) -> Result<Challenge> {
        self.ask(path::CHALLENGE, ask, answer::NOTE_BYTES_MAX).await
    }

    async fn enrol(&self, asked: &Enrol) -> Result<Enrolled> {
        self.ask(path::ENROL, asked, answer::NOTE_BYTES_MAX).await
    }

    async fn recovery(&self, sealed: &Recovery) -> Result<()> {
        let response = answer::success(self.post(path::RECOVERY, sealed).await?, self.stall).await?;
        match response.status() {
            StatusCode::NO_CONTENT => Ok(()),
            status => Err(Error::NotHq(format!("it answered {status}, which HQ never does"))),
        }
    }

    async fn hello(&self, hello: &Hello) -> Result<HelloReply> {
        let known = self.place();
        let answered = self.ask(path::HELLO, hello, answer::NOTE_BYTES_MAX).await;
        let Err(error) = &answered else { return answered };
        if !is_elsewhere(error) {
            return answered;
        }
        for other in self.places.iter().filter(|place| !Arc::ptr_eq(place, &known)) {
            self.ask_at(other);
            match self.ask(path::HELLO, hello, answer::NOTE_BYTES_MAX).await {
                Err(error) if is_elsewhere(&error) => {}
                found => return found,
            }
        }
        self.ask_at(&known);
        answered
    }

    async fn push(&self, push: &Push) -> Result<PushReply> {
        self.ask(path::PUSH, push, answer::ACKS_BYTES_MAX).await
    }

    async fn pull(&self, pull: &Pull) -> Result<Page> {
        self.ask(path::PULL, pull, answer::PAGE_BYTES_MAX).await
    }

    async fn digest(&self, ask: &DigestAsk) -> Result<Digest> {
        self.ask(path::DIGEST, ask, answer::SUMS_BYTES_MAX).await
    }

    async fn bucket(&self, ask: &BucketAsk) -> Result<BucketPage> {
        self.ask(path::BUCKET, ask, answer::PAGE_BYTES_MAX).await
    }

    async fn offer(&self, offer: &Offer) -> Result<OfferReply> {
        self.ask(path::OFFER, offer, answer::ACKS_BYTES_MAX).await
    }

    async fn missing(&self, ask: &MissingAsk) -> Result<Missing> {
        self.ask(path::MISSING, ask, answer::NOTE_BYTES_MAX).await
    }

    async fn held(&self, hash: &str) -> Result<Held> {
        let response = self.send(self.request(Method::HEAD, &path::attachment(hash)), Bytes::new()).await?;
        if response.status().is_success() { held(&response) } else { Err(answer::bare(&response)) }
    }

    async fn upload(&self, hash: &str, offset: u64, length: u64, chunk: Bytes) -> Result<Held> {
        let request = self.request(Method::PATCH, &path::attachment(hash));
        let request = request
            .header(CONTENT_TYPE, "application/octet-stream")
            .header(UPLOAD_OFFSET, offset)
            .header(UPLOAD_LENGTH, length);
        let response = self.send(request, chunk).await?;
        held(&answer::success(response, self.stall).await?)
    }

    async fn download(&self, hash: &str, offset: u64) -> Result<Arriving> {
        let request = self.request(Method::GET, &path::attachment(hash)).header(RANGE, format!("bytes={offset}-"));
        let response = answer::success(self.send(request, Bytes::new()).await?, self.stall).await?;
        if response.status() != StatusCode::PARTIAL_CONTENT || first_byte(&response) != Some(offset) {
            return Err(Error::NotHq("it answered with other bytes than those asked for".into()));
        }
        let stall = self.stall;
        let pieces = stream::try_unfold(response, move |mut response| async move {
            Ok(stall::next(&mut response, stall).await?.map(|piece| (piece, response)))
        });
        Ok(pieces.boxed())
    }

    fn served_at(&self) -> Option<String> {
        Some(self.place().base.clone())
    }

    fn served_key(&self) -> Option<String> {
        self.served.last().map(hex::encode)
    }

    fn with_token(&self, token: &str) -> Result<Self> {
        let value = HeaderValue::from_str(&format!("Bearer {token}"));
        let mut value = value.map_err(|_| Error::Unfit("a token that HTTP cannot carry"))?;
        value.set_sensitive(true);
        Ok(Self { token: Some(value), ..self.clone() })
    }
}

fn held(response: &Response) -> Result<Held> {
    let bytes = answer::number(response, UPLOAD_OFFSET)
        .ok_or_else(|| Error::NotHq("an answer without the number of bytes HQ has".into()))?;
    Ok(Held { bytes, whole: answer::number(response, UPLOAD_LENGTH) == Some(bytes) })
}

/// The first byte of a `Content-Range`.
fn first_byte(response: &Response) -> Option<u64> {
    let range = response.headers().get(CONTENT_RANGE)?.to_str().ok()?;
    range.strip_prefix("bytes ")?.split_once('-')?.0.parse().ok()
}

fn fingerprint(hex: &str) -> Result<[u8; 32]> {
    let bytes = hex::decode(hex).ok().and_then(|b| b.try_into().ok());
    bytes.ok_or_else(|| wrong_address("the fingerprint of HQ's key is not one"))
}

/// Whether HQ may be found at another address: nobody answered at this one, or somebody who is not HQ.
fn is_elsewhere(error: &Error) -> bool {
    matches!(error.code(), Code::HqUnreachable | Code::NotHq | Code::HqKeyMismatch)
}

/// Whether laptops may reach HQ at `address`: HTTPS, or plain HTTP on this very machine.
pub(crate) fn is_address(address: &str) -> bool {
    address_of(address).is_ok()
}

fn address_of(address: &str) -> Result<Url> {
    let url = Url::parse(address).map_err(|_| wrong_address("the address of HQ is not one"))?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        _ => Err(wrong_address("HQ's address must begin with https")),
    }
}

fn wrong_address(why: &str) -> Error {
    Error::Refused(Refusal::new(Code::CodeWrong, why))
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// What a request that got no answer means. A handshake that fails is not a line that broke: somebody else is there.
fn broken(error: reqwest::Error) -> Error {
    match tls_error(&error) {
        Some(tls) if pin::is_mismatch(tls) => Error::KeyMismatch,
        Some(tls) if error.is_connect() => Error::NotHq(format!("the encrypted connection did not come about: {tls}")),
        _ => Error::Line(error),
    }
}

/// The TLS error at the bottom of a failed request. An `io::Error` does not give what it holds as its source, so
/// that it has to be looked into.
fn tls_error(error: &reqwest::Error) -> Option<&rustls::Error> {
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(tls) = inner.downcast_ref::<rustls::Error>() {
            return Some(tls);
        }
        source = match inner.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(held) => Some(held),
            None => inner.source(),
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(address: &str) -> EnrolmentCode {
        EnrolmentCode { address: address.into(), key_fingerprint: [1; 32], secret: [2; 16] }
    }

    #[test]
    fn plain_http_goes_to_this_machine_only() {
        for address in ["http://127.0.0.1:7443", "http://[::1]:7443", "http://localhost:7443", "https://hq.example"] {
            assert!(Https::by_code(&code(address)).is_ok(), "{address}");
        }
        for address in ["http://hq.example", "http://10.0.0.7", "http://localhost.example", "ftp://127.0.0.1", "hq", ""]
        {
            let refused = Https::by_code(&code(address)).unwrap_err();
            assert_eq!(refused.code(), Code::CodeWrong, "{address}");
        }
    }

    #[test]
    fn a_token_that_http_cannot_carry_is_refused() {
        let line = Https::by_code(&code("https://hq.example")).unwrap();
        assert!(line.with_token("plain").is_ok());
        assert!(matches!(line.with_token("two\r\nlines"), Err(Error::Unfit(_))));
    }
}
