//! Forms of pictures that are not read here, told so that people hear which one they have.

/// The name of the form; `None` when it is no picture that anybody would have.
pub(crate) fn form(bytes: &[u8]) -> Option<&'static str> {
    let starts = |with: &[u8]| bytes.starts_with(with);
    match () {
        () if bytes.get(4..8) == Some(b"ftyp") => iso_media(bytes),
        () if starts(b"GIF8") => Some("GIF"),
        () if starts(b"BM") && bytes.len() > 26 => Some("BMP"),
        () if starts(b"II*\0") || starts(b"MM\0*") || starts(b"II+\0") => Some("TIFF"),
        () if starts(&[0xFF, 0x0A]) || starts(b"\0\0\0\x0CJXL ") => Some("JPEG XL"),
        () if starts(b"\0\0\0\x0CjP  ") => Some("JPEG 2000"),
        () if starts(b"8BPS") => Some("PSD"),
        () if starts(b"\0\0\x01\0") => Some("ICO"),
        () => None,
    }
}

/// Brands of ISO media files (ISO 14496-12) that are still pictures. The first brand is the main one; phones also write
/// `mif1` first and say what it holds among the compatible ones.
fn iso_media(bytes: &[u8]) -> Option<&'static str> {
    let size = bytes.get(..4).and_then(|size| size.try_into().ok()).map_or(0, u32::from_be_bytes) as usize;
    let end = size.clamp(12, 256).min(bytes.len());
    let brands = || bytes.get(8..end).unwrap_or_default().as_chunks::<4>().0.iter();
    let has = |wanted: &[&[u8; 4]]| brands().any(|brand| wanted.contains(&brand));
    if has(&[b"avif", b"avis"]) {
        return Some("AVIF");
    }
    has(&[b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"mif2"]).then_some("HEIC")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_phones_write_besides_jpeg_is_named() {
        let media = |brands: &[&[u8]]| [&[0, 0, 0, 24], b"ftyp".as_slice(), &brands.concat(), &[0; 40]].concat();
        for (brands, name) in [
            (&[b"heic".as_slice(), &[0; 4], b"mif1", b"heic"], Some("HEIC")),
            (&[b"mif1".as_slice(), &[0; 4], b"mif1", b"heic"], Some("HEIC")),
            (&[b"heix".as_slice(), &[0; 4], b"miaf", b"MiPr"], Some("HEIC")),
            (&[b"avif".as_slice(), &[0; 4], b"mif1", b"avif"], Some("AVIF")),
            (&[b"mif1".as_slice(), &[0; 4], b"mif1", b"avif"], Some("AVIF")),
            (&[b"isom".as_slice(), &[0; 4], b"mp42", b"avc1"], None),
        ] {
            assert_eq!(form(&media(brands)), name, "{brands:?}");
        }
        assert_eq!(form(b"GIF89a"), Some("GIF"));
        assert_eq!(form(b""), None);
        assert_eq!(form(b"\0\0\0\x0Cftyp"), None);
    }
}
