//! No bytes whatever make reading panic, and what is read stays within the limits.

#![cfg(test)]

use doorstep_roster::{drafts, limits, possible_duplicates, read, suggest};
use proptest::prelude::*;

const FILES: [&[u8]; 3] = [
    include_bytes!("fixtures/openpyxl.xlsx"),
    include_bytes!("fixtures/xlwt.xls"),
    include_bytes!("fixtures/notepad-gbk.csv"),
];

/// Goes the whole way an import goes.
fn survives(bytes: &[u8]) {
    let Ok(sheet) = read(bytes, "x") else { return };
    assert!(sheet.rows.len() <= limits::ROWS_MAX && sheet.header.len() <= limits::COLUMNS_MAX);
    assert!(sheet.rows.iter().all(|row| row.cells.len() <= sheet.header.len()));
    let drafts = drafts(&sheet, &suggest(&sheet));
    assert!(drafts.iter().all(|draft| draft.customer().is_some() || !draft.is_good()));
    assert!(possible_duplicates(&drafts, std::iter::empty()).len() <= drafts.len() * 40);
}

/// The parts of the XLSX unpacked, damaged, and packed again, so that damage gets past the checksums.
fn repacked(part: usize, damage: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    use std::io::{Cursor, Read, Write};
    let mut archive = zip::ZipArchive::new(Cursor::new(FILES[0])).unwrap();
    let mut packed = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let damaged = part % archive.len();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let name = file.name().unwrap().into_owned();
        let mut content = Vec::new();
        file.read_to_end(&mut content).unwrap();
        if index == damaged {
            damage(&mut content);
        }
        packed.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        packed.write_all(&content).unwrap();
    }
    packed.finish().unwrap().into_inner()
}

/// The stream of the XLS taken out, damaged, and put into a sound container again.
fn rewrapped(damage: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    use std::io::{Cursor, Read, Write};
    let mut container = cfb::CompoundFile::open(Cursor::new(FILES[1])).unwrap();
    let mut stream = Vec::new();
    container.open_stream("/Workbook").unwrap().read_to_end(&mut stream).unwrap();
    damage(&mut stream);
    let mut wrapped = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    wrapped.create_stream("/Workbook").unwrap().write_all(&stream).unwrap();
    wrapped.flush().unwrap();
    wrapped.into_inner().into_inner()
}

fn damage(bytes: &mut Vec<u8>, changes: &[(prop::sample::Index, u8)], cut: Option<prop::sample::Index>) {
    for (at, value) in changes {
        let at = at.index(bytes.len());
        bytes[at] = *value;
    }
    if let Some(cut) = cut {
        bytes.truncate(cut.index(bytes.len()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..2048)) {
        survives(&bytes);
    }

    #[test]
    fn arbitrary_text(text in "([ -~]|[一-龥]|[,;\t\n\"'0-9/、-]){0,200}") {
        survives(text.as_bytes());
    }

    #[test]
    fn arbitrary_bytes_behind_a_known_beginning(
        beginning in prop::sample::select(vec![
            &b"PK\x03\x04"[..], b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"sep=\"\n",
        ]),
        bytes in prop::collection::vec(any::<u8>(), 0..4096),
    ) {
        survives(&[beginning, &bytes].concat());
    }

    #[test]
    fn damaged_files(
        file in 0..FILES.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..16),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let mut bytes = FILES[file].to_vec();
        damage(&mut bytes, &changes, cut);
        survives(&bytes);
    }

    #[test]
    fn damaged_parts_of_a_sound_package(
        part in any::<usize>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..16),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        survives(&repacked(part, |content| damage(content, &changes, cut)));
    }

    #[test]
    fn a_damaged_stream_in_a_sound_container(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..16),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        survives(&rewrapped(|stream| damage(stream, &changes, cut)));
    }
}
