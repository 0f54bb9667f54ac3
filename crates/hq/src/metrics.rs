//! What HQ counts for those who watch it, in the text format of Prometheus. Labels are routes, methods and statuses:
//! nothing of a laptop, a person or a customer.

use doorstep_wire::Outcome;
use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};
use std::{fmt, time::Duration};

/// Upper bounds of the buckets of durations, in seconds.
const BUCKETS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    route: String,
    method: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Judged {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Way {
    way: &'static str,
}

/// HQ's counters.
pub struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    durations: Family<Route, Histogram>,
    in_flight: Gauge,
    exchanges: Counter,
    operations: Family<Judged, Counter>,
    conflicts: Counter,
    bytes: Family<Way, Counter>,
    damaged: Gauge,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let requests = Family::<Answered, Counter>::default();
        let durations: Family<Route, Histogram> = Family::new_with_constructor(|| Histogram::new(BUCKETS));
        let operations = Family::<Judged, Counter>::default();
        let bytes = Family::<Way, Counter>::default();
        let (in_flight, exchanges, conflicts) = (Gauge::default(), Counter::default(), Counter::default());
        let mut registry = Registry::with_prefix("doorstep_hq");
        registry.register("requests", "Requests answered", requests.clone());
        let unit = Unit::Seconds;
        registry.register_with_unit("request_duration", "From head to answer", unit, durations.clone());
        registry.register("requests_in_flight", "Requests under way", in_flight.clone());
        registry.register("exchanges", "Hellos answered", exchanges.clone());
        registry.register("operations", "Operations that laptops pushed, by what became of them", operations.clone());
        registry.register("conflicts", "Fields that lost in operations that laptops pushed", conflicts.clone());
        registry.register_with_unit("body", "Bytes of bodies as they travel", Unit::Bytes, bytes.clone());
        let damaged = Gauge::default();
        registry.register("damaged", "Damaged places that the last look at everything found", damaged.clone());
        Self { registry, damaged, requests, durations, in_flight, exchanges, operations, conflicts, bytes }
    }
}

impl Metrics {
    /// A request came; the answer counts it out.
    pub(crate) fn begun(&self) {
        self.in_flight.inc();
    }

    /// A request left, answered or given up by the one who asked.
    pub(crate) fn ended(&self) {
        self.in_flight.dec();
    }

    /// A request was answered.
    pub(crate) fn answered(&self, route: &str, method: &str, status: u16, took: Duration) {
        let route = route.to_owned();
        self.durations.get_or_create(&Route { route: route.clone() }).observe(took.as_secs_f64());
        self.requests.get_or_create(&Answered { route, method: method.to_owned(), status }).inc();
    }

    /// A hello was answered.
    pub(crate) fn exchanged(&self) {
        self.exchanges.inc();
    }

    /// So many damaged places are known.
    pub(crate) fn damaged(&self, places: usize) {
        self.damaged.set(i64::try_from(places).unwrap_or(i64::MAX));
    }

    /// Damage was met.
    pub(crate) fn met_damage(&self) {
        self.damaged.set(self.damaged.get().max(1));
    }

    /// Operations landed.
    pub(crate) fn landed<'a>(&self, outcomes: impl IntoIterator<Item = &'a Outcome>) {
        for outcome in outcomes {
            let name = match outcome {
                Outcome::Accepted { conflicts, .. } => {
                    self.conflicts.inc_by(conflicts.len() as u64);
                    "accepted"
                }
                Outcome::Refused { .. } => "refused",
            };
            self.operations.get_or_create(&Judged { outcome: name }).inc();
        }
    }

    /// The counter of bytes that come from laptops, or go to them.
    pub(crate) fn bytes(&self, received: bool) -> Counter {
        self.bytes.get_or_create(&Way { way: if received { "received" } else { "sent" } }).clone()
    }

    /// The text that Prometheus reads.
    ///
    /// # Errors
    /// [`fmt::Error`] when it cannot be written, which memory alone can cause.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut out = String::new();
        text::encode(&mut out, &self.registry)?;
        Ok(out)
    }
}
