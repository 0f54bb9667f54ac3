//! A line that counts what goes over it.

use std::{
    error::Error,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What went over the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// Bytes to HQ.
    pub up: u64,
    /// Bytes from HQ.
    pub down: u64,
    /// Requests.
    pub requests: u64,
}

#[derive(Debug, Default)]
struct Counts {
    up: AtomicU64,
    down: AtomicU64,
    requests: AtomicU64,
}

/// A line to HQ. It ends when dropped.
#[derive(Debug)]
pub struct Line {
    address: String,
    counts: Arc<Counts>,
    carrying: JoinHandle<()>,
}

impl Line {
    /// A line to HQ at this address, which must be plain HTTP: over TLS there would be nothing to count requests by.
    pub async fn to(hq: &str) -> Result<Self, Box<dyn Error>> {
        let target = hq.strip_prefix("http://").ok_or("only plain HTTP is counted")?.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}", listener.local_addr()?);
        let counts = Arc::new(Counts::default());
        let counted = Arc::clone(&counts);
        let carrying = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let (target, counts) = (target.clone(), Arc::clone(&counted));
                tokio::spawn(async move {
                    if let Ok(far) = TcpStream::connect(target).await {
                        carry(near, far, &counts).await;
                    }
                });
            }
        });
        Ok(Self { address, counts, carrying })
    }

    /// Where laptops find its near end.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What went over the line while `work` was done.
    pub async fn counted<T, E>(&self, work: impl Future<Output = Result<T, E>>) -> Result<Counted, E> {
        let before = self.now();
        work.await?;
        let after = self.now();
        Ok(Counted {
            up: after.up - before.up,
            down: after.down - before.down,
            requests: after.requests - before.requests,
        })
    }

    fn now(&self) -> Counted {
        let count = |counter: &AtomicU64| counter.load(Ordering::SeqCst);
        let Counts { up, down, requests } = &*self.counts;
        Counted { up: count(up), down: count(down), requests: count(requests) }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.carrying.abort();
    }
}

async fn carry(near: TcpStream, far: TcpStream, counts: &Counts) {
    let (near_in, near_out) = near.into_split();
    let (far_in, far_out) = far.into_split();
    let heads = |bytes: &[u8]| {
        let found = bytes.windows(HEAD.len()).filter(|window| *window == HEAD).count();
        counts.requests.fetch_add(found as u64, Ordering::SeqCst);
    };
    tokio::join!(copy(near_in, far_out, &counts.up, heads), copy(far_in, near_out, &counts.down, |_| {}));
}

/// What the first line of a request ends with, and no compressed body holds but by a rare chance.
const HEAD: &[u8] = b" HTTP/1.1\r\n";

async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    count: &AtomicU64,
    look: impl Fn(&[u8]),
) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut bytes).await {
        let Some(part) = bytes.get(..read) else { break };
        count.fetch_add(read as u64, Ordering::SeqCst);
        look(part);
        if to.write_all(part).await.is_err() {
            break;
        }
    }
    // The other end may be gone already.
    let _ = to.shutdown().await;
}
