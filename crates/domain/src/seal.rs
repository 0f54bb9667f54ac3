//! Seals (invariant 3): the document a signature covers, its canonical bytes, its hash, its number.
//!
//! The bytes are stored verbatim and never rebuilt from columns. Drawing keys is the caller's work.

use crate::{
    Code, Refusal,
    attachment::Attachment,
    checklist::{AnswerEntry, Template},
    customer::Level,
    id::{AttachmentId, BranchId, DeviceId, EngineerId, TemplateId, VisitId},
    noun::prelude::*,
    record::needed,
    staff::{Branch, Company, Engineer, Text},
    visit::{OpenPointEntry, ProblemEntry, QuestionEntry, Visit},
};
use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most bytes of a canonical document.
pub const DOCUMENT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Format of the documents that this version makes and reads.
pub const FORMAT: u32 = 1;

/// The visit's field with the number of the paper that counts, where a revision was sealed twice.
pub const CHOSEN: &str = "seal";

/// A sealed revision of a visit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Seal {
    /// The branch.
    pub branch_id: Option<BranchId>,
    /// The engineer.
    pub engineer_id: Option<EngineerId>,
    /// The visit.
    pub visit_id: Option<VisitId>,
    /// Which revision it seals.
    pub revision: u32,
    /// The number on the paper.
    pub number: String,
    /// The canonical JSON (RFC 8785) of [`Document`], verbatim.
    pub document: String,
    /// BLAKE3 of `document`, 64 hexadecimal digits.
    pub hash: String,
    /// Ed25519 signature of the hash's 32 bytes, in base64.
    pub signature: String,
    /// The laptop's public key, in base64.
    pub public_key: String,
    /// The laptop.
    pub device_id: Option<DeviceId>,
    /// When, by the laptop's clock.
    pub sealed_at: Option<DateTime<Utc>>,
}

impl Noun for Seal {
    const DESCRIPTION: Description = Description {
        settable: &[],
        creation: Creation::Step,
        written_by: WrittenBy::Laptops,
        deletion: Deletion::Never,
        parents: &["visit_id"],
        audience: Audience::Branch,
        dispatch: Dispatch::Along,
        paper: Paper::Nothing,
        references: references!["branch_id" "branch" Home, "engineer_id" "engineer" Names, "visit_id" "visit" Visit, "device_id" "" Everyones],
        search: Search { opens: Opens::Parent, called: &["number"], document: Some("document"), ..Search::NOT },
        called: &["number"],
        open: None,
        verbatim: Verbatim::Field("document"),
        large: &[("document", DOCUMENT_BYTES_MAX)],
        retention: Retention::WithParent,
        erasure: Erasure::SealedStub,
    };

    fn check(&self) -> Result<(), Refusal> {
        needed(&self.document, "document")?;
        if self.document.len() > DOCUMENT_BYTES_MAX {
            return Err(Refusal::new(Code::TooLarge, "document").on("document"));
        }
        if hash(self.document.as_bytes()) != self.hash {
            return Err(Refusal::new(Code::BadSeal, "the hash is not the document's").on("hash"));
        }
        Ok(())
    }
}

impl Seal {
    /// Whether what stands around the document is what it says itself: visit, revision, time, and the number's end.
    /// The signature covers the document only, so a paper is not made from a seal that disagrees with it.
    ///
    /// # Errors
    /// [`Code::BadSeal`].
    pub fn check_cover(&self) -> Result<(), Refusal> {
        let bad = |field: &str| Refusal::new(Code::BadSeal, "the cover is not the document's").on(field);
        let Format { format } = serde_json::from_str(&self.document).map_err(|_| bad("document"))?;
        if format > FORMAT {
            // Of a newer version: it is kept, and no paper is made from it here.
            return Ok(());
        }
        let document: Document = serde_json::from_str(&self.document).map_err(|_| bad("document"))?;
        let Visit { revision, progress, .. } = &document.visit;
        match () {
            () if document.visit_id != self.visit_id => Err(bad("visit_id")),
            () if (*revision).max(1) != self.revision => Err(bad("revision")),
            () if progress.sealed_at != self.sealed_at => Err(bad("sealed_at")),
            () if !self.number.ends_with(&number_end(&self.hash)) => Err(bad("number")),
            () => Ok(()),
        }
    }
}

/// What every document says, whatever else it does.
#[derive(Deserialize)]
struct Format {
    #[serde(default)]
    format: u32,
}

/// Everything a receipt says, and what stands behind it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Document {
    /// 1; a reader that meets a higher one says that it needs a newer version.
    pub format: u32,
    /// Minutes that the laptop's time was ahead of UTC: papers write times as they were on site.
    pub zone_minutes: i32,
    /// The visit's id.
    pub visit_id: Option<VisitId>,
    /// The visit, its appointment, times and signing.
    pub visit: Visit,
    /// The vendor.
    pub company: Company,
    /// The branch.
    pub branch: Branch,
    /// The engineer.
    pub engineer: Engineer,
    /// The customer as it stood.
    pub customer: CustomerCard,
    /// The product as it stood.
    pub product: Option<ProductCard>,
    /// Checklists with the template's version and the answers.
    pub checklists: Vec<FilledChecklist>,
    /// Problems.
    pub problems: Vec<ProblemEntry>,
    /// Questions with answers.
    pub questions: Vec<QuestionEntry>,
    /// Open points: those of this visit, and earlier ones it settled.
    pub open_points: Vec<OpenPointEntry>,
    /// Attachments with their hashes.
    pub attachments: Vec<AttachmentEntry>,
}

/// A customer on a paper.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CustomerCard {
    /// From the group down to the customer itself.
    pub path: Vec<PathPart>,
    /// Its number.
    pub number: String,
    /// Its address.
    pub address: String,
    /// Its telephone.
    pub phone: String,
}

/// A level of the tree with its name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PathPart {
    /// The level.
    pub level: Level,
    /// The name.
    pub name: String,
}

/// A product on a paper.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ProductCard {
    /// Its name.
    pub name: Text,
    /// Version.
    pub version: String,
    /// Dongle or licence number.
    pub dongle_number: String,
    /// Quota edition.
    pub quota_edition: String,
    /// Last day of maintenance.
    pub maintenance_until: Option<NaiveDate>,
    /// Kind of database.
    pub database_kind: String,
}

/// A checklist with its answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct FilledChecklist {
    /// The template's id.
    pub template_id: Option<TemplateId>,
    /// The template as it was answered.
    pub template: Template,
    /// The answers.
    pub answers: Vec<AnswerEntry>,
}

/// An attachment with its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AttachmentEntry {
    /// Its id.
    pub id: AttachmentId,
    /// The attachment.
    pub attachment: Attachment,
}

impl Document {
    /// Its canonical JSON (RFC 8785).
    ///
    /// # Errors
    /// [`Code::Internal`] when it holds what JSON cannot (a number that is not finite).
    pub fn canonical(&self) -> Result<String, Refusal> {
        serde_json_canonicalizer::to_string(self).map_err(|e| Refusal::new(Code::Internal, format!("canonical: {e}")))
    }

    /// The hash of the text as the customer reads it: without any answer of theirs.
    ///
    /// # Errors
    /// As [`Document::canonical`].
    pub fn text_hash(&self) -> Result<String, Refusal> {
        let mut text = self.clone();
        text.visit.signing = None;
        text.visit.progress.state = crate::visit::State::Working;
        text.visit.progress.finished_at = None;
        text.visit.progress.sealed_at = None;
        text.attachments.retain(|a| {
            !matches!(a.attachment.role, crate::attachment::Role::Signature | crate::attachment::Role::SignedPaper)
        });
        Ok(hash(text.canonical()?.as_bytes()))
    }
}

/// BLAKE3 in 64 hexadecimal digits.
#[must_use]
pub fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// The number on a paper, e.g. `CD-20261123-A07-0003-7F2K9`: branch, day, laptop, count of the laptop, and five
/// characters of the content's hash, since a cloned laptop repeats its counter.
#[must_use]
pub fn number(branch: &str, day: NaiveDate, laptop: &str, count: u32, content_hash: &str) -> String {
    format!("{branch}-{}-{laptop}-{count:04}-{}", day.format("%Y%m%d"), number_end(content_hash))
}

fn number_end(content_hash: &str) -> String {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let bits = u64::from_str_radix(content_hash.get(..8).unwrap_or("0"), 16).unwrap_or(0);
    (0..5).map(|i| DIGITS.get(((bits >> (5 * i)) & 31) as usize).map_or('0', |b| char::from(*b))).collect()
}
