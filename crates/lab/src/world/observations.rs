//! What every party of a world got until now.

use std::path::Path;

use airlock_engine::{Contact, Direction as Way, Message};

use super::{MESSAGES_MAX, World, hook_observer};
use crate::{
    error::{Doing, WorldError},
    logs,
    marker::Marker,
    observer::{Finding, Observations, Party},
    opened_vault,
    person::Person,
    request_watch::{self, Deliveries, Nameable},
    tap::Direction,
};

impl World {
    /// Everything that every party got until now.
    ///
    /// # Errors
    /// When something of it can't be read: a search that skipped it would prove nothing.
    pub fn observations(&self) -> Result<Observations, WorldError> {
        let mut all = Observations::default();
        all.looked_into(Party::Authority, None);
        // What is gone from the record was not searched.
        if self.tap().totals().dropped.datagrams == 0 {
            all.looked_into(Party::Wire, None);
            if self.missed_envelopes() == 0 && self.missed_requests() == 0 {
                all.looked_into(Party::Relay, None);
            }
        }
        self.add_traffic(&mut all);
        for envelope in self.stored()? {
            all.add_numbered(Party::Relay, "stored envelope", envelope.number, envelope.sealed);
        }
        for request in self.requests.requests() {
            all.add_numbered(Party::Relay, "request", request.number, request.bytes);
        }
        add_folder(&mut all, Party::Relay, None, &self.relay_folder)?;
        if let Some(lines) = logs::since(self.log_from) {
            all.looked_into(Party::Log, None);
            for line in lines {
                all.add(Party::Log, None, "a line of the log".into(), line.as_bytes());
            }
        }
        for person in self.people().filter(|person| Person::PEOPLE.contains(person)) {
            let seat = self.seat(person);
            for party in [Party::Disk, Party::Recipient] {
                all.looked_into(party, Some(person));
            }
            add_folder(&mut all, Party::Disk, Some(person), &seat.home)?;
            opened_vault::add(&mut all, person, &seat.home)?;
            self.add_received(&mut all, Party::Recipient, person)?;
            hook_observer::add(self, person, &mut all)?;
        }
        for (number, (person, file)) in (1..).zip(self.received_files()) {
            all.add(Party::Recipient, Some(person), format!("file {number}"), file);
        }
        self.add_received(&mut all, Party::Authority, Person::Authority)?;
        let reports = self.authority().reports_received().doing("Authority", "read its reports")?;
        for (number, report) in (1..).zip(reports) {
            all.add(Party::Authority, None, format!("report {number}"), report.evidence);
        }
        Ok(all)
    }

    /// Requests that the relay got and that are no longer remembered.
    pub(crate) fn missed_requests(&self) -> u64 {
        self.requests.missed()
    }

    /// What was brought to the relay for somebody, and how much of it named whom it is from; none if not all of it is
    /// remembered.
    pub(crate) fn deliveries(&self) -> Option<Deliveries> {
        let nameable = |person| Nameable { account: self.account(person), device: self.device(person) };
        let people: Vec<Nameable> = self.people().map(nameable).collect();
        let requests = self.requests.requests();
        (self.missed_requests() == 0).then(|| request_watch::deliveries(&requests, &people))
    }

    fn add_traffic(&self, all: &mut Observations) {
        for datagram in self.tap().datagrams() {
            match datagram.direction {
                Direction::ToRelay => {
                    let place = "datagram to the relay";
                    for party in [Party::Wire, Party::Relay] {
                        all.add_numbered(party, place, datagram.number, datagram.bytes.clone());
                    }
                }
                Direction::FromRelay => {
                    all.add_numbered(Party::Wire, "datagram from the relay", datagram.number, datagram.bytes);
                }
            }
        }
    }

    fn add_received(&self, all: &mut Observations, party: Party, person: Person) -> Result<(), WorldError> {
        let owner = (party == Party::Recipient).then_some(person);
        let mut messages = self.messages(person)?;
        messages.retain(|message| message.direction == Way::In);
        for (number, message) in (1..).zip(messages) {
            let place = format!("message {number}");
            all.add(party, owner, place.clone(), message.text.into_bytes());
        }
        Ok(())
    }

    /// Looks for a text in everything that every party got until now.
    ///
    /// # Errors
    /// When the text is too short to be found by anything but chance, or something can't be read.
    pub fn search(&self, text: &str) -> Result<Vec<Finding>, WorldError> {
        let marker = Marker::new(text)?;
        Ok(self.observations()?.search(&[&marker]).remove(0))
    }

    /// Every message in someone's vault, of all conversations, in both directions.
    pub(crate) fn messages(&self, person: Person) -> Result<Vec<Message>, WorldError> {
        let engine = self.engine(person);
        let contacts = engine.contacts().doing(person.name(), "list contacts")?;
        let mut all = Vec::new();
        for Contact { account, .. } in contacts {
            all.extend(engine.messages(account, MESSAGES_MAX).doing(person.name(), "read messages")?);
        }
        Ok(all)
    }
}

fn add_folder(
    all: &mut Observations,
    party: Party,
    owner: Option<Person>,
    folder: &Path,
) -> Result<(), WorldError> {
    all.add_folder(party, owner, folder)
        .map_err(|source| WorldError::Folder { folder: folder.to_owned(), source })
}
