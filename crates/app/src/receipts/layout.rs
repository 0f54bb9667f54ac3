//! From the document to the paper's own model: what is printed, and in which words.

use super::{PaperLanguage, Source};
use crate::Result;

pub(super) fn render(_source: &Source, _language: PaperLanguage) -> Result<Vec<u8>> {
    Ok(Vec::new())
}
