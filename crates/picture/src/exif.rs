//! How a picture has to be turned, from what the camera noted (Exif 2.32, tag 0x0112), in either byte order.

use image::metadata::Orientation;

/// What a segment of a JPEG begins with when it holds notes of the camera; some writers put it into other forms too.
pub(crate) const MARK: &[u8] = b"Exif\0\0";

/// The orientation that the notes name; upright when they name none.
pub(crate) fn orientation(notes: &[u8]) -> Orientation {
    let tiff = notes.strip_prefix(MARK).unwrap_or(notes);
    Orientation::from_exif_chunk(tiff).unwrap_or(Orientation::NoTransforms)
}
