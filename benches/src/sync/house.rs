//! HQ and laptops for the bench: real ones, in folders of their own.

use super::line::Line;
use chrono::{DateTime, TimeDelta, Utc};
use doorstep_domain::{
    Doc, Kind,
    id::{BranchId, RecordId},
};
use doorstep_hq::{Config, Hq, Transport};
use doorstep_store::{Edit, Folder, Identity, Store, StoreKey};
use doorstep_sync::{Exchange, Https, Progress, Step, Surroundings, enrol};
use doorstep_wire::EnrolmentCode;
use std::{
    error::Error,
    io::{Read, Write},
    net::TcpListener,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;

type Failed = Box<dyn Error>;

/// Code of a branch that ships.
pub const BRANCH: &str = "CD";
const CODE_GOOD_FOR: TimeDelta = TimeDelta::hours(24);

/// A clock that never stands still, and chance that is the same in every run.
fn clock() -> impl Fn() -> DateTime<Utc> + Send + Sync + 'static {
    let ms = AtomicI64::new(1_795_420_800_000);
    move || DateTime::from_timestamp_millis(ms.fetch_add(1, Ordering::SeqCst)).unwrap_or_default()
}

fn chance(seed: u64) -> impl Fn(&mut [u8]) + Send + Sync + 'static {
    let rng = Arc::new(Mutex::new(fastrand::Rng::with_seed(seed)));
    move |bytes| {
        if let Ok(mut rng) = rng.lock() {
            rng.fill(bytes);
        }
    }
}

/// Opens an HQ whose data is in `folder`.
pub async fn open(folder: &Path) -> Result<Hq, Failed> {
    let surroundings = doorstep_hq::Surroundings::new(clock(), chance(fastrand::u64(..)));
    Ok(Hq::open(Config::new(folder.to_owned(), Transport::Http, surroundings)).await?)
}

/// An HQ that serves in this process.
pub struct Headquarters {
    pub hq: Hq,
    serving: JoinHandle<()>,
    _folder: Option<TempDir>,
}

impl Headquarters {
    /// Starts one in a folder of its own.
    pub async fn start() -> Result<Self, Failed> {
        let folder = tempfile::tempdir()?;
        let hq = open(folder.path()).await?;
        Ok(Self { _folder: Some(folder), ..Self::serve(hq).await? })
    }

    /// Serves an HQ that is open.
    pub async fn serve(hq: Hq) -> Result<Self, Failed> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let ready = hq.prepare(&listener).await?;
        let served = hq.clone();
        let serving = tokio::spawn(async move {
            // A line that ends early shows in what is measured.
            let _ = served.serve_prepared(ready, listener, std::future::pending()).await;
        });
        Ok(Self { hq, serving, _folder: None })
    }

    /// A code for a new laptop.
    pub async fn code(&self) -> Result<EnrolmentCode, Failed> {
        Ok(self.hq.issue_code(BRANCH, "李堃", CODE_GOOD_FOR, None).await?)
    }

    /// Stops it.
    pub async fn stop(self) -> Result<(), Failed> {
        self.serving.abort();
        Ok(self.hq.close().await?)
    }
}

/// Serves the HQ in `folder`, says a code for a laptop, and goes on until whoever started it closes the line in.
pub async fn serve_until_told(folder: &Path) -> Result<(), Failed> {
    let hq = Headquarters::serve(open(folder).await?).await?;
    writeln!(std::io::stdout(), "{}", hq.code().await?)?;
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    hq.stop().await
}

/// How long a sync took.
#[derive(Debug, Clone, Copy)]
pub struct Took {
    /// Until HQ had everything.
    pub push: Duration,
    /// Until everything was done.
    pub whole: Duration,
    /// Records that came.
    pub received: u64,
}

/// A laptop with an encrypted store in a folder of its own.
pub struct Laptop {
    pub store: Store,
    pub surroundings: Surroundings,
    _folder: TempDir,
}

impl Laptop {
    /// A laptop enrolled with an HQ in this process.
    pub async fn enrolled(hq: &Headquarters, name: &str) -> Result<Self, Failed> {
        Self::enrolled_by(&hq.code().await?, name).await
    }

    /// A laptop enrolled with a code.
    pub async fn enrolled_by(code: &EnrolmentCode, name: &str) -> Result<Self, Failed> {
        let folder = tempfile::tempdir()?;
        let store = Store::open(Folder::lock(folder.path())?, StoreKey::from_bytes([0x5a; 32])).await?;
        let surroundings = Surroundings::new(clock(), chance(fastrand::u64(..)));
        enrol(&store, &Https::by_code(code)?, code, name, &surroundings).await?;
        Ok(Self { store, surroundings, _folder: folder })
    }

    async fn identity(&self) -> Result<Identity, Failed> {
        Ok(self.store.identity().await?.ok_or("not enrolled")?)
    }

    /// Its branch.
    pub async fn branch(&self) -> Result<BranchId, Failed> {
        Ok(self.identity().await?.branch_id)
    }

    /// Where it finds HQ.
    pub async fn hq_address(&self) -> Result<String, Failed> {
        Ok(self.identity().await?.hq_address)
    }

    /// Writes problems as the interface would, all in one go.
    pub async fn write(&self, docs: &[(RecordId, Doc)]) -> Result<(), Failed> {
        let mut write = self.store.write().await?;
        for (id, doc) in docs {
            let edit = Edit { kind: Kind::PROBLEM, id: *id, patch: doc.clone() };
            write.put(self.surroundings.now(), &edit).await?;
        }
        Ok(write.commit().await?)
    }

    /// Does what the app does after a sync, while nobody waits: search catches up, the log is folded into the database. Says
    /// how long it took.
    pub async fn tended(&self) -> Result<Duration, Failed> {
        let began = Instant::now();
        while self.store.tend_search().await? {}
        self.store.fold_log().await?;
        Ok(began.elapsed())
    }

    /// A whole sync.
    pub async fn sync(&self) -> Result<Took, Failed> {
        self.exchange(&self.identity().await?, CancellationToken::new(), |_| {}).await
    }

    /// A whole sync over another line.
    pub async fn sync_over(&self, line: &Line) -> Result<Took, Failed> {
        let identity = Identity { hq_address: line.address().to_owned(), ..self.identity().await? };
        self.exchange(&identity, CancellationToken::new(), |_| {}).await
    }

    /// A sync that `watch` sees the progress of, and that ends soon after `cancel`.
    pub async fn sync_watched(
        &self,
        cancel: CancellationToken,
        watch: impl FnMut(Progress) + Send + 'static,
    ) -> Result<Took, Failed> {
        self.exchange(&self.identity().await?, cancel, watch).await
    }

    async fn exchange(
        &self,
        identity: &Identity,
        cancel: CancellationToken,
        mut watch: impl FnMut(Progress) + Send + 'static,
    ) -> Result<Took, Failed> {
        let https = Https::by_identity(identity)?;
        let (progress, mut seen) = watch::channel(Progress::default());
        let watching = tokio::spawn(async move {
            let mut pushed = None;
            while seen.changed().await.is_ok() {
                let now = *seen.borrow_and_update();
                if !matches!(now.step, Step::Hello | Step::Push) {
                    pushed.get_or_insert_with(Instant::now);
                }
                watch(now);
            }
            pushed
        });
        let began = Instant::now();
        let exchange = Exchange::new(&self.store, &https, &self.surroundings);
        let summary = exchange.watched(progress).cancelled_by(cancel).run().await?;
        let whole = began.elapsed();
        let pushed = watching.await?;
        let push = pushed.map_or(whole, |pushed| pushed - began);
        Ok(Took { push, whole, received: summary.received })
    }

    /// Closes its store.
    pub async fn close(self) {
        self.store.close().await;
    }
}
