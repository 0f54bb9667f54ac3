//! Settings of this laptop. They do not travel.

use crate::{App, Failure, Result, command::Nothing};
use doorstep_domain::Code;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Most printers added by hand.
const PRINTERS_MAX: usize = 20;

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
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
}

/// Arguments of `settings_set`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Set {
    /// The settings.
    settings: Settings,
}

pub(crate) async fn get(app: Arc<App>, _: Nothing) -> Result<Settings> {
    let mut settings: Settings = match app.store() {
        Ok(store) => store.meta("settings").await?.unwrap_or_default(),
        Err(_) => Settings::default(),
    };
    if settings.save_folder.is_empty() {
        settings.save_folder = app.options.documents.to_string_lossy().into_owned();
    }
    Ok(settings)
}

pub(crate) async fn set(app: Arc<App>, args: Set) -> Result<Settings> {
    let settings = args.settings;
    if settings.printers.len() > PRINTERS_MAX {
        return Err(Failure::new(Code::TooLarge, "too many printers").on("printers"));
    }
    for printer in &settings.printers {
        crate::receipts::check_printer(printer)?;
    }
    if !std::path::Path::new(&settings.save_folder).is_absolute() {
        return Err(Failure::new(Code::Invalid, "not a folder's full path").on("save_folder"));
    }
    let store = app.store()?;
    let mut write = store.write().await?;
    write.set_meta("settings", &settings).await?;
    write.commit().await?;
    Ok(settings)
}
