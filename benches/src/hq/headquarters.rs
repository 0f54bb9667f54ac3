//! An HQ on one database or the other, served over loopback, with laptops enrolled in it.

use super::{Failed, laptop::Laptop};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use doorstep_cluster::Cluster;
use doorstep_domain::id::{BranchId, RecordId};
use doorstep_hq::{
    Config, Hq, Surroundings, Transport,
    storage::{Database, Enrolment, Newcomer, Redeemed, Storage},
};
use std::net::{SocketAddr, TcpListener};
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle};

/// HQ, being served.
pub struct Headquarters {
    hq: Hq,
    /// Where.
    pub at: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result<(), doorstep_hq::Error>>,
    _folder: TempDir,
}

#[expect(clippy::disallowed_methods, reason = "a bench measures on the machine's own clock")]
pub fn now() -> DateTime<Utc> {
    Utc::now()
}

fn random<const N: usize>() -> [u8; N] {
    std::array::from_fn(|_| fastrand::u8(..))
}

impl Headquarters {
    /// Opens an HQ on this database and serves it.
    pub async fn open(database: Database) -> Result<Self, Failed> {
        let folder = tempfile::tempdir()?;
        let surroundings = Surroundings::new(now, |bytes| fastrand::Rng::new().fill(bytes));
        let config = Config { database, ..Config::new(folder.path().to_owned(), Transport::Http, surroundings) };
        let hq = Hq::open(config).await?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let at = listener.local_addr()?;
        let ready = hq.prepare(&listener).await?;
        let (stop, stopped) = oneshot::channel::<()>();
        let served = hq.clone();
        let serving = tokio::spawn(async move {
            let stop = async {
                let _ = stopped.await;
            };
            served.serve_prepared(ready, listener, stop).await
        });
        Ok(Self { hq, at, stop, serving, _folder: folder })
    }

    /// Enrols laptops in so many branches, straight into the database; each stands at the end of its feeds.
    pub async fn enrol(&self, laptops: usize, branches: usize) -> Result<Vec<Laptop>, Failed> {
        let branches: Vec<BranchId> = (0..branches).map(|_| RecordId::new(now(), random()).into()).collect();
        let tops = self.hq.storage().tops(&["all".to_owned()]).await?;
        let mut enrolled = Vec::with_capacity(laptops);
        for branch in branches.iter().cycle().take(laptops) {
            let token = enrol(self.hq.storage(), *branch).await?;
            let cursors = [("all".to_owned(), tops.first().map_or(0, |top| top.position))].into();
            enrolled.push(Laptop { token, branch: *branch, cursors, seq: 0 });
        }
        Ok(enrolled)
    }

    /// Places that the feed of a branch has given out.
    pub async fn end(&self, branch: BranchId) -> Result<u64, Failed> {
        let tops = self.hq.storage().tops(&[format!("branch:{branch}")]).await?;
        Ok(tops.first().map_or(0, |top| top.position))
    }

    /// Stops it.
    pub async fn close(self) -> Result<(), Failed> {
        let _ = self.stop.send(());
        self.serving.await??;
        Ok(self.hq.close().await?)
    }
}

async fn enrol(storage: &dyn Storage, branch_id: BranchId) -> Result<String, Failed> {
    let (secret_hash, token) = (random(), random::<32>());
    let engineer_id = RecordId::new(now(), random()).into();
    storage.issue(&Enrolment { secret_hash, branch_id, engineer_id, expires_at: now() + TimeDelta::hours(1) }).await?;
    let newcomer = Newcomer {
        id: RecordId::new(now(), random()).into(),
        name: "laptop".to_owned(),
        public_key: String::new(),
        app_version: "bench".to_owned(),
        token_hash: *blake3::hash(&token).as_bytes(),
        proved: false,
    };
    match storage.redeem(secret_hash, &newcomer, now()).await? {
        Redeemed::Enrolled(_) => Ok(URL_SAFE_NO_PAD.encode(token)),
        other => Err(format!("a laptop was not enrolled: {other:?}").into()),
    }
}

/// A PostgreSQL that keeps what it was told through a power cut, as HQ's would.
pub fn cluster() -> Result<Cluster, Failed> {
    let settings = [("shared_buffers", "512MB"), ("max_wal_size", "4GB")];
    Ok(Cluster::start(std::path::Path::new("/tmp"), &settings)?)
}
