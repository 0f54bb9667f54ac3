//! HQ in this process: the real routes, landing and storage, called without a socket; killed and opened again from
//! what lies on the disk.

use crate::{
    beneath::{self, Row},
    chance::{Chance, Clock},
    folder,
    line::{Request, Response},
};
use anyhow::{Context, Result};
use axum::{Router, body::Body, extract::ConnectInfo, http};
use bytes::Bytes;
use chrono::TimeDelta;
use doorstep_hq::{
    Config, Hq, Surroundings, Transport,
    backup::{self, Restored},
    serve::pace::{Rate, Rates},
};
use doorstep_wire::limits::Limits;
use futures_util::stream;
use sqlx::Row as _;
use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
};
use tower::ServiceExt;

/// Limits so small that a dozen records take several pages and a photo several chunks.
const LIMITS: Limits = Limits {
    push_ops_max: 5,
    body_bytes_max: 16 * 1024 * 1024,
    page_entries_max: 7,
    page_bytes_max: 4 * 1024 * 1024,
    chunk_bytes_max: 24 * 1024,
};
/// Most bytes of an answer that are read.
const ANSWER_BYTES_MAX: usize = 32 * 1024 * 1024;

/// HQ, open.
pub struct Headquarters {
    /// Its folder.
    pub folder: PathBuf,
    /// HQ itself.
    pub hq: Hq,
    router: Router,
    surroundings: Surroundings,
}

/// A record as HQ's database has it.
#[derive(Debug, Clone)]
pub struct AtHq {
    /// Kind and id.
    pub key: Row,
    /// HQ's version of it.
    pub version: u64,
    /// Its document.
    pub doc: serde_json::Map<String, serde_json::Value>,
}

impl Headquarters {
    /// Opens HQ in a folder.
    ///
    /// # Errors
    /// When it does not open.
    pub async fn open(folder: PathBuf, chance: &Chance, clock: &Clock) -> Result<Self> {
        let (chance, clock) = (chance.clone(), clock.clone());
        let surroundings =
            Surroundings::new(move || clock.now(TimeDelta::zero()), move |bytes: &mut [u8]| chance.fill(bytes));
        Self::open_in(folder, surroundings).await
    }

    async fn open_in(folder: PathBuf, surroundings: Surroundings) -> Result<Self> {
        let hq = Hq::open(config(folder.clone(), surroundings.clone())).await.context("opening HQ")?;
        Ok(Self { folder, router: hq.router(), hq, surroundings })
    }

    /// Answers a request. Of its body only `cut` bytes come, if it is cut.
    ///
    /// # Errors
    /// When the request is none.
    pub async fn answer(&self, request: &Request, cut: Option<usize>) -> Result<Response> {
        let mut builder = http::Request::builder().method(request.method).uri(&request.path);
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        let body = match cut {
            None => Body::from(request.body.clone()),
            Some(at) => {
                let came = request.body.slice(..at.min(request.body.len()));
                Body::from_stream(stream::iter([Ok(came), Err(io::Error::other("the line broke"))]))
            }
        };
        let mut request = builder.body(body)?;
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1))));
        let response = self.router.clone().oneshot(request).await?;
        let (head, body) = response.into_parts();
        let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers: BTreeMap<_, _> = head.headers.iter().map(|(n, v)| (n.as_str().to_owned(), text(v))).collect();
        let body: Bytes = axum::body::to_bytes(body, ANSWER_BYTES_MAX).await?;
        Ok(Response { status: head.status.as_u16(), headers, body })
    }

    /// Ends as a power cut would, and begins anew in `folder` with what was on the disk.
    ///
    /// # Errors
    /// When it does not open again.
    pub async fn crash(self, folder: PathBuf) -> Result<Self> {
        folder::copy_as_left(&self.folder, &folder)?;
        let (old, surroundings) = (self.folder.clone(), self.surroundings.clone());
        self.close().await?;
        std::fs::remove_dir_all(old)?;
        Self::open_in(folder, surroundings).await
    }

    /// Begins anew in `folder`, from a backup: what it took in since is gone.
    ///
    /// # Errors
    /// When it cannot be restored.
    pub async fn restore(self, backup: &Path, folder: PathBuf) -> Result<(Self, Restored)> {
        let (old, surroundings) = (self.folder.clone(), self.surroundings.clone());
        self.close().await?;
        std::fs::remove_dir_all(old)?;
        let restored = backup::restore(backup, &config(folder.clone(), surroundings.clone())).await?;
        Ok((Self::open_in(folder, surroundings).await?, restored))
    }

    /// Closes the database.
    ///
    /// # Errors
    /// When it does not close.
    pub async fn close(self) -> Result<()> {
        let Self { hq, router, .. } = self;
        drop(router);
        Ok(hq.close().await?)
    }

    /// Its database file.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.folder.join("hq.sqlite")
    }

    /// Every record, as the database has it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn records(&self) -> Result<Vec<AtHq>> {
        let mut connection = beneath::open(&self.database(), None).await?;
        let rows = sqlx::query("SELECT kind, id, version, doc FROM record ORDER BY kind, id")
            .fetch_all(&mut connection)
            .await?;
        beneath::close(connection).await?;
        let record = |row: &sqlx::sqlite::SqliteRow| -> Result<AtHq> {
            Ok(AtHq {
                key: (row.try_get("kind")?, row.try_get("id")?),
                version: u64::try_from(row.try_get::<i64, _>("version")?)?,
                doc: serde_json::from_str(row.try_get("doc")?)?,
            })
        };
        rows.iter().map(record).collect()
    }

    /// Where the whole bytes of an attachment lie.
    #[must_use]
    pub fn whole(&self, hash: &str) -> PathBuf {
        let first = Path::new("attachments/whole").join(hash.get(..2).unwrap_or("xx"));
        self.folder.join(first).join(hash)
    }
}

fn config(folder: PathBuf, surroundings: Surroundings) -> Config {
    // Its clock stands while laptops ask: no number of requests is too fast.
    let rate = Rate { burst: u32::MAX, per_second: u32::MAX };
    let rates = Rates { laptop: rate, address: rate };
    Config { limits: LIMITS, rates, ..Config::new(folder, Transport::Http, surroundings) }
}
