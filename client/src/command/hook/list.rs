//! `airlock hook list`: the hooks that are there, and how the gate stands.

use airlock_engine::GateStatus;
use airlock_hooks::Package;
use airlock_protocol::gate::HookIdentity;
use serde_json::{Value, json};

use super::{Context, REFERENCE};
use crate::{command::hex, exit::Exit, printable::printable_line, problem::Problem, remedies};

pub(super) fn run(context: &Context) -> Result<Exit, Problem> {
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

pub(super) fn show_gate(context: &Context, gate: &GateStatus) -> Result<Exit, Problem> {
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
