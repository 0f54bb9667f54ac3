//! Files a person asked for: saved under a name of their own, never half-written (invariant 9).

use crate::{App, Failure, Result, desk::UPLOAD_BYTES_MAX, settings};
use doorstep_domain::{Code, file_name::cleaned};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Most files of one name in a folder.
const SAME_NAME_MAX: u32 = 1_000;

/// A file that was saved.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SavedFile {
    /// Where.
    path: String,
    /// Its name.
    name: String,
    /// Names its bytes on the desk; absent when they are too many for it.
    download: Option<String>,
}

/// Arguments of `file_reveal`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Reveal {
    /// A file that was saved.
    path: String,
}

/// Saves bytes in the folder for papers, under `name` or the next free one like it.
pub(crate) async fn save_file(app: &Arc<App>, name: &str, bytes: Vec<u8>) -> Result<SavedFile> {
    save_with(app, name, move |file| Ok(file.write_all(&bytes)?)).await
}

/// Saves what `content` writes, in the same way; nothing of it stays when that fails.
pub(crate) async fn save_with(
    app: &Arc<App>,
    name: &str,
    content: impl FnOnce(&mut File) -> Result<()> + Send + 'static,
) -> Result<SavedFile> {
    let settings = settings::get(Arc::clone(app), crate::command::Nothing {}).await?;
    let folder = PathBuf::from(settings.save_folder);
    let name = cleaned(name);
    let work = tokio::task::spawn_blocking(move || {
        let path = write(&folder, &name, content)?;
        let small = std::fs::metadata(&path)?.len() <= UPLOAD_BYTES_MAX as u64;
        let copy = if small { Some(std::fs::read(&path)?) } else { None };
        Ok::<_, Failure>((path, copy))
    });
    let (path, copy) = work.await??;
    Ok(SavedFile {
        name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        path: path.to_string_lossy().into_owned(),
        download: copy.map(|bytes| app.desk.put(&app.world, bytes.into())).transpose()?,
    })
}

fn write(folder: &Path, name: &str, content: impl FnOnce(&mut File) -> Result<()>) -> Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    // Removed by itself when anything goes wrong before it has its name.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    content(file.as_file_mut())?;
    file.as_file().sync_all()?;
    keep_file(file, folder, name)
}

/// Gives a written file its name, or the next free one like it.
pub(crate) fn keep_file(mut file: tempfile::NamedTempFile, folder: &Path, name: &str) -> Result<PathBuf> {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, "bin"));
    for n in 1..=SAME_NAME_MAX {
        let name = if n == 1 { name.to_owned() } else { format!("{stem} ({n}).{ending}") };
        let path = folder.join(name);
        match file.persist_noclobber(&path) {
            Ok(_) => return Ok(path),
            Err(taken) if taken.error.kind() == std::io::ErrorKind::AlreadyExists => file = taken.file,
            Err(failed) => return Err(failed.error.into()),
        }
    }
    Err(Failure::new(Code::TooLarge, "too many files of this name"))
}

/// Opens the folder of a saved file in the system's file manager.
pub(crate) async fn reveal(app: Arc<App>, args: Reveal) -> Result<()> {
    let settings = settings::get(Arc::clone(&app), crate::command::Nothing {}).await?;
    let folder = PathBuf::from(settings.save_folder);
    if Path::new(&args.path).parent() != Some(folder.as_path()) {
        return Err(Failure::new(Code::OutOfScope, "not a file that was saved here").on("path"));
    }
    // The setting is what a person typed: opening anything but a folder would start it.
    if !folder.is_dir() {
        return Err(Failure::not_found("folder"));
    }
    opener::open(&folder).map_err(|e| Failure::internal(format!("the folder did not open: {e}")))
}

impl SavedFile {
    /// Where it is.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }
}
