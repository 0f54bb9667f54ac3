//! Search over 100,000 customers and 300,000 notes in the encrypted store, beside `LIKE` scans of the same file.
//!
//! Ours is the whole of `Store::search`: the first 50 hits, ranked and read. The scan only fetches 50 newest rows,
//! unranked, from plain columns, which is less than the search box needs.

mod asked;
pub mod data;
pub mod seed;

use crate::{
    row::{RUNS, Row, Times},
    start,
};
use asked::{Often, Typed, queries};
use data::{Ground, Texts};
use std::{error::Error, time::Instant};

const HITS: u32 = 50;
const SCAN: &str = "LIKE over plain columns of the same encrypted file";

/// Measures every kind of query at every frequency.
pub async fn run(percent: u32) -> Result<Vec<Row>, Box<dyn Error>> {
    let mut rng = fastrand::Rng::with_seed(20_261_123);
    let texts = Texts::new(&mut rng, percent as usize);
    let folder = tempfile::tempdir()?;
    let mut ground = Ground::new(&folder.path().join("data"), &texts).await?;
    let mut rows = Vec::new();
    let mut all = Times::default();
    let kinds = [2, 3, 6].map(Typed::Characters).into_iter().chain([Typed::Pinyin, Typed::Initials, Typed::Phone]);
    for typed in kinds {
        for often in [Often::Frequent, Often::Rare, Often::Never] {
            let queries = queries(&mut rng, &texts, typed, often);
            let (ours, theirs) = measured(&mut ground, &queries, often).await?;
            all.extend(ours.each());
            let often = format!("{often:?}").to_lowercase();
            rows.push(Row::timed(format!("search: {}, {often}", typed.name()), &ours, SCAN, &theirs));
        }
    }
    rows.push(Row::timed("search: all of these".into(), &all, "the aim is a p95 under 5", &Times::default()));
    rows.extend(costs(&mut ground, &texts).await?);
    ground.store.close().await;
    // Its lock goes with it.
    drop(ground);
    rows.extend(start::measured(&folder.path().join("data"), data::KEY, texts.customers.len()).await?);
    Ok(rows)
}

async fn measured(ground: &mut Ground, queries: &[String], often: Often) -> Result<(Times, Times), Box<dyn Error>> {
    let (mut ours, mut theirs) = (Times::default(), Times::default());
    for query in queries {
        let found = ground.store.search(query, HITS).await?.len();
        if (found == 0) != (often == Often::Never) {
            return Err(format!("{query}: {found} hits, though it is {often:?}").into());
        }
        for _ in 0..RUNS {
            let began = Instant::now();
            ground.store.search(query, HITS).await?;
            ours.add(began.elapsed());
        }
        scan(ground, query).await?;
        for _ in 0..RUNS {
            let began = Instant::now();
            scan(ground, query).await?;
            theirs.add(began.elapsed());
        }
    }
    Ok((ours, theirs))
}

/// What an app without an index would do.
async fn scan(ground: &mut Ground, query: &str) -> Result<usize, Box<dyn Error>> {
    let columns: &[&str] = match query.chars().next() {
        Some('a'..='z') => &["name", "number", "pinyin", "initials"],
        Some('0'..='9') => &["name", "number", "phone"],
        _ => &["name", "region"],
    };
    let conditions: Vec<String> = columns.iter().map(|column| format!("{column} LIKE ?1")).collect();
    let customers = format!(
        "SELECT rowid, name, region FROM scan_customer WHERE {} ORDER BY rowid DESC LIMIT 50",
        conditions.join(" OR ")
    );
    let pattern = format!("%{query}%");
    let named: Vec<(i64, String, String)> =
        sqlx::query_as(sqlx::AssertSqlSafe(customers)).bind(&pattern).fetch_all(&mut ground.scan).await?;
    if named.len() >= HITS as usize {
        return Ok(named.len());
    }
    let notes = "SELECT rowid, note FROM scan_note WHERE note LIKE ? ORDER BY rowid DESC LIMIT 50";
    let noted: Vec<(i64, String)> = sqlx::query_as(notes).bind(&pattern).fetch_all(&mut ground.scan).await?;
    Ok(named.len() + noted.len())
}

/// What the index costs: its size beside the text's, and the time to take a record in.
async fn costs(ground: &mut Ground, texts: &Texts) -> Result<Vec<Row>, Box<dyn Error>> {
    let mebibytes = |bytes: f64| bytes / f64::from(1 << 20);
    let mut rows = Vec::new();
    let text = mebibytes(texts.bytes() as f64);
    for (table, of) in [("search_name", "names"), ("search_note", "notes"), ("search_", "all of it")] {
        let size = mebibytes(ground.bytes_of(table).await?);
        let theirs = (table == "search_").then_some(text);
        rows.push(Row::new(format!("search: size of the index, {of}"), "MiB", size, "the text itself", theirs, 1));
    }
    let each = ground.filled.as_secs_f64() * 1e3 / ground.records as f64;
    rows.push(Row::new("search: a record pulled, stored and indexed".into(), "ms", each, "–", None, ground.records));
    let merged = ground.merged.as_secs_f64() * 1e3;
    rows.push(Row::new("search: merging the index after all that".into(), "ms", merged, "–", None, 1));
    Ok(rows)
}

#[cfg(test)]
mod tests {
    #[tokio::test]
    async fn a_small_run_finds_what_is_there_and_nothing_else() {
        let rows = super::run(1).await.unwrap();
        assert_eq!(rows.iter().filter(|row| row.ratio.is_some()).count(), 6 * 3 + 1 + 2);
        assert!(rows.iter().all(|row| row.ours > 0.0 && row.runs > 0), "{rows:?}");
    }
}
