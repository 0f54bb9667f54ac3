//! A receipt of 20 checklist items, ours beside typst, reportlab, weasyprint and wkhtmltopdf.
//!
//! All of them lay out the same receipts in the same face, warm: one process, many receipts, each with other texts,
//! so that nobody hands out what it remembers of the last one. wkhtmltopdf cannot stay warm: it is a process each.

mod peers;
mod pictures;

use crate::row::{Row, Times};
use doorstep_paper::{
    Fonts, Language, Paper,
    receipt::{self, Receipt, Signature, Signer},
};
use peers::{PEERS, Peers};
use std::{error::Error, io::Write, path::Path, time::Instant};

const CONTENT: &str = include_str!("../../yardsticks/receipt.json");
const RUNS: usize = 15;
/// Runs before the clock counts.
const WARM_UP: usize = 3;

/// Measures the receipt; yardsticks are kept in `yardsticks`.
pub fn run(yardsticks: &Path) -> Result<Vec<Row>, Box<dyn Error>> {
    let receipt = content()?;
    let receipts: Vec<Receipt> = (0..WARM_UP + RUNS).map(|run| another(&receipt, run)).collect();
    let (ours, our_bytes) = measured(&receipts)?;
    let peers = Peers::install(yardsticks, &receipts)?;
    let mut rows = Vec::new();
    for (name, title) in PEERS {
        let (theirs, bytes) = match peers.measured(name, WARM_UP) {
            Ok((times, bytes)) => (times, Some(bytes)),
            Err(problem) => {
                let text = format!("{title} could not be measured: {problem}\n");
                std::io::stderr().write_all(text.as_bytes())?;
                (Times::default(), None)
            }
        };
        rows.push(Row::timed("receipt of 20 items, warm".into(), &ours, title, &theirs));
        let name = "receipt of 20 items, size".into();
        rows.push(Row::new(name, "bytes", our_bytes, title, bytes, ours.runs()));
    }
    Ok(rows)
}

/// The receipt that everybody lays out, with the clauses that ship and a drawn signature.
fn content() -> Result<Receipt, Box<dyn Error>> {
    let mut receipt: Receipt = serde_json::from_str(CONTENT)?;
    receipt.clauses = receipt::default_clauses(Language::Chinese)?;
    let known = |text: &str| Some(text.to_owned());
    let signer =
        Signer { name: known("单雄信"), position: known("造价工程师"), date: known("2026年11月23日") };
    receipt.signature = Signature::Drawn { picture: pictures::signature()?, signer };
    Ok(receipt)
}

/// The same receipt for another visit: its items in another order, and something of its own in every text.
fn another(receipt: &Receipt, run: usize) -> Receipt {
    let mut receipt = receipt.clone();
    let mark = |text: &mut String| text.push_str(&format!("（{run}）"));
    receipt.number = format!("{}-{run:03}", receipt.number);
    mark(&mut receipt.customer.unit);
    mark(&mut receipt.visit.engineer);
    for problem in &mut receipt.problems {
        mark(&mut problem.symptom);
        let parts = [&mut problem.cause, &mut problem.explanation, &mut problem.done, &mut problem.guidance];
        parts.into_iter().flatten().for_each(mark);
    }
    for section in receipt.checklists.iter_mut().flat_map(|checklist| &mut checklist.sections) {
        let turn = run % section.items.len().max(1);
        section.items.rotate_left(turn);
        section.items.iter_mut().for_each(|item| mark(&mut item.text));
    }
    receipt.questions.iter_mut().for_each(|question| mark(&mut question.answer));
    receipt
}

fn measured(receipts: &[Receipt]) -> Result<(Times, f64), Box<dyn Error>> {
    let fonts = Fonts::embedded()?;
    let mut times = Times::default();
    let mut bytes = 0;
    for (run, receipt) in receipts.iter().enumerate() {
        let began = Instant::now();
        let pdf = receipt::render(receipt, fonts, Language::Chinese, Paper::A4)?;
        if run >= WARM_UP {
            times.add(began.elapsed());
        }
        bytes = pdf.len();
    }
    Ok((times, bytes as f64))
}

#[cfg(test)]
mod tests {
    use super::{another, content, measured};

    #[test]
    fn the_receipt_that_everybody_lays_out_is_one_that_ours_takes() {
        let receipt = content().unwrap();
        let receipts: Vec<_> = (0..4).map(|run| another(&receipt, run)).collect();
        let (_, bytes) = measured(&receipts).unwrap();
        assert!(bytes > 0.0);
    }
}
