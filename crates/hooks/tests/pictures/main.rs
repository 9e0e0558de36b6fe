//! The image views and PDQ against the reference implementation: `pdq.json` holds what PyPI's `pdqhash` says of
//! painted pictures and of the files beside it; `make_vectors.py` makes it.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "tests")]

#[allow(dead_code, unreachable_pub, reason = "the painter of several programs, of which this uses a part")]
mod paint;
#[path = "../../guests/known-image/src/pdq.rs"]
#[allow(dead_code, unreachable_pub, reason = "the guest's own file, of which this uses a part")]
mod pdq;
mod views;

use std::{fs, path::PathBuf};

use airlock_hooks::{
    Digest,
    views::{Picture, luma},
};
use pdq::{Hash, Hashed};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    painted: Vec<Painted>,
    files: Vec<File>,
}

#[derive(Deserialize)]
struct Painted {
    seed: u64,
    /// SHA-256 of the pixels.
    pixels: String,
    #[serde(flatten)]
    expected: Expected,
}

#[derive(Deserialize)]
struct File {
    file: String,
    #[serde(flatten)]
    expected: Expected,
}

#[derive(Deserialize)]
struct Expected {
    width: usize,
    height: usize,
    quality: u32,
    hash: String,
    /// The picture itself and its seven turned and mirrored relatives.
    turned: Vec<String>,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("pdq.json")).unwrap()
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/pictures")
}

fn hashed(picture: &Picture) -> Hashed {
    pdq::hash(&luma(picture).unwrap()).unwrap()
}

fn hash(text: &str) -> Hash {
    Hash::parse(text).unwrap()
}

fn painted(seed: u64, width: usize, height: usize) -> Picture {
    Picture::from_rgb(width, height, paint::faded_scene(seed, width, height).rgb()).unwrap()
}

#[test]
fn identical_pixels_have_the_reference_implementations_hash_quality_and_turns() {
    let vectors = vectors().painted;
    assert!(vectors.len() >= SIZES.len());
    for Painted { seed, pixels, expected } in vectors {
        let picture = painted(seed, expected.width, expected.height);
        assert_eq!(Digest::of(picture.rgb()).to_string(), pixels, "the painter changed: seed {seed}");
        let got = hashed(&picture);
        assert_eq!(got.hashes[0], hash(&expected.hash), "seed {seed}");
        assert_eq!(got.quality, expected.quality, "seed {seed}");
        // The reference filters a picture of 64 by 64 for its turns alone, which moves the last bit of a sum.
        if (expected.width, expected.height) != (pdq::SIDE, pdq::SIDE) {
            let turned: Vec<Hash> = expected.turned.iter().map(|text| hash(text)).collect();
            assert_eq!(got.hashes[..], turned, "seed {seed}");
        }
    }
}

/// Decoders differ by rounding, and the reference was shown what another decoder made of the file.
#[test]
fn a_decoded_file_of_good_quality_is_within_ten_bits_of_the_reference() {
    let vectors = vectors().files;
    assert!(vectors.len() >= 18);
    for File { file, expected } in vectors {
        let picture = Picture::decode(&fs::read(folder().join(&file)).unwrap()).unwrap().unwrap();
        assert_eq!((picture.width(), picture.height()), (expected.width, expected.height), "{file}");
        let got = hashed(&picture);
        let distance = got.hashes[0].distance(&hash(&expected.hash));
        println!("{file}: {distance} bits, quality {} and {}", got.quality, expected.quality);
        if file.ends_with("png") {
            assert_eq!(distance, 0, "{file}");
        }
        if expected.quality >= 80 {
            assert!(distance <= 10, "{file}: {distance}");
        }
        assert!(got.quality.abs_diff(expected.quality) <= 1, "{file}");
    }
}

#[test]
fn a_hash_is_read_as_it_is_written_and_nothing_else_is_one() {
    let text = "0123456789abcdefFEDCBA98765432100123456789abcdefFEDCBA9876543210";
    let hash = hash(text);
    assert_eq!((hash.0[0], hash.0[31]), (0x01, 0x10));
    assert_eq!(hash.distance(&hash), 0);
    assert_eq!(hash.distance(&Hash(hash.0.map(|byte| !byte))), 256);
    for wrong in ["", &text[1..], &text.replace('0', "g"), &format!("{text}00"), "é".repeat(32).as_str()] {
        assert_eq!(Hash::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn what_is_not_sixty_four_by_sixty_four_has_no_hash() {
    assert!(pdq::hash(&[0.0; 4095]).is_none());
    assert!(pdq::hash(&[0.0; 4097]).is_none());
    assert!(pdq::hash(&[]).is_none());
}

/// Not a test: paints what `make_vectors.py` gives to the reference.
#[test]
#[ignore = "writes pictures for make_vectors.py"]
fn paint_for_the_reference() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/painted");
    fs::create_dir_all(&folder).unwrap();
    for (seed, [width, height]) in SIZES.into_iter().enumerate() {
        let pixels = paint::faded_scene(seed as u64, width, height).rgb();
        fs::write(folder.join(format!("{seed:03}-{width}-{height}.rgb")), pixels).unwrap();
    }
}

/// Windows of one and of several, even and odd, on each side; and sides that do not divide.
const SIZES: [[usize; 2]; 40] = [
    [64, 64],
    [5, 5],
    [5, 200],
    [63, 65],
    [64, 65],
    [100, 64],
    [127, 127],
    [128, 128],
    [129, 129],
    [130, 90],
    [200, 150],
    [256, 256],
    [257, 255],
    [300, 200],
    [320, 240],
    [333, 111],
    [384, 385],
    [400, 37],
    [512, 512],
    [513, 300],
    [640, 480],
    [700, 90],
    [90, 700],
    [641, 129],
    [768, 60],
    [250, 250],
    [251, 253],
    [160, 120],
    [120, 160],
    [199, 401],
    [320, 180],
    [180, 320],
    [360, 270],
    [375, 211],
    [300, 300],
    [288, 352],
    [352, 288],
    [176, 144],
    [1024, 256],
    [70, 1000],
];
