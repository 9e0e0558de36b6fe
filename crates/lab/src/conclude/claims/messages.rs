//! Claims about what reached those who were written to.

use super::evidence::{number, shown_to};
use crate::{
    conclude::{Facts, words::counted},
    person::Person,
    record::{MessageRun, Run},
    report::{Claim, Standing},
};

/// What arrived is what Alice wrote, or what she chose to send.
pub(super) fn as_chosen(facts: &Facts<'_>) -> Option<Claim> {
    let method = "The text and the saved file that each recipient's client has are compared with what Alice chose to \
                  send in the end, byte for byte.";
    let mut claim = facts.claim("as-shown", Standing::Held, String::new(), method);
    let (mut all, mut changed) = (0, 0);
    let mut wrong: Option<(&Run, &MessageRun)> = None;
    for run in facts.spoken() {
        let arrived = run.alices().filter_map(|message| Some((message, message.arrival?)));
        let (mut arrivals, mut as_chosen) = (0, 0);
        for (message, arrival) in arrived {
            arrivals += 1;
            if !arrival.as_chosen {
                wrong = wrong.or(Some((run, message)));
                continue;
            }
            as_chosen += 1;
            if !arrival.as_written {
                changed += 1;
                claim
                    .evidence
                    .extend(message.shown.iter().map(|shown| shown_to(run, Person::Alice, shown.text())));
            }
        }
        all += arrivals;
        claim.evidence.push(number(run, "messages that arrived", arrivals));
        claim.evidence.push(number(run, "of these, as Alice chose", as_chosen));
    }
    if all == 0 {
        return None;
    }
    claim.text = match wrong {
        Some((run, message)) => {
            claim.standing = Standing::Broken;
            format!("With {}, the message “{}” arrived OTHER than Alice chose.", run.setting, message.id)
        }
        None if changed == 0 => "What arrived is what Alice wrote.".into(),
        None => {
            let times = counted(changed, "time");
            format!("What arrived is what Alice wrote, or chose to send instead ({times}).")
        }
    };
    Some(claim)
}

/// What did not arrive as it was written.
pub(super) fn kept_back(facts: &Facts<'_>) -> Option<Claim> {
    let most = facts.runs.iter().max_by_key(|run| run.kept_back()).filter(|run| run.kept_back() > 0)?;
    let text = format!(
        "With {}, {} of {} did not arrive as Alice wrote them.",
        most.setting,
        most.kept_back(),
        counted(most.written().count(), "message")
    );
    let method =
        "What each recipient's client has is compared with what Alice wrote, text and file byte for byte.";
    let mut claim = facts.claim("kept-back", Standing::Seen, text, method);
    for run in facts.runs {
        claim.evidence.push(number(run, "messages that did not arrive as written", run.kept_back()));
    }
    Some(claim)
}
