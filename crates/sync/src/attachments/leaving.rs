//! One file on its way to HQ.

use super::{File, moved};
use crate::{Error, Exchange, Result, Transport, exchange::Tries, transport::Held};
use bytes::Bytes;
use doorstep_domain::Code;
use doorstep_store::Blobs;

/// The first chunk after a break: HQ keeps whole chunks only, so a small one is soon safe on a bad line. Each that
/// arrives doubles the next.
const CHUNK_BYTES_FIRST: usize = 256 * 1024;

/// Hands in one file, from where HQ has it.
pub(super) async fn send<T: Transport>(exchange: &Exchange<'_, T>, file: &File, chunk_bytes_max: usize) -> Result<()> {
    let (hash, length) = file;
    let mut held = exchange.attempt(|| exchange.hq.held(hash)).await?;
    moved(exchange, held.bytes.min(*length));
    let mut tries = Tries::default();
    let mut chunk_bytes = CHUNK_BYTES_FIRST.min(chunk_bytes_max);
    while !held.whole {
        let chunk = read(exchange.store.blobs(), hash, held.bytes, chunk_bytes).await?;
        let sent = exchange.unless_cancelled(exchange.hq.upload(hash, held.bytes, *length, chunk.clone())).await;
        match sent {
            Ok(now) => {
                held = advanced(held, now, chunk.len() as u64)?;
                moved(exchange, chunk.len() as u64);
                tries = Tries::default();
                chunk_bytes = chunk_bytes.saturating_mul(2).min(chunk_bytes_max);
            }
            // Another laptop may have sent the same bytes meanwhile, or HQ dropped them: ask it where it stands.
            Err(error) if error.transient() || is_out_of_step(&error) => {
                exchange.pause(&mut tries, error).await?;
                held = exchange.attempt(|| exchange.hq.held(hash)).await?;
                chunk_bytes = CHUNK_BYTES_FIRST.min(chunk_bytes_max);
            }
            Err(error) => return Err(error),
        }
    }
    let mut write = exchange.store.write().await?;
    write.blob_sent(hash).await?;
    Ok(write.commit().await?)
}

fn is_out_of_step(error: &Error) -> bool {
    matches!(error.code(), Code::Invalid | Code::HashMismatch)
}

/// What HQ has after a chunk: the chunk more, or all.
fn advanced(before: Held, now: Held, chunk: u64) -> Result<Held> {
    if now.whole || (chunk > 0 && now.bytes == before.bytes + chunk) {
        Ok(now)
    } else {
        Err(Error::Unfit("a chunk that HQ took and does not have"))
    }
}

async fn read(blobs: &Blobs, hash: &str, offset: u64, bytes_max: usize) -> Result<Bytes> {
    let (blobs, hash) = (blobs.clone(), hash.to_owned());
    let read = tokio::task::spawn_blocking(move || blobs.read_at(&hash, offset, bytes_max)).await;
    Ok(read.map_err(|e| Error::Fault(e.into()))??.into())
}
