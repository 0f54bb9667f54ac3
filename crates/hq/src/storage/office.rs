//! What people at HQ ask of the database: their accounts and logins, the trail of what they did, what is open, and laptops
//! to be wiped. That two people wipe a laptop is held by the statement that confirms it, whoever calls it.

use super::{Step, StorageError, StoredRecord};
use chrono::{DateTime, Utc};
use doorstep_domain::{
    Kind,
    id::{BranchId, RecordId},
    open,
};

/// A person at HQ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Id.
    pub id: String,
    /// Name to log in with.
    pub name: String,
    /// Role, as [`crate::accounts::Role`] writes it.
    pub role: String,
    /// The branch, for those who belong to one.
    pub branch_id: Option<BranchId>,
    /// Argon2id in the PHC string format.
    pub password_hash: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
}

/// A line of the trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// Its number; they grow.
    pub number: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// The account; absent for HQ's keeper, at the machine itself.
    pub account: Option<String>,
    /// What was done.
    pub action: String,
    /// To what.
    pub subject: String,
}

/// A laptop is to be wiped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wipe {
    /// When it was asked for.
    pub asked_at: DateTime<Utc>,
    /// The account that asked.
    pub asked_by: String,
    /// Why.
    pub reason: String,
    /// When another account confirmed it, and which.
    pub confirmed: Option<(DateTime<Utc>, String)>,
    /// When the laptop was first told.
    pub told_at: Option<DateTime<Utc>>,
}

impl Wipe {
    /// Whether it counts.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.confirmed.is_some()
    }
}

/// A step on the way to a wipe.
#[derive(Debug, Clone, Copy)]
pub enum WipeStep<'a> {
    /// Somebody asks for it, unless somebody has.
    Ask {
        /// The account.
        by: &'a str,
        /// Why.
        reason: &'a str,
    },
    /// Another account confirms it, and the laptop is switched off with it.
    Confirm {
        /// The account; refused for the one that asked.
        by: &'a str,
    },
    /// It is taken back before it was confirmed.
    Withdraw,
    /// The laptop was told.
    Told,
}

/// A place in a list of what is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct OpenPlace {
    /// Since when, in milliseconds; 0 where that is not told.
    pub since_ms: i64,
    /// The record.
    pub id: RecordId,
}

impl OpenPlace {
    /// Before every place.
    pub const START: Self = Self { since_ms: i64::MIN, id: RecordId(uuid::Uuid::nil()) };
}

/// What is open of a kind, the longest open first.
#[derive(Debug, Clone)]
pub struct OpenAsk<'a> {
    /// The kind.
    pub kind: &'a Kind,
    /// Only what is this branch's or engineer's.
    pub whose: Option<RecordId>,
    /// Only what follows this place.
    pub after: OpenPlace,
    /// Most records.
    pub count_max: u32,
}

/// How much is open of one branch or engineer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenCount {
    /// Whose it is; absent where nobody is named.
    pub whose: Option<RecordId>,
    /// How many records.
    pub count: u64,
    /// Since when the oldest is; absent where that is not told.
    pub oldest: Option<DateTime<Utc>>,
    /// How many for more than a day.
    pub over_a_day: u64,
    /// How many for more than a week.
    pub over_a_week: u64,
}

/// The columns by which what is open is found: whose it is and since when.
pub(super) fn columns(record: &StoredRecord) -> Option<(String, i64)> {
    let open = open::open(&record.key.kind, &record.doc)?;
    Some((open.whose.map(|id| id.to_string()).unwrap_or_default(), since_ms(&open)))
}

fn since_ms(open: &open::Open) -> i64 {
    open.since.map_or(0, |since| since.timestamp_millis())
}

/// A row of counts, as both databases give it.
pub(super) fn count(whose: &str, count: i64, oldest_ms: i64, day: i64, week: i64) -> Result<OpenCount, StorageError> {
    use super::columns::{counted, moment};
    let oldest = if oldest_ms == 0 { None } else { Some(moment(oldest_ms)?) };
    let (over_a_day, over_a_week) = (counted(day), counted(week));
    Ok(OpenCount { whose: whose.parse().ok(), count: counted(count), oldest, over_a_day, over_a_week })
}

/// HQ's database, for people at HQ.
pub trait Office: Send + Sync {
    /// Adds an account; `false` when there is one of that name.
    fn add_account<'a>(&'a self, account: &'a Account) -> Step<'a, bool>;
    /// The account of this name, closed ones included.
    fn account<'a>(&'a self, name: &'a str) -> Step<'a, Option<Account>>;
    /// Every account by name, closed ones included.
    fn accounts(&self) -> Step<'_, Vec<Account>>;
    /// Closes an account and ends its logins; `false` when there is none of that name, or it is closed.
    fn close_account<'a>(&'a self, name: &'a str, at: DateTime<Utc>) -> Step<'a, bool>;
    /// Logs an account in, and forgets tokens that are past their time.
    fn log_in<'a>(
        &'a self,
        token_hash: [u8; 32],
        name: &'a str,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Step<'a, ()>;
    /// Who is logged in with the token of this hash.
    fn logged_in(&self, token_hash: [u8; 32], now: DateTime<Utc>) -> Step<'_, Option<Account>>;
    /// Forgets a token.
    fn log_out(&self, token_hash: [u8; 32]) -> Step<'_, ()>;
    /// Writes into the trail; `account` is absent for HQ's keeper.
    fn audit<'a>(
        &'a self,
        at: DateTime<Utc>,
        account: Option<&'a str>,
        action: &'a str,
        subject: &'a str,
    ) -> Step<'a, ()>;
    /// The trail before a number, newest first.
    fn audited(&self, before: i64, count_max: u32) -> Step<'_, Vec<Deed>>;
    /// Takes a step on the way to a wipe; `false` when it does not follow from where the laptop stands.
    fn wipe<'a>(&'a self, number: i64, step: WipeStep<'a>, at: DateTime<Utc>) -> Step<'a, bool>;
    /// How far HQ has the operations of each laptop in its newest incarnation, by its number.
    fn acked(&self) -> Step<'_, Vec<(i64, u64)>>;
    /// What is open.
    fn open<'a>(&'a self, ask: &'a OpenAsk<'a>) -> Step<'a, Vec<(OpenPlace, StoredRecord)>>;
    /// How much of a kind is open, by whose it is.
    fn open_counts<'a>(&'a self, kind: &'a Kind, now: DateTime<Utc>) -> Step<'a, Vec<OpenCount>>;
}
