//! `doorstep-hq`: headquarters on the command line. Every command but `serve` also works beside a running server.

mod keeper;

use chrono::TimeDelta;
use clap::{Args, Parser, Subcommand};
use doorstep_hq::{
    Certificate, Config, Hq, Surroundings, Transport,
    accounts::Role,
    attachments::Place,
    backup,
    bundle::Taken,
    enrolment::VALID_HOURS_MAX,
    serve::{fault::chain, openapi, whence::Network},
    storage::{Database, NotAnAddress},
};
use std::{
    error::Error,
    fs,
    io::{self, Write},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{self, ExitCode},
    time::Duration,
};

/// How long after its start HQ looks at everything it has, and how often from then on.
const FIRST_LOOK_AFTER: Duration = Duration::from_secs(5 * 60);
const LOOK_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// Headquarters of Doorstep 上门.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    /// Data folder; `serve` and `restore` make it where there is none.
    #[arg(long, global = true, default_value = "doorstep-hq-data")]
    data: PathBuf,
    /// PostgreSQL instead of SQLite in the data folder: postgres://USER:PASSWORD@HOST/NAME?sslmode=verify-full. The
    /// environment keeps the password out of the list of processes.
    #[arg(long, global = true, value_name = "ADDRESS", env = "DOORSTEP_HQ_DATABASE", hide_env_values = true)]
    database: Option<Database>,
    /// Where attachments are kept: a folder, or s3://BUCKET/PREFIX with address and credentials in the variables
    /// AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Without it: `attachments` in the
    /// data folder.
    #[arg(long, global = true, env = "DOORSTEP_HQ_ATTACHMENTS")]
    attachments: Option<Place>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve laptops. Prints one line of JSON with the address when ready.
    Serve(Serve),
    /// Print a one-time code that enrols a laptop.
    Enrol {
        /// Code of the branch, e.g. CD.
        #[arg(long)]
        branch: String,
        /// Name of the engineer; added to the branch when new.
        #[arg(long)]
        engineer: String,
        /// Hours until the code expires.
        #[arg(long, default_value_t = 72, value_parser = clap::value_parser!(u32).range(1..=i64::from(VALID_HOURS_MAX)))]
        valid_hours: u32,
        /// Address laptops reach HQ at, where it is not the one it listens on.
        #[arg(long)]
        address: Option<String>,
    },
    /// Import templates, products, branches or the company block.
    Import {
        /// JSON files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Move this HQ's records from SQLite in the data folder to an empty PostgreSQL database.
    MigrateTo {
        /// Its address: postgres://USER:PASSWORD@HOST/NAME?sslmode=verify-full
        #[arg(env = "DOORSTEP_HQ_MIGRATE_TO", hide_env_values = true)]
        address: Database,
    },
    #[command(flatten)]
    Office(keeper::Office),
    /// Print the store key of a laptop whose passphrase was lost.
    Recover {
        /// Its code, e.g. A07.
        #[arg(long)]
        device: String,
        /// Yes, print a key that opens everything on that laptop.
        #[arg(long)]
        yes: bool,
    },
    /// Print what customers said, one line of JSON each.
    Opinions {
        /// Only of the branch with this code.
        #[arg(long)]
        branch: Option<String>,
    },
    /// Take in what a laptop without a line wrote to a file, and write the answer for it.
    Bundle {
        #[command(subcommand)]
        command: BundleCommand,
    },
    /// Change HQ's key without locking laptops out.
    Key {
        #[command(subcommand)]
        command: KeyCommand,
    },
    /// Move HQ to another address without losing laptops.
    Address {
        #[command(subcommand)]
        command: AddressCommand,
    },
    /// Make a backup while HQ serves; into the same folder again, only what is new is copied.
    Backup {
        /// Folder of the backup; made where there is none.
        folder: PathBuf,
        /// What was made as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Restore HQ from a backup into an empty data folder.
    Restore {
        /// Folder of the backup.
        folder: PathBuf,
    },
    /// Print the OpenAPI document of HQ's API.
    Openapi,
    /// Accounts of people at HQ.
    Account {
        #[command(subcommand)]
        command: AccountCommand,
    },
}

#[derive(Debug, Subcommand)]
enum BundleCommand {
    /// Take in a `.doorstep` file. Twice is harmless.
    Take {
        /// The file.
        file: PathBuf,
        /// Where to write the answer, which goes back to the laptop.
        #[arg(long)]
        answer: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    /// Tell laptops, with every exchange, the key that HQ will have next.
    Announce {
        /// Private key in PEM, where certificates come from elsewhere; HQ makes one itself without it.
        #[arg(long)]
        key: Option<PathBuf>,
    },
    /// Take the announced key from the next start on.
    Switch {
        /// Yes, also while there are laptops that were not told.
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Subcommand)]
enum AddressCommand {
    /// Tell laptops, with every exchange, where HQ will be found next; and say which were not told yet. They go there when
    /// HQ answers no more at the old address. From then on start HQ with `serve --address`.
    Announce {
        /// The address, e.g. https://hq.example.com:7443.
        address: String,
    },
    /// Take the announced address back.
    Withdraw,
}

#[derive(Debug, Subcommand)]
enum AccountCommand {
    /// Add an account and print its password once.
    Add {
        /// Name to log in with.
        #[arg(long)]
        name: String,
        /// What the person may do.
        #[arg(long, value_enum)]
        role: Role,
        /// Code of the branch, for a branch manager.
        #[arg(long)]
        branch: Option<String>,
    },
    /// List the accounts.
    List(keeper::Listing),
    /// Close an account: its logins end, and nobody gets its name again.
    Close {
        /// Its name.
        #[arg(long)]
        name: String,
    },
}

#[derive(Debug, Args)]
struct Serve {
    /// Address to listen on.
    #[arg(long, default_value = "0.0.0.0:7443")]
    listen: SocketAddr,
    /// Address laptops are told, e.g. https://hq.example.com:7443.
    #[arg(long)]
    address: Option<String>,
    /// Certificate in PEM; HQ makes its own without one.
    #[arg(long, requires = "key")]
    cert: Option<PathBuf>,
    /// The certificate's private key in PEM.
    #[arg(long, requires = "cert")]
    key: Option<PathBuf>,
    /// Plain HTTP, on a loopback address only.
    #[arg(long, conflicts_with_all = ["cert", "key"])]
    http: bool,
    /// File that takes the line of JSON too, once HQ is ready.
    #[arg(long)]
    ready_file: Option<PathBuf>,
    /// Address of this machine for `/metrics`, `/healthz` and `/readyz` in plain HTTP, e.g. 127.0.0.1:9464.
    #[arg(long)]
    metrics: Option<SocketAddr>,
    /// A proxy before HQ whose `Forwarded` or `X-Forwarded-For` is believed: an address, or a network such as 10.0.0.0/8. Who
    /// asks is then the last address there that is none of the proxies'.
    #[arg(long, value_delimiter = ',')]
    trust_proxy: Vec<Network>,
    /// Token that opens `/metrics` beside the laptops' paths.
    #[arg(long, env = "DOORSTEP_HQ_METRICS_TOKEN", hide_env_values = true)]
    metrics_token: Option<String>,
}

impl Serve {
    fn transport(&self) -> Transport {
        match (&self.cert, &self.key) {
            _ if self.http => Transport::Http,
            (Some(cert), Some(key)) => Transport::Https(Certificate::Given { cert: cert.clone(), key: key.clone() }),
            _ => Transport::Https(Certificate::SelfMade),
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info,sqlx=warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).json().init();
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let said = match keeper::Words::of_terminal() {
                Ok(words) => keeper::said(&words, error.as_ref()),
                Err(_) => chain(error.as_ref()),
            };
            let _ = writeln!(io::stderr(), "doorstep-hq: {said}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<(), Box<dyn Error>> {
    if let Command::MigrateTo { address } = &cli.command {
        return migrate(&cli.data, address).await;
    }
    let mut config = Config::new(cli.data, Transport::Https(Certificate::SelfMade), surroundings());
    config.database = cli.database.unwrap_or_default();
    config.attachments = cli.attachments;
    if let Command::Serve(serve) = &cli.command {
        config.transport = serve.transport();
        config.address.clone_from(&serve.address);
        config.metrics_token.clone_from(&serve.metrics_token);
        config.doors.trusted.clone_from(&serve.trust_proxy);
    }
    // HTTPS to where attachments are kept.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match &cli.command {
        Command::Restore { folder } => {
            let restored = backup::restore(folder, &config).await?;
            say(&serde_json::to_string(&restored)?)?;
            return keeper::restored(&restored);
        }
        Command::Openapi => return Ok(say(&serde_json::to_string_pretty(&openapi::document())?)?),
        _ => {}
    }
    // Only these make an HQ: another command in a wrong folder would find an empty one there, and all well.
    let hq = match &cli.command {
        Command::Serve(_) => Hq::open(config).await?,
        _ => Hq::find(config).await?,
    };
    let done = match cli.command {
        Command::Serve(options) => serve(&hq, &options).await,
        other => keep(&hq, other).await,
    };
    hq.close().await?;
    done
}

async fn migrate(data: &Path, to: &Database) -> Result<(), Box<dyn Error>> {
    let Database::Postgres(address) = to else { return Err(NotAnAddress.into()) };
    for moved in doorstep_hq::moving::migrate(data, address).await? {
        say(&format!("{} {}", moved.table, moved.rows))?;
    }
    keeper::tell("hq.said.migrated", &[])
}

/// The machine's own clock and the operating system's randomness.
#[expect(clippy::disallowed_methods, reason = "main is where the clock enters")]
fn surroundings() -> Surroundings {
    // `Utc::now` panics where the clock stands before 1970.
    Surroundings::new(
        || std::time::SystemTime::now().into(),
        |bytes| {
            if getrandom::fill(bytes).is_err() {
                // Without randomness every key and token would be guessable: stopping is the only safe answer.
                process::abort();
            }
        },
    )
}

async fn serve(hq: &Hq, options: &Serve) -> Result<(), Box<dyn Error>> {
    hq.check_clock()?;
    let listener = TcpListener::bind(options.listen)?;
    let local = listener.local_addr()?;
    let ready = hq.prepare(&listener).await?;
    let line = serde_json::json!({ "ready": true, "address": ready.address, "listen": local.to_string() }).to_string();
    say(&line)?;
    if let Some(path) = &options.ready_file {
        write_ready(path, &line)?;
    }
    let watchers = options.metrics.map(TcpListener::bind).transpose()?;
    let watched = async {
        match watchers {
            Some(listener) => hq.serve_watchers(listener).await,
            None => std::future::pending().await,
        }
    };
    let tidied = async {
        match hq.sweep().await {
            Ok(0) => {}
            Ok(chunks) => tracing::info!(chunks, "removed chunks that nobody will complete"),
            Err(error) => tracing::warn!(error = %chain(&error), "chunks could not be looked through"),
        }
        tokio::time::sleep(FIRST_LOOK_AFTER).await;
        loop {
            match hq.scrub().await {
                Ok(checked) => tracing::info!(damaged = checked.damage.len(), "looked at everything"),
                Err(error) => tracing::error!(error = %chain(&error), "not everything could be looked at"),
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::select! {
        served = hq.serve_prepared(ready, listener, stop_asked()) => Ok(served?),
        watched = watched => Ok(watched?),
        () = tidied => Ok(()),
    }
}

fn write_ready(path: &Path, line: &str) -> io::Result<()> {
    let scratch = path.with_extension("new");
    fs::write(&scratch, line)?;
    fs::rename(&scratch, path)
}

async fn stop_asked() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupted => {}
                _ = terminated.recv() => {}
            }
            return;
        }
    }
    let _ = interrupted.await;
}

async fn keep(hq: &Hq, command: Command) -> Result<(), Box<dyn Error>> {
    match command {
        Command::Serve(_) | Command::MigrateTo { .. } | Command::Restore { .. } | Command::Openapi => {}
        Command::Enrol { branch, engineer, valid_hours, address } => {
            let valid = TimeDelta::hours(i64::from(valid_hours));
            let code = hq.issue_code(&branch, &engineer, valid, address).await?.to_string();
            keeper::label("hq.said.code", &[("who", &engineer), ("hours", &valid_hours.to_string())])?;
            say(&code)?;
        }
        Command::Import { files } => {
            let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
            keeper::tell("hq.said.imported", &[("n", &hq.import(&files).await?.to_string())])?;
        }
        Command::Office(office) => keeper::run(hq, office).await?,
        Command::Recover { yes: false, .. } => {
            return Err(keeper::Words::of_terminal()?.get("hq.said.recoverAsks").into());
        }
        Command::Recover { device, .. } => {
            let key = hq.recover(&device).await?;
            keeper::label("hq.said.storeKey", &[("code", &device)])?;
            say(&hex::encode(key))?;
        }
        Command::Opinions { branch } => {
            for heard in hq.opinions(branch.as_deref()).await? {
                say(&serde_json::to_string(&heard)?)?;
            }
        }
        Command::Bundle { command: BundleCommand::Take { file, answer } } => {
            let taken = hq.take_bundle(&file, &answer).await?;
            let Taken { device, operations, refused, files, stopped } = taken;
            let [operations, refused, files] = [operations.to_string(), refused.to_string(), files.to_string()];
            let counts = [("code", &*device), ("n", &*operations), ("refused", &*refused), ("files", &*files)];
            keeper::tell("hq.said.bundle", &counts)?;
            if let Some(code) = stopped {
                let why = serde_json::to_value(code)?.as_str().unwrap_or_default().to_owned();
                let why = keeper::Words::of_terminal()?.get(&format!("error.{why}"));
                keeper::tell("hq.said.bundleStopped", &[("why", &why)])?;
            }
            keeper::tell("hq.said.bundleAnswer", &[("file", &answer.display().to_string())])?;
        }
        Command::Key { command: KeyCommand::Announce { key } } => {
            let fingerprint = hq.announce_key(key.as_deref()).await?;
            keeper::label("hq.said.keyAnnounced", &[])?;
            say(&hex::encode(fingerprint))?;
        }
        Command::Key { command: KeyCommand::Switch { yes } } => {
            hq.switch_key(yes).await?;
            keeper::tell("hq.said.keySwitched", &[])?;
        }
        Command::Address { command: AddressCommand::Announce { address } } => {
            let missing = hq.announce_address(&address).await?;
            match missing.is_empty() {
                true => keeper::tell("hq.said.addressTold", &[("what", &address)])?,
                false => keeper::tell("hq.said.addressAnnounced", &[("what", &address), ("who", &missing.join(", "))])?,
            }
        }
        Command::Address { command: AddressCommand::Withdraw } => {
            hq.withdraw_address().await?;
            keeper::tell("hq.said.addressWithdrawn", &[])?;
        }
        Command::Backup { folder, json } => {
            let made = hq.backup(&folder).await?;
            if json {
                say(&serde_json::to_string(&made)?)?;
            } else {
                keeper::backed_up(&made, &folder)?;
            }
        }
        Command::Account { command: AccountCommand::Add { name, role, branch } } => {
            let password = hq.add_account(&name, role, branch.as_deref()).await?;
            keeper::label("hq.said.password", &[("who", &name)])?;
            say(&password)?;
        }
        Command::Account { command: AccountCommand::List(listing) } => keeper::accounts(hq, listing).await?,
        Command::Account { command: AccountCommand::Close { name } } => {
            hq.close_account(&name).await?;
            keeper::tell("hq.said.closed", &[("who", &name)])?;
        }
    }
    Ok(())
}

fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
