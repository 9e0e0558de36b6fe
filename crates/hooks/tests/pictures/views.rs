//! What the host makes of picture files: strict decoding, and the views.

use airlock_hooks::{
    limits::{PICTURE_PIXELS_MAX, PICTURE_SIDE_MAX},
    views::{Format, LUMA_SIDE, Picture, PictureError, RGB_SIDE, luma, rgb},
};
use proptest::prelude::*;

use crate::{folder, paint, painted};

/// A committed picture of each format, JPEG in both of its kinds.
const FILES: [&str; 5] = ["astronaut-1.jpg", "camera-2.jpg", "brick-4.png", "grass-5.webp", "rocket-7.webp"];

fn file(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).unwrap()
}

fn one_colour(width: usize, height: usize, colour: [u8; 3]) -> Picture {
    Picture::from_rgb(width, height, colour.repeat(width * height)).unwrap()
}

fn png(width: u32, height: u32, kind: png::ColorType, depth: png::BitDepth, samples: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(kind);
    encoder.set_depth(depth);
    encoder.write_header().unwrap().write_image_data(samples).unwrap();
    file
}

#[test]
fn a_picture_that_is_cut_off_anywhere_is_refused_and_not_shown_in_part() {
    for name in FILES {
        let whole = file(name);
        assert!(Picture::decode(&whole).unwrap().is_some(), "{name}");
        let ends = (40..whole.len() - 40).step_by(whole.len() / 23).chain(whole.len() - 40..whole.len());
        for end in ends {
            let cut = Picture::decode(&whole[..end]);
            assert!(matches!(cut, Err(PictureError::Malformed { .. })), "{name} up to {end}: {cut:?}");
        }
    }
}

#[test]
fn what_comes_after_a_picture_is_no_part_of_it() {
    for name in FILES {
        let whole = file(name);
        let longer = [&whole[..], &b"and a note"[..]].concat();
        assert_eq!(Picture::decode(&longer), Picture::decode(&whole), "{name}");
    }
}

#[test]
fn a_png_whose_bytes_were_changed_is_refused_by_its_checksums() {
    let whole = file("brick-4.png");
    for at in (60..whole.len() - 20).step_by(whole.len() / 31) {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        assert!(matches!(Picture::decode(&damaged), Err(PictureError::Malformed { .. })), "byte {at}");
    }
}

#[test]
fn what_does_not_begin_like_a_picture_is_none_whatever_its_name() {
    for other in [&b""[..], b"\xff\xd8", b"GIF89a....", b"%PDF-1.7", b"RIFF....WAVE", b"hello"] {
        assert_eq!(Picture::decode(other), Ok(None));
    }
    assert_eq!(Format::sniff(b"RIFF\x10\0\0\0WEBPVP8 "), Some(Format::WebP));
}

#[test]
fn a_picture_of_too_many_pixels_is_refused_by_its_header() {
    let mut header = png(1, 1, png::ColorType::Grayscale, png::BitDepth::Eight, &[0]);
    for [width, height] in
        [[PICTURE_SIDE_MAX as u32 + 1, 1], [16_000, 16_000], [u32::MAX >> 1, u32::MAX >> 1]]
    {
        header[16..20].copy_from_slice(&width.to_be_bytes());
        header[20..24].copy_from_slice(&height.to_be_bytes());
        let sum = crc32(&header[12..29]).to_be_bytes();
        header[29..33].copy_from_slice(&sum);
        let (width, height) = (width.into(), height.into());
        assert_eq!(Picture::decode(&header), Err(PictureError::TooLarge { width, height }));
    }
    let error = PictureError::TooLarge { width: 16_000, height: 16_000 };
    assert_eq!(
        error.to_string(),
        format!(
            "it is 16000 by 16000 pixels, and at most {PICTURE_PIXELS_MAX} pixels and {PICTURE_SIDE_MAX} a side \
             are decoded"
        )
    );
}

/// PNG's checksum (ISO 3309), bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg()))
    })
}

#[test]
fn every_kind_of_png_becomes_eight_bits_of_red_green_and_blue() {
    use png::{BitDepth::*, ColorType::*};
    let decoded = |kind, depth, samples: &[u8]| {
        Picture::decode(&png(2, 1, kind, depth, samples)).unwrap().unwrap().rgb().to_vec()
    };
    assert_eq!(decoded(Rgb, Eight, &[1, 2, 3, 4, 5, 6]), [1, 2, 3, 4, 5, 6]);
    assert_eq!(decoded(Grayscale, Eight, &[7, 200]), [7, 7, 7, 200, 200, 200]);
    assert_eq!(decoded(Grayscale, One, &[0b0100_0000]), [0, 0, 0, 255, 255, 255]);
    assert_eq!(decoded(Grayscale, Sixteen, &[7, 255, 200, 0]), [7, 7, 7, 200, 200, 200]);
    assert_eq!(decoded(Rgba, Eight, &[9, 8, 7, 255, 9, 8, 7, 0]), [9, 8, 7, 255, 255, 255]);
    assert_eq!(decoded(GrayscaleAlpha, Eight, &[0, 128, 100, 255]), [127, 127, 127, 100, 100, 100]);
}

#[test]
fn a_malformed_picture_says_what_it_began_like() {
    let error = Picture::decode(b"\x89PNG\r\n\x1a\nnot really").unwrap_err().to_string();
    assert!(error.starts_with("it begins like a PNG and can't be decoded: "), "{error}");
}

#[test]
fn one_colour_stays_one_colour_in_both_views_at_any_size() {
    for [width, height] in [[5, 5], [64, 64], [63, 300], [224, 224], [1000, 7], [301, 299]] {
        let picture = one_colour(width, height, [200, 100, 50]);
        let luma = luma(&picture).unwrap();
        let expected = 200.0 * 0.299 + 100.0 * 0.587 + 50.0 * 0.114;
        assert_eq!(luma.len(), LUMA_SIDE * LUMA_SIDE);
        assert!(luma.iter().all(|value| (value - expected).abs() < 0.01), "{width} by {height}");
        assert_eq!(rgb(&picture), [200, 100, 50].repeat(RGB_SIDE * RGB_SIDE), "{width} by {height}");
    }
}

#[test]
fn a_picture_too_small_for_pdq_has_no_luma_and_still_has_colours() {
    let picture = one_colour(4, 900, [1, 2, 3]);
    assert_eq!(luma(&picture), None);
    assert_eq!(rgb(&picture).len(), RGB_SIDE * RGB_SIDE * 3);
}

#[test]
fn each_pixel_of_the_colour_view_is_the_mean_of_what_it_covers() {
    // Two pixels for one: the mean of a black and a white column, rounded to the nearest.
    let pixels = [[0; 3], [255; 3]].as_flattened().repeat(RGB_SIDE * RGB_SIDE);
    let picture = Picture::from_rgb(2 * RGB_SIDE, RGB_SIDE, pixels).unwrap();
    assert!(rgb(&picture).iter().all(|value| *value == 128));
    // One pixel and a half: the second is shared.
    let picture = Picture::from_rgb(3, 1, vec![10, 10, 10, 20, 20, 20, 30, 30, 30]).unwrap();
    let view = rgb(&picture);
    let row: Vec<u8> = view.chunks_exact(3).take(RGB_SIDE).map(|pixel| pixel[0]).collect();
    // Pixel 74 of the view covers two thirds of the first pixel's end and a third of the second's beginning.
    assert_eq!((row[0], row[73], row[74], row[75], row[149], row[223]), (10, 10, 13, 20, 27, 30));
    // What has the size already is unchanged.
    let picture = painted(3, RGB_SIDE, RGB_SIDE);
    assert_eq!(rgb(&picture), picture.rgb());
}

#[test]
fn pixels_that_are_not_as_many_as_the_sides_say_are_no_picture() {
    for (width, height, bytes) in [(2, 2, 11), (0, 5, 0), (1, 1, 4)] {
        let shape = Picture::from_rgb(width, height, vec![0; bytes]);
        assert_eq!(shape, Err(PictureError::Shape { width, height, got: bytes }));
    }
    assert!(matches!(Picture::from_rgb(6_000, 6_000, Vec::new()), Err(PictureError::TooLarge { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_picture_is_refused_or_decoded_and_never_panics(
        which in 0..FILES.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
    ) {
        let mut bytes = file(FILES[which]);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Ok(Some(picture)) = Picture::decode(&bytes) {
            prop_assert_eq!(picture.rgb().len(), picture.width() * picture.height() * 3);
        }
    }

    #[test]
    fn the_views_of_any_picture_are_whole_and_in_range(
        seed in any::<u64>(), width in 1..150_usize, height in 1..150_usize,
    ) {
        let picture = Picture::from_rgb(width, height, paint::scene(seed, width, height).rgb()).unwrap();
        prop_assert_eq!(rgb(&picture).len(), RGB_SIDE * RGB_SIDE * 3);
        let luma = luma(&picture);
        prop_assert_eq!(luma.is_some(), width >= 5 && height >= 5);
        for value in luma.unwrap_or_default() {
            prop_assert!((-0.1..=255.1).contains(&value), "{}", value);
        }
    }
}
