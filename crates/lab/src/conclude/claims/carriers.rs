//! Claims about those who carry a conversation.

use std::collections::BTreeSet;

use super::evidence::{found, not_found};
use crate::{
    conclude::{
        Facts,
        words::{counted, either, listed},
    },
    observer::Party,
    record::{Had, MessageRun, Run},
    report::{Claim, Evidence, Standing},
    request_watch::Deliveries,
};

/// Whether encryption kept the texts from those who carry them.
pub(super) fn encryption(facts: &Facts<'_>) -> Option<Claim> {
    let runs: Vec<&Run> = facts.spoken().collect();
    let written = |run: &'_ Run| run.messages.iter().filter(|message| message.was_written()).count();
    let texts = runs.iter().map(|run| written(run)).max()?;
    let (mut leaks, mut digests, mut searched) = (Vec::new(), Vec::new(), Vec::new());
    let mut unseen = BTreeSet::new();
    for run in &runs {
        for message in run.messages.iter().filter(|message| message.was_written()) {
            for party in Party::CARRIERS {
                match looked(run, message, party) {
                    Had::Content => leaks.extend(found(run, message, party)),
                    Had::Digest => digests.extend(found(run, message, party)),
                    Had::Nothing => searched.push(not_found(run, message, party.name())),
                    Had::NotLookedAt => {
                        unseen.insert(party);
                    }
                }
            }
        }
    }
    let searched_parties: Vec<Party> =
        Party::CARRIERS.into_iter().rev().filter(|party| !unseen.contains(party)).collect();
    let places: Vec<String> =
        searched_parties.iter().map(|party| where_searched(*party).to_owned()).collect();
    let not_searched = match unseen.is_empty() {
        true => String::new(),
        false => {
            let names: Vec<String> = unseen.iter().map(|party| carrier(*party).to_owned()).collect();
            format!(
                " Not all of this was there to be searched, so nothing is said of it: {}.",
                names.join(", ")
            )
        }
    };
    let method = format!(
        "Every planted text is looked for in {}, in each encoding that docs/lab.md lists.{not_searched} It says nothing \
         about encodings that are not listed, nor about the rest of memory.",
        places.join(", in ")
    );
    let (standing, text, evidence) = match (leaks.first(), digests.first()) {
        (Some(Evidence::Found { setting, party, place, encoding, message }), _) => {
            let text = format!(
                "Encryption FAILED with {setting}: the text of “{message}” is with the {party}, in {place}, as {encoding}."
            );
            (Standing::Broken, text, [leaks, digests].concat())
        }
        (_, Some(Evidence::Found { setting, party, place, encoding, message })) => {
            let text = format!(
                "Encryption FAILED with {setting}: the {party} can recognise “{message}” by its {encoding}, in {place}."
            );
            (Standing::Broken, text, digests)
        }
        _ if searched_parties.is_empty() || searched.is_empty() => return None,
        _ => {
            let who: Vec<String> = searched_parties.iter().map(|party| carrier(*party).to_owned()).collect();
            let text = format!(
                "Encryption held under {}: none of {} is with {}.",
                counted(runs.len(), "setting"),
                counted(texts, "planted text"),
                either(&who),
            );
            (Standing::Held, text, searched)
        }
    };
    let mut claim = facts.claim("encryption", standing, text, &method);
    claim.evidence = evidence;
    Some(claim)
}

/// What a carrier had; one of which there was nothing to search was not looked at.
fn looked(run: &Run, message: &MessageRun, party: Party) -> Had {
    let searched = run.searched.get(&party).is_some_and(|searched| searched.bytes > 0);
    match message.had(party) {
        Had::Nothing if !searched => Had::NotLookedAt,
        had => had,
    }
}

fn carrier(party: Party) -> &'static str {
    match party {
        Party::Wire => "wire",
        Party::Relay => "relay",
        Party::Log => "logs",
        Party::Disk => "the sender's disk as it lies there",
        Party::Hook | Party::Authority | Party::Recipient | Party::Vault => party.name(),
    }
}

fn where_searched(party: Party) -> &'static str {
    match party {
        Party::Wire => "every datagram",
        Party::Relay => "the relay's files, stored envelopes and decrypted requests",
        Party::Log => "every line that the programs log",
        Party::Disk => "every file of the sender's home",
        Party::Hook | Party::Authority | Party::Recipient | Party::Vault => party.name(),
    }
}

/// Whether the relay was told who sends.
pub(super) fn sender(facts: &Facts<'_>) -> Option<Claim> {
    let looked_at = |run: &Run| run.deliveries.filter(|deliveries| deliveries.brought > 0);
    let looked: Vec<(&Run, Deliveries)> =
        facts.spoken().filter_map(|run| looked_at(run).map(|deliveries| (run, deliveries))).collect();
    let unseen: Vec<String> =
        facts.spoken().filter(|run| looked_at(run).is_none()).map(|run| run.setting.to_string()).collect();
    let (first, _) = looked.first()?;
    let (standing, text) = match looked.iter().find(|(_, deliveries)| deliveries.telling() > 0) {
        Some((run, _)) => {
            let text = format!("With {}, the relay WAS TOLD who sends what it was brought.", run.setting);
            (Standing::Broken, text)
        }
        None => {
            let under = match looked.len() {
                1 => first.setting.to_string(),
                settings => counted(settings, "setting"),
            };
            (
                Standing::Held,
                format!("Nothing that was brought to the relay told it who sends, under {under}."),
            )
        }
    };
    let not_looked_at = match unseen.as_slice() {
        [] => String::new(),
        unseen => format!(" Nothing is said of {}, where not every request was kept.", listed(unseen)),
    };
    let method = format!(
        "Every request is looked at as the relay decrypted it. A connection on which envelopes or files are brought, or \
         somebody's keys are asked for, must never prove for which device it speaks; and an envelope, or the request that \
         begins a file, may hold the bytes of no public key of an account or a device but the recipient's. The bytes of \
         files are not looked at for that. The relay still has the address that a connection comes from, and its \
         times.{not_looked_at}"
    );
    let mut claim = facts.claim("sender", standing, text, &method);
    for (run, deliveries) in looked {
        let counted = |what: &str, number| Evidence::Counted {
            setting: run.setting.to_string(),
            what: what.into(),
            number,
        };
        claim.evidence.extend([
            counted("envelopes stored for those who were away", run.envelopes.len() as u64),
            counted("brought on a connection that spoke for a device", deliveries.on_known_connections),
            counted("brought with somebody else's public key in it", deliveries.naming_others),
            counted(
                "times keys were asked for on a connection that spoke for a device",
                deliveries.keys_on_known_connections,
            ),
        ]);
    }
    Some(claim)
}

/// What the server of a service without end-to-end encryption had.
pub(super) fn baseline(facts: &Facts<'_>) -> Option<Claim> {
    let run = facts.baseline()?;
    let text = format!(
        "Without end-to-end encryption the server could read {} of {}, whoever wrote them.",
        run.read_by(Party::Relay),
        counted(run.messages.len(), "message")
    );
    let method =
        "The same texts are looked for in the requests that the server got and in the files that it keeps.";
    let mut claim = facts.claim("server", Standing::Seen, text, method);
    for message in &run.messages {
        match message.had(Party::Relay) {
            Had::Content | Had::Digest => claim.evidence.extend(found(run, message, Party::Relay)),
            Had::Nothing => claim.evidence.push(not_found(run, message, Party::Relay.name())),
            Had::NotLookedAt => {}
        }
    }
    Some(claim)
}
