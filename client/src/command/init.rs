//! `airlock init`: keys, vault, registration. Each step is taken once, however often the command is run.

use airlock_engine::{Engine, Me, Unlock};
use airlock_wire::{InviteCode, RelayAddress};
use serde_json::json;

use super::{Context, parse_relay};
use crate::{
    args::Init, exit::Exit, passphrase, printable::printable_line, problem::Problem, prompt, remedies,
};

pub(crate) async fn run(args: &Init, context: &Context) -> Result<Exit, Problem> {
    // Everything that was typed is understood before anything is made.
    let relay = args.relay.as_deref().map(parse_relay).transpose()?;
    let invite = args.invite.as_deref().map(parse_invite).transpose()?;
    let existed = context.home().exists();
    let engine = if existed { open_again(args, context)? } else { create(args, context)? };
    let made = engine.me().map_err(|error| remedies::vault(&error))?;
    if !existed {
        context.output.note(&format!(
            "Made your keys and the vault in {}.{}",
            context.settings.home.value.display(),
            if protects_by_file(args, context) {
                " The key to it is in a file that only you can read."
            } else {
                ""
            }
        ));
    }
    let registered = match relay {
        Some(relay) => register(&engine, &made, relay, invite, context).await?,
        None => false,
    };
    let me = engine.me().map_err(|error| remedies::vault(&error))?;
    engine.shutdown().await;
    report(context, &me, existed, registered)
}

fn protects_by_file(args: &Init, context: &Context) -> bool {
    !args.passphrase && context.settings.passphrase_file.value.is_none()
}

fn parse_invite(text: &str) -> Result<InviteCode, Problem> {
    text.parse().map_err(|error| {
        Problem::usage(
            "bad-invite",
            "this is not an invite code of a relay",
            error,
            "copy the whole code that the relay's operator made with `airlock-relay invite`",
        )
    })
}

fn create(args: &Init, context: &Context) -> Result<Engine, Problem> {
    let name = match &args.name {
        Some(name) => name.clone(),
        None if context.output.can_ask() => {
            prompt::line("The name by which you introduce yourself to contacts: ")?
        }
        None => {
            return Err(Problem::usage(
                "name-needed",
                "you need a name by which to introduce yourself",
                "your contacts see it when you add them, so it is not guessed",
                "airlock init --name NAME",
            ));
        }
    };
    let unlock = match &context.settings.passphrase_file.value {
        Some(file) => Unlock::Passphrase(passphrase::from_file(file)?),
        None if args.passphrase => Unlock::Passphrase(passphrase::ask_for_new()?),
        None => Unlock::KeyFile,
    };
    Engine::create(context.home(), &unlock, name.trim())
        .map_err(|error| remedies::create(&error, context.home().path()))
}

/// Goes on with a home that is there: what was made stays, so what contradicts it is an error.
fn open_again(args: &Init, context: &Context) -> Result<Engine, Problem> {
    let engine = context.engine()?;
    let me = engine.me().map_err(|error| remedies::vault(&error))?;
    match &args.name {
        Some(name) if name.trim() != me.name => Err(Problem::usage(
            "already-made",
            format_args!("there is already an account in {}", context.settings.home.value.display()),
            format_args!("its name is `{}`, not `{name}`", me.name),
            "leave --name out to go on with it, or make another account with --home DIR",
        )),
        _ => Ok(engine),
    }
}

/// Whether it had to be done.
async fn register(
    engine: &Engine,
    me: &Me,
    relay: RelayAddress,
    invite: Option<InviteCode>,
    context: &Context,
) -> Result<bool, Problem> {
    match &me.relay {
        Some(current) if *current == relay => return Ok(false),
        Some(current) if current.fingerprint.is_none() || current.fingerprint != relay.fingerprint => {
            return Err(Problem::usage(
                "registered-elsewhere",
                "this account is registered at another relay",
                format_args!("it is at {current}, and contacts write to it there"),
                "leave --relay out, or make another account with --home DIR",
            ));
        }
        _ => {}
    }
    context.output.note(&format!("Registering at {}:{} …", relay.host, relay.port));
    engine.register(relay.clone(), invite).await.map_err(|error| remedies::register(&error, &relay))?;
    Ok(true)
}

fn report(context: &Context, me: &Me, existed: bool, registered: bool) -> Result<Exit, Problem> {
    let record = json!({
        "account": me.account.to_string(),
        "device": me.device.to_string(),
        "name": me.name,
        "relay": me.relay.as_ref().map(ToString::to_string),
        "home": context.settings.home.value.to_string_lossy(),
        "made": !existed,
        "registered": registered,
    });
    context.output.done("init", &record, || {
        let name = printable_line(&me.name);
        match (&me.relay, registered) {
            (None, _) => format!(
                "You are {name}, at no relay yet. Next, with the address of a relay:\n  \
                 airlock init --relay host:port#fingerprint"
            ),
            (Some(relay), true) => format!(
                "You are {name}, at {}:{}. Next, the link that others add you with:\n  airlock invite",
                relay.host, relay.port
            ),
            (Some(relay), false) => {
                format!("You are {name}, at {}:{}. There was nothing left to do.", relay.host, relay.port)
            }
        }
    })?;
    Ok(Exit::Ok)
}
