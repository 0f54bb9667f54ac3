//! How often somebody may guess: an address enrolment codes, of 128 random bits, so that this keeps the log readable and
//! guessers slow; and an address the password of an account, so that who guesses shuts out nobody but themselves.

use super::fault::Fault;
use chrono::{DateTime, TimeDelta, Utc};
use std::{
    collections::HashMap,
    hash::Hash,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

/// Wrong codes an address may show within [`WINDOW_MINUTES`].
const WRONG_CODES_MAX: u32 = 10;
/// Minutes after which wrong codes are forgotten.
const WINDOW_MINUTES: i64 = 10;
/// Guessers that are remembered; beyond that, the oldest windows go first.
const ADDRESSES_MAX: usize = 10_000;

/// Wrong guesses by who made them.
#[derive(Debug)]
pub struct Wrong<K> {
    seen: Mutex<HashMap<K, (DateTime<Utc>, u32)>>,
}

/// Wrong codes by address.
pub type WrongCodes = Wrong<IpAddr>;
/// Wrong passwords by address and account.
pub type WrongPasswords = Wrong<(IpAddr, [u8; 32])>;

/// Who guesses the password of an account: names are of any length, and only told apart.
#[must_use]
pub fn whose(address: IpAddr, account: &str) -> (IpAddr, [u8; 32]) {
    (address, *blake3::hash(account.trim().as_bytes()).as_bytes())
}

impl<K> Default for Wrong<K> {
    fn default() -> Self {
        Self { seen: Mutex::default() }
    }
}

impl<K: Copy + Eq + Hash> Wrong<K> {
    /// Fails when there were too many.
    ///
    /// # Errors
    /// [`doorstep_domain::Code::Busy`] with the seconds to wait.
    pub fn check(&self, guesser: K, now: DateTime<Utc>) -> Result<(), Fault> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match seen.get(&guesser) {
            Some((since, count)) if *count >= WRONG_CODES_MAX && !is_over(*since, now) => {
                let wait = *since + TimeDelta::minutes(WINDOW_MINUTES) - now;
                Err(Fault::too_fast(u32::try_from(wait.num_seconds().max(1)).unwrap_or(1)))
            }
            _ => Ok(()),
        }
    }

    /// Counts a wrong guess.
    pub fn count(&self, guesser: K, now: DateTime<Utc>) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= ADDRESSES_MAX {
            seen.retain(|_, (since, _)| !is_over(*since, now));
        }
        if seen.len() >= ADDRESSES_MAX
            && let Some(oldest) = seen.iter().min_by_key(|(_, (since, _))| *since).map(|(guesser, _)| *guesser)
        {
            seen.remove(&oldest);
        }
        let (since, count) = seen.entry(guesser).or_insert((now, 0));
        if is_over(*since, now) {
            (*since, *count) = (now, 0);
        }
        *count += 1;
    }

    /// Takes back what was counted before it turned out not to be wrong.
    pub fn take_back(&self, guesser: K) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, count)) = seen.get_mut(&guesser) {
            *count = count.saturating_sub(1);
        }
    }
}

/// Also when the clock was set back: a window from the future would never end.
fn is_over(since: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    (now - since).abs() >= TimeDelta::minutes(WINDOW_MINUTES)
}
