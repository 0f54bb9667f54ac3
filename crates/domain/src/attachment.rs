//! Photos, files and drawn signatures: the record. Their bytes travel apart, named by hash.

use crate::{
    Code, Refusal,
    id::{BranchId, EngineerId, RecordId, VisitId},
    noun::prelude::*,
    record::at_most,
};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most bytes of one attachment.
pub const ATTACHMENT_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;
/// Most bytes of one photo as it comes from a camera.
pub const PHOTO_BYTES_MAX: u64 = 40 * 1024 * 1024;

/// What an attachment is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A picture taken on site.
    #[default]
    Photo,
    /// Any other file.
    File,
    /// The signature drawn on the screen.
    Signature,
    /// A photo of the paper that was signed and stamped by hand.
    SignedPaper,
}

/// A file that belongs to a visit, and within it perhaps to an answer or a problem.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Attachment {
    /// The branch.
    pub branch_id: Option<BranchId>,
    /// Who added it.
    pub engineer_id: Option<EngineerId>,
    /// The visit.
    pub visit_id: Option<VisitId>,
    /// The answer or problem it belongs to.
    pub about_id: Option<RecordId>,
    /// What it is for.
    pub role: Role,
    /// File name without a path.
    pub name: String,
    /// Media type as found in its content.
    pub media_type: String,
    /// Size in bytes.
    pub bytes: u64,
    /// BLAKE3 of its bytes, 64 hexadecimal digits.
    pub hash: String,
    /// Pixels across, for pictures.
    pub width: Option<u32>,
    /// Pixels down, for pictures.
    pub height: Option<u32>,
    /// When it was added.
    pub added_at: Option<DateTime<Utc>>,
    /// What it shows.
    pub caption: String,
}

impl Noun for Attachment {
    const DESCRIPTION: Description = Description {
        settable: &["caption", "name"],
        creation: Creation::Step,
        written_by: WrittenBy::Laptops,
        deletion: Deletion::Anytime,
        parents: &["visit_id"],
        audience: Audience::Branch,
        dispatch: Dispatch::Along,
        paper: Paper::Part(&["branch_id"]),
        references: references!["branch_id" "branch" Home, "engineer_id" "engineer" Names, "visit_id" "visit" Visit, "about_id" "problem" Names, "about_id" "answer" Names],
        search: Search::NOT,
        called: &["name", "caption"],
        open: None,
        verbatim: Verbatim::Nothing,
        large: &[],
        retention: Retention::WithParent,
        erasure: Erasure::Tombstone,
    };

    fn check(&self) -> Result<(), Refusal> {
        at_most(&self.name, 255, "name")?;
        at_most(&self.caption, 500, "caption")?;
        at_most(&self.media_type, 100, "media_type")?;
        if self.bytes > ATTACHMENT_BYTES_MAX {
            return Err(Refusal::new(Code::TooLarge, "attachment").on("bytes"));
        }
        check_hash(&self.hash)
    }
}

/// Fails unless `hash` is 64 lower-case hexadecimal digits, so that it can name a file.
///
/// # Errors
/// [`Code::Invalid`].
pub fn check_hash(hash: &str) -> Result<(), Refusal> {
    let ok = hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if ok { Ok(()) } else { Err(Refusal::new(Code::Invalid, "not a BLAKE3 hash").on("hash")) }
}
