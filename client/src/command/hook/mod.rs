//! `airlock hook`: look at hooks, put one into the gate, take it out, read what it decided.

mod author;
mod bench;
mod consent;
mod enable;
mod explain;
mod inspect;
mod list;
mod log;
mod open;
mod replay;
mod terms;
mod verify_log;

use std::path::Path;

use airlock_engine::Engine;
use airlock_hooks::Package;
use airlock_protocol::Mode;

pub(crate) use consent::given_passphrase;
pub(crate) use list::{hook_json, show_gate};

use super::Context;
use crate::{
    args::{Hook, HookCommand},
    exit::Exit,
    problem::Problem,
    remedies,
};

pub(crate) async fn run(args: &Hook, context: &Context) -> Result<Exit, Problem> {
    match &args.command {
        HookCommand::List => list::run(context),
        HookCommand::Inspect { hook } => inspect::run(hook.as_deref(), context),
        HookCommand::Enable { hook, mode, authority, consent } => {
            enable::run(hook, *mode, authority.as_deref(), consent, context).await
        }
        HookCommand::Mode { mode, hook, consent } => {
            enable::set_mode(hook.as_deref(), *mode, consent, context).await
        }
        HookCommand::Grant { hook, views, consent } => terms::grant(hook, views, consent, context).await,
        HookCommand::Update { hook, list, consent } => terms::update(hook, list, consent, context).await,
        HookCommand::Lock { hook, guardian_file } => {
            terms::lock(hook, guardian_file.as_deref(), context).await
        }
        HookCommand::Unlock { hook, guardian_file } => {
            terms::unlock(hook, guardian_file.as_deref(), context).await
        }
        HookCommand::Move { hook, place } => enable::move_to(hook, *place, context).await,
        HookCommand::Disable { hook, consent } => {
            enable::set_mode(hook.as_deref(), Mode::Off, consent, context).await
        }
        HookCommand::Log { forget } => log::run(forget, context),
        HookCommand::VerifyLog { head } => verify_log::run(head.as_deref(), context),
        HookCommand::Replay { number, all } => replay::run(number, *all, context).await,
        HookCommand::Explain { id } => explain::run(id, context),
        HookCommand::Open { number } => open::run(*number, context),
        HookCommand::CheckOpening { file } => open::check(file, context),
        HookCommand::New(args) => author::new(args, context),
        HookCommand::Pack(args) => author::pack_one(args, context),
        HookCommand::Test(args) => author::test(args, context),
        HookCommand::Bench(args) => bench::run(args, context),
    }
}

/// A hook that comes with Airlock, or one in a folder: neither needs a vault.
fn without_home(hook: &str) -> Result<Package, Problem> {
    if let Some(package) = Package::reference(hook) {
        return Ok(package);
    }
    Package::read_dir(Path::new(hook)).map_err(|error| {
        Problem::new(
            Exit::Failure,
            "bad-hook",
            format_args!("`{hook}` is not a hook that can be used"),
            error,
            "give the folder that has hook.toml, hook.wasm and, if it needs one, list.json (docs/hooks.md)",
        )
    })
}

/// A hook by whatever name it has: one that comes with Airlock, a folder, or one that is installed.
pub(super) fn find(hook: &str, context: &Context) -> Result<Package, Problem> {
    if is_reference(hook) || is_folder(hook) {
        without_home(hook)
    } else {
        installed(&context.engine()?, hook)
    }
}

/// Whether a hook comes with Airlock.
fn is_reference(hook: &str) -> bool {
    Package::references().any(|id| id == hook)
}

/// A hook's id has no slash, so a folder can always be written with one.
fn is_folder(hook: &str) -> bool {
    hook.contains('/') || hook == "." || hook == ".."
}

fn installed(engine: &Engine, id: &str) -> Result<Package, Problem> {
    let installed = engine.installed_hooks().map_err(|error| remedies::enable(&error))?;
    let known: Vec<String> = installed.iter().map(|hook| hook.package.manifest.id.to_string()).collect();
    let found = installed.into_iter().map(|hook| hook.package).find(|package| package.manifest.id == *id);
    found.ok_or_else(|| {
        let included: Vec<&str> = Package::references().collect();
        let known =
            included.into_iter().chain(known.iter().map(String::as_str).filter(|id| !is_reference(id)));
        Problem::usage(
            "unknown-hook",
            format_args!("there is no hook `{id}`"),
            format_args!("hooks that are here: {}", known.collect::<Vec<_>>().join(", ")),
            "name one of these, or a folder with a slash in it: ./my-hook",
        )
    })
}
