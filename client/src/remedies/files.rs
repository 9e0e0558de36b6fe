//! What to do when a file can't be sent or saved.

use airlock_engine::{FileError, NetworkError, SaveError};

use super::{relay::network, vault};
use crate::{exit::Exit, problem::Problem};

/// A file that can't be sent.
pub(crate) fn file(error: &FileError) -> Problem {
    let what = "the file cannot be sent";
    match error {
        FileError::Unreadable { .. } => {
            Problem::usage("file-unreadable", what, error, "check its name, and that you may read it")
        }
        FileError::NotAFile { .. } => Problem::usage(
            "not-a-file",
            what,
            error,
            "name a file; a folder can be sent as an archive: tar czf picnic.tar.gz FOLDER",
        ),
        FileError::TooLarge { .. } => {
            Problem::usage("file-too-large", what, error, "send it in parts: split -b 60M FILE")
        }
        FileError::Changed => Problem::new(
            Exit::Failure,
            "file-changed",
            what,
            error,
            "nothing was sent: send it again when nobody writes to it",
        ),
        FileError::Copy(_) => Problem::new(
            Exit::Failure,
            "disk-full",
            what,
            error,
            "make room for a second copy of it on the disk with your home folder, then send it again",
        ),
    }
}

/// A file that can't be saved.
pub(crate) fn save(error: &SaveError) -> Problem {
    let what = "the file cannot be saved";
    let failure = |code, remedy: &str| Problem::new(Exit::Failure, code, what, error, remedy);
    match error {
        SaveError::NoFile => Problem::usage(
            "unknown-message",
            what,
            error,
            "copy the id that `airlock receive` or `airlock history CONTACT` shows beside the file",
        ),
        SaveError::Ours => failure("own-file", "it is where you sent it from"),
        SaveError::Gone => Problem::new(
            Exit::Relay,
            "file-gone",
            what,
            error,
            "look where you saved it before, or ask its sender to send it again",
        ),
        SaveError::Busy => failure("file-busy", "wait until it is here"),
        SaveError::Network(NetworkError::NotRegistered) => super::not_registered(),
        SaveError::Network(NetworkError::Unreachable { .. }) => Problem::new(
            Exit::Relay,
            "relay-unreachable",
            what,
            error,
            "run it again when the relay can be reached: what has come so far is kept",
        ),
        SaveError::Network(error) => network(what, error),
        SaveError::NotAuthentic(_) => Problem::new(
            Exit::Relay,
            "file-not-authentic",
            what,
            error,
            "nothing of it was saved: ask its sender to send it again, and tell your relay's operator",
        ),
        SaveError::Exists(_) => Problem::usage(
            "file-exists",
            what,
            error,
            "give another name or a folder: nothing is overwritten",
        ),
        SaveError::Target { .. } => failure(
            "file-unwritable",
            "check that the folder is there, that you may write to it, and its room",
        ),
        SaveError::Home(_) => {
            failure("home-unusable", "check that the home folder can be written and has room")
        }
        SaveError::Vault(error) => vault(error),
    }
}
