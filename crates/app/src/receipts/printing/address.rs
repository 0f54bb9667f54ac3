//! A printer's address as a person gives it, perhaps with a user's name and password for it in front, as CUPS writes them.
//! Nothing of a password gets into what is shown, logged, or sent anywhere but to that printer.

use crate::{Failure, Result};
use doorstep_domain::Code;
use ipp::prelude::Uri;
use percent_encoding::percent_decode_str;

/// Most bytes of an address.
const BYTES_MAX: usize = 500;
/// Where printers listen unless their address says otherwise.
const PORT: u16 = 631;

/// Where a printer is.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    uri: Uri,
    login: Option<(String, String)>,
}

impl Address {
    /// Reads an address, `ipp://host:port/path` or `ipps://…`.
    ///
    /// # Errors
    /// [`Code::Invalid`].
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let uri: Option<Uri> = text.parse().ok().filter(|_| text.len() <= BYTES_MAX);
        let fits = |uri: &Uri| {
            matches!(uri.scheme_str(), Some("ipp" | "ipps")) && uri.host().is_some_and(|host| !host.is_empty())
        };
        let uri =
            uri.filter(fits).ok_or_else(|| Failure::new(Code::Invalid, "not a printer's address").on("printer"))?;
        let login = uri.authority().and_then(|authority| authority.as_str().rsplit_once('@')).map(|(login, _)| {
            let plain = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
            let (user, password) = login.split_once(':').unwrap_or((login, ""));
            (plain(user), plain(password))
        });
        Ok(Self { uri, login })
    }

    /// As the printer's own name for itself goes into requests.
    pub(super) fn uri(&self) -> Uri {
        self.shown().parse().unwrap_or_else(|_| self.uri.clone())
    }

    /// Without user and password, for people's eyes.
    pub(super) fn shown(&self) -> String {
        self.with_scheme(self.uri.scheme_str().unwrap_or("ipp"))
    }

    /// The same place over an encrypted line; `None` when it is that already.
    pub(super) fn encrypted(&self) -> Option<Self> {
        let uri = self.with_scheme("ipps").parse().ok()?;
        (!self.is_encrypted()).then(|| Self { uri, login: self.login.clone() })
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.uri.scheme_str() == Some("ipps")
    }

    /// User and password, where the address has them.
    pub(super) fn login(&self) -> Option<&(String, String)> {
        self.login.as_ref()
    }

    /// Where to send requests.
    pub(super) fn url(&self) -> String {
        let scheme = if self.is_encrypted() { "https" } else { "http" };
        format!("{scheme}://{}:{}{}", self.host(), self.uri.port_u16().unwrap_or(PORT), self.uri.path())
    }

    /// The printer's address that a redirection from here names, where it names one.
    pub(super) fn redirected(&self, location: &str) -> Option<String> {
        let place: Uri = location.parse().ok()?;
        let (scheme, port) = match place.scheme_str() {
            Some("http") => ("ipp", 80),
            Some("https") => ("ipps", 443),
            Some("ipp") => ("ipp", PORT),
            Some("ipps") => ("ipps", PORT),
            Some(_) => return None,
            None if location.starts_with('/') => (self.uri.scheme_str()?, self.uri.port_u16().unwrap_or(PORT)),
            None => return None,
        };
        let (host, port) = (place.host().unwrap_or(self.host()), place.port_u16().unwrap_or(port));
        let path = if place.path().starts_with('/') { place.path() } else { "/" };
        Some(format!("{scheme}://{host}:{port}{path}")).filter(|address| Self::parse(address).is_ok())
    }

    fn host(&self) -> &str {
        self.uri.host().unwrap_or("localhost")
    }

    fn with_scheme(&self, scheme: &str) -> String {
        let port = self.uri.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
        format!("{scheme}://{}{port}{}", self.host(), self.uri.path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_in_an_address_is_used_and_not_shown() {
        let address = Address::parse("ipp://zhang:p%40ss%3A1@10.0.0.9:631/ipp/print").unwrap();
        assert_eq!(address.login(), Some(&("zhang".to_owned(), "p@ss:1".to_owned())));
        assert_eq!(address.shown(), "ipp://10.0.0.9:631/ipp/print");
        assert_eq!(address.uri().to_string(), "ipp://10.0.0.9:631/ipp/print");
        assert_eq!(address.url(), "http://10.0.0.9:631/ipp/print");
        assert_eq!(address.encrypted().unwrap().url(), "https://10.0.0.9:631/ipp/print");
        assert!(address.encrypted().unwrap().encrypted().is_none());
    }

    #[test]
    fn what_is_no_printers_address_is_refused() {
        for text in ["", "http://a/", "ipp://", "ipp:///ipp", "file:///etc/passwd", "10.0.0.9", "ipp://a b/"] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
        assert!(Address::parse(&format!("ipp://a/{}", "b".repeat(500))).is_err());
    }

    #[test]
    fn a_redirection_becomes_a_printers_address_or_nothing() {
        let from = Address::parse("ipp://10.0.0.9/ipp").unwrap();
        for (location, to) in [
            ("http://10.0.0.10:8631/printers/a", Some("ipp://10.0.0.10:8631/printers/a")),
            ("https://10.0.0.9/ipp", Some("ipps://10.0.0.9:443/ipp")),
            ("/ipp/print", Some("ipp://10.0.0.9:631/ipp/print")),
            ("ipps://b/x", Some("ipps://b:631/x")),
            ("javascript:alert(1)", None),
            ("file:///etc/passwd", None),
            ("", None),
        ] {
            assert_eq!(from.redirected(location).as_deref(), to, "{location}");
        }
    }
}
