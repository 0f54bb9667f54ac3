//! A clock that the sample turns, so that last week's visits carry last week's times.

use chrono::{DateTime, Utc};
use doorstep_app::{Clock, SystemClock};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// The machine's clock, set back by as much as the sample says.
#[derive(Debug, Clone, Default)]
pub struct SampleClock {
    back_ms: Arc<AtomicI64>,
}

impl SampleClock {
    /// From here on it is `moment`, and time goes on from there.
    pub(crate) fn turn_to(&self, moment: DateTime<Utc>) {
        self.back_ms.store((SystemClock.now() - moment).num_milliseconds(), Ordering::Relaxed);
    }

    /// From here on it is now.
    pub(crate) fn turn_to_now(&self) {
        self.back_ms.store(0, Ordering::Relaxed);
    }
}

impl Clock for SampleClock {
    fn now(&self) -> DateTime<Utc> {
        SystemClock.now() - chrono::Duration::milliseconds(self.back_ms.load(Ordering::Relaxed))
    }

    fn zone_minutes(&self, moment: DateTime<Utc>) -> i32 {
        SystemClock.zone_minutes(moment)
    }
}
