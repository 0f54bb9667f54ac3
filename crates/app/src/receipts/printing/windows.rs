//! Windows has no IPP server of its own; its shell prints a PDF with whatever program is set for that.

use super::{Job, Printer, PrinterState};
use crate::{App, Failure, Result, receipts::save_file};
use doorstep_domain::Code;
use std::sync::Arc;

pub(super) const ADDRESS: &str = "system:default";

pub(super) fn printer() -> Printer {
    Printer {
        uri: ADDRESS.into(),
        shown: String::new(),
        name: "Windows".into(),
        default: true,
        state: PrinterState::Ready,
        instead: None,
    }
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
    Ok(Job::unknown(String::new()))
}
