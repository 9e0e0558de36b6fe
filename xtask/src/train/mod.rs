//! `cargo xtask train HOOK`: makes the model of a reference hook from a published data set.

mod sensitive_image;
mod text_classifier;

use std::path::Path;

use crate::guest::{ChoreError, named};

pub(crate) use text_classifier::{MESSAGE_BYTES, Part, part};

/// How one hook's model comes about.
struct Training {
    /// Which hook.
    hook: &'static str,
    /// Writes the model into the hook's folder.
    train: fn(&Path) -> Result<(), ChoreError>,
}

/// All of them.
const TRAININGS: &[Training] = &[
    Training { hook: "sensitive-image", train: sensitive_image::train },
    Training { hook: "text-classifier", train: text_classifier::train },
];

/// Trains a hook's model. `cargo xtask hooks` then signs it.
pub(crate) fn train(name: &str) -> Result<(), ChoreError> {
    let Some(training) = TRAININGS.iter().find(|training| training.hook == name) else {
        let known = TRAININGS.iter().map(|training| training.hook).collect::<Vec<_>>().join(", ");
        return Err(ChoreError::NoSuch { what: "training", name: name.into(), known });
    };
    (training.train)(&named(name)?.dir())
}
