//! What to do when the audit log is not what was written.

use airlock_engine::AuditError;

use super::vault;
use crate::{exit::Exit, problem::Problem};

pub(crate) fn audit(error: &AuditError) -> Problem {
    match error {
        AuditError::Vault(error) => vault(error),
        AuditError::NoDecision(_) => Problem::usage(
            "no-decision",
            "there is nothing to show for it",
            error,
            "take the number of a hook's decision from the start of a line of `airlock hook log`",
        ),
        AuditError::Broken { .. }
        | AuditError::CutOff { .. }
        | AuditError::OtherHead { .. }
        | AuditError::Content { .. } => Problem::new(
            Exit::AuditBroken,
            "audit-broken",
            "the audit log cannot be trusted",
            error,
            "keep a copy of the home folder and find out who could write to it",
        ),
    }
}
