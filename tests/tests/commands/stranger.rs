//! Printers that are not what they should be: bytes on a socket of the test's own, as anything on a network may send them.

use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A request as it came.
#[derive(Clone)]
pub struct Request {
    /// The lines before the body.
    pub head: String,
    /// Which operation of IPP it asks for.
    pub operation: u16,
    /// The whole body.
    pub body: Vec<u8>,
}

/// Something that listens where a printer should.
pub struct Stranger {
    port: u16,
    asked: Arc<Mutex<Vec<Request>>>,
    serving: JoinHandle<()>,
}

pub const PRINT_JOB: u16 = 0x0002;
pub const GET_JOB: u16 = 0x0009;

impl Stranger {
    /// Answers each request with these bytes.
    pub async fn answering(answer: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::listening(None, answer).await
    }

    /// The same in the clear; what begins as TLS goes on to the printer at `encrypted`.
    pub async fn before(encrypted: u16, answer: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::listening(Some(encrypted), answer).await
    }

    async fn listening(encrypted: Option<u16>, answer: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (noted, answer) = (Arc::clone(&asked), Arc::new(answer));
        let serving = tokio::spawn(async move {
            while let Ok((line, _)) = listener.accept().await {
                let (noted, answer) = (Arc::clone(&noted), Arc::clone(&answer));
                tokio::spawn(async move { serve(line, encrypted, &noted, &*answer).await });
            }
        });
        Self { port, asked, serving }
    }

    pub fn address(&self) -> String {
        format!("ipp://127.0.0.1:{}/ipp/print", self.port)
    }

    pub fn encrypted_address(&self) -> String {
        self.address().replace("ipp:", "ipps:")
    }

    /// What it was asked for so far.
    pub fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(
    mut line: TcpStream,
    encrypted: Option<u16>,
    noted: &Mutex<Vec<Request>>,
    answer: &(impl Fn(&Request) -> Vec<u8> + ?Sized),
) -> Option<()> {
    const HANDSHAKE: u8 = 0x16;
    let mut first = [0];
    line.peek(&mut first).await.ok()?;
    if first == [HANDSHAKE] {
        let mut printer = TcpStream::connect(("127.0.0.1", encrypted?)).await.ok()?;
        copy_bidirectional(&mut line, &mut printer).await.ok()?;
        return Some(());
    }
    let mut bytes = Vec::new();
    let (head, length) = loop {
        if line.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
        bytes.drain(..end + 4);
        break (head, length.unwrap_or(0));
    };
    while bytes.len() < length {
        if line.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let operation = bytes.get(2..4).map_or(0, |two| u16::from_be_bytes([two[0], two[1]]));
    let request = Request { head, operation, body: bytes };
    let answer = answer(&request);
    noted.lock().unwrap().push(request);
    line.write_all(&answer).await.ok()?;
    line.shutdown().await.ok()
}

/// An answer of HTTP.
pub fn http(status: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// An answer of IPP.
pub fn ipp(status: u16, groups: &[u8]) -> Vec<u8> {
    http("200 OK", &["Content-Type: application/ipp"], &message(status, groups))
}

/// The bytes of an IPP answer.
pub fn message(status: u16, groups: &[u8]) -> Vec<u8> {
    [&[2, 0][..], &status.to_be_bytes(), &[0, 0, 0, 1], groups, &[3]].concat()
}

/// A value of an attribute.
pub fn value(tag: u8, name: &str, value: &[u8]) -> Vec<u8> {
    let counted = |bytes: &[u8]| [&u16::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat();
    [vec![tag], counted(name.as_bytes()), counted(value)].concat()
}

/// What a sound printer says of itself.
pub fn a_printer() -> Vec<u8> {
    [
        vec![4],
        value(0x23, "printer-state", &[0, 0, 0, 3]),
        value(0x41, "printer-info", "一层打印机".as_bytes()),
        value(0x49, "document-format-supported", b"application/pdf"),
    ]
    .concat()
}

/// What a printer says of a job.
pub fn a_job(state: u8, reason: &str) -> Vec<u8> {
    [
        vec![2],
        value(0x21, "job-id", &[0, 0, 0, 7]),
        value(0x23, "job-state", &[0, 0, 0, state]),
        value(0x44, "job-state-reasons", reason.as_bytes()),
    ]
    .concat()
}
