//! Claims about Alice's gate: what ran in it, what it did, and what she was shown of it. Which hooks were in it is what
//! the lab put there, message by message.

use std::collections::BTreeMap;

use airlock_protocol::gate::{Effect, Mode};

use super::evidence::{found as found_in, names, not_found, number, shown_to};
use crate::{
    conclude::{
        Facts,
        words::{counted, listed},
    },
    observer::Party,
    person::Person,
    record::{Audit, DecisionSeen, Ended, Had, InGate, MessageRun, Run, Shown, VerdictSeen},
    report::{Claim, Evidence, Standing},
};

/// Whether every message that left had been through the gate.
pub(super) fn ran(facts: &Facts<'_>) -> Option<Claim> {
    let through = |run: &'_ Run| {
        let sent = run.alices().filter(|message| message.was_sent() && !message.in_gate.is_empty());
        let (all, missed): (Vec<_>, Vec<_>) =
            sent.map(|message| (message, !has_all_decisions(message))).unzip();
        (all.len(), missed.into_iter().filter(|missed| *missed).count())
    };
    let runs: Vec<(&Run, usize, usize)> = facts
        .spoken()
        .map(|run| (run, through(run)))
        .filter(|(_, (sent, _))| *sent > 0)
        .map(|(run, (sent, missed))| (run, sent, missed))
        .collect();
    if runs.is_empty() {
        return None;
    }
    let missed: Vec<&Run> = runs.iter().filter(|(.., missed)| *missed > 0).map(|(run, ..)| *run).collect();
    let method = "For each message that Alice's client sent while the lab had hooks in her gate, her audit log must have \
                  a decision about it of each of them, by component and mode.";
    let (standing, text) = match missed.as_slice() {
        [] => {
            let settings = names(runs.iter().map(|(run, ..)| *run));
            (
                Standing::Held,
                format!("With {settings}, what left Alice while a hook was in her gate went through it."),
            )
        }
        missed => {
            let text = format!("With {}, messages left Alice PAST her gate.", names(missed.iter().copied()));
            (Standing::Broken, text)
        }
    };
    let mut claim = facts.claim("gate", standing, text, method);
    for (run, sent, missed) in runs {
        claim.evidence.push(number(run, "messages that left with a hook in the gate", sent));
        claim.evidence.push(number(run, "of these, without a decision of each hook", missed));
    }
    Some(claim)
}

fn has_all_decisions(message: &MessageRun) -> bool {
    let of = |hook: &InGate| {
        let this = |one: &DecisionSeen| one.component == hook.component && one.mode == Some(hook.mode);
        message.decisions.iter().any(|one| one.of_sent && this(one))
    };
    message.in_gate.iter().all(of)
}

/// What the gate blocked did not arrive.
pub(super) fn blocked(facts: &Facts<'_>) -> Option<Claim> {
    // These verdicts must stop a message in these modes, whatever the log says that the gate did.
    let must = |decision: &DecisionSeen| {
        matches!(
            (decision.mode, decision.verdict),
            (Some(Mode::Enforce | Mode::Report), VerdictSeen::Block)
                | (Some(Mode::Enforce), VerdictSeen::Report)
        )
    };
    let stops =
        |decision: &DecisionSeen| matches!(decision.effect, Effect::Block | Effect::Hold) || must(decision);
    let mut stopped = 0;
    let (mut evidence, mut leaked) = (Vec::new(), Vec::new());
    for run in facts.spoken() {
        for message in run.alices().filter(|message| message.decisions.iter().any(stops)) {
            match message.had(Party::Recipient) {
                Had::Content | Had::Digest => leaked.extend(found_in(run, message, Party::Recipient)),
                Had::Nothing => {
                    stopped += 1;
                    evidence.push(not_found(run, message, Party::Recipient.name()));
                }
                Had::NotLookedAt => {}
            }
        }
    }
    let method = "The text of each message that a hook's decision had to stop is looked for in what the recipient's \
                  client opened. What Alice sends instead does not have it.";
    let (standing, text, evidence) = if !leaked.is_empty() {
        (Standing::Broken, "A message that the gate blocked ARRIVED all the same.".to_owned(), leaked)
    } else if stopped > 0 {
        let text = format!("What the gate blocked did not arrive, {stopped} of {stopped} times.");
        (Standing::Held, text, evidence)
    } else {
        return None;
    };
    let mut claim = facts.claim("blocked", standing, text, method);
    claim.evidence = evidence;
    Some(claim)
}

/// In shadow nothing is shown or changed, and in advise nothing is stopped.
pub(super) fn free_choice(facts: &Facts<'_>) -> Option<Claim> {
    let method = "Looked at for each message that Alice wrote while no hook in her gate stood higher: in advise mode \
                  whether it was stopped, or not sent without a question, and in shadow mode whether it was not sent, \
                  or she was shown anything at all.";
    let mut claim = facts.claim("choice", Standing::Held, String::new(), method);
    let (mut looked_at, mut wrong) = (Vec::new(), Vec::new());
    for run in facts.spoken() {
        for (strongest, what) in [
            (Mode::Shadow, "messages in shadow mode that were shown something or not sent"),
            (Mode::Advise, "messages in advise mode that were not sent without a choice"),
        ] {
            let messages: Vec<&MessageRun> =
                run.alices().filter(|message| strongest_mode(message) == Some(strongest)).collect();
            if messages.is_empty() {
                continue;
            }
            looked_at.push(run);
            let overstepped = messages.iter().filter(|message| oversteps(message, strongest)).count();
            if overstepped > 0 {
                wrong.push(run);
            }
            claim.evidence.push(number(run, what, overstepped));
        }
    }
    if looked_at.is_empty() {
        return None;
    }
    claim.text = if wrong.is_empty() {
        format!("With {}, every message was Alice's own choice.", names(looked_at))
    } else {
        claim.standing = Standing::Broken;
        format!("With {}, the gate did MORE than its mode allows.", names(wrong))
    };
    Some(claim)
}

/// Of shadow and advise, in which the hooks stood; none where there were none, or where one stood higher.
fn strongest_mode(message: &MessageRun) -> Option<Mode> {
    let modes: Vec<Mode> = message.in_gate.iter().map(|hook| hook.mode).collect();
    match modes.as_slice() {
        [] => None,
        modes if modes.iter().all(|mode| *mode == Mode::Shadow) => Some(Mode::Shadow),
        modes if modes.iter().all(|mode| matches!(mode, Mode::Shadow | Mode::Advise)) => Some(Mode::Advise),
        _ => None,
    }
}

fn oversteps(message: &MessageRun, strongest: Mode) -> bool {
    let stopped = message.shown.iter().any(|shown| matches!(shown, Shown::Stopped { .. }));
    match strongest {
        Mode::Shadow => !message.was_sent() || !message.shown.is_empty(),
        _ => stopped || message.ended == Ended::Stopped || (!message.was_sent() && message.shown.is_empty()),
    }
}

/// Without a hook in the gate, none runs.
pub(super) fn absent(facts: &Facts<'_>) -> Option<Claim> {
    let method = "For each message that Alice wrote while the lab had no hook in her gate, counted: decisions in the \
                  audit log, texts that a hook ran on, things that Alice was shown, and fuel.";
    let mut claim = facts.claim("off", Standing::Held, String::new(), method);
    let (mut looked_at, mut wrong) = (Vec::new(), Vec::new());
    for run in facts.spoken() {
        let messages: Vec<&MessageRun> =
            run.alices().filter(|message| message.was_written() && message.in_gate.is_empty()).collect();
        if messages.is_empty() {
            continue;
        }
        let decisions: usize = messages.iter().map(|message| message.decisions.len()).sum();
        // Where it could not be looked at, nothing is said of it.
        let seen = messages.iter().all(|message| message.had(Party::Hook) > Had::NotLookedAt);
        let read = messages.iter().filter(|message| message.had(Party::Hook) > Had::Nothing).count();
        let shown: usize = messages.iter().map(|message| message.shown.len()).sum();
        let fuel: u64 = messages.iter().map(|message| message.fuel()).sum();
        looked_at.push(run);
        if decisions + read + shown > 0 || fuel > 0 {
            wrong.push(run);
        }
        claim.evidence.extend([
            number(run, "messages", messages.len()),
            number(run, "decisions", decisions),
            number(run, "things that Alice was shown", shown),
            number(run, "fuel", fuel),
        ]);
        if seen || read > 0 {
            claim.evidence.push(number(run, "texts that a hook read", read));
        }
    }
    if looked_at.is_empty() {
        return None;
    }
    claim.text = if wrong.is_empty() {
        let settings = names(looked_at);
        format!(
            "With {settings}, while no hook was in Alice's gate, none ran, and nothing was shown or logged."
        )
    } else {
        claim.standing = Standing::Broken;
        format!("With {}, a hook ran though NONE was in Alice's gate.", names(wrong))
    };
    Some(claim)
}

/// The status line says how the gate stands.
pub(super) fn status(facts: &Facts<'_>) -> Option<Claim> {
    let says = |message: &MessageRun, status: &str| {
        let ordered = message.in_gate.iter().any(|hook| hook.order.is_some());
        match message.in_gate.as_slice() {
            [] => status == format!("gate {}", Mode::Off),
            hooks => {
                hooks.iter().all(|hook| hook.is_named_in(status)) && status.contains("by order") == ordered
            }
        }
    };
    let method = "Alice's status line before each of her messages must name each hook that the lab has put into her \
                  gate, with its mode, version and digest, whom it reports to, and the order that holds it, if any.";
    let mut claim = facts.claim("status", Standing::Held, String::new(), method);
    let mut wrong = Vec::new();
    for run in facts.spoken() {
        let mut hid = false;
        for message in run.alices() {
            let Some(status) = &message.status else { continue };
            hid |= !says(message, status);
            let one = shown_to(run, Person::Alice, status);
            if !claim.evidence.contains(&one) {
                claim.evidence.push(one);
            }
        }
        if hid {
            wrong.push(run);
        }
    }
    if claim.evidence.is_empty() {
        return None;
    }
    claim.text = if wrong.is_empty() {
        "Before each of her messages, Alice's status line named mode, hook and authority.".into()
    } else {
        claim.standing = Standing::Broken;
        format!("With {}, Alice's status line HID how her gate stood.", names(wrong))
    };
    Some(claim)
}

/// The audit log is whole, and asking again gives the same.
pub(super) fn audit(facts: &Facts<'_>) -> Option<Claim> {
    let runs: Vec<(&Run, Audit)> = facts.spoken().filter_map(|run| Some((run, run.audit?))).collect();
    let decisions: usize = runs.iter().map(|(_, audit)| audit.decisions).sum();
    if decisions == 0 {
        return None;
    }
    let whole = runs.iter().all(|(_, audit)| audit.verified && audit.same == audit.decisions);
    let method = "The chain of the log is verified, and against each end of it that was noted after a message of \
                  Alice's. Each decision is asked for again with the content that the vault keeps: verdict and fuel \
                  must be the same.";
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
        claim.evidence.push(number(run, "ends of the log that were noted", audit.noted));
        claim.evidence.push(number(run, "decisions", audit.decisions));
        claim.evidence.push(number(run, "decisions that came out the same", audit.same));
    }
    Some(claim)
}

/// How much the hook read along.
pub(super) fn reading(facts: &Facts<'_>) -> Option<Claim> {
    let read = |run: &Run| run.alices().filter(|message| message.read_by(Party::Hook)).count();
    let mut runs: BTreeMap<(usize, usize), Vec<&Run>> = BTreeMap::new();
    for run in facts.spoken().filter(|run| read(run) > 0) {
        runs.entry((read(run), run.alices().count())).or_default().push(run);
    }
    if runs.is_empty() {
        return None;
    }
    let parts: Vec<String> = runs
        .iter()
        .rev()
        .map(|((read, all), runs)| {
            let messages = match all {
                1 => "the one message of Alice's".into(),
                all => format!("Alice's {all} messages"),
            };
            format!("{read} of {messages} with {}", names(runs.iter().copied()))
        })
        .collect();
    let text = format!("Before encryption the hook read {}.", listed(&parts));
    let method = "A message counts as read when its text or file is in what opens the keyed commitment of a decision in \
                  Alice's audit log in which the hook ran, in a view that it was shown.";
    let mut claim = facts.claim("reading", Standing::Seen, text, method);
    let messages = runs.values().flatten().flat_map(|run| run.alices().map(move |message| (*run, message)));
    claim.evidence = messages.flat_map(|(run, message)| found_in(run, message, Party::Hook)).collect();
    Some(claim)
}

/// In how many messages the check found something, under the first setting with one.
pub(super) fn found(facts: &Facts<'_>) -> Option<Claim> {
    let hit = |message: &MessageRun| message.decisions.iter().any(|one| one.verdict.is_hit());
    let with_hook = |run: &&Run| run.setting.mode() != Mode::Off && run.setting.hostile().is_none();
    let run = facts.spoken().find(with_hook)?;
    let checked: Vec<&MessageRun> = run.alices().filter(|message| !message.decisions.is_empty()).collect();
    if checked.len() < 2 {
        return None;
    }
    let hits = checked.iter().filter(|message| hit(message)).count();
    let text = format!(
        "With {}, the check found something in {hits} of {} that it ran on.",
        run.setting,
        counted(checked.len(), "message")
    );
    let method = "Verdicts to rewrite, warn, block or report are counted, by the audit log. What a message is, and \
                  whether it should have been found, is the scenario's to say.";
    let mut claim = facts.claim("found", Standing::Seen, text, method);
    let count = |message: &&MessageRun| -> Evidence {
        let what = format!("“{}”: the check found something", message.id);
        number(run, what, usize::from(hit(message)))
    };
    claim.evidence = checked.iter().map(count).collect();
    Some(claim)
}
