//! The desk between interface and commands: bytes on their way in or out, kept in memory only (invariant 7).

use crate::{Failure, Result, World};
use bytes::Bytes;
use doorstep_domain::Code;
use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

/// Most bytes of one upload.
pub const UPLOAD_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Most bytes on the desk at once; the oldest make room.
const DESK_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Bytes on their way, by id.
#[derive(Debug, Default)]
pub struct Desk {
    items: Mutex<VecDeque<(String, Bytes)>>,
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
        let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        items.push_back((id.clone(), bytes));
        while items.iter().map(|(_, b)| b.len()).sum::<usize>() > DESK_BYTES_MAX {
            items.pop_front();
        }
        Ok(id)
    }

    /// The bytes that `id` names.
    ///
    /// # Errors
    /// [`Code::NotFound`] when they were never there or have made room.
    pub fn get(&self, id: &str) -> Result<Bytes> {
        let items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        let found = items.iter().find(|(item, _)| item == id);
        found.map(|(_, bytes)| bytes.clone()).ok_or_else(|| Failure::not_found("upload"))
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
