//! Pictures as phones, cameras and programs write them: upright whatever their notes say, whole or refused.

#![cfg(test)]

use doorstep_picture::{Fault, Format, Orientation, head, read};
use image::{
    DynamicImage, ExtendedColorType, GenericImageView, ImageEncoder, ImageFormat, Rgb, RgbImage,
    codecs::{jpeg::JpegEncoder, webp::WebPEncoder},
};
use std::io::Cursor;

/// A picture of which each corner can be told: red, green, blue and white, clockwise from the top left.
fn corners(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| match (x * 2 < width, y * 2 < height) {
        (true, true) => Rgb([220, 20, 20]),
        (false, true) => Rgb([20, 200, 20]),
        (false, false) => Rgb([20, 20, 220]),
        (true, false) => Rgb([250, 250, 250]),
    })
}

fn busy(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| Rgb([(x * x + y * 3) as u8, (x * y / 7) as u8, (y * y / 5 + x) as u8]))
}

fn written(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// The colours of the corners, clockwise from the top left.
fn seen(picture: &DynamicImage) -> String {
    let (right, bottom) = (picture.width() - 3, picture.height() - 3);
    let name = |(x, y)| match picture.get_pixel(x, y).0 {
        [r, g, b, _] if r > 180 && g > 180 && b > 180 => 'w',
        [r, g, b, _] if r > g && r > b => 'r',
        [_, g, b, _] if g > b => 'g',
        _ => 'b',
    };
    [(2, 2), (right, 2), (right, bottom), (2, bottom)].map(name).iter().collect()
}

/// What a camera notes: the orientation, in either byte order, behind another entry.
fn notes(orientation: u16, big: bool) -> Vec<u8> {
    let short = |n: u16| if big { n.to_be_bytes() } else { n.to_le_bytes() };
    let long = |n: u32| if big { n.to_be_bytes() } else { n.to_le_bytes() };
    let entry = |tag: u16, value: u16| [&short(tag)[..], &short(3), &long(1), &short(value), &[0, 0]].concat();
    let head = [if big { b"MM" } else { b"II" }.as_slice(), &short(42), &long(8), &short(2)].concat();
    [head, entry(0x0106, 2), entry(0x0112, orientation), long(0).to_vec()].concat()
}

fn with_notes(format: Format, notes: &[u8], after_pixels: bool) -> Vec<u8> {
    let picture = corners(48, 32);
    match format {
        Format::Jpeg => {
            let plain = written(&picture, ImageFormat::Jpeg);
            let length = u16::try_from(notes.len() + 8).unwrap().to_be_bytes();
            [&plain[..2], &[0xFF, 0xE1], &length, b"Exif\0\0", notes, &plain[2..]].concat()
        }
        Format::Png => {
            let plain = written(&picture, ImageFormat::Png);
            let mut sum = flate2::Crc::new();
            sum.update(&[b"eXIf", notes].concat());
            let length = u32::try_from(notes.len()).unwrap().to_be_bytes();
            let chunk = [&length, b"eXIf".as_slice(), notes, &sum.sum().to_be_bytes()].concat();
            let at = if after_pixels { plain.len() - 12 } else { 33 };
            [&plain[..at], &chunk, &plain[at..]].concat()
        }
        Format::WebP => {
            let mut bytes = Vec::new();
            let mut encoder = WebPEncoder::new_lossless(&mut bytes);
            encoder.set_exif_metadata(notes.to_vec()).unwrap();
            encoder.write_image(&picture, 48, 32, ExtendedColorType::Rgb8).unwrap();
            bytes
        }
    }
}

#[test]
fn all_eight_orientations_stand_upright_in_every_form_and_byte_order() {
    let upright = ["rgbw", "grwb", "bwrg", "wbgr", "rwbg", "wrgb", "bgrw", "gbwr"];
    for format in [Format::Jpeg, Format::Png, Format::WebP] {
        for (orientation, corners) in (1..).zip(upright) {
            for big in [false, true] {
                for after in [false, true] {
                    let picture = with_notes(format, &notes(orientation, big), after);
                    let read = read(&picture, 2560).unwrap();
                    assert_eq!(seen(&read.image), corners, "{format:?} {orientation} {big} {after}");
                    let turned = orientation > 4;
                    assert_eq!(read.image.dimensions(), if turned { (32, 48) } else { (48, 32) });
                }
            }
        }
        let marked = [b"Exif\0\0".as_slice(), &notes(6, false)].concat();
        if format != Format::Jpeg {
            assert_eq!(head(&with_notes(format, &marked, false)).unwrap().orientation, Orientation::Rotate90);
        }
        for nonsense in [notes(0, true), notes(9, false), b"MM".to_vec(), Vec::new(), vec![0xFF; 40]] {
            assert_eq!(head(&with_notes(format, &nonsense, false)).unwrap().orientation, Orientation::NoTransforms);
        }
    }
}

#[test]
fn a_photo_without_its_end_is_whole_and_one_that_was_cut_off_is_not() {
    let case = include_bytes!("pictures/without-its-end.jpg");
    let whole = read(case, 2560).unwrap();
    assert_eq!(whole.image.dimensions(), (400, 200));
    for quality in [60, 85, 95] {
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, quality).encode_image(&busy(640, 417)).unwrap();
        let with_end = read(&jpeg, 2560).unwrap().image;
        let end = jpeg.len() - 2;
        assert_eq!(read(&jpeg[..end], 2560).unwrap().image, with_end, "{quality}");
        assert_eq!(read(&[&jpeg[..end], &[0; 300]].concat(), 2560).unwrap().image, with_end, "with zeros after it");
        for cut in [end - 24, end - 200, end / 2, end / 3, 700, 400, 24, 3] {
            assert!(matches!(read(&jpeg[..cut], 2560), Err(Fault::CutOff)), "{quality}, {cut} of {end}");
        }
    }
}

#[test]
fn a_picture_of_another_form_that_was_cut_off_is_refused() {
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        let whole = written(&busy(300, 200), format);
        assert!(read(&whole, 2560).is_ok());
        for cut in [whole.len() - 1, whole.len() - 13, whole.len() / 2, 40, 20] {
            assert!(read(&whole[..cut], 2560).is_err(), "{format:?}, {cut} of {}", whole.len());
        }
    }
}

#[test]
fn what_is_larger_than_wanted_is_made_smaller_without_changing_what_it_shows() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let read = read(&written(&corners(3000, 2001), format), 1000).unwrap();
        assert_eq!((read.image.dimensions(), seen(&read.image).as_str()), ((1000, 667), "rgbw"), "{format:?}");
    }
}

#[test]
fn a_form_that_is_not_read_is_named() {
    let heic = [b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".as_slice(), &[0; 200]].concat();
    assert!(matches!(read(&heic, 100), Err(Fault::Other("HEIC"))));
    assert!(matches!(read(b"%PDF-1.7\n", 100), Err(Fault::Unknown)));
    assert!(matches!(read(b"", 100), Err(Fault::Unknown)));
}
