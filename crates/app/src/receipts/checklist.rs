//! Checklists as the customer reads them: what was asked, how it came out. Internal items are left out (M39, M40).

use super::layout::{Scribe, some};
use doorstep_domain::{
    checklist::{Answer, AnswerKind, Choice, Item, ItemOutcome, review},
    id::RecordId,
    seal::{Document, FilledChecklist},
};
use doorstep_paper::receipt::{Checklist, Item as Line, ItemState, Section};
use serde_json::Value;
use std::collections::HashMap;

impl Scribe {
    /// The checklists of a document; one without a printable item is left out.
    pub(super) fn checklists(&self, document: &Document) -> Vec<Checklist> {
        let checklists = document.checklists.iter().map(|filled| self.checklist(document, filled));
        checklists.filter(|checklist| !checklist.sections.is_empty()).collect()
    }

    fn checklist(&self, document: &Document, filled: &FilledChecklist) -> Checklist {
        let answers: HashMap<&str, &Answer> =
            filled.answers.iter().map(|a| (a.answer.item.as_str(), &a.answer)).collect();
        let photos: HashMap<&str, usize> =
            filled.answers.iter().map(|a| (a.answer.item.as_str(), photos_of(document, a.id))).collect();
        let review = review(&filled.template, &answers, &photos);
        let outcomes: HashMap<&str, ItemOutcome> = review.items.iter().map(|i| (i.item.as_str(), i.outcome)).collect();
        let line = |item: &Item| {
            let outcome = outcomes.get(item.id.as_str()).filter(|_| !item.internal)?;
            let answer = answers.get(item.id.as_str()).copied();
            self.line(item, *outcome, answer, photos.get(item.id.as_str()).copied().unwrap_or(0))
        };
        let sections = filled.template.sections.iter().map(|section| Section {
            title: self.text(&section.title),
            items: section.items.iter().filter_map(line).collect(),
        });
        let version = filled.template.version.to_string();
        let title = self.text(&filled.template.title);
        Checklist {
            title: self.words.with("paper.checklist_version", &[("title", &title), ("version", &version)]),
            sections: sections.filter(|section| !section.items.is_empty()).collect(),
        }
    }

    /// An item that was answered; one that was not needed and left open says nothing to a customer.
    fn line(&self, item: &Item, outcome: ItemOutcome, answer: Option<&Answer>, photos: usize) -> Option<Line> {
        let state = match outcome {
            ItemOutcome::Open => return None,
            ItemOutcome::Failed => ItemState::Failed,
            ItemOutcome::NotApplicable => ItemState::NotApplicable,
            ItemOutcome::Note => ItemState::Plain,
            ItemOutcome::Passed if matches!(item.answer, AnswerKind::Text | AnswerKind::Date) => ItemState::Plain,
            ItemOutcome::Passed => ItemState::Ok,
        };
        let said = answer.and_then(|a| self.said(item, &a.value));
        let count = photos.to_string();
        let kept = (photos > 0).then(|| self.words.with("paper.photos_kept", &[("count", &count)]));
        let said: Vec<String> = said.into_iter().chain(kept).collect();
        Some(Line {
            text: self.text(&item.text),
            state,
            outcome: some(&said.join("; ")),
            remark: answer.and_then(|a| some(&a.remark)),
        })
    }

    fn said(&self, item: &Item, value: &Value) -> Option<String> {
        let named = |id: &str, options: &[Choice]| {
            options.iter().find(|o| o.id == id).map_or_else(|| id.to_owned(), |o| self.text(&o.text))
        };
        match &item.answer {
            AnswerKind::YesNo => Some(self.words.get(&format!("paper.answer_{}", value.as_str()?))),
            AnswerKind::Choice { options, .. } => Some(named(value.as_str()?, options)),
            AnswerKind::Choices { options } => {
                let chosen = value.as_array()?.iter().filter_map(Value::as_str);
                Some(chosen.map(|id| named(id, options)).collect::<Vec<_>>().join("、"))
            }
            AnswerKind::Number { unit, .. } => Some(format!("{value} {unit}").trim().to_owned()),
            AnswerKind::Date => Some(value.as_str()?.parse().map_or_else(|_| value.to_string(), |day| self.day(day))),
            AnswerKind::Text => value.as_str().map(str::to_owned),
            AnswerKind::Photo | AnswerKind::Note => None,
        }
    }
}

fn photos_of(document: &Document, answer: RecordId) -> usize {
    document.attachments.iter().filter(|a| a.attachment.about_id == Some(answer)).count()
}
