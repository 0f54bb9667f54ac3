//! Texts that cells name by number, kept in one piece: a count the file declares makes no room.

use crate::fault::ReadError;
use crate::limits;

/// Texts of one workbook; a list of the largest size has fewer different ones.
const STRINGS_MAX: usize = 4_000_000;

/// Texts by number.
#[derive(Debug, Default)]
pub(crate) struct Strings {
    text: String,
    ends: Vec<u32>,
}

impl Strings {
    pub fn push(&mut self, text: &str) -> Result<(), ReadError> {
        let end = self.text.len().saturating_add(text.len());
        if end > limits::TEXT_BYTES_MAX || self.ends.len() >= STRINGS_MAX {
            return Err(ReadError::unpacked_too_large(end as u64));
        }
        self.text.push_str(text);
        self.ends.push(u32::try_from(end).unwrap_or(u32::MAX));
        Ok(())
    }

    pub fn get(&self, at: usize) -> Option<&str> {
        let end = *self.ends.get(at)? as usize;
        let start = match at.checked_sub(1) {
            Some(before) => *self.ends.get(before)? as usize,
            None => 0,
        };
        self.text.get(start..end)
    }
}
