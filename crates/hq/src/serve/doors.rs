//! Who comes in: so many connections and requests at once, of one address at most half of them; and connections that are not
//! used are closed. What holds a place without asking anything keeps nobody else out.

use super::whence::{Network, is_trusted, sender};
use axum_server::accept::Accept;
use futures_util::future::BoxFuture;
use std::{
    collections::HashMap,
    io::{self, IoSlice},
    net::IpAddr,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};

/// How long HQ waits for others, and how many it lets in at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doors {
    /// For a TLS handshake, and for a request's head: also where a connection that was used lies idle.
    pub head: Duration,
    /// For the whole body of a small message.
    pub small_body: Duration,
    /// The stretch of time over which the rate of a large body, and of an answer that is taken, is looked at.
    pub window: Duration,
    /// Least bytes a second of those.
    pub bytes_per_second: u64,
    /// Connections at once; of one address half of them.
    pub connections_max: usize,
    /// Requests that are answered at once; of one address half of them.
    pub requests_max: usize,
    /// Proxies whose word for who asks is taken. Their own connections are not counted.
    pub trusted: Vec<Network>,
}

impl Default for Doors {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(30),
            small_body: Duration::from_secs(10),
            window: Duration::from_secs(60),
            bytes_per_second: 1024,
            connections_max: 512,
            requests_max: 256,
            trusted: Vec::new(),
        }
    }
}

impl Doors {
    /// Least bytes of a stretch.
    pub(super) fn least(&self) -> u64 {
        self.bytes_per_second * self.window.as_millis().try_into().unwrap_or(u64::MAX) / 1_000
    }
}

/// Places that are taken, by sender.
#[derive(Debug)]
pub struct Places {
    max: usize,
    taken: Mutex<(usize, HashMap<IpAddr, usize>)>,
}

/// A place; it is free again when this is dropped.
#[derive(Debug)]
pub struct Place {
    of: Arc<Places>,
    sender: Option<IpAddr>,
}

impl Places {
    /// So many places, of which one sender gets half.
    #[must_use]
    pub fn new(max: usize) -> Arc<Self> {
        Arc::new(Self { max, taken: Mutex::default() })
    }

    /// A place for somebody; those without an address stand for many.
    pub fn take(self: &Arc<Self>, from: Option<IpAddr>) -> Option<Place> {
        let sender = from.map(sender);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let (all, by) = &mut *taken;
        let own = sender.map_or(0, |sender| by.get(&sender).copied().unwrap_or(0));
        if *all >= self.max || own >= self.max.div_ceil(2) {
            return None;
        }
        *all += 1;
        if let Some(sender) = sender {
            *by.entry(sender).or_default() += 1;
        }
        Some(Place { of: Arc::clone(self), sender })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.of.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let (all, by) = &mut *taken;
        *all = all.saturating_sub(1);
        if let Some(sender) = self.sender
            && let Some(own) = by.get_mut(&sender)
        {
            *own -= 1;
            if *own == 0 {
                by.remove(&sender);
            }
        }
    }
}

/// Lets connections in before `inner` hears of them.
#[derive(Debug, Clone)]
pub struct Door<A> {
    inner: A,
    doors: Arc<Doors>,
    places: Arc<Places>,
}

impl<A> Door<A> {
    /// A door before `inner`.
    pub fn before(inner: A, doors: &Doors) -> Self {
        Self { inner, doors: Arc::new(doors.clone()), places: Places::new(doors.connections_max) }
    }
}

impl<A, S> Accept<TcpStream, S> for Door<A>
where
    A: Accept<TcpStream, S>,
    A::Future: Send + 'static,
{
    type Stream = Held<A::Stream>;
    type Service = A::Service;
    type Future = BoxFuture<'static, io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let from = stream.peer_addr().ok().map(|peer| peer.ip());
        let from = from.filter(|from| !is_trusted(*from, &self.doors.trusted));
        let Some(place) = self.places.take(from) else {
            return Box::pin(async { Err(io::Error::other("no more connections of this address")) });
        };
        let (window, least) = (self.doors.window, self.doors.least());
        let accepting = self.inner.accept(stream, service);
        Box::pin(async move {
            let (stream, service) = accepting.await?;
            Ok((Held { stream, window, least, stretch: None, bytes: 0, _place: place }, service))
        })
    }
}

/// A connection with its place. One whose other side takes what it is sent too slowly is given up.
#[derive(Debug)]
pub struct Held<S> {
    stream: S,
    window: Duration,
    least: u64,
    /// Runs from when the other side held this one up.
    stretch: Option<Pin<Box<Sleep>>>,
    /// Bytes that it took since.
    bytes: u64,
    _place: Place,
}

impl<S> Held<S> {
    /// What became of writing: held up for too long is an error.
    fn judged<T>(&mut self, context: &mut Context<'_>, done: Poll<io::Result<T>>, bytes: u64) -> Poll<io::Result<T>> {
        match done {
            Poll::Pending => {
                let window = self.window;
                let stretch = self.stretch.get_or_insert_with(|| Box::pin(sleep(window)));
                ready!(stretch.as_mut().poll(context));
                if self.bytes < self.least {
                    return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "an answer that nobody takes")));
                }
                (self.stretch, self.bytes) = (None, 0);
                context.waker().wake_by_ref();
                Poll::Pending
            }
            done => {
                self.bytes += bytes;
                if self.stretch.as_ref().is_some_and(|stretch| stretch.is_elapsed()) {
                    (self.stretch, self.bytes) = (None, 0);
                }
                done
            }
        }
    }
}

fn written(done: &Poll<io::Result<usize>>) -> u64 {
    if let Poll::Ready(Ok(bytes)) = done { *bytes as u64 } else { 0 }
}

impl<S: AsyncRead + Unpin> AsyncRead for Held<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, to)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Held<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write(context, from);
        let bytes = written(&done);
        self.judged(context, done, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write_vectored(context, from);
        let bytes = written(&done);
        self.judged(context, done, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let done = Pin::new(&mut self.stream).poll_flush(context);
        self.judged(context, done, 0)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let done = Pin::new(&mut self.stream).poll_shutdown(context);
        self.judged(context, done, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sender_gets_half_of_the_places_and_they_are_free_again_when_it_goes() {
        let places = Places::new(4);
        let [one, two, three] = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(|ip| Some(ip.parse().unwrap()));
        let held: Vec<Place> = [places.take(one), places.take(one)].into_iter().flatten().collect();
        assert_eq!(held.len(), 2);
        assert!(places.take(one).is_none(), "half of them");
        let others = [places.take(two), places.take(None)];
        assert!(others.iter().all(Option::is_some));
        assert!(places.take(three).is_none(), "all of them");
        drop(held);
        assert!(places.take(one).is_some());
        drop(others);
        assert_eq!(places.taken.lock().unwrap().0, 0);
        assert!(places.taken.lock().unwrap().1.is_empty());
    }
}
