//! Checklists (R1): versioned templates, answers pinned to them, and what is still missing.

mod answer;
mod facts;
mod number;
mod review;

pub use answer::{Answer, AnswerEntry, as_expected};
pub use facts::{Facts, Says, contradictions};
pub use number::read_number;
pub use review::{ItemOutcome, ItemReview, Review, review};

use crate::{
    Code, Refusal,
    id::TemplateId,
    noun::prelude::*,
    record::{at_most, needed},
    staff::Text,
    visit::VisitKind,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most items of one template.
pub const ITEMS_MAX: usize = 500;

/// A checklist template. A new version is a new record; old ones stay for the answers given to them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Template {
    /// What all versions share, e.g. `fault`.
    pub code: String,
    /// 1, 2, 3 …; the highest one is offered for new visits.
    pub version: u32,
    /// Title.
    pub title: Text,
    /// Kinds of visit it is offered for.
    pub visit_kinds: Vec<VisitKind>,
    /// Its sections.
    pub sections: Vec<Section>,
    /// No longer offered.
    pub retired: bool,
}

/// A part of a checklist.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Section {
    /// Unique in the template.
    pub id: String,
    /// Title.
    pub title: Text,
    /// Its items.
    pub items: Vec<Item>,
}

/// A question of a checklist.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Item {
    /// Unique in the template; answers refer to it.
    pub id: String,
    /// What is asked.
    pub text: Text,
    /// How to find out.
    pub help: Text,
    /// What an answer looks like.
    pub answer: AnswerKind,
    /// Must be answered.
    pub required: bool,
    /// For the engineer only, never printed for the customer (M39, M40).
    pub internal: bool,
    /// Shown only when an earlier answer says so.
    pub shown_when: Option<ShownWhen>,
    /// What a failed item asks for.
    pub when_failed: WhenFailed,
}

/// The condition under which an item is shown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ShownWhen {
    /// An earlier item.
    pub item: String,
    /// Shown when the earlier answer is one of these: `yes`, `no`, `na`, or the id of an option.
    pub is: Vec<String>,
}

/// What a failed item asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhenFailed {
    /// A remark or a photo.
    #[default]
    RemarkOrPhoto,
    /// A remark.
    Remark,
    /// A photo.
    Photo,
    /// Nothing more.
    Nothing,
}

/// An option of a choice.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Choice {
    /// Unique in the item.
    pub id: String,
    /// What it says.
    pub text: Text,
    /// Choosing it fails the item.
    pub fails: bool,
    /// What choosing it says of the visit's problems and questions; it has to agree with what is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub says: Option<Says>,
}

/// What an answer looks like.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AnswerKind {
    /// Yes, no or not applicable: `"yes"`, `"no"`, `"na"`.
    #[default]
    YesNo,
    /// One of several: the option's id.
    Choice {
        /// The options.
        options: Vec<Choice>,
        /// The option that "all as expected" fills in.
        #[serde(default)]
        expected: Option<String>,
    },
    /// Any of several: a list of option ids.
    Choices {
        /// The options.
        options: Vec<Choice>,
    },
    /// A number.
    Number {
        /// Its unit, e.g. `GB`.
        #[serde(default)]
        unit: String,
        /// Below this it fails.
        #[serde(default)]
        min: Option<f64>,
        /// Above this it fails.
        #[serde(default)]
        max: Option<f64>,
    },
    /// A text.
    Text,
    /// A date, `YYYY-MM-DD`.
    Date,
    /// At least one photo.
    Photo,
    /// Nothing to answer: something to read.
    Note,
}

impl Noun for Template {
    const DESCRIPTION: Description = Description {
        settable: &[],
        creation: Creation::Import,
        written_by: WrittenBy::Hq,
        deletion: Deletion::Never,
        parents: &[],
        audience: Audience::Everybody,
        dispatch: Dispatch::Stays,
        paper: Paper::Nothing,
        references: &[],
        search: Search::NOT,
        called: &["title.zh"],
        open: None,
        verbatim: Verbatim::Nothing,
        large: &[],
        retention: Retention::Hq,
        erasure: Erasure::Untouched,
    };

    fn check(&self) -> Result<(), Refusal> {
        needed(&self.code, "code")?;
        at_most(&self.code, 60, "code")?;
        needed(&self.title.zh, "title")?;
        let mut seen = Vec::new();
        for item in self.items() {
            needed(&item.id, "item")?;
            at_most(&item.id, 60, "item")?;
            at_most(&item.text.zh, 500, &item.id)?;
            if seen.contains(&item.id.as_str()) {
                return Err(Refusal::new(Code::Invalid, "two items with one id").on(&item.id));
            }
            if let Some(when) = &item.shown_when
                && !seen.contains(&when.item.as_str())
            {
                return Err(Refusal::new(Code::Invalid, "depends on an item that does not come before it").on(&item.id));
            }
            seen.push(&item.id);
        }
        if seen.len() > ITEMS_MAX {
            return Err(Refusal::new(Code::TooLarge, "too many items").on("sections"));
        }
        Ok(())
    }
}

impl Template {
    /// All items in order.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.sections.iter().flat_map(|section| &section.items)
    }

    /// The item with this id.
    #[must_use]
    pub fn item(&self, id: &str) -> Option<&Item> {
        self.items().find(|item| item.id == id)
    }
}

/// A template with its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TemplateEntry {
    /// Its id.
    pub id: TemplateId,
    /// The template.
    pub template: Template,
}
