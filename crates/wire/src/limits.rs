//! The limits both sides hold to. HQ may announce lower ones in its `hello`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Limits on a sync, announced by HQ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Limits {
    /// Most operations of one push.
    pub push_ops_max: u32,
    /// Most bytes of one request body, decompressed.
    pub body_bytes_max: u32,
    /// Most entries of one page.
    pub page_entries_max: u32,
    /// A page ends after the entry that takes it past this many bytes.
    pub page_bytes_max: u32,
    /// Bytes of one chunk of an attachment.
    pub chunk_bytes_max: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            push_ops_max: 2_000,
            body_bytes_max: 16 * 1024 * 1024,
            page_entries_max: 2_000,
            page_bytes_max: 4 * 1024 * 1024,
            chunk_bytes_max: 4 * 1024 * 1024,
        }
    }
}
