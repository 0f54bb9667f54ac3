//! What a checklist shows and lacks, given its answers.

use super::{Answer, AnswerKind, Item, Template, WhenFailed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;

/// How an item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ItemOutcome {
    /// Not answered.
    Open,
    /// Answered as it should be.
    Passed,
    /// Answered so that it fails.
    Failed,
    /// Not applicable.
    NotApplicable,
    /// Nothing to answer.
    Note,
}

/// An item that is shown, and how it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ItemReview {
    /// The item's id.
    pub item: String,
    /// How it stands.
    pub outcome: ItemOutcome,
    /// It is required and open, or failed without its remark or photo.
    pub missing: bool,
}

/// A checklist as it stands.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Review {
    /// The items that are shown, in order.
    pub items: Vec<ItemReview>,
    /// Shown items that can be answered.
    pub total: usize,
    /// Those answered.
    pub answered: usize,
    /// Those failed.
    pub failed: usize,
    /// Items that keep the visit from being put before the customer.
    pub missing: Vec<String>,
}

/// Reviews `template` with `answers` by item and the number of `photos` by item.
#[must_use]
pub fn review(template: &Template, answers: &HashMap<&str, &Answer>, photos: &HashMap<&str, usize>) -> Review {
    let mut review = Review::default();
    let mut shown: Vec<&str> = Vec::new();
    for item in template.items() {
        if !is_shown(item, &shown, answers) {
            continue;
        }
        shown.push(&item.id);
        let answer = answers.get(item.id.as_str()).copied();
        let photo_count = photos.get(item.id.as_str()).copied().unwrap_or(0);
        let outcome = outcome(item, answer, photo_count);
        let missing = match outcome {
            ItemOutcome::Open => item.required,
            ItemOutcome::Failed => !is_explained(item, answer, photo_count),
            ItemOutcome::Passed | ItemOutcome::NotApplicable | ItemOutcome::Note => false,
        };
        if outcome != ItemOutcome::Note {
            review.total += 1;
            review.answered += usize::from(outcome != ItemOutcome::Open);
            review.failed += usize::from(outcome == ItemOutcome::Failed);
        }
        if missing {
            review.missing.push(item.id.clone());
        }
        review.items.push(ItemReview { item: item.id.clone(), outcome, missing });
    }
    review
}

/// A condition holds only on an earlier item that is itself shown: what is hidden says nothing.
fn is_shown(item: &Item, shown: &[&str], answers: &HashMap<&str, &Answer>) -> bool {
    let Some(when) = &item.shown_when else { return true };
    shown.contains(&when.item.as_str())
        && answers.get(when.item.as_str()).is_some_and(|answer| {
            let is = |value: &Value| value.as_str().is_some_and(|v| when.is.iter().any(|w| w == v));
            is(&answer.value) || answer.value.as_array().is_some_and(|values| values.iter().any(is))
        })
}

fn outcome(item: &Item, answer: Option<&Answer>, photos: usize) -> ItemOutcome {
    if item.answer == AnswerKind::Note {
        return ItemOutcome::Note;
    }
    if item.answer == AnswerKind::Photo {
        return if photos > 0 { ItemOutcome::Passed } else { ItemOutcome::Open };
    }
    match answer.map(|a| &a.value) {
        None | Some(Value::Null) => ItemOutcome::Open,
        Some(Value::String(text)) if text.trim().is_empty() => ItemOutcome::Open,
        Some(Value::Array(chosen)) if chosen.is_empty() => ItemOutcome::Open,
        Some(value) if item.answer == AnswerKind::YesNo && value == "na" => ItemOutcome::NotApplicable,
        Some(value) if item.fails(value) => ItemOutcome::Failed,
        Some(_) => ItemOutcome::Passed,
    }
}

fn is_explained(item: &Item, answer: Option<&Answer>, photos: usize) -> bool {
    let remark = answer.is_some_and(|a| !a.remark.trim().is_empty());
    match item.when_failed {
        WhenFailed::RemarkOrPhoto => remark || photos > 0,
        WhenFailed::Remark => remark,
        WhenFailed::Photo => photos > 0,
        WhenFailed::Nothing => true,
    }
}
