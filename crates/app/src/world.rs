//! What the app takes from outside as parameters: the moment, the zone, chance.

use chrono::{DateTime, NaiveDate, Utc};
use doorstep_domain::id::RecordId;
use std::sync::Arc;

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> DateTime<Utc>;
    /// Minutes that local time is ahead of UTC at `moment`.
    fn zone_minutes(&self, moment: DateTime<Utc>) -> i32;
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the app reads the machine's clock")]
    fn now(&self) -> DateTime<Utc> {
        // `Utc::now` panics where the clock stands before 1970, as one without a battery may.
        DateTime::from(std::time::SystemTime::now())
    }

    fn zone_minutes(&self, moment: DateTime<Utc>) -> i32 {
        use chrono::Offset;
        moment.with_timezone(&chrono::Local).offset().fix().local_minus_utc() / 60
    }
}

/// Clock and chance together.
#[derive(Clone)]
pub struct World {
    clock: Arc<dyn Clock>,
}

impl World {
    /// A world with this clock and the operating system's chance.
    pub fn new(clock: impl Clock) -> Self {
        Self { clock: Arc::new(clock) }
    }

    /// The present moment, to the millisecond: what is stored and what is sealed then agree.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let now = self.clock.now();
        DateTime::from_timestamp_millis(now.timestamp_millis()).unwrap_or(now)
    }

    /// Minutes that local time is ahead of UTC at `moment`.
    #[must_use]
    pub fn zone_minutes(&self, moment: DateTime<Utc>) -> i32 {
        self.clock.zone_minutes(moment)
    }

    /// The day it is for people at `moment`.
    #[must_use]
    pub fn day(&self, moment: DateTime<Utc>) -> NaiveDate {
        let zone = chrono::Duration::minutes(i64::from(self.zone_minutes(moment)));
        moment.checked_add_signed(zone).unwrap_or(moment).date_naive()
    }

    /// Random bytes.
    ///
    /// # Errors
    /// A [`crate::Failure`] when the operating system has none.
    pub fn random<const N: usize>(&self) -> crate::Result<[u8; N]> {
        let mut bytes = [0u8; N];
        getrandom::fill(&mut bytes).map_err(|e| crate::Failure::internal(format!("no chance: {e}")))?;
        Ok(bytes)
    }

    /// A new record's id.
    ///
    /// # Errors
    /// As [`World::random`].
    pub fn new_id(&self) -> crate::Result<RecordId> {
        Ok(RecordId::new(self.now(), self.random()?))
    }
}

/// Fills `bytes` from the operating system. Where it has no chance to give, keys cannot be made safely at all.
#[expect(clippy::panic, reason = "a machine without randomness must not make keys")]
pub(crate) fn draw(bytes: &mut [u8]) {
    if let Err(error) = getrandom::fill(bytes) {
        panic!("the operating system gives no random bytes: {error}");
    }
}
