//! The texts in memory, in the store, and in plain tables beside it for the scans.

use super::seed;
use chrono::{DateTime, Utc};
use doorstep_domain::{Doc, Kind, id::RecordId};
use doorstep_store::{Folder, Store, StoreKey};
use doorstep_wire::{Entry, EntryBody, Page, RecordState};
use fastrand::Rng;
use serde_json::{Value, json};
use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    collections::BTreeMap,
    error::Error,
    path::Path,
    time::{Duration, Instant},
};

/// Records of a page, as HQ sends them.
const PAGE: usize = 2_000;
/// Problems noted on a visit.
const NOTES_A_VISIT: usize = 3;
/// The store's key.
pub const KEY: [u8; 32] = [0x5a; 32];

/// A customer with what the scans need.
pub struct Customer {
    pub name: String,
    pub number: String,
    pub region: String,
    pub phone: String,
    pub syllables: Vec<String>,
    pub pinyin: String,
    pub initials: String,
}

/// Everything that is searched.
pub struct Texts {
    pub customers: Vec<Customer>,
    pub notes: Vec<String>,
    pub subjects: Vec<String>,
}

impl Texts {
    /// Texts of the full size, or `percent` of it.
    pub fn new(rng: &mut Rng, percent: usize) -> Self {
        let (customers, notes) = (1_000 * percent, 3_000 * percent);
        Self {
            customers: (0..customers).map(|n| spelled(seed::customer(rng, n))).collect(),
            notes: (0..notes).map(|_| seed::note(rng)).collect(),
            subjects: (0..notes / NOTES_A_VISIT).map(|_| seed::subject(rng)).collect(),
        }
    }

    /// How many customers, subjects and notes hold `part`; counts no further than `enough`.
    pub fn count(&self, part: &str, enough: usize) -> usize {
        let named = self.customers.iter().filter(|c| {
            [&c.name, &c.phone, &c.number, &c.region, &c.pinyin, &c.initials].iter().any(|text| text.contains(part))
        });
        let written = self.subjects.iter().chain(&self.notes).filter(|text| text.contains(part));
        named.map(|_| ()).chain(written.map(|_| ())).take(enough).count()
    }

    /// Bytes of the texts.
    pub fn bytes(&self) -> usize {
        let customers = self.customers.iter().map(|c| c.name.len() + c.number.len() + c.region.len() + c.phone.len());
        customers.chain(self.notes.iter().chain(&self.subjects).map(String::len)).sum()
    }
}

fn spelled(customer: seed::Customer) -> Customer {
    use pinyin::ToPinyin;
    let seed::Customer { name, number, region, phone } = customer;
    let sound = |c: char| c.to_pinyin().map_or_else(|| c.to_string(), |p| p.plain().replace('ü', "v"));
    let syllables: Vec<String> = name.chars().map(sound).collect();
    let initials = syllables.iter().filter_map(|s| s.chars().next()).collect();
    Customer { pinyin: syllables.concat(), initials, syllables, name, number, region, phone }
}

/// A store with the texts in it, and a plain connection to the same encrypted file for the scans.
pub struct Ground {
    pub store: Store,
    pub scan: SqliteConnection,
    pub filled: Duration,
    pub merged: Duration,
    pub records: usize,
}

impl Ground {
    /// Fills a new store in `folder`, as if HQ had sent it all.
    pub async fn new(folder: &Path, texts: &Texts) -> Result<Self, Box<dyn Error>> {
        let store = Store::open(Folder::lock(folder)?, StoreKey::from_bytes(KEY)).await?;
        let records: Vec<(Kind, RecordId, Value)> = records(texts).collect();
        let began = Instant::now();
        for (page, rows) in (1u64..).zip(records.chunks(PAGE)) {
            apply(&store, page, rows).await?;
        }
        let filled = began.elapsed();
        let began = Instant::now();
        while store.tend_search().await? {}
        let merged = began.elapsed();
        let scan = scannable(&folder.join("doorstep.db"), texts).await?;
        Ok(Self { store, scan, filled, merged, records: records.len() })
    }

    /// Bytes of the tables whose names begin with `prefix`, indexes included.
    pub async fn bytes_of(&mut self, prefix: &str) -> Result<f64, Box<dyn Error>> {
        let sql = "SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE aggregate = TRUE AND name LIKE ? || '%'";
        let bytes: i64 = sqlx::query_scalar(sql).bind(prefix).fetch_one(&mut self.scan).await?;
        Ok(bytes as f64)
    }
}

fn id(kind: u128, number: usize) -> RecordId {
    RecordId(uuid::Uuid::from_u128((number as u128) << 72 | kind))
}

/// Customers, then each visit with its problems, as a branch's feed would have them.
fn records(texts: &Texts) -> impl Iterator<Item = (Kind, RecordId, Value)> + '_ {
    let customers = texts.customers.iter().enumerate().map(|(n, c)| {
        let doc = json!({"name": c.name, "number": c.number, "region": c.region, "phone": c.phone, "level": "company"});
        (Kind::CUSTOMER, id(1, n), doc)
    });
    let visits = texts.subjects.iter().enumerate().flat_map(move |(n, subject)| {
        let doc =
            json!({"subject": subject, "customer_id": id(1, n % texts.customers.len()), "planned_on": "2026-11-25"});
        let visit = (Kind::VISIT, id(2, n), doc);
        let notes = texts.notes.iter().enumerate().skip(n * NOTES_A_VISIT).take(NOTES_A_VISIT);
        let problem = move |(p, note): (usize, &String)| {
            (Kind::PROBLEM, id(3, p), json!({"visit_id": id(2, n), "symptom": note, "solved": "solved"}))
        };
        std::iter::once(visit).chain(notes.map(problem))
    });
    customers.chain(visits)
}

async fn apply(store: &Store, page: u64, rows: &[(Kind, RecordId, Value)]) -> Result<(), Box<dyn Error>> {
    let entry = |(n, (kind, id, doc)): (u64, &(Kind, RecordId, Value))| {
        let doc: Doc = doc.as_object().cloned().unwrap_or_default();
        let body = EntryBody::State(RecordState { version: 1, versions: BTreeMap::new(), doc });
        Entry { position: n, kind: kind.clone(), id: *id, body }
    };
    let entries = (page * PAGE as u64..).zip(rows).map(entry).collect();
    let page =
        Page { feed: "branch".into(), entries, next: page * PAGE as u64, more: true, end: u64::MAX >> 1, root: None };
    let mut write = store.write().await?;
    write.apply(DateTime::<Utc>::UNIX_EPOCH, &page).await?;
    Ok(write.commit().await?)
}

/// The same texts in plain columns of the same encrypted file, with the pinyin and initials worked out beforehand, and
/// room for all of them in memory, so that they are decrypted once: the best that scans could hope for. A scan that takes the fields out of the JSON would be slower still.
async fn scannable(database: &Path, texts: &Texts) -> Result<SqliteConnection, Box<dyn Error>> {
    let key: String = KEY.iter().map(|byte| format!("{byte:02x}")).collect();
    let options = SqliteConnectOptions::new()
        .filename(database)
        .pragma("key", format!("\"x'{key}'\""))
        .pragma("mmap_size", "0")
        .pragma("cache_size", "-524288")
        .disable_statement_logging();
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let sql = "CREATE TABLE scan_customer \
                   (name TEXT, number TEXT, region TEXT, phone TEXT, pinyin TEXT, initials TEXT); \
               CREATE TABLE scan_note (note TEXT);";
    sqlx::raw_sql(sql).execute(&mut connection).await?;
    let mut tx = connection.begin().await?;
    for page in texts.customers.chunks(PAGE) {
        let rows: Vec<_> =
            page.iter().map(|c| json!([c.name, c.number, c.region, c.phone, c.pinyin, c.initials])).collect();
        let sql = "INSERT INTO scan_customer SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, \
                   value ->> 4, value ->> 5 FROM json_each(?)";
        sqlx::query(sql).bind(serde_json::to_string(&rows)?).execute(&mut *tx).await?;
    }
    for page in texts.notes.chunks(PAGE) {
        let sql = "INSERT INTO scan_note SELECT value FROM json_each(?)";
        sqlx::query(sql).bind(serde_json::to_string(page)?).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut connection).await?;
    Ok(connection)
}
