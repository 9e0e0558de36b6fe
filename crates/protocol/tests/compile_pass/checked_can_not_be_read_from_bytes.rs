use airlock_protocol::Letter;

fn read(bytes: &[u8]) -> Option<Letter> {
    postcard::from_bytes(bytes).ok()
}

fn main() {
    let _ = read;
}
