//! `doorstep-host`: the app without a window.

use clap::{Parser, Subcommand};
use doorstep_app::{App, KeyChoice, Options, Pace, SystemClock, World};
use doorstep_host::{Token, router};
use std::{error::Error, io::Write, net::SocketAddr, path::PathBuf, sync::Arc};
use tracing_subscriber::EnvFilter;

/// The app's commands over loopback HTTP.
#[derive(Parser)]
#[command(version)]
struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Serves commands and interface; prints the address to open.
    Serve {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
        /// Where saved papers go.
        #[arg(long)]
        documents: PathBuf,
        /// The built interface.
        #[arg(long)]
        interface: PathBuf,
        /// Port on the loopback address; 0 takes a free one.
        #[arg(long, default_value_t = 0)]
        port: u16,
        /// Keep the key with a passphrase although there is a keychain.
        #[arg(long)]
        passphrase: bool,
    },
    /// Prints the JSON Schema of every command.
    Commands,
    /// Enrols a data folder and fills it with a branch's week, as `cargo xtask run` does.
    Sample {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
        /// Where saved papers go.
        #[arg(long)]
        documents: PathBuf,
        /// The enrolment code.
        #[arg(long)]
        code: String,
        /// Passphrase of the new store; without it the keychain keeps the key.
        #[arg(long, env = "DOORSTEP_PASSPHRASE", hide_env_values = true)]
        passphrase: Option<String>,
    },
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    doorstep_app::log_faults();
    match Args::parse().verb {
        Verb::Commands => {
            serde_json::to_writer_pretty(std::io::stdout(), &doorstep_app::schema())?;
            Ok(writeln!(std::io::stdout())?)
        }
        Verb::Serve { data, documents, interface, port, passphrase } => {
            let key = if passphrase { KeyChoice::Passphrase } else { KeyChoice::Best };
            serve(Options { data, documents, key }, interface, port).await
        }
        Verb::Sample { data, documents, code, passphrase } => {
            let key = if passphrase.is_some() { KeyChoice::Passphrase } else { KeyChoice::Best };
            let clock = doorstep_sample::SampleClock::default();
            let app = App::open(Options { data, documents, key }, World::new(clock.clone())).await?;
            doorstep_sample::enrol(&app, &code, passphrase.as_deref()).await?;
            doorstep_sample::play(&app, &clock).await?;
            app.close().await;
            Ok(())
        }
    }
}

async fn serve(options: Options, interface: PathBuf, port: u16) -> Result<(), Box<dyn Error>> {
    let now = doorstep_app::Clock::now(&SystemClock);
    if now.timestamp() < 0 {
        // HTTP has no date before 1970; the window, which speaks none, opens and says what is wrong.
        return Err(format!("this computer's clock says {now}; set it first").into());
    }
    let app = App::open(options, World::new(SystemClock)).await?;
    if let Ok(passphrase) = std::env::var("DOORSTEP_PASSPHRASE") {
        app.call("session_unlock", serde_json::json!({ "passphrase": passphrase })).await?;
    }
    let mut random = [0; 32];
    getrandom::fill(&mut random)?;
    let token = Token::new(random);
    let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).await?;
    writeln!(std::io::stdout(), "http://{}/#token={}", listener.local_addr()?, token.as_str())?;
    std::io::stdout().flush()?;
    tokio::spawn(Arc::clone(&app).keep_synced(Pace::default()));
    let router = router(Arc::clone(&app), token, interface);
    axum::serve(listener, router).with_graceful_shutdown(ended()).await?;
    app.close().await;
    Ok(())
}

/// Ends on Ctrl+C, and on the system's request to end.
async fn ended() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
        let Ok(mut terminate) = terminate else { return };
        tokio::select! { _ = interrupt => {}, _ = terminate.recv() => {} }
    }
    #[cfg(not(unix))]
    interrupt.await.ok();
}
