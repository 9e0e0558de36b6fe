//! What a hook could do at worst, and what nothing here proves: in sentences.

use airlock_protocol::gate::OnFailure;

use crate::{Manifest, Package, Strength, View, list::ListKind};

/// What it could do at worst within its manifest, whatever its purpose says. One sentence each.
pub(super) fn worst_case(manifest: &Manifest) -> Vec<String> {
    let evidence = manifest.limits.evidence_bytes;
    let codes = manifest.codes.len();
    let by_verdict = [
        (
            Strength::Rewrite,
            "It can propose any other text for any message; the sender sees the difference and decides."
                .into(),
        ),
        (
            Strength::Warn,
            match codes {
                1 => "It can warn of any message, with the one text that its manifest states.".into(),
                _ => {
                    format!("It can warn of any message, with one of {codes} texts that its manifest states.")
                }
            },
        ),
        (Strength::Block, "In the modes enforce and report it can stop any message.".into()),
        (
            Strength::Report,
            format!(
                "In the mode report it can tell the authority {evidence} bytes of its choice and {} with each \
                 message, once the threshold of {} is reached.",
                if codes == 1 { "its code".into() } else { format!("one of {codes} codes") },
                manifest.threshold
            ),
        ),
    ];
    let possible = by_verdict.into_iter().filter(|(strength, _)| manifest.may(*strength));
    let mut sentences: Vec<String> = possible.map(|(_, sentence)| sentence).collect();
    if manifest.strongest < Strength::Block {
        sentences.extend(by_failing(manifest));
    }
    if manifest.list.is_some() {
        sentences.push("Whoever signs its list decides what it looks for, without changing its code.".into());
    }
    if sentences.is_empty() {
        sentences.push("It can let every message pass.".into());
    }
    sentences
}

/// Every hook can fail on purpose.
fn by_failing(manifest: &Manifest) -> Option<String> {
    let policy = &manifest.on_failure;
    let modes = [("advise", policy.advise), ("enforce", policy.enforce), ("report", policy.report)];
    let with = |fate| modes.iter().filter(move |(_, policy)| *policy == fate).map(|(mode, _)| *mode);
    let (held, asked) = (with(OnFailure::Hold).collect::<Vec<_>>(), with(OnFailure::Ask).collect::<Vec<_>>());
    match (held.is_empty(), asked.is_empty()) {
        (false, _) => Some(format!("By failing it can stop any message in {}.", enumerated(&held))),
        (true, false) => Some(format!("By failing it can ask about any message in {}.", enumerated(&asked))),
        (true, true) => None,
    }
}

/// As people say it: "a", "a and b", "a, b and c".
fn enumerated(names: &[&str]) -> String {
    match names {
        [but @ .., one, last] => [but, &[&format!("{one} and {last}")]].concat().join(", "),
        _ => names.concat(),
    }
}

/// What the sandbox, the signatures and the figures above do not prove. One sentence each.
pub(super) fn unproved(package: &Package) -> Vec<String> {
    let manifest = &package.manifest;
    let mut sentences = vec![
        "That it looks only for what its purpose says: its code decides, and its source is not in here.",
    ];
    sentences
        .push("That a source you read is the one that was built: the line `rebuild` says how to compare.");
    if manifest.asks_for(View::Text) || manifest.asks_for(View::Urls) {
        sentences
            .push("That it does not know whom you write to: it is not told, but your words may name anyone.");
    }
    if manifest.asks_for(View::AttachmentBytes) || manifest.asks_for(View::AttachmentName) {
        sentences.push("That a file tells it nothing else: files name their makers, places and times.");
    }
    match &manifest.error_card {
        None => sentences.push("How often it is wrong: nobody has measured it."),
        Some(_) => sentences.push(
            "How often it is wrong on your messages: its author measured it on other data, and says so above.",
        ),
    }
    match manifest.list.as_ref().map(|list| list.kind) {
        Some(ListKind::Images) => {
            sentences.push("What its list is of: nobody reads a picture from its hash.")
        }
        Some(ListKind::Model) => {
            sentences.push("What its model looks for: nobody reads that from its numbers.")
        }
        Some(ListKind::Words | ListKind::Domains | ListKind::Dictionary) | None => {}
    }
    if manifest.list.is_some() {
        sentences
            .push("That its list holds what it is said to hold: the signature names a key, not a reason.");
    }
    sentences.push("That nobody learns from its time: how long it thinks delays the message a little.");
    sentences.push("That the one you write to, or anybody with a client of their own, runs any hook at all.");
    sentences.into_iter().map(Into::into).collect()
}
