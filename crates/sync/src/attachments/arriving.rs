//! One file on its way from HQ.

use super::{File, moved};
use crate::{Error, Exchange, Result, Transport, exchange::Tries};
use doorstep_domain::{Code, Refusal, attachment::ATTACHMENT_BYTES_MAX};
use doorstep_store::PartialBlob;
use futures_util::TryStreamExt;

/// Takes one file, from where it stopped the last time. It counts only once the whole has its hash; what cannot become
/// it is thrown away, so that the next run begins anew.
pub(super) async fn fetch<T: Transport>(exchange: &Exchange<'_, T>, (hash, length): &File) -> Result<()> {
    if *length > ATTACHMENT_BYTES_MAX {
        return Err(Refusal::new(Code::TooLarge, "a file over the limit").into());
    }
    let blobs = exchange.store.blobs();
    if !blobs.has(hash)? {
        let partial = blobs.partial(hash, exchange.surroundings.random())?;
        moved(exchange, partial.offset().min(*length));
        if let Err(error) = whole(exchange, hash, partial, *length).await {
            if matches!(error.code(), Code::HashMismatch | Code::FileDamaged) {
                blobs.remove(hash)?;
            }
            return Err(error);
        }
    }
    let mut write = exchange.store.write().await?;
    write.blob_fetched(hash).await?;
    Ok(write.commit().await?)
}

async fn whole<T: Transport>(
    exchange: &Exchange<'_, T>,
    hash: &str,
    mut partial: PartialBlob,
    length: u64,
) -> Result<()> {
    fill(exchange, hash, &mut partial, length).await?;
    let finished = tokio::task::spawn_blocking(move || partial.finish()).await;
    Ok(finished.map_err(|e| Error::Fault(e.into()))??)
}

/// Asks for the rest until it is all there.
async fn fill<T: Transport>(
    exchange: &Exchange<'_, T>,
    hash: &str,
    partial: &mut PartialBlob,
    length: u64,
) -> Result<()> {
    let mut tries = Tries::default();
    if partial.offset() > length {
        return Err(doorstep_store::Error::HashMismatch.into());
    }
    while partial.offset() < length {
        let before = partial.offset();
        match take(exchange, hash, partial, length).await {
            Ok(()) if partial.offset() == length => return Ok(()),
            Ok(()) => exchange.pause(&mut tries, Error::Unfit("a file that ends early")).await?,
            Err(error) if error.transient() => {
                if partial.offset() > before {
                    tries = Tries::default();
                }
                exchange.pause(&mut tries, error).await?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn take<T: Transport>(
    exchange: &Exchange<'_, T>,
    hash: &str,
    partial: &mut PartialBlob,
    length: u64,
) -> Result<()> {
    let mut arriving = exchange.unless_cancelled(exchange.hq.download(hash, partial.offset())).await?;
    while let Some(piece) = exchange.unless_cancelled(arriving.try_next()).await? {
        if partial.offset() + piece.len() as u64 > length {
            return Err(doorstep_store::Error::HashMismatch.into());
        }
        partial.append(&piece)?;
        moved(exchange, piece.len() as u64);
    }
    Ok(())
}
