use airlock_protocol::{SavedError, Session};

fn copy(session: &Session) -> Result<Session, SavedError> {
    Session::restore(&session.save())
}

fn main() {
    let _ = copy;
}
