//! Changes of the gate that may need an answer: the difference when something widens, and a guardian's passphrase.

use airlock_engine::{Consent, EnableError, GateStatus, Locked, Passphrase};
use airlock_hooks::Difference;
use serde_json::json;

use crate::{
    args::ConsentArgs, command::Context, exit::Exit, passphrase, printable::printable, problem::Problem,
    prompt, remedies,
};

/// Makes a change, and makes it again with what it turns out to need, as far as somebody can be asked for it.
pub(crate) async fn with_consent(
    args: &ConsentArgs,
    context: &Context,
    change: impl AsyncFn(Consent<'_>) -> Result<GateStatus, EnableError>,
) -> Result<GateStatus, Problem> {
    let mut guardian = given_passphrase(args)?;
    let mut wider = args.accept;
    loop {
        let consent = Consent { wider, guardian: guardian.as_ref() };
        match change(consent).await {
            Ok(gate) => return Ok(gate),
            Err(EnableError::Wider(difference)) if !wider => {
                agree(&difference, context)?;
                wider = true;
            }
            Err(EnableError::Locked(Locked::Guardian { .. }))
                if guardian.is_none() && context.output.can_ask() =>
            {
                guardian = Some(passphrase::ask("Guardian's passphrase: ")?);
            }
            Err(error) => return Err(remedies::enable(&error)),
        }
    }
}

/// The guardian's passphrase, if a file for it was named.
pub(crate) fn given_passphrase(args: &ConsentArgs) -> Result<Option<Passphrase>, Problem> {
    args.guardian_file.as_deref().map(passphrase::from_file).transpose()
}

/// Shows what widens, and goes on only when somebody agrees to it.
fn agree(difference: &Difference, context: &Context) -> Result<(), Problem> {
    let record = json!({ "difference": difference, "wider": true });
    context.output.result("difference", &record, || {
        let text = printable(&difference.to_string()).into_owned();
        format!("This changes {}; what is marked with ! widens:\n{}", difference.hook, text.trim_end())
    })?;
    if context.output.can_ask() && prompt::choice("Agree? [y/n] > ", &[('y', true), ('n', false)])? {
        return Ok(());
    }
    Err(Problem::new(
        Exit::NeedsDecision,
        "not-accepted",
        "nothing was changed",
        "the hook would see more, do more or look for more than you agreed to, or answer to someone else",
        "read what is marked with !, and run the same with --accept if you agree",
    ))
}
