//! Making invites.

use std::path::Path;

use airlock_wire::InviteCode;

use crate::{
    clock::unix_seconds,
    error::StartError,
    limits::INVITE_SECONDS_MAX,
    store::{invites, schema::STORE_FILE},
};

/// A fresh invite. Its code is shown once; the store has only its hash.
#[derive(Clone, Copy, Debug)]
pub struct Invite {
    /// To hand to whoever may register.
    pub code: InviteCode,
    /// Unix time in seconds from which on it does not work.
    pub expires: u64,
}

/// Makes an invite in the store of a data directory, whether or not a relay is running on it. It lives for
/// [`INVITE_SECONDS_MAX`] at most.
///
/// # Errors
/// [`StartError::NoRelay`] when no relay was ever made there; [`StartError::Store`] when it can't be stored.
pub fn make(data_dir: &Path, seconds: u64) -> Result<Invite, StartError> {
    let store = data_dir.join(STORE_FILE);
    if !store.exists() {
        return Err(StartError::NoRelay { path: data_dir.to_owned() });
    }
    make_in_store(&store, seconds)
}

pub(crate) fn make_in_store(store: &Path, seconds: u64) -> Result<Invite, StartError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(StartError::Random)?;
    let invite =
        Invite { code: InviteCode(bytes), expires: unix_seconds() + seconds.min(INVITE_SECONDS_MAX) };
    invites::add(store, invite.code, invite.expires, unix_seconds())?;
    Ok(invite)
}
