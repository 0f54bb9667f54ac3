//! Changed records from a laptop to HQ and on to a second laptop, beside PouchDB and the floor; then the first sync of
//! a new laptop into a large branch, and an idle one.
//!
//! HQ, both laptops, PouchDB and the floor all keep what they have on disk, in this machine's temporary folder, and
//! talk plain HTTP over loopback. The laptops' stores are encrypted and searched; those of the yardsticks are not.

mod first;
mod floor;
mod house;
mod line;
mod pouch;
mod records;

use crate::row::{RUNS, Row, Times};
use doorstep_domain::{Doc, id::RecordId};
use house::{Headquarters, Laptop, Took};
use line::Line;
use std::{error::Error, io::Write, path::Path};

pub use house::serve_until_told;

const POUCH: &str = "PouchDB 9, batches of 1,000";
const FLOOR: &str = "floor: one zstd-3 body, one transaction, not encrypted";
/// Records of the full run, and of the few.
const MANY: usize = 10_000;
const FEW: usize = 100;

/// Ours: each way, for many records and few.
#[derive(Default)]
struct Ours {
    push: Times,
    whole: Times,
    pull: Times,
    search: Times,
    few_push: Times,
    few_pull: Times,
}

/// Measures the exchange with `percent` of the full data; yardsticks are kept in `yardsticks`.
pub async fn run(yardsticks: &Path, percent: u32) -> Result<Vec<Row>, Box<dyn Error>> {
    let (ours, docs, on_the_wire) = exchanged(percent).await?;
    let mut rows = tokio::task::block_in_place(|| beside(&ours, yardsticks, &docs))?;
    rows.extend(on_the_wire);
    Ok(rows)
}

/// Measures the first sync with `percent` of the full data.
pub async fn first_sync(percent: u32) -> Result<Vec<Row>, Box<dyn Error>> {
    first::run(percent, true).await
}

/// Measures ours; gives back records like those that were exchanged, and what was counted on the line.
async fn exchanged(percent: u32) -> Result<(Ours, Vec<(RecordId, Doc)>, Vec<Row>), Box<dyn Error>> {
    let many = (MANY * percent as usize / 100).max(FEW);
    let mut rng = fastrand::Rng::with_seed(20_261_123);
    let mut ours = Ours::default();
    for _ in 0..RUNS {
        let house = House::new().await?;
        let House { one, two, .. } = &house;
        let docs = records::problems(&mut rng, many, &one.branch().await?);
        one.write(&docs).await?;
        let took = one.sync().await?;
        ours.push.add(took.push);
        ours.whole.add(took.whole);
        ours.pull.add(arrived(two, many).await?.whole);
        ours.search.add(two.tended().await?);
        one.tended().await?;
        one.write(&changed(&docs)).await?;
        ours.few_push.add(one.sync().await?.push);
        ours.few_pull.add(arrived(two, FEW).await?.whole);
        house.close().await?;
    }
    let house = House::new().await?;
    let rows = on_the_wire(&house.one, &house.two, &mut rng, many).await?;
    let docs = records::problems(&mut rng, many, &house.one.branch().await?);
    house.close().await?;
    Ok((ours, docs, rows))
}

/// An HQ with two laptops that have what it begins with, and nothing else: the yardsticks begin empty too.
struct House {
    hq: Headquarters,
    one: Laptop,
    two: Laptop,
}

impl House {
    async fn new() -> Result<Self, Box<dyn Error>> {
        let hq = Headquarters::start().await?;
        let (one, two) = (Laptop::enrolled(&hq, "one").await?, Laptop::enrolled(&hq, "two").await?);
        for laptop in [&one, &two] {
            laptop.sync().await?;
            laptop.tended().await?;
        }
        Ok(Self { hq, one, two })
    }

    async fn close(self) -> Result<(), Box<dyn Error>> {
        for laptop in [self.one, self.two] {
            laptop.close().await;
        }
        self.hq.stop().await
    }
}

async fn arrived(laptop: &Laptop, count: usize) -> Result<Took, Box<dyn Error>> {
    let took = laptop.sync().await?;
    if took.received < count as u64 {
        return Err(format!("{} of {count} records arrived", took.received).into());
    }
    Ok(took)
}

/// A field of the first few changes.
fn changed(docs: &[(RecordId, Doc)]) -> Vec<(RecordId, Doc)> {
    let change = |(id, _): &(RecordId, Doc)| (*id, Doc::from_iter([("guidance".to_owned(), "改".into())]));
    docs.iter().take(FEW).map(change).collect()
}

fn beside(ours: &Ours, yardsticks: &Path, docs: &[(RecordId, Doc)]) -> Result<Vec<Row>, Box<dyn Error>> {
    let floor = floor::measured(docs, FEW).map_err(|problem| -> Box<dyn Error> { problem })?;
    let pouch = pouch::measured(yardsticks, docs, FEW).or_else(|problem| {
        let text = format!("PouchDB could not be measured: {problem}\n");
        std::io::stderr().write_all(text.as_bytes()).map(|()| pouch::Pouch::default())
    })?;
    let many = docs.len();
    let mut rows = Vec::new();
    for (name, ours, pouch, floor) in [
        (format!("sync: push of {many} records"), &ours.push, &pouch.push, &floor.push),
        (format!("sync: pull of {many} records"), &ours.pull, &pouch.pull, &floor.pull),
        (format!("sync: push of {FEW} changes"), &ours.few_push, &pouch.few_push, &floor.few_push),
        (format!("sync: pull of {FEW} changes"), &ours.few_pull, &pouch.few_pull, &floor.few_pull),
    ] {
        rows.push(Row::timed(name.clone(), ours, POUCH, pouch));
        rows.push(Row::timed(name, ours, FLOOR, floor));
    }
    let name = format!("sync: push of {many} records and their way back");
    rows.push(Row::timed(name, &ours.whole, "what a person waits for", &Times::default()));
    let name = format!("sync: search catching up with {many} records and the log folded, after the pull");
    rows.push(Row::timed(name, &ours.search, "nobody waits for it", &Times::default()));
    for (yardstick, up, down) in [(POUCH, pouch.bytes_up, pouch.bytes_down), (FLOOR, floor.bytes, floor.bytes)] {
        for (way, bytes) in [("up", up), ("down", down)] {
            let name = format!("sync: {many} records, bytes {way}, theirs alone");
            rows.push(Row::new(name, "bytes", bytes.unwrap_or(f64::NAN), yardstick, None, 1));
        }
    }
    Ok(rows)
}

/// Bytes and requests, counted on the line itself.
async fn on_the_wire(
    one: &Laptop,
    two: &Laptop,
    rng: &mut fastrand::Rng,
    many: usize,
) -> Result<Vec<Row>, Box<dyn Error>> {
    let docs = records::problems(rng, many, &one.branch().await?);
    one.write(&docs).await?;
    let line = Line::to(&one.hq_address().await?).await?;
    let up = line.counted(one.sync_over(&line)).await?;
    let down = line.counted(two.sync_over(&line)).await?;
    one.write(&changed(&docs)).await?;
    let few_up = line.counted(one.sync_over(&line)).await?;
    let few_down = line.counted(two.sync_over(&line)).await?;
    let row = |name: String, unit, value: u64| Row::new(name, unit, value as f64, "–", None, 1);
    Ok(vec![
        row(format!("sync: push of {many} records, bytes up"), "bytes", up.up),
        row(format!("sync: push of {many} records and their way back, bytes down"), "bytes", up.down),
        row(format!("sync: pull of {many} records, bytes down"), "bytes", down.down),
        row(format!("sync: push of {FEW} changes, with hello and what comes back"), "requests", few_up.requests),
        row(format!("sync: pull of {FEW} changes, with hello"), "requests", few_down.requests),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_small_run_brings_every_record_from_one_laptop_to_the_other() {
        let (ours, docs, rows) = exchanged(1).await.unwrap();
        assert!([&ours.push, &ours.pull, &ours.few_push, &ours.few_pull].iter().all(|times| times.runs() == RUNS));
        let requests: Vec<f64> = rows.iter().filter(|row| row.unit == "requests").map(|row| row.ours).collect();
        assert_eq!(requests, [3.0, 2.0], "hello, push, pull; hello, pull");
        let floor = tokio::task::block_in_place(|| floor::measured(&docs, 10)).unwrap();
        assert_eq!(floor.pull.runs(), RUNS);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_small_first_sync_is_cut_resumed_and_then_idle() {
        let rows = first::run(0, false).await.unwrap();
        let idle = rows.iter().find(|row| row.unit == "requests").unwrap();
        assert_eq!(idle.ours, 1.0, "{rows:?}");
        let bytes = rows.iter().find(|row| row.unit == "bytes").unwrap();
        assert!(bytes.ours < 2_048.0, "{rows:?}");
    }
}
