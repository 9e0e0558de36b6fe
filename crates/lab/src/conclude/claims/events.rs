//! Claims about what happened besides the messages: hostile relays and lists, orders, theft.

use airlock_engine::Delivery;

use super::evidence::{names, not_found, number, place, shown_to};
use crate::{
    conclude::{
        Facts,
        words::{counted, listed},
    },
    outcome::{Compared, ListGrown, ListWay, Outcome, RelayOutcome},
    record::{DecisionSeen, Fate, Happened, Run, Taken, VerdictSeen},
    report::{Claim, Evidence, Standing},
    setting::RelayAct,
    world::Lock,
};

/// Something that happened, in one run.
type In<'a> = (&'a Run, &'a Happened);

/// One claim for each kind of thing that happened, over all runs in which it did.
pub(super) fn claims(facts: &Facts<'_>) -> Vec<Claim> {
    let all: Vec<In<'_>> =
        facts.runs.iter().flat_map(|run| run.happened.iter().map(move |one| (run, one))).collect();
    let mut ids: Vec<&str> = Vec::new();
    for (_, happened) in &all {
        if !ids.contains(&happened.outcome.id()) {
            ids.push(happened.outcome.id());
        }
    }
    let of = |id: &str| all.iter().copied().filter(|(_, one)| one.outcome.id() == id).collect::<Vec<_>>();
    ids.into_iter().filter_map(|id| claim(facts, id, &of(id))).collect()
}

fn claim(facts: &Facts<'_>, id: &str, all: &[In<'_>]) -> Option<Claim> {
    let (standing, text) = concluded(all)?;
    let method = "What each client showed is taken down word for word, and what it holds is counted.";
    let mut claim = facts.claim(id, standing, text, method);
    for (run, happened) in all {
        claim.evidence.extend(happened.shown.iter().map(|(person, text)| shown_to(run, *person, text)));
        claim
            .evidence
            .extend(happened.outcome.facts().into_iter().map(|(what, count)| number(run, what, count)));
        claim.evidence.extend(happened.taken.iter().flat_map(|taken| loot(run, taken)));
        if let Outcome::SecondListHidden { hook } = &happened.outcome {
            claim.evidence.push(number(run, "messages that it blocked", blocked_by(run, hook)));
        }
    }
    Some(claim)
}

fn promise(held: bool, yes: impl Into<String>, no: impl Into<String>) -> (Standing, String) {
    if held { (Standing::Held, yes.into()) } else { (Standing::Broken, no.into()) }
}

/// Whether a promise held, in words. All are of one kind.
fn concluded(all: &[In<'_>]) -> Option<(Standing, String)> {
    let every = |holds: &dyn Fn(&Outcome) -> bool| all.iter().all(|(_, one)| holds(&one.outcome));
    let (_, first) = all.first()?;
    Some(match &first.outcome {
        Outcome::KeysSwapped { .. } => promise(
            every(&|one| matches!(one, Outcome::KeysSwapped { taken: false })),
            "A relay that gave Alice another's keys as Bob's was found out at once.",
            "Alice's client TOOK another's keys for Bob's.",
        ),
        Outcome::Relay(relay) => {
            relayed(relay.act, every(&|one| matches!(one, Outcome::Relay(relay) if as_promised(relay))))
        }
        Outcome::SecretOrder { .. } => promise(
            every(&|one| match one {
                Outcome::SecretOrder { silent, demanded, status } => !silent && demanded.is_named_in(status),
                _ => false,
            }),
            "No order is kept secret by a client that nobody changed: it wants consent, and names the order on its status line.",
            "An order took force WITHOUT Alice being told.",
        ),
        Outcome::ModifiedClient { .. } => (Standing::Seen, modified(all)),
        Outcome::SecondListHidden { hook } => {
            let blocked = all.iter().map(|(run, _)| blocked_by(run, hook)).sum();
            let text = format!(
                "A hook blocked {} by a rule that its manifest does not name; the client took it all the same.",
                counted(blocked, "message")
            );
            (Standing::Seen, text)
        }
        Outcome::ListGrew(grown) => {
            let told = every(&|one| matches!(one, Outcome::ListGrew(grown) if was_told(grown)));
            let differs = |compared: Compared| compared.same_name_and_number && !compared.same_digest;
            let differ = every(
                &|one| matches!(one, Outcome::ListGrew(grown) if grown.beside_bobs.is_some_and(differs)),
            );
            let more = match grown.way {
                ListWay::Aimed if differ => {
                    " Her list and Bob's have one name and number and differ; their digests tell."
                }
                ListWay::Aimed | ListWay::Grows | ListWay::Poisoned => "",
            };
            promise(
                told,
                format!(
                    "A list got another entry without any code changing; Alice was shown it before it counted.{more}"
                ),
                "A list got another entry, and Alice was NOT shown it before it counted.",
            )
        }
        Outcome::OrderStarts { .. } => promise(
            every(&|one| match one {
                Outcome::OrderStarts { demanded, status, .. } => demanded.is_named_in(status),
                _ => false,
            }),
            "When the order took force, Alice's status line named it and its last day.",
            "An order was in force, and Alice's status line did NOT name it.",
        ),
        Outcome::DaysPass { .. } => days_passed(all),
        Outcome::TurnsOff { .. } => turned_off(all),
        Outcome::DeviceStolen { .. } => device_stolen(all),
        Outcome::AuthorityKeyStolen { .. } => (Standing::Seen, authority_key_stolen(all)),
    })
}

/// How many of Alice's messages this hook blocked, by the audit log.
fn blocked_by(run: &Run, hook: &str) -> usize {
    let blocks = |one: &DecisionSeen| one.hook == hook && one.verdict == VerdictSeen::Block;
    run.alices().filter(|message| message.decisions.iter().any(blocks)).count()
}

/// Whether the clients made of it what they promise.
fn as_promised(relay: &RelayOutcome) -> bool {
    let not_delivered_meanwhile = relay.meanwhile == Some(Delivery::Sent);
    let arrived_once =
        relay.copies == 1 && relay.fate == Fate::AsWritten && relay.delivery == Some(Delivery::Delivered);
    match relay.act {
        RelayAct::Drops => {
            let vanished = relay.copies == 0 && relay.fate == Fate::NotDelivered;
            not_delivered_meanwhile && relay.delivery == Some(Delivery::Sent) && vanished
        }
        RelayAct::Delays => not_delivered_meanwhile && arrived_once,
        RelayAct::Replays => arrived_once,
        RelayAct::Reorders => not_delivered_meanwhile && arrived_once && relay.overtaken == Some(true),
    }
}

fn relayed(act: RelayAct, kept: bool) -> (Standing, String) {
    match act {
        RelayAct::Drops if kept => {
            let text = "A relay can make a message vanish: Alice sees “sent” and never “delivered”, and its recipient \
                        has nothing of it.";
            (Standing::Seen, text.into())
        }
        RelayAct::Drops => {
            let text = "A message vanished at the relay, and Alice's screen or its recipient's vault says OTHERWISE.";
            (Standing::Broken, text.into())
        }
        RelayAct::Delays => promise(
            kept,
            "A message that the relay kept back arrived whole in the end; until then Alice saw “sent”, not “delivered”.",
            "A message that the relay kept back did NOT arrive once and whole, or was called delivered before.",
        ),
        RelayAct::Replays => promise(
            kept,
            "A message that the relay delivered twice was shown once.",
            "A message that the relay delivered twice was NOT shown once.",
        ),
        RelayAct::Reorders => promise(
            kept,
            "A message that the relay held back behind the next one arrived whole, and later.",
            "A message that the relay held back behind the next one did NOT arrive once, whole and later.",
        ),
    }
}

/// Whether Alice was shown each entry, and asked, while the edition before was in force and no code changed.
fn was_told(grown: &ListGrown) -> bool {
    let shown = |value: &str| grown.asked.as_ref().is_some_and(|asked| asked.contains(value));
    grown.change.values().all(shown) && grown.old_until_agreed && grown.same_code
}

fn modified(all: &[In<'_>]) -> String {
    let settings = names(all.iter().map(|(run, _)| *run));
    let figures = all.iter().filter_map(|(_, one)| match one.outcome {
        Outcome::ModifiedClient { rows, hooks_left, log_verifies } => Some((rows, hooks_left, log_verifies)),
        _ => None,
    });
    let (mut deleted, mut left, mut verifies) = (0, 0, true);
    for (rows, hooks_left, log_verifies) in figures {
        (deleted, left, verifies) = (deleted.max(rows), left + hooks_left, verifies && log_verifies);
    }
    let rows = counted(deleted, "row");
    match (left, verifies) {
        (0, true) => format!(
            "With {settings}, Alice took the hook out of her own vault by deleting {rows}, and her audit log verifies as \
             before."
        ),
        (0, false) => format!(
            "With {settings}, Alice took the hook out of her own vault by deleting {rows}, and her audit log no longer \
             verifies."
        ),
        _ => format!("With {settings}, Alice tried to take the hook out of her vault, and it stayed."),
    }
}

fn days_passed(all: &[In<'_>]) -> (Standing, String) {
    let (mut over, mut ended, mut moved) = (0, 0, 0);
    for (_, happened) in all {
        let Outcome::DaysPass { today, last_day, hooks_before, hooks_left, .. } = &happened.outcome else {
            continue;
        };
        if last_day.is_some_and(|day| *today > day) {
            over += 1;
            ended += usize::from(*hooks_before > 0 && *hooks_left == 0);
        } else {
            moved += usize::from(hooks_before != hooks_left);
        }
    }
    match (over, moved) {
        (0, 0) => (Standing::Seen, "Time went by, and as many hooks stood in Alice's gate as before.".into()),
        (0, _) => (Standing::Seen, "Time went by, and Alice's gate does not stand as before.".into()),
        _ => promise(
            ended == over,
            "After its last day the order ended by itself.",
            "After its last day the order did NOT end.",
        ),
    }
}

fn turned_off(all: &[In<'_>]) -> (Standing, String) {
    let (mut refused_by_order, mut wrong) = (0, 0);
    for (_, happened) in all {
        let Outcome::TurnsOff { refused, ordered, hooks_left } = happened.outcome else { continue };
        match (refused, ordered) {
            (true, true) => refused_by_order += 1,
            (true, false) => wrong += 1,
            (false, _) => wrong += usize::from(hooks_left > 0),
        }
    }
    if wrong == 0 && refused_by_order == all.len() {
        return (Standing::Seen, "While an order held the hook, Alice could not turn it off.".into());
    }
    promise(
        wrong == 0,
        "Alice turned the hook off, and it was off.",
        "Alice turned the hook off, and it STAYED.",
    )
}

/// What a thief of a device had.
fn device_stolen(all: &[In<'_>]) -> (Standing, String) {
    let stolen = |(run, happened): &In<'_>| match &happened.outcome {
        Outcome::DeviceStolen { lock, opened } => {
            let read = happened.taken.as_ref().map(Taken::read)?;
            Some((run.setting.to_string(), *lock, *opened, read, run.messages.len()))
        }
        _ => None,
    };
    let mut thefts: Vec<_> = all.iter().filter_map(stolen).collect();
    thefts.sort_by_key(|(_, lock, opened, read, _)| (*lock == Lock::Passphrase, *opened, *read));
    let passphrase = |lock: &Lock| *lock == Lock::Passphrase;
    let broken = thefts.iter().rfind(|(_, lock, opened, read, _)| passphrase(lock) && (*opened || *read > 0));
    match (broken, thefts.last()) {
        (Some((setting, _, _, read, of)), _) => {
            let text = format!(
                "A thief of Alice's device with {setting}, her vault LOCKED by a passphrase, could read {read} of {}.",
                counted(*of, "message")
            );
            (Standing::Broken, text)
        }
        (None, Some((_, lock, ..))) if passphrase(lock) => {
            let text = "A thief of Alice's device, with her vault behind a passphrase, could read none of her messages.";
            (Standing::Held, text.into())
        }
        (None, Some((setting, _, opened, read, of))) => {
            let why = if *opened { "the key lay beside the vault" } else { "no key beside the vault fits" };
            let text = format!(
                "A thief of Alice's device could read {read} of {} with {setting}: {why}.",
                counted(*of, "message")
            );
            (Standing::Seen, text)
        }
        (None, None) => (Standing::Seen, "Alice's device was taken, and nothing on it was looked at.".into()),
    }
}

fn authority_key_stolen(all: &[In<'_>]) -> String {
    let part = |(run, happened): &In<'_>| match &happened.outcome {
        Outcome::AuthorityKeyStolen { reports, .. } => {
            let read = happened.taken.as_ref().map_or(0, Taken::read);
            let (reports, texts) = (counted(*reports, "report"), counted(run.messages.len(), "text"));
            Some(format!("{reports} and in them {read} of {texts} with {}", run.setting))
        }
        _ => None,
    };
    let believed = |(_, happened): &&In<'_>| {
        matches!(happened.outcome, Outcome::AuthorityKeyStolen { believed: true, .. })
    };
    let believed = all.iter().filter(believed).count();
    let orders = if believed == all.len() {
        "Alice's client takes the thief's orders for the authority's"
    } else if believed == 0 {
        "Alice's client takes no order of the thief's for the authority's"
    } else {
        "Alice's client takes some of the thief's orders for the authority's"
    };
    let read = listed(&all.iter().filter_map(part).collect::<Vec<_>>());
    format!("Whoever stole the authority's keys could read {read}; {orders}.")
}

/// Where a thief found which message.
fn loot(run: &Run, taken: &Taken) -> Vec<Evidence> {
    let searched = run.messages.iter().zip(&taken.findings);
    searched
        .map(|(message, findings)| match findings.iter().find(|one| one.encoding.is_content()) {
            None => not_found(run, message, "the thief"),
            Some(finding) => place(run, message, "the thief", finding),
        })
        .collect()
}
