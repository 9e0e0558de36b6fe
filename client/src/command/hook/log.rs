//! `airlock hook log`: every decision, what became of it, and what left.

use airlock_engine::{AuditEntry, AuditRecord, ChainHook, DecisionEntry, Form};
use airlock_protocol::Mode;
use airlock_wire::AccountId;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::{Context, hook_json};
use crate::{
    command::{conversation::date_and_time, hex, hook_name},
    exit::Exit,
    printable::printable_line,
    problem::Problem,
    remedies,
    tui::text,
};

pub(super) fn run(forget: &[u64], context: &Context) -> Result<Exit, Problem> {
    let engine = context.engine()?;
    if !forget.is_empty() {
        let forgotten = engine.forget(forget).map_err(|error| remedies::audit(&error))?;
        context.output.done("forgot", &json!({ "decisions": forgotten }), || {
            format!("forgotten: what was judged in {}", text::counted(forgotten as u64, "decision"))
        })?;
        return Ok(Exit::Ok);
    }
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

pub(super) fn record_json(record: &AuditRecord) -> Value {
    let entry = match &record.entry {
        AuditEntry::Set { at_ms, chain } => json!({
            "event": "set",
            "at_ms": at_ms,
            "mode": chain.iter().map(|step| step.mode).max().unwrap_or(Mode::Off).name(),
            "hooks": chain.iter().map(|step| json!({
                "mode": step.mode.name(),
                "hook": hook_json(&step.hook),
                "authority": step.authority.map(|account| account.to_string()),
                "lock": step.lock,
            })).collect::<Vec<_>>(),
        }),
        AuditEntry::Decided(decision) => json!({
            "event": "decided",
            "at_ms": decision.at_ms,
            "message": decision.message.to_string(),
            "step": decision.step,
            "hook": hook_json(&decision.hook),
            "mode": decision.mode.name(),
            "verdict": decision.verdict,
            "code": decision.code,
            "score": decision.score,
            "entry": decision.entry,
            "failure_class": decision.failure_class,
            "failure": decision.failure,
            "effect": decision.effect,
            "clamped": decision.clamped,
            "fuel": decision.fuel,
            "views": decision.views,
            "commitment": hex(&decision.commitment.content),
            "answer_commitment": hex(&decision.commitment.answer),
        }),
        AuditEntry::Chose { at_ms, message, choice } => json!({
            "event": "chose",
            "at_ms": at_ms,
            "message": message.to_string(),
            "choice": choice,
        }),
        AuditEntry::NotAsked { at_ms, message } => json!({
            "event": "not-asked",
            "at_ms": at_ms,
            "message": message.to_string(),
        }),
        AuditEntry::Sent { at_ms, message, to, form, bytes } => json!({
            "event": "sent",
            "at_ms": at_ms,
            "message": message.to_string(),
            "to": to.to_string(),
            "form": form,
            "bytes": bytes,
        }),
        AuditEntry::Forgot { at_ms, decision } => json!({
            "event": "forgot",
            "at_ms": at_ms,
            "decision": decision,
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

pub(super) fn record_text(
    record: &AuditRecord,
    name: &dyn Fn(&AccountId) -> String,
    zone: &TimeZone,
) -> String {
    let (at_ms, what) = match &record.entry {
        AuditEntry::Set { at_ms, chain } => {
            let step = |step: &ChainHook| {
                let authority = step
                    .authority
                    .as_ref()
                    .map_or_else(String::new, |to| format!(", reports to {}", name(to)));
                format!("{} with {}{authority}", step.mode, hook_name(&step.hook))
            };
            let chain = match chain.as_slice() {
                [] => Mode::Off.name().to_owned(),
                chain => chain.iter().map(step).collect::<Vec<_>>().join("; "),
            };
            (at_ms, format!("the gate was set to {chain}"))
        }
        AuditEntry::Decided(decision) => (&decision.at_ms, decision_text(decision)),
        AuditEntry::Chose { at_ms, message, choice } => {
            let choice = serde_json::to_value(choice).ok().and_then(|name| Some(name.as_str()?.to_owned()));
            (
                at_ms,
                format!("you chose {}  message {}", choice.unwrap_or_default(), short(&message.to_string())),
            )
        }
        AuditEntry::NotAsked { at_ms, message } => {
            (at_ms, format!("kept, because nobody could be asked  message {}", short(&message.to_string())))
        }
        AuditEntry::Sent { at_ms, message, to, form, bytes } => {
            let form = match form {
                Form::AsWritten => "as written",
                Form::Rewritten => "as the hooks proposed",
            };
            let message = short(&message.to_string()).to_owned();
            (at_ms, format!("sent {form} to {}, {bytes} B sealed  message {message}", name(to)))
        }
        AuditEntry::Reported { at_ms, message, authority, bytes } => (
            at_ms,
            format!("{bytes} B sealed for {}  message {}", name(authority), short(&message.to_string())),
        ),
        AuditEntry::Forgot { at_ms, decision } => (at_ms, format!("you had entry {decision} forgotten")),
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
