//! The panels of a conversation: who could read what, what was shown, what arrived, what left, what the relay stored,
//! what can be proved.

mod after;
mod readers;

use std::collections::BTreeSet;

use self::{
    after::{decided, happened, proved},
    readers::{messages, readers},
};
use super::{
    Facts,
    words::{Rows, counted, faint, listed, number, plain, share, strong},
};
use crate::{
    observer::Party,
    person::Person,
    record::{EnvelopeSeen, Fate, Had, MessageRun, Run, Shown, readable},
    report::{Case, Figure, Panel, grouped},
};

/// All of them, readers first. A panel that would be empty is left out.
pub(super) fn all(facts: &Facts<'_>) -> Vec<Panel> {
    [readers(facts), messages(facts), shown(facts), reached(facts), left(facts), stored(facts)]
        .into_iter()
        .chain([decided(facts), happened(facts), proved(facts)].into_iter().flatten())
        .collect()
}

fn panel(id: &str, title: String, says: String, rows: Rows, case: Case) -> Panel {
    Panel { id: id.into(), title, says, grid: Some(rows.grid()), plot: None, sources: Vec::new(), case }
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
    panel(
        "shown",
        "What Alice was shown".into(),
        says,
        rows,
        Case::new(
            "Who is told can object, and a check that announces itself is not a secret one.",
            "Where the mode is quiet, nobody is told of any message; and a notice that cannot be refused is not \
             consent.",
        ),
    )
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
    panel(
        "reached",
        "What reached the recipient".into(),
        says,
        rows,
        Case::new(
            "Where the check is right, only what its rule names is held up or changed; the rest arrives word \
             for word.",
            "What can stop one message can stop any: that it stops the right ones is a matter of the list, \
             not of the mechanism.",
        ),
    )
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
    panel(
        "left",
        "What left because of the check, and to whom".into(),
        says,
        rows,
        Case::new(
            "In the mode that reports, a report is a few bytes about one match, sealed for one recipient, and \
             the sender can read the same bytes.",
            "Where reports are possible, something leaves that did not leave before, to somebody whom neither \
             of the two wrote to, and a wrong match leaves as a right one does.",
        ),
    )
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
    panel(
        "stored",
        "What the relay stored, and could see of it".into(),
        says,
        rows,
        Case::new(
            "A check on the device tells the relay nothing more about what is said: it has mailbox, size and \
             time, as before.",
            "Where something is reported, it also sees that the authority's mailbox got an envelope at that \
             time. Sealing does not hide that.",
        ),
    )
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
