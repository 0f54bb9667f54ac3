//! How fast one sender may ask: a laptop by its number, an address by itself. It keeps one that runs wild from taking
//! the place of the others; an exchange as laptops make it never comes near.

use super::fault::Fault;
use chrono::{DateTime, TimeDelta, Utc};
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
};

/// Senders that are remembered.
const SENDERS_MAX: usize = 20_000;

/// A rate: so many at once, and so many a second from then on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Requests at once.
    pub burst: u32,
    /// Requests a second.
    pub per_second: u32,
}

/// The rates that HQ holds senders to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// Of one laptop.
    pub laptop: Rate,
    /// Of one address. A whole branch may sit behind one. Addresses of this machine are not counted: a proxy here stands for
    /// everybody.
    pub address: Rate,
}

impl Default for Rates {
    fn default() -> Self {
        Self { laptop: Rate { burst: 5_000, per_second: 500 }, address: Rate { burst: 20_000, per_second: 2_000 } }
    }
}

/// Senders and when each has paid for what it asked (GCRA: one moment for each is all there is to remember).
#[derive(Debug)]
pub struct Pace<K> {
    rate: Rate,
    paid: Mutex<HashMap<K, DateTime<Utc>>>,
}

impl<K: Eq + Hash> Pace<K> {
    /// A pace at this rate.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        Self { rate, paid: Mutex::default() }
    }

    /// Takes a request of a sender.
    ///
    /// # Errors
    /// [`doorstep_domain::Code::Busy`] with the seconds to wait, when it asks too fast.
    pub fn take(&self, sender: K, now: DateTime<Utc>) -> Result<(), Fault> {
        let cost = TimeDelta::microseconds(1_000_000 / i64::from(self.rate.per_second.max(1)));
        let credit = cost * i32::try_from(self.rate.burst).unwrap_or(i32::MAX);
        let mut paid = self.paid.lock().unwrap_or_else(PoisonError::into_inner);
        if paid.len() >= SENDERS_MAX {
            paid.retain(|_, until| *until > now);
            if paid.len() >= SENDERS_MAX {
                // To forget everybody is harmless; to grow without end is not.
                paid.clear();
            }
        }
        let until = paid.entry(sender).or_insert(now);
        // Later than any credit reaches: the clock was set back.
        if *until < now || *until - now > credit + cost {
            *until = now;
        }
        let after = *until + cost;
        if after - now > credit {
            let wait = (after - now - credit).num_milliseconds().clamp(1, 60_000);
            return Err(Fault::too_fast(u32::try_from((wait + 999) / 1_000).unwrap_or(60)));
        }
        *until = after;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    fn at(ms: i64) -> DateTime<Utc> {
        Utc.timestamp_millis_opt(1_790_000_000_000 + ms).unwrap()
    }

    #[test]
    fn a_sender_may_ask_in_a_burst_and_then_at_its_rate_and_others_are_not_held_up() {
        let pace = Pace::new(Rate { burst: 5, per_second: 10 });
        for _ in 0..5 {
            pace.take(1, at(0)).unwrap();
        }
        assert_eq!(pace.take(1, at(0)).unwrap_err().retry_after, Some(1));
        pace.take(2, at(0)).unwrap();
        assert!(pace.take(1, at(99)).is_err(), "a tenth of a second is not over");
        pace.take(1, at(100)).unwrap();
        assert!(pace.take(1, at(100)).is_err());
        for _ in 0..5 {
            pace.take(1, at(60_000)).unwrap();
        }
        assert!(pace.take(1, at(60_000)).is_err(), "a pause earns one burst, not more");
    }

    #[test]
    fn a_clock_that_was_set_back_shuts_nobody_out() {
        let pace = Pace::new(Rate { burst: 2, per_second: 1 });
        pace.take(1, at(3_600_000)).unwrap();
        pace.take(1, at(0)).unwrap();
    }

    #[test]
    fn the_senders_that_are_remembered_have_a_bound() {
        let pace = Pace::new(Rate { burst: 2, per_second: 1 });
        for sender in 0..SENDERS_MAX + 10 {
            pace.take(sender, at(0)).unwrap();
        }
        assert!(pace.paid.lock().unwrap().len() <= SENDERS_MAX);
    }
}
