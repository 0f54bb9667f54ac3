//! The exchange by `.doorstep` file, for places that no line reaches.

use super::{obey, surroundings, tend, watching::ByFile};
use crate::{App, Failure, Result, command::Nothing, desk::Content, receipts::keep_file, settings};
use doorstep_domain::{Code, file_name::cleaned};
use doorstep_store::Store;
use doorstep_sync::bundle;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    io::{BufWriter, Cursor},
    path::PathBuf,
    sync::Arc,
};

/// A file for HQ.
#[derive(Debug, Serialize, JsonSchema)]
pub struct BundleFile {
    /// Where.
    path: String,
    /// Its name.
    name: String,
    /// Operations in it.
    operations: u64,
    /// Files in it.
    files: u64,
}

/// Arguments of `bundle_import`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Import {
    /// HQ's answer, uploaded.
    upload: String,
}

/// What HQ's answer brought.
#[derive(Debug, Serialize, JsonSchema)]
pub struct BundleAnswer {
    /// Operations that HQ answered.
    sent: u64,
    /// Of these, refused.
    refused: u64,
    /// Fields that lost against another's and are conflicts now.
    conflicts: u64,
    /// Records that are new or newer.
    received: u64,
    /// Files that HQ has now.
    files_sent: u64,
    /// What waits has to be exported once more: HQ knows this laptop from a later copy, or was restored.
    again: bool,
}

/// One exchange at a time, whichever way it goes.
fn alone(app: &App) -> Result<ByFile<'_>> {
    app.syncs.begin_by_file().ok_or_else(|| Failure::new(Code::WrongState, "a sync is under way"))
}

/// Writes everything that waits to a file in the folder for papers.
pub(crate) async fn export(app: Arc<App>, _: Nothing) -> Result<BundleFile> {
    let _alone = alone(&app)?;
    let (store, identity) = app.enrolled().await?;
    let settings = settings::get(Arc::clone(&app), Nothing {}).await?;
    let folder = PathBuf::from(settings.save_folder);
    std::fs::create_dir_all(&folder)?;
    let day = app.world.day(app.world.now()).format("%Y%m%d");
    let name = cleaned(&format!("{}-{day}.doorstep", identity.device_code));
    let to = BufWriter::new(tempfile::NamedTempFile::new_in(&folder)?);
    let (to, exported) = bundle::export(&store, &surroundings(&app.world), to).await?;
    let file = to.into_inner().map_err(|e| Failure::from(e.into_error()))?;
    file.as_file().sync_all()?;
    let path = keep_file(file, &folder, &name)?;
    Ok(BundleFile {
        name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        path: path.to_string_lossy().into_owned(),
        operations: exported.operations,
        files: exported.files,
    })
}

/// Takes in HQ's answer, to its end also when nobody waits for it any more.
pub(crate) async fn import(app: Arc<App>, args: Import) -> Result<BundleAnswer> {
    let content = app.desk.take_content(&args.upload)?;
    let work = tokio::spawn(async move {
        let _alone = alone(&app)?;
        let (store, _) = app.enrolled().await?;
        let outcome = take(&app, &store, content).await;
        obey(&app, &outcome).await;
        // Nobody waits for search, which may take a minute after a large answer.
        tokio::spawn(async move { tend(&store).await });
        outcome
    });
    let bundle::Imported { summary, again } = work.await??;
    Ok(BundleAnswer {
        sent: summary.sent,
        refused: summary.refused,
        conflicts: summary.conflicts,
        received: summary.received,
        files_sent: summary.files_sent,
        again,
    })
}

async fn take(app: &App, store: &Store, content: Content) -> Result<bundle::Imported> {
    let answer = tokio::task::spawn_blocking(|| content.whole()).await;
    let mut answer = Cursor::new(answer??);
    Ok(bundle::import(store, &surroundings(&app.world), &mut answer).await?)
}
