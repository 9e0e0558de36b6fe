//! Pieces of evidence, from records.

use crate::{
    conclude::words::listed,
    observer::{Finding, Party},
    person::Person,
    record::{MessageRun, Run},
    report::Evidence,
};

/// Where a message was found among what a party got.
pub(super) fn found(run: &Run, message: &MessageRun, party: Party) -> Vec<Evidence> {
    let findings = message.findings.get(&party).map(Vec::as_slice).unwrap_or_default();
    let mut evidence: Vec<Evidence> = Vec::new();
    for finding in findings {
        let one = place(run, message, party.name(), finding);
        // The same words in several datagrams are one piece of evidence.
        if !evidence.contains(&one) {
            evidence.push(one);
        }
    }
    evidence
}

/// One place where a message was found, by whoever looked.
pub(super) fn place(run: &Run, message: &MessageRun, who: &str, finding: &Finding) -> Evidence {
    let packed = if finding.packed { ", compressed" } else { "" };
    Evidence::Found {
        setting: run.setting.to_string(),
        party: who.into(),
        place: finding.place.clone(),
        encoding: format!("{}{packed}", finding.encoding),
        message: message.id.clone(),
    }
}

pub(super) fn not_found(run: &Run, message: &MessageRun, who: &str) -> Evidence {
    Evidence::NotFound { setting: run.setting.to_string(), party: who.into(), message: message.id.clone() }
}

pub(super) fn number(run: &Run, what: impl Into<String>, number: impl TryInto<u64>) -> Evidence {
    let number = number.try_into().unwrap_or(u64::MAX);
    Evidence::Counted { setting: run.setting.to_string(), what: what.into(), number }
}

pub(super) fn shown_to(run: &Run, person: Person, text: impl Into<String>) -> Evidence {
    Evidence::Shown { setting: run.setting.to_string(), person: person.name().into(), text: text.into() }
}

/// The settings of some runs, in a row.
pub(super) fn names<'a>(runs: impl IntoIterator<Item = &'a Run>) -> String {
    listed(&runs.into_iter().map(|run| run.setting.to_string()).collect::<Vec<_>>())
}
