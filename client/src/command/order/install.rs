//! Putting an order into force, after showing all of it.

use std::path::Path;

use airlock_engine::{Consent, EnableError, Locked, OrderRefused};

use super::{package, read, show_order};
use crate::{
    args::ConsentArgs,
    command::{
        Context,
        hook::{given_passphrase, show_gate},
    },
    exit::Exit,
    passphrase,
    problem::Problem,
    prompt, remedies,
};

pub(super) async fn run(
    file: &Path,
    hook: Option<&str>,
    consent: &ConsentArgs,
    context: &Context,
) -> Result<Exit, Problem> {
    let order = read(file)?;
    let package = package(&order, hook, context)?;
    let engine = context.engine()?;
    let refuse = |error: &OrderRefused| remedies::order::refused(file, error);
    // Nobody is asked to agree to what would change nothing.
    let verified = engine.verify_order(&order).map_err(|error| refuse(&error))?;
    verified.fits(&package).map_err(|error| refuse(&error.into()))?;
    show_order(&order, context)?;
    if !consent.accept && !asked(context)? {
        return Err(refuse(&OrderRefused::NotAccepted));
    }
    let mut guardian = given_passphrase(consent)?;
    loop {
        let agreed = Consent { wider: true, guardian: guardian.as_ref() };
        match engine.install_order(&order, package.clone(), agreed).await {
            Ok(gate) => {
                engine.shutdown().await;
                return show_gate(context, &gate);
            }
            Err(OrderRefused::Enable(EnableError::Locked(Locked::Guardian { .. })))
                if guardian.is_none() && context.output.can_ask() =>
            {
                guardian = Some(passphrase::ask("Guardian's passphrase: ")?);
            }
            Err(error) => return Err(refuse(&error)),
        }
    }
}

fn asked(context: &Context) -> Result<bool, Problem> {
    let question = "\nUntil its last day you cannot change this hook. Put the order into force? [y/n] > ";
    if context.output.can_ask() { prompt::choice(question, &[('y', true), ('n', false)]) } else { Ok(false) }
}
