//! What to do when a relay can't be reached, is not the right one, or refuses.

use airlock_engine::{NetworkError, RegisterError, SessionError};
use airlock_wire::{RelayAddress, request::Refusal};

use super::vault_in;
use crate::{exit::Exit, problem::Problem};

pub(crate) fn register(error: &RegisterError, relay: &RelayAddress) -> Problem {
    let what = format!("you could not be registered at {}:{}", relay.host, relay.port);
    match error {
        RegisterError::Vault(error) => vault_in(&what, error),
        RegisterError::Network(NetworkError::Refused(refusal)) => {
            let (code, remedy) = registration_refused(refusal);
            Problem::new(Exit::Relay, code, what, error, remedy)
        }
        RegisterError::Network(error) => network(&what, error),
    }
}

fn registration_refused(refusal: &Refusal) -> (&'static str, &'static str) {
    match refusal {
        Refusal::RegistrationClosed => ("registration-closed", "ask its operator, or use another relay"),
        Refusal::InviteNeeded => {
            ("invite-needed", "ask its operator for a code, and run the same command with --invite CODE")
        }
        Refusal::InviteUnknown => {
            ("invite-unknown", "check the code, or ask the relay's operator for a new one")
        }
        Refusal::InviteUsed | Refusal::InviteExpired => {
            ("invite-spent", "ask the relay's operator for a new one; your keys are kept, so nothing is lost")
        }
        other => refused(other),
    }
}

/// For everything that talks to a relay.
pub(super) fn network(what: &str, error: &NetworkError) -> Problem {
    let (code, remedy) = match error {
        NetworkError::NotRegistered => return not_registered(),
        NetworkError::Unreachable { .. } => (
            "relay-unreachable",
            "check your network, the address and that the relay runs; UDP must get through",
        ),
        NetworkError::WrongFingerprint { .. } => (
            "wrong-fingerprint",
            "do not go on: ask the relay's operator for the address, by a way that you trust, and compare it",
        ),
        NetworkError::Superseded => (
            "superseded",
            "stop the other one: two copies of one home lose messages; a second device needs a home of its own",
        ),
        NetworkError::Protocol(_) => {
            ("relay-protocol", "check that it is an airlock-relay, of a version like yours")
        }
        NetworkError::Refused(refusal) => refused(refusal),
    };
    Problem::new(Exit::Relay, code, what, error, remedy)
}

fn refused(refusal: &Refusal) -> (&'static str, &'static str) {
    match refusal {
        Refusal::NoSuchRecipient => {
            ("no-such-recipient", "ask them for a new link: `airlock invite` on their side")
        }
        Refusal::NoPrekeys => ("no-prekeys", "try again when they have been online once more"),
        Refusal::MailboxFull => {
            ("mailbox-full", "try again later: they have not fetched their messages for long")
        }
        Refusal::Busy { .. } => ("relay-busy", "wait that long and try again"),
        Refusal::StorageFailed => {
            ("relay-storage", "tell the relay's operator; nothing that was sent is lost")
        }
        Refusal::TooLarge { .. } => ("too-large", "make it smaller"),
        Refusal::NotRegistered => ("registration-lost", "register again: airlock init --relay ADDRESS"),
        Refusal::OldDeviceList { .. } | Refusal::BadDeviceList(_) => {
            ("old-home", "this home is an old or damaged copy: use the newest one of this account")
        }
        Refusal::NoSuchBlob => (
            "attachment-gone",
            "ask its sender to send it again: a relay keeps attachments for a limited time",
        ),
        Refusal::BlobDamaged => ("attachment-damaged", "send it again"),
        Refusal::BlobConflict => ("attachment-conflict", "send it again, as a new message"),
        Refusal::BlobsFull => {
            ("attachments-full", "try again later: its space for attachments, theirs or of all, is taken up")
        }
        Refusal::NotAuthenticated | Refusal::BadSignature => {
            ("relay-authentication", "check that it is an airlock-relay, of a version like yours")
        }
        Refusal::RegistrationClosed
        | Refusal::InviteNeeded
        | Refusal::InviteUnknown
        | Refusal::InviteUsed
        | Refusal::InviteExpired => ("registration-refused", "ask the relay's operator"),
    }
}

pub(crate) fn not_registered() -> Problem {
    Problem::new(
        Exit::Relay,
        "not-registered",
        "you are at no relay yet",
        "without one, nobody can write to you",
        "airlock init --relay ADDRESS, with the address that a relay's operator gave you",
    )
}

pub(crate) fn relay_unreachable(relay: &str, why: &str) -> Problem {
    Problem::new(
        Exit::Relay,
        "relay-unreachable",
        format_args!("your relay {relay} could not be reached"),
        why,
        "check your network and that the relay runs; messages wait there for you",
    )
}

pub(crate) fn connection_refused(why: &str) -> Problem {
    Problem::new(
        Exit::Relay,
        "relay-refuses",
        "your relay does not let you in",
        why,
        "ask its operator; if its address changed, register again with `airlock init --relay ADDRESS`",
    )
}

pub(super) fn session(what: &str, error: &SessionError) -> Problem {
    let (code, remedy) = match error {
        SessionError::Network(error) => return network(what, error),
        SessionError::Vault(error) => return vault_in(what, error),
        SessionError::Devices(_)
        | SessionError::Rollback { .. }
        | SessionError::Bundle(_)
        | SessionError::Agreement(_) => (
            "bad-keys",
            "do not trust this relay with it: ask your contact by another way, and for a new link",
        ),
        SessionError::NoKeys => ("no-prekeys", "try again when they have been online once more"),
        SessionError::Seal(_) => ("seal", "try again; if it stays, please report it as a bug"),
    };
    Problem::new(Exit::Relay, code, what, error, remedy)
}
