//! Printing over IPP: to CUPS on this machine, and to printers added by hand. Windows uses the system's print verb.

use super::{Mark, PaperLanguage, make};
use crate::{App, Failure, Result, command::Nothing, settings};
use doorstep_domain::{Code, id::VisitId};
use ipp::{operation::IppOperation as _, parser::IppParser, prelude::*, reader::IppReader};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, io::Cursor, sync::Arc, time::Duration};

/// CUPS on this machine.
const CUPS: &str = "ipp://localhost:631/";
/// Most copies of one job.
const COPIES_MAX: u32 = 50;
/// How long a printer may take over a job.
const ANSWER_MAX: Duration = Duration::from_secs(20);
/// A printer that does not say within this how it stands is not there.
const STATE_MAX: Duration = Duration::from_secs(3);
/// Most bytes of a printer's answer.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A printer.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Printer {
    /// Its address.
    uri: String,
    /// Its name.
    name: String,
    /// Whether it is offered first.
    default: bool,
    /// Whether it answers and takes jobs.
    state: PrinterState,
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

/// A job that the printer took.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Job {
    /// The printer's number for it.
    job: String,
}

/// Checks that a printer's address is one.
///
/// # Errors
/// [`Code::Invalid`].
pub(crate) fn check_printer(address: &str) -> Result<Uri> {
    let uri: Option<Uri> = address.parse().ok().filter(|_| address.len() <= 500);
    let fits = |uri: &Uri| matches!(uri.scheme_str(), Some("ipp" | "ipps")) && uri.host().is_some();
    uri.filter(fits).ok_or_else(|| Failure::new(Code::Invalid, "not a printer's address").on("printer"))
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
    let Ok(uri) = CUPS.parse::<Uri>() else { return Vec::new() };
    let request = IppOperationBuilder::cups().get_printers().into_ipp_request();
    let Ok(answer) = ask(&uri, request, Vec::new(), STATE_MAX).await else { return Vec::new() };
    let groups = answer.attributes().groups_of(DelimiterTag::PrinterAttributes);
    groups
        .filter_map(|group| {
            let attributes = group.attributes();
            let uri = text(attributes, "printer-uri-supported")?;
            let name = text(attributes, "printer-info").filter(|n| !n.is_empty());
            let name = name.or_else(|| text(attributes, "printer-name"))?;
            Some(Printer { uri, name, default: false, state: state(attributes) })
        })
        .collect()
}

async fn by_hand(address: &str) -> Result<Printer> {
    let uri = check_printer(address)?;
    let request = IppOperationBuilder::get_printer_attributes(uri.clone())
        .attributes(["printer-state", "printer-info", "printer-name"])
        .build()
        .into_ipp_request();
    let away = Printer { uri: address.to_owned(), name: address.to_owned(), default: false, state: PrinterState::Away };
    let Ok(answer) = ask(&uri, request, Vec::new(), STATE_MAX).await else { return Ok(away) };
    let Some(group) = answer.attributes().groups_of(DelimiterTag::PrinterAttributes).next() else { return Ok(away) };
    let attributes = group.attributes();
    let name = text(attributes, "printer-info").or_else(|| text(attributes, "printer-name"));
    Ok(Printer { name: name.unwrap_or_else(|| address.to_owned()), state: state(attributes), ..away })
}

fn text(attributes: &HashMap<String, IppAttribute>, name: &str) -> Option<String> {
    let value = attributes.get(name)?.value();
    // A list of addresses starts with the plain one.
    let value = value.into_iter().next().unwrap_or(value);
    Some(value.to_string()).filter(|text| !text.is_empty())
}

fn state(attributes: &HashMap<String, IppAttribute>) -> PrinterState {
    const STOPPED: i32 = 5;
    match attributes.get("printer-state").map(IppAttribute::value) {
        Some(IppValue::Enum(STOPPED)) => PrinterState::Stopped,
        _ => PrinterState::Ready,
    }
}

/// Prints a receipt.
pub(crate) async fn print(app: Arc<App>, args: Print) -> Result<Job> {
    if !(1..=COPIES_MAX).contains(&args.copies) {
        return Err(Failure::new(Code::Invalid, "1 to 50 copies").on("copies"));
    }
    let mark = if args.reprint { Mark::Reprint } else { Mark::ByHand };
    let made = make(&app, args.visit, args.revision, args.language, mark).await?;
    if args.printer == windows::ADDRESS {
        return windows::print(&app, &made.file_name, made.pdf, args.copies).await;
    }
    let uri = check_printer(&args.printer)?;
    let copies = i32::try_from(args.copies).unwrap_or(1);
    let request = IppOperationBuilder::print_job(uri.clone(), IppPayload::empty())
        .user_name("doorstep")
        .job_title(&made.file_name)
        .document_format("application/pdf")
        .attribute(IppAttribute::new("copies", IppValue::Integer(copies)))
        .attribute(IppAttribute::new("media", IppValue::Keyword("iso_a4_210x297mm".into())))
        .build()
        .into_ipp_request();
    let answer = ask(&uri, request, made.pdf, ANSWER_MAX).await?;
    let group = answer.attributes().groups_of(DelimiterTag::JobAttributes).next();
    let job = group.and_then(|group| text(group.attributes(), "job-id"));
    Ok(Job { job: job.unwrap_or_default() })
}

/// Sends an IPP request with a document behind it and reads the answer.
async fn ask(
    uri: &Uri,
    request: IppRequestResponse,
    document: Vec<u8>,
    answer_max: Duration,
) -> Result<IppRequestResponse> {
    let failed = |e: &dyn std::fmt::Display| Failure::new(Code::PrinterFailed, format!("printer: {e}"));
    let scheme = if uri.scheme_str() == Some("ipps") { "https" } else { "http" };
    let host = uri.host().unwrap_or("localhost");
    let url = format!("{scheme}://{host}:{}{}", uri.port_u16().unwrap_or(631), uri.path());
    let mut body = request.to_bytes().to_vec();
    body.extend_from_slice(&document);
    let client = reqwest::Client::builder().timeout(answer_max).no_proxy().redirect(reqwest::redirect::Policy::none());
    let client = client.build().map_err(|e| failed(&e))?;
    let sent = client.post(url).header("content-type", "application/ipp").body(body).send().await;
    let mut answer = sent.map_err(|e| failed(&e))?.error_for_status().map_err(|e| failed(&e))?;
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|e| failed(&e))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > ANSWER_BYTES_MAX {
            return Err(failed(&"too long an answer"));
        }
    }
    let answer = IppParser::new(IppReader::new(Cursor::new(bytes))).parse().map_err(|e| failed(&e))?;
    let status = answer.header().status_code();
    if status.is_success() { Ok(answer) } else { Err(failed(&status)) }
}

/// Windows has no IPP server of its own; its shell prints a PDF with whatever program is set for that.
mod windows {
    use super::{App, Arc, Code, Failure, Job, Printer, PrinterState, Result};
    use crate::receipts::save_file;

    pub(super) const ADDRESS: &str = "system:default";

    pub(super) fn printer() -> Printer {
        Printer { uri: ADDRESS.into(), name: "Windows".into(), default: true, state: PrinterState::Ready }
    }

    pub(super) async fn print(app: &Arc<App>, name: &str, pdf: Vec<u8>, copies: u32) -> Result<Job> {
        if !cfg!(windows) {
            return Err(Failure::new(Code::PrinterFailed, "the print verb is Windows'"));
        }
        let saved = save_file(app, name, pdf).await?;
        // The verb knows no copies: it is said once for each.
        for _ in 0..copies {
            // The path goes in by the environment, so that no character of it is read as a command.
            let status = tokio::process::Command::new("powershell")
                .args([
                    "-NoProfile",
                    "-NonInteractive",
                    "-Command",
                    "Start-Process -FilePath $env:DOORSTEP_PDF -Verb Print",
                ])
                .env("DOORSTEP_PDF", saved.path())
                .status()
                .await?;
            if !status.success() {
                return Err(Failure::new(Code::PrinterFailed, "no program prints PDFs on this machine"));
            }
        }
        Ok(Job { job: String::new() })
    }
}
