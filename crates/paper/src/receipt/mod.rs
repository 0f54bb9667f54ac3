//! The service receipt (服务确认单): what is printed after a visit, and how it is laid out.
//!
//! `Receipt` is all that the paper says, finished: times are written out, internal items are gone, the customer's
//! satisfaction was never in it. The signer confirms the facts of the service (M43); the paper must never claim more.

mod layout;
mod letterhead;
mod limits;
mod sections;

use serde::{Deserialize, Serialize};

use crate::{Error, Language};
pub use layout::render;

/// Everything a receipt says. Texts are printed as they are; an empty `Option` or list is left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// The vendor.
    pub vendor: Vendor,
    /// The paper's number; does not collide between laptops.
    pub number: String,
    /// Hash of the sealed content in hexadecimal; `None` on a preview before the seal.
    pub content_hash: Option<String>,
    /// When the paper was issued, in seconds since 1970 (UTC). Goes into the file's properties.
    pub issued_unix_s: i64,
    /// Set on an amendment (更正).
    pub amendment: Option<Amendment>,
    /// Marks a reprint (补打).
    pub reprint: bool,
    /// A newer revision was sealed since (已被新版替代).
    pub replaced: bool,
    /// The customer.
    pub customer: Customer,
    /// The product that was served, if one was.
    pub product: Option<Product>,
    /// Whether the visit is paid for.
    pub charge: Option<Charge>,
    /// What kind of visit, by whom, when.
    pub visit: Visit,
    /// Problems, each with what was done.
    pub problems: Vec<Problem>,
    /// Checklists, without internal items.
    pub checklists: Vec<Checklist>,
    /// Questions with answers.
    pub questions: Vec<Question>,
    /// Open points (遗留问题).
    pub open_points: Vec<OpenPoint>,
    /// What was handed over, one thing an entry.
    pub handed_over: Vec<String>,
    /// What was demonstrated, one thing an entry.
    pub demonstrated: Vec<String>,
    /// The customer's reservations.
    pub reservations: Option<String>,
    /// Photos to print.
    pub photos: Vec<Photo>,
    /// The clauses; [`default_clauses`] unless HQ has its own.
    pub clauses: Vec<Clause>,
    /// How it was signed.
    pub signature: Signature,
}

/// The vendor's company block.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vendor {
    /// Full legal name.
    pub legal_name: String,
    /// Logo, PNG or JPEG.
    pub logo: Option<Vec<u8>>,
    /// Support hotline.
    pub support_hotline: Option<String>,
    /// Supervision hotline (M8).
    pub supervision_hotline: Option<String>,
    /// Mail address.
    pub mail: Option<String>,
    /// Web address.
    pub web: Option<String>,
}

/// An amendment of an earlier receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amendment {
    /// Which revision this is; the first receipt is 1.
    pub revision: u32,
    /// Why it was amended.
    pub reason: String,
}

/// The customer's side.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// Customer unit (客户单位).
    pub unit: String,
    /// Project office (项目部) or section.
    pub project_office: Option<String>,
    /// Where the visit took place.
    pub address: Option<String>,
    /// Contact with phone number, as it shall be printed.
    pub contact: Option<String>,
}

/// The product that was served.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Name.
    pub name: String,
    /// Version.
    pub version: Option<String>,
    /// Dongle or licence number.
    pub dongle: Option<String>,
    /// Maintenance until, written out.
    pub maintenance_until: Option<String>,
}

/// Whether the visit is paid for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// Paid for.
    pub charged: bool,
    /// A note: amount, contract, reason.
    pub note: Option<String>,
}

/// The visit itself. Times are written out in the paper's language and the visit's zone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// Kind of visit, in words.
    pub kind: String,
    /// Engineer.
    pub engineer: String,
    /// Companions, in one line.
    pub companions: Option<String>,
    /// Branch.
    pub branch: Option<String>,
    /// Agreed time.
    pub agreed: Option<String>,
    /// Departed.
    pub departed: Option<String>,
    /// Arrived.
    pub arrived: Option<String>,
    /// Work started.
    pub started: Option<String>,
    /// Work finished.
    pub finished: Option<String>,
    /// Minutes on the way.
    pub on_the_way_min: Option<u32>,
    /// Minutes on site.
    pub on_site_min: Option<u32>,
    /// Entered afterwards (补录): when, by whom, why.
    pub entered_afterwards: Option<String>,
}

/// One problem.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Symptom.
    pub symptom: String,
    /// Cause.
    pub cause: Option<String>,
    /// Explanation given (M41).
    pub explanation: Option<String>,
    /// What was done.
    pub done: Option<String>,
    /// Guidance given (M42).
    pub guidance: Option<String>,
    /// Solved or not; `None` when not stated.
    pub solved: Option<bool>,
}

/// One checklist.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checklist {
    /// Its title, with the version.
    pub title: String,
    /// Its sections.
    pub sections: Vec<Section>,
}

/// A section of a checklist.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Title; empty for none.
    pub title: String,
    /// Items.
    pub items: Vec<Item>,
}

/// One item of a checklist with its answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// What was checked.
    pub text: String,
    /// How it came out.
    pub state: ItemState,
    /// The answer in words, a value with its unit.
    pub outcome: Option<String>,
    /// Remark.
    pub remark: Option<String>,
}

/// How an item came out; drawn before the outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemState {
    /// As expected: a tick.
    Ok,
    /// Not as expected: a cross.
    Failed,
    /// Not applicable: a dash.
    NotApplicable,
    /// A fact that is neither.
    #[default]
    Plain,
}

/// A question of the customer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Question.
    pub question: String,
    /// Answer.
    pub answer: String,
}

/// An open point.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenPoint {
    /// What is open.
    pub what: String,
    /// Who sees to it.
    pub who: Option<String>,
    /// By when, written out.
    pub due: Option<String>,
}

/// A photo to print, already made small enough to send.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Photo {
    /// What is written under it.
    pub caption: String,
    /// JPEG, PNG or WebP.
    pub bytes: Vec<u8>,
}

/// One clause.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clause {
    /// What it says.
    pub text: String,
    /// Binding clauses are printed in bold.
    pub bold: bool,
}

/// How the customer signed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "mode")]
pub enum Signature {
    /// Put before the customer, not signed yet.
    #[default]
    Open,
    /// Drawn on the screen.
    Drawn {
        /// PNG of the strokes.
        picture: Vec<u8>,
        /// Who signed.
        signer: Signer,
    },
    /// To be signed and stamped by hand on paper: the fields that are known are printed, the others stay empty.
    ByHand {
        /// Who signs, as far as known.
        signer: Signer,
    },
    /// Refused.
    Refused {
        /// Why.
        reason: String,
        /// Who witnessed it.
        witness: Option<String>,
        /// When, written out.
        date: Option<String>,
    },
}

/// Who signed, and when.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signer {
    /// Name.
    pub name: Option<String>,
    /// Position.
    pub position: Option<String>,
    /// Date, written out.
    pub date: Option<String>,
}

/// The clauses of the catalogue: what a signature confirms, what it does not, and how personal data is kept.
///
/// # Errors
/// [`Error::Words`] when the catalogue is damaged.
pub fn default_clauses(language: Language) -> Result<Vec<Clause>, Error> {
    let words = language.words()?;
    let clauses = [
        (&words.clause_facts, true),
        (&words.clause_no_acceptance, true),
        (&words.clause_screen, false),
        (&words.clause_paper, false),
        (&words.clause_personal_data, false),
    ];
    Ok(clauses.into_iter().map(|(text, bold)| Clause { text: text.clone(), bold }).collect())
}
