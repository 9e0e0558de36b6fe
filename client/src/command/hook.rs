//! `airlock hook`: look at hooks, put one into the gate, take it out, read what it decided.

use std::path::Path;

use airlock_engine::{AuditEntry, AuditRecord, Contact, DecisionEntry, Engine, GateStatus};
use airlock_hooks::{Package, inspect};
use airlock_protocol::{Mode, gate::HookIdentity};
use airlock_wire::AccountId;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::{Context, contacts, conversation::date_and_time, hex, hook_name};
use crate::{
    args::{Hook, HookCommand},
    exit::Exit,
    printable::{printable, printable_line},
    problem::Problem,
    remedies,
};

/// The hook that comes with Airlock.
const REFERENCE: &str = "word-list";

pub(crate) async fn run(args: &Hook, context: &Context) -> Result<Exit, Problem> {
    match &args.command {
        HookCommand::List => list(context),
        HookCommand::Inspect { hook } => inspect_one(hook.as_deref(), context),
        HookCommand::Enable { hook, mode, authority } => {
            enable(hook, *mode, authority.as_deref(), context).await
        }
        HookCommand::Mode { mode } => set_mode(*mode, context).await,
        HookCommand::Disable => set_mode(Mode::Off, context).await,
        HookCommand::Log => log(context),
    }
}

fn list(context: &Context) -> Result<Exit, Problem> {
    let engine = context.engine()?;
    let installed = engine.installed_hooks().map_err(|error| remedies::enable(&error))?;
    for hook in &installed {
        let manifest = &hook.package.manifest;
        let record = json!({
            "id": manifest.id.to_string(),
            "version": manifest.version.to_string(),
            "purpose": manifest.purpose,
            "enabled": hook.enabled,
        });
        context.output.result("hook", &record, || {
            let state = if hook.enabled { "enabled  " } else { "installed" };
            let name = format!("{} {}", manifest.id, manifest.version);
            format!("{state}  {}  {}", printable_line(&name), printable_line(&manifest.purpose))
        })?;
    }
    if !installed.iter().any(|hook| hook.package.manifest.id == REFERENCE) {
        let manifest = Package::reference_word_list().manifest;
        let record = json!({
            "id": manifest.id.to_string(),
            "version": manifest.version.to_string(),
            "purpose": manifest.purpose,
            "enabled": false,
        });
        context.output.result("hook", &record, || {
            format!("included   {} {}  {}", manifest.id, manifest.version, printable_line(&manifest.purpose))
        })?;
    }
    show_gate(context, &engine.gate())
}

fn inspect_one(hook: Option<&str>, context: &Context) -> Result<Exit, Problem> {
    let package = match hook {
        Some(hook) if hook == REFERENCE || is_folder(hook) => without_home(hook)?,
        Some(hook) => installed(&context.engine()?, hook)?,
        None => enabled(&context.engine()?)?,
    };
    let inspection = inspect(&package);
    context.output.result("inspection", &inspection, || printable(&inspection.to_string()).into_owned())?;
    Ok(Exit::Ok)
}

fn enabled(engine: &Engine) -> Result<Package, Problem> {
    let installed = engine.installed_hooks().map_err(|error| remedies::enable(&error))?;
    installed.into_iter().find(|hook| hook.enabled).map(|hook| hook.package).ok_or_else(|| {
        Problem::usage(
            "no-hook",
            "there is no enabled hook to inspect",
            "the gate is off",
            "name one: airlock hook inspect word-list",
        )
    })
}

/// The hook that comes with Airlock, or one in a folder: neither needs a vault.
fn without_home(hook: &str) -> Result<Package, Problem> {
    if hook == REFERENCE {
        return Ok(Package::reference_word_list());
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

/// A hook's id has no slash, so a folder can always be written with one.
fn is_folder(hook: &str) -> bool {
    hook.contains('/') || hook == "." || hook == ".."
}

fn installed(engine: &Engine, id: &str) -> Result<Package, Problem> {
    let installed = engine.installed_hooks().map_err(|error| remedies::enable(&error))?;
    let known: Vec<String> = installed.iter().map(|hook| hook.package.manifest.id.to_string()).collect();
    let found = installed.into_iter().map(|hook| hook.package).find(|package| package.manifest.id == *id);
    found.ok_or_else(|| {
        let known =
            [REFERENCE].into_iter().chain(known.iter().map(String::as_str).filter(|id| *id != REFERENCE));
        Problem::usage(
            "unknown-hook",
            format_args!("there is no hook `{id}`"),
            format_args!("hooks that are here: {}", known.collect::<Vec<_>>().join(", ")),
            "name one of these, or a folder with a slash in it: ./my-hook",
        )
    })
}

async fn enable(hook: &str, mode: Mode, authority: Option<&str>, context: &Context) -> Result<Exit, Problem> {
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
        if hook == REFERENCE || is_folder(hook) { without_home(hook)? } else { installed(&engine, hook)? };
    let authority = match authority {
        Some(text) => Some(find_authority(&engine, text, context).await?),
        None => None,
    };
    let gate = engine
        .enable_hook(package, mode, authority.map(|contact| contact.account))
        .await
        .map_err(|error| remedies::enable(&error))?;
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

async fn set_mode(mode: Mode, context: &Context) -> Result<Exit, Problem> {
    let engine = context.engine()?;
    let gate = match mode {
        Mode::Off => engine.disable_hook(),
        mode => engine.set_mode(mode).await,
    };
    let gate = gate.map_err(|error| remedies::enable(&error))?;
    engine.shutdown().await;
    show_gate(context, &gate)
}

fn show_gate(context: &Context, gate: &GateStatus) -> Result<Exit, Problem> {
    let codes: Vec<Value> =
        gate.codes.iter().map(|(code, text)| json!({ "code": code, "text": text })).collect();
    let record = json!({
        "mode": gate.mode.name(),
        "status": gate.to_string(),
        "hook": gate.hook.as_ref().map(hook_json),
        "authority": gate.authority.as_ref().map(|authority| json!({
            "account": authority.account.to_string(),
            "name": authority.name,
        })),
        "threshold": gate.threshold,
        "problem": gate.problem,
        "codes": codes,
    });
    context.output.result("gate", &record, || printable_line(&gate.to_string()).into_owned())?;
    Ok(Exit::Ok)
}

pub(crate) fn hook_json(hook: &HookIdentity) -> Value {
    json!({
        "id": hook.id,
        "version": hook.version,
        "component": hex(&hook.component),
        "manifest": hex(&hook.manifest),
        "list": hook.list.as_ref().map(|list| json!({
            "id": list.id,
            "version": list.version,
            "digest": hex(&list.digest),
        })),
    })
}

fn log(context: &Context) -> Result<Exit, Problem> {
    let engine = context.engine()?;
    let records = engine.audit_log().map_err(|error| remedies::audit(&error))?;
    let contacts = engine.contacts().map_err(|error| remedies::vault(&error))?;
    let name = |account: &AccountId| {
        let known = contacts.iter().find(|contact| contact.account == *account);
        known.map_or_else(|| account.to_string(), |contact| contact.name.clone())
    };
    for record in &records {
        context
            .output
            .result("audit", &record_json(record), || record_text(record, &name, &TimeZone::system()))?;
    }
    if records.is_empty() {
        context.output.note("The audit log is empty: no hook has been enabled yet.");
    }
    Ok(Exit::Ok)
}

fn record_json(record: &AuditRecord) -> Value {
    let entry = match &record.entry {
        AuditEntry::Set { at_ms, mode, hook, authority } => json!({
            "event": "set",
            "at_ms": at_ms,
            "mode": mode.name(),
            "hook": hook.as_ref().map(hook_json),
            "authority": authority.map(|account| account.to_string()),
        }),
        AuditEntry::Decided(decision) => json!({
            "event": "decided",
            "at_ms": decision.at_ms,
            "message": decision.message.to_string(),
            "hook": hook_json(&decision.hook),
            "mode": decision.mode.name(),
            "verdict": decision.verdict,
            "code": decision.code,
            "failure": decision.failure,
            "effect": decision.effect,
            "clamped": decision.clamped,
            "fuel": decision.fuel,
            "views": decision.views,
            "commitment": hex(&decision.commitment),
        }),
        AuditEntry::Chose { at_ms, message, choice } => json!({
            "event": "chose",
            "at_ms": at_ms,
            "message": message.to_string(),
            "choice": choice,
        }),
        AuditEntry::Reported { at_ms, message, authority, bytes } => json!({
            "event": "reported",
            "at_ms": at_ms,
            "message": message.to_string(),
            "authority": authority.to_string(),
            "bytes": bytes,
        }),
    };
    let mut line = json!({ "number": record.number, "hash": hex(&record.hash) });
    if let (Value::Object(line), Value::Object(entry)) = (&mut line, entry) {
        line.extend(entry);
    }
    line
}

fn record_text(record: &AuditRecord, name: &dyn Fn(&AccountId) -> String, zone: &TimeZone) -> String {
    let (at_ms, what) = match &record.entry {
        AuditEntry::Set { at_ms, mode, hook, authority } => {
            let hook = hook.as_ref().map_or_else(String::new, |hook| format!(" with {}", hook_name(hook)));
            let authority =
                authority.as_ref().map_or_else(String::new, |to| format!(", reports to {}", name(to)));
            (at_ms, format!("the gate was set to {mode}{hook}{authority}"))
        }
        AuditEntry::Decided(decision) => (&decision.at_ms, decision_text(decision)),
        AuditEntry::Chose { at_ms, message, choice } => {
            let choice = serde_json::to_value(choice).ok().and_then(|name| Some(name.as_str()?.to_owned()));
            (
                at_ms,
                format!("you chose {}  message {}", choice.unwrap_or_default(), short(&message.to_string())),
            )
        }
        AuditEntry::Reported { at_ms, message, authority, bytes } => (
            at_ms,
            format!("{bytes} B sealed for {}  message {}", name(authority), short(&message.to_string())),
        ),
    };
    let line = format!("{:>5}  {}  {what}", record.number, date_and_time(*at_ms, zone));
    printable_line(&line).into_owned()
}

fn decision_text(decision: &DecisionEntry) -> String {
    let DecisionEntry { mode, verdict, code, failure, effect, clamped, fuel, message, .. } = decision;
    let code = code.map_or_else(String::new, |code| format!("({code})"));
    let failure = failure.as_ref().map_or_else(String::new, |failure| format!(": {failure}"));
    let effect = serde_json::to_value(effect).ok().and_then(|name| Some(name.as_str()?.to_owned()));
    let clamped = if *clamped { " (less than it asked for)" } else { "" };
    format!(
        "{mode}  {}  {verdict}{code}{failure} → {}{clamped}  fuel {fuel}  message {}",
        hook_name(&decision.hook),
        effect.unwrap_or_default(),
        short(&message.to_string())
    )
}

/// Enough of an id to find it in the JSON log.
fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}
