//! Claims about what happened besides the messages: hostile relays and lists, orders, theft.

use super::{
    Facts,
    claims::{names, number, shown_to},
    words::counted,
};
use crate::{
    record::{Happened, Run, Taken},
    report::{Claim, Evidence, Standing},
};

/// What can happen, as it is named in claims.
pub(super) const IDS: [&str; 14] = [
    "relay-swaps-keys",
    "relay-replays",
    "relay-reorders",
    "relay-delays",
    "relay-drops",
    "secret-order",
    "modified-client",
    "poisoned-list",
    "hidden-second-list",
    "list-grows",
    "list-aimed",
    "order-starts",
    "device-stolen",
    "authority-key-stolen",
];

/// One claim for each kind of thing that happened, over all runs in which it did.
pub(super) fn claims(facts: &Facts<'_>) -> Vec<Claim> {
    let mut ids: Vec<&str> = Vec::new();
    for happened in facts.runs.iter().flat_map(|run| &run.happened) {
        if !ids.contains(&happened.id.as_str()) {
            ids.push(&happened.id);
        }
    }
    ids.into_iter().map(|id| claim(facts, id)).collect()
}

fn claim(facts: &Facts<'_>, id: &str) -> Claim {
    let all: Vec<(&Run, &Happened)> = facts
        .runs
        .iter()
        .flat_map(|run| run.happened.iter().map(move |happened| (run, happened)))
        .filter(|(_, happened)| happened.id == id)
        .collect();
    let (standing, text, method) = concluded(facts, id, &all);
    let mut claim = facts.claim(id, standing, text, method);
    for (run, happened) in &all {
        claim.evidence.extend(happened.shown.iter().map(|(person, text)| shown_to(run, *person, text)));
        for (what, count) in &happened.counted {
            claim.evidence.push(number(run, what, usize::try_from(*count).unwrap_or(usize::MAX)));
        }
        if let Some(taken) = &happened.taken {
            claim.evidence.extend(loot(run, taken));
        }
    }
    claim
}

/// Whether a promise held, in words, and how that is known.
fn concluded(facts: &Facts<'_>, id: &str, all: &[(&Run, &Happened)]) -> (Standing, String, &'static str) {
    let counts = |what: &str| -> u64 {
        let counted = all.iter().flat_map(|(_, happened)| &happened.counted);
        counted.filter(|(known, _)| known.starts_with(what)).map(|(_, number)| number).sum()
    };
    let shows =
        |words: &str| all.iter().all(|(_, one)| one.shown.iter().any(|(_, text)| text.contains(words)));
    let promise = |held: bool, yes: &str, no: &str| match held {
        true => (Standing::Held, yes.to_owned()),
        false => (Standing::Broken, no.to_owned()),
    };
    let records = "What each client showed is taken down word for word, and what it holds is counted.";
    let (standing, text) = match id {
        "relay-swaps-keys" => promise(
            counts("foreign keys") == 0,
            "A relay that gave Alice another's keys as Bob's was found out at once.",
            "Alice's client TOOK another's keys for Bob's.",
        ),
        "relay-replays" => promise(
            counts("copies of it") == all.len() as u64,
            "A message that the relay delivered twice was shown once.",
            "A message that the relay delivered twice was NOT shown once.",
        ),
        "relay-reorders" => promise(
            counts("copies of it") == all.len() as u64,
            "A message that the relay held back behind the next one arrived whole, and later.",
            "A message that the relay held back behind the next one was LOST.",
        ),
        "relay-delays" => promise(
            counts("copies of it") == all.len() as u64,
            "A message that the relay kept back arrived whole in the end; until then Alice saw “sent”, not “delivered”.",
            "A message that the relay kept back was LOST.",
        ),
        "relay-drops" => {
            let told = shows("sent") && !shows("delivered");
            let seen = "A relay can make a message vanish: Alice sees “sent” and never “delivered”, and Bob sees nothing.";
            match told {
                true => (Standing::Seen, seen.to_owned()),
                false => (
                    Standing::Broken,
                    "Alice was told that a message was DELIVERED that vanished.".to_owned(),
                ),
            }
        }
        "secret-order" => promise(
            counts("orders that took force") == 0 && shows("by order"),
            "An order could not be kept secret: the client wants consent, and names the order on its status line.",
            "An order took force WITHOUT Alice being told.",
        ),
        "modified-client" => {
            let settings = names(all.iter().map(|(run, _)| *run));
            let text = match (counts("hooks left"), counts("checks of her audit log")) {
                (0, 0) => format!(
                    "With {settings}, Alice took the hook out of her own vault in one step; her log, the relay and Bob \
                     show nothing of it."
                ),
                (0, _) => format!(
                    "With {settings}, Alice took the hook out of her own vault, and her log shows it."
                ),
                _ => {
                    format!("With {settings}, Alice tried to take the hook out of her vault, and it stayed.")
                }
            };
            (Standing::Seen, text)
        }
        "poisoned-list" | "list-grows" | "list-aimed" => {
            let told = all.iter().all(|(_, one)| one.shown.iter().any(|(_, text)| text.starts_with('!')));
            let same = counts("lists of the same name") > 0 && counts("lists of the same digest") == 0;
            let more = match id {
                "list-aimed" if same => {
                    " Her list and Bob's have one name and number and differ; only comparing digests tells."
                }
                _ => "",
            };
            let yes = format!(
                "A list got another entry without any code changing; Alice was shown it before it counted.{more}"
            );
            promise(told, &yes, "A list got another entry, and Alice was NOT shown it.")
        }
        "hidden-second-list" => {
            let stopped = all.iter().flat_map(|(run, _)| run.alices()).filter(|message| {
                message.decisions.iter().any(|one| one.hook == "hidden-rule" && one.verdict == "block")
            });
            let text = format!(
                "A hook that says it blocks rude words blocked {} without one; its manifest passed every check.",
                counted(stopped.count(), "message")
            );
            (Standing::Seen, text)
        }
        "order-starts" => promise(
            shows("by order"),
            "While the order was in force, Alice's status line named it and its last day.",
            "An order was in force, and Alice's status line did NOT name it.",
        ),
        "days-pass" => {
            let after = all.iter().filter(|(run, _)| run.happened.iter().any(|one| one.id == "order-starts"));
            let stays = after
                .clone()
                .filter(|(_, one)| one.shown.iter().any(|(_, text)| text.contains("by order")))
                .count();
            match after.count() {
                0 => (Standing::Seen, "Time went by, and Alice's gate stood as before.".to_owned()),
                _ => promise(
                    stays == 0,
                    "After its last day the order ended by itself.",
                    "After its last day the order did NOT end.",
                ),
            }
        }
        "turns-off" => promise(
            counts("hooks left") == 0,
            "Alice turned the hook off, and it was off.",
            "Alice turned the hook off, and it STAYED.",
        ),
        "device-stolen" => stolen(facts, all, counts("vaults that opened") > 0),
        "authority-key-stolen" => {
            let text = format!(
                "Whoever stole the authority's keys could read {} and sign orders that clients believe; the rest of the \
                 conversation stayed closed.",
                counted(usize::try_from(counts("reports that the thief")).unwrap_or(usize::MAX), "report")
            );
            (Standing::Seen, text)
        }
        _ => (Standing::Seen, "Something else happened.".to_owned()),
    };
    (standing, text, records)
}

/// What a thief of a device had.
fn stolen(facts: &Facts<'_>, all: &[(&Run, &Happened)], opened: bool) -> (Standing, String) {
    let read = |taken: &Taken| {
        taken.findings.iter().filter(|found| found.iter().any(|one| one.encoding.is_content())).count()
    };
    let most = all
        .iter()
        .filter_map(|(run, one)| one.taken.as_ref().map(|taken| (run, read(taken))))
        .max_by_key(|(_, read)| *read);
    let messages = facts.runs.first().map_or(0, |run| run.messages.len());
    match most {
        Some((_, 0)) | None => {
            let text = "A thief of Alice's device, with her vault behind a passphrase, could read nothing."
                .to_owned();
            (Standing::Held, text)
        }
        Some((run, read)) if opened => {
            let text = format!(
                "A thief of Alice's device could read {read} of {messages} messages with {}: the key lay beside the vault.",
                run.setting
            );
            (Standing::Seen, text)
        }
        Some((run, read)) => {
            let text =
                format!("A thief of Alice's LOCKED device could read {read} messages with {}.", run.setting);
            (Standing::Broken, text)
        }
    }
}

/// Where a thief found which message.
fn loot(run: &Run, taken: &Taken) -> Vec<Evidence> {
    let mut evidence = Vec::new();
    for (message, findings) in run.messages.iter().zip(&taken.findings) {
        let (setting, party, message) = (run.setting.to_string(), taken.by.clone(), message.id.clone());
        match findings.iter().find(|one| one.encoding.is_content()) {
            None => evidence.push(Evidence::NotFound { setting, party, message }),
            Some(found) => {
                let (place, encoding) = (found.place.clone(), found.encoding.to_string());
                evidence.push(Evidence::Found { setting, party, place, encoding, message });
            }
        }
    }
    evidence
}
