//! Timeouts for stalls: a slow line may take as long as it needs, as long as something moves.

use crate::{Error, Result};
use bytes::Bytes;
use futures_util::stream;
use std::{convert::Infallible, future::Future, time::Duration};
use tokio::{sync::watch, time};

/// Bytes of a body that are handed to the line at once; each one that it takes is a sign of life.
const PIECE_BYTES: usize = 16 * 1024;

/// A body that tells `alive` whenever the line takes a piece of it.
pub(super) fn body(bytes: Bytes, alive: watch::Sender<()>) -> reqwest::Body {
    let pieces = stream::unfold((bytes, alive), |(mut rest, alive)| async move {
        if rest.is_empty() {
            return None;
        }
        alive.send_replace(());
        let piece = rest.split_to(rest.len().min(PIECE_BYTES));
        Some((Ok::<_, Infallible>(piece), (rest, alive)))
    });
    reqwest::Body::wrap_stream(pieces)
}

/// Waits for `work`, until there has been no sign of life for as long as `stall`. Once the body has gone out, the
/// answer has to begin within the same time.
pub(super) async fn unless_stalled<R>(
    stall: Duration,
    mut alive: watch::Receiver<()>,
    work: impl Future<Output = Result<R>>,
) -> Result<R> {
    let silence = async {
        loop {
            match time::timeout(stall, alive.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return time::sleep(stall).await,
                Err(_) => return,
            }
        }
    };
    tokio::select! {
        done = work => done,
        () = silence => Err(Error::Stalled { seconds: stall.as_secs() }),
    }
}

/// Waits for the next piece of an answer.
pub(super) async fn next(response: &mut reqwest::Response, stall: Duration) -> Result<Option<Bytes>> {
    match time::timeout(stall, response.chunk()).await {
        Ok(piece) => piece.map_err(Error::Line),
        Err(_) => Err(Error::Stalled { seconds: stall.as_secs() }),
    }
}
