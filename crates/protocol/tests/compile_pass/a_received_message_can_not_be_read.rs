use airlock_protocol::{Letter, RatchetMessage, Session};

fn read(session: &mut Session, message: RatchetMessage) -> Option<Letter> {
    Some(session.open(message, 0).ok()?.letter)
}

fn main() {
    let _ = read;
}
