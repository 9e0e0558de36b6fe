// A copied session would use each key twice.
use airlock_protocol::{SavedError, Session};

fn copy(session: &Session) -> Result<Session, SavedError> {
    Ok(session.clone())
}

fn main() {
    let _ = copy;
}
