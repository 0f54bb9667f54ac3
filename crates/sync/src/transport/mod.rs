//! How messages get to HQ and back. The steps know only [`Transport`]; [`Https`] is the one for the line.

mod answer;
mod https;
mod pin;
mod stall;

pub use https::Https;
pub(crate) use https::is_address;

use crate::Result;
use bytes::Bytes;
use doorstep_wire::{
    BucketAsk, BucketPage, Challenge, ChallengeAsk, Digest, DigestAsk, Enrol, Enrolled, Hello, HelloReply, Missing,
    MissingAsk, Offer, OfferReply, Page, Pull, Push, PushReply, Recovery,
};
use futures_util::stream::BoxStream;
use std::future::Future;

/// The bytes of an attachment as they arrive.
pub type Arriving = BoxStream<'static, Result<Bytes>>;

/// How much of an attachment HQ has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// So many bytes.
    pub bytes: u64,
    /// Whether that is all of it, checked against its hash.
    pub whole: bool,
}

/// A way to HQ. Every method is one request and may be repeated without harm, except [`Transport::enrol`]: a code is
/// good once.
pub trait Transport: Send + Sync {
    /// Asks for what shows that the laptop has its key.
    fn challenge(&self, ask: &ChallengeAsk) -> impl Future<Output = Result<Challenge>> + Send;
    /// Binds the laptop to HQ.
    fn enrol(&self, asked: &Enrol) -> impl Future<Output = Result<Enrolled>> + Send;
    /// Hands in the store's key, sealed to HQ's recovery key.
    fn recovery(&self, sealed: &Recovery) -> impl Future<Output = Result<()>> + Send;
    /// Opens an exchange.
    fn hello(&self, hello: &Hello) -> impl Future<Output = Result<HelloReply>> + Send;
    /// Hands in operations.
    fn push(&self, push: &Push) -> impl Future<Output = Result<PushReply>> + Send;
    /// Takes a page.
    fn pull(&self, pull: &Pull) -> impl Future<Output = Result<Page>> + Send;
    /// The sums of a feed.
    fn digest(&self, ask: &DigestAsk) -> impl Future<Output = Result<Digest>> + Send;
    /// Records of some buckets of a feed.
    fn bucket(&self, ask: &BucketAsk) -> impl Future<Output = Result<BucketPage>> + Send;
    /// Offers what HQ lost when it was restored from a backup.
    fn offer(&self, offer: &Offer) -> impl Future<Output = Result<OfferReply>> + Send;
    /// Which of these attachments HQ does not have.
    fn missing(&self, ask: &MissingAsk) -> impl Future<Output = Result<Missing>> + Send;
    /// How much of an attachment HQ has.
    fn held(&self, hash: &str) -> impl Future<Output = Result<Held>> + Send;
    /// Hands in the chunk at `offset` of an attachment of `length` bytes.
    fn upload(&self, hash: &str, offset: u64, length: u64, chunk: Bytes) -> impl Future<Output = Result<Held>> + Send;
    /// Takes an attachment's bytes from `offset` to its end.
    fn download(&self, hash: &str, offset: u64) -> impl Future<Output = Result<Arriving>> + Send;
    /// SHA-256 (hexadecimal) of the key that HQ last served with, where the way knows it.
    fn served_key(&self) -> Option<String> {
        None
    }
    /// The address at which HQ last answered, where the way has one.
    fn served_at(&self) -> Option<String> {
        None
    }
    /// The same way, showing this token from now on.
    ///
    /// # Errors
    /// [`crate::Error::Unfit`] when HTTP cannot carry it.
    fn with_token(&self, token: &str) -> Result<Self>
    where
        Self: Sized;
}
