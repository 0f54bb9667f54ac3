//! The words of lists, in the language of whoever reads them, from the one catalogue.

use std::{collections::HashMap, env, error::Error};

/// A language of lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Language {
    /// 中文
    Zh,
    /// English
    En,
}

impl Language {
    /// The language of the terminal.
    pub fn of_terminal() -> Self {
        let said = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().filter_map(|name| env::var(name).ok());
        match said.into_iter().find(|value| !value.is_empty()) {
            Some(value) if value.starts_with("zh") => Self::Zh,
            _ => Self::En,
        }
    }
}

/// The catalogue in one language.
pub struct Words(HashMap<String, String>);

impl Words {
    /// The catalogue of `language`.
    pub fn of(language: Language) -> Result<Self, Box<dyn Error>> {
        let text = match language {
            Language::Zh => include_str!("../../../../messages/zh-CN.json"),
            Language::En => include_str!("../../../../messages/en.json"),
        };
        Ok(Self(serde_json::from_str(text)?))
    }

    /// The catalogue in the language of the terminal.
    pub fn of_terminal() -> Result<Self, Box<dyn Error>> {
        Self::of(Language::of_terminal())
    }

    /// The word for `key`; the key itself where there is none.
    pub fn get(&self, key: &str) -> String {
        self.0.get(key).cloned().unwrap_or_else(|| key.to_owned())
    }

    /// The sentence for `key` with its places filled.
    pub fn with(&self, key: &str, places: &[(&str, &str)]) -> String {
        places.iter().fold(self.get(key), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }
}
