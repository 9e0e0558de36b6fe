//! `sensitive-image`: tells painted burnt toast from fresh toast, fruit, dark things and scenes that it was not
//! trained on.

use super::{Expect, Sample, Samples};
use crate::{
    guest::ChoreError,
    pictures::{
        png,
        toast::{Motif, painted},
    },
};

/// Half of them burnt toast.
pub(super) fn samples() -> Result<Samples, ChoreError> {
    let samples = (0..SAMPLES)
        .map(|sample| {
            let motif = Motif::of(sample);
            let expect = if motif == Motif::BurntToast { Expect::Finding } else { Expect::Nothing };
            Sample::attachment(png(&painted(SEED + sample, motif)), expect)
        })
        .collect();
    let data_set = format!(
        "{SAMPLES} painted pictures, half of them burnt toast, the others fresh toast, fruit, dark things and \
         scenes; none of them was trained on"
    );
    Ok(Samples { data_set, samples })
}

/// Seeds from here on. The training's are below.
const SEED: u64 = 1_000_000;
/// How many.
const SAMPLES: u64 = 800;
