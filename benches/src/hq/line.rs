//! A laptop's line to HQ: one connection over loopback, kept for a whole exchange, JSON in zstd both ways.

use super::Failed;
use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request,
    body::Bytes,
    client::conn::http1::{SendRequest, handshake},
    header,
};
use hyper_util::rt::TokioIo;
use serde::{Serialize, de::DeserializeOwned};
use std::net::SocketAddr;
use tokio::{net::TcpStream, task::JoinHandle};

/// As laptops compress.
const ZSTD_LEVEL: i32 = 3;
/// Most bytes of an answer, unpacked.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The connection.
pub struct Line {
    sender: SendRequest<Full<Bytes>>,
    driving: JoinHandle<()>,
    token: String,
    /// Bytes that came, packed.
    pub received: u64,
}

impl Line {
    /// Connects.
    pub async fn to(hq: SocketAddr, token: &str) -> Result<Self, Failed> {
        let stream = TcpStream::connect(hq).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        let driving = tokio::spawn(async move {
            // A line that breaks fails the request that is under way.
            let _ = connection.await;
        });
        Ok(Self { sender, driving, token: format!("Bearer {token}"), received: 0 })
    }

    /// Sends a message and reads the answer.
    pub async fn post<A: DeserializeOwned>(&mut self, path: &str, message: &impl Serialize) -> Result<A, Failed> {
        let body = zstd::bulk::compress(&serde_json::to_vec(message)?, ZSTD_LEVEL)?;
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::HOST, "localhost")
            .header(header::AUTHORIZATION, &self.token)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::CONTENT_ENCODING, "zstd")
            .header(header::ACCEPT_ENCODING, "zstd")
            .body(Full::new(Bytes::from(body)))?;
        self.sender.ready().await?;
        let answer = self.sender.send_request(request).await?;
        let (status, packed) = (answer.status(), answer.headers().get(header::CONTENT_ENCODING).is_some());
        let body = answer.into_body().collect().await?.to_bytes();
        self.received += body.len() as u64;
        let body = if packed { Bytes::from(zstd::stream::decode_all(body.as_ref())?) } else { body };
        if !status.is_success() || body.len() > ANSWER_BYTES_MAX {
            return Err(format!("{path} was answered {status}: {}", String::from_utf8_lossy(&body)).into());
        }
        Ok(serde_json::from_slice(&body)?)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.driving.abort();
    }
}
