// Where a file lies may be read from bytes, but not that it was checked: a letter could be sealed about any file.
use airlock_protocol::{Pointer, SealedAttachment};

fn read(bytes: &[u8]) -> (Option<SealedAttachment>, Option<Pointer>) {
    (airlock_wire::decode(bytes).ok(), None)
}

fn main() {
    let _ = read;
}
