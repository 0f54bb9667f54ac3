//! A branch's week, played through the app's own commands: what `cargo xtask run` shows and tests begin with.
//!
//! Every name and number here is made up. Nothing is written past the commands, so the sample obeys every rule.

mod clock;
mod customers;
mod pictures;
mod visits;

pub use clock::SampleClock;
use doorstep_app::{App, Failure};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

/// How long the first sync of a sample may take.
const SYNC_MAX: Duration = Duration::from_secs(120);

/// Makes the store, with the keychain or a passphrase, enrols it and syncs, so that branch, products and templates are
/// there.
///
/// # Errors
/// The command's failure.
pub async fn enrol(app: &Arc<App>, code: &str, passphrase: Option<&str>) -> Result<(), Failure> {
    app.call("session_create", json!({ "passphrase": passphrase })).await?;
    app.call("session_enrol", json!({ "code": code, "device_name": "示例电脑" })).await?;
    sync(app).await
}

/// Plays the week and syncs it. The app must have been opened with `clock`.
///
/// # Errors
/// The first command's failure.
pub async fn play(app: &Arc<App>, clock: &SampleClock) -> Result<(), Failure> {
    let customers = customers::add(app).await?;
    visits::play(app, clock, &customers).await?;
    sync(app).await
}

/// Syncs and waits for the end.
///
/// # Errors
/// Why the sync did not go through.
pub async fn sync(app: &Arc<App>) -> Result<(), Failure> {
    let mut state = app.call("sync_start", json!({})).await?;
    let ended = tokio::time::timeout(SYNC_MAX, async {
        while state["running"] == true {
            state = app.call("sync_watch", json!({ "after": state["revision"] })).await?;
        }
        Ok::<_, Failure>(())
    });
    ended.await.map_err(|_| Failure::internal("the sync did not end in time"))??;
    match &state["last_error"] {
        Value::Null => Ok(()),
        error => Err(serde_json::from_value(error.clone())?),
    }
}

/// Runs a command and gives the id it answers with.
async fn id(app: &Arc<App>, command: &str, args: Value) -> Result<String, Failure> {
    let answer = app.call(command, args).await?;
    Ok(answer["id"].as_str().unwrap_or_default().to_owned())
}
