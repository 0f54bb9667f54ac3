//! The line to a printer: a request goes, an answer comes within bounds, and what stands in the way is told apart, since each
//! has another way on.

use super::{
    address::Address,
    answer::{Answer, BYTES_MAX},
};
use crate::Failure;
use doorstep_domain::Code;
use ipp::{
    operation::IppOperation as _,
    prelude::{IppOperationBuilder, IppRequestResponse},
};
use reqwest::{StatusCode, header::LOCATION};
use std::time::Duration;

/// Longest wait for an encrypted line to the same place.
const TRY_MAX: Duration = Duration::from_secs(3);

/// Why a printer did not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Nobody answers.
    Away(String),
    /// Somebody answers, but not as printers do.
    NoPrinter(String),
    /// It wants a user and a password, or others.
    Password,
    /// It is to be reached at another address, perhaps this one.
    Moved(Option<String>),
    /// It wants an encrypted line, perhaps at this address.
    Tls(Option<String>),
    /// It takes no PDF.
    NoPdf,
    /// It says no, with this status of IPP or HTTP.
    Refused(u16),
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Away(why) | Trouble::NoPrinter(why) => Self::new(Code::PrinterFailed, why),
            Trouble::Password => Self::new(Code::PrinterPassword, "the printer wants a password"),
            Trouble::Moved(_) => Self::new(Code::PrinterMoved, "the printer is at another address"),
            Trouble::Tls(_) => Self::new(Code::PrinterTls, "the printer wants an encrypted line"),
            Trouble::NoPdf => Self::new(Code::PrinterNoPdf, "the printer takes no PDF"),
            Trouble::Refused(status) => Self::new(Code::PrinterRefused, format!("the printer answered {status:#06x}")),
        }
    }
}

/// Sends a request with a document behind it and reads the answer, which says that it was carried out.
pub(super) async fn ask(
    address: &Address,
    request: &IppRequestResponse,
    document: &[u8],
    answer_max: Duration,
) -> Result<Answer, Trouble> {
    let answer = send(address, request, document, answer_max).await?;
    match answer.status {
        _ if answer.is_success() => Ok(answer),
        // client-error-not-authenticated, client-error-not-authorized
        0x0402 | 0x0403 => Err(Trouble::Password),
        // client-error-document-format-not-supported
        0x040a => Err(Trouble::NoPdf),
        status => Err(Trouble::Refused(status)),
    }
}

/// Asks a printer about itself. One that does not answer in the clear is asked over an encrypted line at the same place.
pub(super) async fn look(address: &Address, wanted: &[&str], answer_max: Duration) -> Result<Answer, Trouble> {
    let trouble = match attributes(address, wanted, answer_max).await {
        Err(trouble @ (Trouble::Tls(None) | Trouble::NoPrinter(_))) => trouble,
        done => return done,
    };
    let Some(encrypted) = address.encrypted() else { return Err(trouble) };
    match attributes(&encrypted, wanted, TRY_MAX).await {
        Ok(_) | Err(Trouble::Password | Trouble::Refused(_)) => Err(Trouble::Tls(Some(encrypted.shown()))),
        Err(_) => Err(trouble),
    }
}

async fn attributes(address: &Address, wanted: &[&str], answer_max: Duration) -> Result<Answer, Trouble> {
    let request = IppOperationBuilder::get_printer_attributes(address.uri()).attributes(wanted.iter().copied()).build();
    ask(address, &request.into_ipp_request(), &[], answer_max).await
}

async fn send(
    address: &Address,
    request: &IppRequestResponse,
    document: &[u8],
    answer_max: Duration,
) -> Result<Answer, Trouble> {
    let fault = |error: reqwest::Error| {
        let is_away = error.is_connect() || error.is_timeout();
        // Without the address, which is the person's own.
        let why = format!("printer: {}", error.without_url());
        if is_away { Trouble::Away(why) } else { Trouble::NoPrinter(why) }
    };
    let mut client = reqwest::Client::builder()
        .timeout(answer_max)
        .no_proxy()
        .http1_only()
        // Where a printer sends us to is the person's to decide: the paper is a customer's.
        .redirect(reqwest::redirect::Policy::none());
    if address.is_encrypted() {
        // A printer's certificate is its own, and no authority knows it. Whoever could put another in its place could do so
        // with a printer in the clear as well; against those who only listen, any certificate does.
        client = client.tls_danger_accept_invalid_certs(true);
    }
    let client = client.build().map_err(fault)?;
    let body = [&request.to_bytes()[..], document].concat();
    let mut sending = client.post(address.url()).header("content-type", "application/ipp").body(body);
    if let Some((user, password)) = address.login() {
        sending = sending.basic_auth(user, Some(password));
    }
    let mut answer = sending.send().await.map_err(fault)?;
    let location = answer.headers().get(LOCATION).and_then(|location| location.to_str().ok());
    judged(address, answer.status(), location)?;
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(fault)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > BYTES_MAX {
            return Err(Trouble::NoPrinter("printer: too long an answer".into()));
        }
    }
    Answer::read(&bytes).map_err(|malformed| Trouble::NoPrinter(format!("printer: {malformed}")))
}

/// What HTTP says before IPP has its turn.
fn judged(address: &Address, status: StatusCode, location: Option<&str>) -> Result<(), Trouble> {
    match status {
        StatusCode::OK => Ok(()),
        StatusCode::UNAUTHORIZED => Err(Trouble::Password),
        StatusCode::UPGRADE_REQUIRED => Err(Trouble::Tls(None)),
        status if status.is_redirection() => {
            let to = location.and_then(|location| address.redirected(location));
            let is_same_encrypted = |to: &str| {
                let to = Address::parse(to).ok().map(|to| (to.is_encrypted(), to.uri().host().map(str::to_owned)));
                to == Some((!address.is_encrypted(), address.uri().host().map(str::to_owned)))
            };
            let encrypted = !address.is_encrypted() && to.as_deref().is_some_and(is_same_encrypted);
            Err(if encrypted { Trouble::Tls(to) } else { Trouble::Moved(to) })
        }
        StatusCode::FORBIDDEN => Err(Trouble::Refused(status.as_u16())),
        status => Err(Trouble::NoPrinter(format!("printer: HTTP {}", status.as_u16()))),
    }
}
