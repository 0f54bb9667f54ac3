//! The line between laptop and HQ: a TCP relay that counts what it carries, so that a moment can be chosen by how far
//! things are, and what was sent again can be seen.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// Bytes that a connection of the line holds each way. What the system holds for a program that is killed is lost with
/// it, and was counted: a line that swallowed megabytes would say more about the system than about Doorstep.
const HELD_BYTES: u32 = 64 * 1024;

struct Wire {
    target: Mutex<SocketAddr>,
    up: AtomicU64,
    down: AtomicU64,
    carried: watch::Sender<u64>,
}

pub struct Proxy {
    at: SocketAddr,
    wire: Arc<Wire>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// A line to whatever listens at `target`.
    pub async fn to(target: SocketAddr) -> Self {
        let wire = Arc::new(Wire {
            target: Mutex::new(target),
            up: AtomicU64::new(0),
            down: AtomicU64::new(0),
            carried: watch::Sender::new(0),
        });
        let socket = narrow().unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let listener = socket.listen(1024).unwrap();
        let at = listener.local_addr().unwrap();
        let accepting = tokio::spawn(accept(listener, Arc::clone(&wire)));
        Self { at, wire, accepting }
    }

    pub fn address(&self) -> String {
        format!("https://{}", self.at)
    }

    /// HQ listens elsewhere now.
    pub fn leads_to(&self, target: SocketAddr) {
        *self.wire.target.lock().unwrap() = target;
    }

    /// Bytes towards HQ and from it, so far.
    pub fn carried(&self) -> (u64, u64) {
        (self.wire.up.load(Ordering::SeqCst), self.wire.down.load(Ordering::SeqCst))
    }

    /// Waits until so many more bytes were carried, both ways together.
    pub async fn carries(&self, bytes: u64) {
        let end = *self.wire.carried.borrow() + bytes;
        self.wire.carried.subscribe().wait_for(|carried| *carried >= end).await.unwrap();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, wire: Arc<Wire>) {
    while let Ok((near, _)) = listener.accept().await {
        let target = *wire.target.lock().unwrap();
        tokio::spawn(relay(near, target, Arc::clone(&wire)));
    }
}

/// A socket that holds little; those that it accepts do so too.
fn narrow() -> std::io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_send_buffer_size(HELD_BYTES)?;
    socket.set_recv_buffer_size(HELD_BYTES)?;
    Ok(socket)
}

/// Carries both ways until one end is gone; then the other goes too.
async fn relay(near: TcpStream, target: SocketAddr, wire: Arc<Wire>) {
    let Ok(far) = narrow().unwrap().connect(target).await else { return };
    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
    tokio::select! {
        () = carry(near_in, far_out, &wire, &wire.up) => {}
        () = carry(far_in, near_out, &wire, &wire.down) => {}
    }
}

async fn carry(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, wire: &Wire, count: &AtomicU64) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let Ok(read @ 1..) = from.read(&mut buffer).await else { return };
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
        count.fetch_add(read as u64, Ordering::SeqCst);
        wire.carried.send_modify(|carried| *carried += read as u64);
    }
}
