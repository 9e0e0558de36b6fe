//! The baseline of the debate: a messenger without end-to-end encryption, whose server checks what it carries.
//!
//! It has types, a server and clients of its own, none of which anything outside this folder can name but [`play`],
//! so nothing that sends a real message can reach it; `tests/e2e/tidy.rs` holds that. The wire is encrypted to the
//! server (QUIC, TLS 1.3), as it is with the services that the debate is about.

mod client;
mod letter;
mod server;

use std::{collections::BTreeMap, path::Path, time::Instant};

use self::{
    client::Client,
    letter::{Letter, LetterFile, Reply},
    server::{Scanned, Server},
};
use crate::{
    error::WorldError,
    observer::{Finding, Observations, Party},
    person::Person,
    play::{Step, by_party, first_day_ms},
    record::{
        Arrival, Chosen, DecisionSeen, Ended, EnvelopeSeen, MessageRun, OnTheWire, ReportSeen, Run, Shown,
    },
    scenario::{Conversation, Event, ScriptedMessage},
    setting::Setting,
    tap::{RECORD_BYTES_MAX, Tap},
    world::add_views,
};

/// What came of one message.
struct Said {
    reply: Reply,
    arrival: Option<Arrival>,
    decision: Option<DecisionSeen>,
    compose_us: u64,
}

/// Plays a conversation over the scanning server.
pub(crate) async fn play(
    conversation: &Conversation,
    folder: &Path,
    mut step: impl FnMut(Step),
) -> Result<Run, WorldError> {
    step(Step::World);
    let mut package = conversation.package.clone();
    let store = folder.join("server");
    let server = Server::start(&store, package.clone(), first_day_ms()?).await?;
    let tap = Tap::start(server.address(), RECORD_BYTES_MAX).await.map_err(WorldError::Tap)?;
    let client = Client::connect(tap.address(), server.certificate()).await?;

    let mut said = Vec::with_capacity(conversation.messages.len());
    let mut received: BTreeMap<Person, Vec<Letter>> = BTreeMap::new();
    let mut envelopes = Vec::new();
    for (place, message) in conversation.messages.iter().enumerate() {
        step(Step::Message(place + 1));
        for event in conversation.events.iter().filter(|event| event.before == place) {
            if let Event::ListGrows(change) | Event::ListAimed(change) = &event.what {
                // Whoever runs the server changes its list. Nobody is asked, and nobody is shown anything.
                let version = package.list.as_ref().map_or(0, |list| list.version()) + 1;
                let made = |why| WorldError::Made { what: "another edition of the server's list", why };
                package = change.applied(&package, version).map_err(made)?;
                server.replace_hook(&package, first_day_ms()?)?;
            }
        }
        let started = Instant::now();
        let file = message.file.as_ref().map(|file| LetterFile::new(&file.name, &file.bytes));
        let letter = Letter { from: message.from, to: message.to, text: message.text.clone(), file };
        let bytes =
            letter.text.len() as u64 + message.file.as_ref().map_or(0, |file| file.bytes.len() as u64);
        let reply = client.send(&letter).await?;
        let compose_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        if matches!(reply, Reply::Accepted) {
            envelopes.push(EnvelopeSeen { mailbox: message.to, bytes });
        }
        let letters = client.fetch(message.to).await?;
        let arrival = letters.first().map(|letter| arrival(message, letter));
        received.entry(message.to).or_default().extend(letters);
        said.push(Said { reply, arrival, decision: server.last_decision(), compose_us });
    }
    let reports = client.fetch(Person::Authority).await?;
    server.kept_everything()?;

    step(Step::Search);
    let mut all = Observations::default();
    let wire = tap.totals();
    if wire.dropped.datagrams == 0 {
        all.looked_into(Party::Wire, None);
    }
    for party in [Party::Relay, Party::Authority] {
        all.looked_into(party, None);
    }
    for person in Person::PEOPLE {
        all.looked_into(Party::Hook, Some(person));
        all.looked_into(Party::Recipient, Some(person));
    }
    for datagram in tap.datagrams() {
        all.add_numbered(Party::Wire, "datagram", datagram.number, datagram.bytes);
    }
    all.add_folder(Party::Relay, None, &store)
        .map_err(|source| WorldError::Folder { folder: store.clone(), source })?;
    for (number, request) in (1..).zip(server.requests()) {
        all.add(Party::Relay, None, format!("request {number}"), request);
    }
    for (number, Scanned { letter, views }) in (1..).zip(server.scanned()) {
        let place = format!("letter {number} that the server checked");
        let file = letter.file.as_ref().and_then(LetterFile::bytes);
        let shown = |view| views.contains(&view);
        add_views(&mut all, letter.from, &place, shown, &letter.text, file.as_deref());
    }
    for (person, letters) in &received {
        for (number, letter) in (1..).zip(letters) {
            add_letter(&mut all, Party::Recipient, Some(*person), &format!("message {number}"), letter);
        }
    }
    for (number, report) in (1..).zip(&reports) {
        add_letter(&mut all, Party::Authority, None, &format!("report {number}"), report);
    }
    let markers: Vec<_> = conversation.messages.iter().map(|message| &message.marker).collect();
    let findings = all.search(&markers);
    let messages = conversation.messages.iter().zip(said).zip(findings);
    let messages = messages
        .map(|((scripted, said), findings)| message_run(scripted, said, by_party(&all, findings, scripted)))
        .collect();
    let run = Run {
        setting: Setting::SERVER_SCAN,
        gate: None,
        messages,
        searched: all.searched(),
        wire,
        envelopes,
        envelopes_missed: 0,
        requests_missed: 0,
        deliveries: None,
        reports: reports.iter().map(whole_letter).collect(),
        held: 0,
        happened: Vec::new(),
        audit: None,
    };
    client.close();
    server.shutdown().await;
    Ok(run)
}

fn arrival(message: &ScriptedMessage, letter: &Letter) -> Arrival {
    let file = letter.file.as_ref().and_then(LetterFile::bytes);
    let same = (letter.from, &letter.text) == (message.from, &message.text)
        && file == message.file.as_ref().map(|file| file.bytes.clone());
    // Nobody is asked, so what was written is what was chosen.
    Arrival { as_written: same, as_chosen: same }
}

/// What a server tells an authority: all of the letter.
fn whole_letter(letter: &Letter) -> ReportSeen {
    let mut evidence = letter.text.clone().into_bytes();
    evidence.extend(letter.file.as_ref().and_then(LetterFile::bytes).unwrap_or_default());
    ReportSeen { evidence }
}

/// What whoever has a letter has: the words, and the file.
fn add_letter(all: &mut Observations, party: Party, owner: Option<Person>, place: &str, letter: &Letter) {
    all.add(party, owner, place.to_owned(), letter.text.as_bytes());
    if let Some(bytes) = letter.file.as_ref().and_then(LetterFile::bytes) {
        all.add(party, owner, format!("{place}, file"), bytes);
    }
}

fn message_run(
    scripted: &ScriptedMessage,
    said: Said,
    findings: BTreeMap<Party, Vec<Finding>>,
) -> MessageRun {
    let Said { reply, arrival, decision, compose_us } = said;
    let (shown, ended) = match reply {
        Reply::Refused { why } => (vec![Shown::Stopped { text: why }], Ended::Stopped),
        Reply::Accepted | Reply::Letters(_) => {
            let chosen = Chosen { text: scripted.text.clone(), with_file: scripted.file.is_some() };
            (Vec::new(), Ended::Sent(chosen))
        }
    };
    MessageRun {
        id: scripted.id.clone(),
        from: scripted.from,
        to: scripted.to,
        marker: scripted.marker.text().to_owned(),
        in_gate: Vec::new(),
        status: None,
        shown,
        ended,
        arrival,
        findings,
        decisions: decision.into_iter().collect(),
        compose_us,
        on_the_wire: OnTheWire::default(),
    }
}
