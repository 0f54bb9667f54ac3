//! Where the app keeps its things on this machine.

use doorstep_app::{KeyChoice, Options};
use std::{io, path::PathBuf};

/// Folders of this user. `DOORSTEP_HOME` puts all of them in one place, for demonstrations and tests.
pub(crate) struct Places {
    data: PathBuf,
    documents: PathBuf,
}

impl Places {
    pub(crate) fn find() -> io::Result<Self> {
        if let Some(home) = std::env::var_os("DOORSTEP_HOME") {
            let home = PathBuf::from(home);
            return Ok(Self { data: home.join("data"), documents: home.join("documents") });
        }
        let missing = || io::Error::new(io::ErrorKind::NotFound, "this user has no data folder");
        let data = dirs::data_local_dir().ok_or_else(missing)?.join("Doorstep");
        let documents = dirs::document_dir().or_else(dirs::home_dir).ok_or_else(missing)?.join("Doorstep");
        Ok(Self { data, documents })
    }

    pub(crate) fn options(&self) -> Options {
        let key =
            if std::env::var_os("DOORSTEP_PASSPHRASE").is_some() { KeyChoice::Passphrase } else { KeyChoice::Best };
        Options { data: self.data.clone(), documents: self.documents.clone(), key }
    }

    /// The webview's own files. It runs without a cache; what it writes all the same is inside the data folder, which
    /// is closed to others.
    pub(crate) fn webview(&self) -> PathBuf {
        self.data.join("webview")
    }
}

/// Whether a test drives the webview, by the variable with which Tauri lets it.
pub(crate) fn is_driven() -> bool {
    std::env::var("TAURI_WEBVIEW_AUTOMATION").is_ok_and(|value| value == "true")
}

/// `en` or `zh`, by the environment's locale; Chinese when in doubt.
pub(crate) fn system_language() -> &'static str {
    let locale =
        ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    if locale.is_some_and(|locale| locale.starts_with("en")) { "en" } else { "zh" }
}
