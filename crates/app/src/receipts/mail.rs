//! Sending a receipt: it is saved, and the system's mail program opens a letter with it. Nothing is sent from here.
//!
//! Mail programs read more out of a letter than they should (an `attach=` in a link, a quotation mark that ends a text):
//! nothing that a record says reaches one otherwise than as the words it is.

use super::{Mark, PaperLanguage, SavedFile, make, save_file};
use crate::{App, Failure, Result};
use doorstep_domain::{Code, customer::mail_addresses, id::VisitId};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

/// Most characters of a subject and of a text: Windows opens no link that is longer than some 30,000 characters.
const SUBJECT_CHARS_MAX: usize = 200;
const BODY_CHARS_MAX: usize = 2_000;
/// Most addresses of one letter.
const ADDRESSES_MAX: usize = 20;

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

/// A letter as a mail program gets it.
struct Letter {
    to: Vec<String>,
    subject: String,
    body: String,
}

/// Saves the receipt and opens a letter. Where the mail program takes no attachment, the text says which file to add.
pub(crate) async fn mail(app: Arc<App>, args: Mail) -> Result<SavedFile> {
    let letter = Letter::new(&args.to, &args.subject, &args.body)?;
    let made = make(&app, args.visit, args.revision, args.language, Mark::Plain).await?;
    let saved = save_file(&app, &made.file_name, made.pdf).await?;
    if !with_attachment(&letter, saved.path()).await {
        opener::open(letter.link()).map_err(|e| Failure::internal(format!("no mail program opened: {e}")))?;
    }
    Ok(saved)
}

/// Linux desktops pass an attachment on to the mail program; elsewhere a `mailto:` link cannot carry one.
async fn with_attachment(letter: &Letter, path: &str) -> bool {
    if !cfg!(target_os = "linux") {
        return false;
    }
    let Some(arguments) = letter.arguments(path) else { return false };
    let status = tokio::process::Command::new("xdg-email").args(arguments).status().await;
    status.is_ok_and(|status| status.success())
}

impl Letter {
    /// # Errors
    /// [`Code::NotAMailAddress`] when `to` holds anything that is none; [`Code::TooLarge`].
    fn new(to: &str, subject: &str, body: &str) -> Result<Self> {
        let to = mail_addresses(to).map_err(|refusal| refusal.on("to"))?;
        if to.len() > ADDRESSES_MAX {
            return Err(Failure::new(Code::TooLarge, "too many addresses").on("to"));
        }
        let lines = body.replace("\r\n", "\n").replace('\r', "\n");
        let line = |text: &str| text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
        Ok(Self {
            to,
            subject: line(subject).chars().take(SUBJECT_CHARS_MAX).collect(),
            body: lines.split('\n').map(line).collect::<Vec<_>>().join("\n").chars().take(BODY_CHARS_MAX).collect(),
        })
    }

    /// As a `mailto:` link (RFC 6068), in which nothing but what is written here has a meaning of its own.
    fn link(&self) -> String {
        let part = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        // Dots and the one `@` mean nothing in a link, and some programs look for them.
        let address = |address: &String| {
            let sides: Vec<String> = address.split('@').map(|side| part(side).replace("%2E", ".")).collect();
            sides.join("@")
        };
        let to = self.to.iter().map(address).collect::<Vec<_>>().join(",");
        format!("mailto:{to}?subject={}&body={}", part(&self.subject), part(&self.body.replace('\n', "\r\n")))
    }

    /// As `xdg-email` takes it. That is a script which builds another command line out of what it gets, between quotation
    /// marks: none of ours may end one. `None` where an address or the path has such a sign.
    fn arguments(&self, path: &str) -> Option<Vec<String>> {
        let is_plain = |text: &str| !text.contains(['\'', '"', '\\', '`', '$', ',']) && !text.starts_with('-');
        if !self.to.iter().all(|address| is_plain(address)) || !is_plain(path) {
            return None;
        }
        let harmless = |text: &str| -> String {
            let relative = |c| match c {
                '\'' => '’',
                '"' => '”',
                '\\' => '＼',
                '`' => '｀',
                '$' => '＄',
                c => c,
            };
            text.chars().map(relative).collect()
        };
        let fixed =
            ["--utf8", "--subject", &harmless(&self.subject), "--body", &harmless(&self.body), "--attach", path];
        Some(fixed.into_iter().map(str::to_owned).chain(self.to.iter().cloned()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_to_what_is_no_address_is_refused_before_anything_is_saved() {
        for to in ["a@b?attach=/etc/passwd&cc=evil@x", "a@b.cn?attach=/etc/passwd", "a@b.cn\nBcc:evil@x.cn", "--attach"]
        {
            let refused = Letter::new(to, "", "").err().map(|failure| (failure.code, failure.field));
            assert_eq!(refused, Some((Code::NotAMailAddress, Some("to".into()))), "{to}");
        }
    }

    #[test]
    fn a_link_says_nothing_but_the_letter() {
        let letter =
            Letter::new("r&d@x.com.cn、o'b@y.cn", "甲&cc=evil@x.cn\r\nBcc: e@x.cn", "一\n&attach=/etc/passwd").unwrap();
        let link = letter.link();
        assert!(link.starts_with("mailto:r%26d@x.com.cn,o%27b@y.cn?subject="), "{link}");
        assert_eq!(
            (link.matches('?').count(), link.matches('&').count(), link.matches('=').count()),
            (1, 1, 2),
            "{link}"
        );
        assert!(link.contains("%0D%0A%26attach%3D%2Fetc%2Fpasswd"), "lines end as mail has them: {link}");
        assert!(!link[..link.find("&body").unwrap()].contains("%0"), "a subject is one line: {link}");
        let empty = Letter::new("", "s", "b").unwrap();
        assert_eq!(empty.link(), "mailto:?subject=s&body=b");
    }

    #[test]
    fn no_quotation_mark_reaches_the_script_that_would_end_a_text_with_it() {
        let letter = Letter::new("a@b.cn", "甲',attachment='/etc/passwd", "$(id) `id` \"x\" \\x27").unwrap();
        let arguments = letter.arguments("/home/z/服务确认单.pdf").unwrap();
        assert!(arguments.iter().all(|argument| !argument.contains(['\'', '"', '\\', '`', '$'])), "{arguments:?}");
        assert_eq!(arguments.last().map(String::as_str), Some("a@b.cn"));
        assert!(letter.arguments("/home/o'brien/a.pdf").is_none());
        assert!(Letter::new("o'b@y.cn", "", "").unwrap().arguments("/a.pdf").is_none());
    }
}
