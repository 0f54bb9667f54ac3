//! A `.doorstep` file of a laptop that is off, handed in by a person: kept in HQ's data folder while it is taken in, and
//! never in memory as a whole.

use super::asked::Asker;
use crate::{bundle::Taken, error::Error, hq::Hq, private_folder, rights::Person, serve::fault::Fault};
use axum::{
    Json,
    body::Body,
    extract::{Request, State},
};
use doorstep_domain::Code;
use futures_util::StreamExt;
use std::{
    fs, io,
    path::{Path, PathBuf},
};
use tokio::{fs::File, io::AsyncWriteExt, runtime::Handle, task};

/// Most bytes of a file: two of the largest attachments, and records.
pub const BUNDLE_BYTES_MAX: u64 = 5 * 1024 * 1024 * 1024;

/// A file while it is taken in; it goes when that ends, however it ends.
struct Incoming(PathBuf);

impl Drop for Incoming {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.0) {
            tracing::warn!(%error, "a file that was handed in stays in the folder `incoming`");
        }
    }
}

/// `POST /v1/admin/bundles`
pub async fn hand_in(State(hq): State<Hq>, Asker(person): Asker, request: Request) -> Result<Json<Taken>, Fault> {
    // Before its bytes are kept.
    person.may(crate::rights::Right::House)?;
    let folder = hq.data().join("incoming");
    let path = folder.join(hex::encode(hq.inner.surroundings.random::<16>()));
    private_folder::make(&folder)?;
    let mut file = File::create_new(&path).await.map_err(|e| failed(&path, e))?;
    let incoming = Incoming(path);
    receive(request.into_body(), &mut file, BUNDLE_BYTES_MAX).await?;
    file.flush().await.map_err(|e| failed(&incoming.0, e))?;
    drop(file);
    let taken = task::spawn_blocking(move || taken(&hq, &person, &incoming)).await;
    Ok(Json(taken.map_err(|_| Fault::new(Code::Internal, "taking the file in failed"))??))
}

/// Reading a file blocks: this runs on a thread of its own.
fn taken(hq: &Hq, person: &Person, incoming: &Incoming) -> Result<Taken, Fault> {
    Ok(Handle::current().block_on(hq.hand_in(person, &incoming.0))?)
}

async fn receive(body: Body, file: &mut File, bytes_max: u64) -> Result<(), Fault> {
    let (mut chunks, mut bytes) = (body.into_data_stream(), 0_u64);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Fault::new(Code::Invalid, "the body was cut or cannot be read"))?;
        bytes += chunk.len() as u64;
        if bytes > bytes_max {
            return Err(Fault::new(Code::TooLarge, "the file is over the limit"));
        }
        file.write_all(&chunk).await.map_err(|e| failed(Path::new("incoming"), e))?;
    }
    Ok(())
}

fn failed(path: &Path, error: io::Error) -> Fault {
    Error::folder(path, error).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_that_is_handed_in_has_a_limit() {
        let folder = tempfile::tempdir().unwrap();
        for (bytes_max, fits) in [(100, true), (99, false)] {
            let mut file = File::create(folder.path().join("a")).await.unwrap();
            let done = receive(Body::from(vec![7; 100]), &mut file, bytes_max).await;
            assert_eq!(done.map_err(|fault| fault.code), if fits { Ok(()) } else { Err(Code::TooLarge) });
        }
    }

    #[tokio::test]
    async fn what_a_stop_left_of_a_file_goes_when_hq_starts_again() {
        let folder = tempfile::tempdir().unwrap();
        let left = folder.path().join("left");
        fs::write(&left, "x").unwrap();
        let written: chrono::DateTime<chrono::Utc> = fs::metadata(&left).unwrap().modified().unwrap().into();
        let sweep = |hours| crate::bundle::sweep(folder.path(), written + chrono::TimeDelta::hours(hours));
        sweep(23).unwrap();
        assert!(left.exists(), "somebody may be handing it in");
        sweep(25).unwrap();
        assert!(!left.exists());
        crate::bundle::sweep(&folder.path().join("nowhere"), written).unwrap();
    }
}
