use airlock_protocol::{OpenError, Opened, RatchetMessage, Session};

fn twice(session: &mut Session, message: RatchetMessage) -> Result<Opened, OpenError> {
    session.open(message, 0)
}

fn main() {
    let _ = twice;
}
