//! The papers' own words, from the one catalogue of messages for screen and paper. A word that is missing is an error
//! when the catalogue is read, never a gap on a paper.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::Error;

/// The language of a paper's labels and standing texts. What people wrote stays as they wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Language {
    /// Simplified Chinese.
    #[default]
    #[serde(rename = "zh-CN")]
    Chinese,
    /// English.
    #[serde(rename = "en")]
    English,
}

impl Language {
    /// The tag a PDF reader uses to read aloud.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }

    pub(crate) fn words(self) -> Result<&'static Words, Error> {
        static CHINESE: OnceLock<Words> = OnceLock::new();
        static ENGLISH: OnceLock<Words> = OnceLock::new();
        let (words, catalogue) = match self {
            Self::Chinese => (&CHINESE, include_str!("../../../messages/zh-CN.json")),
            Self::English => (&ENGLISH, include_str!("../../../messages/en.json")),
        };
        if let Some(words) = words.get() {
            return Ok(words);
        }
        let read = serde_json::from_str(catalogue).map_err(|source| Error::Words { source })?;
        Ok(words.get_or_init(|| read))
    }
}

macro_rules! words {
    ($($field:ident = $key:literal),+ $(,)?) => {
        /// Every word the papers use, by its key in the catalogue.
        #[derive(Debug, Deserialize)]
        pub(crate) struct Words {
            $(#[serde(rename = $key)] pub $field: String,)+
        }
    };
}

words! {
    title = "paper.title",
    number = "paper.number",
    revision = "paper.revision",
    revision_reason = "paper.revision_reason",
    replaced = "paper.replaced",
    reprint = "paper.reprint",
    draft = "paper.draft",
    support_hotline = "paper.support_hotline",
    supervision_hotline = "paper.supervision_hotline",
    page = "paper.page",
    content_check = "paper.content_check",
    section_customer = "paper.section.customer",
    section_visit = "paper.section.visit",
    section_problems = "paper.section.problems",
    section_checklist = "paper.section.checklist",
    section_questions = "paper.section.questions",
    section_open_points = "paper.section.open_points",
    section_handed_over = "paper.section.handed_over",
    section_demonstrated = "paper.section.demonstrated",
    section_reservations = "paper.section.reservations",
    section_photos = "paper.section.photos",
    section_clauses = "paper.section.clauses",
    section_signature = "paper.section.signature",
    customer_unit = "paper.customer_unit",
    project_office = "paper.project_office",
    address = "paper.address",
    contact = "paper.contact",
    product = "paper.product",
    version = "paper.version",
    dongle = "paper.dongle",
    maintenance_until = "paper.maintenance_until",
    charge = "paper.charge",
    charged = "paper.charged",
    free = "paper.free",
    kind = "paper.kind",
    branch = "paper.branch",
    engineer = "paper.engineer",
    companions = "paper.companions",
    agreed = "paper.agreed",
    departed = "paper.departed",
    arrived = "paper.arrived",
    started = "paper.started",
    finished = "paper.finished",
    on_the_way = "paper.on_the_way",
    on_site = "paper.on_site",
    minutes = "paper.minutes",
    entered_afterwards = "paper.entered_afterwards",
    problem = "paper.problem",
    cause = "paper.cause",
    explanation = "paper.explanation",
    done = "paper.done",
    guidance = "paper.guidance",
    solved = "paper.solved",
    not_solved = "paper.not_solved",
    item = "paper.item",
    outcome = "paper.outcome",
    remark = "paper.remark",
    question = "paper.question",
    answer = "paper.answer",
    open_point = "paper.open_point",
    responsible = "paper.responsible",
    due = "paper.due",
    signature = "paper.signature",
    name = "paper.name",
    position = "paper.position",
    date = "paper.date",
    stamp = "paper.stamp",
    not_signed_yet = "paper.not_signed_yet",
    refused = "paper.refused",
    refusal_reason = "paper.refusal_reason",
    witness = "paper.witness",
    clause_facts = "paper.clause.facts",
    clause_no_acceptance = "paper.clause.no_acceptance",
    clause_screen = "paper.clause.screen",
    clause_paper = "paper.clause.paper",
    clause_personal_data = "paper.clause.personal_data",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_papers_is_in_both_languages() {
        for language in [Language::Chinese, Language::English] {
            assert!(language.words().is_ok(), "{language:?}: {:?}", language.words().err());
        }
    }
}
