//! A picture made smaller: each new pixel is the mean of the area that it covers, row by row, so that nothing larger than
//! the new picture is reserved.

use image::{DynamicImage, ImageBuffer, Pixel, imageops};

/// The picture at eight bits a sample, its longest side at most `side_max`.
pub(crate) fn reduced(image: DynamicImage, side_max: u32) -> DynamicImage {
    match image {
        DynamicImage::ImageLuma8(image) => DynamicImage::ImageLuma8(smaller(image, side_max)),
        DynamicImage::ImageLumaA8(image) => DynamicImage::ImageLumaA8(smaller(image, side_max)),
        DynamicImage::ImageRgb8(image) => DynamicImage::ImageRgb8(smaller(image, side_max)),
        DynamicImage::ImageRgba8(image) => DynamicImage::ImageRgba8(smaller(image, side_max)),
        other => DynamicImage::ImageRgba8(smaller(other.into_rgba8(), side_max)),
    }
}

type Image<P> = ImageBuffer<P, Vec<u8>>;

fn smaller<P: Pixel<Subpixel = u8> + 'static>(image: Image<P>, side_max: u32) -> Image<P> {
    let (width, height) = image.dimensions();
    let longest = width.max(height);
    if longest <= side_max {
        return image;
    }
    let side = |side: u32| {
        ((u64::from(side) * u64::from(side_max) + u64::from(longest / 2)) / u64::from(longest)).max(1) as u32
    };
    let (across, down) = (side(width), side(height));
    let channels = usize::from(P::CHANNEL_COUNT);
    let samples = mean(image.as_raw(), channels, (width as usize, height as usize), (across as usize, down as usize));
    // There are as many samples as the new measures ask for; the other way is only slower.
    ImageBuffer::from_raw(across, down, samples).unwrap_or_else(|| imageops::thumbnail(&image, across, down))
}

/// Means over areas of `from` (across, down), of which there are `to`, never more than there are pixels.
fn mean(samples: &[u8], channels: usize, from: (usize, usize), to: (usize, usize)) -> Vec<u8> {
    let mut out = Vec::with_capacity(to.0 * to.1 * channels);
    let whole = from.0 as u64 * from.1 as u64;
    let mut row_sums = vec![0_u64; to.0 * channels];
    let mut sums = row_sums.clone();
    for (y, row) in samples.chunks_exact(from.0 * channels).enumerate() {
        row_sums.fill(0);
        for (x, pixel) in row.chunks_exact(channels).enumerate() {
            for (place, share) in shares(x, from.0, to.0) {
                let sums = &mut row_sums[place * channels..(place + 1) * channels];
                sums.iter_mut().zip(pixel).for_each(|(sum, sample)| *sum += u64::from(*sample) * share);
            }
        }
        for (place, share) in shares(y, from.1, to.1) {
            if place > out.len() / (to.0 * channels) {
                out.extend(sums.iter().map(|sum| ((sum + whole / 2) / whole) as u8));
                sums.fill(0);
            }
            sums.iter_mut().zip(&row_sums).for_each(|(sum, row)| *sum += row * share);
        }
    }
    out.extend(sums.iter().map(|sum| ((sum + whole / 2) / whole) as u8));
    out
}

/// Where pixel `at` of `from` falls among `to`: one place, or two that share it.
fn shares(at: usize, from: usize, to: usize) -> impl Iterator<Item = (usize, u64)> {
    let (begin, end) = (at * to, (at + 1) * to);
    let first = begin / from;
    let edge = ((first + 1) * from).min(end);
    let second = (end > edge).then_some((first + 1, (end - edge) as u64));
    std::iter::once((first, (edge - begin) as u64)).chain(second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pixel_is_the_mean_of_the_area_it_covers() {
        assert_eq!(mean(&[0, 90, 30, 60], 1, (4, 1), (2, 1)), [45, 45]);
        assert_eq!(mean(&[0, 90, 30], 1, (3, 1), (2, 1)), [30, 50], "the middle one is shared");
        assert_eq!(mean(&[10, 20, 30, 40], 1, (2, 2), (1, 1)), [25]);
        assert_eq!(mean(&[0, 255, 100, 5, 0, 255, 100, 5], 2, (2, 2), (1, 2)), [50, 130, 50, 130]);
    }

    #[test]
    fn a_long_strip_keeps_at_least_one_pixel() {
        let strip = DynamicImage::new_luma8(3000, 2);
        let small = reduced(strip, 100);
        assert_eq!((small.width(), small.height()), (100, 1));
    }
}
