//! What to do about each error of the engine. The engine says what and why; here is the way out.

mod audit;
mod files;
pub(crate) mod lab;
pub(crate) mod list;
mod near;
pub(crate) mod order;
mod relay;
#[cfg(test)]
mod tests;

use std::{fmt::Display, path::Path};

use airlock_engine::{
    AddError, ComposeError, ContactError, CreateError, EnableError, LinkUnavailable, OpenError, UnlockError,
    VaultError,
};
use airlock_lab::LabError;
use airlock_protocol::outgoing::DraftError;
use airlock_wire::RelayAddress;

pub(crate) use self::audit::audit;
pub(crate) use self::files::save;
pub(crate) use self::relay::{connection_refused, not_registered, register, relay_unreachable};
use self::{files::file, relay::session};
use crate::{exit::Exit, problem::Problem, tui::ScreenError};

pub(crate) fn open(error: &OpenError, home: &Path) -> Problem {
    let what = format!("the vault in {} cannot be opened", home.display());
    match error {
        OpenError::NotInitialised => Problem::new(
            Exit::Vault,
            "no-vault",
            format_args!("there is no account in {}", home.display()),
            error,
            "make one with `airlock init --name NAME`, or give the right folder with --home DIR",
        ),
        OpenError::InUse => in_use(&what, error),
        OpenError::Io(why) => Problem::new(
            Exit::Vault,
            "home-unusable",
            what,
            why,
            "check that the folder is yours and that you may write to it",
        ),
        OpenError::Unlock(why) => unlock(&what, why),
        OpenError::Vault(why) => vault_in(&what, why),
    }
}

pub(crate) fn create(error: &CreateError, home: &Path) -> Problem {
    let what = format!("no account could be made in {}", home.display());
    match error {
        CreateError::Exists => Problem::new(
            Exit::Vault,
            "vault-exists",
            what,
            error,
            "run `airlock init` again to go on with it, or choose another folder with --home DIR",
        ),
        CreateError::Name(_) => {
            Problem::usage("bad-name", what, error, "choose a shorter name: airlock init --name NAME")
        }
        CreateError::Io(why) => Problem::new(
            Exit::Vault,
            "home-unusable",
            what,
            why,
            "check that you may write there and that the disk has room, or choose another folder with --home DIR",
        ),
        CreateError::InUse => in_use(&what, error),
        CreateError::Unlock(why) => unlock(&what, why),
        CreateError::Vault(why) => vault_in(&what, why),
    }
}

fn in_use(what: &str, why: &dyn Display) -> Problem {
    Problem::new(
        Exit::Vault,
        "vault-in-use",
        what,
        why,
        "quit the other one (a chat screen, `receive --follow`?), or use another account with --home DIR",
    )
}

fn unlock(what: &str, error: &UnlockError) -> Problem {
    let (code, remedy) = match error {
        UnlockError::WrongPassphrase => {
            ("wrong-passphrase", "try again; there is no way to recover a passphrase, only to remember it")
        }
        UnlockError::PassphraseNeeded => {
            ("passphrase-needed", "give --passphrase-file FILE (`-` reads standard input)")
        }
        UnlockError::Io(_) => ("key-unreadable", "check that vault.key in this folder is there and yours"),
        UnlockError::Damaged(_) | UnlockError::TooCostly { .. } | UnlockError::Parameters => {
            ("key-damaged", "restore vault.key from a backup: without it nobody can open the vault")
        }
    };
    Problem::new(Exit::Vault, code, what, error, remedy)
}

/// The vault failed while it was open.
pub(crate) fn vault(error: &VaultError) -> Problem {
    vault_in("the vault cannot be used", error)
}

fn vault_in(what: &str, error: &VaultError) -> Problem {
    let (code, remedy) = match error {
        VaultError::Damaged | VaultError::Malformed { .. } => (
            "vault-damaged",
            "restore vault.db and vault.key together from a backup, or make a new account with --home DIR",
        ),
        VaultError::Newer { .. } => ("vault-newer", "use the newer airlock that made it"),
        VaultError::DiskFull => {
            ("disk-full", "make room on the disk and try again; nothing was half written")
        }
        VaultError::Database(_) | VaultError::File(_) => {
            ("vault-io", "check the disk and the folder's permissions, then try again")
        }
        VaultError::Poisoned => {
            ("vault-closed", "start airlock again, and please report what you did before")
        }
    };
    Problem::new(Exit::Vault, code, what, error, remedy)
}

pub(crate) fn engine_stopped(why: &str) -> Problem {
    Problem::new(
        Exit::Vault,
        "stopped",
        "nothing is sent or received any more",
        why,
        "check the disk, then start airlock again; what the relay keeps for you is not lost",
    )
}

pub(crate) fn own_link(error: &LinkUnavailable) -> Problem {
    match error {
        LinkUnavailable::NotRegistered => not_registered(),
        LinkUnavailable::Vault(error) => vault(error),
    }
}

pub(crate) fn no_authority() -> Problem {
    Problem::usage(
        "authority-needed",
        "mode report cannot be set",
        "nobody was named to report to",
        "name a contact or give a link: airlock hook enable HOOK --mode report --authority CONTACT",
    )
}

pub(crate) fn no_screen(what: &str) -> Problem {
    Problem::usage(
        "no-terminal",
        format_args!("{what} needs a terminal"),
        "standard input or standard output is not one",
        "run it in a terminal; in scripts use `airlock send`, `airlock receive` and `airlock demo --script`",
    )
}

pub(crate) fn screen(error: &ScreenError) -> Problem {
    let what = "the screen had to close";
    let (code, remedy) = match error {
        ScreenError::NoTerminal => return no_screen("the screen"),
        ScreenError::Vault(error) => return vault_in(what, error),
        ScreenError::World(_) | ScreenError::Folder(_) => ("demo", DEMO_REMEDY),
        ScreenError::Terminal(_) => ("terminal", "try another terminal, or use the commands: airlock --help"),
        ScreenError::Broken => {
            ("bug", "start it again: nothing that was shown as sent is lost; please report it")
        }
    };
    Problem::new(Exit::Failure, code, what, error, remedy)
}

const DEMO_REMEDY: &str =
    "check that the folder for temporary files has room and that UDP on 127.0.0.1 works";

pub(crate) fn demo(error: &LabError) -> Problem {
    Problem::new(Exit::Failure, "demo", "the demo could not be played", error, DEMO_REMEDY)
}

pub(crate) fn demo_stopped() -> Problem {
    Problem::new(
        Exit::Failure,
        "interrupted",
        "the demo was stopped before its end",
        "the table needs the whole conversation under every setting, so there is none",
        "let it end; it tells how far it is",
    )
}

pub(crate) fn contact(error: &ContactError) -> Problem {
    match error {
        ContactError::Unknown { wanted, known } => unknown_contact(wanted, known),
        ContactError::Ambiguous(_) => Problem::new(
            Exit::Failure,
            "ambiguous-contact",
            "it is not clear which contact you mean",
            error,
            "write more characters of the account, or the name (`airlock contacts`)",
        ),
        ContactError::Taken(_) => Problem::new(
            Exit::Failure,
            "name-taken",
            "the contact cannot be called that",
            error,
            "choose another name; for a new contact: airlock add LINK --name NAME",
        ),
        ContactError::Name(_) => Problem::usage(
            "bad-name",
            "the contact cannot be called that",
            error,
            "choose a shorter name with at least one visible character",
        ),
        ContactError::Vault(error) => vault(error),
    }
}

fn unknown_contact(wanted: &str, known: &[String]) -> Problem {
    let what = format!("there is no contact `{wanted}`");
    let near = near::names(wanted, known);
    let (why, remedy) = match (known, near.as_slice()) {
        ([], _) => (
            "you have no contacts yet".to_owned(),
            "ask them for their link (`airlock invite`), then: airlock add airlock:…".to_owned(),
        ),
        (_, []) => (
            "none of your contacts has a name like it".to_owned(),
            "`airlock contacts` lists them; `airlock add airlock:…` adds one".to_owned(),
        ),
        (_, near) => {
            ("you have contacts with names like it".to_owned(), format!("did you mean: {}?", near.join(", ")))
        }
    };
    Problem::new(Exit::Failure, "unknown-contact", what, why, remedy)
}

pub(crate) fn add(error: &AddError, relay: &RelayAddress) -> Problem {
    match error {
        AddError::Ourselves => Problem::usage(
            "own-link",
            "you cannot add yourself",
            error,
            "hand this link to somebody else, and add the one that they give you",
        ),
        AddError::Name(error) => contact(error),
        AddError::Session(error) => {
            session(&format!("their keys could not be fetched from {}:{}", relay.host, relay.port), error)
        }
        AddError::Compose(error) => compose(error),
        AddError::Vault(error) => vault(error),
    }
}

pub(crate) fn compose(error: &ComposeError) -> Problem {
    let what = "the message cannot be sent";
    match error {
        ComposeError::Draft(error) => {
            let remedy = match error {
                DraftError::Empty => "write something that can be seen",
                DraftError::TooLong { .. } => "send it in several messages",
                DraftError::Attachment(_) => {
                    "choose another file, give it another name, or shorten its caption"
                }
            };
            Problem::usage("bad-text", what, error, remedy)
        }
        ComposeError::File(error) => file(error),
        ComposeError::Session(error) => session("there is no way to your contact now", error),
        ComposeError::Vault(error) => vault_in(what, error),
        ComposeError::Authority => Problem::new(
            Exit::HookFailed,
            "authority-unreachable",
            what,
            error,
            "name the authority again: airlock hook enable HOOK --mode report --authority LINK",
        ),
        ComposeError::NotFailed => {
            Problem::new(Exit::Failure, "not-failed", what, error, "see `airlock history CONTACT`")
        }
        ComposeError::Seal(_) | ComposeError::Check => Problem::new(
            Exit::Failure,
            "bug",
            what,
            error,
            "nothing was sent: try again, and please report it as a bug",
        ),
    }
}

pub(crate) fn enable(error: &EnableError) -> Problem {
    let what = "the gate cannot be set like this";
    let failure = |code, remedy: &str| Problem::new(Exit::Failure, code, what, error, remedy);
    match error {
        EnableError::NoAuthority => no_authority(),
        EnableError::Vault(error) => vault_in(what, error),
        EnableError::UnknownAuthority => failure(
            "unknown-authority",
            "add them first: airlock add airlock:…, or give their link as --authority",
        ),
        EnableError::NoHook => Problem::usage(
            "no-hook",
            what,
            error,
            "enable one first: airlock hook enable word-list --mode advise",
        ),
        EnableError::WhichHook(_) | EnableError::NotEnabled(_) => {
            Problem::usage("which-hook", what, error, "name one of those that `airlock hook list` shows")
        }
        EnableError::ChainFull => {
            failure("chain-full", "take one out of the gate first: airlock hook disable HOOK")
        }
        EnableError::Load(_) | EnableError::Package(_) => failure(
            "bad-hook",
            "it stays out: look at it with `airlock hook inspect`, and ask its author (docs/hooks.md)",
        ),
        EnableError::List(_) => failure("bad-list", "ask its author for a list that is signed and in date"),
        EnableError::Changed => failure(
            "hook-changed",
            "look at it with `airlock hook inspect`, and enable it again if you agree",
        ),
        EnableError::ListChanged { .. } => failure(
            "list-changed",
            "find out who can write to the home folder, and give the hook its list again: airlock hook update",
        ),
        EnableError::Rollback(_) => {
            failure("list-rollback", "ask whoever signs the list for an edition with a higher version")
        }
        EnableError::Wider(_) => failure("not-accepted", "read what widens, and give --accept if you agree"),
        EnableError::Locked(locked) => order::locked(locked),
        EnableError::Host(_) | EnableError::Write(_) => {
            failure("hook-host", "check that the home folder can be written and has room, then try again")
        }
    }
}
