//! The panels of a conversation: who could read what, what was shown, what arrived, what left, what the relay stored,
//! what can be proved.

use std::collections::BTreeSet;

use super::{
    Facts,
    words::{Rows, broken, counted, faint, listed, number, plain, share, strong},
};
use crate::{
    observer::Party,
    person::Person,
    record::{Audit, EnvelopeSeen, Fate, Had, MessageRun, Run, Shown, readable},
    report::{Figure, Panel, grouped},
};

/// All of them, readers first. A panel that would be empty is left out.
pub(super) fn all(facts: &Facts<'_>) -> Vec<Panel> {
    [readers(facts), messages(facts), shown(facts), reached(facts), left(facts), stored(facts)]
        .into_iter()
        .chain([decided(facts), happened(facts), proved(facts)].into_iter().flatten())
        .collect()
}

fn panel(id: &str, title: String, says: String, rows: Rows) -> Panel {
    Panel { id: id.into(), title, says, grid: Some(rows.grid()), plot: None, sources: Vec::new() }
}

impl Facts<'_> {
    fn columns(&self) -> Vec<String> {
        self.runs.iter().map(|run| run.setting.to_string()).collect()
    }

    fn row(&self, cell: impl Fn(&Run) -> Figure) -> Vec<Figure> {
        self.runs.iter().map(cell).collect()
    }

    fn highlighted(&self) -> Option<&MessageRun> {
        self.in_run(self.runs.first()?)
    }

    /// The message whose readers are shown.
    fn in_run<'r>(&self, run: &'r Run) -> Option<&'r MessageRun> {
        run.messages.get(self.highlight)
    }
}

/// Who of all parties could read the message that matters.
fn readers(facts: &Facts<'_>) -> Panel {
    let mut rows = Rows::new("who", facts.columns());
    let recipient = facts.highlighted().map_or("the recipient", |message| message.to.name());
    for (party, label) in [
        (Party::Hook, "the hook, before encryption".to_owned()),
        (Party::Vault, "Alice's vault, opened with its key".to_owned()),
        (Party::Disk, "Alice's disk, as it lies there".to_owned()),
        (Party::Log, "the programs' logs".to_owned()),
        (Party::Wire, "the wire, in transit".to_owned()),
        (Party::Relay, "the relay or server, from arrival on".to_owned()),
        (Party::Authority, "the authority, once it is told".to_owned()),
        (Party::Recipient, format!("{recipient}, on delivery")),
    ] {
        let cells = facts
            .row(|run| facts.in_run(run).map_or_else(|| faint("–"), |message| read(run, message, party)));
        rows.add(label, cells);
    }
    let marker = facts.highlighted().map_or("", |message| message.marker.as_str());
    let readers = |run: &Run| -> Vec<String> {
        let Some(message) = facts.in_run(run) else { return Vec::new() };
        OUTSIDERS
            .into_iter()
            .filter(|party| message.read_by(*party))
            .map(|party| server_or(run, party).into())
            .collect()
    };
    let most = facts.runs.iter().max_by_key(|run| readers(run).len());
    let least = facts.runs.iter().min_by_key(|run| readers(run).len());
    let named = |run: &Run| match readers(run) {
        nobody if nobody.is_empty() => "nobody that was looked at".to_owned(),
        some => listed(&some),
    };
    let says = match (least, most) {
        (Some(least), Some(most)) => format!(
            "Besides Alice and {recipient}, {} could read it with {}, and {} with {}.",
            named(least),
            least.setting,
            named(most),
            most.setting
        ),
        _ => String::new(),
    };
    panel("readers", format!("Who could read “{marker}”"), says, rows)
}

/// Those who are not the ones who talk, in the order in which bytes travel.
const OUTSIDERS: [Party; 6] =
    [Party::Hook, Party::Disk, Party::Log, Party::Wire, Party::Relay, Party::Authority];

fn read(run: &Run, message: &MessageRun, party: Party) -> Figure {
    if !message.was_written() {
        return faint("–");
    }
    let carried = Party::CARRIERS.contains(&party) && run.setting.is_end_to_end();
    match message.had(party) {
        Had::Content if carried => broken("YES"),
        Had::Content => strong("yes"),
        Had::Digest if carried => broken("ITS DIGEST"),
        Had::Digest => plain("its digest"),
        Had::Nothing => faint("no"),
        Had::NotLookedAt => faint("not looked at"),
    }
}

/// For each message, who outside the conversation could read it.
fn messages(facts: &Facts<'_>) -> Panel {
    let mut rows = Rows::new("message", facts.columns());
    let ids: Vec<(String, Person)> = facts.runs.first().map_or_else(Vec::new, |run| {
        run.messages.iter().map(|message| (message.id.clone(), message.from)).collect()
    });
    for (place, (id, from)) in ids.iter().enumerate() {
        let cells = facts.row(|run| {
            let written = run.messages.get(place).filter(|message| message.was_written());
            let Some(message) = written else { return faint("–") };
            let names: Vec<String> = OUTSIDERS
                .into_iter()
                .filter(|party| message.read_by(*party))
                .map(|party| server_or(run, party).to_owned())
                .collect();
            match names.is_empty() {
                true if OUTSIDERS.into_iter().all(|party| message.had(party) > Had::NotLookedAt) => {
                    faint("nobody")
                }
                true => faint("nobody that was looked at"),
                false => strong(names.join(", ")),
            }
        });
        rows.add(format!("{id} (from {from})"), cells);
    }
    let says = format!(
        "{} were planted and looked for in what each party got, as far as it was there to be searched.",
        counted(ids.len(), "text")
    );
    panel("messages", "Who else could read each message".into(), says, rows)
}

/// The relay of a service without end-to-end encryption is called what it is.
fn server_or(run: &Run, party: Party) -> &'static str {
    match party {
        Party::Relay if !run.setting.is_end_to_end() => "server",
        Party::Hook if !run.setting.is_end_to_end() => "server's check",
        other => other.name(),
    }
}

/// What Alice was shown.
fn shown(facts: &Facts<'_>) -> Panel {
    let mut rows = Rows::new("what Alice was shown", facts.columns());
    type Kind = fn(&Shown) -> bool;
    let kinds: [(&str, Kind); 7] = [
        ("a warning, and the choice", |shown| matches!(shown, Shown::Warned { .. })),
        ("another text, and the choice", |shown| matches!(shown, Shown::Rewrite { .. })),
        ("that it is not sent", |shown| matches!(shown, Shown::Stopped { .. })),
        ("that it is reported", |shown| matches!(shown, Shown::Reported { held: false, .. })),
        ("that it is noted for a report", |shown| matches!(shown, Shown::Reported { held: true, .. })),
        ("that the check failed", |shown| matches!(shown, Shown::CheckFailed { .. })),
        ("that it can't be sent", |shown| matches!(shown, Shown::Failed { .. })),
    ];
    for (label, kind) in kinds {
        let cells = facts.row(|run| number(run.shown(kind) as u64));
        rows.add(label, cells);
    }
    let highlight = facts.row(|run| {
        let shown = facts.in_run(run).map(|message| message.shown.as_slice()).unwrap_or_default();
        let told: Vec<String> = shown.iter().map(|one| format!("{}: “{}”", one.kind(), one.text())).collect();
        if told.is_empty() { faint("nothing") } else { plain(told.join(" / ")) }
    });
    let id = facts.highlighted().map_or("", |message| message.id.as_str());
    rows.add(format!("of “{id}”, her screen's words in quotation marks"), highlight);
    let status =
        facts.row(|run| run.gate.as_ref().map_or_else(|| faint("no gate: the server checks"), plain));
    rows.add("her status line at the end", status);
    let quiet: Vec<String> =
        facts.runs.iter().filter(|run| run.shown(|_| true) == 0).map(|run| run.setting.to_string()).collect();
    let says = match quiet.as_slice() {
        [] => "Under every setting Alice was shown something about a message.".into(),
        quiet => format!("With {}, nothing was shown to Alice about any message.", listed(quiet)),
    };
    panel("shown", "What Alice was shown".into(), says, rows)
}

/// What reached those whom Alice wrote to.
fn reached(facts: &Facts<'_>) -> Panel {
    let mut rows = Rows::new("of Alice's messages", facts.columns());
    for (label, fate) in [
        ("arrived as she wrote it", Fate::AsWritten),
        ("something else arrived", Fate::Changed),
        ("nothing arrived", Fate::NotDelivered),
    ] {
        let cells = facts.row(|run| match run.written().count() {
            0 => faint("–"),
            written => share(run.fates(fate), written),
        });
        rows.add(label, cells);
    }
    let says = match facts.runs.iter().max_by_key(|run| run.kept_back()) {
        Some(most) if most.kept_back() > 0 => format!(
            "With {}, {} of {} did not arrive as Alice wrote them.",
            most.setting,
            most.kept_back(),
            counted(most.written().count(), "message")
        ),
        _ if facts.runs.iter().all(|run| run.written().next().is_none()) => {
            "Alice could not write any message.".into()
        }
        _ => "Every message that Alice wrote arrived as she wrote it.".into(),
    };
    panel("reached", "What reached the recipient".into(), says, rows)
}

/// What left Alice's device because of the hook.
fn left(facts: &Facts<'_>) -> Panel {
    let mut rows = Rows::new("because of the check", facts.columns());
    let cells = facts.row(|run| number(run.held as u64));
    rows.add("reports kept on Alice's device", cells);
    let cells = facts.row(|run| number(run.reports.len() as u64));
    rows.add("reports that the authority got", cells);
    let evidence = |run: &Run| run.reports.iter().map(|report| report.evidence.len() as u64).sum::<u64>();
    let cells = facts.row(|run| number(evidence(run)));
    rows.add("bytes of evidence in them", cells);
    let cells = facts.row(|run| number(run.hook_bytes()));
    rows.add("sealed bytes for the authority", cells);
    let cells = facts.row(|run| match run.reports.as_slice() {
        [] => faint("nothing"),
        _ if !run.setting.is_end_to_end() => strong("the whole letters"),
        reports => {
            let texts: Vec<String> =
                reports.iter().map(|report| format!("“{}”", readable(&report.evidence))).collect();
            strong(texts.join(" "))
        }
    });
    rows.add("the evidence, as far as it is text", cells);
    let told = |run: &&Run| !run.reports.is_empty() || run.for_authority().next().is_some();
    let says = match facts.runs.iter().filter(told).collect::<Vec<_>>().as_slice() {
        [] => "Nothing came to the authority.".into(),
        runs => {
            let told: Vec<String> = runs
                .iter()
                .map(|run| {
                    let reports = counted(run.reports.len(), "report");
                    format!("{reports} with {} bytes under {}", grouped(evidence(run)), run.setting)
                })
                .collect();
            format!("What the authority got: {}.", listed(&told))
        }
    };
    panel("left", "What left because of the check, and to whom".into(), says, rows)
}

/// What the relay stored while recipients were away.
fn stored(facts: &Facts<'_>) -> Panel {
    let mut rows = Rows::new("stored", facts.columns());
    let sizes: BTreeSet<(Person, u64)> = facts
        .end_to_end()
        .flat_map(|run| &run.envelopes)
        .map(|envelope| (envelope.mailbox, envelope.bytes))
        .collect();
    for (mailbox, bytes) in sizes {
        let same = |envelope: &&EnvelopeSeen| (envelope.mailbox, envelope.bytes) == (mailbox, bytes);
        let cells = facts.row(|run| match run.setting.is_end_to_end() {
            true => number(run.envelopes.iter().filter(same).count() as u64),
            false => faint("–"),
        });
        rows.add(format!("sealed envelopes of {} bytes for {mailbox}", grouped(bytes)), cells);
    }
    if facts.baseline().is_some() {
        let cells = facts.row(|run| match run.setting.is_end_to_end() {
            true => faint("–"),
            false => strong(run.read_by(Party::Relay).to_string()),
        });
        rows.add("letters that the server could read", cells);
    }
    let sealed: usize = facts.end_to_end().map(|run| run.envelopes.len()).sum();
    let says = match (facts.end_to_end().next(), facts.baseline()) {
        (None, Some(run)) => format!(
            "Nothing was encrypted end to end: the server could read {} of {}.",
            run.read_by(Party::Relay),
            counted(run.messages.len(), "message")
        ),
        _ => format!(
            "With end-to-end encryption the relay stored {} for those who were away, of which it has mailbox, size and \
             time, and {}.",
            counted(sealed, "envelope"),
            texts_with_the_relay(facts)
        ),
    };
    panel("stored", "What the relay stored, and could see of it".into(), says, rows)
}

/// How many of the texts that were said the relay had, as far as anybody looked.
fn texts_with_the_relay(facts: &Facts<'_>) -> String {
    let said = || facts.end_to_end().flat_map(|run| &run.messages).filter(|message| message.was_written());
    let read = said().filter(|message| message.read_by(Party::Relay)).count();
    if read > 0 {
        format!("{read} of the planted texts")
    } else if said().next().is_none() {
        "no text was there to be looked for".into()
    } else if said().any(|message| message.had(Party::Relay) == Had::NotLookedAt) {
        "not all of it was there to be searched for the planted texts".into()
    } else {
        "none of the planted texts".into()
    }
}

/// What the hook decided about each of Alice's messages.
fn decided(facts: &Facts<'_>) -> Option<Panel> {
    let mut rows = Rows::new("message", facts.columns());
    let first = facts.runs.first()?;
    for (place, message) in first.messages.iter().enumerate() {
        if message.from != Person::Alice {
            continue;
        }
        let cells = facts.row(|run| {
            let decisions = run.messages.get(place).map(|one| one.decisions.as_slice()).unwrap_or_default();
            let told: Vec<String> = decisions
                .iter()
                .map(|decision| match decision.score {
                    Some(score) => format!("{} ({score})", decision.verdict.name()),
                    None => decision.verdict.name().into(),
                })
                .collect();
            let quiet = !decisions.iter().any(|decision| decision.verdict.is_hit());
            match told.is_empty() {
                true => faint("not checked"),
                false if quiet => plain(told.join(", ")),
                false => strong(told.join(", ")),
            }
        });
        rows.add(message.id.clone(), cells);
    }
    if rows.is_empty() || facts.runs.iter().all(|run| run.messages.iter().all(|one| one.decisions.is_empty()))
    {
        return None;
    }
    let says = "The verdict is the component's, whatever the mode; the mode says what comes of it.".into();
    Some(panel("decided", "What the check decided, and how near or sure it was".into(), says, rows))
}

/// What happened besides, and what was shown of that.
fn happened(facts: &Facts<'_>) -> Option<Panel> {
    let mut rows = Rows::new("what happened", facts.columns());
    let mut whats: Vec<String> = Vec::new();
    for happened in facts.runs.iter().flat_map(|run| &run.happened) {
        let what = happened.outcome.to_string();
        if !whats.contains(&what) {
            whats.push(what);
        }
    }
    for what in whats {
        let cells = facts.row(|run| {
            let here: Vec<_> = run.happened.iter().filter(|one| one.outcome.to_string() == what).collect();
            let mut told: Vec<String> = Vec::new();
            for happened in &here {
                told.extend(happened.shown.iter().map(|(person, text)| format!("{person} sees: “{text}”")));
                told.extend(
                    happened.outcome.facts().iter().map(|(what, number)| format!("{what}: {number}")),
                );
            }
            match (here.is_empty(), told.is_empty()) {
                (true, _) => faint("–"),
                (false, true) => plain("nobody is shown anything"),
                (false, false) => plain(told.join(" / ")),
            }
        });
        rows.add(what, cells);
    }
    let says = "What each person's program showed when it happened stands in quotation marks, word for word; the rest was \
                counted."
        .into();
    (!rows.is_empty())
        .then(|| panel("happened", "What else happened, and what was shown of it".into(), says, rows))
}

/// What can be proved afterwards.
fn proved(facts: &Facts<'_>) -> Option<Panel> {
    if facts.runs.iter().all(|run| run.audit.is_none_or(|audit| audit.decisions == 0)) {
        return None;
    }
    let mut rows = Rows::new("afterwards", facts.columns());
    let cells = facts.row(|run| match run.audit {
        None => faint("there is no log"),
        Some(audit) if audit.verified => plain("whole"),
        Some(_) => broken("NOT WHOLE"),
    });
    rows.add("Alice's audit log", cells);
    let of_decisions = |pick: fn(&Audit) -> usize| {
        facts.row(move |run| {
            run.audit.map_or_else(|| faint("–"), |audit| share(pick(&audit), audit.decisions))
        })
    };
    let cells = of_decisions(|audit| audit.same);
    rows.add("decisions that come out the same when asked again", cells);
    let cells = of_decisions(|audit| audit.opened);
    rows.add("decisions whose content Alice can show to others", cells);
    let total = |pick: fn(&Audit) -> usize| {
        facts.runs.iter().filter_map(|run| run.audit.as_ref()).map(pick).sum::<usize>()
    };
    let says = format!(
        "Of {} in Alice's log, {} come out the same when asked again, and {} can be opened for somebody else.",
        counted(total(|audit| audit.decisions), "decision"),
        total(|audit| audit.same),
        total(|audit| audit.opened)
    );
    Some(panel("proved", "What can be proved afterwards".into(), says, rows))
}
