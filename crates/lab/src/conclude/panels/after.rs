//! What was decided, what else happened, and what can be proved of it afterwards.

use super::{Facts, panel};
use crate::{
    conclude::words::{Rows, broken, counted, faint, plain, share, strong},
    person::Person,
    record::Audit,
    report::{Case, Panel},
};

/// What the hook decided about each of Alice's messages.
pub(super) fn decided(facts: &Facts<'_>) -> Option<Panel> {
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
    Some(panel(
        "decided",
        "What the check decided, and how near or sure it was".into(),
        says,
        rows,
        Case::new(
            "A verdict that is written down, with its score where it has one, can be disputed.",
            "A list or a threshold decides, and who is judged by it has no say in either.",
        ),
    ))
}

/// What happened besides, and what was shown of that.
pub(super) fn happened(facts: &Facts<'_>) -> Option<Panel> {
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
    if rows.is_empty() {
        return None;
    }
    let says = "What each person's program showed when it happened stands in quotation marks, word for word; the rest was \
                counted."
        .into();
    Some(panel(
        "happened",
        "What else happened, and what was shown of it".into(),
        says,
        rows,
        Case::new(
            "Where programs are honest, what changes the gate is announced before it counts, and can be refused or \
             is noted.",
            "Much happens that nobody is shown: no client shows what it does not know, and programs need not be \
             honest.",
        ),
    ))
}

/// What can be proved afterwards.
pub(super) fn proved(facts: &Facts<'_>) -> Option<Panel> {
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
    Some(panel(
        "proved",
        "What can be proved afterwards".into(),
        says,
        rows,
        Case::new(
            "A decision that others can try again is the opposite of a black box.",
            "The log proves what this component answered, not that its list was right; and it lies with the \
             person who is accused.",
        ),
    ))
}
