// Opening consumes the message.
use airlock_protocol::{OpenError, Opened, RatchetMessage, Session};

fn twice(session: &mut Session, message: RatchetMessage) -> Result<Opened, OpenError> {
    let _ = session.open(message, 0);
    session.open(message, 0)
}

fn main() {
    let _ = twice;
}
