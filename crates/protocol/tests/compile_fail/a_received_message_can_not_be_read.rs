// What is in a message is out of reach until it was opened.
use airlock_protocol::{Letter, RatchetMessage, Session};

fn read(_: &mut Session, message: RatchetMessage) -> Option<Letter> {
    Some(message.letter)
}

fn main() {
    let _ = read;
}
