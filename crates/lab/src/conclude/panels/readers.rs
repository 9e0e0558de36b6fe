//! Who could read what.

use super::{Facts, panel};
use crate::{
    conclude::words::{Rows, broken, counted, faint, listed, plain, strong},
    observer::Party,
    person::Person,
    record::{Had, MessageRun, Run},
    report::{Case, Figure, Panel},
};

/// Who of all parties could read the message that matters.
pub(super) fn readers(facts: &Facts<'_>) -> Panel {
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
    panel(
        "readers",
        format!("Who could read “{marker}”"),
        says,
        rows,
        Case::new(
            "The carriers stay as blind as they were: what the check needs to see, it sees where the text is \
             in the clear in any case.",
            "It is one more reader of what it is shown, and others may settle what it does with that.",
        ),
    )
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
pub(super) fn messages(facts: &Facts<'_>) -> Panel {
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
    panel(
        "messages",
        "Who else could read each message".into(),
        says,
        rows,
        Case::new(
            "Where the check is on the device, what it does not look for goes to nobody: the component cannot \
             tell anyone.",
            "A component reads each message that it is shown, whoever it is from and whatever stands in it.",
        ),
    )
}

/// The relay of a service without end-to-end encryption is called what it is.
fn server_or(run: &Run, party: Party) -> &'static str {
    match party {
        Party::Relay if !run.setting.is_end_to_end() => "server",
        Party::Hook if !run.setting.is_end_to_end() => "server's check",
        other => other.name(),
    }
}
