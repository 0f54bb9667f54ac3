//! HQ's certificate: given, or made by HQ itself at the first start and kept. What laptops trust is the key: its
//! fingerprint is in the enrolment code, so that no authority and no date of a certificate is needed.

use crate::{error::Error, private_file, private_folder};
use rcgen::{CertificateParams, KeyPair};
use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};
use sha2::{Digest, Sha256};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Where HQ's certificate comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Certificate {
    /// HQ makes one and keeps it in its data folder.
    SelfMade,
    /// PEM files from elsewhere.
    Given {
        /// The certificate, and those above it.
        cert: PathBuf,
        /// Its private key.
        key: PathBuf,
    },
}

/// What the TLS side of the server needs.
#[derive(Debug, Clone)]
pub struct Identity {
    /// For the server.
    pub config: Arc<ServerConfig>,
    /// SHA-256 of the key's SubjectPublicKeyInfo.
    pub fingerprint: [u8; 32],
}

/// Loads the certificate, making HQ's own in `folder` where there is none yet.
///
/// # Errors
/// [`Error::Certificate`] in plain words.
pub fn load(certificate: &Certificate, folder: &Path) -> Result<Identity, Error> {
    let (cert, key) = match certificate {
        Certificate::Given { cert, key } => (cert.clone(), key.clone()),
        Certificate::SelfMade => self_made(folder)?,
    };
    let bad = |path: &Path, why: String| Error::Certificate { path: path.to_owned(), why };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&cert)
        .and_then(Iterator::collect)
        .map_err(|e| bad(&cert, format!("not a PEM certificate: {e}")))?;
    let private = PrivateKeyDer::from_pem_file(&key).map_err(|e| bad(&key, format!("not a PEM private key: {e}")))?;
    let provider = Arc::new(ring::default_provider());
    let fingerprint = fingerprint(&chain, private.clone_key(), &provider).map_err(|why| bad(&key, why))?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| bad(&cert, e.to_string()))?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(|e| bad(&cert, e.to_string()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Identity { config: Arc::new(config), fingerprint })
}

fn fingerprint(
    chain: &[CertificateDer<'static>],
    key: PrivateKeyDer<'static>,
    provider: &CryptoProvider,
) -> Result<[u8; 32], String> {
    let certified = CertifiedKey::from_der(chain.to_vec(), key, provider)
        .map_err(|e| format!("the key does not belong to the certificate: {e}"))?;
    let public = certified.key.public_key().ok_or("the key has no public half")?;
    Ok(Sha256::digest(public.as_ref()).into())
}

/// The fingerprint of the private key in a PEM file.
///
/// # Errors
/// [`Error::Certificate`].
pub fn fingerprint_of(key: &Path) -> Result<[u8; 32], Error> {
    let bad = |why: String| Error::Certificate { path: key.to_owned(), why };
    let private = PrivateKeyDer::from_pem_file(key).map_err(|e| bad(format!("not a PEM private key: {e}")))?;
    let signer = ring::default_provider().key_provider.load_private_key(private);
    let signer = signer.map_err(|e| bad(format!("not a key that TLS can use: {e}")))?;
    let public = signer.public_key().ok_or_else(|| bad("the key has no public half".to_owned()))?;
    Ok(Sha256::digest(public.as_ref()).into())
}

/// A new private key in PEM, for the file `path`.
///
/// # Errors
/// [`Error::Certificate`].
pub fn new_key(path: &Path) -> Result<String, Error> {
    let made = KeyPair::generate().map_err(|e| Error::Certificate { path: path.to_owned(), why: e.to_string() })?;
    Ok(made.serialize_pem())
}

fn self_made(folder: &Path) -> Result<(PathBuf, PathBuf), Error> {
    let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    if cert.exists() && key.exists() {
        private_folder::keep_file(&key)?;
        return Ok((cert, key));
    }
    let failed = |e: rcgen::Error| Error::Certificate { path: cert.clone(), why: e.to_string() };
    fs::create_dir_all(folder).map_err(|e| Error::folder(folder, e))?;
    // The key outlives a lost certificate: laptops trust the key.
    private_file::create(&key, new_key(&key)?.as_bytes())?;
    let pair = fs::read_to_string(&key).map_err(|e| Error::folder(&key, e))?;
    let pair = KeyPair::from_pem(&pair).map_err(failed)?;
    let mut params = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).map_err(failed)?;
    params.distinguished_name.push(rcgen::DnType::CommonName, "doorstep-hq");
    let made = params.self_signed(&pair).map_err(failed)?;
    private_file::create(&cert, made.pem().as_bytes())?;
    Ok((cert, key))
}
