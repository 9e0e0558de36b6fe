// Only what the gate let through starts the encryption of a file, as of a text.
use airlock_protocol::{AttachmentSealer, Checked, Draft, SealAttachmentError};
use rand_chacha::ChaCha20Rng;

fn begin(file: &Draft, _: &Checked, rng: &mut ChaCha20Rng) -> Result<AttachmentSealer, SealAttachmentError> {
    AttachmentSealer::new(file, rng)
}

fn main() {
    let _ = begin;
}
