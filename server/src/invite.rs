//! Making invites.

use airlock_wire::InviteCode;

use crate::{
    clock::unix_seconds, data_dir::DataDir, error::StartError, limits::INVITE_SECONDS_MAX, store::invites,
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
pub fn make(data_dir: impl Into<DataDir>, seconds: u64) -> Result<Invite, StartError> {
    let data_dir = data_dir.into();
    data_dir.must_have_relay()?;
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(StartError::Random)?;
    let invite =
        Invite { code: InviteCode(bytes), expires: unix_seconds() + seconds.min(INVITE_SECONDS_MAX) };
    invites::add(&data_dir, invite.code, invite.expires, unix_seconds())?;
    Ok(invite)
}
