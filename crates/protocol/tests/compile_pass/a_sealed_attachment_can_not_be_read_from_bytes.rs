use airlock_protocol::{Pointer, SealedAttachment};

fn read(bytes: &[u8]) -> (Option<SealedAttachment>, Option<Pointer>) {
    (None, airlock_wire::decode(bytes).ok())
}

fn main() {
    let _ = read;
}
