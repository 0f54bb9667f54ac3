//! `hq`: many laptops that sync with one HQ: how long an exchange takes on PostgreSQL and on SQLite, while laptops come
//! one after the other and while they all come at once, and how that grows with their number.
//!
//! Simulated laptops have no store; HQ, its database and the line between are real. Load goes to loopback only.

mod headquarters;
mod laptop;
mod line;

use crate::row::{Row, Times};
use doorstep_cluster::Cluster;
use doorstep_hq::storage::Database;
use headquarters::{Headquarters, now};
use laptop::Laptop;
use std::{
    error::Error,
    net::SocketAddr,
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// What ends a bench.
pub type Failed = Box<dyn Error + Send + Sync>;

/// Changes that a laptop hands in.
const CHANGES: u64 = 20;
/// Laptops of the main rows.
const LAPTOPS: usize = 1_000;
/// Over how long they come.
const MINUTE: Duration = Duration::from_secs(60);
/// Laptops of the rows that tell how cost grows; they come as fast as they are served.
const GROWTH: [usize; 4] = [100, 300, 1_000, 3_000];
/// Laptops at once when they come as fast as they are served.
const AT_ONCE: usize = 32;
/// Branches that laptops are spread over.
const BRANCHES: [usize; 2] = [4, 40];

/// How laptops come.
#[derive(Debug, Clone, Copy)]
enum Coming {
    /// Evenly over this time, whether HQ keeps up or not.
    Over(Duration),
    /// So many at once, the next as soon as one is done.
    AtOnce(usize),
}

/// What a crowd of laptops met.
struct Met {
    /// Time of each exchange, from when the laptop wanted it.
    times: Times,
    /// From the first to the last.
    whole: Duration,
    /// Exchanges that failed, with why the first did.
    failed: usize,
    why: Option<String>,
    /// Entries that came to laptops.
    entries: u64,
}

/// Runs the suite with this share of the laptops.
pub async fn run(percent: u32) -> Result<Vec<Row>, Failed> {
    let cluster = headquarters::cluster()?;
    let share = |laptops: usize| (laptops * percent as usize / 100).max(1);
    let over = MINUTE * percent / 100;
    let mut rows = Vec::new();
    for branches in BRANCHES {
        let [ours, theirs] = on_both(&cluster, share(LAPTOPS), branches, Coming::Over(over)).await?;
        let name =
            |what: &str| format!("{} laptops in {} s, {branches} branches: {what}", share(LAPTOPS), over.as_secs());
        rows.extend(compared(name, &ours, &theirs));
    }
    for branches in BRANCHES {
        for laptops in GROWTH.map(share) {
            let [ours, theirs] = on_both(&cluster, laptops, branches, Coming::AtOnce(AT_ONCE)).await?;
            let name = |what: &str| format!("{laptops} laptops, {AT_ONCE} at once, {branches} branches: {what}");
            rows.extend(compared(name, &ours, &theirs));
        }
    }
    Ok(rows)
}

fn compared(name: impl Fn(&str) -> String, ours: &Met, theirs: &Met) -> Vec<Row> {
    let row =
        |what, unit, ours: f64, theirs: f64, runs| Row::new(name(what), unit, ours, "HQ on SQLite", Some(theirs), runs);
    let runs = ours.times.runs();
    let (a, b) = (&ours.times, &theirs.times);
    vec![
        row("exchange, median", "ms", a.median(), b.median(), runs),
        row("exchange, 99th percentile", "ms", a.at(0.99), b.at(0.99), runs),
        row("all of them", "s", ours.whole.as_secs_f64(), theirs.whole.as_secs_f64(), runs),
        row("failed", "exchanges", ours.failed as f64, theirs.failed as f64, runs),
    ]
}

/// The same crowd before an HQ on PostgreSQL and before one on SQLite, one after the other.
async fn on_both(cluster: &Cluster, laptops: usize, branches: usize, coming: Coming) -> Result<[Met; 2], Failed> {
    let database = cluster.database(None).await?;
    let address: Database = database.address().parse()?;
    let ours = crowd(address, laptops, branches, coming).await?;
    let theirs = crowd(Database::Sqlite, laptops, branches, coming).await?;
    Ok([ours, theirs])
}

/// A crowd of laptops before a new HQ.
async fn crowd(database: Database, laptops: usize, branches: usize, coming: Coming) -> Result<Met, Failed> {
    let which = format!("{database:?}");
    let hq = Headquarters::open(database).await?;
    let enrolled = hq.enrol(laptops, branches).await?;
    let branch_ids: Vec<_> = enrolled.iter().map(|laptop| laptop.branch).take(branches).collect();
    let met = come(hq.at, enrolled, coming).await?;
    let mut places = 0;
    for branch in branch_ids {
        places += hq.end(branch).await?;
    }
    if met.failed == 0 && places != laptops as u64 * CHANGES {
        return Err(format!("{places} places in feeds for {laptops} laptops").into());
    }
    hq.close().await?;
    tell(&which, laptops, branches, &met);
    Ok(met)
}

/// A line for whoever waits.
fn tell(which: &str, laptops: usize, branches: usize, met: &Met) {
    use std::io::Write;
    let _ = writeln!(
        std::io::stderr(),
        "{which}: {laptops} laptops, {branches} branches: median {:.1} ms, 99 % within {:.1} ms, all in {:.1} s, {} entries, {} failed {}",
        met.times.median(),
        met.times.at(0.99),
        met.whole.as_secs_f64(),
        met.entries,
        met.failed,
        met.why.as_deref().unwrap_or(""),
    );
}

async fn come(hq: SocketAddr, laptops: Vec<Laptop>, coming: Coming) -> Result<Met, Failed> {
    let begun = Instant::now();
    let mut met = Met { times: Times::default(), whole: Duration::ZERO, failed: 0, why: None, entries: 0 };
    let count = laptops.len().max(1) as u32;
    let mut under_way = JoinSet::new();
    for (place, mut laptop) in (0_u32..).zip(laptops) {
        let wanted = match coming {
            Coming::Over(time) => {
                let at = begun + time * place / count;
                tokio::time::sleep_until(at.into()).await;
                at
            }
            Coming::AtOnce(most) => {
                if under_way.len() >= most
                    && let Some(done) = under_way.join_next().await
                {
                    met.take(done?);
                }
                Instant::now()
            }
        };
        under_way.spawn(async move {
            let done = laptop.sync(hq, CHANGES, now()).await;
            (wanted.elapsed(), done.map_err(|error| error.to_string()))
        });
    }
    while let Some(done) = under_way.join_next().await {
        met.take(done?);
    }
    met.whole = begun.elapsed();
    Ok(met)
}

impl Met {
    fn take(&mut self, (took, done): (Duration, Result<laptop::Brought, String>)) {
        match done {
            Ok(brought) => {
                self.times.add(took);
                self.entries += brought.entries;
            }
            Err(why) => {
                self.failed += 1;
                self.why.get_or_insert(why);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_small_crowd_is_served_without_a_failure_and_each_change_reaches_its_branch() {
        let cluster = Cluster::shared().unwrap();
        for coming in [Coming::Over(Duration::from_millis(200)), Coming::AtOnce(4)] {
            let met = on_both(cluster, 8, 2, coming).await.unwrap();
            for met in met {
                assert_eq!((met.failed, met.why.as_deref(), met.times.runs()), (0, None, 8));
                assert!(met.entries >= 8 * CHANGES, "each sees its own changes come back");
            }
        }
    }
}
