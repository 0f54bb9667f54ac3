//! Settings of this laptop. They do not travel.
//!
//! They are in the store. Language and theme lie beside it as well, in a file of their own: the screens that open the
//! store are read before it is open.

use crate::{App, Failure, Result, command::Nothing};
use doorstep_domain::Code;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{io::Write as _, path::PathBuf, sync::Arc};

/// Most printers added by hand.
const PRINTERS_MAX: usize = 20;
/// Most bytes of the file beside the store.
const LOOKS_BYTES_MAX: u64 = 1024;

/// Language of the interface.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// The system's.
    System,
    /// Chinese: most who use this read it, and a system without a Chinese locale says English of itself.
    #[default]
    Zh,
    /// English.
    En,
}

/// Light or dark.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system is.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// Settings of this laptop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Settings {
    /// Language of the interface.
    pub language: Language,
    /// Light or dark.
    pub theme: Theme,
    /// Printers added by hand, `ipp://host:port/path`.
    pub printers: Vec<String>,
    /// The printer that is offered first.
    pub default_printer: Option<String>,
    /// Where saved papers and exports go; empty for the documents folder.
    pub save_folder: String,
    /// Sync by itself, soon after something was written and now and then.
    pub sync_background: bool,
    /// In syncs that come by themselves, files above 1 MiB wait for one that a person starts.
    pub large_files_wait: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            language: Language::default(),
            theme: Theme::default(),
            printers: Vec::new(),
            default_printer: None,
            save_folder: String::new(),
            sync_background: true,
            large_files_wait: false,
        }
    }
}

/// What the interface looks like before the store is open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Looks {
    language: Language,
    theme: Theme,
}

/// Arguments of `settings_set`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Set {
    /// The settings.
    settings: Settings,
}

pub(crate) async fn get(app: Arc<App>, _: Nothing) -> Result<Settings> {
    let kept = match app.store() {
        Ok(store) => store.meta("settings").await?,
        Err(_) => None,
    };
    let mut settings: Settings = kept.unwrap_or_else(|| {
        let Looks { language, theme } = looks(&app);
        Settings { language, theme, ..Settings::default() }
    });
    if settings.save_folder.is_empty() {
        settings.save_folder = app.options.documents.to_string_lossy().into_owned();
    }
    Ok(settings)
}

fn looks_file(app: &App) -> PathBuf {
    app.options.data.join("looks.json")
}

/// As last kept; what does not read, or was never kept, is as at the first start.
fn looks(app: &App) -> Looks {
    let path = looks_file(app);
    let is_small = std::fs::metadata(&path).is_ok_and(|file| file.len() <= LOOKS_BYTES_MAX);
    let text = std::fs::read(path).ok().filter(|_| is_small);
    text.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
}

fn keep_looks(app: &App, settings: &Settings) -> Result<()> {
    let Settings { language, theme, .. } = *settings;
    let mut file = tempfile::NamedTempFile::new_in(&app.options.data)?;
    file.write_all(&serde_json::to_vec(&Looks { language, theme })?)?;
    file.as_file().sync_all()?;
    file.persist(looks_file(app)).map_err(|failed| failed.error)?;
    Ok(())
}

/// Keeps the settings. While the store is not open, only what the interface looks like.
pub(crate) async fn set(app: Arc<App>, args: Set) -> Result<Settings> {
    let settings = args.settings;
    if settings.printers.len() > PRINTERS_MAX {
        return Err(Failure::new(Code::TooLarge, "too many printers").on("printers"));
    }
    for printer in &settings.printers {
        crate::receipts::PrinterAddress::parse(printer)?;
    }
    if !std::path::Path::new(&settings.save_folder).is_absolute() {
        return Err(Failure::new(Code::Invalid, "not a folder's full path").on("save_folder"));
    }
    if let Ok(store) = app.store() {
        let mut write = store.write().await?;
        write.set_meta("settings", &settings).await?;
        write.commit().await?;
    }
    keep_looks(&app, &settings)?;
    Ok(settings)
}
