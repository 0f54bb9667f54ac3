//! One-time codes for laptops, and the store key of a laptop whose passphrase was lost.

use crate::{
    error::Error,
    hq::Hq,
    staff,
    storage::{Device, Enrolment},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::TimeDelta;
use doorstep_wire::EnrolmentCode;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

/// Longest time a code may be good for.
pub const VALID_HOURS_MAX: u32 = 24 * 30;

/// What HQ keeps of a code's secret.
#[must_use]
pub fn secret_hash(secret: &[u8; 16]) -> [u8; 32] {
    *blake3::hash(secret).as_bytes()
}

/// The short name of the laptop with this number: A01 … A99, B01 … Z99, AA01 …
#[must_use]
pub fn device_code(number: i64) -> String {
    let index = number.max(1) - 1;
    let (mut letters, mut block) = (String::new(), index / 99);
    loop {
        let letter = u8::try_from(block % 26).unwrap_or(0);
        letters.insert(0, char::from(b'A' + letter));
        if block < 26 {
            break;
        }
        block = block / 26 - 1;
    }
    format!("{letters}{:02}", index % 99 + 1)
}

/// The address at which others reach a listener: one that listens everywhere is named by the way out of this machine.
#[must_use]
pub fn reached(at: SocketAddr) -> SocketAddr {
    if !at.ip().is_unspecified() {
        return at;
    }
    // Connecting a datagram socket sends nothing; it only asks the routing table.
    let way_out = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))
        .and_then(|socket| socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).and_then(|()| socket.local_addr()));
    let ip = way_out.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |addr| addr.ip());
    SocketAddr::new(ip, at.port())
}

impl Hq {
    /// Issues a one-time code for an engineer of a branch, adding the engineer where there is none of that name.
    ///
    /// # Errors
    /// [`Error::NoBranch`], [`Error::NoAddress`], [`Error::BadAddress`], [`Error::Storage`].
    pub async fn issue_code(
        &self,
        branch: &str,
        engineer: &str,
        valid: TimeDelta,
        address: Option<String>,
    ) -> Result<EnrolmentCode, Error> {
        let site = self.inner.storage.site().await?;
        let (Some(served), Some(key_fingerprint)) = (site.address, site.key_fingerprint) else {
            return Err(Error::NoAddress);
        };
        let address = address.unwrap_or(served);
        let scheme = if key_fingerprint == [0; 32] { "http://" } else { "https://" };
        if !address.starts_with(scheme) || address.len() > 300 {
            return Err(Error::BadAddress(address));
        }
        let branch_id = staff::branch(self, branch).await?;
        let engineer_id = staff::engineer(self, branch_id, engineer).await?;
        let secret = self.inner.surroundings.random::<16>();
        let enrolment = Enrolment {
            secret_hash: secret_hash(&secret),
            branch_id,
            engineer_id,
            expires_at: self.inner.surroundings.now() + valid,
        };
        self.inner.storage.issue(&enrolment).await?;
        let now = self.inner.surroundings.now();
        self.inner.storage.audit(now, None, "code", &format!("{branch} {engineer}")).await?;
        Ok(EnrolmentCode { address: address.trim_end_matches('/').to_owned(), key_fingerprint, secret })
    }

    /// The laptop with this short name.
    ///
    /// # Errors
    /// [`Error::NoLaptop`].
    pub async fn laptop(&self, code: &str) -> Result<Device, Error> {
        let devices = self.inner.storage.devices().await?;
        let found = devices.into_iter().find(|d| device_code(d.number).eq_ignore_ascii_case(code.trim()));
        found.ok_or_else(|| Error::NoLaptop(code.to_owned()))
    }

    /// The 32 bytes of a laptop's store key, for an engineer who lost the passphrase. Goes into the audit trail first.
    ///
    /// # Errors
    /// [`Error::NoLaptop`], [`Error::NoStoreKey`], [`Error::SealedElsewhere`], [`Error::Storage`].
    pub async fn recover(&self, code: &str) -> Result<Vec<u8>, Error> {
        let device = self.laptop(code).await?;
        let code = device_code(device.number);
        self.inner.storage.audit(self.inner.surroundings.now(), None, "recover", &code).await?;
        let wrapped = device.wrapped_store_key.ok_or_else(|| Error::NoStoreKey(code.clone()))?;
        let sealed = STANDARD.decode(wrapped).unwrap_or_default();
        self.inner.recovery.open_box(&sealed).ok_or(Error::SealedElsewhere(code))
    }
}
