//! What happened, line by line: hashed always, kept to be read when a run fails.

use std::collections::BTreeMap;

/// The story of a run.
pub struct Trace {
    lines: Vec<String>,
    hasher: blake3::Hasher,
    /// How often each thing happened, so that nobody trusts faults that never came.
    counts: BTreeMap<&'static str, u64>,
}

impl Default for Trace {
    fn default() -> Self {
        Self { lines: Vec::new(), hasher: blake3::Hasher::new(), counts: BTreeMap::new() }
    }
}

impl Trace {
    /// Notes a line.
    pub fn note(&mut self, line: String) {
        self.hasher.update(line.as_bytes());
        self.hasher.update(b"\n");
        self.lines.push(line);
    }

    /// Takes bytes into the hash that are not worth reading.
    pub fn weigh(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
    }

    /// Counts a thing that happened.
    pub fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// How often each thing happened.
    #[must_use]
    pub fn counts(&self) -> &BTreeMap<&'static str, u64> {
        &self.counts
    }

    /// The story.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// The hash of everything that happened.
    #[must_use]
    pub fn hash(&self) -> String {
        self.hasher.finalize().to_hex().to_string()
    }
}
