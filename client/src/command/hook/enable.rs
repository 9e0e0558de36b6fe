//! `airlock hook enable|mode|disable`: what the gate asks, and what the answers may do.

use airlock_engine::{Contact, Engine};
use airlock_protocol::Mode;

use super::{
    Context, consent::with_consent, installed, is_folder, is_reference, list::show_gate, without_home,
};
use crate::{args::ConsentArgs, command::contacts, exit::Exit, problem::Problem, remedies};

pub(super) async fn run(
    hook: &str,
    mode: Mode,
    authority: Option<&str>,
    consent: &ConsentArgs,
    context: &Context,
) -> Result<Exit, Problem> {
    if mode == Mode::Report && authority.is_none() {
        return Err(remedies::no_authority());
    }
    if mode != Mode::Report && authority.is_some() {
        return Err(Problem::usage(
            "authority-not-used",
            format_args!("in mode {mode} nobody gets reports"),
            "an authority was given that would get nothing",
            "leave --authority out, or choose --mode report",
        ));
    }
    let engine = context.engine()?;
    let package =
        if is_reference(hook) || is_folder(hook) { without_home(hook)? } else { installed(&engine, hook)? };
    let authority = match authority {
        Some(text) => Some(find_authority(&engine, text, context).await?),
        None => None,
    };
    let authority = authority.map(|contact| contact.account);
    let gate = with_consent(consent, context, async |consent| {
        engine.enable_hook_with(package.clone(), mode, authority, consent).await
    })
    .await?;
    engine.shutdown().await;
    show_gate(context, &gate)
}

async fn find_authority(engine: &Engine, text: &str, context: &Context) -> Result<Contact, Problem> {
    if !text.starts_with("airlock:") {
        return context.contact(engine, text);
    }
    let link = contacts::parse_link(text)?;
    contacts::note_fetching(&link, context);
    engine.add_authority(&link, None).await.map_err(|error| remedies::add(&error, &link.relay))
}

pub(super) async fn set_mode(
    hook: Option<&str>,
    mode: Mode,
    consent: &ConsentArgs,
    context: &Context,
) -> Result<Exit, Problem> {
    let engine = context.engine()?;
    let gate =
        with_consent(consent, context, async |consent| engine.set_mode_with(hook, mode, consent).await)
            .await?;
    engine.shutdown().await;
    show_gate(context, &gate)
}

pub(super) async fn move_to(hook: &str, place: usize, context: &Context) -> Result<Exit, Problem> {
    let engine = context.engine()?;
    let gate = engine.move_hook(hook, place).map_err(|error| remedies::enable(&error))?;
    engine.shutdown().await;
    show_gate(context, &gate)
}
