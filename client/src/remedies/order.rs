//! What to do about orders.

use std::{fmt::Display, path::Path};

use airlock_engine::{Locked, OrderRefused, SignOrderError};
use airlock_hooks::order::{OrderError, OrderFormatError, OutOfScope};

use crate::{exit::Exit, problem::Problem};

/// Every refusal of an order says that it changed nothing.
fn changes_nothing(path: &Path) -> String {
    format!("the order in {} changes nothing", path.display())
}

pub(crate) fn format(path: &Path, why: &OrderFormatError) -> Problem {
    Problem::new(
        Exit::Failure,
        "bad-order",
        changes_nothing(path),
        why,
        "ask whoever gave it to you for the order as its authority signed it",
    )
}

pub(crate) fn refused(path: &Path, why: &OrderRefused) -> Problem {
    let (code, remedy) = match why {
        OrderRefused::Order(error) => of_order(error),
        OrderRefused::OutOfScope(error) => return out_of_scope(path, error),
        OrderRefused::NotAccepted => ("not-accepted", "read all of it, and give --accept if you agree"),
        OrderRefused::Enable(error) => return super::enable(error),
        OrderRefused::Vault(error) => return super::vault(error),
    };
    Problem::new(Exit::Failure, code, changes_nothing(path), why, remedy)
}

fn of_order(why: &OrderError) -> (&'static str, &'static str) {
    match why {
        OrderError::Signature => {
            ("order-signature", "do not trust whoever gave it to you: ask its authority by another way")
        }
        OrderError::NotBound => ("order-not-bound", "leave it: it is for the accounts that it names"),
        OrderError::NotYet { .. } => {
            ("order-not-yet", "install it on its first day, or check this machine's clock")
        }
        OrderError::Expired { .. } => ("order-expired", "leave it; its authority may make a later edition"),
        OrderError::Rollback { .. } | OrderError::Forked { .. } => {
            ("order-rollback", "ask its authority for an edition with a higher version")
        }
    }
}

pub(crate) fn out_of_scope(path: &Path, why: &OutOfScope) -> Problem {
    Problem::new(
        Exit::Failure,
        "order-out-of-scope",
        changes_nothing(path),
        why,
        "name the hook that it is about with --hook HOOK, or ask its authority for an order about this one",
    )
}

pub(crate) fn cannot_demand(why: &dyn Display) -> Problem {
    Problem::usage(
        "order-not-made",
        "the order cannot be made like this",
        why,
        "correct what it names, and try again",
    )
}

pub(crate) fn not_signed(why: &SignOrderError) -> Problem {
    match why {
        SignOrderError::Format(why) => cannot_demand(why),
        SignOrderError::Vault(why) => super::vault(why),
    }
}

/// A lock keeps a hook as it stands.
pub(super) fn locked(why: &Locked) -> Problem {
    let (code, remedy) = match why {
        Locked::Guardian { .. } => {
            ("guardian-needed", "ask the guardian: --guardian-file FILE (`-` reads standard input)")
        }
        Locked::WrongPassphrase => ("wrong-guardian", "ask the guardian to type it"),
        Locked::Order { .. } => {
            ("order-in-force", "look at it with `airlock hook list`; it ends by itself on its last day")
        }
        Locked::NotGuarded { .. } => ("not-guarded", "change it as it is: it is yours"),
        Locked::Unlock(_) => ("guardian-unreadable", "try again; if it stays, please report it as a bug"),
    };
    Problem::new(Exit::Failure, code, "the hook stays as it is", why, remedy)
}
