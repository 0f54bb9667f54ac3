//! The form of a `.doorstep` file against everything that can happen to one on its way.
#![cfg(test)]

use doorstep_domain::id::{DeviceId, RecordId};
use doorstep_wire::bundle::{BundleError, Head, Header, Piece, Reader, Way, Writer};
use proptest::prelude::*;
use std::{collections::BTreeMap, io::Cursor};

const KEY: [u8; 32] = [7; 32];

fn header() -> Header {
    Header {
        way: Way::Request,
        device_id: DeviceId(RecordId(uuid::Uuid::from_bytes([3; 16]))),
        incarnation: 2,
        created: "2026-11-23T08:00:00Z".parse().unwrap(),
        answer_key: "key".into(),
    }
}

/// A bundle with a file of so many bytes between two pieces.
fn written(bytes: usize) -> Vec<u8> {
    let mut bundle = Writer::begin(Vec::new(), &header(), &KEY, b"sealed").unwrap();
    bundle.piece(&cursors()).unwrap();
    bundle.piece(&Piece::File { hash: "ab".repeat(32), bytes: bytes as u64 }).unwrap();
    bundle.bytes(&content(bytes)).unwrap();
    bundle.piece(&Piece::Files(vec!["x".into()])).unwrap();
    bundle.end().unwrap().0
}

fn cursors() -> Piece {
    Piece::Cursors(BTreeMap::from([("all".to_owned(), 9)]))
}

/// Bytes that do not compress.
fn content(bytes: usize) -> Vec<u8> {
    let mut content = vec![0; bytes];
    blake3::Hasher::new().finalize_xof().fill(&mut content);
    content
}

/// Every piece, to the end.
fn read(bundle: &[u8], key: &[u8; 32]) -> Result<Vec<Piece>, BundleError> {
    let mut from = Cursor::new(bundle);
    let head = Head::read(&mut from)?;
    let mut reader = Reader::begin(from, &head, key)?;
    let mut pieces = Vec::new();
    loop {
        let piece = reader.piece()?;
        if let Piece::File { bytes, .. } = &piece {
            let mut content = vec![0; usize::try_from(*bytes).unwrap().min(1_000_000)];
            reader.bytes(&mut content)?;
        }
        let end = piece == Piece::End;
        pieces.push(piece);
        if end {
            return Ok(pieces);
        }
    }
}

#[test]
fn a_bundle_reads_back_whatever_its_size() {
    for bytes in [0, 1, 65_000, 65_536, 131_072, 300_001] {
        let bundle = written(bytes);
        let head = Head::read(&mut Cursor::new(&bundle)).unwrap();
        assert_eq!((head.header, head.sealed_key), (header(), b"sealed".to_vec()));
        let pieces = read(&bundle, &KEY).unwrap();
        let file = Piece::File { hash: "ab".repeat(32), bytes: bytes as u64 };
        assert_eq!(pieces, [cursors(), file, Piece::Files(vec!["x".into()]), Piece::End], "{bytes}");
    }
}

#[test]
fn a_bundle_shows_nothing_of_what_it_carries() {
    let bundle = written(0);
    assert!(!bundle.windows(5).any(|w| w == b"files"));
    assert!(matches!(read(&bundle, &[8; 32]), Err(BundleError::Damaged(_))), "another key");
}

#[test]
fn what_is_no_bundle_and_what_is_of_a_newer_version_are_told_apart() {
    assert!(matches!(read(b"PK\x03\x04 a zip", &KEY), Err(BundleError::NotABundle)));
    assert!(matches!(read(b"", &KEY), Err(BundleError::NotABundle)));
    let mut newer = written(0);
    newer[9] = 2;
    assert!(matches!(read(&newer, &KEY), Err(BundleError::Newer(2))));
}

proptest! {
    #[test]
    fn a_bundle_cut_anywhere_is_told(size in 0usize..200_000, at in 0.0f64..1.0) {
        let bundle = written(size);
        let cut = (bundle.len() as f64 * at) as usize;
        prop_assert!(read(&bundle[..cut], &KEY).is_err());
    }

    #[test]
    fn a_bundle_changed_anywhere_is_told(size in 0usize..150_000, at in 0.0f64..1.0, flip in 1u8..) {
        let mut bundle = written(size);
        let at = (bundle.len() as f64 * at) as usize;
        bundle[at] ^= flip;
        let sealed_key = Head::read(&mut Cursor::new(&bundle)).is_ok_and(|head| head.sealed_key != b"sealed");
        prop_assert!(sealed_key || read(&bundle, &KEY).is_err(), "at {}", at);
    }

    #[test]
    fn anything_at_all_is_refused_and_does_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..2_000), well_begun: bool) {
        let mut bundle = if well_begun { b"DOORSTEP\x00\x01".to_vec() } else { Vec::new() };
        bundle.extend(bytes);
        prop_assert!(read(&bundle, &KEY).is_err());
    }

    /// Well sealed and compressed, by somebody who has the key, and nonsense all the same.
    #[test]
    fn nonsense_under_the_right_key_is_refused_and_does_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        let mut bundle = Writer::begin(Vec::new(), &header(), &KEY, b"sealed").unwrap();
        bundle.bytes(&bytes).unwrap();
        let bundle = bundle.end().unwrap().0;
        if let Ok(pieces) = read(&bundle, &KEY) {
            prop_assert!(bytes.is_empty() || pieces.len() > 1);
        }
    }
}
