//! Sending a receipt: it is saved, and the system's mail program opens a letter with it. Nothing is sent from here.

use super::{Mark, PaperLanguage, SavedFile, make, save_file};
use crate::{App, Failure, Result};
use doorstep_domain::id::VisitId;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

/// Arguments of `receipt_mail`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Mail {
    /// The visit.
    visit: VisitId,
    /// A sealed revision; the latest when left out.
    revision: Option<u32>,
    /// Language of the paper.
    language: PaperLanguage,
    /// The customer's address; empty when it is not known.
    to: String,
    /// Subject of the letter.
    subject: String,
    /// Its text.
    body: String,
}

/// Saves the receipt and opens a letter. Where the mail program takes no attachment, the text says which file to add.
pub(crate) async fn mail(app: Arc<App>, args: Mail) -> Result<SavedFile> {
    let made = make(&app, args.visit, args.revision, args.language, Mark::Plain).await?;
    let saved = save_file(&app, &made.file_name, made.pdf).await?;
    if !with_attachment(&args, saved.path()).await {
        let part = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let letter = format!("mailto:{}?subject={}&body={}", part(&args.to), part(&args.subject), part(&args.body));
        opener::open(letter).map_err(|e| Failure::internal(format!("no mail program opened: {e}")))?;
    }
    Ok(saved)
}

/// Linux desktops pass an attachment on to the mail program; elsewhere a `mailto:` link cannot carry one.
async fn with_attachment(args: &Mail, path: &str) -> bool {
    if !cfg!(target_os = "linux") {
        return false;
    }
    let mut letter = tokio::process::Command::new("xdg-email");
    letter.args(["--utf8", "--subject", &args.subject, "--body", &args.body, "--attach", path]);
    // An address that looks like an option must not be read as one.
    if args.to.contains('@') && !args.to.starts_with('-') {
        letter.arg(&args.to);
    }
    letter.status().await.is_ok_and(|status| status.success())
}
