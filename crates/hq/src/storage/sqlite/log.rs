//! The write-ahead log of a database that was not closed: whether all of it is still what was written.
//!
//! SQLite takes a log up to the first frame that does not add up and forgets the rest without a word, since a cut of power
//! leaves one like that. What was answered to a laptop may be in the rest.
//! The format: <https://www.sqlite.org/fileformat2.html#the_write_ahead_log>.

use std::{fs, io, path::Path};

/// Bytes of the log's head, and of a frame's.
const HEAD: usize = 32;
const FRAME_HEAD: usize = 24;
/// What a log begins with; the last bit says in which order of bytes its sums are.
const MAGIC: u32 = 0x377f_0682;

/// What is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    /// The last change in it; a cut of power in the middle of it leaves the same.
    Last(String),
    /// Changes that were there for good.
    More(String),
}

/// Looks at the log at `path`; `None` where there is none, or it is sound.
///
/// # Errors
/// When it cannot be read.
pub fn lost(path: &Path) -> io::Result<Option<Lost>> {
    match fs::read(path) {
        Ok(log) => Ok(look(&log)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Two sums that run over the whole log.
struct Sums {
    big: bool,
    first: u32,
    second: u32,
}

impl Sums {
    fn add(&mut self, bytes: &[u8]) {
        for pair in bytes.chunks_exact(8) {
            let (one, two) = (self.word(pair, 0), self.word(pair, 4));
            self.first = self.first.wrapping_add(one).wrapping_add(self.second);
            self.second = self.second.wrapping_add(two).wrapping_add(self.first);
        }
    }

    fn word(&self, bytes: &[u8], at: usize) -> u32 {
        let word = be(bytes, at);
        if self.big { word } else { word.swap_bytes() }
    }

    fn are(&self, bytes: &[u8], at: usize) -> bool {
        (be(bytes, at), be(bytes, at + 4)) == (self.first, self.second)
    }
}

/// Four bytes as a number, highest first; 0 beyond the end.
fn be(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map_or(0, u32::from_be_bytes)
}

fn look(log: &[u8]) -> Option<Lost> {
    let head = log.get(..HEAD)?;
    let frames = log.get(HEAD..).unwrap_or_default();
    let mut sums = Sums { big: be(head, 0) & 1 == 1, first: 0, second: 0 };
    sums.add(head.get(..24).unwrap_or_default());
    let page = be(head, 8) as usize;
    if be(head, 0) & !1 != MAGIC || !sums.are(head, 24) || !page.is_power_of_two() || page < 512 {
        let empty = frames.len() < FRAME_HEAD + 512;
        return (!empty).then(|| Lost::More("the head of the log does not add up: nothing in it was read".to_owned()));
    }
    let salts = head.get(16..24).unwrap_or_default();
    let (mut broken, mut commits, mut number) = (None, 0, 0_u64);
    for frame in frames.chunks_exact(FRAME_HEAD + page) {
        number += 1;
        let (frame_head, content) = frame.split_at(FRAME_HEAD);
        let frames_salts = frame_head.get(8..16).unwrap_or_default();
        if broken.is_none() {
            sums.add(frame_head.get(..8).unwrap_or_default());
            sums.add(content);
            if frames_salts == salts && sums.are(frame_head, 16) {
                continue;
            }
            broken = Some(number);
        }
        // Frames of an earlier round have other salts, more than one byte apart; those of a change that was given up, or
        // found no room, lack its end.
        let alike = frames_salts.iter().zip(salts).filter(|(a, b)| a == b).count() + 1 >= salts.len();
        commits += u64::from(alike && be(frame_head, 4) != 0);
    }
    let says =
        |broken: u64| format!("frame {broken} of {number} of the log does not add up: what follows was not read");
    match (broken, commits) {
        (Some(broken), 1) => Some(Lost::Last(says(broken))),
        (Some(broken), 2..) => Some(Lost::More(says(broken))),
        _ => None,
    }
}
