use airlock_protocol::{AttachmentSealer, Checked, Draft, SealAttachmentError};
use rand_chacha::ChaCha20Rng;

fn begin(_: &Draft, file: &Checked, rng: &mut ChaCha20Rng) -> Result<AttachmentSealer, SealAttachmentError> {
    AttachmentSealer::new(file, rng)
}

fn main() {
    let _ = begin;
}
