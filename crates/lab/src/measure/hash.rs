//! Pictures as the hook `known-image` compares them: the host's luminance, and the guest's own hash.

use airlock_hooks::views::{Picture, luma};

use super::pdq::{self, Hash, Hashed};
use crate::{
    photographs::PHOTOGRAPHS,
    pictures::{
        edit::{EDITS, Edit},
        paint::{Numbers, scene},
        picture,
    },
};

/// The most bits in which a picture may differ from an entry, as the hook's manifest says.
pub(super) const THRESHOLD: u32 = 31;
/// The least quality at which the hook compares, as its manifest says.
const QUALITY: u32 = 50;
/// Farther than any hash: not compared at all.
const NEVER: u32 = 257;

/// None for a picture that is too small, or too empty for its hash to mean anything.
pub(super) fn hashed(picture: &Picture) -> Option<Hashed> {
    luma(picture).and_then(|luma| pdq::hash(&luma)).filter(|hashed| hashed.quality >= QUALITY)
}

/// From an entry to the nearest turn of a picture: what the hook compares with its threshold.
pub(super) fn nearest(listed: &Hash, picture: Option<&Hashed>) -> u32 {
    picture.map_or(NEVER, |picture| {
        picture.hashes.iter().map(|hash| hash.distance(listed)).min().unwrap_or(NEVER)
    })
}

/// From an entry to a picture as it is: what a hook without turns would compare.
pub(super) fn as_it_is(listed: &Hash, picture: Option<&Hashed>) -> u32 {
    picture.map_or(NEVER, |Hashed { hashes: [hash, ..], .. }| hash.distance(listed))
}

/// A picture that can be listed, and its hash.
pub(super) struct Listed {
    pub(super) picture: Picture,
    pub(super) hashed: Hashed,
}

impl Listed {
    fn new(picture: Picture) -> Option<Self> {
        hashed(&picture).map(|hashed| Self { picture, hashed })
    }

    pub(super) fn hash(&self) -> &Hash {
        let [hash, ..] = &self.hashed.hashes;
        hash
    }
}

/// Unrelated scenes. Those that are too empty to be listed are not among them.
pub(super) fn scenes(seed: u64, count: u32) -> Vec<Listed> {
    let mut numbers = Numbers(seed);
    let painted = std::iter::repeat_with(|| picture(&scene(numbers.bits(), 240, 180)));
    painted.filter_map(Listed::new).take(count as usize).collect()
}

/// The photographs that are not too empty to be listed.
pub(super) fn photographs() -> Vec<Listed> {
    PHOTOGRAPHS.iter().filter_map(|photograph| Listed::new(photograph.picture())).collect()
}

/// The edit that changes nothing, for comparison.
pub(super) const UNEDITED: &str = "none";

/// Pictures after each edit, as the hook sees them, in the order of the pictures.
pub(super) fn edited(seed: u64, listed: &[Listed]) -> Vec<(&'static Edit, Vec<Option<Hashed>>)> {
    let after = |place: usize, edit: &Edit| {
        listed
            .iter()
            .enumerate()
            .map(|(which, listed)| {
                let mut chance = Numbers(seed ^ (place * 100_000 + which) as u64);
                hashed(&(edit.apply)(&listed.picture, &mut chance))
            })
            .collect()
    };
    EDITS.iter().enumerate().map(|(place, edit)| (edit, after(place, edit))).collect()
}

/// Every pair once.
pub(super) fn pairs<T>(all: &[T]) -> impl Iterator<Item = (&T, &T)> {
    all.iter().enumerate().flat_map(|(place, one)| all[..place].iter().map(move |other| (one, other)))
}
