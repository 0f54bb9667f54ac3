//! Reading answers: nothing of what came is trusted before it is known to be HQ's, small enough, and of the right
//! shape.

use super::stall;
use crate::{Error, Result};
use doorstep_domain::{Code, Refusal};
use reqwest::{Response, StatusCode, header};
use serde::{Deserialize, de::DeserializeOwned};
use std::{io::Read, time::Duration};

/// Most bytes of an answer that only says something: hello, enrolment, errors.
pub(super) const NOTE_BYTES_MAX: usize = 256 * 1024;
/// Most bytes of the answers to a push.
pub(super) const ACKS_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Most bytes of the sums of a feed.
pub(super) const SUMS_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Most bytes of a page: its limit, and the one entry that takes it past that.
pub(super) const PAGE_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Most characters that are kept of a detail.
const DETAIL_CHARS_MAX: usize = 500;
/// The largest window that a body may ask us to keep for decompression, as a power of two.
const WINDOW_LOG_MAX: u32 = 23;

/// What an error answer says. A code of a newer HQ is none that this version knows.
#[derive(Deserialize)]
struct Said {
    code: serde_json::Value,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    request_id: String,
}

/// Reads a JSON answer.
pub(super) async fn json<R: DeserializeOwned>(response: Response, bytes_max: usize, stall: Duration) -> Result<R> {
    let response = success(response, stall).await?;
    if !is_json(&response) {
        return Err(Error::NotHq(format!("an answer of type {:?}", content_type(&response))));
    }
    let bytes = body(response, bytes_max, stall).await?;
    serde_json::from_slice(&bytes)
        .map_err(|e| Error::NotHq(format!("an answer that does not read (line {}, column {})", e.line(), e.column())))
}

/// The answer, when it says that all went well.
pub(super) async fn success(response: Response, stall: Duration) -> Result<Response> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    if status.is_client_error() || status.is_server_error() {
        return Err(refusal(response, stall).await);
    }
    Err(Error::NotHq(format!("it answered {status}, which HQ never does")))
}

async fn refusal(response: Response, stall: Duration) -> Error {
    let status = response.status();
    if !is_json(&response) {
        return match status {
            StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
                Error::Gateway { status: status.as_u16() }
            }
            _ => Error::NotHq(format!("it answered {status} with type {:?}", content_type(&response))),
        };
    }
    let bytes = match body(response, NOTE_BYTES_MAX, stall).await {
        Ok(bytes) => bytes,
        Err(error) => return error,
    };
    let Ok(said) = serde_json::from_slice::<Said>(&bytes) else {
        return Error::NotHq(format!("it answered {status} in words of its own"));
    };
    let code = serde_json::from_value(said.code).unwrap_or(Code::Internal);
    let detail: String = said.detail.chars().take(DETAIL_CHARS_MAX).collect();
    let request_id = said.request_id.chars().take(DETAIL_CHARS_MAX).collect();
    Error::Answered { refusal: Refusal::new(code, detail), request_id }
}

/// What a refusal without a body means: answers to `HEAD` have none.
pub(super) fn bare(response: &Response) -> Error {
    let status = response.status();
    let code = match status {
        _ if !is_json(response) => return Error::NotHq(format!("it answered {status} without a word")),
        StatusCode::UNAUTHORIZED => Code::Unauthorized,
        StatusCode::FORBIDDEN => Code::OutOfScope,
        StatusCode::NOT_FOUND => Code::NotFound,
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => Code::Busy,
        StatusCode::INSUFFICIENT_STORAGE => Code::HqCannotStore,
        _ => Code::Internal,
    };
    Error::Answered { refusal: Refusal::new(code, status.to_string()), request_id: String::new() }
}

/// A header that holds a number of bytes.
pub(super) fn number(response: &Response, name: &str) -> Option<u64> {
    response.headers().get(name)?.to_str().ok()?.parse().ok()
}

pub(super) fn content_type(response: &Response) -> &str {
    response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("")
}

fn is_json(response: &Response) -> bool {
    content_type(response).split(';').next().is_some_and(|t| t.trim().eq_ignore_ascii_case("application/json"))
}

/// The whole body, decompressed, of at most `bytes_max` bytes on the line and off it.
async fn body(mut response: Response, bytes_max: usize, stall: Duration) -> Result<Vec<u8>> {
    let encoding = response.headers().get(header::CONTENT_ENCODING).cloned();
    let mut bytes = Vec::new();
    while let Some(piece) = stall::next(&mut response, stall).await? {
        if bytes.len() + piece.len() > bytes_max {
            return Err(Error::Unfit("an answer over its limit"));
        }
        bytes.extend_from_slice(&piece);
    }
    match encoding.as_ref().map(header::HeaderValue::as_bytes) {
        None => Ok(bytes),
        Some(b"zstd") => decompress(&bytes, bytes_max),
        Some(_) => Err(Error::NotHq("an encoding that was not asked for".into())),
    }
}

fn decompress(bytes: &[u8], bytes_max: usize) -> Result<Vec<u8>> {
    let damaged = |_| Error::NotHq("an answer that does not decompress".into());
    let mut decoder = zstd::stream::read::Decoder::with_buffer(bytes).map_err(damaged)?;
    decoder.window_log_max(WINDOW_LOG_MAX).map_err(damaged)?;
    let mut plain = Vec::new();
    decoder.take(bytes_max as u64 + 1).read_to_end(&mut plain).map_err(damaged)?;
    if plain.len() > bytes_max { Err(Error::Unfit("an answer over its limit")) } else { Ok(plain) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_body_that_swells_beyond_the_limit_is_refused() {
        let bomb = zstd::encode_all(&vec![0u8; 1_000_000][..], 3).unwrap();
        assert!(bomb.len() < 1_000);
        assert!(matches!(decompress(&bomb, 999_999), Err(Error::Unfit(_))));
        assert_eq!(decompress(&bomb, 1_000_000).unwrap().len(), 1_000_000);
    }

    #[test]
    fn what_does_not_decompress_is_not_hq() {
        assert!(matches!(decompress(b"<html>", 100), Err(Error::NotHq(_))));
    }
}
