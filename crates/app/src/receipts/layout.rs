//! From the document to the paper's own model: what is printed for the customer, and in which words. Internal items
//! and notes stop here (M39, M40).

use super::{Mark, PaperLanguage, Source, words::Words};
use crate::{Failure, Result};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, Duration, NaiveDate, Utc};
use doorstep_domain::{
    Code,
    customer::Level,
    seal::Document,
    staff::Text,
    visit::{Outcome, Solved},
};
use doorstep_paper::{
    Fonts, Language, Paper,
    receipt::{
        Amendment, Charge, Clause, Customer, OpenPoint, Problem, Product, Question, Receipt, Signature, Signer, Vendor,
        Visit, default_clauses, render as print,
    },
};

/// Makes the PDF.
pub(super) fn render(source: &Source, language: PaperLanguage) -> Result<Vec<u8>> {
    let failed = |e: doorstep_paper::Error| Failure::new(Code::PaperFailed, e.to_string());
    let language = match language {
        PaperLanguage::Zh => Language::Chinese,
        PaperLanguage::En => Language::English,
    };
    let scribe =
        Scribe { words: Words::of(language)?, language, zone: Duration::minutes(source.document.zone_minutes.into()) };
    let mut receipt = scribe.receipt(source);
    if receipt.clauses.is_empty() {
        receipt.clauses = default_clauses(language).map_err(failed)?;
    }
    print(&receipt, Fonts::embedded().map_err(failed)?, language, Paper::A4).map_err(failed)
}

/// Writes a document out in one language and one zone.
pub(super) struct Scribe {
    pub words: Words,
    pub language: Language,
    zone: Duration,
}

impl Scribe {
    fn receipt(&self, source: &Source) -> Receipt {
        let Document { visit, .. } = &source.document;
        let sealed_at = visit.progress.sealed_at.or(visit.signing.as_ref().map(|s| s.presented_at));
        Receipt {
            vendor: self.vendor(&source.document),
            number: source.seal.as_ref().map(|s| s.number.clone()).unwrap_or_default(),
            // A paper signed by hand gets its number only with the seal; until then the text's hash tells it.
            content_hash: (source.seal.is_some() || source.mark == Mark::ByHand).then(|| source.hash.clone()),
            issued_unix_s: sealed_at.map(|at| at.timestamp()).unwrap_or_default(),
            amendment: (visit.revision > 1)
                .then(|| Amendment { revision: visit.revision, reason: visit.amendment_reason.clone() }),
            replaced: source.is_replaced,
            reprint: source.mark == Mark::Reprint,
            customer: self.customer(&source.document),
            product: self.product(&source.document),
            charge: Some(Charge { charged: visit.charge.charged, note: some(&visit.charge.note) }),
            visit: self.visit(&source.document),
            problems: self.problems(&source.document),
            checklists: self.checklists(&source.document),
            questions: self.questions(&source.document),
            open_points: self.open_points(&source.document),
            handed_over: lines(&visit.handed_over),
            demonstrated: lines(&visit.demonstrated),
            reservations: some(&visit.reservations),
            photos: Vec::new(),
            clauses: self.clauses(&source.document),
            signature: self.signature(source),
        }
    }

    fn vendor(&self, document: &Document) -> Vendor {
        let company = &document.company;
        Vendor {
            legal_name: company.legal_name.clone(),
            logo: company.logo.as_deref().and_then(|logo| STANDARD.decode(logo).ok()),
            support_hotline: some(&company.support_hotline),
            supervision_hotline: some(&company.supervision_hotline),
            mail: some(&company.support_mail),
            web: some(&company.web),
        }
    }

    fn customer(&self, document: &Document) -> Customer {
        let card = &document.customer;
        let named = |below: bool| -> Vec<&str> {
            let parts = card.path.iter().filter(|part| (part.level >= Level::ProjectOffice) == below);
            parts.map(|part| part.name.as_str()).collect()
        };
        let (units, offices) = (named(false), named(true));
        let contact = document.visit.appointment.as_ref();
        let contact = contact.map(|a| [a.with.as_str(), a.phone.as_str()].join(" ").trim().to_owned());
        Customer {
            unit: units.join(" / "),
            project_office: some(&offices.join(" / ")),
            address: some(&card.address),
            contact: contact.filter(|c| !c.is_empty()).or_else(|| some(&card.phone)),
        }
    }

    fn product(&self, document: &Document) -> Option<Product> {
        let card = document.product.as_ref()?;
        Some(Product {
            name: self.text(&card.name),
            version: some(&card.version),
            dongle: some(&card.dongle_number),
            maintenance_until: card.maintenance_until.map(|day| self.day(day)),
        })
    }

    fn visit(&self, document: &Document) -> Visit {
        let visit = &document.visit;
        let progress = &visit.progress;
        let kind = serde_json::to_value(visit.kind).ok().and_then(|k| k.as_str().map(|k| format!("kind.{k}")));
        let companions: Vec<&str> = visit.companions.iter().map(|c| c.name.as_str()).collect();
        let agreed = visit.appointment.as_ref().map(|a| self.moment(a.at));
        let unagreed = some(&progress.no_appointment_reason)
            .map(|reason| self.words.with("paper.without_appointment", &[("reason", &reason)]));
        let minutes = |minutes: Option<i64>| minutes.and_then(|m| u32::try_from(m).ok());
        Visit {
            kind: kind.map(|key| self.words.get(&key)).unwrap_or_default(),
            engineer: document.engineer.name.clone(),
            companions: some(&companions.join("、")),
            branch: some(&document.branch.name),
            agreed: agreed.or(unagreed),
            departed: progress.departed_at.map(|at| self.moment(at)),
            arrived: progress.arrived_at.map(|at| self.moment(at)),
            started: progress.started_at.map(|at| self.moment(at)),
            finished: progress.finished_at.map(|at| self.moment(at)),
            on_the_way_min: minutes(progress.minutes_on_the_way()),
            on_site_min: minutes(progress.minutes_on_site()),
            entered_afterwards: some(&progress.entered_afterwards),
        }
    }

    fn problems(&self, document: &Document) -> Vec<Problem> {
        let problems = document.problems.iter().map(|entry| &entry.problem);
        problems
            .map(|p| Problem {
                symptom: p.symptom.clone(),
                cause: some(&p.cause),
                explanation: some(&p.explanation),
                done: some(&p.action),
                guidance: some(&p.guidance),
                solved: p.solved.map(|solved| solved == Solved::Solved),
            })
            .collect()
    }

    fn questions(&self, document: &Document) -> Vec<Question> {
        let questions = document.questions.iter().map(|entry| &entry.question);
        questions.map(|q| Question { question: q.question.clone(), answer: q.answer.clone() }).collect()
    }

    fn open_points(&self, document: &Document) -> Vec<OpenPoint> {
        let points = document.open_points.iter().map(|entry| &entry.open_point);
        points
            .map(|p| OpenPoint {
                what: p.text.clone(),
                who: some(&p.who),
                due: match p.done_on {
                    Some(day) => Some(self.words.with("paper.settled_on", &[("date", &self.day(day))])),
                    None => p.due.map(|day| self.day(day)),
                },
            })
            .collect()
    }

    fn clauses(&self, document: &Document) -> Vec<Clause> {
        let clauses = document.company.receipt_clauses.iter();
        clauses.map(|c| Clause { text: c.text.clone(), bold: c.bold }).collect()
    }

    fn signature(&self, source: &Source) -> Signature {
        let signer = |name: &str, position: &str, at: DateTime<Utc>| Signer {
            name: some(name),
            position: some(position),
            date: Some(self.moment(at)),
        };
        match source.document.visit.signing.as_ref().and_then(|s| s.outcome.as_ref()) {
            Some(Outcome::Drawn { name, position, at, .. }) => Signature::Drawn {
                picture: source.signature.clone().unwrap_or_default(),
                signer: signer(name, position, *at),
            },
            Some(Outcome::Paper { name, position, at, .. }) => {
                Signature::ByHand { signer: signer(name, position, *at) }
            }
            Some(Outcome::Refused { reason, witness, at }) => {
                Signature::Refused { reason: reason.clone(), witness: some(witness), date: Some(self.moment(*at)) }
            }
            None if source.mark == Mark::ByHand => Signature::ByHand { signer: Signer::default() },
            None => Signature::Open,
        }
    }

    /// A text in the paper's language, or in the other where it is missing.
    pub(super) fn text(&self, text: &Text) -> String {
        let (first, second) = match self.language {
            Language::Chinese => (&text.zh, &text.en),
            Language::English => (&text.en, &text.zh),
        };
        if first.is_empty() { second.clone() } else { first.clone() }
    }

    fn moment(&self, at: DateTime<Utc>) -> String {
        // A time that was stored before times had bounds may be at the very end of them all.
        let local = at.naive_utc().checked_add_signed(self.zone).unwrap_or(at.naive_utc());
        match self.language {
            Language::Chinese => local.format("%Y年%-m月%-d日 %H:%M").to_string(),
            Language::English => local.format("%Y-%m-%d %H:%M").to_string(),
        }
    }

    pub(super) fn day(&self, day: NaiveDate) -> String {
        match self.language {
            Language::Chinese => day.format("%Y年%-m月%-d日").to_string(),
            Language::English => day.to_string(),
        }
    }
}

/// `None` for a text that says nothing.
pub(super) fn some(text: &str) -> Option<String> {
    Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn lines(text: &str) -> Vec<String> {
    text.lines().filter_map(some).collect()
}
