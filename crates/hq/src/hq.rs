//! HQ as a whole: its data folder opened, its server run. What the binary starts, and tests start in process.

use crate::{
    accounts,
    attachments::{Attachments, Place},
    bundle, enrolment,
    error::Error,
    import,
    keys::RecoveryKey,
    metrics::Metrics,
    moving, private_folder,
    readiness::Readiness,
    serve::{
        self, Turns, WrongCodes, WrongPasswords,
        doors::{Door, Doors, Places},
        pace::{Pace, Rates},
        tls,
    },
    storage::{Database, Storage, postgres::Postgres, sqlite::Sqlite},
    surroundings::Surroundings,
};
use axum::Router;
use axum_server::{
    Handle, Server,
    tls_rustls::{RustlsAcceptor, RustlsConfig},
};
use doorstep_wire::limits::Limits;
use hyper_util::rt::TokioTimer;
use std::{
    fmt, fs,
    future::Future,
    io,
    net::{IpAddr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::sync::Semaphore;

/// How long requests under way may take to end when HQ stops.
const STOP_GRACE: Duration = Duration::from_secs(10);

/// How HQ is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    /// HTTPS with this certificate.
    Https(tls::Certificate),
    /// Plain HTTP, on loopback addresses only.
    Http,
}

/// How to open HQ.
#[derive(Debug, Clone)]
pub struct Config {
    /// The data folder; made where there is none.
    pub data: PathBuf,
    /// Where its records are.
    pub database: Database,
    /// How it is reached.
    pub transport: Transport,
    /// The address laptops are told, e.g. `https://hq.example.com:7443`; absent: the listener's own.
    pub address: Option<String>,
    /// Where attachments are kept; absent: a folder in the data folder.
    pub attachments: Option<Place>,
    /// Limits.
    pub limits: Limits,
    /// How fast one sender may ask.
    pub rates: Rates,
    /// How long it waits for others, and how many it lets in.
    pub doors: Doors,
    /// Opens `/metrics` to those who show it; absent: to nobody but an address of this machine.
    pub metrics_token: Option<String>,
    /// Time and randomness.
    pub surroundings: Surroundings,
}

impl Config {
    /// As HQ is opened where nothing is asked for.
    #[must_use]
    pub fn new(data: PathBuf, transport: Transport, surroundings: Surroundings) -> Self {
        Self {
            data,
            database: Database::default(),
            transport,
            address: None,
            attachments: None,
            limits: Limits::default(),
            rates: Rates::default(),
            doors: Doors::default(),
            metrics_token: None,
            surroundings,
        }
    }

    /// Folders of this machine that HQ writes into.
    fn folders(&self) -> Vec<PathBuf> {
        let attachments = match self.place() {
            Place::Folder(folder) => Some(folder),
            Place::S3 { .. } => None,
        };
        [self.data.clone()].into_iter().chain(attachments).collect()
    }

    /// Where attachments are kept.
    pub(crate) fn place(&self) -> Place {
        self.attachments.clone().unwrap_or_else(|| Place::Folder(self.data.join("attachments")))
    }
}

/// What requests share.
pub struct Inner {
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) attachments: Attachments,
    pub(crate) recovery: RecoveryKey,
    pub(crate) limits: Limits,
    pub(crate) surroundings: Surroundings,
    pub(crate) wrong_codes: WrongCodes,
    pub(crate) wrong_passwords: WrongPasswords,
    /// Passwords being checked.
    pub(crate) passwords: Arc<Semaphore>,
    pub(crate) in_flight: Arc<Places>,
    pub(crate) doors: Doors,
    pub(crate) turns: Turns,
    pub(crate) laptops: Pace<i64>,
    pub(crate) addresses: Pace<IpAddr>,
    pub(crate) people: Pace<String>,
    pub(crate) readiness: Readiness,
    pub(crate) metrics: Metrics,
    pub(crate) metrics_token: Option<String>,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hq")
    }
}

/// HQ, opened.
#[derive(Debug, Clone)]
pub struct Hq {
    pub(crate) inner: Arc<Inner>,
    config: Arc<Config>,
}

impl Hq {
    /// That the machine's clock can be right.
    ///
    /// # Errors
    /// [`Error::Clock`].
    pub fn check_clock(&self) -> Result<(), Error> {
        let now = self.inner.surroundings.now();
        doorstep_domain::bounds::check_date(now.date_naive(), "clock").map_err(|_| Error::Clock(now))
    }

    /// Opens the HQ that is in the data folder, and makes none.
    ///
    /// # Errors
    /// [`Error::NoHq`], and as [`Hq::open`].
    pub async fn find(config: Config) -> Result<Self, Error> {
        let is_here = moving::sqlite(&config.data).exists() || recovery_key(&config.data).exists();
        if is_here { Self::assembled(config).await } else { Err(Error::NoHq(config.data)) }
    }

    /// Opens HQ in its data folder, and makes one where there is none. At the first start it takes in the templates, products, branches and company
    /// block that ship; later starts add what a newer version ships beside them.
    ///
    /// # Errors
    /// [`Error`] when the folder, the database or a key cannot be used.
    pub async fn open(config: Config) -> Result<Self, Error> {
        let hq = Self::assembled(config).await?;
        import::shipped(&hq).await?;
        Ok(hq)
    }

    async fn assembled(config: Config) -> Result<Self, Error> {
        private_folder::make(&config.data)?;
        if let Place::Folder(folder) = config.place() {
            private_folder::make(&folder)?;
        }
        let storage: Arc<dyn Storage> = match &config.database {
            Database::Sqlite => {
                moving::check_here(&config.data)?;
                check_whole(&config.data)?;
                Arc::new(Sqlite::open(&moving::sqlite(&config.data)).await?)
            }
            Database::Postgres(address) => Arc::new(Postgres::open(address).await?),
        };
        let inner = Inner {
            storage,
            attachments: config.place().open()?,
            recovery: RecoveryKey::open(&recovery_key(&config.data), &config.surroundings)?,
            limits: config.limits,
            surroundings: config.surroundings.clone(),
            wrong_codes: WrongCodes::default(),
            wrong_passwords: WrongPasswords::default(),
            passwords: Arc::new(Semaphore::new(accounts::PASSWORDS_AT_ONCE)),
            in_flight: Places::new(config.doors.requests_max),
            doors: config.doors.clone(),
            turns: Turns::default(),
            laptops: Pace::new(config.rates.laptop),
            addresses: Pace::new(config.rates.address),
            people: Pace::new(config.rates.laptop),
            readiness: Readiness::new(config.folders()),
            metrics: Metrics::default(),
            metrics_token: config.metrics_token.clone(),
        };
        Ok(Self { inner: Arc::new(inner), config: Arc::new(config) })
    }

    /// The data folder.
    pub(crate) fn data(&self) -> &Path {
        &self.config.data
    }

    /// The folder of HQ's own certificate.
    pub(crate) fn tls_folder(&self) -> PathBuf {
        self.config.data.join("tls")
    }

    /// Its database.
    #[must_use]
    pub fn storage(&self) -> &dyn Storage {
        self.inner.storage.as_ref()
    }

    /// Its routes, without a listener: requests that come another way than over a socket, as in the simulator.
    pub fn router(&self) -> Router {
        serve::router(self.clone())
    }

    /// Serves until `shutdown` is done; requests under way may end. Says where it is served before the first request,
    /// so that `enrol` knows.
    ///
    /// # Errors
    /// [`Error::PlainHttp`], [`Error::Certificate`], [`Error::Serve`].
    pub async fn serve(&self, listener: TcpListener, shutdown: impl Future<Output = ()>) -> Result<(), Error> {
        let ready = self.prepare(&listener).await?;
        self.serve_prepared(ready, listener, shutdown).await
    }

    /// Everything before the first request: the certificate, and the address that laptops are told.
    ///
    /// # Errors
    /// As [`Hq::serve`].
    pub async fn prepare(&self, listener: &TcpListener) -> Result<Ready, Error> {
        let at = listener.local_addr().map_err(Error::Serve)?;
        listener.set_nonblocking(true).map_err(Error::Serve)?;
        let tls = match &self.config.transport {
            Transport::Http if !at.ip().is_loopback() => return Err(Error::PlainHttp(at)),
            Transport::Http => None,
            Transport::Https(certificate) => Some(tls::load(certificate, &self.tls_folder())?),
        };
        let scheme = if tls.is_some() { "https" } else { "http" };
        let address = self.config.address.clone().unwrap_or_else(|| format!("{scheme}://{}", enrolment::reached(at)));
        let key_fingerprint = tls.as_ref().map_or([0; 32], |identity| identity.fingerprint);
        self.inner.storage.serve_at(&address, key_fingerprint).await?;
        if self.inner.storage.site().await?.next_key.is_some_and(|next| next.fingerprint == key_fingerprint) {
            self.inner.storage.announce_key(None).await?;
        }
        if self.inner.storage.site().await?.next_address.is_some_and(|next| next.address == address) {
            self.inner.storage.announce_address(None).await?;
        }
        Ok(Ready { address, key_fingerprint, tls })
    }

    /// Serves what [`Hq::prepare`] made ready, until `shutdown` is done.
    ///
    /// # Errors
    /// [`Error::Serve`].
    pub async fn serve_prepared(
        &self,
        ready: Ready,
        listener: TcpListener,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), Error> {
        let _held = moving::serving(&self.config.data)?;
        let app = self.router().into_make_service_with_connect_info::<SocketAddr>();
        let handle = Handle::new();
        tracing::info!(address = ready.address, "serving");
        let serving = async {
            let doors = &self.config.doors;
            let server = axum_server::from_tcp(listener)?.handle(handle.clone());
            match ready.tls {
                Some(identity) => {
                    let tls = RustlsAcceptor::new(RustlsConfig::from_config(identity.config));
                    let tls = tls.handshake_timeout(doors.head);
                    bounded(server.acceptor(Door::before(tls, doors)), doors).serve(app).await
                }
                None => bounded(server.map(|plain| Door::before(plain, doors)), doors).serve(app).await,
            }
        };
        tokio::pin!(serving);
        tokio::select! {
            stopped = &mut serving => return stopped.map_err(Error::Serve),
            () = shutdown => {}
        }
        handle.graceful_shutdown(Some(STOP_GRACE));
        serving.await.map_err(Error::Serve)?;
        tracing::info!("stopped");
        Ok(())
    }

    /// Serves `/metrics`, `/healthz` and `/readyz` in plain HTTP on an address of this machine, for ever.
    ///
    /// # Errors
    /// [`Error::PlainHttp`], [`Error::Serve`].
    pub async fn serve_watchers(&self, listener: TcpListener) -> Result<(), Error> {
        let at = listener.local_addr().map_err(Error::Serve)?;
        if !at.ip().is_loopback() {
            return Err(Error::PlainHttp(at));
        }
        listener.set_nonblocking(true).map_err(Error::Serve)?;
        let app = serve::watched(Arc::clone(&self.inner)).into_make_service();
        let server = axum_server::from_tcp(listener).map_err(Error::Serve)?;
        bounded(server, &self.config.doors).serve(app).await.map_err(Error::Serve)
    }

    /// Removes what a stop in the middle left: files that were being handed in, and chunks of attachments that nobody will
    /// complete. Answers how many chunks there were.
    ///
    /// # Errors
    /// [`Error::Attachments`].
    pub async fn sweep(&self) -> Result<usize, Error> {
        let now = self.inner.surroundings.now();
        bundle::sweep(&self.config.data.join("incoming"), now)?;
        Ok(self.inner.attachments.sweep(now).await?)
    }

    /// Closes the database.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn close(&self) -> Result<(), Error> {
        Ok(self.inner.storage.close().await?)
    }
}

/// The key that laptops seal to. It is made after the database.
fn recovery_key(data: &Path) -> PathBuf {
    data.join("recovery.key")
}

/// Says so where the database of an HQ is gone: HQ would begin anew beside its key, without a word.
fn check_whole(data: &Path) -> Result<(), Error> {
    let database = moving::sqlite(data);
    let bytes = match fs::metadata(&database) {
        Ok(found) => found.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(Error::folder(&database, error)),
    };
    if bytes == 0 && recovery_key(data).exists() { Err(Error::Gone(database)) } else { Ok(()) }
}

/// What is said here last holds: another acceptor takes it back. A server that speaks HTTP/1 alone, one request at a time on a connection, and gives up on one whose request never comes.
fn bounded<A>(server: Server<SocketAddr, A>, doors: &Doors) -> Server<SocketAddr, A> {
    let mut server = server.http1_only();
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(doors.head);
    server
}

/// HQ about to serve.
#[derive(Debug, Clone)]
pub struct Ready {
    /// The address laptops are told.
    pub address: String,
    /// SHA-256 of HQ's public key; zeros with plain HTTP.
    pub key_fingerprint: [u8; 32],
    tls: Option<tls::Identity>,
}
