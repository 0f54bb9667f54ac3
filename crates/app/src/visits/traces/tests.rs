//! Pictures of each container with what a camera notes, and without.

use super::*;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, RgbImage, codecs::webp::WebPEncoder};
use std::io::Cursor;

/// Exif as a telephone writes it: turned, maker, a place.
fn exif(with_place: bool) -> Vec<u8> {
    let mut tiff = b"MM\0*\0\0\0\x08".to_vec();
    let entry = |number: u16, kind: u16, count: u32, value: [u8; 4]| {
        [&number.to_be_bytes()[..], &kind.to_be_bytes(), &count.to_be_bytes(), &value].concat()
    };
    let directory = 8 + 2 + 3 * 12 + 4;
    tiff.extend([0, 3]);
    tiff.extend(entry(0x010f, 2, 4, *b"abc\0"));
    tiff.extend(entry(0x0112, 3, 1, [0, 6, 0, 0]));
    tiff.extend(entry(0x8825, 4, 1, u32::to_be_bytes(directory)));
    tiff.extend([0; 4]);
    tiff.extend([0, if with_place { 2 } else { 1 }]);
    tiff.extend(entry(0, 1, 4, [2, 3, 0, 0]));
    if with_place {
        tiff.extend(entry(1, 2, 2, *b"N\0\0\0"));
    }
    tiff.extend([0; 4]);
    tiff
}

const XMP: &[u8] = b"<x:xmpmeta><rdf:Description exif:GPSLatitude=\"30,39.5N\"/></x:xmpmeta>";

fn picture() -> DynamicImage {
    DynamicImage::ImageRgb8(RgbImage::from_fn(40, 20, |x, y| image::Rgb([x as u8 * 6, y as u8 * 12, 90])))
}

fn plain(format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    match format {
        ImageFormat::WebP => picture().write_with_encoder(WebPEncoder::new_lossless(&mut out)).unwrap(),
        format => picture().write_to(&mut out, format).unwrap(),
    }
    out.into_inner()
}

fn jpeg() -> Vec<u8> {
    let segment = |marker: u8, content: &[u8]| {
        [&[0xff, marker][..], &u16::try_from(content.len() + 2).unwrap().to_be_bytes(), content].concat()
    };
    let notes = [
        segment(0xe1, &[b"Exif\0\0", &exif(true)[..]].concat()),
        segment(0xe1, &[b"http://ns.adobe.com/xap/1.0/\0", XMP].concat()),
        segment(0xe2, b"MPF\0 further pictures"),
        segment(0xfe, b"a comment"),
    ];
    let plain = plain(ImageFormat::Jpeg);
    [&plain[..2], &notes.concat(), &plain[2..], b"trailer with GPSLatitude"].concat()
}

fn png() -> Vec<u8> {
    let chunk = |name: &[u8], content: &[u8]| {
        [&u32::try_from(content.len()).unwrap().to_be_bytes()[..], name, content, &[0; 4]].concat()
    };
    let plain = plain(ImageFormat::Png);
    let notes = [chunk(b"tEXt", &[b"XML:com.adobe.xmp\0", XMP].concat()), chunk(b"tIME", &[7, 234, 11, 30, 9, 0, 0])];
    // The decoder checks sums of what it reads; our own chunk has to have one.
    let exif = chunk(b"eXIf", &exif(true));
    [&plain[..33], &notes.concat(), &exif, &plain[33..]].concat()
}

fn webp() -> Vec<u8> {
    let plain = plain(ImageFormat::WebP);
    let chunk = |name: &[u8], content: &[u8]| {
        let pad = vec![0; content.len() % 2];
        [name, &u32::try_from(content.len()).unwrap().to_le_bytes(), content, &pad].concat()
    };
    let first = chunk(b"VP8X", &[HAS, 0, 0, 0, 39, 0, 0, 19, 0, 0]);
    const HAS: u8 = 0x0c;
    let body = [&b"WEBP"[..], &first, &plain[12..], &chunk(b"EXIF", &exif(true)), &chunk(b"XMP ", XMP)].concat();
    [&b"RIFF"[..], &u32::try_from(body.len()).unwrap().to_le_bytes(), &body].concat()
}

/// A HEIC of nothing but its tables and notes: its picture is not read here.
fn heic() -> Vec<u8> {
    let boxed = |name: &[u8], content: &[u8]| {
        [&u32::try_from(content.len() + 8).unwrap().to_be_bytes()[..], name, content].concat()
    };
    let head = boxed(b"ftyp", b"heic\0\0\0\0mif1heic");
    let infe = |id: u8, kind: &[u8]| boxed(b"infe", &[&[2, 0, 0, 0, 0, id, 0, 0], kind, &[0]].concat());
    let exif = [&[0, 0, 0, 6][..], b"Exif\0\0", &exif(true)].concat();
    let meta = |at: u32| {
        let iinf = boxed(
            b"iinf",
            &[&[0, 0, 0, 0, 0, 3][..], &infe(1, b"hvc1"), &infe(2, b"Exif"), &infe(3, b"mime")].concat(),
        );
        let item = |id: u8, at: u32, length: usize| {
            [&[0, id, 0, 0, 0, 1][..], &at.to_be_bytes(), &u32::try_from(length).unwrap().to_be_bytes()].concat()
        };
        let after = at + u32::try_from(exif.len()).unwrap();
        let iloc = [&[0, 0, 0, 0, 0x44, 0, 0, 2][..], &item(2, at, exif.len()), &item(3, after, XMP.len())].concat();
        boxed(b"meta", &[&[0; 4][..], &iinf, &boxed(b"iloc", &iloc)].concat())
    };
    let at = head.len() + meta(0).len() + 8;
    [head, meta(u32::try_from(at).unwrap()), boxed(b"mdat", &[&exif[..], XMP, b"picture"].concat())].concat()
}

#[test]
fn a_picture_of_any_kind_tells_where_it_was_taken_until_that_is_taken_out() {
    for (kind, bytes) in [("JPEG", jpeg()), ("PNG", png()), ("WebP", webp()), ("HEIC", heic())] {
        assert_eq!(told(&bytes), Some(Told::Place), "{kind}");
        let clean = removed(&bytes).unwrap_or_else(|| panic!("{kind} is not cleaned"));
        assert_eq!(told(&clean), None, "{kind}");
        for trace in [&b"GPSLatitude"[..], b"abc\0"] {
            assert!(!clean.windows(trace.len()).any(|part| part == trace), "{kind} still holds {trace:?}");
        }
        assert_eq!(removed(&clean).as_ref(), Some(&clean), "{kind}: once is enough");
    }
    assert_eq!(heic().len(), removed(&heic()).unwrap().len(), "no byte moves");
    assert!(removed(&heic()).unwrap().ends_with(b"picture"));
}

#[test]
fn a_cleaned_picture_shows_the_same_and_stands_as_it_stood() {
    for (format, bytes) in [(ImageFormat::Jpeg, jpeg()), (ImageFormat::WebP, webp()), (ImageFormat::Png, png())] {
        let clean = removed(&bytes).unwrap();
        let mut decoder = ImageReader::with_format(Cursor::new(&clean), format).into_decoder().unwrap();
        assert_eq!(decoder.orientation().unwrap(), image::metadata::Orientation::Rotate90, "{format:?}");
        let shown = DynamicImage::from_decoder(decoder).unwrap();
        let before = image::load_from_memory_with_format(&plain(format), format).unwrap();
        assert_eq!(shown.to_rgb8(), before.to_rgb8(), "{format:?}");
    }
}

#[test]
fn a_picture_that_tells_nothing_and_a_file_that_is_none_are_left_alone() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        assert_eq!(told(&plain(format)), None, "{format:?}");
    }
    assert_eq!(exif::told(&exif(false)), Some(Told::Camera), "an empty directory is no place");
    for bytes in [&b"%PDF-1.7 GPSLatitude"[..], b"", b"PK\x03\x04", b"\xff\xd8"] {
        assert_eq!((told(bytes), removed(bytes)), (None, None));
    }
}

#[test]
fn no_damage_to_a_picture_makes_looking_at_it_panic() {
    for whole in [jpeg(), png(), webp(), heic()] {
        for at in 0..whole.len() {
            told(&whole[..at]);
            removed(&whole[..at]);
            for byte in [0, 1, 0x7f, 0xff] {
                let mut bytes = whole.clone();
                bytes[at] = byte;
                told(&bytes);
                removed(&bytes);
            }
        }
    }
}
