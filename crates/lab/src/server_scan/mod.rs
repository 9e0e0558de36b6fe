//! The baseline of the debate: a messenger without end-to-end encryption, whose server checks what it carries.
//!
//! It has types, a server and clients of its own, none of which anything outside this folder can name but [`play`],
//! so nothing that sends a real message can reach it; `tests/e2e/tidy.rs` holds that. The wire is encrypted to the
//! server (QUIC, TLS 1.3), as it is with the services that the debate is about.

mod client;
mod letter;
mod server;

use std::{collections::BTreeMap, path::Path, time::Instant};

use airlock_hooks::Package;

use self::{
    client::Client,
    letter::{Letter, LetterFile, Reply},
    server::Server,
};
use crate::{
    error::WorldError,
    observer::{Observations, Party},
    person::Person,
    play::{Step, by_party, first_day_ms},
    record::{DecisionSeen, EnvelopeSeen, Fate, HookShown, MessageRun, OnTheWire, ReportSeen, Run, Shown},
    scenario::{Conversation, Event, ScriptedMessage},
    setting::Setting,
    tap::{RECORD_BYTES_MAX, Tap},
};

/// Plays a conversation over the scanning server.
pub(crate) async fn play(
    conversation: &Conversation,
    folder: &Path,
    mut step: impl FnMut(Step),
) -> Result<Run, WorldError> {
    step(Step::World);
    let made = |why: String| WorldError::Made { what: "the scenario's hook", why };
    let package =
        Package::reference(&conversation.hook).ok_or_else(|| made("it is no reference hook".into()))?;
    let version = package.list.as_ref().map_or(0, |list| list.version());
    let package = match conversation.list.is_empty() {
        true => package,
        false => conversation.list.applied(&package, version).map_err(made)?,
    };
    let store = folder.join("server");
    let server = Server::start(&store, package.clone(), first_day_ms()?).await?;
    let tap = Tap::start(server.address(), RECORD_BYTES_MAX).await.map_err(WorldError::Tap)?;
    let client = Client::connect(tap.address(), server.certificate()).await?;

    let mut said = Vec::with_capacity(conversation.messages.len());
    let mut received: BTreeMap<Person, Vec<Letter>> = BTreeMap::new();
    let mut envelopes = Vec::new();
    let mut package = package;
    for (place, message) in conversation.messages.iter().enumerate() {
        step(Step::Message(place + 1));
        for event in conversation.events.iter().filter(|event| event.before == place) {
            if let Event::ListGrows(change) | Event::ListAimed(change) = &event.what {
                // Whoever runs the server changes its list. Nobody is asked, and nobody is shown anything.
                let version = package.list.as_ref().map_or(0, |list| list.version()) + 1;
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
            envelopes.push(EnvelopeSeen { mailbox: message.to, bytes, during: place });
        }
        let letters = client.fetch(message.to).await?;
        received.entry(message.to).or_default().extend(letters);
        said.push((reply, compose_us, server.last_decision()));
    }
    let reports = client.fetch(Person::Authority).await?;

    step(Step::Search);
    let mut all = Observations::default();
    for datagram in tap.datagrams() {
        all.add_numbered(Party::Wire, "datagram", datagram.number, datagram.bytes);
    }
    all.add_folder(Party::Relay, None, &store)
        .map_err(|source| WorldError::Folder { folder: store.clone(), source })?;
    for (number, request) in (1..).zip(server.requests()) {
        all.add(Party::Relay, None, format!("request {number}"), request);
    }
    for (number, letter) in (1..).zip(server.scanned()) {
        let place = format!("letter {number} that the server checked");
        add_letter(&mut all, Party::Hook, Some(letter.from), &place, &letter);
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
    let identity = server.identity();
    let hook = HookShown::from(&identity);
    let messages = conversation.messages.iter().zip(said).zip(findings);
    let messages = messages
        .map(|((scripted, (reply, compose_us, decision)), findings)| {
            let letters = received.get(&scripted.to);
            message_run(scripted, reply, compose_us, decision, by_party(findings, scripted), letters)
        })
        .collect();
    let run = Run {
        setting: Setting::SERVER_SCAN,
        gate: "no gate: the server checks".into(),
        hook: Some(hook.clone()),
        messages,
        searched: all.searched(),
        wire: tap.totals(),
        envelopes,
        envelopes_missed: 0,
        reports: reports
            .iter()
            .map(|report| ReportSeen {
                hook: hook.clone(),
                code: 0,
                evidence_bytes: report.text.len() as u64,
                evidence: report.text.clone(),
            })
            .collect(),
        held: 0,
        happened: Vec::new(),
        audit: None,
        logs_searched: false,
    };
    client.close();
    server.shutdown().await;
    Ok(run)
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
    reply: Reply,
    compose_us: u64,
    decision: Option<DecisionSeen>,
    findings: BTreeMap<Party, Vec<crate::observer::Finding>>,
    received: Option<&Vec<Letter>>,
) -> MessageRun {
    let arrived = received.is_some_and(|letters| letters.iter().any(|letter| letter.text == scripted.text));
    let (shown, delivery) = match reply {
        Reply::Refused { why } => (vec![Shown::Stopped { text: why }], None),
        _ => (Vec::new(), Some("delivered".to_owned())),
    };
    let fuel = decision.as_ref().map_or(0, |decision| decision.fuel);
    MessageRun {
        id: scripted.id.clone(),
        from: scripted.from,
        to: scripted.to,
        marker: scripted.marker.text().to_owned(),
        shown,
        fate: if arrived { Fate::AsWritten } else { Fate::NotDelivered },
        findings,
        decisions: decision.into_iter().collect(),
        delivery,
        fuel,
        compose_us,
        on_the_wire: OnTheWire::default(),
    }
}
