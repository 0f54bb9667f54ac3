//! Reading papers back with tools that are not ours.

use crate::program::said_by;
use anyhow::Result;
use std::path::Path;
use tokio::process::Command;

/// The text of a PDF in the order it was drawn, so that the lines of a table's cell stay together.
///
/// # Errors
/// When it does not read.
pub async fn text(pdf: &Path) -> Result<String> {
    said_by(Command::new("pdftotext").args(["-enc", "UTF-8", "-raw"]).arg(pdf).arg("-")).await
}

/// Has `qpdf` check a PDF.
///
/// # Errors
/// What `qpdf` finds wrong, warnings included.
pub async fn check(pdf: &Path) -> Result<()> {
    said_by(Command::new("qpdf").arg("--check").arg(pdf)).await.map(drop)
}
