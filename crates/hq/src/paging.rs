//! Pages of lists: where the next one begins, as a text that whoever asks hands back unread.

use crate::storage::OpenPlace;
use doorstep_domain::{Code, Refusal};

/// Entries of a page where nothing is asked for.
pub const PAGE_COUNT: u32 = 100;
/// Most entries of a page.
pub const PAGE_COUNT_MAX: u32 = 500;
/// A page ends after the entry that takes it past this many bytes.
pub const PAGE_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Where a page begins.
#[derive(Debug)]
pub struct Next;

impl Next {
    /// A place in a list of what is open.
    #[must_use]
    pub fn place(place: &OpenPlace) -> String {
        format!("{}.{}", place.since_ms, place.id)
    }

    /// The place that a text names.
    ///
    /// # Errors
    /// [`Code::Invalid`].
    pub fn read_place(text: &str) -> Result<OpenPlace, Refusal> {
        let read = || {
            let (since, id) = text.split_once('.')?;
            Some(OpenPlace { since_ms: since.parse().ok()?, id: id.parse().ok()? })
        };
        read().ok_or_else(|| Refusal::new(Code::Invalid, "not the `next` of a page").on("after"))
    }
}

/// How many entries a page may have.
#[must_use]
pub fn count(asked: Option<u32>) -> u32 {
    asked.unwrap_or(PAGE_COUNT).clamp(1, PAGE_COUNT_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back_and_anything_else_is_refused() {
        let place = OpenPlace { since_ms: -5, id: doorstep_domain::id::RecordId(uuid::Uuid::from_u128(7)) };
        assert_eq!(Next::read_place(&Next::place(&place)).unwrap(), place);
        for text in ["", ".", "1", "1.x", "x.019a0000-0000-7000-8000-000000000001", "99999999999999999999.a"] {
            assert_eq!(Next::read_place(text).unwrap_err().code, Code::Invalid, "{text}");
        }
    }

    #[test]
    fn a_page_has_at_least_one_entry_and_at_most_its_limit() {
        assert_eq!([count(None), count(Some(0)), count(Some(7)), count(Some(u32::MAX))], [100, 1, 7, 500]);
    }
}
