//! `airlock reports`: what left because of a hook, byte for byte, and what came in.

use airlock_engine::{ReportMade, ReportReceived, ReportState};
use airlock_wire::AccountId;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::{Context, conversation::date_and_time, hex, hook::hook_json, hook_name};
use crate::{exit::Exit, printable::printable_line, problem::Problem, remedies};

pub(crate) fn run(context: &Context) -> Result<Exit, Problem> {
    let engine = context.engine()?;
    let made = engine.reports_made().map_err(|error| remedies::vault(&error))?;
    let received = engine.reports_received().map_err(|error| remedies::vault(&error))?;
    let contacts = engine.contacts().map_err(|error| remedies::vault(&error))?;
    let name = |account: &AccountId| {
        let known = contacts.iter().find(|contact| contact.account == *account);
        known.map_or_else(|| account.to_string(), |contact| contact.name.clone())
    };
    for report in &made {
        context
            .output
            .result("report-made", &made_json(report), || made_text(report, &name(&report.authority)))?;
    }
    for report in &received {
        context.output.result("report-received", &received_json(report), || {
            received_text(report, &name(&report.from))
        })?;
    }
    if made.is_empty() && received.is_empty() {
        context.output.note("Nothing was reported: not by this device, and not to it.");
    }
    Ok(Exit::Ok)
}

/// What a sender is told at once when something leaves because of a hook.
pub(crate) fn notice(report: &ReportMade) -> String {
    let state = match report.state {
        ReportState::Held => "kept here until more come together",
        ReportState::Queued => "waiting to leave",
        ReportState::Sent => "gone",
        ReportState::Failed => "not delivered",
    };
    let text = format!(
        "The hook reported this message ({}): {} bytes of evidence, {state}: {}",
        report.code_text,
        report.evidence.len(),
        evidence_text(&report.evidence)
    );
    format!("{}\nSee `airlock reports`.", printable_line(&text))
}

pub(crate) fn made_json(report: &ReportMade) -> Value {
    json!({
        "number": report.number,
        "message": report.message.to_string(),
        "authority": report.authority.to_string(),
        "hook": hook_json(&report.hook),
        "code": report.code,
        "code_text": report.code_text,
        "evidence": String::from_utf8(report.evidence.clone()).ok(),
        "evidence_hex": hex(&report.evidence),
        "state": state_name(report.state),
        "sealed_bytes": report.bytes,
        "at_ms": report.at_ms,
    })
}

fn received_json(report: &ReportReceived) -> Value {
    json!({
        "from": report.from.to_string(),
        "hook": hook_json(&report.hook),
        "code": report.code,
        "evidence": String::from_utf8(report.evidence.clone()).ok(),
        "evidence_hex": hex(&report.evidence),
        "at_ms": report.at_ms,
        "received_ms": report.received_ms,
    })
}

fn state_name(state: ReportState) -> &'static str {
    match state {
        ReportState::Held => "held",
        ReportState::Queued => "queued",
        ReportState::Sent => "sent",
        ReportState::Failed => "failed",
    }
}

fn made_text(report: &ReportMade, authority: &str) -> String {
    let first = format!(
        "{}  to {authority}  {}: {}  {}, {} B sealed",
        date_and_time(report.at_ms, &TimeZone::system()),
        hook_name(&report.hook),
        report.code_text,
        state_name(report.state),
        report.bytes,
    );
    with_evidence(&first, &report.evidence)
}

fn received_text(report: &ReportReceived, from: &str) -> String {
    let first = format!(
        "{}  from {from}  {}: code {}",
        date_and_time(report.received_ms, &TimeZone::system()),
        hook_name(&report.hook),
        report.code,
    );
    with_evidence(&first, &report.evidence)
}

fn with_evidence(first: &str, evidence: &[u8]) -> String {
    let second = format!("{} bytes of evidence: {}", evidence.len(), evidence_text(evidence));
    format!("{}\n  {}", printable_line(first), printable_line(&second))
}

/// As text where it is text; evidence may be any bytes.
fn evidence_text(evidence: &[u8]) -> String {
    match std::str::from_utf8(evidence) {
        Ok(text) => format!("“{text}”"),
        Err(_) => hex(evidence),
    }
}
