//! An answer to an item: its shape, and whether it is the expected one.

use super::{AnswerKind, Item};
use crate::{
    Code, Refusal,
    bounds::check_date,
    id::{BranchId, EngineerId, RecordId, TemplateId, VisitId},
    noun::prelude::*,
    record::at_most,
};
use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An answer. Its id is derived from visit, template and item, so that two laptops meet in it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Answer {
    /// The branch.
    pub branch_id: Option<BranchId>,
    /// Who answered.
    pub engineer_id: Option<EngineerId>,
    /// The visit.
    pub visit_id: Option<VisitId>,
    /// The template's version it was given for.
    pub template_id: Option<TemplateId>,
    /// The item.
    pub item: String,
    /// The answer in the shape its item asks for; `null` when taken back.
    pub value: Value,
    /// A remark.
    pub remark: String,
}

impl Noun for Answer {
    const DESCRIPTION: Description = Description {
        settable: &[],
        creation: Creation::Step,
        written_by: WrittenBy::Laptops,
        deletion: Deletion::Never,
        parents: &["visit_id"],
        audience: Audience::Branch,
        dispatch: Dispatch::Along,
        paper: Paper::Inside(&["branch_id"]),
        references: references!["branch_id" "branch" Home, "engineer_id" "engineer" Names, "visit_id" "visit" Visit, "template_id" "template" Everyones],
        search: Search::in_text(&["remark"]),
        called: &[],
        open: None,
        verbatim: Verbatim::Nothing,
        large: &[],
        retention: Retention::WithParent,
        erasure: Erasure::Tombstone,
    };

    fn check(&self) -> Result<(), Refusal> {
        at_most(&self.remark, 5_000, "remark")?;
        at_most(&self.item, 60, "item")?;
        if self.value.as_str().is_some_and(|text| text.chars().count() > 5_000) {
            return Err(Refusal::new(Code::TooLarge, "more than 5000 characters").on("value"));
        }
        Ok(())
    }
}

/// An answer with its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AnswerEntry {
    /// Its id.
    pub id: RecordId,
    /// The answer.
    pub answer: Answer,
}

impl Answer {
    /// The id of the answer to `item` of `template` on `visit`.
    #[must_use]
    pub fn id(visit: VisitId, template: TemplateId, item: &str) -> RecordId {
        RecordId::derived(visit.into(), &format!("answer/{template}/{item}"))
    }
}

impl Item {
    /// What a person gave as an answer, as it is stored: a number that was typed becomes one.
    ///
    /// # Errors
    /// [`Code::NotANumber`] and [`Code::Invalid`] with the item's id.
    pub fn read_value(&self, given: Value) -> Result<Value, Refusal> {
        let value = match (&self.answer, &given) {
            (AnswerKind::Number { unit, .. }, Value::String(typed)) => {
                super::read_number(typed, unit).map_err(|refusal| refusal.on(&self.id))?
            }
            _ => given,
        };
        self.check_value(&value)?;
        Ok(value)
    }

    /// Checks that `value` is an answer to this item; `null` takes an answer back.
    ///
    /// # Errors
    /// [`Code::Invalid`] with the item's id.
    pub fn check_value(&self, value: &Value) -> Result<(), Refusal> {
        let known = |id: &str, options: &[super::Choice]| options.iter().any(|o| o.id == id);
        let fits = value.is_null()
            || match &self.answer {
                AnswerKind::YesNo => matches!(value.as_str(), Some("yes" | "no" | "na")),
                AnswerKind::Choice { options, .. } => value.as_str().is_some_and(|id| known(id, options)),
                AnswerKind::Choices { options } => value
                    .as_array()
                    .is_some_and(|ids| ids.iter().all(|id| id.as_str().is_some_and(|id| known(id, options)))),
                AnswerKind::Number { .. } => value.as_f64().is_some_and(f64::is_finite),
                AnswerKind::Text => value.is_string(),
                AnswerKind::Date => {
                    let date = value.as_str().and_then(|d| d.parse::<NaiveDate>().ok());
                    date.is_some_and(|date| check_date(date, &self.id).is_ok())
                }
                AnswerKind::Photo | AnswerKind::Note => false,
            };
        if fits { Ok(()) } else { Err(Refusal::new(Code::Invalid, "not an answer to this item").on(&self.id)) }
    }

    /// Whether `value` fails the item: a "no", a failing option, a number out of its range.
    #[must_use]
    pub fn fails(&self, value: &Value) -> bool {
        match &self.answer {
            AnswerKind::YesNo => value == "no",
            AnswerKind::Choice { options, .. } => options.iter().any(|o| o.fails && value == o.id.as_str()),
            AnswerKind::Choices { options } => value
                .as_array()
                .is_some_and(|ids| ids.iter().any(|id| options.iter().any(|o| o.fails && id == o.id.as_str()))),
            AnswerKind::Number { min, max, .. } => {
                value.as_f64().is_some_and(|n| min.is_some_and(|min| n < min) || max.is_some_and(|max| n > max))
            }
            AnswerKind::Text | AnswerKind::Date | AnswerKind::Photo | AnswerKind::Note => false,
        }
    }
}

/// What "all as expected" fills in for an item, if anything.
#[must_use]
pub fn as_expected(item: &Item) -> Option<Value> {
    match &item.answer {
        AnswerKind::YesNo => Some(Value::from("yes")),
        AnswerKind::Choice { expected, .. } => expected.as_deref().map(Value::from),
        _ => None,
    }
}
