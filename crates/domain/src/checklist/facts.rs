//! What a checklist says of the visit against what the visit itself records: a paper that says both "no problem" and what
//! the problem was is worth nothing to the customer (M41, M42).

use super::{Answer, AnswerKind, Choice, Review, Template};
use crate::visit::{Problem, Question, Solved};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// What an option says of the visit's problems and questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Says {
    /// There was no problem.
    NoProblem,
    /// There was a problem.
    Problem,
    /// Every problem was solved.
    AllSolved,
    /// A problem was not solved.
    NotSolved,
    /// The customer asked nothing.
    NoQuestion,
}

/// What a visit records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Facts {
    problems: usize,
    not_solved: usize,
    undecided: usize,
    questions: usize,
}

impl Facts {
    /// Counts what is recorded.
    pub fn of<'v>(
        problems: impl IntoIterator<Item = &'v Problem>,
        questions: impl IntoIterator<Item = &'v Question>,
    ) -> Self {
        let mut facts = Self { questions: questions.into_iter().count(), ..Self::default() };
        for problem in problems {
            facts.problems += 1;
            facts.not_solved += usize::from(problem.solved == Some(Solved::NotSolved));
            facts.undecided += usize::from(problem.solved.is_none());
        }
        facts
    }

    fn deny(&self, says: Says) -> bool {
        match says {
            Says::NoProblem => self.problems > 0,
            Says::Problem => self.problems == 0,
            Says::AllSolved => self.not_solved > 0,
            // One that nobody has decided on may still turn out either way.
            Says::NotSolved => self.problems > 0 && self.not_solved + self.undecided == 0,
            Says::NoQuestion => self.questions > 0,
        }
    }
}

/// The shown items whose answer says otherwise than what is recorded.
#[must_use]
pub fn contradictions(
    template: &Template,
    review: &Review,
    answers: &HashMap<&str, &Answer>,
    facts: &Facts,
) -> Vec<String> {
    let shown = review.items.iter().filter_map(|shown| template.item(&shown.item));
    let denied = shown.filter(|item| {
        let Some(answer) = answers.get(item.id.as_str()) else { return false };
        let chosen = |option: &&Choice| {
            answer.value == option.id.as_str()
                || answer.value.as_array().is_some_and(|ids| ids.iter().any(|id| id == option.id.as_str()))
        };
        let options: &[Choice] = match &item.answer {
            AnswerKind::Choice { options, .. } | AnswerKind::Choices { options } => options,
            _ => &[],
        };
        options.iter().filter(chosen).filter_map(|option| option.says).any(|says| facts.deny(says))
    });
    denied.map(|item| item.id.clone()).collect()
}
