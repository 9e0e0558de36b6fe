//! `airlock hook list`: the hooks that are there, and how the gate stands.

use airlock_engine::{GateStatus, HookStatus};
use airlock_hooks::Package;
use airlock_protocol::{Mode, gate::HookIdentity};
use serde_json::{Value, json};

use super::Context;
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
            "enabled": hook.mode != Mode::Off,
            "mode": hook.mode.name(),
        });
        context.output.result("hook", &record, || {
            let state = if hook.mode == Mode::Off { "installed" } else { "enabled  " };
            let name = format!("{} {}", manifest.id, manifest.version);
            format!("{state}  {}  {}", printable_line(&name), printable_line(&manifest.purpose))
        })?;
    }
    let is_new = |id: &&str| !installed.iter().any(|hook| hook.package.manifest.id == *id);
    for manifest in
        Package::references().filter(is_new).filter_map(Package::reference).map(|hook| hook.manifest)
    {
        let record = json!({
            "id": manifest.id.to_string(),
            "version": manifest.version.to_string(),
            "purpose": manifest.purpose,
            "enabled": false,
            "mode": Mode::Off.name(),
        });
        context.output.result("hook", &record, || {
            format!("included   {} {}  {}", manifest.id, manifest.version, printable_line(&manifest.purpose))
        })?;
    }
    show_gate(context, &engine.gate())
}

pub(crate) fn show_gate(context: &Context, gate: &GateStatus) -> Result<Exit, Problem> {
    let hook = |status: &HookStatus| {
        let codes: Vec<Value> =
            status.codes.iter().map(|(code, text)| json!({ "code": code, "text": text })).collect();
        json!({
            "mode": status.mode.name(),
            "hook": hook_json(&status.hook),
            "authority": status.authority.as_ref().map(|authority| json!({
                "account": authority.account.to_string(),
                "name": authority.name,
            })),
            "threshold": status.threshold,
            "lock": status.lock,
            "order": status.order.as_ref().map(|order| json!({
                "id": order.id,
                "version": order.version,
                "authority": order.authority.to_string(),
                "until": order.until,
                "digest": hex(&order.digest),
            })),
            "problem": status.problem,
            "codes": codes,
        })
    };
    let record = json!({
        "mode": gate.mode().name(),
        "status": gate.to_string(),
        "hooks": gate.hooks.iter().map(hook).collect::<Vec<_>>(),
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
