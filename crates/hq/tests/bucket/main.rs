//! Attachments in S3: the same behaviour as in a folder, against moto, a server that speaks S3. It comes with
//! `cargo xtask test`, which installs it under the target folder.
#![cfg(test)]

use bytes::Bytes;
use doorstep_domain::seal;
use doorstep_hq::attachments::{AttachmentError, Attachments, Have, Upload};
use futures_util::TryStreamExt;
use object_store::{aws::AmazonS3Builder, local::LocalFileSystem, path::Path as ObjectPath};
use std::{
    env, fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

/// How long moto may take to start.
const START_MAX: Duration = Duration::from_secs(60);
const BUCKET: &str = "doorstep";

/// A running S3.
struct Moto {
    process: Child,
    base: String,
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn program() -> PathBuf {
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/robots");
    let robots = env::var_os("DOORSTEP_ROBOTS").map_or(usual, PathBuf::from);
    let name = if cfg!(windows) { "Scripts/moto_server.exe" } else { "bin/moto_server" };
    let program = robots.join(name);
    assert!(program.exists(), "{} is not there; `cargo xtask test` installs it", program.display());
    program
}

impl Moto {
    async fn start() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(program());
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]).stdout(Stdio::null()).stderr(Stdio::null());
        let moto = Self { process: command.spawn().unwrap(), base: format!("http://127.0.0.1:{port}") };
        let until = Instant::now() + START_MAX;
        let client = reqwest::Client::new();
        while client.put(format!("{}/{BUCKET}", moto.base)).send().await.is_err() {
            assert!(Instant::now() < until, "moto did not start");
            tokio::task::yield_now().await;
        }
        moto
    }

    /// A process of HQ over this storage.
    fn process(&self, prefix: &str) -> Attachments {
        let store = AmazonS3Builder::new()
            .with_endpoint(&self.base)
            .with_allow_http(true)
            .with_region("us-east-1")
            .with_access_key_id("test")
            .with_secret_access_key("test")
            .with_bucket_name(BUCKET)
            .build()
            .unwrap();
        Attachments::over(Arc::new(store), ObjectPath::parse(prefix).unwrap())
    }
}

fn file(bytes: usize, seed: u8) -> (Bytes, String) {
    let content: Vec<u8> = (0..bytes).map(|n| seed ^ u8::try_from(n % 251).unwrap()).collect();
    let hash = seal::hash(&content);
    (content.into(), hash)
}

async fn append(
    attachments: &Attachments,
    hash: &str,
    (offset, length): (u64, u64),
    chunk: Bytes,
) -> Result<Have, AttachmentError> {
    let upload = Upload { hash: hash.to_owned(), sender: "CD".to_owned(), length, is_known: true };
    attachments.append(&upload, offset, chunk, async { Ok(()) }).await
}

async fn read(attachments: &Attachments, hash: &str, range: std::ops::Range<u64>) -> Vec<u8> {
    let pieces: Vec<Bytes> = attachments.read(hash, range).await.unwrap().try_collect().await.unwrap();
    pieces.concat()
}

#[tokio::test]
async fn an_upload_goes_on_at_another_process_and_is_read_by_a_third() {
    let moto = Moto::start().await;
    // More than one part of S3 when it is put together.
    let (content, hash) = file(20_000_000, 7);
    let length = content.len() as u64;
    let mut offset = 0;
    let mut number = 0;
    while offset < length {
        let process = moto.process("hq");
        assert_eq!(process.have(&hash, "CD").await.unwrap(), Have::Part(offset));
        let end = (offset + 3_000_000).min(length);
        let chunk = content.slice(usize::try_from(offset).unwrap()..usize::try_from(end).unwrap());
        let have = append(&process, &hash, (offset, length), chunk.clone()).await.unwrap();
        let again = append(&process, &hash, (offset, length), chunk).await;
        if end < length {
            assert_eq!(have, Have::Part(end));
            assert!(matches!(again, Err(AttachmentError::Offset { have }) if have == end));
        } else {
            assert_eq!((have, again.unwrap()), (Have::Whole(length), Have::Whole(length)));
        }
        offset = end;
        number += 1;
    }
    assert_eq!(number, 7);
    let third = moto.process("hq");
    assert_eq!(third.have(&hash, "CD").await.unwrap(), Have::Whole(length));
    assert_eq!(read(&third, &hash, 0..length).await, content);
    assert_eq!(read(&third, &hash, 7_999_990..8_000_010).await, content[7_999_990..8_000_010]);
    assert_eq!(third.sweep("2026-11-23T09:00:00Z".parse().unwrap()).await.unwrap(), 0, "no chunk is left");
    assert_eq!(moto.process("other").have(&hash, "CD").await.unwrap(), Have::Part(0), "prefixes keep apart");
}

#[tokio::test]
async fn bytes_that_are_not_those_of_the_hash_are_thrown_away() {
    let moto = Moto::start().await;
    let attachments = moto.process("");
    let ((content, hash), (wrong, _)) = (file(100_000, 1), file(100_000, 2));
    append(&attachments, &hash, (0, 100_000), wrong.slice(..60_000)).await.unwrap();
    let refused = append(&attachments, &hash, (60_000, 100_000), wrong.slice(60_000..)).await;
    assert!(matches!(refused, Err(AttachmentError::HashMismatch)));
    assert_eq!(attachments.have(&hash, "CD").await.unwrap(), Have::Part(0));
    assert!(matches!(attachments.read(&hash, 0..1).await, Err(AttachmentError::NotFound)));
    append(&attachments, &hash, (0, 100_000), content.clone()).await.unwrap();
    assert_eq!(read(&attachments, &hash, 0..100_000).await, content);
}

#[tokio::test]
async fn processes_that_take_one_attachment_at_once_end_with_it_whole() {
    let moto = Moto::start().await;
    let (content, hash) = file(2_000_000, 3);
    let length = content.len() as u64;
    let sending = (0..3).map(|number| {
        let (process, content, hash) = (moto.process("hq"), content.clone(), hash.clone());
        tokio::spawn(async move {
            let chunk = 300_000 + 70_000 * number;
            let mut at = 0;
            for _ in 0..200 {
                let end = (at + chunk).min(content.len());
                match append(&process, &hash, (at as u64, length), content.slice(at..end)).await {
                    Ok(Have::Whole(_)) => return true,
                    Ok(Have::Part(have)) | Err(AttachmentError::Offset { have }) => at = usize::try_from(have).unwrap(),
                    Err(other) => panic!("{other:?}"),
                }
            }
            false
        })
    });
    for sent in sending.collect::<Vec<_>>() {
        assert!(sent.await.unwrap());
    }
    assert_eq!(read(&moto.process("hq"), &hash, 0..length).await, content);
    moto.process("hq").sweep("2026-11-23T09:00:00Z".parse().unwrap()).await.unwrap();
    assert_eq!(moto.process("hq").have(&hash, "CD").await.unwrap(), Have::Whole(length));
}

#[tokio::test]
async fn attachments_are_taken_from_one_place_to_another_once_and_checked() {
    let moto = Moto::start().await;
    let folder = tempfile::tempdir().unwrap();
    let store = LocalFileSystem::new_with_prefix(folder.path()).unwrap();
    let (bucket, local) = (moto.process("hq"), Attachments::over(Arc::new(store), ObjectPath::default()));
    let (content, hash) = file(1_000_000, 5);
    append(&bucket, &hash, (0, 1_000_000), content.clone()).await.unwrap();
    let found: Vec<_> = bucket.wholes().try_collect().await.unwrap();
    assert_eq!(found, [(hash.clone(), 1_000_000)]);
    assert!(local.take(&bucket, &hash).await.unwrap());
    assert!(!local.take(&bucket, &hash).await.unwrap());
    let file = folder.path().join("whole").join(&hash[..2]).join(&hash);
    assert_eq!(fs::read(&file).unwrap(), content);
    fs::write(&file, b"damaged").unwrap();
    let other = moto.process("restored");
    assert!(matches!(other.take(&local, &hash).await, Err(AttachmentError::HashMismatch)));
    assert_eq!(other.have(&hash, "CD").await.unwrap(), Have::Part(0));
}

#[tokio::test]
async fn storage_that_is_gone_is_said_to_be_and_takes_nothing() {
    let moto = Moto::start().await;
    let attachments = moto.process("hq");
    attachments.ping().await.unwrap();
    let client = reqwest::Client::new();
    client.post(format!("{}/moto-api/reset", moto.base)).send().await.unwrap();
    assert!(attachments.ping().await.is_err(), "the bucket is gone");
    let (content, hash) = file(1_000, 9);
    assert!(append(&attachments, &hash, (0, 1_000), content).await.is_err());
}
