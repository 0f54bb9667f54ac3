//! What HQ takes from outside the program: the time and randomness. Tests and the simulator pass their own.

use chrono::{DateTime, Utc};
use doorstep_domain::id::RecordId;
use std::{fmt, sync::Arc};

type Now = dyn Fn() -> DateTime<Utc> + Send + Sync;
type Draw = dyn Fn(&mut [u8]) + Send + Sync;

/// The clock and the dice.
#[derive(Clone)]
pub struct Surroundings {
    now: Arc<Now>,
    draw: Arc<Draw>,
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Surroundings")
    }
}

impl Surroundings {
    /// A clock, and a source that fills its argument with random bytes. For keys and tokens the source must be
    /// the operating system's.
    pub fn new(
        now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static,
        draw: impl Fn(&mut [u8]) + Send + Sync + 'static,
    ) -> Self {
        Self { now: Arc::new(now), draw: Arc::new(draw) }
    }

    /// The moment.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        (self.now)()
    }

    /// `N` random bytes.
    #[must_use]
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.draw)(&mut bytes);
        bytes
    }

    /// A new record's id.
    #[must_use]
    pub fn record_id(&self) -> RecordId {
        RecordId::new(self.now(), self.random())
    }
}
