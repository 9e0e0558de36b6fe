//! Claims about what leaves because of a hook, and to whom.

use airlock_protocol::gate::Mode;

use super::evidence::{found, names, number, shown_to};
use crate::{
    conclude::{
        Facts,
        words::{counted, listed},
    },
    observer::Party,
    person::Person,
    record::{Had, Run, Shown, readable},
    report::{Claim, Standing},
};

/// Nothing leaves because of a hook except in report mode.
pub(super) fn nothing_leaves(facts: &Facts<'_>) -> Option<Claim> {
    let runs: Vec<&Run> = facts.spoken().filter(|run| run.setting.mode() != Mode::Report).collect();
    if runs.is_empty() {
        return None;
    }
    let left = |run: &Run| run.reports.len() + run.for_authority().count();
    let had = |run: &Run| run.messages.iter().filter(|one| one.had(Party::Authority) > Had::Nothing).count();
    let broken: Vec<&Run> = runs.iter().copied().filter(|run| left(run) + had(run) > 0).collect();
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
        claim.evidence.push(number(run, "texts that the authority had something of", had(run)));
        for message in &run.messages {
            claim.evidence.extend(found(run, message, Party::Authority));
        }
    }
    Some(claim)
}

/// Every report that the authority has was shown to Alice, byte for byte.
pub(super) fn shown(facts: &Facts<'_>) -> Option<Claim> {
    let runs: Vec<&Run> = facts.spoken().filter(|run| !run.reports.is_empty()).collect();
    if runs.is_empty() {
        return None;
    }
    let method = "The evidence of each report that the authority's client opened is compared with the evidence that \
                  Alice's screen was given with the message, byte for byte.";
    let mut claim = facts.claim("reports-shown", Standing::Held, String::new(), method);
    let (mut unseen, mut all) = (0, 0);
    for run in &runs {
        let shown = run.alices().flat_map(|message| &message.shown);
        let mut shown: Vec<&Vec<u8>> = shown
            .filter_map(|shown| match shown {
                Shown::Reported { evidence, .. } => Some(evidence),
                _ => None,
            })
            .collect();
        for report in &run.reports {
            all += 1;
            let text = readable(&report.evidence);
            if let Some(place) = shown.iter().position(|evidence| **evidence == report.evidence) {
                shown.swap_remove(place);
                claim.evidence.push(shown_to(run, Person::Alice, text));
            } else {
                unseen += 1;
                let what = format!("bytes of a report that Alice was not shown: “{text}”");
                claim.evidence.push(number(run, what, report.evidence.len()));
            }
        }
    }
    if unseen > 0 {
        claim.standing = Standing::Broken;
        claim.text = format!("The authority has {} that Alice was NOT shown.", counted(unseen, "report"));
    } else {
        let reports = match all {
            1 => "the one report".into(),
            all => format!("each of the {all} reports"),
        };
        claim.text = format!("Alice was shown {reports} that went to the authority, byte for byte.");
    }
    Some(claim)
}

/// Who outside the conversation was told.
pub(super) fn authority(facts: &Facts<'_>) -> Option<Claim> {
    let told: Vec<&Run> = facts.runs.iter().filter(|run| !run.reports.is_empty()).collect();
    if told.is_empty() {
        return None;
    }
    let part = |run: &&Run| {
        format!(
            "{} with {} ({} of {} readable)",
            counted(run.reports.len(), "report"),
            run.setting,
            run.read_by(Party::Authority),
            counted(run.messages.len(), "text")
        )
    };
    let text = format!("The authority got {}.", listed(&told.iter().map(part).collect::<Vec<_>>()));
    let method =
        "Reports that its client opened are counted, and every text is looked for in what it opened.";
    let mut claim = facts.claim("authority", Standing::Seen, text, method);
    for run in &told {
        claim.evidence.push(number(run, "reports", run.reports.len()));
        for message in &run.messages {
            claim.evidence.extend(found(run, message, Party::Authority));
        }
    }
    Some(claim)
}
