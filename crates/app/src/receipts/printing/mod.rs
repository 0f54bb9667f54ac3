//! Printing over IPP: to CUPS on this machine, and to printers added by hand. Windows uses the system's print verb.
//! A printer is a stranger: what it answers is read within bounds, and waited for within limits.

mod address;
mod answer;
mod job;
mod line;
mod windows;

pub(crate) use address::Address;
pub use job::Job;
pub(crate) use job::watch;

use super::{Mark, PaperLanguage, make};
use crate::{App, Failure, Result, command::Nothing, settings};
use answer::Group;
use doorstep_domain::{Code, id::VisitId};
use ipp::{operation::IppOperation as _, prelude::*};
use line::{Trouble, ask, look};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};

/// CUPS on this machine.
const CUPS: &str = "ipp://localhost:631/";
const PDF: &str = "application/pdf";
/// Most copies of one job.
const COPIES_MAX: u32 = 50;
/// Most printers of CUPS that are shown.
const PRINTERS_MAX: usize = 200;
/// How long a printer may take over a job.
const ANSWER_MAX: Duration = Duration::from_secs(20);
/// A printer that does not say within this how it stands is not there.
const STATE_MAX: Duration = Duration::from_secs(3);
/// What is asked of a printer.
const WANTED: [&str; 5] =
    ["printer-state", "printer-is-accepting-jobs", "printer-info", "printer-name", "document-format-supported"];

/// A printer.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Printer {
    /// Its address, which names it in other commands.
    uri: String,
    /// Its address for people's eyes: without a password.
    shown: String,
    /// Its name.
    name: String,
    /// Whether it is offered first.
    default: bool,
    /// Whether it answers and takes jobs.
    state: PrinterState,
    /// Where it is to be reached instead, when it says so or was found there.
    instead: Option<String>,
}

/// How a printer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PrinterState {
    /// Takes jobs.
    Ready,
    /// Stopped, or out of paper.
    Stopped,
    /// Does not answer.
    Away,
    /// Something answers there that is no printer.
    NoPrinter,
    /// Wants a user and a password, or others than it was given.
    Password,
    /// Is to be reached at another address.
    Moved,
    /// Wants an encrypted line.
    Tls,
    /// Takes no PDF.
    NoPdf,
    /// Does not let this laptop print.
    Refused,
}

/// Arguments of `receipt_print`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Print {
    /// The visit.
    visit: VisitId,
    /// A sealed revision; the latest, or the text before the customer, when left out.
    revision: Option<u32>,
    /// Language of the paper.
    language: PaperLanguage,
    /// The printer's address.
    printer: String,
    /// 1 to 50.
    copies: u32,
    /// Marked as printed again (补打).
    #[serde(default)]
    reprint: bool,
}

/// Printers of this machine and those added by hand.
pub(crate) async fn printers(app: Arc<App>, _: Nothing) -> Result<Vec<Printer>> {
    let settings = settings::get(app, Nothing {}).await?;
    let mut printers = if cfg!(windows) { vec![windows::printer()] } else { of_cups().await };
    let asked = settings.printers.iter().map(|address| by_hand(address));
    printers.extend(futures_util::future::try_join_all(asked).await?);
    for printer in &mut printers {
        printer.default = settings.default_printer.as_ref() == Some(&printer.uri);
    }
    Ok(printers)
}

/// CUPS' own printers; none where CUPS does not run.
async fn of_cups() -> Vec<Printer> {
    let Ok(address) = Address::parse(CUPS) else { return Vec::new() };
    let request = IppOperationBuilder::cups().get_printers().into_ipp_request();
    let Ok(answer) = ask(&address, &request, &[], STATE_MAX).await else { return Vec::new() };
    let printer = |group: &Group| {
        let uri = group.text("printer-uri-supported")?;
        let name = group.text("printer-info").or_else(|| group.text("printer-name"))?;
        Some(Printer { shown: uri.clone(), uri, name, default: false, state: state(group), instead: None })
    };
    answer.printers().filter_map(printer).take(PRINTERS_MAX).collect()
}

async fn by_hand(text: &str) -> Result<Printer> {
    let address = Address::parse(text)?;
    let found = look(&address, &WANTED, STATE_MAX).await;
    let group = found.as_ref().ok().and_then(|answer| answer.printers().next());
    let shown = address.shown();
    let name = group.and_then(|group| group.text("printer-info").or_else(|| group.text("printer-name")));
    let (state, instead) = match (&found, group) {
        (Ok(_), Some(group)) => (state(group), None),
        (Ok(_), None) => (PrinterState::NoPrinter, None),
        (Err(trouble), _) => standing(trouble),
    };
    Ok(Printer {
        uri: text.to_owned(),
        name: name.unwrap_or_else(|| shown.clone()),
        shown,
        default: false,
        state,
        instead,
    })
}

fn standing(trouble: &Trouble) -> (PrinterState, Option<String>) {
    match trouble {
        Trouble::Away(_) => (PrinterState::Away, None),
        Trouble::NoPrinter(_) => (PrinterState::NoPrinter, None),
        Trouble::Password => (PrinterState::Password, None),
        Trouble::Moved(to) => (PrinterState::Moved, to.clone()),
        Trouble::Tls(at) => (PrinterState::Tls, at.clone()),
        Trouble::NoPdf => (PrinterState::NoPdf, None),
        Trouble::Refused(_) => (PrinterState::Refused, None),
    }
}

fn state(printer: &Group) -> PrinterState {
    const STOPPED: i32 = 5;
    let is_stopped = printer.number("printer-state") == Some(STOPPED);
    match printer.flag("printer-is-accepting-jobs") {
        _ if !takes_pdf(printer) => PrinterState::NoPdf,
        Some(false) => PrinterState::Stopped,
        _ if is_stopped => PrinterState::Stopped,
        _ => PrinterState::Ready,
    }
}

/// One that does not say what it takes is given the benefit of the doubt.
fn takes_pdf(printer: &Group) -> bool {
    let mut formats = printer.texts("document-format-supported").peekable();
    formats.peek().is_none() || formats.any(|format| format.eq_ignore_ascii_case(PDF))
}

/// Hands a receipt to a printer. What becomes of it then, [`watch`] tells.
pub(crate) async fn print(app: Arc<App>, args: Print) -> Result<Job> {
    if !(1..=COPIES_MAX).contains(&args.copies) {
        return Err(Failure::new(Code::Invalid, "1 to 50 copies").on("copies"));
    }
    let mark = if args.reprint { Mark::Reprint } else { Mark::ByHand };
    let made = make(&app, args.visit, args.revision, args.language, mark).await?;
    if args.printer == windows::ADDRESS {
        return windows::print(&app, &made.file_name, made.pdf, args.copies).await;
    }
    let address = Address::parse(&args.printer)?;
    check_way(&address).await?;
    let copies = i32::try_from(args.copies).unwrap_or(1);
    let request = IppOperationBuilder::print_job(address.uri(), IppPayload::empty())
        .user_name("doorstep")
        .job_title(job::name(&made.file_name))
        .document_format(PDF)
        .attribute(IppAttribute::new("copies", IppValue::Integer(copies)))
        .attribute(IppAttribute::new("media", IppValue::Keyword("iso_a4_210x297mm".into())))
        .build()
        .into_ipp_request();
    let answer = ask(&address, &request, &made.pdf, ANSWER_MAX).await?;
    Ok(Job::told(&answer))
}

/// Finds out what certainly stands in the way before a customer's paper is sent there. What is not certain, sending shows.
async fn check_way(address: &Address) -> Result<()> {
    match look(address, &WANTED, ANSWER_MAX).await {
        Ok(answer) if !answer.printers().all(takes_pdf) => Err(Trouble::NoPdf.into()),
        Err(trouble @ (Trouble::Away(_) | Trouble::Password | Trouble::Moved(_) | Trouble::Tls(_))) => {
            Err(trouble.into())
        }
        _ => Ok(()),
    }
}
