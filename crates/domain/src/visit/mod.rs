//! Visits to customers (M7, M8, M38–M43): what is recorded, and the states a visit passes through.

mod signing;
mod state;

pub use signing::{Outcome, Signing};
pub use state::{Progress, Rescheduled, State, Step, StepKind, after, check_times, possible};

use crate::{
    Code, Doc, Refusal,
    id::{BranchId, ContactId, CustomerId, EngineerId, InstallationId, ProductId, RecordId, TemplateId, VisitId},
    noun::prelude::*,
    open::Open,
    record::{self, at_most, needed},
    seal::CHOSEN,
};
use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a visit is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VisitKind {
    /// 故障处理
    #[default]
    Fault,
    /// 安装调试
    Installation,
    /// 软件升级
    Upgrade,
    /// 数据处理
    DataProcessing,
    /// 上门培训
    Training,
    /// 售前演示 (M7)
    Presales,
    /// 客户回访 (M15)
    ReturnVisit,
    /// 巡检 (M17)
    Preventive,
}

impl VisitKind {
    /// Whether the visit is about a problem, which has to be recorded with its cause and what was done (M41, M42).
    #[must_use]
    pub fn needs_problem(self) -> bool {
        matches!(self, Self::Fault)
    }
}

/// Somebody who comes along.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Companion {
    /// Name.
    pub name: String,
    /// Whether they are of sales (M7).
    pub sales: bool,
}

/// Whether the customer pays for the visit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Charge {
    /// Charged, or free.
    pub charged: bool,
    /// Under what contract, or how much.
    pub note: String,
}

/// How an appointment was agreed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Means {
    /// By telephone, as the manual has it (M38).
    #[default]
    Phone,
    /// By message.
    Message,
    /// By mail.
    Mail,
    /// Face to face.
    InPerson,
}

/// The agreed appointment (M38).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Appointment {
    /// With whom.
    pub with: String,
    /// The contact, when they are on file.
    #[serde(default)]
    pub contact_id: Option<ContactId>,
    /// Their number.
    #[serde(default)]
    pub phone: String,
    /// When the engineer is to be there.
    pub at: DateTime<Utc>,
    /// How it was agreed.
    #[serde(default)]
    pub means: Means,
    /// When it was agreed.
    pub agreed_at: DateTime<Utc>,
}

/// A visit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Visit {
    /// The branch (M6).
    pub branch_id: Option<BranchId>,
    /// The engineer who answers for it (M6).
    pub engineer_id: Option<EngineerId>,
    /// The customer.
    pub customer_id: Option<CustomerId>,
    /// What it is for.
    pub kind: VisitKind,
    /// What the customer asked for, in one line.
    pub subject: String,
    /// The day it is planned for.
    pub planned_on: Option<NaiveDate>,
    /// The installation it concerns.
    pub installation_id: Option<InstallationId>,
    /// The product it concerns (M12).
    pub product_id: Option<ProductId>,
    /// Its version.
    pub product_version: String,
    /// Charged or free.
    pub charge: Charge,
    /// Who came along.
    pub companions: Vec<Companion>,
    /// The agreed appointment.
    pub appointment: Option<Appointment>,
    /// State and its times.
    pub progress: Progress,
    /// Checklist templates, pinned to their versions (R1).
    pub checklists: Vec<TemplateId>,
    /// What was demonstrated (M7).
    pub demonstrated: String,
    /// What was handed over (M7).
    pub handed_over: String,
    /// What the customer holds against the record.
    pub reservations: String,
    /// For colleagues only; never printed.
    pub internal_notes: String,
    /// Being put before the customer, and what they did.
    pub signing: Option<Signing>,
    /// 1, and one more with each amendment.
    pub revision: u32,
    /// Why there is a revision above 1.
    pub amendment_reason: String,
    /// Number of the paper that counts, where a revision was sealed twice and somebody settled which.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seal: Option<String>,
    /// The engineer who takes it over, of whatever branch: their laptop gets it and writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dispatched_to: Option<EngineerId>,
    /// A tombstone.
    pub deleted: bool,
}

impl Visit {
    /// Whether somebody still has to do something about it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.deleted && !matches!(self.progress.state, State::Sealed | State::Cancelled)
    }
}

impl Noun for Visit {
    const DESCRIPTION: Description = Description {
        settable: &[
            "kind",
            "subject",
            "planned_on",
            "installation_id",
            "product_id",
            "product_version",
            "charge",
            "companions",
            "demonstrated",
            "handed_over",
            "reservations",
            "internal_notes",
        ],
        creation: Creation::Step,
        written_by: WrittenBy::Laptops,
        deletion: Deletion::While(is_to_come),
        parents: &["customer_id"],
        audience: Audience::Branch,
        dispatch: Dispatch::Itself,
        paper: Paper::Root(&["internal_notes", "branch_id", "engineer_id", "dispatched_to", CHOSEN]),
        references: references!["branch_id" "branch" Home, "engineer_id" "engineer" Names, "customer_id" "customer" Names, "installation_id" "installation" Names, "product_id" "product" Everyones, "appointment.contact_id" "contact" Names, "checklists[]" "template" Everyones, "dispatched_to" "engineer" Dispatch, "signing.outcome.signature" "attachment" Names, "signing.outcome.paper" "attachment" Names],
        search: Search {
            opens: Opens::Itself,
            called: &["subject"],
            notes: &["demonstrated", "handed_over", "reservations", "internal_notes", "amendment_reason"],
            ..Search::NOT
        },
        called: &["subject"],
        open: Some(open_visit),
        verbatim: Verbatim::Nothing,
        large: &[],
        retention: Retention::Years(10),
        erasure: Erasure::SealedStub,
    };

    fn check(&self) -> Result<(), Refusal> {
        at_most(&self.subject, 300, "subject")?;
        at_most(&self.product_version, 60, "product_version")?;
        at_most(&self.charge.note, 300, "charge")?;
        at_most(&self.demonstrated, 5_000, "demonstrated")?;
        at_most(&self.handed_over, 5_000, "handed_over")?;
        at_most(&self.reservations, 5_000, "reservations")?;
        at_most(&self.internal_notes, 20_000, "internal_notes")?;
        at_most(&self.amendment_reason, 500, "amendment_reason")?;
        self.companions.iter().try_for_each(|companion| at_most(&companion.name, 100, "companions"))?;
        if let Some(appointment) = &self.appointment {
            at_most(&appointment.with, 100, "appointment")?;
            at_most(&appointment.phone, 60, "appointment")?;
        }
        self.progress.check_lengths()?;
        if self.companions.len() > 20 {
            return Err(Refusal::new(Code::TooLarge, "more than 20 companions").on("companions"));
        }
        if self.checklists.len() > 10 {
            return Err(Refusal::new(Code::TooLarge, "more than 10 checklists").on("checklists"));
        }
        Ok(())
    }
}

/// A visit that took place stays.
fn is_to_come(doc: &Doc) -> Result<(), Refusal> {
    let visit: Visit = record::read(doc)?;
    match visit.progress.state >= State::Arrived {
        true => Err(Refusal::new(Code::WrongState, "a visit that took place is not deleted")),
        false => Ok(()),
    }
}

/// A visit is its engineer's until it is over. One that does not read is open: a newer version wrote it.
fn open_visit(doc: &Doc) -> Option<Open> {
    let open = record::read::<Visit>(doc).map_or(true, |visit| visit.is_open());
    let whose = doc.get("engineer_id").and_then(Value::as_str).and_then(|id| id.parse().ok());
    open.then_some(Open { whose, since: None })
}

/// How a problem ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Solved {
    /// 已解决
    Solved,
    /// 未解决
    NotSolved,
}

/// A problem met on a visit (M41, M42).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Problem {
    /// The branch.
    pub branch_id: Option<BranchId>,
    /// Who wrote it down.
    pub engineer_id: Option<EngineerId>,
    /// The visit.
    pub visit_id: Option<VisitId>,
    /// 问题现象
    pub symptom: String,
    /// 原因分析 (M41)
    pub cause: String,
    /// What the customer was told about the cause (M41).
    pub explanation: String,
    /// What was done.
    pub action: String,
    /// 操作指导: how it is done right (M42).
    pub guidance: String,
    /// How it ended; absent while it is being worked on.
    pub solved: Option<Solved>,
    /// A tombstone.
    pub deleted: bool,
}

impl Noun for Problem {
    const DESCRIPTION: Description = Description {
        settable: &["visit_id", "symptom", "cause", "explanation", "action", "guidance", "solved"],
        creation: Creation::Direct,
        written_by: WrittenBy::Laptops,
        deletion: Deletion::Anytime,
        parents: &["visit_id"],
        audience: Audience::Branch,
        dispatch: Dispatch::Along,
        paper: Paper::Inside(&["branch_id"]),
        references: references!["branch_id" "branch" Home, "engineer_id" "engineer" Names, "visit_id" "visit" Visit],
        search: Search::in_text(&["symptom", "cause", "explanation", "action", "guidance"]),
        called: &["symptom"],
        open: None,
        verbatim: Verbatim::Nothing,
        large: &[],
        retention: Retention::WithParent,
        erasure: Erasure::Tombstone,
    };

    fn check(&self) -> Result<(), Refusal> {
        at_most(&self.symptom, 5_000, "symptom")?;
        at_most(&self.cause, 5_000, "cause")?;
        at_most(&self.explanation, 5_000, "explanation")?;
        at_most(&self.action, 5_000, "action")?;
        at_most(&self.guidance, 5_000, "guidance")
    }
}

/// A question of the customer's, with its answer (M42).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Question {
    /// The branch.
    pub branch_id: Option<BranchId>,
    /// Who wrote it down.
    pub engineer_id: Option<EngineerId>,
    /// The visit.
    pub visit_id: Option<VisitId>,
    /// What was asked.
    pub question: String,
    /// What was answered.
    pub answer: String,
    /// A tombstone.
    pub deleted: bool,
}

impl Noun for Question {
    const DESCRIPTION: Description = Description {
        settable: &["visit_id", "question", "answer"],
        creation: Creation::Direct,
        written_by: WrittenBy::Laptops,
        deletion: Deletion::Anytime,
        parents: &["visit_id"],
        audience: Audience::Branch,
        dispatch: Dispatch::Along,
        paper: Paper::Inside(&["branch_id"]),
        references: references!["branch_id" "branch" Home, "engineer_id" "engineer" Names, "visit_id" "visit" Visit],
        search: Search::in_text(&["question", "answer"]),
        called: &["question"],
        open: None,
        verbatim: Verbatim::Nothing,
        large: &[],
        retention: Retention::WithParent,
        erasure: Erasure::Tombstone,
    };

    fn check(&self) -> Result<(), Refusal> {
        at_most(&self.question, 5_000, "question")?;
        at_most(&self.answer, 5_000, "answer")
    }
}

/// Something left to do (遗留问题). It comes up on the next visit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct OpenPoint {
    /// The branch.
    pub branch_id: Option<BranchId>,
    /// Who wrote it down.
    pub engineer_id: Option<EngineerId>,
    /// The customer, so that the next visit finds it.
    pub customer_id: Option<CustomerId>,
    /// The visit it came up in.
    pub visit_id: Option<VisitId>,
    /// What is left to do.
    pub text: String,
    /// Who does it.
    pub who: String,
    /// By when.
    pub due: Option<NaiveDate>,
    /// When it was done.
    pub done_on: Option<NaiveDate>,
    /// The visit that settled it.
    pub done_visit_id: Option<VisitId>,
    /// A tombstone.
    pub deleted: bool,
}

impl Noun for OpenPoint {
    const DESCRIPTION: Description = Description {
        settable: &["customer_id", "visit_id", "text", "who", "due", "done_on", "done_visit_id"],
        creation: Creation::Direct,
        written_by: WrittenBy::Laptops,
        deletion: Deletion::Anytime,
        parents: &["visit_id", "customer_id"],
        audience: Audience::Branch,
        dispatch: Dispatch::Along,
        paper: Paper::Part(&["branch_id", "engineer_id", "done_on", "done_visit_id"]),
        references: references!["branch_id" "branch" Home, "engineer_id" "engineer" Names, "visit_id" "visit" Visit, "customer_id" "customer" File, "done_visit_id" "visit" Names],
        search: Search::in_text(&["text", "who"]),
        called: &["text"],
        open: None,
        verbatim: Verbatim::Nothing,
        large: &[],
        retention: Retention::WithParent,
        erasure: Erasure::Tombstone,
    };

    fn check(&self) -> Result<(), Refusal> {
        at_most(&self.text, 5_000, "text")?;
        at_most(&self.who, 100, "who")
    }
}

/// The customer's satisfaction, encrypted to HQ's key on the spot: the laptop cannot read it again (M43).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Satisfaction {
    /// The branch.
    pub branch_id: Option<BranchId>,
    /// The engineer it is about.
    pub engineer_id: Option<EngineerId>,
    /// The visit.
    pub visit_id: Option<VisitId>,
    /// A libsodium sealed box (X25519) in base64 over the JSON of [`Opinion`].
    pub sealed: String,
}

impl Noun for Satisfaction {
    const DESCRIPTION: Description = Description {
        settable: &[],
        creation: Creation::Step,
        written_by: WrittenBy::Laptops,
        deletion: Deletion::Never,
        parents: &["visit_id"],
        audience: Audience::Author,
        dispatch: Dispatch::Stays,
        paper: Paper::Nothing,
        references: references!["branch_id" "branch" Home, "engineer_id" "engineer" Names, "visit_id" "visit" Visit],
        search: Search::NOT,
        called: &[],
        open: None,
        verbatim: Verbatim::Nothing,
        large: &[],
        retention: Retention::WithParent,
        erasure: Erasure::Tombstone,
    };

    fn check(&self) -> Result<(), Refusal> {
        needed(&self.sealed, "sealed")?;
        at_most(&self.sealed, 40_000, "sealed")
    }
}

/// What the customer said, as HQ reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Opinion {
    /// 1 (very dissatisfied) to 5 (very satisfied).
    pub grade: u8,
    /// In their own words.
    #[serde(default)]
    pub words: String,
}

impl Opinion {
    /// Checks the grade and the length.
    ///
    /// # Errors
    /// [`Code::Invalid`] or [`Code::TooLarge`].
    pub fn check(&self) -> Result<(), Refusal> {
        if !(1..=5).contains(&self.grade) {
            return Err(Refusal::new(Code::Invalid, "1 to 5").on("grade"));
        }
        at_most(&self.words, 2_000, "words")?;
        crate::bounds::check_text(&self.words, "words", true)
    }
}

macro_rules! entries {
    ($($(#[$doc:meta])* $name:ident { $id:ty, $field:ident: $noun:ty }),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        pub struct $name {
            /// Its id.
            pub id: $id,
            /// The record.
            pub $field: $noun,
        }
    )+};
}

entries! {
    /// A visit with its id.
    VisitEntry { VisitId, visit: Visit },
    /// A problem with its id.
    ProblemEntry { RecordId, problem: Problem },
    /// A question with its id.
    QuestionEntry { RecordId, question: Question },
    /// An open point with its id.
    OpenPointEntry { RecordId, open_point: OpenPoint },
}
