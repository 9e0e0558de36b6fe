//! The claims of a conversation. Each is chosen and filled in from the records: run on a system that leaks, they say
//! so, and name where.

use airlock_protocol::gate::Mode;

use super::{
    Facts, events,
    words::{counted, listed},
};
use crate::{
    observer::Party,
    person::Person,
    record::{Fate, MessageRun, Run, Shown},
    report::{Claim, Evidence, Standing},
    setting::Hostile,
};

/// All that can be said, the promises first.
pub(super) fn all(facts: &Facts<'_>) -> Vec<Claim> {
    let promises = [
        encryption(facts),
        baseline(facts),
        nothing_leaves(facts),
        reports_shown(facts),
        gate_ran(facts),
        blocked(facts),
        free_choice(facts),
        as_shown(facts),
        absence(facts),
        status(facts),
        audit(facts),
    ];
    let seen = [authority(facts), reading(facts), stopping(facts), evasion(facts)];
    let mut claims: Vec<Claim> = promises.into_iter().flatten().collect();
    claims.extend(events::claims(facts));
    claims.extend(seen.into_iter().flatten());
    claims
}

pub(super) fn found(run: &Run, message: &MessageRun, party: Party) -> Vec<Evidence> {
    let found = message.findings.get(&party).map(Vec::as_slice).unwrap_or_default();
    let mut evidence: Vec<Evidence> = Vec::new();
    for finding in found {
        let packed = if finding.packed { ", compressed" } else { "" };
        let one = Evidence::Found {
            setting: run.setting.to_string(),
            party: party.name().into(),
            place: finding.place.clone(),
            encoding: format!("{}{packed}", finding.encoding),
            message: message.id.clone(),
        };
        // The same words in several datagrams are one piece of evidence.
        if !evidence.contains(&one) {
            evidence.push(one);
        }
    }
    evidence
}

fn not_found(run: &Run, message: &MessageRun, party: Party) -> Evidence {
    Evidence::NotFound {
        setting: run.setting.to_string(),
        party: party.name().into(),
        message: message.id.clone(),
    }
}

pub(super) fn number(run: &Run, what: impl Into<String>, number: usize) -> Evidence {
    Evidence::Counted { setting: run.setting.to_string(), what: what.into(), number: number as u64 }
}

pub(super) fn shown_to(run: &Run, person: Person, text: impl Into<String>) -> Evidence {
    Evidence::Shown { setting: run.setting.to_string(), person: person.name().into(), text: text.into() }
}

pub(super) fn names<'a>(runs: impl IntoIterator<Item = &'a Run>) -> String {
    listed(&runs.into_iter().map(|run| run.setting.to_string()).collect::<Vec<_>>())
}

/// Whether encryption kept the texts from those who carry them.
fn encryption(facts: &Facts<'_>) -> Option<Claim> {
    let runs: Vec<&Run> = facts.end_to_end().collect();
    let first = runs.first()?;
    let mut leaks = Vec::new();
    let mut searched = Vec::new();
    for run in &runs {
        for message in &run.messages {
            for party in Party::CARRIERS {
                if message.read_by(party) || message.recognised_by(party) {
                    leaks.extend(found(run, message, party));
                } else if party != Party::Log || run.logs_searched {
                    searched.push(not_found(run, message, party));
                }
            }
        }
    }
    let method = "Every planted text is looked for in every datagram, in the relay's files and stored envelopes, in \
                  every file of the sender's home, and in every line that the programs log, in each encoding that \
                  docs/lab.md lists. It says nothing about encodings that are not listed, nor about memory.";
    let mut claim = match leaks.first() {
        Some(Evidence::Found { setting, party, place, encoding, message }) => {
            let text = format!(
                "Encryption FAILED with {setting}: the text of “{message}” is with the {party}, in {place}, as {encoding}."
            );
            facts.claim("encryption", Standing::Broken, text, method)
        }
        _ => {
            let who = if first.logs_searched {
                "wire, relay, logs or Alice's locked disk"
            } else {
                "wire, relay or Alice's locked disk"
            };
            let text = format!(
                "Encryption held under {}: none of {} is with {who}.",
                counted(runs.len(), "setting"),
                counted(first.messages.len(), "planted text"),
            );
            facts.claim("encryption", Standing::Held, text, method)
        }
    };
    claim.evidence = if leaks.is_empty() { searched } else { leaks };
    Some(claim)
}

/// What the server of a service without end-to-end encryption had.
fn baseline(facts: &Facts<'_>) -> Option<Claim> {
    let run = facts.baseline()?;
    let read = run.messages.iter().filter(|message| message.read_by(Party::Relay)).count();
    let text = format!(
        "Without end-to-end encryption the server could read {read} of {}, whoever wrote them.",
        counted(run.messages.len(), "message")
    );
    let method =
        "The same texts are looked for in the requests that the server got and in the files that it keeps.";
    let mut claim = facts.claim("server", Standing::Seen, text, method);
    claim.evidence = run
        .messages
        .iter()
        .flat_map(|message| match message.read_by(Party::Relay) {
            true => found(run, message, Party::Relay),
            false => vec![not_found(run, message, Party::Relay)],
        })
        .collect();
    Some(claim)
}

/// Nothing leaves because of a hook except in report mode.
fn nothing_leaves(facts: &Facts<'_>) -> Option<Claim> {
    let quiet = |run: &&Run| run.setting.mode() != Mode::Report;
    let runs: Vec<&Run> = facts.end_to_end().filter(quiet).collect();
    if runs.is_empty() {
        return None;
    }
    let left = |run: &Run| {
        run.reports.len() + run.envelopes.iter().filter(|one| one.mailbox == Person::Authority).count()
    };
    let read = |run: &Run| run.messages.iter().filter(|message| message.read_by(Party::Authority)).count();
    let broken: Vec<&Run> = runs.iter().copied().filter(|run| left(run) + read(run) > 0).collect();
    let method = "What came into the authority's mailbox during the conversation is counted, and every text is looked \
                  for in what its client opened. The authority is named to Alice's client under every setting.";
    let (standing, text) = match broken.as_slice() {
        [] => {
            (Standing::Held, format!("Nothing went to the authority with {}.", names(runs.iter().copied())))
        }
        broken => (
            Standing::Broken,
            format!(
                "With {}, where nothing may leave because of a hook, something went to the authority.",
                names(broken.iter().copied())
            ),
        ),
    };
    let mut claim = facts.claim("nothing-leaves", standing, text, method);
    for run in if broken.is_empty() { &runs } else { &broken } {
        claim.evidence.push(number(run, "envelopes and reports for the authority", left(run)));
        claim.evidence.push(number(run, "texts that the authority could read", read(run)));
        for message in &run.messages {
            claim.evidence.extend(found(run, message, Party::Authority));
        }
    }
    Some(claim)
}

/// Every report that the authority has was shown to Alice, byte for byte.
fn reports_shown(facts: &Facts<'_>) -> Option<Claim> {
    let runs: Vec<&Run> = facts.checked().filter(|run| !run.reports.is_empty()).collect();
    if runs.is_empty() {
        return None;
    }
    let method = "The evidence of each report that the authority's client opened is compared with the evidence that \
                  Alice's screen was given with the message, byte for byte.";
    let mut claim = facts.claim("reports-shown", Standing::Held, String::new(), method);
    let mut unseen = 0;
    let mut all = 0;
    for run in &runs {
        let mut shown: Vec<&String> = run
            .alices()
            .flat_map(|message| &message.shown)
            .filter_map(|shown| match shown {
                Shown::Reported { evidence, .. } => Some(evidence),
                _ => None,
            })
            .collect();
        for report in &run.reports {
            all += 1;
            match shown.iter().position(|evidence| **evidence == report.evidence) {
                Some(place) => {
                    shown.swap_remove(place);
                    claim.evidence.push(shown_to(
                        run,
                        Person::Alice,
                        report.evidence.escape_debug().to_string(),
                    ));
                }
                None => {
                    unseen += 1;
                    let bytes = report.evidence_bytes;
                    let what = format!(
                        "bytes of a report that Alice was not shown: “{}”",
                        report.evidence.escape_debug()
                    );
                    claim.evidence.push(number(run, what, usize::try_from(bytes).unwrap_or(usize::MAX)));
                }
            }
        }
    }
    if unseen > 0 {
        claim.standing = Standing::Broken;
        claim.text = format!("The authority has {} that Alice was NOT shown.", counted(unseen, "report"));
    } else {
        claim.text = format!(
            "Alice was shown {} that went to the authority, byte for byte.",
            match all {
                1 => "the one report".into(),
                all => format!("each of the {all} reports"),
            }
        );
    }
    Some(claim)
}

/// Whether every message that left had been through the gate.
fn gate_ran(facts: &Facts<'_>) -> Option<Claim> {
    // Where Alice took her hook out, or nothing could be written, there is no gate to have run.
    let whole = |run: &&Run| {
        run.setting.hostile() != Some(Hostile::ModifiedClient)
            && run.setting.hostile() != Some(Hostile::RelaySwapsKeys)
            && !run
                .happened
                .iter()
                .any(|one| matches!(one.id.as_str(), "order-starts" | "days-pass" | "turns-off"))
    };
    let runs: Vec<&Run> = facts.checked().filter(whole).collect();
    if runs.is_empty() {
        return None;
    }
    let sent = |run: &Run| run.alices().filter(|message| message.delivery.is_some()).count();
    let unchecked = |run: &Run| {
        run.alices().filter(|message| message.delivery.is_some() && message.decisions.is_empty()).count()
    };
    let missed: Vec<&Run> = runs.iter().copied().filter(|run| unchecked(run) > 0).collect();
    let method = "For each message that Alice's client sent, her audit log must have a decision of the hook in her gate.";
    let (standing, text) = match missed.as_slice() {
        [] => (Standing::Held, "Every message that left Alice went through her gate.".to_owned()),
        missed => {
            let text = format!("With {}, messages left Alice past her gate.", names(missed.iter().copied()));
            (Standing::Broken, text)
        }
    };
    let mut claim = facts.claim("gate", standing, text, method);
    for run in runs {
        claim.evidence.push(number(run, "messages that left", sent(run)));
        claim.evidence.push(number(run, "of these, without a decision", unchecked(run)));
    }
    Some(claim)
}

/// What the gate blocked did not arrive.
fn blocked(facts: &Facts<'_>) -> Option<Claim> {
    let stops = |message: &MessageRun| {
        message.decisions.iter().any(|decision| matches!(decision.effect.as_str(), "block" | "hold"))
    };
    // These verdicts must stop a message in these modes, whatever the log says that the gate did.
    let must = |run: &Run, message: &MessageRun| {
        message.decisions.iter().any(|decision| {
            matches!(
                (run.setting.mode(), decision.verdict.as_str()),
                (Mode::Enforce | Mode::Report, "block") | (Mode::Enforce, "report")
            )
        })
    };
    let mut stopped = 0;
    let mut evidence = Vec::new();
    let mut leaked = Vec::new();
    for run in facts.checked() {
        for message in run.alices().filter(|message| stops(message) || must(run, message)) {
            stopped += 1;
            if message.read_by(Party::Recipient) {
                leaked.extend(found(run, message, Party::Recipient));
            } else {
                evidence.push(not_found(run, message, Party::Recipient));
            }
        }
    }
    if stopped == 0 {
        return None;
    }
    let method = "The text of each message that ended with a decision to block or hold is looked for in what the \
                  recipient's client opened.";
    let (standing, text) = if leaked.is_empty() {
        let text = format!("What the gate blocked did not arrive, {stopped} of {stopped} times.");
        (Standing::Held, text)
    } else {
        (Standing::Broken, "A message that the gate blocked ARRIVED all the same.".to_owned())
    };
    let mut claim = facts.claim("blocked", standing, text, method);
    claim.evidence = if leaked.is_empty() { evidence } else { leaked };
    Some(claim)
}

/// In shadow nothing is shown or changed, and in advise nothing is stopped.
fn free_choice(facts: &Facts<'_>) -> Option<Claim> {
    let weak = |run: &&Run| matches!(run.setting.mode(), Mode::Shadow | Mode::Advise);
    let runs: Vec<&Run> = facts.checked().filter(weak).collect();
    if runs.is_empty() {
        return None;
    }
    let method = "Counted: messages that were not sent without a choice of Alice's in advise mode, and anything at all \
                  that she was shown in shadow mode.";
    let mut claim = facts.claim("choice", Standing::Held, String::new(), method);
    let mut broken = false;
    for run in &runs {
        let (what, count) = match run.setting.mode() {
            Mode::Shadow => ("things that Alice was shown in shadow mode", run.shown(|_| true)),
            _ => (
                "messages stopped without a choice",
                run.shown(|shown| matches!(shown, Shown::Stopped { .. })),
            ),
        };
        broken |= count > 0;
        claim.evidence.push(number(run, what, count));
    }
    claim.text = if broken {
        claim.standing = Standing::Broken;
        format!("With {}, the gate did more than its mode allows.", names(runs.iter().copied()))
    } else {
        format!("With {}, every message was Alice's own choice.", names(runs.iter().copied()))
    };
    Some(claim)
}

/// What arrived is what Alice wrote, or what she chose to send.
fn as_shown(facts: &Facts<'_>) -> Option<Claim> {
    let mut changed = 0;
    let mut silent: Vec<(&Run, &MessageRun)> = Vec::new();
    let mut evidence = Vec::new();
    for run in facts.end_to_end() {
        let message_count = run.alices().filter(|message| message.fate != Fate::NotDelivered).count();
        evidence.push(number(run, "messages that arrived", message_count));
        for message in run.alices().filter(|message| message.fate == Fate::Changed) {
            changed += 1;
            if message.shown.is_empty() {
                silent.push((run, message));
            }
            for shown in &message.shown {
                evidence.push(shown_to(run, Person::Alice, shown.text()));
            }
        }
    }
    if evidence.is_empty() {
        return None;
    }
    let method = "The text that each recipient's client has is compared with the text that Alice wrote; where they \
                  differ, she must have been shown something and chosen.";
    let (standing, text) = match silent.first() {
        Some((run, message)) => {
            let text = format!(
                "With {}, the message “{}” was CHANGED without a word to Alice.",
                run.setting, message.id
            );
            (Standing::Broken, text)
        }
        None if changed == 0 => (Standing::Held, "What arrived is what Alice wrote.".to_owned()),
        None => (
            Standing::Held,
            format!(
                "What arrived is what Alice wrote, or chose to send instead ({}).",
                counted(changed, "time")
            ),
        ),
    };
    let mut claim = facts.claim("as-shown", standing, text, method);
    claim.evidence = evidence;
    Some(claim)
}

/// With the hook off there is none.
fn absence(facts: &Facts<'_>) -> Option<Claim> {
    let off = |run: &&Run| run.setting.mode() == Mode::Off && run.setting.hostile().is_none();
    let runs: Vec<&Run> = facts.end_to_end().filter(off).collect();
    let run = runs.first()?;
    let decisions: usize = run.messages.iter().map(|message| message.decisions.len()).sum();
    let read = run.messages.iter().filter(|message| message.findings.contains_key(&Party::Hook)).count();
    let shown = run.shown(|_| true);
    let none = decisions + read + shown == 0 && run.fuel() == 0 && run.hook.is_none();
    let method = "Counted with the gate off: decisions in the audit log, texts that a hook ran on, things that Alice \
                  was shown, and fuel.";
    let (standing, text) = if none {
        (Standing::Held, "With the gate off, no hook ran, and nothing was shown or logged.".to_owned())
    } else {
        (Standing::Broken, "With the gate OFF, a hook ran all the same.".to_owned())
    };
    let mut claim = facts.claim("off", standing, text, method);
    claim.evidence = vec![
        number(run, "decisions", decisions),
        number(run, "texts that a hook read", read),
        number(run, "things that Alice was shown", shown),
        number(run, "fuel", usize::try_from(run.fuel()).unwrap_or(usize::MAX)),
    ];
    Some(claim)
}

/// The status line says how the gate stands.
fn status(facts: &Facts<'_>) -> Option<Claim> {
    let steady = |run: &&Run| {
        let moved = ["order-starts", "days-pass", "turns-off", "modified-client", "relay-swaps-keys"];
        !run.happened.iter().any(|one| moved.contains(&one.id.as_str()))
    };
    let runs: Vec<&Run> = facts.end_to_end().filter(steady).collect();
    if runs.is_empty() {
        return None;
    }
    let says = |run: &Run| {
        let named = match &run.hook {
            Some(hook) => run.gate.contains(&hook.id) && run.gate.contains(&hook.component[..8]),
            None => run.setting.mode() == Mode::Off,
        };
        let authority = run.setting.mode() != Mode::Report || run.gate.contains("reports to");
        named && authority && run.gate.contains(run.setting.mode().name())
    };
    let wrong: Vec<&Run> = runs.iter().copied().filter(|run| !says(run)).collect();
    let method = "Alice's status line must name the mode, the hook with its digest, and whom it reports to.";
    let (standing, text) = match wrong.as_slice() {
        [] => (
            Standing::Held,
            "Alice's status line named mode, hook and authority under every setting.".to_owned(),
        ),
        wrong => {
            let text =
                format!("With {}, Alice's status line HID how her gate stood.", names(wrong.iter().copied()));
            (Standing::Broken, text)
        }
    };
    let mut claim = facts.claim("status", standing, text, method);
    claim.evidence = runs.iter().map(|run| shown_to(run, Person::Alice, run.gate.clone())).collect();
    Some(claim)
}

/// The audit log is whole, and asking again gives the same.
fn audit(facts: &Facts<'_>) -> Option<Claim> {
    let runs: Vec<(&Run, crate::record::Audit)> =
        facts.end_to_end().filter_map(|run| run.audit.map(|audit| (run, audit))).collect();
    let decisions: usize = runs.iter().map(|(_, audit)| audit.decisions).sum();
    if decisions == 0 {
        return None;
    }
    let whole = runs
        .iter()
        .all(|(_, audit)| audit.verified && audit.same == audit.decisions && audit.contradicted == 0);
    let method = "The chain of the log is verified, and each decision is asked for again with the content that the \
                  vault keeps: verdict and fuel must be the same.";
    let (standing, text) = if whole {
        let text = format!(
            "Alice's audit log is whole, and {} came out the same again.",
            counted(decisions, "decision")
        );
        (Standing::Held, text)
    } else {
        (Standing::Broken, "Alice's audit log is NOT what her gate did.".to_owned())
    };
    let mut claim = facts.claim("audit", standing, text, method);
    for (run, audit) in runs {
        claim.evidence.push(number(run, "decisions", audit.decisions));
        claim.evidence.push(number(run, "decisions that came out the same", audit.same));
    }
    Some(claim)
}

/// Who outside the conversation was told.
fn authority(facts: &Facts<'_>) -> Option<Claim> {
    let told: Vec<&Run> = facts.runs.iter().filter(|run| !run.reports.is_empty()).collect();
    let run = told.first()?;
    let parts: Vec<String> = told
        .iter()
        .map(|run| {
            let read = run.messages.iter().filter(|message| message.read_by(Party::Authority)).count();
            let innocent = run.reports.len();
            format!(
                "{} and could read {read} of {} with {}",
                counted(innocent, "report"),
                run.messages.len(),
                run.setting
            )
        })
        .collect();
    let text = format!("The authority got {}.", listed(&parts));
    let method = "Reports that its client opened are counted, and every text is looked for in them.";
    let mut claim = facts.claim("authority", Standing::Seen, text, method);
    claim.evidence.push(number(run, "reports", run.reports.len()));
    for run in &told {
        for message in &run.messages {
            claim.evidence.extend(found(run, message, Party::Authority));
        }
    }
    Some(claim)
}

/// How much the hook read along.
fn reading(facts: &Facts<'_>) -> Option<Claim> {
    let read = |run: &Run| run.alices().filter(|message| message.read_by(Party::Hook)).count();
    let runs: Vec<&Run> = facts.checked().filter(|run| read(run) > 0).collect();
    let first = runs.first()?;
    let alices = first.alices().count();
    let most = runs.iter().map(|run| read(run)).max().unwrap_or(0);
    let text = format!(
        "The hook read {most} of {} before encryption with {}.",
        match alices {
            1 => "the one message of Alice's".into(),
            alices => format!("Alice's {alices} messages"),
        },
        names(runs.iter().copied())
    );
    let method = "A text counts as read when it opens the keyed commitment of a decision in Alice's audit log in which \
                  the hook ran and was shown the text.";
    let mut claim = facts.claim("reading", Standing::Seen, text, method);
    for run in runs {
        for message in run.alices() {
            claim.evidence.extend(found(run, message, Party::Hook));
        }
    }
    Some(claim)
}

/// What did not arrive as it was written.
fn stopping(facts: &Facts<'_>) -> Option<Claim> {
    let kept = |run: &Run| run.alices().filter(|message| message.fate != Fate::AsWritten).count();
    let most = facts.runs.iter().max_by_key(|run| kept(run)).filter(|run| kept(run) > 0)?;
    let text = format!(
        "With {}, {} of {} did not arrive as Alice wrote them.",
        most.setting,
        kept(most),
        counted(most.alices().count(), "message")
    );
    let method = "What each recipient's client has is compared with what Alice wrote.";
    let mut claim = facts.claim("kept-back", Standing::Seen, text, method);
    for run in facts.runs {
        claim.evidence.push(number(run, "messages that did not arrive as written", kept(run)));
    }
    Some(claim)
}

/// Which of the messages that the check found under one setting it did not find under another.
fn evasion(facts: &Facts<'_>) -> Option<Claim> {
    let found = |message: &MessageRun| {
        message
            .decisions
            .iter()
            .any(|one| matches!(one.verdict.as_str(), "warn" | "block" | "report" | "rewrite"))
    };
    let run = facts.checked().find(|run| run.setting.hostile().is_none())?;
    let checked: Vec<&MessageRun> = run.alices().filter(|message| !message.decisions.is_empty()).collect();
    if checked.len() < 2 {
        return None;
    }
    let hits = checked.iter().filter(|message| found(message)).count();
    let text = format!(
        "The check found something in {hits} of {} that it ran on.",
        counted(checked.len(), "message")
    );
    let method = "Verdicts other than pass and abstain are counted, by the audit log. What a message is, and whether it \
                  should have been found, is the scenario's to say.";
    let mut claim = facts.claim("found", Standing::Seen, text, method);
    for message in checked {
        let what = format!("“{}”: the check found something", message.id);
        claim.evidence.push(number(run, what, usize::from(found(message))));
    }
    Some(claim)
}
