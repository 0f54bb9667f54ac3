//! The first sync of a new laptop into a branch of 100,000 customers and 300,000 sealed visits of 20 answers; what a
//! cut costs it; and the idle sync after it.
//!
//! HQ is filled through its own storage. It then runs as a program of its own, so that the memory measured is the
//! laptop's.

use super::{
    house::{self, Headquarters, Laptop, Took},
    line::Line,
    records::{id, object},
};
use crate::{
    row::{Row, Times},
    search::seed,
};
use chrono::{DateTime, Utc};
use doorstep_domain::{
    Doc, Feed, Kind, Noun,
    checklist::{Answer, AnswerEntry, Template},
    id::{BranchId, RecordId},
    merge::Writer,
    record,
    seal::{self, Document, FilledChecklist, Seal},
    visit::{Problem, ProblemEntry, Visit},
};
use doorstep_hq::{
    Hq,
    storage::{Changes, Key, Move, Stamp, StoredRecord, Turn},
};
use doorstep_sync::Progress;
use fastrand::Rng;
use serde_json::json;
use std::{
    error::Error,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};
use tokio_util::sync::CancellationToken;

type Failed = Box<dyn Error>;

const CUSTOMERS: usize = 100_000;
const VISITS: usize = 300_000;
const ANSWERS: usize = 20;
/// Records stored at HQ in one transaction.
const AT_ONCE: usize = 5_000;

/// HQ in this process, or as one of its own.
enum Serving {
    Here(Box<Headquarters>),
    Apart(Child),
}

/// Measures `percent` of the full data, or a hundredth of a percent for 0.
pub async fn run(percent: u32, apart: bool) -> Result<Vec<Row>, Failed> {
    let part = |full: usize| if percent == 0 { full / 5_000 } else { full * percent as usize / 100 };
    let (customers, visits) = (part(CUSTOMERS), part(VISITS));
    let folder = tempfile::tempdir()?;
    let hq = house::open(folder.path()).await?;
    fill(&hq, customers, visits).await?;
    let (serving, code) = if apart {
        hq.close().await?;
        apart_from_here(folder.path())?
    } else {
        let here = Headquarters::serve(hq).await?;
        let code = here.code().await?;
        (Serving::Here(Box::new(here)), code)
    };
    let laptop = Laptop::enrolled_by(&code, "new").await?;
    let rows = measured(&laptop, customers, visits).await;
    laptop.close().await;
    match serving {
        Serving::Here(hq) => hq.stop().await?,
        Serving::Apart(mut child) => {
            drop(child.stdin.take());
            child.wait()?;
        }
    }
    rows
}

fn apart_from_here(folder: &Path) -> Result<(Serving, doorstep_wire::EnrolmentCode), Failed> {
    let mut program = Command::new(std::env::current_exe()?);
    let mut child = program.arg("--headquarters").arg(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().ok_or("HQ says nothing")?).read_line(&mut line)?;
    Ok((Serving::Apart(child), line.trim().parse()?))
}

async fn measured(laptop: &Laptop, customers: usize, visits: usize) -> Result<Vec<Row>, Failed> {
    let idle_bytes = memory_now();
    forget_peak();
    let began = Instant::now();
    let cut = cut(laptop).await?;
    let until_cut = began.elapsed();
    let rest = laptop.sync().await?;
    let whole = began.elapsed();
    let tended = laptop.tended().await?;
    let peak = memory_peak().zip(idle_bytes).map(|(peak, idle)| peak.saturating_sub(idle));
    let name = format!("first sync: {customers} customers, {visits} sealed visits");
    let records = cut.received + rest.received;
    if records < (customers + 2 * visits) as u64 {
        return Err(format!("{records} records came, before the cut and after it").into());
    }
    let row = |name: String, unit, value: f64| Row::new(name, unit, value, "–", None, 1);
    let aim = |name: String, unit, value: f64, aim: &str| Row::new(name, unit, value, aim, None, 1);
    let mut rows = vec![
        aim(name.clone(), "s", whole.as_secs_f64(), "the aim is under 900"),
        row(format!("{name}: search catching up after it"), "s", tended.as_secs_f64()),
        row(format!("{name}: a record"), "ms", whole.as_secs_f64() * 1e3 / records.max(1) as f64),
        row(format!("{name}: told how far it is"), "times", cut.told as f64),
        row(format!("{name}: from the word to stop until it has"), "ms", cut.stopping_ms),
        row(format!("{name}: done when it was stopped"), "s", until_cut.as_secs_f64()),
    ];
    if let Some(peak) = peak {
        let mebibytes = peak as f64 / f64::from(1 << 20);
        rows.push(aim(format!("{name}: memory of the laptop above idle"), "MiB", mebibytes, "the aim is under 300"));
    }
    rows.extend(idle(laptop, records).await?);
    Ok(rows)
}

/// How an interrupted sync went.
struct Cut {
    received: u64,
    told: u64,
    stopping_ms: f64,
}

/// Stops the sync once a third of the feed is there.
async fn cut(laptop: &Laptop) -> Result<Cut, Failed> {
    let cancel = CancellationToken::new();
    let (told, received) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let asked: Arc<Mutex<Option<Instant>>> = Arc::default();
    let watch = {
        let (cancel, told, received, asked) =
            (cancel.clone(), Arc::clone(&told), Arc::clone(&received), Arc::clone(&asked));
        move |progress: Progress| {
            told.fetch_add(1, Ordering::SeqCst);
            received.store(progress.received, Ordering::SeqCst);
            let far = progress.received > 0 && progress.done * 3 >= progress.total && progress.total > 100;
            if far && !cancel.is_cancelled() {
                cancel.cancel();
                if let Ok(mut asked) = asked.lock() {
                    *asked = Some(Instant::now());
                }
            }
        }
    };
    let ended: Result<Took, Failed> = laptop.sync_watched(cancel.clone(), watch).await;
    let stopping = asked.lock().ok().and_then(|asked| *asked).map(|asked| asked.elapsed());
    match ended {
        // A feed of one page is there before anybody can stop it.
        Ok(took) => Ok(Cut { received: took.received, told: told.load(Ordering::SeqCst), stopping_ms: 0.0 }),
        Err(error) if !cancel.is_cancelled() => Err(error),
        Err(_) => Ok(Cut {
            received: received.load(Ordering::SeqCst),
            told: told.load(Ordering::SeqCst),
            stopping_ms: stopping.map_or(0.0, |time| time.as_secs_f64() * 1e3),
        }),
    }
}

/// A sync with nothing to exchange.
async fn idle(laptop: &Laptop, records: u64) -> Result<Vec<Row>, Failed> {
    let mut times = Times::default();
    for _ in 0..crate::row::RUNS {
        times.add(laptop.sync().await?.whole);
    }
    let line = Line::to(&laptop.hq_address().await?).await?;
    let counted = line.counted(laptop.sync_over(&line)).await?;
    let name = format!("idle sync of a laptop with {records} records");
    let bytes = (counted.up + counted.down) as f64;
    Ok(vec![
        Row::timed(name.clone(), &times, "–", &Times::default()),
        Row::new(name.clone(), "requests", counted.requests as f64, "the aim is one round trip", None, 1),
        Row::new(name, "bytes", bytes, "the aim is under 2 KB", None, 1),
    ])
}

/// Fills HQ: customers, then visits with their seals, in the order in which a branch would have written them.
async fn fill(hq: &Hq, customers: usize, visits: usize) -> Result<(), Failed> {
    let branch = doorstep_hq::staff::branch(hq, house::BRANCH).await?;
    let templates = hq.storage().records_of(&Kind::TEMPLATE).await?;
    let template = templates.first().ok_or("HQ has no template")?;
    let sealed = Sealed { branch, template: record::read(&template.doc)?, template_id: template.key.id };
    let mut rng = Rng::with_seed(20_261_123);
    let ids: Vec<RecordId> = (0..customers.max(1)).map(|_| id(&mut rng)).collect();
    let mut batch: Vec<(Key, Doc)> = Vec::with_capacity(AT_ONCE + 2);
    for (n, customer) in ids.iter().enumerate() {
        batch.push((Key::new(Kind::CUSTOMER, *customer), card(&mut rng, n, &branch)));
        if batch.len() >= AT_ONCE {
            store(hq, &branch, std::mem::take(&mut batch)).await?;
        }
    }
    for n in 0..visits {
        let customer = ids.get(n % ids.len()).copied().unwrap_or_else(|| id(&mut rng));
        batch.extend(sealed.visit(&mut rng, n, customer)?);
        if batch.len() >= AT_ONCE {
            store(hq, &branch, std::mem::take(&mut batch)).await?;
        }
    }
    store(hq, &branch, batch).await
}

async fn store(hq: &Hq, branch: &BranchId, docs: Vec<(Key, Doc)>) -> Result<(), Failed> {
    let feed = Feed::Branch((*branch).into()).to_string();
    let mut writing = hq.storage().begin(Turn::Hq).await?;
    let mut version = writing.reserve(docs.len() as u64).await?;
    let mut changes = Changes { incarnation: 1, ..Changes::default() };
    for (key, doc) in docs {
        version += 1;
        let stamp = Stamp { version, writer: Writer::HQ, at: DateTime::<Utc>::UNIX_EPOCH };
        let mut record = StoredRecord { feed: Some(feed.clone()), ..StoredRecord::empty(key.clone()) };
        doc.into_iter().for_each(|(name, value)| record.set(&name, value, stamp));
        changes.moves.push(Move { feed: feed.clone(), key, gone: false });
        changes.records.push(record);
    }
    writing.put(changes).await?;
    Ok(writing.commit().await?)
}

fn card(rng: &mut Rng, n: usize, branch: &BranchId) -> Doc {
    let seed::Customer { name, number, region, phone } = seed::customer(rng, n);
    object(json!({
        "branch_id": branch, "level": "company", "name": name, "number": number, "region": region, "phone": phone,
    }))
}

/// What all sealed visits share.
struct Sealed {
    branch: BranchId,
    template: Template,
    template_id: RecordId,
}

impl Sealed {
    /// A visit and its seal. Nobody checks the signature of what HQ has taken already.
    fn visit(&self, rng: &mut Rng, n: usize, customer: RecordId) -> Result<[(Key, Doc); 2], Failed> {
        let visit_id = id(rng);
        let mut visit = Visit { subject: seed::subject(rng), revision: 1, ..Visit::default() };
        visit.branch_id = Some(self.branch);
        visit.customer_id = Some(customer.into());
        let mut items = self.template.sections.iter().flat_map(|section| &section.items).cycle();
        let answers = (0..ANSWERS).filter_map(|place| {
            let item = items.next()?.id.clone();
            let remark = if place % 10 == 0 { seed::subject(rng) } else { String::new() };
            let answer =
                Answer { visit_id: Some(visit_id.into()), item, value: "yes".into(), remark, ..Answer::default() };
            Some(AnswerEntry { id: id(rng), answer })
        });
        let answers = answers.collect();
        let template_id = Some(self.template_id.into());
        let problem = Problem { symptom: seed::note(rng), action: seed::subject(rng), ..Problem::default() };
        let document = Document {
            format: 1,
            visit_id: Some(visit_id.into()),
            visit: visit.clone(),
            checklists: vec![FilledChecklist { template_id, template: self.template.clone(), answers }],
            problems: vec![ProblemEntry { id: id(rng), problem }],
            ..Document::default()
        };
        let document = document.canonical()?;
        let hash = seal::hash(document.as_bytes());
        let mut seal =
            Seal { number: format!("CD-20261123-A07-{n:06}"), document, hash, revision: 1, ..Seal::default() };
        seal.branch_id = Some(self.branch);
        seal.visit_id = Some(visit_id.into());
        Ok([(Key::new(Kind::VISIT, visit_id), doc_of(&visit)?), (Key::new(Kind::SEAL, id(rng)), doc_of(&seal)?)])
    }
}

fn doc_of(noun: &impl Noun) -> Result<Doc, Failed> {
    Ok(object(serde_json::to_value(noun)?))
}

/// Bytes of memory this process holds now, where the system says.
fn memory_now() -> Option<u64> {
    status("VmRSS:")
}

/// The most it has held since [`forget_peak`].
fn memory_peak() -> Option<u64> {
    status("VmHWM:")
}

fn forget_peak() {
    // Only Linux knows this; elsewhere there is no peak to read either.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

fn status(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? * 1024)
}
