//! `text-classifier`: tells the mails that were kept back from its training apart.

use super::{Expect, Sample, Samples};
use crate::{
    guest::ChoreError,
    mails,
    train::{MESSAGE_BYTES, Part, part},
};

/// How each mail begins that the model was not trained on.
pub(super) fn samples() -> Result<Samples, ChoreError> {
    let mails = mails::all()?;
    let samples = mails.iter().filter(|mail| part(&mail.text) == Part::Measuring).map(|mail| {
        let message = &mail.text[..mail.text.floor_char_boundary(MESSAGE_BYTES)];
        Sample::text(message, if mail.is_spam { Expect::Finding } else { Expect::Nothing })
    });
    let data_set = format!(
        "the first {MESSAGE_BYTES} bytes of each mail that was kept back from training, a fifth of {}",
        mails::name()
    );
    Ok(Samples { data_set, samples: samples.collect() })
}
