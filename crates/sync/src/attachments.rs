//! Files: small ones first, in pieces that resume where they stopped, checked against their hash before they count.
//!
//! A file that cannot go or come never stops the others; the first such error is reported at the end of the run.

mod arriving;
mod leaving;

use crate::{Error, Exchange, Result, Step, Summary, Transport};
use doorstep_domain::Code;
use doorstep_wire::limits::Limits;

/// Files looked up at once.
const FILES_AT_ONCE: u32 = 500;

/// A file: its hash and its size.
pub(crate) type File = (String, u64);

/// The error of the first file that stayed behind.
pub(crate) type StayedBehind = Option<Error>;

/// Hands in every file that HQ does not have.
pub(crate) async fn send_all<T: Transport>(
    exchange: &Exchange<'_, T>,
    limits: Limits,
    summary: &mut Summary,
) -> Result<StayedBehind> {
    exchange.enter(Step::Upload, 0);
    let mut stayed_behind = None;
    let mut last: Option<File> = None;
    loop {
        let files = exchange.store.blobs_to_send(last.as_ref(), FILES_AT_ONCE).await?;
        let Some(end) = files.last().cloned() else { return Ok(stayed_behind) };
        last = Some(end);
        let files = wanted(exchange, files);
        grow(exchange, &files);
        for file in &files {
            match leaving::send(exchange, file, limits.chunk_bytes_max as usize).await {
                Ok(()) => summary.files_sent += 1,
                Err(error) => stay_behind(exchange, &mut stayed_behind, file, error)?,
            }
        }
    }
}

/// Takes every file that is not here.
pub(crate) async fn fetch_all<T: Transport>(exchange: &Exchange<'_, T>, summary: &mut Summary) -> Result<StayedBehind> {
    exchange.enter(Step::Download, 0);
    let mut stayed_behind = None;
    let mut last: Option<File> = None;
    loop {
        let files = exchange.store.blobs_to_fetch(last.as_ref(), FILES_AT_ONCE).await?;
        let Some(end) = files.last().cloned() else { return Ok(stayed_behind) };
        last = Some(end);
        let files = wanted(exchange, files);
        grow(exchange, &files);
        for file in &files {
            match arriving::fetch(exchange, file).await {
                Ok(()) => summary.files_received += 1,
                Err(error) if error.code() == Code::NotFound => summary.files_awaited += 1,
                Err(error) => stay_behind(exchange, &mut stayed_behind, file, error)?,
            }
        }
    }
}

/// Those that go and come in this exchange.
fn wanted<T: Transport>(exchange: &Exchange<'_, T>, mut files: Vec<File>) -> Vec<File> {
    files.retain(|(_, bytes)| *bytes <= exchange.file_bytes_max);
    files
}

fn grow<T: Transport>(exchange: &Exchange<'_, T>, files: &[File]) {
    let bytes = files.iter().fold(0u64, |sum, (_, bytes)| sum.saturating_add(*bytes));
    exchange.progress.send_modify(|p| p.total = p.total.saturating_add(bytes));
}

pub(crate) fn moved<T: Transport>(exchange: &Exchange<'_, T>, bytes: u64) {
    exchange.progress.send_modify(|p| p.done = p.done.saturating_add(bytes));
}

/// Notes that a file stayed behind; gives back what stops the others too.
fn stay_behind<T: Transport>(
    exchange: &Exchange<'_, T>,
    first: &mut StayedBehind,
    (hash, bytes): &File,
    error: Error,
) -> Result<()> {
    if !concerns_one_file(error.code()) {
        return Err(error);
    }
    tracing::warn!(%error, hash, bytes, "a file stayed behind");
    exchange.progress.send_modify(|p| p.total = p.total.max(p.done));
    first.get_or_insert(error);
    Ok(())
}

/// Whether an error says something of one file, and nothing of the line, HQ or the laptop.
fn concerns_one_file(code: Code) -> bool {
    matches!(
        code,
        Code::Invalid | Code::TooLarge | Code::NotFound | Code::OutOfScope | Code::HashMismatch | Code::FileDamaged
    )
}
