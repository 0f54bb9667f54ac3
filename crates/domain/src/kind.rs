//! The name of a record's kind. Known ones are constants ([`crate::noun`] lists them); an unknown one is kept as it came.

use crate::{Code, Refusal};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Visitor};
use std::{borrow::Cow, fmt};

/// The name of a record's kind. Known ones are constants; an unknown one is kept as it came.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Kind(Cow<'static, str>);

/// A type whose documents are of one kind.
pub trait Named {
    /// The kind.
    const KIND: Kind;
}

impl Kind {
    /// A kind by its name; any name of up to 40 lower-case letters and underscores will do.
    ///
    /// # Errors
    /// [`Code::Invalid`] for anything else.
    pub fn parse(name: &str) -> Result<Self, Refusal> {
        let ok = (1..=40).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        if ok { Ok(Self::named(name)) } else { Err(Refusal::new(Code::Invalid, "not a kind of record")) }
    }

    pub(crate) const fn known(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// Kinds are copied for every key of a record: a known one shares its name.
    fn named(name: &str) -> Self {
        let known = Self::KNOWN.iter().find(|kind| kind.0 == name);
        known.cloned().unwrap_or_else(|| Self(Cow::Owned(name.to_owned())))
    }

    /// Its name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl Visitor<'_> for Name {
            type Value = Kind;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a kind")
            }
            fn visit_str<E>(self, name: &str) -> Result<Kind, E> {
                Ok(Kind::named(name))
            }
        }
        deserializer.deserialize_str(Name)
    }
}
