//! The receipt's facts as blocks, section by section. A section without facts is left out.

use std::rc::Rc;

use super::{Checklist, ItemState, Problem, Receipt, Signature, Signer};
use crate::Error;
use crate::block::{
    Block, Cell, Column, Field, Fields, Heading, Kept, Numbered, Paragraph, Pictures, Room, Row, Shot, SignatureBox,
    Signing, Table, text,
};
use crate::fonts::Style;
use crate::ink::{Colour, Picture, Tick};
use crate::words::Words;

/// How the sections are cut to a sheet and a language.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    /// Columns of labels and values.
    pub columns: usize,
    /// Room for a label, in points.
    pub label_pt: f32,
}

type Blocks = Vec<Box<dyn Block>>;

/// All sections after the title.
pub(super) fn sections(receipt: &Receipt, words: &Words, cut: Cut) -> Result<Blocks, Error> {
    let mut blocks = Blocks::new();
    customer(&mut blocks, receipt, words, cut);
    visit(&mut blocks, receipt, words, cut);
    problems(&mut blocks, &receipt.problems, words, cut);
    for checklist in &receipt.checklists {
        self::checklist(&mut blocks, checklist, words);
    }
    questions(&mut blocks, receipt, words);
    open_points(&mut blocks, receipt, words);
    list(&mut blocks, &words.section_handed_over, &receipt.handed_over);
    list(&mut blocks, &words.section_demonstrated, &receipt.demonstrated);
    if let Some(reservations) = &receipt.reservations {
        heading(&mut blocks, &words.section_reservations);
        blocks.push(Box::new(Paragraph::new(reservations)));
    }
    photos(&mut blocks, receipt, words, cut)?;
    clauses(&mut blocks, receipt, words);
    signature(&mut blocks, receipt, words, cut)?;
    Ok(blocks)
}

fn heading(blocks: &mut Blocks, title: &str) {
    blocks.push(Box::new(Heading { title: title.to_owned() }));
}

fn grid(blocks: &mut Blocks, fields: Vec<Field>, cut: Cut) {
    blocks.push(Box::new(Fields { fields, columns: cut.columns, label_pt: cut.label_pt, titled: false }));
}

/// Adds a field when its value is known.
fn known(fields: &mut Vec<Field>, label: &str, value: Option<&String>) {
    fields.extend(value.map(|value| Field::new(label, value)));
}

fn customer(blocks: &mut Blocks, receipt: &Receipt, words: &Words, cut: Cut) {
    heading(blocks, &words.section_customer);
    let customer = &receipt.customer;
    let mut fields = Vec::new();
    if let Some(amendment) = &receipt.amendment {
        fields.push(Field::new(&words.revision_reason, &amendment.reason).wide());
    }
    fields.push(Field::new(&words.customer_unit, &customer.unit).wide().styled(text().bold()));
    let wide = |label: &str, value: &Option<String>| value.as_ref().map(|value| Field::new(label, value).wide());
    fields.extend(wide(&words.project_office, &customer.project_office));
    fields.extend(wide(&words.address, &customer.address));
    fields.extend(wide(&words.contact, &customer.contact));
    if let Some(product) = &receipt.product {
        fields.push(Field::new(&words.product, &product.name));
        known(&mut fields, &words.version, product.version.as_ref());
        known(&mut fields, &words.dongle, product.dongle.as_ref());
        known(&mut fields, &words.maintenance_until, product.maintenance_until.as_ref());
    }
    if let Some(charge) = &receipt.charge {
        let state = if charge.charged { &words.charged } else { &words.free };
        let note = charge.note.as_ref().map_or_else(String::new, |note| format!("　{note}"));
        let field = Field::new(&words.charge, format!("{state}{note}"));
        fields.push(if note.is_empty() { field } else { field.wide() });
    }
    grid(blocks, fields, cut);
}

fn visit(blocks: &mut Blocks, receipt: &Receipt, words: &Words, cut: Cut) {
    heading(blocks, &words.section_visit);
    let visit = &receipt.visit;
    let minutes =
        |minutes: Option<u32>| minutes.map(|minutes| words.minutes.replace("{minutes}", &minutes.to_string()));
    let mut fields = vec![Field::new(&words.kind, &visit.kind), Field::new(&words.engineer, &visit.engineer)];
    known(&mut fields, &words.branch, visit.branch.as_ref());
    known(&mut fields, &words.companions, visit.companions.as_ref());
    known(&mut fields, &words.agreed, visit.agreed.as_ref());
    known(&mut fields, &words.departed, visit.departed.as_ref());
    known(&mut fields, &words.arrived, visit.arrived.as_ref());
    known(&mut fields, &words.on_the_way, minutes(visit.on_the_way_min).as_ref());
    known(&mut fields, &words.started, visit.started.as_ref());
    known(&mut fields, &words.finished, visit.finished.as_ref());
    known(&mut fields, &words.on_site, minutes(visit.on_site_min).as_ref());
    fields.extend(visit.entered_afterwards.as_ref().map(|note| Field::new(&words.entered_afterwards, note).wide()));
    grid(blocks, fields, cut);
}

fn problems(blocks: &mut Blocks, problems: &[Problem], words: &Words, cut: Cut) {
    if problems.is_empty() {
        return;
    }
    heading(blocks, &words.section_problems);
    for (index, problem) in problems.iter().enumerate() {
        let number = words.problem.replace("{number}", &(index + 1).to_string());
        let mut fields = vec![Field::new(number, &problem.symptom).styled(text().bold())];
        known(&mut fields, &words.cause, problem.cause.as_ref());
        known(&mut fields, &words.explanation, problem.explanation.as_ref());
        known(&mut fields, &words.done, problem.done.as_ref());
        known(&mut fields, &words.guidance, problem.guidance.as_ref());
        fields.extend(problem.solved.map(|solved| {
            let (word, tick, colour) = if solved {
                (&words.solved, Tick::Good, Colour::GOOD)
            } else {
                (&words.not_solved, Tick::Bad, Colour::BAD)
            };
            Field::new(&words.outcome, word).styled(text().bold().coloured(colour)).ticked(tick)
        }));
        blocks.push(Box::new(Fields { fields, columns: 1, label_pt: cut.label_pt, titled: true }));
    }
}

fn checklist(blocks: &mut Blocks, checklist: &Checklist, words: &Words) {
    if checklist.sections.iter().all(|section| section.items.is_empty()) {
        return;
    }
    heading(blocks, &format!("{}　{}", words.section_checklist, checklist.title));
    let columns = [(words.item.as_str(), 0.50), (&words.outcome, 0.20), (&words.remark, 0.30)];
    let mut rows = Vec::new();
    let mut number = 0;
    for section in checklist.sections.iter().filter(|section| !section.items.is_empty()) {
        if !section.title.is_empty() {
            rows.push(Row::Group(section.title.clone()));
        }
        for item in &section.items {
            number += 1;
            let (tick, style) = outcome(item.state);
            let said = item.outcome.clone().unwrap_or_default();
            rows.push(Row::Cells(vec![
                numbered(number),
                Cell::new(&item.text),
                Cell::new(said).styled(style).ticked(tick),
                Cell::new(item.remark.clone().unwrap_or_default()),
            ]));
        }
    }
    blocks.push(table(&columns, rows));
}

fn outcome(state: ItemState) -> (Option<Tick>, Style) {
    match state {
        ItemState::Ok => (Some(Tick::Good), text()),
        ItemState::Failed => (Some(Tick::Bad), text().bold().coloured(Colour::BAD)),
        ItemState::NotApplicable => (Some(Tick::None), text().coloured(Colour::MUTED)),
        ItemState::Plain => (None, text()),
    }
}

/// Room for a row's number.
const NUMBER_PT: f32 = 30.0;

/// A table whose rows begin with their number.
fn table(columns: &[(&str, f32)], rows: Vec<Row>) -> Box<dyn Block> {
    let number = Column { title: "#".to_owned(), room: Room::Points(NUMBER_PT) };
    let others = columns.iter().map(|(title, part)| Column { title: (*title).to_owned(), room: Room::Part(*part) });
    Box::new(Table { columns: std::iter::once(number).chain(others).collect(), rows })
}

fn numbered(number: usize) -> Cell {
    Cell::new(number.to_string()).styled(text().coloured(Colour::MUTED))
}

fn questions(blocks: &mut Blocks, receipt: &Receipt, words: &Words) {
    if receipt.questions.is_empty() {
        return;
    }
    heading(blocks, &words.section_questions);
    let row = |(index, asked): (usize, &super::Question)| {
        Row::Cells(vec![numbered(index + 1), Cell::new(&asked.question), Cell::new(&asked.answer)])
    };
    let rows = receipt.questions.iter().enumerate().map(row).collect();
    blocks.push(table(&[(&words.question, 0.42), (&words.answer, 0.58)], rows));
}

fn open_points(blocks: &mut Blocks, receipt: &Receipt, words: &Words) {
    if receipt.open_points.is_empty() {
        return;
    }
    heading(blocks, &words.section_open_points);
    let row = |(index, point): (usize, &super::OpenPoint)| {
        let who = Cell::new(point.who.clone().unwrap_or_default());
        Row::Cells(vec![
            numbered(index + 1),
            Cell::new(&point.what),
            who,
            Cell::new(point.due.clone().unwrap_or_default()),
        ])
    };
    let rows = receipt.open_points.iter().enumerate().map(row).collect();
    let columns = [(words.open_point.as_str(), 0.60), (&words.responsible, 0.18), (&words.due, 0.22)];
    blocks.push(table(&columns, rows));
}

fn list(blocks: &mut Blocks, title: &str, entries: &[String]) {
    if entries.is_empty() {
        return;
    }
    heading(blocks, title);
    for (index, entry) in entries.iter().enumerate() {
        blocks.push(Box::new(Numbered { number: index + 1, paragraph: Paragraph::new(entry) }));
    }
}

fn photos(blocks: &mut Blocks, receipt: &Receipt, words: &Words, cut: Cut) -> Result<(), Error> {
    if receipt.photos.is_empty() {
        return Ok(());
    }
    heading(blocks, &words.section_photos);
    let shot = |photo: &super::Photo| {
        let picture = Rc::new(Picture::read(&photo.bytes, &photo.caption)?);
        Ok(Shot { picture, caption: photo.caption.clone() })
    };
    let shots = receipt.photos.iter().map(shot).collect::<Result<_, Error>>()?;
    blocks.push(Box::new(Pictures { shots, columns: cut.columns }));
    Ok(())
}

/// The clauses; they share the page with the signature, so that nobody signs an empty sheet.
fn clauses(blocks: &mut Blocks, receipt: &Receipt, words: &Words) {
    if receipt.clauses.is_empty() {
        return;
    }
    heading(blocks, &words.section_clauses);
    for (index, clause) in receipt.clauses.iter().enumerate() {
        let style = Style { leading_pt: 13.0, ..Style::new(8.5) };
        let style = if clause.bold { style.bold() } else { style };
        let paragraph = Paragraph { text: clause.text.clone(), style, space_before: 3.0 };
        blocks.push(Box::new(Kept(Box::new(Numbered { number: index + 1, paragraph }))));
    }
}

fn signature(blocks: &mut Blocks, receipt: &Receipt, words: &Words, cut: Cut) -> Result<(), Error> {
    let (signing, fields) = match &receipt.signature {
        Signature::Open => (Signing::Open(words.not_signed_yet.clone()), to_write(&Signer::default(), words)),
        Signature::Drawn { picture, signer } => {
            let picture = Picture::read_drawing(picture, &words.signature)?;
            (Signing::Drawn(Rc::new(picture)), self::signer(signer, words))
        }
        Signature::ByHand { signer } => (Signing::ByHand, to_write(signer, words)),
        Signature::Refused { reason, witness, date } => {
            let mut fields = vec![Field::new(&words.refusal_reason, reason)];
            known(&mut fields, &words.witness, witness.as_ref());
            known(&mut fields, &words.date, date.as_ref());
            (Signing::Refused(words.refused.clone()), fields)
        }
    };
    heading(blocks, &words.section_signature);
    blocks.push(Box::new(SignatureBox {
        signing,
        label: words.signature.clone(),
        fields,
        stamp: words.stamp.clone(),
        label_pt: cut.label_pt,
    }));
    Ok(())
}

/// The same with room to write in.
fn to_write(signer: &Signer, words: &Words) -> Vec<Field> {
    let style = Style { leading_pt: 22.0, ..text() };
    self::signer(signer, words).into_iter().map(|field| field.styled(style)).collect()
}

fn signer(signer: &Signer, words: &Words) -> Vec<Field> {
    let field = |label: &str, value: &Option<String>| Field::new(label, value.clone().unwrap_or_default());
    vec![field(&words.name, &signer.name), field(&words.position, &signer.position), field(&words.date, &signer.date)]
}
