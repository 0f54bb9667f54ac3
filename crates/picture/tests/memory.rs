//! What hostile and huge pictures may take, measured from outside: the most memory that this process ever had. One test
//! alone, since a process has one such measure.

#![cfg(test)]
#![cfg(target_os = "linux")]

use doorstep_picture::{Fault, head, read};
use flate2::{Compression, write::ZlibEncoder};
use image::{ImageFormat, RgbImage, codecs::jpeg::JpegEncoder};
use std::io::{Cursor, Write};

/// Bytes that this process had at most since [`forget`].
fn most() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix("kB").unwrap().trim().parse::<u64>().unwrap() * 1024
}

fn forget() -> u64 {
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    most()
}

fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut sum = flate2::Crc::new();
    sum.update(&[name.as_slice(), data].concat());
    [&u32::try_from(data.len()).unwrap().to_be_bytes(), name.as_slice(), data, &sum.sum().to_be_bytes()].concat()
}

/// Zeros, compressed.
fn squeezed(bytes: usize) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    for _ in 0..bytes.div_ceil(1 << 20) {
        encoder.write_all(&[0; 1 << 20]).unwrap();
    }
    encoder.finish().unwrap()
}

/// A PNG of grey dots in one bit each.
fn dots(width: u32, height: u32) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[1, 0, 0, 0, 0]].concat();
    let pixels = squeezed((width as usize / 8 + 2) * height as usize);
    let chunks = [chunk(b"IHDR", &header), chunk(b"IDAT", &pixels), chunk(b"IEND", &[])];
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunks.concat()].concat()
}

fn jpeg(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let picture = RgbImage::from_pixel(width, height, image::Rgb([90, 140, 60]));
    JpegEncoder::new_with_quality(&mut bytes, 80).encode_image(&picture).unwrap();
    bytes
}

/// Where in a JPEG its measures stand: behind the frame's marker, its length and its depth.
fn measures(jpeg: &[u8]) -> usize {
    jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap() + 5
}

#[test]
fn no_picture_takes_more_than_its_share_whatever_it_promises_and_however_many_come_at_once() {
    let square = dots(20_000, 20_000);
    assert!(square.len() < 500_000, "{} bytes promise 400 million pixels", square.len());
    let before = forget();
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| assert!(matches!(read(&square, 2560), Err(Fault::TooLarge { width: 20_000, .. }))));
        }
    });
    assert!(most() - before < 32 << 20, "{} MB for what is refused", (most() - before) >> 20);

    // Four that are just small enough, at once: no more than one takes.
    let large = dots(10_000, 10_000);
    let before = forget();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(read(&large, 2560).unwrap().image.width(), 2560));
        }
    });
    assert!(most() - before < 256 << 20, "{} MB for four", (most() - before) >> 20);

    // Texts and profiles that are larger than any picture.
    let bomb = squeezed(100 << 20);
    let mut plain = Cursor::new(Vec::new());
    RgbImage::new(40, 30).write_to(&mut plain, ImageFormat::Png).unwrap();
    let plain = plain.into_inner();
    let text = chunk(b"zTXt", &[b"Comment\0\0", bomb.as_slice()].concat());
    let profile = chunk(b"iCCP", &[b"name\0\0", bomb.as_slice()].concat());
    let before = forget();
    assert_eq!(read(&[&plain[..33], &profile, &text, &plain[33..]].concat(), 2560).unwrap().image.width(), 40);
    assert!(most() - before < 32 << 20, "{} MB for texts", (most() - before) >> 20);

    // Photos as phones take them: 50 and 108 million pixels.
    for (width, height) in [(8160, 6120), (12_000, 9_000)] {
        let photo = jpeg(width, height);
        let before = forget();
        let read = read(&photo, 2560).unwrap().image;
        assert_eq!((read.width(), read.height()), (2560, 1920));
        assert!(most() - before < 250 << 20, "{} MB for {width} x {height}", (most() - before) >> 20);
    }

    // Measures that were made up, scans without end.
    let photo = jpeg(64, 64);
    let at = measures(&photo);
    let mut huge = photo.clone();
    huge[at..at + 4].copy_from_slice(&[0xFF; 4]);
    let before = forget();
    assert!(matches!(read(&huge, 2560), Err(Fault::TooLarge { width: 65_535, .. })));
    let mut none = photo.clone();
    none[at..at + 4].copy_from_slice(&[0; 4]);
    assert!(head(&none).is_err());
    let scan = photo.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
    let scans = [&photo[..scan], &photo[scan..photo.len() - 2].repeat(5000), &[0xFF, 0xD9]].concat();
    assert!(matches!(read(&scans, 2560), Err(Fault::Damaged(_))));
    // A WebP that says one thing outside and another within.
    let outside = [b"VP8X".as_slice(), &10_u32.to_le_bytes(), &[0; 4], &[9, 0, 0, 9, 0, 0]].concat();
    let within = [b"VP8L".as_slice(), &6_u32.to_le_bytes(), &[0x2F, 0xFF, 0xFF, 0xFF, 0x0F, 0]].concat();
    let size = u32::try_from(4 + outside.len() + within.len()).unwrap().to_le_bytes();
    let webp = [b"RIFF".as_slice(), &size, b"WEBP", &outside, &within].concat();
    assert!(matches!(read(&webp, 2560), Err(Fault::TooLarge { width: 16_384, height: 16_384 })));
    assert!(most() - before < 32 << 20);
}
