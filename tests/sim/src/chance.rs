//! Chance and time of a run, all of it from the seed: the same seed, the same run.

use chrono::{DateTime, TimeDelta, Utc};
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicI64, Ordering},
};

/// Chance that is the same whenever its name is.
#[derive(Clone)]
pub struct Chance(Arc<Mutex<blake3::OutputReader>>);

impl Chance {
    /// The chance of this name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(Arc::new(Mutex::new(blake3::Hasher::new().update(name.as_bytes()).finalize_xof())))
    }

    /// Fills `bytes`.
    pub fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill(bytes);
    }

    /// `N` bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// A number below `end`; 0 when there is none.
    #[must_use]
    pub fn below(&self, end: usize) -> usize {
        let drawn = u64::from_le_bytes(self.bytes());
        usize::try_from(drawn % end.max(1) as u64).unwrap_or(0)
    }

    /// Whether a thing that happens `permille` times in a thousand happens.
    #[must_use]
    pub fn happens(&self, permille: usize) -> bool {
        self.below(1000) < permille
    }

    /// One of `all`.
    #[must_use]
    pub fn pick<'a, T>(&self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.below(all.len()))
    }

    /// One of the choices, each as often as its weight says.
    #[must_use]
    pub fn weighed<T: Copy>(&self, choices: &[(usize, T)]) -> Option<T> {
        let mut drawn = self.below(choices.iter().map(|(weight, _)| weight).sum());
        choices.iter().find_map(|(weight, choice)| {
            let here = drawn < *weight;
            drawn = drawn.saturating_sub(*weight);
            here.then_some(*choice)
        })
    }
}

/// A clock that moves a millisecond whenever it is read, and further when the run says so.
#[derive(Clone)]
pub struct Clock(Arc<AtomicI64>);

/// When every run begins: an ordinary Monday, in milliseconds.
const BEGINNING_MS: i64 = 1_795_420_800_000;

impl Default for Clock {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(BEGINNING_MS)))
    }
}

impl Clock {
    /// The moment by a clock that is `off`.
    #[must_use]
    pub fn now(&self, off: TimeDelta) -> DateTime<Utc> {
        let ms = self.0.fetch_add(1, Ordering::SeqCst) + off.num_milliseconds();
        DateTime::from_timestamp_millis(ms).unwrap_or_default()
    }

    /// Lets time pass.
    pub fn pass(&self, seconds: usize) {
        self.0.fetch_add(i64::try_from(seconds).unwrap_or(0) * 1000, Ordering::SeqCst);
    }
}
