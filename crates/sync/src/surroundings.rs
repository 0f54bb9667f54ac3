//! What the exchange takes from outside the program: the time and chance. Tests and the simulator pass their own.

use chrono::{DateTime, Utc};
use crypto_box::aead::rand_core::{self, CryptoRng, RngCore};
use std::{fmt, sync::Arc};

type Now = dyn Fn() -> DateTime<Utc> + Send + Sync;
type Draw = dyn Fn(&mut [u8]) + Send + Sync;

/// The clock and chance.
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
    /// A clock, and a source that fills its argument with random bytes. Keys are drawn from it, so outside tests it
    /// must be the operating system's.
    pub fn new(
        now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static,
        draw: impl Fn(&mut [u8]) + Send + Sync + 'static,
    ) -> Self {
        Self { now: Arc::new(now), draw: Arc::new(draw) }
    }

    /// The moment, by the laptop's clock.
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

    /// The same chance in the shape that key generation asks for.
    pub(crate) fn chance(&self) -> Chance<'_> {
        Chance(self)
    }
}

/// [`Surroundings`] as a random number generator.
pub(crate) struct Chance<'s>(&'s Surroundings);

impl CryptoRng for Chance<'_> {}

impl RngCore for Chance<'_> {
    fn next_u32(&mut self) -> u32 {
        u32::from_le_bytes(self.0.random())
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_le_bytes(self.0.random())
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        (self.0.draw)(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}
