//! The desk between interface and commands: bytes on their way in or out, kept in memory only (invariant 7) and no
//! longer than they are on their way.

use crate::{Failure, Result, World};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use doorstep_domain::Code;
use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

/// Most bytes of one upload.
pub const UPLOAD_BYTES_MAX: usize = 64 * 1024 * 1024;
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
    bytes: Bytes,
    since: DateTime<Utc>,
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
        let now = world.now();
        let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back leaves nothing behind either.
        items.retain(|item| (now - item.since).abs() < TimeDelta::minutes(KEPT_MINUTES));
        items.push_back(Item { id: id.clone(), bytes, since: now });
        while items.iter().map(|item| item.bytes.len()).sum::<usize>() > DESK_BYTES_MAX {
            items.pop_front();
        }
        Ok(id)
    }

    /// The bytes that `id` names; they leave the desk.
    ///
    /// # Errors
    /// [`Code::NotFound`] when they were never there, were taken already or have made room.
    pub fn take(&self, id: &str) -> Result<Bytes> {
        let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        let place = items.iter().position(|item| item.id == id);
        let item = place.and_then(|place| items.remove(place));
        item.map(|item| item.bytes).ok_or_else(|| Failure::not_found("upload"))
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
