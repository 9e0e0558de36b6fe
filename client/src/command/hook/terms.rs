//! `airlock hook grant|update|lock|unlock`: what an enabled hook sees and looks for, and who may change that.

use std::{fs::File, io::Read as _, path::Path};

use airlock_hooks::{View, limits::LIST_FILE_BYTES_MAX};

use super::{Context, consent::with_consent, installed, list::show_gate};
use crate::{args::ConsentArgs, exit::Exit, passphrase, problem::Problem, remedies};

/// Sets what a hook is shown, of what its manifest asks for.
pub(super) async fn grant(
    hook: &str,
    views: &str,
    consent: &ConsentArgs,
    context: &Context,
) -> Result<Exit, Problem> {
    let engine = context.engine()?;
    let asked = installed(&engine, hook)?.manifest.views;
    let wanted: Vec<&str> = views.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    let views: Vec<View> = asked.iter().copied().filter(|view| wanted.contains(&view.name())).collect();
    if let Some(name) = wanted.iter().find(|name| !views.iter().any(|view| view.name() == **name)) {
        let names: Vec<&str> = asked.iter().map(|view| view.name()).collect();
        return Err(Problem::usage(
            "view-not-asked-for",
            format_args!("`{hook}` cannot be shown `{name}`"),
            format_args!("its manifest asks for: {}", names.join(", ")),
            "name some of these, separated by commas, or none: --views \"\"",
        ));
    }
    let gate =
        with_consent(consent, context, async |consent| engine.grant_views(hook, &views, consent).await)
            .await?;
    engine.shutdown().await;
    show_gate(context, &gate)
}

/// Gives a hook another edition of its list.
pub(super) async fn update(
    hook: &str,
    list: &Path,
    consent: &ConsentArgs,
    context: &Context,
) -> Result<Exit, Problem> {
    let engine = context.engine()?;
    let mut bytes = Vec::new();
    File::open(list)
        .and_then(|file| file.take(LIST_FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| remedies::list::unreadable(list, &error))?;
    let package = installed(&engine, hook)?
        .with_list(&bytes)
        .map_err(|error| remedies::enable(&airlock_engine::EnableError::Package(error)))?;
    let gate =
        with_consent(consent, context, async |consent| engine.update_hook(package.clone(), consent).await)
            .await?;
    engine.shutdown().await;
    show_gate(context, &gate)
}

/// Gives the lock of a hook to a guardian, whose passphrase is read from a file or asked for.
pub(super) async fn lock(
    hook: &str,
    guardian_file: Option<&Path>,
    context: &Context,
) -> Result<Exit, Problem> {
    let engine = context.engine()?;
    let passphrase = match guardian_file {
        Some(file) => passphrase::from_file(file)?,
        None => passphrase::ask_for_new()?,
    };
    let gate = engine.lock_hook(hook, &passphrase).map_err(|error| remedies::enable(&error))?;
    engine.shutdown().await;
    show_gate(context, &gate)
}

/// Gives it back to the user.
pub(super) async fn unlock(
    hook: &str,
    guardian_file: Option<&Path>,
    context: &Context,
) -> Result<Exit, Problem> {
    let engine = context.engine()?;
    let consent = ConsentArgs { accept: false, guardian_file: guardian_file.map(Into::into) };
    let gate = with_consent(&consent, context, async |consent| engine.unlock_hook(hook, consent)).await?;
    engine.shutdown().await;
    show_gate(context, &gate)
}
