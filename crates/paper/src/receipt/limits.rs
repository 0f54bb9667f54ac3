//! How much one receipt can carry; what is over is refused before anything is laid out.

use super::Receipt;
use crate::Error;

const ENTRIES_MAX: usize = 5_000;
const PHOTOS_MAX: usize = 60;
const TEXT_BYTES_MAX: usize = 2 << 20;

/// Checks the receipt's size.
///
/// # Errors
/// [`Error::TooMuch`] with what there is too much of.
pub(super) fn check(receipt: &Receipt) -> Result<(), Error> {
    let items: usize =
        receipt.checklists.iter().flat_map(|list| &list.sections).map(|section| section.items.len()).sum();
    at_most("checklist items", items, ENTRIES_MAX)?;
    at_most("checklists", receipt.checklists.len(), ENTRIES_MAX)?;
    at_most("problems", receipt.problems.len(), ENTRIES_MAX)?;
    at_most("questions", receipt.questions.len(), ENTRIES_MAX)?;
    at_most("open points", receipt.open_points.len(), ENTRIES_MAX)?;
    at_most("clauses", receipt.clauses.len(), ENTRIES_MAX)?;
    at_most("photos", receipt.photos.len(), PHOTOS_MAX)?;
    at_most("bytes of text", text_bytes(receipt), TEXT_BYTES_MAX)
}

fn at_most(what: &'static str, count: usize, max: usize) -> Result<(), Error> {
    if count > max { Err(Error::TooMuch { what, count, max }) } else { Ok(()) }
}

fn text_bytes(receipt: &Receipt) -> usize {
    let some = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let items = receipt.checklists.iter().flat_map(|list| &list.sections).flat_map(|section| &section.items);
    let items: usize = items.map(|item| item.text.len() + some(&item.outcome) + some(&item.remark)).sum();
    let problems = receipt.problems.iter().map(|problem| {
        let parts = [&problem.cause, &problem.explanation, &problem.done, &problem.guidance];
        problem.symptom.len() + parts.into_iter().map(some).sum::<usize>()
    });
    let questions = receipt.questions.iter().map(|asked| asked.question.len() + asked.answer.len());
    let open = receipt.open_points.iter().map(|point| point.what.len() + some(&point.who) + some(&point.due));
    let lists = receipt.handed_over.iter().chain(&receipt.demonstrated).map(String::len);
    let clauses = receipt.clauses.iter().map(|clause| clause.text.len());
    let rest = problems.chain(questions).chain(open).chain(lists).chain(clauses).sum::<usize>();
    items + rest + some(&receipt.reservations)
}
