//! The conversation as it goes: messages are said one after the other, and what comes of each is taken down.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use airlock_engine::{AuditEntry, Delivery, SaveTo};
use airlock_protocol::MessageId;

use super::{attempt::Attempt, events::Loot, hostile_relay::RelayAct};
use crate::{
    error::{Doing, WorldError},
    observer::{Finding, Party},
    person::Person,
    record::{DecisionSeen, EnvelopeSeen, Fate, Happened, MessageRun, OnTheWire, Shown},
    scenario::{Conversation, ScriptedMessage},
    setting::Setting,
    store_reader::EnvelopeKey,
    world::{World, ran_on, until},
};

/// A world in which a conversation is going on.
pub(super) struct Play<'a> {
    pub(super) world: &'a World,
    pub(super) conversation: &'a Conversation,
    pub(super) setting: Setting,
    /// Where the world is, and copies of its parts may be made.
    pub(super) folder: &'a Path,
    last_envelope: u64,
    pub(super) said: Vec<Said>,
    pub(super) envelopes: Vec<EnvelopeSeen>,
    pub(super) happened: Vec<Happened>,
    /// What was taken, and in which of the things that happened.
    pub(super) taken: Vec<(usize, Loot)>,
    pub(super) relay_act: RelayAct,
}

/// What came of saying one message, before anything is searched.
pub(super) struct Said {
    pub(super) id: Option<MessageId>,
    shown: Vec<Shown>,
    pub(super) fate: Fate,
    decisions: Vec<DecisionSeen>,
    fuel: u64,
    compose_us: u64,
    on_the_wire: OnTheWire,
}

impl Said {
    pub(super) fn into_run(
        self,
        world: &World,
        scripted: &ScriptedMessage,
        findings: BTreeMap<Party, Vec<Finding>>,
    ) -> Result<MessageRun, WorldError> {
        let Self { id, shown, fate, decisions, fuel, compose_us, on_the_wire } = self;
        let delivery = match id {
            None => None,
            Some(id) => {
                let message = world.engine(scripted.from).message(id);
                message.doing(scripted.from.name(), "read messages")?.map(|message| told(&message.delivery))
            }
        };
        Ok(MessageRun {
            id: scripted.id.clone(),
            from: scripted.from,
            to: scripted.to,
            marker: scripted.marker.text().to_owned(),
            shown,
            fate,
            findings,
            decisions,
            delivery,
            fuel,
            compose_us,
            on_the_wire,
        })
    }
}

/// As the sender's screen says it.
fn told(delivery: &Delivery) -> String {
    match delivery {
        Delivery::Queued => "queued".into(),
        Delivery::Sent => "sent".into(),
        Delivery::Delivered => "delivered".into(),
        Delivery::Failed(why) => format!("failed: {why}"),
        Delivery::Received => "received".into(),
        Delivery::Renewed => "a session that began anew".into(),
    }
}

impl<'a> Play<'a> {
    pub(super) fn new(
        world: &'a World,
        conversation: &'a Conversation,
        setting: Setting,
        folder: &'a Path,
        happened: Vec<Happened>,
    ) -> Result<Self, WorldError> {
        Ok(Self {
            world,
            conversation,
            setting,
            folder,
            last_envelope: world.last_envelope()?,
            said: Vec::new(),
            envelopes: Vec::new(),
            happened,
            taken: Vec::new(),
            relay_act: RelayAct::of(setting),
        })
    }

    /// Says one message: the recipient is offline until the relay has everything that comes of it.
    pub(super) async fn say(&mut self, place: usize) -> Result<(), WorldError> {
        let (world, message) = (self.world, &self.conversation.messages[place]);
        let ScriptedMessage { from, to, text, .. } = message;
        world.go_offline(*to).await;
        let engine = world.engine(*from);
        let log_before = engine.audit_log().doing(from.name(), "read the audit log")?.len();

        let file = self.file_of(message)?;
        let file = file.as_deref();
        let datagrams_before = world.tap().totals().datagrams();
        let started = Instant::now();
        let mut attempt = Attempt { world, engine, message, file, shown: Vec::new(), edited: false };
        let id = attempt.send(text).await?;
        let compose_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let shown = attempt.shown;
        world.outbox_empty(*from).await?;
        let on_the_wire = self.on_the_wire_since(datagrams_before);

        let log = engine.audit_log().doing(from.name(), "read the audit log")?;
        let decisions = log[log_before..].iter().filter_map(decision).collect();
        let fuel = log[log_before..].iter().filter_map(ran_on).map(|decision| decision.fuel).sum();
        let keys = self.note_envelopes(place, *to)?;
        let fate = Fate::NotDelivered;
        self.said.push(Said { id, shown, fate, decisions, fuel, compose_us, on_the_wire });
        let arrives = self.relay_interferes(place, &keys).await?;
        self.world.go_online(*to).await;
        if let (Some(id), true) = (id, arrives) {
            let fate = self.delivered(message, id).await?;
            self.said[place].fate = fate;
            self.relay_repeats(place, &keys).await?;
        }
        Ok(())
    }

    /// Takes down a message that nobody could write.
    pub(super) fn cannot_say(&mut self) {
        self.said.push(Said {
            id: None,
            shown: Vec::new(),
            fate: Fate::NotDelivered,
            decisions: Vec::new(),
            fuel: 0,
            compose_us: 0,
            on_the_wire: OnTheWire::default(),
        });
    }

    fn on_the_wire_since(&self, number: u64) -> OnTheWire {
        let all = self.world.tap().datagrams();
        let sent: Vec<_> = all
            .iter()
            .filter(|one| one.number >= number && one.direction == crate::tap::Direction::ToRelay)
            .collect();
        OnTheWire {
            sizes: sent.iter().map(|one| one.bytes.len() as f64).collect(),
            gaps: sent.windows(2).map(|two| (two[1].at_us - two[0].at_us) as f64).collect(),
        }
    }

    /// The message's file as its sender has it: somewhere on their disk, and not in their home.
    fn file_of(&self, message: &ScriptedMessage) -> Result<Option<PathBuf>, WorldError> {
        let Some(file) = &message.file else { return Ok(None) };
        let folder = self.folder.join("pictures");
        let path = folder.join(&file.name);
        let written = fs::create_dir_all(&folder).and_then(|()| fs::write(&path, &file.bytes));
        written.map_err(|source| WorldError::Folder { folder, source })?;
        self.world.note_file(file.bytes.as_slice().into());
        Ok(Some(path))
    }

    /// The recipient saves the file that came with a message.
    async fn save_file(&self, to: Person, id: MessageId) -> Result<(), WorldError> {
        let folder = self.folder.join(format!("saved by {to}"));
        let unreadable = |source| WorldError::Folder { folder: folder.clone(), source };
        fs::create_dir_all(&folder).map_err(unreadable)?;
        let saved = self.world.engine(to).save(id, SaveTo::Folder(folder.clone())).await;
        let saved = saved.doing(to.name(), "save a file")?;
        let bytes = fs::read(&saved.path).map_err(unreadable)?;
        self.world.note_received(to, bytes.into());
        Ok(())
    }

    /// What the recipient has of a message that was sent, once its sender knows that they have it.
    pub(super) async fn delivered(
        &self,
        message: &ScriptedMessage,
        id: MessageId,
    ) -> Result<Fate, WorldError> {
        let (to, from) = (self.world.engine(message.to), self.world.engine(message.from));
        let mut arrived = None;
        until("a message to arrive", || {
            arrived = to.message(id).doing(message.to.name(), "read messages")?;
            Ok(arrived.is_some())
        })
        .await?;
        let has_file = arrived.as_ref().is_some_and(|arrived| arrived.file.is_some());
        if has_file {
            self.save_file(message.to, id).await?;
        }
        // With the receipt there as well, nothing is on its way, and the next message finds the same state each time.
        until("a receipt to arrive", || {
            let sent = from.message(id).doing(message.from.name(), "read messages")?;
            Ok(sent.is_some_and(|sent| sent.delivery == Delivery::Delivered))
        })
        .await?;
        self.world.outbox_empty(message.to).await?;
        let same =
            arrived.is_some_and(|arrived| arrived.text == message.text) && has_file == message.file.is_some();
        Ok(if same { Fate::AsWritten } else { Fate::Changed })
    }

    /// Takes down what the relay stored since the last time, for those who are not there to fetch it: what comes for
    /// the others are receipts, which come when they come. Gives the envelopes for the recipient.
    fn note_envelopes(&mut self, during: usize, to: Person) -> Result<Vec<EnvelopeKey>, WorldError> {
        let stored = self.world.stored()?;
        let mut keys = Vec::new();
        for envelope in stored.iter().filter(|envelope| envelope.number > self.last_envelope) {
            let Some(mailbox) = self.world.owner(&envelope.key.device) else { continue };
            let bytes = envelope.sealed.len() as u64;
            if mailbox == to {
                keys.push(envelope.key);
            }
            if mailbox == to || mailbox == Person::Authority {
                self.envelopes.push(EnvelopeSeen { mailbox, bytes, during });
            }
        }
        self.last_envelope = stored.last().map_or(self.last_envelope, |envelope| envelope.number);
        Ok(keys)
    }
}

fn decision(record: &airlock_engine::AuditRecord) -> Option<DecisionSeen> {
    let AuditEntry::Decided(decision) = &record.entry else { return None };
    Some(DecisionSeen {
        record: record.number,
        hook: decision.hook.id.clone(),
        verdict: decision.verdict.clone(),
        score: decision.score,
        effect: format!("{:?}", decision.effect).to_lowercase(),
        views: decision.views.clone(),
        fuel: decision.fuel,
    })
}

/// The findings that concern one message: gate, disk and vault are the sender's, a recipient is the one written to.
pub(crate) fn by_party(findings: Vec<Finding>, message: &ScriptedMessage) -> BTreeMap<Party, Vec<Finding>> {
    let mut sorted: BTreeMap<Party, Vec<Finding>> = BTreeMap::new();
    for finding in findings {
        let concerned = match finding.party {
            Party::Hook | Party::Disk | Party::Vault => finding.owner == Some(message.from),
            Party::Recipient => finding.owner == Some(message.to),
            Party::Wire | Party::Relay | Party::Log | Party::Authority => true,
        };
        if concerned {
            sorted.entry(finding.party).or_default().push(finding);
        }
    }
    sorted
}
