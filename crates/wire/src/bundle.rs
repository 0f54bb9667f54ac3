//! The `.doorstep` file: what an exchange would say, carried on a stick (SYNC.md, "Bundle").
//!
//! Owns the form: a header in clear, then one compressed and encrypted stream of pieces. Knows no key but those it is
//! given, and nothing of what pieces do.
//!
//! ```text
//! "DOORSTEP" format(2) header_bytes(4) header(JSON) sealed_bytes(4) sealed content key
//! segments of the stream, each sealed; the last one is marked as such
//! in a request: the laptop's signature (64) over the BLAKE3 of everything before it
//! ```

use crate::{Hello, HelloReply, Page, Push, PushReply};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305,
    aead::stream::{DecryptorBE32, EncryptorBE32},
};
use chrono::{DateTime, Utc};
use doorstep_domain::{Code, id::DeviceId};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    io::{self, BufReader, Read, Write},
};

/// What every bundle begins with.
const MAGIC: &[u8; 8] = b"DOORSTEP";
/// The format this version writes and reads.
pub const FORMAT: u16 = 1;
/// Bytes of a signature at the end of a request.
pub const SIGNATURE_BYTES: u64 = 64;
/// Most bytes of a header, and of a sealed key.
const HEAD_BYTES_MAX: u32 = 8 * 1024;
/// Most bytes of a piece: a page, and the one entry that takes it past its limit.
const PIECE_BYTES_MAX: u32 = 32 * 1024 * 1024;
/// Plain bytes of a segment of the stream.
const SEGMENT_BYTES: usize = 64 * 1024;
const TAG_BYTES: usize = 16;
/// The largest window that a bundle may ask us to keep for decompression, as a power of two.
const WINDOW_LOG_MAX: u32 = 23;
const COMPRESS_LEVEL: i32 = 3;

/// Why a bundle was not read.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// It is not a bundle.
    #[error("this is not a .doorstep file")]
    NotABundle,
    /// It is of a newer version.
    #[error("this .doorstep file is of a newer version ({0})")]
    Newer(u16),
    /// It was cut or changed since it was written.
    #[error("this .doorstep file was cut or changed: {0}")]
    Damaged(&'static str),
    /// It is for somebody else.
    #[error("this .doorstep file is not for here: {0}")]
    Foreign(&'static str),
    /// The file failed.
    #[error("the file cannot be read or written")]
    File(#[from] io::Error),
}

impl BundleError {
    /// The code for the interface.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::NotABundle | Self::Damaged(_) => Code::NotABundle,
            Self::Newer(_) => Code::VersionUnsupported,
            Self::Foreign(_) => Code::BundleForeign,
            Self::File(error) => match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Code::DiskFull,
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Code::NotWritable,
                _ => Code::Internal,
            },
        }
    }
}

/// Which way a bundle goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// From a laptop to HQ.
    Request,
    /// From HQ to the laptop that asked.
    Answer,
}

/// What a bundle says of itself in clear. Changing it makes the rest unreadable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Which way it goes.
    pub way: Way,
    /// The laptop.
    pub device_id: DeviceId,
    /// Its incarnation.
    pub incarnation: u32,
    /// When it was written, by the writer's clock.
    pub created: DateTime<Utc>,
    /// The laptop's X25519 key that the answer is encrypted to, in base64; an answer repeats it.
    pub answer_key: String,
}

/// A piece of a bundle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "piece", content = "of", rename_all = "snake_case")]
pub enum Piece {
    /// Request: first.
    Hello(Hello),
    /// Request: how far the laptop is in each feed.
    Cursors(BTreeMap<String, u64>),
    /// Request: operations.
    Push(Push),
    /// Request: an attachment; its bytes follow.
    File {
        /// Its BLAKE3.
        hash: String,
        /// How many bytes.
        bytes: u64,
    },
    /// Answer: first.
    HelloReply(HelloReply),
    /// Answer: to one push, in their order.
    PushReply(PushReply),
    /// Answer: a page.
    Page(Page),
    /// Answer: attachments that HQ has whole now.
    Files(Vec<String>),
    /// Answer: HQ said no, and this is the last piece but the end.
    Refused {
        /// Why.
        code: Code,
        /// For logs.
        detail: String,
    },
    /// Last.
    End,
}

/// The key of the stream: whoever changes the header has another one.
fn stream_key(content_key: &[u8; 32], header: &[u8]) -> [u8; 32] {
    *blake3::keyed_hash(content_key, &[MAGIC.as_slice(), &FORMAT.to_be_bytes(), header].concat()).as_bytes()
}

/// Everything that is written, hashed on its way.
#[derive(Debug)]
struct Hashed<W> {
    to: W,
    hasher: blake3::Hasher,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.to.write_all(bytes)?;
        self.hasher.update(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Segments on their way out. The last one is held back until it is known to be the last.
struct Segments<W> {
    to: Hashed<W>,
    stream: EncryptorBE32<XChaCha20Poly1305>,
    held: Vec<u8>,
}

impl<W: Write> Write for Segments<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.held.len() == SEGMENT_BYTES {
            let sealed = self.stream.encrypt_next(self.held.as_slice()).map_err(|_| io::Error::other("sealing"))?;
            self.to.write_all(&sealed)?;
            self.held.clear();
        }
        let taken = bytes.len().min(SEGMENT_BYTES - self.held.len());
        self.held.extend(bytes.iter().take(taken));
        Ok(taken)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A bundle being written.
pub struct Writer<W: Write> {
    zstd: zstd::stream::write::Encoder<'static, Segments<W>>,
}

impl<W: Write> Writer<W> {
    /// Begins a bundle. `content_key` is drawn for it alone; `sealed_key` is that key as its reader can open it.
    ///
    /// # Errors
    /// [`BundleError::File`].
    pub fn begin(to: W, header: &Header, content_key: &[u8; 32], sealed_key: &[u8]) -> Result<Self, BundleError> {
        let head = serde_json::to_vec(header).map_err(io::Error::from)?;
        let mut to = Hashed { to, hasher: blake3::Hasher::new() };
        to.write_all(MAGIC)?;
        to.write_all(&FORMAT.to_be_bytes())?;
        for part in [head.as_slice(), sealed_key] {
            to.write_all(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes())?;
            to.write_all(part)?;
        }
        let cipher = XChaCha20Poly1305::new(&stream_key(content_key, &head).into());
        // The key is of this stream alone, so its nonce may be.
        let stream = EncryptorBE32::from_aead(cipher, &[0; 19].into());
        let segments = Segments { to, stream, held: Vec::with_capacity(SEGMENT_BYTES) };
        Ok(Self { zstd: zstd::stream::write::Encoder::new(segments, COMPRESS_LEVEL)? })
    }

    /// Writes a piece.
    ///
    /// # Errors
    /// [`BundleError::File`].
    pub fn piece(&mut self, piece: &Piece) -> Result<(), BundleError> {
        let json = serde_json::to_vec(piece).map_err(io::Error::from)?;
        self.zstd.write_all(&u32::try_from(json.len()).unwrap_or(u32::MAX).to_be_bytes())?;
        Ok(self.zstd.write_all(&json)?)
    }

    /// Writes bytes of an attachment, after its piece.
    ///
    /// # Errors
    /// [`BundleError::File`].
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), BundleError> {
        Ok(self.zstd.write_all(bytes)?)
    }

    /// Ends the bundle; gives back what it was written to and the BLAKE3 of it all, for a signature.
    ///
    /// # Errors
    /// [`BundleError::File`].
    pub fn end(mut self) -> Result<(W, [u8; 32]), BundleError> {
        self.piece(&Piece::End)?;
        let Segments { mut to, stream, held } = self.zstd.finish()?;
        let sealed = stream.encrypt_last(held.as_slice()).map_err(|_| io::Error::other("sealing"))?;
        to.write_all(&sealed)?;
        to.flush()?;
        Ok((to.to, *to.hasher.finalize().as_bytes()))
    }
}

/// The head of a bundle: what stands in clear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The header.
    pub header: Header,
    /// The content key, sealed to the reader.
    pub sealed_key: Vec<u8>,
    json: Vec<u8>,
}

impl Head {
    /// Reads the head.
    ///
    /// # Errors
    /// [`BundleError`]; nothing of the rest is read then.
    pub fn read(from: &mut impl Read) -> Result<Self, BundleError> {
        let mut magic = [0; 8];
        exact(from, &mut magic).map_err(|_| BundleError::NotABundle)?;
        if &magic != MAGIC {
            return Err(BundleError::NotABundle);
        }
        let mut format = [0; 2];
        exact(from, &mut format)?;
        match u16::from_be_bytes(format) {
            FORMAT => {}
            0 => return Err(BundleError::NotABundle),
            newer => return Err(BundleError::Newer(newer)),
        }
        let json = counted(from, HEAD_BYTES_MAX)?;
        let sealed_key = counted(from, HEAD_BYTES_MAX)?;
        let header = serde_json::from_slice(&json).map_err(|_| BundleError::Damaged("its header does not read"))?;
        Ok(Self { header, sealed_key, json })
    }
}

/// The BLAKE3 of the next `bytes` bytes.
///
/// # Errors
/// [`BundleError::Damaged`] when there are fewer.
pub fn hash(from: &mut impl Read, bytes: u64) -> Result<[u8; 32], BundleError> {
    let mut hasher = blake3::Hasher::new();
    if io::copy(&mut from.take(bytes), &mut hasher)? < bytes {
        return Err(BundleError::Damaged("it ends early"));
    }
    Ok(*hasher.finalize().as_bytes())
}

/// Segments on their way in.
struct Opened<R> {
    from: R,
    stream: Option<DecryptorBE32<XChaCha20Poly1305>>,
    /// The next segment as it lies in the file: only the one behind it tells whether it is the last.
    next: Vec<u8>,
    plain: Vec<u8>,
    at: usize,
}

impl<R: Read> Opened<R> {
    fn segment(&mut self) -> io::Result<Vec<u8>> {
        let mut sealed = Vec::new();
        self.from.by_ref().take((SEGMENT_BYTES + TAG_BYTES) as u64).read_to_end(&mut sealed)?;
        Ok(sealed)
    }
}

impl<R: Read> Read for Opened<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.at == self.plain.len() {
            let Some(mut stream) = self.stream.take() else { return Ok(0) };
            let after = self.segment()?;
            let sealed = std::mem::replace(&mut self.next, after);
            let changed = |_| io::Error::new(io::ErrorKind::InvalidData, "a segment does not open");
            self.plain = if self.next.is_empty() {
                stream.decrypt_last(sealed.as_slice()).map_err(changed)?
            } else {
                let plain = stream.decrypt_next(sealed.as_slice()).map_err(changed)?;
                self.stream = Some(stream);
                plain
            };
            self.at = 0;
        }
        let rest = self.plain.get(self.at..).unwrap_or_default();
        let taken = rest.len().min(into.len());
        for (to, from) in into.iter_mut().zip(rest) {
            *to = *from;
        }
        self.at += taken;
        Ok(taken)
    }
}

/// A bundle being read.
pub struct Reader<R: Read> {
    zstd: zstd::stream::read::Decoder<'static, BufReader<Opened<R>>>,
}

impl<R: Read> Reader<R> {
    /// Reads on after the head; `from` ends where the stream does, before a signature.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn begin(from: R, head: &Head, content_key: &[u8; 32]) -> Result<Self, BundleError> {
        let cipher = XChaCha20Poly1305::new(&stream_key(content_key, &head.json).into());
        let stream = Some(DecryptorBE32::from_aead(cipher, &[0; 19].into()));
        let mut opened = Opened { from, stream, next: Vec::new(), plain: Vec::new(), at: 0 };
        opened.next = opened.segment()?;
        let mut zstd = zstd::stream::read::Decoder::new(opened)?;
        zstd.window_log_max(WINDOW_LOG_MAX)?;
        Ok(Self { zstd })
    }

    /// The next piece.
    ///
    /// # Errors
    /// [`BundleError::Damaged`] when the stream was cut or changed, or holds what is no piece.
    pub fn piece(&mut self) -> Result<Piece, BundleError> {
        let json = counted(&mut self.zstd, PIECE_BYTES_MAX)?;
        serde_json::from_slice(&json).map_err(|_| BundleError::Damaged("a piece does not read"))
    }

    /// The next bytes of an attachment; fills `into` wholly.
    ///
    /// # Errors
    /// As [`Reader::piece`].
    pub fn bytes(&mut self, into: &mut [u8]) -> Result<(), BundleError> {
        exact(&mut self.zstd, into)
    }
}

/// As many bytes as the four before them say.
fn counted(from: &mut impl Read, bytes_max: u32) -> Result<Vec<u8>, BundleError> {
    let mut count = [0; 4];
    exact(from, &mut count)?;
    let count = u32::from_be_bytes(count);
    if count > bytes_max {
        return Err(BundleError::Damaged("a part over its limit"));
    }
    let mut bytes = Vec::new();
    let read = from.take(u64::from(count)).read_to_end(&mut bytes).map_err(damaged)?;
    if read < count as usize { Err(BundleError::Damaged("it ends early")) } else { Ok(bytes) }
}

fn exact(from: &mut impl Read, into: &mut [u8]) -> Result<(), BundleError> {
    from.read_exact(into).map_err(damaged)
}

/// What does not open or decompress was changed; the rest is the file's fault.
fn damaged(error: io::Error) -> BundleError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => BundleError::Damaged("it ends early"),
        io::ErrorKind::InvalidData | io::ErrorKind::Other => BundleError::Damaged("it does not open"),
        _ => BundleError::File(error),
    }
}
