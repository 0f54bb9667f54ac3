//! The desk between interface and commands: bytes on their way in or out, kept in memory or encrypted (invariant 7), and
//! no longer than they are on their way.

use crate::{
    App, Failure, Result, World,
    fault::{caught, caught_now},
};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use doorstep_domain::{Code, attachment::ATTACHMENT_BYTES_MAX};
use doorstep_store::NewBlob;
use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

/// Most bytes of one upload, or of one piece of a larger one.
pub const UPLOAD_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Header of an upload that goes onto one that was begun: its id.
pub const UPLOAD_ONTO: &str = "upload-onto";
/// Most uploads in pieces at once; the oldest make room.
const IN_PIECES_MAX: usize = 8;
/// Most bytes on the desk at once; the oldest make room.
const DESK_BYTES_MAX: usize = 256 * 1024 * 1024;
/// What nobody fetched within this many minutes is cleared away when something else comes.
const KEPT_MINUTES: i64 = 10;

/// Bytes on their way, by id.
#[derive(Debug, Default)]
pub struct Desk {
    items: Mutex<VecDeque<Item>>,
}

#[derive(Debug)]
struct Item {
    id: String,
    content: Content,
    since: DateTime<Utc>,
}

/// What lies on the desk.
#[derive(Debug)]
pub(crate) enum Content {
    /// All of it, in memory.
    Whole(Bytes),
    /// A file for the store that came in pieces, encrypted on the disk as far as it has come.
    InPieces(Box<NewBlob>),
}

impl Content {
    /// How much it is.
    pub(crate) fn bytes(&self) -> u64 {
        match self {
            Self::Whole(bytes) => bytes.len() as u64,
            Self::InPieces(file) => file.bytes(),
        }
    }

    /// All of it in memory, however it came. Reads from the disk what came in pieces.
    ///
    /// # Errors
    /// [`Code::TooLarge`] over [`UPLOAD_BYTES_MAX`]; those of the store.
    pub(crate) fn whole(self) -> Result<Bytes> {
        if self.bytes() > UPLOAD_BYTES_MAX as u64 {
            return Err(Failure::new(Code::TooLarge, "upload"));
        }
        match self {
            Self::Whole(bytes) => Ok(bytes),
            Self::InPieces(file) => Ok(file.read()?.into()),
        }
    }
}

impl Item {
    fn bytes_in_memory(&self) -> usize {
        match &self.content {
            Content::Whole(bytes) => bytes.len(),
            Content::InPieces(_) => 0,
        }
    }
}

impl App {
    /// Takes bytes in for a command: a new upload, or with `onto` the next piece of one that was begun. A piece that fails
    /// ends the whole. Returns the upload's id.
    ///
    /// # Errors
    /// [`Code::TooLarge`] over [`UPLOAD_BYTES_MAX`] for a piece, over [`ATTACHMENT_BYTES_MAX`] in all;
    /// [`Code::NotFound`] when what it goes onto is not on the desk; those of the store.
    pub async fn upload(&self, onto: Option<&str>, piece: Bytes) -> Result<String> {
        let taken = caught(self.take_in(onto, piece)).await;
        taken.map_err(|failure| self.logged("upload", failure))
    }

    /// The bytes that a command offered under this id; they leave the desk.
    ///
    /// # Errors
    /// As [`Desk::take`].
    pub fn download(&self, id: &str) -> Result<Bytes> {
        caught_now(|| self.desk.take(id)).map_err(|failure| self.logged("download", failure))
    }

    async fn take_in(&self, onto: Option<&str>, piece: Bytes) -> Result<String> {
        let Some(id) = onto else { return self.desk.put(&self.world, piece) };
        if piece.len() > UPLOAD_BYTES_MAX {
            return Err(Failure::new(Code::TooLarge, "upload"));
        }
        let begun = self.desk.take_content(id)?;
        let (blobs, nonce) = (self.store()?.blobs().clone(), self.world.random()?);
        let work = tokio::task::spawn_blocking(move || {
            let mut file = match begun {
                Content::InPieces(file) => file,
                Content::Whole(first) => {
                    let mut file = blobs.begin(nonce)?;
                    file.append(&first)?;
                    Box::new(file)
                }
            };
            if file.bytes() + piece.len() as u64 > ATTACHMENT_BYTES_MAX {
                return Err(Failure::new(Code::TooLarge, "upload"));
            }
            file.append(&piece)?;
            Ok(file)
        });
        let file = work.await??;
        self.desk.lay(&self.world, id.to_owned(), Content::InPieces(file));
        Ok(id.to_owned())
    }
}

impl Desk {
    /// Puts bytes on the desk; returns the id that names them.
    ///
    /// # Errors
    /// [`Code::TooLarge`] over [`UPLOAD_BYTES_MAX`].
    pub fn put(&self, world: &World, bytes: Bytes) -> Result<String> {
        if bytes.len() > UPLOAD_BYTES_MAX {
            return Err(Failure::new(Code::TooLarge, "upload"));
        }
        let id = hex(&world.random::<16>()?);
        self.lay(world, id.clone(), Content::Whole(bytes));
        Ok(id)
    }

    /// Lays back what was taken, under the same id.
    pub(crate) fn put_back(&self, world: &World, id: &str, content: Content) {
        self.lay(world, id.to_owned(), content);
    }

    fn lay(&self, world: &World, id: String, content: Content) {
        let now = world.now();
        let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back leaves nothing behind either.
        items.retain(|item| (now - item.since).abs() < TimeDelta::minutes(KEPT_MINUTES));
        items.push_back(Item { id, content, since: now });
        while items.iter().map(Item::bytes_in_memory).sum::<usize>() > DESK_BYTES_MAX {
            items.pop_front();
        }
        let in_pieces = |item: &Item| matches!(item.content, Content::InPieces(_));
        if items.iter().filter(|item| in_pieces(item)).count() > IN_PIECES_MAX
            && let Some(oldest) = items.iter().position(in_pieces)
        {
            items.remove(oldest);
        }
    }

    /// The bytes that `id` names; they leave the desk. What came in pieces is read from the disk.
    ///
    /// # Errors
    /// [`Code::NotFound`] when they were never there, were taken already or have made room; [`Code::TooLarge`] over
    /// [`UPLOAD_BYTES_MAX`]; those of the store.
    pub fn take(&self, id: &str) -> Result<Bytes> {
        self.take_content(id)?.whole()
    }

    /// The same, however it came.
    pub(crate) fn take_content(&self, id: &str) -> Result<Content> {
        let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        let place = items.iter().position(|item| item.id == id);
        let item = place.and_then(|place| items.remove(place));
        item.map(|item| item.content).ok_or_else(|| Failure::not_found("upload"))
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Reads `N` bytes from hexadecimal digits.
pub(crate) fn unhex<const N: usize>(digits: &str) -> Option<[u8; N]> {
    if digits.len() != 2 * N {
        return None;
    }
    let pairs = (0..N).map(|i| digits.get(2 * i..2 * i + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()));
    pairs.collect::<Option<Vec<u8>>>()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Clock;
    use std::sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    };

    #[derive(Clone, Default)]
    struct Minutes(Arc<AtomicI64>);

    impl Clock for Minutes {
        fn now(&self) -> DateTime<Utc> {
            DateTime::UNIX_EPOCH + TimeDelta::minutes(self.0.load(Ordering::SeqCst))
        }

        fn zone_minutes(&self, _: DateTime<Utc>) -> i32 {
            480
        }
    }

    #[test]
    fn bytes_leave_the_desk_when_they_are_fetched() {
        let (desk, world) = (Desk::default(), World::new(Minutes::default()));
        let [photo, paper] = ["photo", "paper"].map(|bytes| desk.put(&world, bytes.into()).unwrap());
        assert_eq!(desk.take(&photo).unwrap(), "photo");
        assert_eq!(desk.take(&photo).unwrap_err().code, Code::NotFound);
        assert_eq!(desk.take(&paper).unwrap(), "paper");
    }

    #[test]
    fn what_nobody_fetches_is_cleared_away_after_ten_minutes() {
        let clock = Minutes::default();
        let (desk, world) = (Desk::default(), World::new(clock.clone()));
        let left = desk.put(&world, "left".into()).unwrap();
        clock.0.store(9, Ordering::SeqCst);
        let fresh = desk.put(&world, "fresh".into()).unwrap();
        clock.0.store(11, Ordering::SeqCst);
        let newest = desk.put(&world, "newest".into()).unwrap();
        assert_eq!(desk.take(&left).unwrap_err().code, Code::NotFound);
        assert_eq!((desk.take(&fresh).unwrap(), desk.take(&newest).unwrap()), ("fresh".into(), "newest".into()));
    }
}
