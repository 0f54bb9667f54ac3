//! Bodies that come too slowly are given up: a small one has to be here as a whole soon, a large one has a lowest rate.

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Instant, Sleep, sleep};

/// How fast a body has to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// All of it within this time.
    Whole(Duration),
    /// At least so many bytes in every such stretch of time.
    Rate(u64, Duration),
}

/// A body came too slowly.
#[derive(Debug, thiserror::Error)]
#[error("the body came too slowly")]
struct TooSlow;

struct Paced {
    body: Body,
    pace: Pace,
    /// Runs from when the body is first asked for.
    stretch: Option<Pin<Box<Sleep>>>,
    /// Bytes that came in it.
    bytes: u64,
}

/// Gives up a body that comes more slowly than `pace`.
pub fn paced(body: Body, pace: Pace) -> Body {
    if body.is_end_stream() { body } else { Body::new(Paced { body, pace, stretch: None, bytes: 0 }) }
}

impl Paced {
    fn is_too_slow(&mut self, context: &mut Context<'_>) -> bool {
        let (Pace::Whole(time) | Pace::Rate(_, time)) = self.pace;
        let stretch = self.stretch.get_or_insert_with(|| Box::pin(sleep(time)));
        while stretch.as_mut().poll(context).is_ready() {
            match self.pace {
                Pace::Rate(least, _) if self.bytes >= least => {
                    self.bytes = 0;
                    stretch.as_mut().reset(Instant::now() + time);
                }
                _ => return true,
            }
        }
        false
    }
}

impl HttpBody for Paced {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.is_too_slow(context) {
            return Poll::Ready(Some(Err(axum::Error::new(TooSlow))));
        }
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &frame {
            self.bytes += frame.data_ref().map_or(0, |bytes| bytes.len() as u64);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
