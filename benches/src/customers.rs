//! A page of the list of 100,000 customers in the encrypted store, beside a plain `count(*)` and `LIMIT … OFFSET` over an
//! indexed table of plain columns in the same file.
//!
//! Ours reads what a row shows: the customer, those above it, how many people and products it has, the last visit. The
//! yardstick reads four columns, and knows nothing of merged and deleted customers.

use crate::{
    row::{RUNS, Row, Times},
    search::data::{Ground, Texts},
};
use doorstep_domain::{Doc, Kind, id::RecordId};
use doorstep_store::{CustomerFilter, Edit};
use std::{error::Error, time::Instant};

const ROWS: u32 = 100;
/// Pages asked for in each part of the list, each of them [`RUNS`] times.
const PAGES: u32 = 20;
const PLAIN: &str = "count(*) and LIMIT OFFSET over an index of the same encrypted file";

/// Measures pages all over the list, and the first one after a change.
pub async fn run(percent: u32) -> Result<Vec<Row>, Box<dyn Error>> {
    let mut rng = fastrand::Rng::with_seed(20_261_201);
    let mut texts = Texts::new(&mut rng, percent as usize);
    texts.notes.clear();
    texts.subjects.clear();
    let folder = tempfile::tempdir()?;
    let mut ground = Ground::new(&folder.path().join("data"), &texts).await?;
    let index = "CREATE INDEX scan_by_sound ON scan_customer (pinyin)";
    sqlx::raw_sql(index).execute(&mut ground.scan).await?;
    let count = u32::try_from(texts.customers.len())?;
    let mut rows = Vec::new();
    let last = count.saturating_sub(PAGES * ROWS);
    for (part, from) in [("at the beginning", 0), ("in the middle", last / 2), ("at the end", last)] {
        let (mut ours, mut theirs) = (Times::default(), Times::default());
        for _ in 0..RUNS {
            for page in 0..PAGES {
                let began = Instant::now();
                ours_page(&ground, "", from + page * ROWS, count).await?;
                ours.add(began.elapsed());
            }
        }
        for _ in 0..RUNS {
            for page in 0..PAGES {
                let began = Instant::now();
                plain_page(&mut ground, from + page * ROWS).await?;
                theirs.add(began.elapsed());
            }
        }
        rows.push(Row::timed(format!("customer list: a page {part}"), &ours, PLAIN, &theirs));
    }
    rows.push(after_a_change(&ground, count, "a note", "notes").await?);
    rows.push(after_a_change(&ground, count, "a new name", "name").await?);
    rows.push(found(&ground).await?);
    ground.store.close().await;
    Ok(rows)
}

async fn ours_page(ground: &Ground, query: &str, offset: u32, count: u32) -> Result<(), Box<dyn Error>> {
    let filter = CustomerFilter { query: query.into(), ..CustomerFilter::default() };
    let (total, rows) = ground.store.customers(&filter, offset, ROWS).await?;
    let expected = count.saturating_sub(offset).min(ROWS) as usize;
    if query.is_empty() && (total, rows.len()) != (u64::from(count), expected) {
        return Err(format!("{} of {total} rows at {offset}", rows.len()).into());
    }
    Ok(())
}

async fn plain_page(ground: &mut Ground, offset: u32) -> Result<(), Box<dyn Error>> {
    let _: i64 = sqlx::query_scalar("SELECT count(*) FROM scan_customer").fetch_one(&mut ground.scan).await?;
    let sql = "SELECT name, number, region, phone FROM scan_customer ORDER BY pinyin LIMIT ? OFFSET ?";
    let _: Vec<(String, String, String, String)> =
        sqlx::query_as(sql).bind(ROWS).bind(offset).fetch_all(&mut ground.scan).await?;
    Ok(())
}

/// Somebody writes into a customer and looks at the list again, which is where they were.
async fn after_a_change(ground: &Ground, count: u32, what: &str, field: &str) -> Result<Row, Box<dyn Error>> {
    let mut times = Times::default();
    ours_page(ground, "", count / 2, count).await?;
    for run in 0..RUNS {
        let mut write = ground.store.write().await?;
        let patch: Doc = [(field.to_owned(), format!("路桥{run}").into())].into_iter().collect();
        let id = RecordId(uuid::Uuid::from_u128(1));
        write.put(chrono::DateTime::UNIX_EPOCH, &Edit { kind: Kind::CUSTOMER, id, patch }).await?;
        write.commit().await?;
        let began = Instant::now();
        ours_page(ground, "", count / 2, count).await?;
        times.add(began.elapsed());
    }
    Ok(Row::timed(format!("customer list: the first page after {what}"), &times, "–", &Times::default()))
}

async fn found(ground: &Ground) -> Result<Row, Box<dyn Error>> {
    let mut times = Times::default();
    ours_page(ground, "公司", 0, 0).await?;
    for page in 0..PAGES {
        let began = Instant::now();
        ours_page(ground, "公司", page * ROWS, 0).await?;
        times.add(began.elapsed());
    }
    Ok(Row::timed("customer list: a page of those found by 公司".into(), &times, "–", &Times::default()))
}

#[cfg(test)]
mod tests {
    #[tokio::test(flavor = "multi_thread")]
    async fn a_small_run_reads_pages_in_every_part_of_the_list() {
        let rows = super::run(5).await.unwrap();
        assert_eq!(rows.iter().filter(|row| row.ratio.is_some()).count(), 3);
        assert!(rows.iter().all(|row| row.ours > 0.0 && row.runs > 0), "{rows:?}");
    }
}
