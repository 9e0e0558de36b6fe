//! `airlock hook explain`: what a hook saw, what it answered, what the gate did, what left, to whom.

use airlock_engine::{AuditEntry, AuditError, AuditRecord, DecisionEntry, Engine};
use airlock_hooks::Package;
use airlock_protocol::Content;
use airlock_wire::AccountId;
use jiff::tz::TimeZone;
use serde_json::json;

use super::{
    Context,
    log::{record_json, record_text},
};
use crate::{
    command::{conversation::date_and_time, hex, hook_name},
    exit::Exit,
    printable::printable,
    problem::Problem,
    remedies,
};

/// Fewest digits that name a message: fewer would soon mean several.
const MESSAGE_DIGITS_MIN: usize = 8;

pub(super) fn run(id: &str, context: &Context) -> Result<Exit, Problem> {
    let engine = context.engine()?;
    let log = engine.audit_log().map_err(|error| remedies::audit(&error))?;
    let contacts = engine.contacts().map_err(|error| remedies::vault(&error))?;
    let name = |account: &AccountId| {
        let known = contacts.iter().find(|contact| contact.account == *account);
        known.map_or_else(|| account.to_string(), |contact| contact.name.clone())
    };
    let found = find(&log, id)?;
    let Some(message) = found.first().and_then(|(record, _)| record.entry.message()) else {
        return Ok(Exit::Ok);
    };
    let around: Vec<&AuditRecord> = log
        .iter()
        .filter(|record| record.entry.message() == Some(message))
        .filter(|record| !matches!(record.entry, AuditEntry::Decided(_)))
        .collect();
    for (record, decision) in &found {
        let package = installed(&engine, decision);
        let shown = Shown { record, decision, package: package.as_ref(), around: &around };
        let json = shown.json();
        context.output.result("explanation", &json, || shown.text(&name))?;
    }
    Ok(Exit::Ok)
}

/// The decisions that are meant: one by its number, or all about a message.
fn find<'a>(log: &'a [AuditRecord], id: &str) -> Result<Vec<(&'a AuditRecord, &'a DecisionEntry)>, Problem> {
    let decisions = log.iter().filter_map(|record| match &record.entry {
        AuditEntry::Decided(decision) => Some((record, &**decision)),
        _ => None,
    });
    let found: Vec<_> = if id.len() >= MESSAGE_DIGITS_MIN {
        let id = id.to_ascii_lowercase();
        decisions.filter(|(_, decision)| decision.message.to_string().starts_with(&id)).collect()
    } else {
        let number: u64 = id.parse().map_err(|_| unknown(id))?;
        let found: Vec<_> = decisions.filter(|(record, _)| record.number == number).collect();
        if found.is_empty() {
            return Err(remedies::audit(&AuditError::NoDecision(number)));
        }
        found
    };
    let message = found.first().map(|(_, decision)| decision.message).ok_or_else(|| unknown(id))?;
    if found.iter().any(|(_, decision)| decision.message != message) {
        return Err(Problem::usage(
            "ambiguous",
            format_args!("`{id}` means several messages"),
            "their ids start with the same digits",
            "give more digits of the message's id",
        ));
    }
    Ok(found)
}

fn unknown(id: &str) -> Problem {
    Problem::usage(
        "no-decision",
        format_args!("`{id}` is no decision of a hook"),
        "it is neither the number of one in the audit log, nor the start of the id of a message that a hook judged",
        "take the number from the start of a line of `airlock hook log`",
    )
}

/// The hook that decided, if its manifest is still the one in this home.
fn installed(engine: &Engine, decision: &DecisionEntry) -> Option<Package> {
    let installed = engine.installed_hooks().ok()?;
    installed
        .into_iter()
        .map(|hook| hook.package)
        .find(|package| package.manifest.digest().0 == decision.hook.manifest)
}

struct Shown<'a> {
    record: &'a AuditRecord,
    decision: &'a DecisionEntry,
    package: Option<&'a Package>,
    /// What else the log says of the message.
    around: &'a [&'a AuditRecord],
}

impl Shown<'_> {
    fn code_text(&self) -> Option<&str> {
        let code = airlock_protocol::gate::Code(self.decision.code?);
        self.package?.manifest.code_text(code)
    }

    fn content(&self) -> Option<&Content> {
        self.record.kept.as_ref().map(|kept| &kept.content)
    }

    /// The entry of the list that matched, and who submitted it.
    fn entry(&self) -> Option<(String, String)> {
        let list = self.package?.list.as_ref()?;
        let wanted = self.decision.hook.list.as_ref()?;
        let entry = list.entries().get(usize::try_from(self.decision.entry?).ok()?)?;
        (list.digest().0 == wanted.digest).then(|| (entry.value.clone(), entry.submitter.clone()))
    }

    fn json(&self) -> serde_json::Value {
        let content = self.content().map(|content| {
            let file = match content {
                Content::Attachment(file) => Some(json!({
                    "name": file.name,
                    "size": file.size,
                    "media_type": file.media_type,
                    "sha256": hex(&file.digest),
                })),
                Content::Text(_) | Content::Profile(_) => None,
            };
            json!({ "text": content.text(), "attachment": file })
        });
        json!({
            "decision": record_json(self.record),
            "judged": content,
            "code_text": self.code_text(),
            "list_entry": self.entry().map(|(value, submitter)| json!({ "value": value, "submitter": submitter })),
            "then": self.around.iter().map(|record| record_json(record)).collect::<Vec<_>>(),
        })
    }

    fn text(&self, name: &dyn Fn(&AccountId) -> String) -> String {
        let decision = self.decision;
        let zone = TimeZone::system();
        let mut lines = vec![format!(
            "Entry {}, {}: {}, asked as number {} in mode {}",
            self.record.number,
            date_and_time(decision.at_ms, &zone),
            hook_name(&decision.hook),
            decision.step,
            decision.mode,
        )];
        let mut put = |what: &str, text: String| lines.push(format!("  {what:<9} {text}"));
        let views = if decision.views.is_empty() { "nothing".to_owned() } else { decision.views.join(", ") };
        put("saw", format!("{views}; not who it is for, who you are, or any other message"));
        match self.content() {
            Some(content) => {
                if let Content::Attachment(file) = content {
                    put("of", format!("{}, {} B, {}", file.name, file.size, file.media_type));
                }
                put("of", format!("“{}”", content.text()));
            }
            None => put("of", "what you had forgotten".to_owned()),
        }
        let code = decision.code.map_or_else(String::new, |code| format!(" ({code})"));
        put("answered", format!("{}{code}", decision.verdict));
        if let Some(text) = self.code_text() {
            put("meaning", text.to_owned());
        }
        if let Some(score) = decision.score {
            put("score", score.to_string());
        }
        if let Some((value, submitter)) = self.entry() {
            put("by entry", format!("“{value}”, submitted by {submitter}"));
        } else if let Some(entry) = decision.entry {
            put("by entry", format!("{} of its list, from 0", entry));
        }
        if let Some(failure) = &decision.failure {
            put("failed", failure.clone());
        }
        put("fuel", decision.fuel.to_string());
        let effect =
            serde_json::to_value(decision.effect).ok().and_then(|name| Some(name.as_str()?.to_owned()));
        let clamped =
            if decision.clamped { ", less than the hook asked for: the mode allows no more" } else { "" };
        put("the gate", format!("{}{clamped}", effect.unwrap_or_default()));
        for record in self.around {
            put("then", record_text(record, name, &zone).trim_start().to_owned());
        }
        let left = |record: &&&AuditRecord| {
            matches!(record.entry, AuditEntry::Sent { .. } | AuditEntry::Reported { .. })
        };
        if !self.around.iter().any(|record| left(&record)) {
            put("left", "nothing".to_owned());
        }
        put("component", hex(&decision.hook.component));
        put("manifest", hex(&decision.hook.manifest));
        if let Some(list) = &decision.hook.list {
            put("list", format!("{} v{}  {}", list.id, list.version, hex(&list.digest)));
        }
        put("entry", hex(&self.record.hash));
        // Lines of a text stay under its first one; nothing of it acts on the terminal.
        let lines: Vec<String> =
            lines.iter().map(|line| printable(line).replace('\n', "\n            ")).collect();
        lines.join("\n")
    }
}
