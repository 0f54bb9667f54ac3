//! Step 5: bytes of attachments, by hash, in chunks that can be resumed. SYNC.md, "Attachments".
//!
//! A hash opens nothing by itself: a laptop sends or gets the bytes only when a record in its feeds names them.

use super::{auth::Laptop, body, fault::Fault};
use crate::{attachments::AttachmentError, attachments::Have, hq::Inner, storage::Device};
use axum::{
    body::Body,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use doorstep_domain::{
    Code,
    attachment::{ATTACHMENT_BYTES_MAX, check_hash},
};
use doorstep_wire::{UPLOAD_LENGTH, UPLOAD_OFFSET};
use std::{ops::Range, sync::Arc};

/// Fails unless a record names the hash that is in one of the laptop's feeds, or that the laptop itself wrote: HQ
/// still takes bytes of what it once held.
pub(crate) async fn check_scope(hq: &Inner, laptop: &Laptop, hash: &str, sends: bool) -> Result<(), Fault> {
    check_hash(hash)?;
    let named = hq.storage.attachments_named(hash).await?;
    let Device { id, .. } = &laptop.0;
    let reached = named.iter().any(|record| {
        laptop.reaches(record) || (sends && record.stamps.get("hash").is_some_and(|stamp| stamp.writer.device == *id))
    });
    match (reached, named.is_empty()) {
        (true, _) => Ok(()),
        (false, true) => Err(Fault::new(Code::NotFound, "no record names this attachment; send the record first")),
        (false, false) => Err(Fault::new(Code::OutOfScope, "an attachment of another branch")),
    }
}

fn progress(have: Have) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let (bytes, whole) = match have {
        Have::Part(bytes) => (bytes, false),
        Have::Whole(bytes) => (bytes, true),
    };
    headers.insert(UPLOAD_OFFSET, HeaderValue::from(bytes));
    if whole {
        headers.insert(UPLOAD_LENGTH, HeaderValue::from(bytes));
    }
    headers
}

/// `HEAD /v1/attachments/{hash}`: `upload-offset` says how many bytes HQ has, `upload-length` comes once it has all.
pub async fn head(State(hq): State<Arc<Inner>>, laptop: Laptop, Path(hash): Path<String>) -> Result<HeaderMap, Fault> {
    check_scope(&hq, &laptop, &hash, true).await?;
    Ok(progress(hq.attachments.have(&hash).await?))
}

/// `PATCH /v1/attachments/{hash}`: a chunk at `upload-offset` of the `upload-length` bytes.
pub async fn patch(
    State(hq): State<Arc<Inner>>,
    laptop: Laptop,
    Path(hash): Path<String>,
    request: Request,
) -> Result<Response, Fault> {
    check_scope(&hq, &laptop, &hash, true).await?;
    let (offset, length) = (number(request.headers(), UPLOAD_OFFSET)?, number(request.headers(), UPLOAD_LENGTH)?);
    if length > ATTACHMENT_BYTES_MAX {
        return Err(Fault::new(Code::TooLarge, "over the limit for an attachment"));
    }
    let chunk = body::bytes(request, &()).await?;
    let have = hq.attachments.append(&hash, offset, length, chunk).await?;
    Ok((StatusCode::NO_CONTENT, progress(have)).into_response())
}

fn number(headers: &HeaderMap, name: &str) -> Result<u64, Fault> {
    let value = headers.get(name).and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    value.ok_or_else(|| Fault::new(Code::Invalid, format!("{name} must be a number of bytes")))
}

/// `GET /v1/attachments/{hash}`, all or a `Range`.
pub async fn get(
    State(hq): State<Arc<Inner>>,
    laptop: Laptop,
    Path(hash): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    check_scope(&hq, &laptop, &hash, false).await?;
    let Have::Whole(bytes) = hq.attachments.have(&hash).await? else { return Err(AttachmentError::NotFound.into()) };
    let wanted = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    let Some(range) = range(wanted, bytes) else {
        return Err(Fault::new(Code::Invalid, format!("the attachment has {bytes} bytes; the range is not in it")));
    };
    let partial = wanted.is_some();
    let mut answer = Response::builder()
        .status(if partial { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK })
        .header(header::CONTENT_TYPE, "application/octet-stream")
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::CONTENT_LENGTH, range.end - range.start);
    if partial {
        let last = range.end.saturating_sub(1);
        answer = answer.header(header::CONTENT_RANGE, format!("bytes {}-{last}/{bytes}", range.start));
    }
    let body = Body::from_stream(hq.attachments.read(&hash, range).await?);
    answer.body(body).map_err(|_| Fault::new(Code::Internal, "an answer that HTTP cannot carry"))
}

/// The bytes asked for: one range from a first byte, with or without a last one. `None` when it is not in the file.
fn range(wanted: Option<&str>, bytes: u64) -> Option<Range<u64>> {
    let Some(wanted) = wanted else { return Some(0..bytes) };
    let (first, last) = wanted.strip_prefix("bytes=")?.split_once('-')?;
    let first: u64 = first.parse().ok()?;
    let end = if last.is_empty() { bytes } else { last.parse::<u64>().ok()?.saturating_add(1).min(bytes) };
    (first < end).then_some(first..end)
}
