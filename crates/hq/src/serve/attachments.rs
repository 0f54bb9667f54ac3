//! Step 5: bytes of attachments, by hash, in chunks that can be resumed. SYNC.md, "Attachments".
//!
//! A hash opens nothing by itself: a laptop sends or gets the bytes only when a record in its feeds names them, and hears
//! that they are here only once somebody of its own has sent them. Until then what is at another branch is not there.

use super::{auth::Laptop, body, fault::Fault};
use crate::{
    attachments::{AttachmentError, Have, Upload},
    hq::Inner,
    storage::{Changes, Device, Key, StoredRecord, Turn},
};
use axum::{
    body::{Body, Bytes},
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

/// What the records that a laptop reaches say of a hash.
#[derive(Debug)]
pub(crate) struct Named {
    /// One of them was there when its bytes came: the laptop may hear of them.
    shown: bool,
    /// Those whose author has not sent the bytes yet.
    claims: Vec<Key>,
}

/// What no record of the laptop names is not there, and neither is what is at another branch alone: both are said alike.
fn not_there() -> Fault {
    AttachmentError::NotFound.into()
}

/// The records that name a hash and stand in one of the laptop's feeds; where it sends, also those that it wrote: HQ still
/// takes bytes of what it once held.
///
/// # Errors
/// [`Code::NotFound`] when there is none.
pub(crate) async fn named(hq: &Inner, laptop: &Laptop, hash: &str, sends: bool) -> Result<Named, Fault> {
    check_hash(hash)?;
    let Device { id, .. } = &laptop.0;
    let wrote = |record: &StoredRecord| record.stamps.get("hash").is_some_and(|stamp| stamp.writer.device == *id);
    let mut found = hq.storage.attachments_named(hash).await?;
    found.retain(|record| laptop.reaches(record) || (sends && wrote(record)));
    if found.is_empty() {
        return Err(not_there());
    }
    let shown = found.iter().any(|record| !record.stamps.claimed);
    let claims = found.into_iter().filter(|record| record.stamps.claimed).map(|record| record.key).collect();
    Ok(Named { shown, claims })
}

/// How much of an attachment HQ has, as far as the laptop may hear of it. Who reaches the bytes by one record has them for
/// every other that names them.
pub(crate) async fn held(hq: &Arc<Inner>, laptop: &Laptop, hash: &str) -> Result<Have, Fault> {
    let Named { shown, claims } = named(hq, laptop, hash, true).await?;
    let sender = sender(laptop);
    if !shown {
        return Ok(hq.attachments.sent(hash, &sender).await?);
    }
    let have = hq.attachments.have(hash, &sender).await?;
    if matches!(have, Have::Whole(_)) {
        show(Arc::clone(hq), laptop.home(), hash.to_owned(), claims).await?;
    }
    Ok(have)
}

/// Takes a chunk of an attachment. The last one shows that the laptop has the bytes, and by its records they are to be had
/// from then on.
pub(crate) async fn take(
    hq: &Arc<Inner>,
    laptop: &Laptop,
    hash: &str,
    (offset, length): (u64, u64),
    chunk: Bytes,
) -> Result<Have, Fault> {
    let Named { shown, claims } = named(hq, laptop, hash, true).await?;
    let upload = Upload { hash: hash.to_owned(), sender: sender(laptop), length, is_known: shown };
    let kept = show(Arc::clone(hq), laptop.home(), hash.to_owned(), claims);
    Ok(hq.attachments.append(&upload, offset, chunk, kept).await?)
}

/// Whose chunks a laptop's are: its branch's, whose laptops go on where another stopped.
fn sender(laptop: &Laptop) -> String {
    laptop.0.branch_id.to_string()
}

/// Notes that the bytes of these records were shown.
async fn show(hq: Arc<Inner>, home: String, hash: String, claims: Vec<Key>) -> Result<(), AttachmentError> {
    if claims.is_empty() {
        return Ok(());
    }
    let mut writing = hq.storage.begin(Turn::Home(&home)).await?;
    let mut records = writing.records(&claims).await?;
    records.retain(|record| record.stamps.claimed && record.doc.get("hash").is_some_and(|named| *named == hash));
    records.iter_mut().for_each(|record| record.stamps.claimed = false);
    if !records.is_empty() {
        writing.put(Changes { records, at: hq.surroundings.now(), ..Changes::default() }).await?;
    }
    Ok(writing.commit().await?)
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
    Ok(progress(held(&hq, &laptop, &hash).await?))
}

/// `PATCH /v1/attachments/{hash}`: a chunk at `upload-offset` of the `upload-length` bytes.
pub async fn patch(
    State(hq): State<Arc<Inner>>,
    laptop: Laptop,
    Path(hash): Path<String>,
    request: Request,
) -> Result<Response, Fault> {
    named(&hq, &laptop, &hash, true).await?;
    let (offset, length) = (number(request.headers(), UPLOAD_OFFSET)?, number(request.headers(), UPLOAD_LENGTH)?);
    if length > ATTACHMENT_BYTES_MAX {
        return Err(Fault::new(Code::TooLarge, "over the limit for an attachment"));
    }
    let chunk = body::bytes(request, &()).await?;
    let have = take(&hq, &laptop, &hash, (offset, length), chunk).await?;
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
    if !named(&hq, &laptop, &hash, false).await?.shown {
        return Err(not_there());
    }
    let Have::Whole(bytes) = hq.attachments.have(&hash, &sender(&laptop)).await? else { return Err(not_there()) };
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
