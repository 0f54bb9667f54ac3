//! Who may talk to the host: this machine only, pages of the host's own only, and only with its token.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::Response,
};
use std::fmt::Write;

/// The secret that opens the host, new at each start.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// A token of random bytes.
    #[must_use]
    pub fn new(random: [u8; 32]) -> Self {
        let mut text = String::with_capacity(64);
        for byte in random {
            // Writing to a string cannot fail.
            write!(text, "{byte:02x}").ok();
        }
        Self(text)
    }

    /// As it goes into the address that opens the page.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Compares without telling by time how much was right.
    fn matches(&self, given: &str) -> bool {
        let differing = self.0.bytes().zip(given.bytes()).fold(0, |all, (a, b)| all | (a ^ b));
        given.len() == self.0.len() && differing == 0
    }
}

/// Refuses a request by another name for this machine (DNS rebinding) or from another page.
pub(crate) async fn own_pages(request: Request, next: Next) -> Result<Response, StatusCode> {
    let headers = request.headers();
    if !is_loopback(text(headers, &header::HOST)) {
        return Err(StatusCode::MISDIRECTED_REQUEST);
    }
    let origin = headers.get(header::ORIGIN).map(|_| text(headers, &header::ORIGIN));
    if origin.is_some_and(|origin| !is_loopback(origin.strip_prefix("http://").unwrap_or_default())) {
        return Err(StatusCode::FORBIDDEN);
    }
    Ok(next.run(request).await)
}

/// Refuses a request without the token.
pub(crate) async fn token(State(token): State<Token>, request: Request, next: Next) -> Result<Response, StatusCode> {
    let given = text(request.headers(), &header::AUTHORIZATION).strip_prefix("Bearer ").unwrap_or_default();
    if token.matches(given) { Ok(next.run(request).await) } else { Err(StatusCode::UNAUTHORIZED) }
}

fn text<'h>(headers: &'h HeaderMap, name: &header::HeaderName) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn is_loopback(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    matches!(name, "127.0.0.1" | "localhost" | "[::1]")
}
