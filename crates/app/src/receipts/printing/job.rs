//! What becomes of a job that a printer took: whether it prints, waits, was given up, and why.

use super::{
    address::Address,
    answer::{Answer, Group},
    line,
};
use crate::{App, Failure, Result};
use doorstep_domain::Code;
use ipp::{operation::IppOperation as _, prelude::IppOperationBuilder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};

/// Most bytes of a job's name (RFC 8011, 5.1.3).
const NAME_BYTES_MAX: usize = 255;
/// How often a printer is asked, and how many times before the interface hears that nothing changed.
const PAUSE: Duration = Duration::from_secs(1);
const LOOKS_MAX: u32 = 20;
/// How long a printer may take to say how a job stands.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Its turn comes.
    Waiting,
    /// The printer keeps it until somebody lets it go.
    Held,
    /// On its way to paper.
    Printing,
    /// It would print, but something is in the way.
    Stopped,
    /// Somebody cancelled it.
    Cancelled,
    /// The printer gave it up.
    Aborted,
    /// On paper.
    Done,
    /// The printer does not say.
    Unknown,
}

/// Why a job stands as it does, as far as a person can do something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobReason {
    /// No paper, or not the right one.
    Paper,
    /// Paper is stuck.
    Jam,
    /// No ink or toner.
    Ink,
    /// A cover or door is open.
    Cover,
    /// A tray is missing or full.
    Tray,
    /// The printer was paused.
    Paused,
    /// The computer that has the printer does not reach it.
    Offline,
    /// It waits for a person at the printer.
    Release,
    /// It wants a user, a password, or more on their account.
    Account,
    /// It cannot make sense of the PDF.
    Format,
}

/// A job that the printer took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Job {
    /// The printer's number for it; empty when it gave none.
    pub(super) job: String,
    /// How it stands.
    pub(super) state: JobState,
    /// Why.
    pub(super) reasons: Vec<JobReason>,
}

/// Arguments of `print_watch`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Watch {
    /// The printer's address.
    printer: String,
    /// The job as the interface knows it.
    known: Job,
}

impl Job {
    /// One of which nothing more will be heard.
    pub(super) fn unknown(job: String) -> Self {
        Self { job, state: JobState::Unknown, reasons: Vec::new() }
    }

    /// As an answer tells of it.
    pub(super) fn told(answer: &Answer) -> Self {
        let Some(group) = answer.job() else { return Self::unknown(String::new()) };
        let job = group.number("job-id").filter(|id| *id > 0).map(|id| id.to_string());
        let Some(job) = job else { return Self::unknown(String::new()) };
        Self { job, state: JobState::of(group), reasons: reasons(group, "job-state-reasons") }
    }
}

impl JobState {
    fn of(group: &Group) -> Self {
        match group.number("job-state") {
            Some(3) => Self::Waiting,
            Some(4) => Self::Held,
            Some(5) => Self::Printing,
            Some(6) => Self::Stopped,
            Some(7) => Self::Cancelled,
            Some(8) => Self::Aborted,
            Some(9) => Self::Done,
            _ => Self::Unknown,
        }
    }
}

/// The reasons of an attribute that a person can do something about, each once.
fn reasons(group: &Group, name: &str) -> Vec<JobReason> {
    let mut found: Vec<JobReason> = group.texts(name).filter_map(JobReason::of).collect();
    found.sort_unstable();
    found.dedup();
    found
}

impl JobReason {
    /// By the keywords of RFC 8011 and of PWG 5100.13; a printer may say how grave it is behind them.
    fn of(keyword: &str) -> Option<Self> {
        let grave = ["-error", "-warning", "-report"];
        let plain = grave.iter().find_map(|grave| keyword.strip_suffix(grave)).unwrap_or(keyword);
        match plain {
            "media-empty" | "media-needed" => Some(Self::Paper),
            "media-jam" => Some(Self::Jam),
            "toner-empty" | "marker-supply-empty" | "developer-empty" | "marker-supply-missing" => Some(Self::Ink),
            "cover-open" | "door-open" | "interlock-open" => Some(Self::Cover),
            "input-tray-missing" | "output-tray-missing" | "output-area-full" => Some(Self::Tray),
            "paused" | "moving-to-paused" | "printer-stopped" | "printer-stopped-partly" | "shutdown" => {
                Some(Self::Paused)
            }
            "offline" | "connecting-to-device" | "timed-out" => Some(Self::Offline),
            "job-hold-until-specified"
            | "job-held-for-review"
            | "job-password-wait"
            | "job-release-wait"
            | "job-held-by-service"
            | "resources-are-not-ready" => Some(Self::Release),
            "cups-held-for-authentication"
            | "account-authorization-failed"
            | "account-closed"
            | "account-info-needed"
            | "account-limit-reached"
            | "job-held-for-authorization" => Some(Self::Account),
            "document-format"
            | "document-format-error"
            | "unsupported-document-format"
            | "document-unprintable"
            | "document-unprintable-error"
            | "document-password" => Some(Self::Format),
            _ => None,
        }
    }
}

/// A job's name that a printer takes: nothing but letters and signs, cut between two of them.
pub(super) fn name(name: &str) -> String {
    let plain = name.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut cut = String::new();
    for c in plain {
        if cut.len() + c.len_utf8() > NAME_BYTES_MAX {
            break;
        }
        cut.push(c);
    }
    cut
}

/// Answers when a job stands otherwise than the interface knows, at the latest after some twenty looks. A printer that no
/// longer knows it, or no longer answers, leaves it [`JobState::Unknown`]: the person has to look there.
pub(crate) async fn watch(app: Arc<App>, args: Watch) -> Result<Job> {
    app.enrolled().await?;
    let address = Address::parse(&args.printer)?;
    let id: i32 = args.known.job.parse().map_err(|_| Failure::new(Code::Invalid, "not a job's number").on("known"))?;
    for _ in 0..LOOKS_MAX {
        let now = standing(&address, id).await.unwrap_or_else(|_| Job::unknown(args.known.job.clone()));
        if now != args.known {
            return Ok(now);
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(args.known)
}

async fn standing(address: &Address, id: i32) -> std::result::Result<Job, line::Trouble> {
    let request = IppOperationBuilder::get_job_attributes(address.uri(), id).build();
    let answer = line::ask(address, &request.into_ipp_request(), &[], ANSWER_MAX).await?;
    let mut job = Job { job: id.to_string(), ..Job::told(&answer) };
    if matches!(job.state, JobState::Waiting | JobState::Held | JobState::Stopped) {
        // What is in the way is often the printer's to say, not the job's.
        let printer = line::look(address, &["printer-state-reasons"], ANSWER_MAX).await;
        let of_printer =
            printer.ok().and_then(|answer| Some(reasons(answer.printers().next()?, "printer-state-reasons")));
        job.reasons.extend(of_printer.unwrap_or_default());
        job.reasons.sort_unstable();
        job.reasons.dedup();
    }
    Ok(job)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jobs_name_is_cut_between_two_characters_and_says_nothing_that_is_no_sign() {
        let long = format!("服务确认单-CD-2026-0001-{}.pdf", "桥".repeat(200));
        let cut = name(&long);
        assert!(cut.len() <= 255 && cut.len() > 252 && long.starts_with(&cut), "{}", cut.len());
        assert_eq!(name("a\r\nb\u{0}c"), "a  b c");
        assert_eq!(name("短"), "短");
    }

    #[test]
    fn reasons_are_known_however_grave_the_printer_calls_them() {
        assert_eq!(JobReason::of("media-empty-error"), Some(JobReason::Paper));
        assert_eq!(JobReason::of("toner-empty"), Some(JobReason::Ink));
        assert_eq!(JobReason::of("document-format-error"), Some(JobReason::Format));
        assert_eq!(JobReason::of("none"), None);
    }
}
