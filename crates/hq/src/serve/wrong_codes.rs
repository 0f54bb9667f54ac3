//! How often an address may show a wrong enrolment code. A code has 128 random bits; this keeps the log readable
//! and guessers slow.

use super::fault::Fault;
use chrono::{DateTime, TimeDelta, Utc};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

/// Wrong codes an address may show within [`WINDOW_MINUTES`].
const WRONG_CODES_MAX: u32 = 10;
/// Minutes after which wrong codes are forgotten.
const WINDOW_MINUTES: i64 = 10;
/// Addresses that are remembered; beyond that, the oldest windows go first.
const ADDRESSES_MAX: usize = 10_000;

/// Wrong codes by address.
#[derive(Debug, Default)]
pub struct WrongCodes {
    seen: Mutex<HashMap<IpAddr, (DateTime<Utc>, u32)>>,
}

impl WrongCodes {
    /// Fails when the address has shown too many.
    ///
    /// # Errors
    /// [`doorstep_domain::Code::Busy`] with the seconds to wait.
    pub fn check(&self, address: IpAddr, now: DateTime<Utc>) -> Result<(), Fault> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match seen.get(&address) {
            Some((since, count)) if *count >= WRONG_CODES_MAX && !is_over(*since, now) => {
                let wait = *since + TimeDelta::minutes(WINDOW_MINUTES) - now;
                Err(Fault::too_fast(u32::try_from(wait.num_seconds().max(1)).unwrap_or(1)))
            }
            _ => Ok(()),
        }
    }

    /// Counts a wrong code.
    pub fn count(&self, address: IpAddr, now: DateTime<Utc>) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= ADDRESSES_MAX {
            seen.retain(|_, (since, _)| !is_over(*since, now));
        }
        if seen.len() >= ADDRESSES_MAX
            && let Some(oldest) = seen.iter().min_by_key(|(_, (since, _))| *since).map(|(address, _)| *address)
        {
            seen.remove(&oldest);
        }
        let (since, count) = seen.entry(address).or_insert((now, 0));
        if is_over(*since, now) {
            (*since, *count) = (now, 0);
        }
        *count += 1;
    }

    /// Takes back what was counted before it turned out not to be wrong.
    pub fn take_back(&self, address: IpAddr) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, count)) = seen.get_mut(&address) {
            *count = count.saturating_sub(1);
        }
    }
}

/// Also when the clock was set back: a window from the future would never end.
fn is_over(since: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    (now - since).abs() >= TimeDelta::minutes(WINDOW_MINUTES)
}
