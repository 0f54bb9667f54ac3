//! Pictures of the sample: a signature, and what a photo of a screen might look like.

use doorstep_app::{App, Failure};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use std::{io::Cursor, sync::Arc};

/// Uploads a signature of a few strokes.
pub(crate) fn signature(app: &Arc<App>) -> Result<String, Failure> {
    let mut image = RgbaImage::new(600, 200);
    let stroke = |image: &mut RgbaImage, from: (f32, f32), to: (f32, f32), bend: f32| {
        for step in 0..=400 {
            let t = step as f32 / 400.0;
            let x = from.0 + (to.0 - from.0) * t;
            let y = from.1 + (to.1 - from.1) * t + bend * (t * std::f32::consts::PI).sin();
            for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1), (2, 1), (1, 2)] {
                let (x, y) = (x as u32 + dx, y as u32 + dy);
                if x < image.width() && y < image.height() {
                    image.put_pixel(x, y, Rgba([24, 32, 56, 255]));
                }
            }
        }
    };
    stroke(&mut image, (60.0, 60.0), (170.0, 55.0), -12.0);
    stroke(&mut image, (110.0, 35.0), (90.0, 160.0), 10.0);
    stroke(&mut image, (60.0, 110.0), (180.0, 105.0), 8.0);
    stroke(&mut image, (220.0, 50.0), (330.0, 150.0), -30.0);
    stroke(&mut image, (320.0, 45.0), (225.0, 155.0), 20.0);
    stroke(&mut image, (370.0, 100.0), (560.0, 90.0), 45.0);
    upload(app, &DynamicImage::ImageRgba8(image), ImageFormat::Png)
}

/// Uploads a photo: a dim room, a screen with a table on it.
pub(crate) fn photo(app: &Arc<App>) -> Result<String, Failure> {
    let image = RgbImage::from_fn(1200, 800, |x, y| {
        let screen = (180..1020).contains(&x) && (120..640).contains(&y);
        let bar = screen && y < 170;
        let row = screen && !bar && (y - 170) % 47 < 2;
        let column = screen && !bar && [300, 560, 780, 900].iter().any(|c| x.abs_diff(*c) < 2);
        let text =
            screen && !bar && (y - 170) % 47 > 16 && (y - 170) % 47 < 30 && (x / 9 + y / 47) % 3 != 0 && x % 120 < 92;
        let shade = (40 + (x + y) / 40) as u8;
        match (bar, row || column, text, screen) {
            (true, ..) => Rgb([38, 92, 160]),
            (_, true, ..) => Rgb([188, 196, 206]),
            (_, _, true, _) => Rgb([84, 92, 104]),
            (_, _, _, true) => Rgb([246, 248, 250]),
            _ => Rgb([shade, shade - 6, shade - 12]),
        }
    });
    upload(app, &DynamicImage::ImageRgb8(image), ImageFormat::Jpeg)
}

fn upload(app: &Arc<App>, image: &DynamicImage, format: ImageFormat) -> Result<String, Failure> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).map_err(|e| Failure::internal(e.to_string()))?;
    app.desk().put(app.world(), bytes.into_inner().into())
}
