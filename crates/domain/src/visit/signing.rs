//! What happens when the receipt lies before the customer (M43).

use crate::{Code, Refusal, bounds::check_text, id::AttachmentId, record::at_most};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The text that was put before the customer, frozen by its hash, and how they answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Signing {
    /// When it was put before them.
    pub presented_at: DateTime<Utc>,
    /// BLAKE3 of the canonical document without any signature: what they read.
    pub text_hash: String,
    /// How they answered; absent while they read.
    #[serde(default)]
    pub outcome: Option<Outcome>,
}

/// How the customer answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub enum Outcome {
    /// Signed on the screen.
    Drawn {
        /// Name.
        name: String,
        /// Position.
        #[serde(default)]
        position: String,
        /// The picture of the signature.
        signature: AttachmentId,
        /// When.
        at: DateTime<Utc>,
    },
    /// Printed, signed and stamped by hand, with a photo of the paper.
    Paper {
        /// Name.
        name: String,
        /// Position.
        #[serde(default)]
        position: String,
        /// The photo.
        paper: AttachmentId,
        /// When.
        at: DateTime<Utc>,
    },
    /// 拒签
    Refused {
        /// Why.
        reason: String,
        /// Who saw it.
        witness: String,
        /// When.
        at: DateTime<Utc>,
    },
}

impl Outcome {
    /// Checks that everything a paper needs is there.
    ///
    /// # Errors
    /// [`Code::Missing`] or [`Code::TooLarge`] with the field.
    pub fn check(&self) -> Result<(), Refusal> {
        let texts: &[(&str, &str, bool)] = match self {
            Self::Drawn { name, position, .. } | Self::Paper { name, position, .. } => {
                &[(name, "name", true), (position, "position", false)]
            }
            Self::Refused { reason, witness, .. } => &[(reason, "reason", true), (witness, "witness", true)],
        };
        for (text, field, is_needed) in texts {
            if *is_needed && text.trim().is_empty() {
                return Err(Refusal::new(Code::Missing, "needed").on(*field));
            }
            at_most(text, 300, field)?;
            check_text(text, field, *field == "reason")?;
        }
        Ok(())
    }

    /// When the customer answered.
    #[must_use]
    pub fn at(&self) -> DateTime<Utc> {
        match self {
            Self::Drawn { at, .. } | Self::Paper { at, .. } | Self::Refused { at, .. } => *at,
        }
    }
}
