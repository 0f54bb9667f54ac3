//! Words for what a paper says beyond its labels, from the one catalogue of messages for screen and paper.

use crate::Result;
use doorstep_paper::Language;
use std::collections::HashMap;

/// The catalogue in one language.
pub(super) struct Words(HashMap<String, String>);

impl Words {
    /// The catalogue of `language`.
    ///
    /// # Errors
    /// A failure when the catalogue that was built in does not read.
    pub(super) fn of(language: Language) -> Result<Self> {
        let text = match language {
            Language::Chinese => include_str!("../../../../messages/zh-CN.json"),
            Language::English => include_str!("../../../../messages/en.json"),
        };
        Ok(Self(serde_json::from_str(text)?))
    }

    /// The word for `key`; the key itself where there is none, so that nothing is silently missing.
    pub(super) fn get(&self, key: &str) -> String {
        self.0.get(key).cloned().unwrap_or_else(|| key.to_owned())
    }

    /// The sentence for `key` with its places filled.
    pub(super) fn with(&self, key: &str, places: &[(&str, &str)]) -> String {
        places.iter().fold(self.get(key), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }
}
