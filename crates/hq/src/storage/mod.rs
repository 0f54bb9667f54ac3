//! What HQ asks of its database, in whole steps over sets of rows. SQLite and PostgreSQL stand side by side behind two
//! traits and the same tests.
//!
//! Owns the shape of stored rows. Decides nothing about merging, scope or refusals: that is `landing`.

#[macro_use]
mod statements;
pub mod checking;
mod columns;
mod database;
mod error;
pub mod moving;
mod office;
pub mod postgres;
mod record;
pub mod sqlite;
pub mod sums;
mod written;

pub use checking::{Checked, Damage, What};
pub use database::{Database, NotAnAddress};
pub use error::{StorageError, remedy};
pub use office::{Account, Deed, Office, OpenAsk, OpenCount, OpenPlace, Wipe, WipeStep};
pub use record::{Key, Stamp, Stamps, StoredRecord};
use written::Written;

use chrono::{DateTime, Utc};
use doorstep_domain::{
    Kind,
    id::{BranchId, DeviceId, EngineerId, RecordId},
    merge::Version,
};
use doorstep_wire::{BucketAsk, BucketPage, Digest, Entry, Outcome, Sum};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use std::{collections::HashSet, path::Path};

/// What a step gives back.
pub type Step<'a, T> = BoxFuture<'a, Result<T, StorageError>>;

/// HQ's own row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Grows when HQ is restored from a backup.
    pub epoch: u64,
    /// The newest version that was given out.
    pub version: Version,
    /// Where laptops find HQ, as last served.
    pub address: Option<String>,
    /// SHA-256 of HQ's public key, as last served; zeros with plain HTTP.
    pub key_fingerprint: Option<[u8; 32]>,
    /// The key that HQ will serve with next.
    pub next_key: Option<NextKey>,
    /// The address at which HQ will be found next.
    pub next_address: Option<NextAddress>,
    /// The restores that began an epoch, in order.
    pub restores: Vec<Restore>,
}

/// A key announced under the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextKey {
    /// SHA-256 of its SubjectPublicKeyInfo.
    pub fingerprint: [u8; 32],
    /// Since when laptops are told.
    pub announced_at: DateTime<Utc>,
}

/// An address announced before HQ is found there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextAddress {
    /// The base URL.
    pub address: String,
    /// Since when laptops are told.
    pub announced_at: DateTime<Utc>,
}

/// HQ was restored from a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restore {
    /// The epoch that began with it.
    pub epoch: u64,
    /// HQ's version in the backup: what was given out above it and below the epoch's floor is lost.
    pub from: Version,
}

/// An enrolled laptop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its number, from which its short name is made.
    pub number: i64,
    /// Its id.
    pub id: DeviceId,
    /// What it calls itself.
    pub name: String,
    /// Its Ed25519 key in base64.
    pub public_key: String,
    /// The branch.
    pub branch_id: BranchId,
    /// The engineer.
    pub engineer_id: EngineerId,
    /// Version of its app, as it last said.
    pub app_version: String,
    /// The newest incarnation HQ has met.
    pub incarnation: u32,
    /// The last sequence that it had given when it was last there.
    pub last_seq: u64,
    /// Its clock less HQ's, as it last said.
    pub clock_off_ms: Option<i64>,
    /// When it was enrolled.
    pub enrolled_at: DateTime<Utc>,
    /// When it was last there.
    pub seen_at: Option<DateTime<Utc>>,
    /// When it was switched off.
    pub revoked_at: Option<DateTime<Utc>>,
    /// Its store key, sealed to HQ's recovery key, in base64.
    pub wrapped_store_key: Option<String>,
    /// It is to be wiped.
    pub wipe: Option<Wipe>,
}

impl Device {
    /// Whether two people have ordered that it be wiped.
    #[must_use]
    pub fn is_wiped(&self) -> bool {
        self.wipe.as_ref().is_some_and(Wipe::is_confirmed)
    }
}

/// A laptop about to be enrolled.
#[derive(Debug, Clone)]
pub struct Newcomer {
    /// The id it is given.
    pub id: DeviceId,
    /// What it calls itself.
    pub name: String,
    /// Its Ed25519 key in base64.
    pub public_key: String,
    /// Version of its app.
    pub app_version: String,
    /// Hash of the token it is given.
    pub token_hash: [u8; 32],
    /// It has shown that it has the key.
    pub proved: bool,
}

/// A one-time code as it is kept.
#[derive(Debug, Clone)]
pub struct Enrolment {
    /// Hash of its secret.
    pub secret_hash: [u8; 32],
    /// The branch.
    pub branch_id: BranchId,
    /// The engineer.
    pub engineer_id: EngineerId,
    /// Until when it is good.
    pub expires_at: DateTime<Utc>,
}

/// What became of a code that was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redeemed {
    /// The laptop is enrolled.
    Enrolled(Box<Device>),
    /// There is no such code.
    Unknown,
    /// It was used before.
    Used,
    /// It is past its date.
    Expired,
}

/// What a `hello` tells about a laptop.
#[derive(Debug, Clone)]
pub struct Sighting {
    /// The laptop's number.
    pub number: i64,
    /// Its incarnation.
    pub incarnation: u32,
    /// Version of its app.
    pub app_version: String,
    /// The last sequence that it gave.
    pub last_seq: u64,
    /// Its clock less HQ's; absent where that is not told.
    pub clock_off_ms: Option<i64>,
    /// When it said so. What is known from later stands.
    pub at: DateTime<Utc>,
}

/// How far HQ has the operations of a laptop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The newest incarnation HQ has met.
    pub incarnation: u32,
    /// The last sequence of the incarnation that was asked about.
    pub acked_seq: u64,
}

/// An operation that HQ has already answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// Its sequence.
    pub seq: u64,
    /// Its hash.
    pub hash: [u8; 32],
    /// What became of it.
    pub outcome: Outcome,
}

/// An operation to be kept with its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// The answer.
    pub answered: Answered,
    /// The operation as JSON.
    pub body: String,
}

/// A record takes a place at the end of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The feed.
    pub feed: String,
    /// The record.
    pub key: Key,
    /// It leaves the feed.
    pub gone: bool,
}

/// Everything a batch changes, stored in one go.
#[derive(Debug, Default)]
pub struct Changes {
    /// Number of the device whose operations these are.
    pub device: i64,
    /// Their incarnation.
    pub incarnation: u32,
    /// Records as they are from now on.
    pub records: Vec<StoredRecord>,
    /// Those that the change looked for and did not find, so that nothing need be read of how they stood.
    pub new: HashSet<Key>,
    /// Places in feeds, in order.
    pub moves: Vec<Move>,
    /// The operations.
    pub operations: Vec<Kept>,
    /// When.
    pub at: DateTime<Utc>,
}

/// What bounds a page.
#[derive(Debug, Clone, Copy)]
pub struct PageBounds {
    /// Most entries.
    pub entries_max: u32,
    /// The page ends after the entry that takes it past this many bytes.
    pub bytes_max: u32,
    /// Records that left at or before this position are passed over: the laptop never had them.
    pub fresh_until: u64,
}

/// A stretch of a feed, read from one snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct Stretch {
    /// Entries in order.
    pub entries: Vec<Entry>,
    /// Whether more follow.
    pub more: bool,
    /// Position of the feed's end.
    pub end: u64,
    /// The feed's root, where the stretch goes to the end.
    pub root: Option<Sum>,
}

/// The top of a feed, from one snapshot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Top {
    /// Position of its end; 0 for one without entries.
    pub position: u64,
    /// Its root: the hashes of the records in it, added up.
    pub root: Sum,
}

/// What a change may run beside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn<'a> {
    /// A laptop's batch: alone in its author's home feed, beside batches of other homes where the database can.
    Home(&'a str),
    /// HQ's own: alone.
    Hq,
}

/// HQ's database.
pub trait Storage: Office {
    /// Begins a change when its turn has come.
    fn begin<'a>(&'a self, turn: Turn<'a>) -> Step<'a, Box<dyn Writing>>;
    /// HQ's own row.
    fn site(&self) -> Step<'_, Site>;
    /// Remembers where HQ is served.
    fn serve_at<'a>(&'a self, address: &'a str, key_fingerprint: [u8; 32]) -> Step<'a, ()>;
    /// Announces the key that HQ will serve with next, or takes that back.
    fn announce_key<'a>(&'a self, next: Option<NextKey>) -> Step<'a, ()>;
    /// Announces the address at which HQ will be found next, or takes that back.
    fn announce_address(&self, next: Option<NextAddress>) -> Step<'_, ()>;
    /// Begins the epoch after a restore: its floor is the least that versions and positions are given out above. Logins end:
    /// whoever was logged out since the backup would be logged in again.
    fn begin_epoch(&self, restore: Restore) -> Step<'_, ()>;
    /// Keeps a one-time code.
    fn issue<'a>(&'a self, enrolment: &'a Enrolment) -> Step<'a, ()>;
    /// Enrols a laptop with a code, or says why not; the code is used up in the same transaction. The laptop that used
    /// it may show it again until its date, under the same key, which it has to prove: it gets another token.
    fn redeem<'a>(&'a self, secret_hash: [u8; 32], newcomer: &'a Newcomer, now: DateTime<Utc>) -> Step<'a, Redeemed>;
    /// The laptop whose token has this hash.
    fn device_by_token(&self, token_hash: [u8; 32]) -> Step<'_, Option<Device>>;
    /// Every laptop.
    fn devices(&self) -> Step<'_, Vec<Device>>;
    /// Notes that a laptop was there, and answers how far HQ has its operations.
    fn sighted<'a>(&'a self, sighting: &'a Sighting) -> Step<'a, Standing>;
    /// Switches a laptop off.
    fn revoke(&self, number: i64, at: DateTime<Utc>) -> Step<'_, ()>;
    /// Keeps a laptop's sealed store key.
    fn keep_store_key<'a>(&'a self, number: i64, wrapped: &'a str) -> Step<'a, ()>;
    /// The top of each feed.
    fn tops<'a>(&'a self, feeds: &'a [String]) -> Step<'a, Vec<Top>>;
    /// The sums of a feed, by kind and bucket.
    fn sums<'a>(&'a self, feed: &'a str) -> Step<'a, Digest>;
    /// Records of some buckets of a feed, in the order of their ids.
    fn bucket<'a>(&'a self, ask: &'a BucketAsk, bounds: PageBounds) -> Step<'a, BucketPage>;
    /// A stretch of a feed after a position.
    fn stretch<'a>(&'a self, feed: &'a str, after: u64, bounds: PageBounds) -> Step<'a, Stretch>;
    /// The records with these keys, as many as there are.
    fn records<'a>(&'a self, keys: &'a [Key]) -> Step<'a, Vec<StoredRecord>>;
    /// All records of a kind.
    fn records_of<'a>(&'a self, kind: &'a Kind) -> Step<'a, Vec<StoredRecord>>;
    /// The attachment records that name this hash.
    fn attachments_named<'a>(&'a self, hash: &'a str) -> Step<'a, Vec<StoredRecord>>;
    /// Copies everything, as it is at one moment, into a new SQLite database at `path`.
    fn copy_to<'a>(&'a self, path: &'a Path) -> Step<'a, ()>;
    /// Writes what stands into HQ's own row, and answers when the database has kept it.
    fn writable(&self) -> Step<'_, ()>;
    /// Lets the database grow by so many pages from now on and no more, or again by as much as the disk has. For
    /// simulations, which are on SQLite; a PostgreSQL has its disk elsewhere, and goes on.
    fn room_for(&self, _pages: Option<u32>) -> Step<'_, ()> {
        Box::pin(std::future::ready(Ok(())))
    }
    /// Looks at everything that can be computed anew. Beside writers, and of one moment.
    fn check(&self) -> Step<'_, Checked>;
    /// Closes every connection.
    fn close(&self) -> Step<'_, ()>;
}

/// A change under way: everything in it is stored together, or nothing is. Dropping it takes it back.
///
/// Steps come in this order, so that two changes that meet wait for one another instead of losing something: the
/// records that the change judges, then versions for what it writes, then everything in one `put`.
pub trait Writing: Send {
    /// How far HQ has the operations of a device in an incarnation.
    fn standing(&mut self, device: i64, incarnation: u32) -> Step<'_, Standing>;
    /// The operations from one sequence to another that HQ has answered, in order.
    fn answered(&mut self, device: i64, incarnation: u32, from: u64, to: u64) -> Step<'_, Vec<Kept>>;
    /// The records with these keys, as many as there are. Nobody else changes them until this change ends.
    fn records<'a>(&'a mut self, keys: &'a [Key]) -> Step<'a, Vec<StoredRecord>>;
    /// The records of these kinds that hang on one of these, as [`doorstep_domain::record::parent`] has it.
    fn below<'a>(&'a mut self, parents: &'a [RecordId], kinds: &'a [Kind]) -> Step<'a, Vec<StoredRecord>>;
    /// Those of the keys that once stood in one of the feeds and left it, with the feed.
    fn left<'a>(&'a mut self, feeds: &'a [String], keys: &'a [Key]) -> Step<'a, Vec<(String, Key)>>;
    /// Every laptop.
    fn devices(&mut self) -> Step<'_, Vec<Device>>;
    /// Takes this many versions for this change alone: those that follow the answer. They are above every version of
    /// the records read before. What is not used is never given out again.
    fn reserve(&mut self, count: u64) -> Step<'_, Version>;
    /// Stores everything a batch changes.
    fn put(&mut self, changes: Changes) -> Step<'_, ()>;
    /// The laptops of an engineer belong to this branch from now on, and so do those that unused codes of theirs will enrol.
    fn move_laptops(&mut self, engineer: EngineerId, branch: BranchId) -> Step<'_, ()>;
    /// Makes the change last.
    fn commit(self: Box<Self>) -> Step<'static, ()>;
}
