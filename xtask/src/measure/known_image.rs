//! `known-image`: finds its pictures after what ordinary people do to pictures, and nothing in pictures that are not
//! in its list.
//!
//! Beside the error card it prints what each edit does to the distance, and how far unrelated pictures are apart.

use airlock_hooks::views::{Picture, luma};

use super::{Expect, Sample, Samples};
use crate::{
    guest::ChoreError,
    pdq,
    pictures::{
        edit::EDITS,
        paint::{Numbers, scene},
        picture, png,
    },
};

/// Each listed picture after each ordinary edit, and pictures that are not listed.
pub(super) fn samples() -> Result<Samples, ChoreError> {
    let listed: Vec<Picture> = (0..LISTED).map(|place| painted(LISTED_FROM + place)).collect();
    let mut samples = Vec::new();
    println!("edit: found at a distance of at most {DISTANCE}, median distance, of {LISTED} listed pictures");
    for (place, edit) in EDITS.iter().enumerate() {
        let edited: Vec<Picture> = listed
            .iter()
            .enumerate()
            .map(|(which, picture)| (edit.apply)(picture, &mut Numbers((place * 1_000 + which) as u64)))
            .collect();
        let mut distances: Vec<u32> =
            listed.iter().zip(&edited).map(|(picture, edited)| distance(picture, edited)).collect();
        distances.sort_unstable();
        let found = distances.iter().filter(|distance| **distance <= DISTANCE).count();
        let counted = if edit.is_ordinary { "counted" } else { "not counted" };
        println!("  {}: {found}, {} ({counted})", edit.name, distances[distances.len() / 2]);
        if edit.is_ordinary {
            samples.extend(edited.iter().map(|picture| Sample::attachment(png(picture), Expect::Finding)));
        }
    }
    let others: Vec<Picture> = (0..OTHERS).map(|place| painted(OTHERS_FROM + place)).collect();
    print_pairs(&others);
    samples.extend(others.iter().map(|picture| Sample::attachment(png(picture), Expect::Nothing)));
    let ordinary = EDITS.iter().filter(|edit| edit.is_ordinary).count();
    let data_set = format!(
        "painted pictures: the {LISTED} of the list after {ordinary} ordinary edits each, and {OTHERS} others"
    );
    Ok(Samples { data_set, samples })
}

/// The pictures whose hashes are in the reference list have the seeds from [`LISTED_FROM`] on.
fn painted(seed: u64) -> Picture {
    picture(&scene(seed, WIDTH, HEIGHT))
}

fn hashed(picture: &Picture) -> Option<pdq::Hashed> {
    luma(picture).and_then(|luma| pdq::hash(&luma))
}

/// From a listed picture to the nearest turn of another, as the hook compares them.
fn distance(listed: &Picture, other: &Picture) -> u32 {
    let (Some(listed), Some(other)) = (hashed(listed), hashed(other)) else { return 256 };
    other.hashes.iter().map(|hash| hash.distance(&listed.hashes[0])).min().unwrap_or(256)
}

/// How far unrelated pictures are apart, and how far their nearest turns are.
fn print_pairs(pictures: &[Picture]) {
    let hashes: Vec<pdq::Hashed> = pictures.iter().filter_map(hashed).collect();
    let hashes = hashes.as_slice();
    let pairs = || {
        let places = hashes.iter().enumerate();
        places.flat_map(move |(place, one)| hashes[..place].iter().map(move |other| (one, other)))
    };
    let plain = pairs().map(|(one, other)| one.hashes[0].distance(&other.hashes[0]));
    let nearest = pairs().map(|(one, other)| {
        other.hashes.iter().map(|hash| hash.distance(&one.hashes[0])).min().unwrap_or(256)
    });
    println!("unrelated pairs, as they are: {}", summary(plain));
    println!("unrelated pairs, nearest turn: {}", summary(nearest));
    let qualities = hashes.iter().map(|hashed| hashed.quality);
    println!("quality: {}", summary(qualities));
}

fn summary(values: impl Iterator<Item = u32>) -> String {
    let values: Vec<f64> = values.map(f64::from).collect();
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let deviation = (values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / n).sqrt();
    let (least, most) =
        values.iter().fold((f64::MAX, 0.0_f64), |(least, most), value| (least.min(*value), most.max(*value)));
    format!("{n} values, mean {mean:.1}, standard deviation {deviation:.1}, {least} to {most}")
}

/// Seeds of the listed pictures.
const LISTED_FROM: u64 = 10_000;
/// How many pictures the reference list has by PDQ.
const LISTED: u64 = 24;
/// Seeds of the others.
const OTHERS_FROM: u64 = 20_000;
/// Others: enough that a rate of 1 in 200 shows.
const OTHERS: u64 = 600;
/// Of every painted picture, in pixels.
const WIDTH: usize = 240;
/// Of every painted picture, in pixels.
const HEIGHT: usize = 180;
/// The manifest's threshold.
const DISTANCE: u32 = 31;
