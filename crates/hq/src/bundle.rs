//! Taking in a laptop's `.doorstep` file, and writing the answer (SYNC.md, "Bundle"). The same steps as over the line, one
//! after the other; taking a file twice is harmless. Also for a laptop that was switched off: what waits on it may be
//! handed in by a person at HQ.
//!
//! Nothing of a file is taken whose signature is not its laptop's.

use crate::{
    attachments::Have,
    enrolment::device_code,
    error::Error,
    hq::Hq,
    landing::Arrived,
    rights::{By, Person, Right},
    serve::{
        attachments,
        auth::Laptop,
        body::Received,
        fault::Fault,
        hello::{self, Came},
        pull, push,
    },
    storage::Device,
};
use axum::{Json, body::Bytes, extract::State};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, TimeDelta, Utc};
use doorstep_domain::{Code, Refusal, attachment::ATTACHMENT_BYTES_MAX};
use doorstep_wire::{
    Outcome, Pull, Push,
    bundle::{self, BundleError, Head, Header, Piece, Reader, SIGNATURE_BYTES, Way, Writer},
};
use ed25519_dalek::Signature;
use schemars::JsonSchema;
use serde::Serialize;
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, BufReader, BufWriter, Read, Seek, SeekFrom},
    path::Path,
    sync::Arc,
};

/// Bytes of an attachment handed on at once.
const CHUNK_BYTES: usize = 1024 * 1024;
/// A file that is handed in is gone long before; one that is older was left by a stop.
const LEFT_AFTER: TimeDelta = TimeDelta::days(1);

/// What was taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Taken {
    /// The laptop's short name.
    pub device: String,
    /// Operations answered, those that HQ had already included.
    pub operations: u64,
    /// Of these, refused.
    pub refused: u64,
    /// Attachments that HQ has whole now.
    pub files: u64,
    /// Why HQ stopped, when it did; the answer says so too.
    pub stopped: Option<Code>,
}

impl Hq {
    /// Takes in the file at `request` and writes the answer to `answer`.
    ///
    /// # Errors
    /// [`Error::Bundle`]: nothing was taken. [`Error::Storage`] and others: take it once more.
    pub async fn take_bundle(&self, request: &Path, answer: &Path) -> Result<Taken, Error> {
        let asked = self.opened(request).await?;
        self.noted(By::Keeper, "bundle", &device_code(asked.device.number)).await?;
        let part = answer.with_extension("part");
        let to = BufWriter::new(File::create(&part).map_err(|e| Error::folder(&part, e))?);
        let (taken, to) = self.take(asked, to, Came::File).await?;
        let to = to.into_inner().map_err(|e| BundleError::File(e.into_error()))?;
        to.sync_all().map_err(BundleError::from)?;
        fs::rename(&part, answer).map_err(|e| Error::folder(answer, e))?;
        Ok(taken)
    }

    /// Takes in the file of a laptop that is switched off, as a person hands it in; nothing goes back to such a laptop.
    ///
    /// # Errors
    /// As [`Hq::take_bundle`]; [`Error::Refused`] with [`Code::OutOfScope`], or [`Code::WrongState`] for a laptop that syncs.
    pub async fn hand_in(&self, by: &Person, request: &Path) -> Result<Taken, Error> {
        by.may(Right::House)?;
        let asked = self.opened(request).await?;
        if asked.device.revoked_at.is_none() {
            let why = "this laptop is not switched off: it syncs, or takes an answer with it";
            return Err(Refusal::new(Code::WrongState, why).into());
        }
        self.noted(By::Account(by), "bundle", &device_code(asked.device.number)).await?;
        Ok(self.take(asked, io::sink(), Came::Hand).await?.0)
    }

    /// A file whose signature is its laptop's.
    async fn opened(&self, request: &Path) -> Result<Asked, Error> {
        let mut file = BufReader::new(File::open(request).map_err(|e| Error::folder(request, e))?);
        let head = Head::read(&mut file)?;
        let body = file.stream_position().map_err(BundleError::from)?;
        let device = self.signer(&head, &mut file).await?;
        let content_key = self.inner.recovery.open_box(&head.sealed_key).and_then(|key| key.try_into().ok());
        let content_key =
            content_key.ok_or(BundleError::Foreign("it is not sealed to the key of this headquarters"))?;
        let end = file.get_ref().metadata().map_err(BundleError::from)?.len() - SIGNATURE_BYTES;
        file.seek(SeekFrom::Start(body)).map_err(BundleError::from)?;
        let reader = Reader::begin(file.take(end - body), &head, &content_key)?;
        Ok(Asked { device, header: head.header, reader })
    }

    async fn take<W: io::Write>(&self, asked: Asked, to: W, came: Came) -> Result<(Taken, W), Error> {
        let writer = self.answer_to(&asked.header, to)?;
        let mut taking = Taking::new(self, Laptop(asked.device), asked.reader, writer, came);
        taking.run().await?;
        let Taking { writer, taken, .. } = taking;
        Ok((taken, writer.end()?.0))
    }

    /// The laptop that signed the file.
    async fn signer(&self, head: &Head, file: &mut (impl Read + Seek)) -> Result<Device, Error> {
        if head.header.way != Way::Request {
            return Err(BundleError::Foreign("it is an answer, and for a laptop").into());
        }
        let devices = self.inner.storage.devices().await?;
        let device = devices.into_iter().find(|d| d.id == head.header.device_id);
        let device = device.ok_or(BundleError::Foreign("this headquarters has no such laptop"))?;
        let bytes = file.seek(SeekFrom::End(0)).map_err(BundleError::from)?;
        let signed = bytes.checked_sub(SIGNATURE_BYTES).ok_or(BundleError::Damaged("it ends early"))?;
        file.seek(SeekFrom::Start(0)).map_err(BundleError::from)?;
        let hash = bundle::hash(file, signed)?;
        let mut signature = [0; 64];
        file.read_exact(&mut signature).map_err(BundleError::from)?;
        let key = crate::landing::key(&device.public_key);
        let fits = key.is_some_and(|key| key.verify_strict(&hash, &Signature::from_bytes(&signature)).is_ok());
        if fits { Ok(device) } else { Err(BundleError::Damaged("its signature is not its laptop's").into()) }
    }

    fn answer_to<W: std::io::Write>(&self, asked: &Header, to: W) -> Result<Writer<W>, Error> {
        let key = STANDARD.decode(&asked.answer_key).ok().and_then(|b| <[u8; 32]>::try_from(b).ok());
        let key = key.ok_or(BundleError::Damaged("its key for the answer is none"))?;
        let surroundings = &self.inner.surroundings;
        let header = Header { way: Way::Answer, created: surroundings.now(), ..asked.clone() };
        let content_key = surroundings.random::<32>();
        let boxed = self.inner.recovery.boxed(key, surroundings.random(), &content_key);
        let boxed = boxed.ok_or(BundleError::Damaged("its key for the answer is none"))?;
        Ok(Writer::begin(to, &header, &content_key, &boxed)?)
    }
}

/// A laptop's file, opened.
struct Asked {
    device: Device,
    header: Header,
    reader: Reader<io::Take<BufReader<File>>>,
}

/// Removes files that were being handed in when HQ stopped.
pub(crate) fn sweep(incoming: &Path, now: DateTime<Utc>) -> Result<(), Error> {
    let Ok(files) = fs::read_dir(incoming) else { return Ok(()) };
    for file in files.flatten() {
        let written = file.metadata().and_then(|data| data.modified()).map(DateTime::<Utc>::from);
        if written.is_ok_and(|at| now - at > LEFT_AFTER) {
            fs::remove_file(file.path()).map_err(|e| Error::folder(incoming, e))?;
        }
    }
    Ok(())
}

/// A file being taken in.
struct Taking<'h, R: Read, W: std::io::Write> {
    hq: &'h Hq,
    laptop: Laptop,
    reader: Reader<R>,
    writer: Writer<W>,
    taken: Taken,
    cursors: BTreeMap<String, u64>,
    whole: Vec<String>,
    /// Pages go back to a laptop that takes an answer.
    came: Came,
    /// For a file from before a restore: up to where HQ has the laptop's operations.
    follows: Option<u64>,
}

impl<'h, R: Read, W: std::io::Write> Taking<'h, R, W> {
    fn new(hq: &'h Hq, laptop: Laptop, reader: Reader<R>, writer: Writer<W>, came: Came) -> Self {
        let taken = Taken { device: device_code(laptop.0.number), operations: 0, refused: 0, files: 0, stopped: None };
        let (cursors, whole) = (BTreeMap::new(), Vec::new());
        Self { hq, laptop, reader, writer, taken, cursors, whole, came, follows: None }
    }

    async fn run(&mut self) -> Result<(), Error> {
        match self.pieces().await {
            Ok(()) => Ok(()),
            // What HQ says no to is the answer; what failed at HQ itself is taken once more.
            Err(Stop::Said(fault)) if !fault.is_of_hq() => {
                self.taken.stopped = Some(fault.code);
                Ok(self.writer.piece(&Piece::Refused { code: fault.code, detail: fault.detail })?)
            }
            Err(Stop::Said(fault)) => Err(Error::Refused(Refusal::new(fault.code, fault.detail))),
            Err(Stop::Failed(error)) => Err(error),
        }
    }

    async fn pieces(&mut self) -> Result<(), Stop> {
        if !self.hello().await? {
            return Ok(());
        }
        loop {
            match self.reader.piece()? {
                Piece::Cursors(cursors) => {
                    self.writer.piece(&Piece::Cursors(cursors.clone()))?;
                    self.cursors = cursors;
                }
                Piece::Push(asked) => self.push(asked).await?,
                Piece::File { hash, bytes } => self.file(hash, bytes).await?,
                Piece::End => break,
                _ => return Err(BundleError::Damaged("a piece of an answer in a request").into()),
            }
        }
        self.taken.files = self.whole.len() as u64;
        self.writer.piece(&Piece::Files(std::mem::take(&mut self.whole)))?;
        if self.laptop.0.is_wiped() {
            let detail = "HQ orders that this laptop's data be destroyed".to_owned();
            return Ok(self.writer.piece(&Piece::Refused { code: Code::DeviceWiped, detail })?);
        }
        if self.came == Came::File { self.pages().await } else { Ok(()) }
    }

    /// Whether it goes on: a laptop that has to begin a new life, or to offer what a restore lost, is told so and exports
    /// once more. One whose file a person hands in will not: what of it follows what HQ has is taken all the same.
    async fn hello(&mut self) -> Result<bool, Stop> {
        let Piece::Hello(asked) = self.reader.piece()? else {
            return Err(BundleError::Damaged("it does not begin with a hello").into());
        };
        let (last_seq, site_epoch) = (asked.last_seq, asked.site_epoch);
        let reply = hello::answered(&self.hq.inner, &self.laptop, asked, self.came).await?;
        let restored = reply.site_epoch > site_epoch && self.came == Came::Hand;
        self.follows = restored.then_some(reply.acked_seq);
        self.taken.stopped = match &reply {
            reply if reply.acked_seq > last_seq => Some(Code::DeviceForked),
            reply if reply.site_epoch != site_epoch && !restored => Some(Code::EpochChanged),
            _ => None,
        };
        self.writer.piece(&Piece::HelloReply(reply))?;
        Ok(self.taken.stopped.is_none())
    }

    /// A laptop does not know HQ's limits when it writes a file.
    async fn push(&mut self, asked: Push) -> Result<(), Stop> {
        if let (Some(acked_seq), Some(first)) = (self.follows.take(), asked.ops.first())
            && first.seq > acked_seq + 1
        {
            let detail = format!("a restore lost operations that these follow: HQ has up to {acked_seq}");
            return Err(Fault::new(Code::EpochChanged, detail).into());
        }
        for ops in asked.ops.chunks(self.hq.inner.limits.push_ops_max.max(1) as usize) {
            let arrived = ops.iter().map(Arrived::new).collect::<Result<_, _>>().map_err(Fault::from)?;
            let place = self.hq.inner.turns.join(self.laptop.0.number);
            let reply = push::take_in(&self.hq.inner, &self.laptop, asked.incarnation, arrived, place).await?;
            let refused = reply.acks.iter().filter(|a| matches!(a.outcome, Outcome::Refused { .. }));
            self.taken.refused += refused.count() as u64;
            self.taken.operations += reply.acks.len() as u64;
            self.writer.piece(&Piece::PushReply(reply))?;
        }
        Ok(())
    }

    /// An attachment: taken from where HQ has it, thrown away when no record names it or it is not what it says.
    async fn file(&mut self, hash: String, bytes: u64) -> Result<(), Stop> {
        let hq = &self.hq.inner;
        let mut have = match attachments::held(hq, &self.laptop, &hash).await {
            Ok(have) if bytes <= ATTACHMENT_BYTES_MAX => have,
            Err(fault) if !matches!(fault.code, Code::NotFound | Code::Invalid) => return Err(fault.into()),
            _ => Have::Whole(0),
        };
        let mut at = 0;
        while at < bytes {
            let size = usize::try_from(bytes - at).unwrap_or(CHUNK_BYTES).min(CHUNK_BYTES);
            let mut chunk = vec![0; size];
            self.reader.bytes(&mut chunk)?;
            if let Have::Part(there) = have
                && there < at + size as u64
            {
                let skip = usize::try_from(there.saturating_sub(at)).unwrap_or(0);
                let rest = Bytes::from(chunk).slice(skip..);
                have = match attachments::take(hq, &self.laptop, &hash, (at + skip as u64, bytes), rest).await {
                    Ok(have) => have,
                    Err(fault) if fault.code == Code::HashMismatch => Have::Whole(0),
                    Err(fault) => return Err(fault.into()),
                };
            }
            at += size as u64;
        }
        if have == Have::Whole(bytes) {
            self.whole.push(hash);
        }
        Ok(())
    }

    /// Pages of every feed from where the laptop is.
    async fn pages(&mut self) -> Result<(), Stop> {
        let site_epoch = self.hq.inner.storage.site().await.map_err(Error::from)?.epoch;
        for feed in self.laptop.feeds() {
            let mut after = self.cursors.get(&feed).copied().unwrap_or(0);
            loop {
                let asked = Pull { feed: feed.clone(), after, site_epoch, fresh_until: 0 };
                let state = State(Arc::clone(&self.hq.inner));
                let Json(page) = pull::pull(state, self.laptop.clone(), Received(asked)).await?;
                let more = page.more;
                after = page.next;
                self.writer.piece(&Piece::Page(page))?;
                if !more {
                    break;
                }
            }
        }
        Ok(())
    }
}

/// Why taking a file stopped.
enum Stop {
    /// HQ said no.
    Said(Fault),
    /// Something failed.
    Failed(Error),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Said(fault)
    }
}

impl From<BundleError> for Stop {
    fn from(error: BundleError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}
