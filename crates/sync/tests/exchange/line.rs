//! A line that can be cut: a real TCP relay between a laptop and HQ that stops after so many bytes.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp},
    sync::watch,
    task::JoinHandle,
};

/// What the line does once its bytes are used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Every connection ends and no further one comes about.
    Dead,
    /// Every connection ends; further ones work.
    Works,
    /// Connections stay, and nothing moves.
    Silent,
}

struct Wire {
    left: AtomicI64,
    carried: AtomicU64,
    then: watch::Sender<Then>,
    cut: watch::Sender<u64>,
}

pub struct Line {
    at: SocketAddr,
    scheme: &'static str,
    wire: Arc<Wire>,
    accepting: JoinHandle<()>,
}

impl Line {
    /// A line to `address` (`http://…` or `https://…` with a port) that works.
    pub async fn to(address: &str) -> Self {
        let (scheme, target) = match address.split_once("://").unwrap() {
            ("https", target) => ("https", target),
            (_, target) => ("http", target),
        };
        let target: SocketAddr = target.parse().unwrap();
        let wire = Arc::new(Wire {
            left: AtomicI64::new(i64::MAX),
            carried: AtomicU64::new(0),
            then: watch::Sender::new(Then::Works),
            cut: watch::Sender::new(0),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let accepting = tokio::spawn(accept(listener, target, Arc::clone(&wire)));
        Self { at, scheme, wire, accepting }
    }

    pub fn address(&self) -> String {
        format!("{}://{}", self.scheme, self.at)
    }

    /// Carries `bytes` more, both ways together.
    pub fn cut_after(&self, bytes: u64, then: Then) {
        self.wire.then.send_replace(then);
        self.wire.left.store(i64::try_from(bytes).unwrap(), Ordering::SeqCst);
    }

    /// Works from now on.
    pub fn mend(&self) {
        self.cut_after(i64::MAX as u64, Then::Works);
    }

    /// Bytes carried since the last time this was asked.
    pub fn carried(&self) -> u64 {
        self.wire.carried.swap(0, Ordering::SeqCst)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, target: SocketAddr, wire: Arc<Wire>) {
    while let Ok((near, _)) = listener.accept().await {
        if wire.left.load(Ordering::SeqCst) <= 0 && *wire.then.borrow() == Then::Dead {
            continue;
        }
        tokio::spawn(relay(near, target, Arc::clone(&wire)));
    }
}

async fn relay(near: TcpStream, target: SocketAddr, wire: Arc<Wire>) {
    let Ok(far) = TcpStream::connect(target).await else { return };
    let mut cut = wire.cut.subscribe();
    cut.mark_unchanged();
    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
    tokio::select! {
        () = async { tokio::join!(carry(near_in, far_out, &wire), carry(far_in, near_out, &wire)); } => {}
        _ = cut.changed() => {}
    }
}

async fn carry(mut from: tcp::OwnedReadHalf, mut to: tcp::OwnedWriteHalf, wire: &Wire) {
    let mut buffer = vec![0; 4096];
    loop {
        let Ok(read @ 1..) = from.read(&mut buffer).await else { return };
        let before = wire.left.fetch_sub(read as i64, Ordering::SeqCst);
        let allowed = usize::try_from(before.max(0)).unwrap().min(read);
        wire.carried.fetch_add(allowed as u64, Ordering::SeqCst);
        if to.write_all(&buffer[..allowed]).await.is_err() {
            return;
        }
        if allowed < read {
            stop(wire).await;
        }
    }
}

async fn stop(wire: &Wire) {
    if *wire.then.borrow() == Then::Silent {
        return std::future::pending().await;
    }
    if *wire.then.borrow() == Then::Works {
        wire.left.store(i64::MAX, Ordering::SeqCst);
    }
    wire.cut.send_modify(|cuts| *cuts += 1);
    std::future::pending().await
}
