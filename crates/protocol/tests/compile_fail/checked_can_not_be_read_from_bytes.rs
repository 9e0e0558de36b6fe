// A `Checked` can't be made by decoding one.
use airlock_protocol::Checked;

fn read(bytes: &[u8]) -> Option<Checked> {
    postcard::from_bytes(bytes).ok()
}

fn main() {
    let _ = read;
}
