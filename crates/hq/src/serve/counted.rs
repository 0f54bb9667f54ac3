//! A body that counts its bytes as they pass, and is otherwise what it was.

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use prometheus_client::metrics::counter::Counter;
use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

/// A counted body.
struct Counted {
    body: Body,
    counter: Counter,
}

/// Counts the bytes of a body.
pub fn counted(body: Body, counter: Counter) -> Body {
    if body.is_end_stream() { body } else { Body::new(Counted { body, counter }) }
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(Ok(frame)) = &frame
            && let Some(bytes) = frame.data_ref()
        {
            self.counter.inc_by(bytes.len() as u64);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
