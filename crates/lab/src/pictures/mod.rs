//! Pictures to train and to measure on, painted by number: nobody's photographs, and the same on every machine.
//!
//! `cargo xtask` takes this folder as its own too, so that a hook is trained, measured for its error card, and shown
//! in the lab on the same painter's pictures.

pub(crate) mod edit;
mod jpeg;
#[path = "../../../hooks/tests/pictures/paint.rs"]
#[allow(dead_code, unreachable_pub, reason = "the painter of several programs, of which this uses a part")]
pub(crate) mod paint;
pub(crate) mod template;
pub(crate) mod toast;

use airlock_hooks::views::Picture;

use paint::Canvas;

/// A canvas as a picture.
pub(crate) fn picture(canvas: &Canvas) -> Picture {
    from_rgb(canvas.width, canvas.height, canvas.rgb())
}

/// A picture of as many pixels as there must be.
pub(crate) fn from_rgb(width: usize, height: usize, rgb: Vec<u8>) -> Picture {
    #[expect(clippy::expect_used, reason = "a painter or an edit that miscounts is a bug of this program")]
    Picture::from_rgb(width, height, rgb).expect("as many pixels as the sides say")
}

/// A picture as a PNG file.
pub(crate) fn png(picture: &Picture) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, picture.width() as u32, picture.height() as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::Fastest);
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(picture.rgb()));
    #[expect(clippy::expect_used, reason = "it writes into memory, and a picture has pixels")]
    written.expect("a picture can be written into memory");
    file
}
