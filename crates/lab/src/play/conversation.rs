//! The conversation as it goes: messages are said one after the other, and what comes of each is taken down.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use airlock_engine::{AuditEntry, AuditRecord, Delivery, LogHead, SaveTo};
use airlock_hooks::Package;
use airlock_protocol::MessageId;
use data_encoding::HEXLOWER;

use super::{attempt::Attempt, gate::GateSet, hostile_relay::RelayPlan};
use crate::{
    error::{Doing, WorldError},
    observer::{Finding, Observations, Party},
    person::Person,
    record::{
        Arrival, Chosen, DecisionSeen, Ended, EnvelopeSeen, Fate, Happened, InGate, MessageRun, OnTheWire,
        Shown, VerdictSeen,
    },
    scenario::{Conversation, ScriptedMessage},
    setting::Setting,
    store_reader::EnvelopeKey,
    tap::Direction,
    world::{World, until},
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
    pub(super) taken: Vec<(usize, Observations)>,
    pub(super) relay_plan: RelayPlan,
    /// The hook, with its list as it stands now.
    pub(super) package: Package,
    /// What the lab has put into Alice's gate.
    pub(super) in_gate: Vec<InGate>,
    /// Ends of Alice's audit log that somebody wrote down on the way.
    pub(super) noted: Vec<LogHead>,
}

/// What came of saying one message, before anything is searched.
pub(super) struct Said {
    pub(super) id: Option<MessageId>,
    in_gate: Vec<InGate>,
    status: Option<String>,
    shown: Vec<Shown>,
    pub(super) ended: Ended,
    pub(super) arrival: Option<Arrival>,
    decisions: Vec<DecisionSeen>,
    compose_us: u64,
    on_the_wire: OnTheWire,
}

impl Said {
    pub(super) fn into_run(
        self,
        scripted: &ScriptedMessage,
        findings: BTreeMap<Party, Vec<Finding>>,
    ) -> MessageRun {
        let Self { id: _, in_gate, status, shown, ended, arrival, decisions, compose_us, on_the_wire } = self;
        MessageRun {
            id: scripted.id.clone(),
            from: scripted.from,
            to: scripted.to,
            marker: scripted.marker.text().to_owned(),
            in_gate,
            status,
            shown,
            ended,
            arrival,
            findings,
            decisions,
            compose_us,
            on_the_wire,
        }
    }

    pub(super) fn fate(&self) -> Fate {
        Fate::of(self.arrival)
    }
}

impl<'a> Play<'a> {
    pub(super) fn new(
        world: &'a World,
        conversation: &'a Conversation,
        setting: Setting,
        folder: &'a Path,
        gate: GateSet,
    ) -> Result<Self, WorldError> {
        let GateSet { package, in_gate, happened } = gate;
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
            relay_plan: RelayPlan::of(setting),
            package,
            in_gate,
            noted: Vec::new(),
        })
    }

    /// Says one message: the recipient is offline until the relay has everything that comes of it.
    pub(super) async fn say(&mut self, message: &ScriptedMessage) -> Result<(), WorldError> {
        let (world, place) = (self.world, self.said.len());
        let ScriptedMessage { from, to, text, .. } = message;
        world.go_offline(*to).await;
        let engine = world.engine(*from);
        let log_before = engine.audit_log().doing(from.name(), "read the audit log")?.len();
        let in_gate = if *from == Person::Alice { self.in_gate.clone() } else { Vec::new() };
        let status = Some(engine.gate().to_string());

        let file = self.file_of(message)?;
        let file = file.as_deref();
        world.wire_quiet().await?;
        let datagrams_before = world.tap().totals().datagrams();
        let started = Instant::now();
        let chosen = Chosen { text: text.clone(), with_file: file.is_some() };
        let mut attempt = Attempt { world, engine, message, file, shown: Vec::new(), edited: false, chosen };
        let (id, ended) = attempt.send(text).await?;
        let compose_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let shown = attempt.shown;
        world.outbox_empty(*from).await?;
        world.wire_quiet().await?;
        let on_the_wire = self.on_the_wire_since(datagrams_before);

        let log = engine.audit_log().doing(from.name(), "read the audit log")?;
        let decisions = log.iter().skip(log_before).filter_map(|record| decision(record, id).transpose());
        let decisions = decisions.collect::<Result<_, _>>()?;
        if *from == Person::Alice {
            self.noted.push(engine.verify_log(None).doing("Alice", "verify her audit log")?);
        }
        let keys = self.note_envelopes(*to)?;
        self.said.push(Said {
            id,
            in_gate,
            status,
            shown,
            ended,
            arrival: None,
            decisions,
            compose_us,
            on_the_wire,
        });
        let arrives = self.relay_interferes(place, &keys).await?;
        world.go_online(*to).await;
        if id.is_some() && arrives {
            let arrival = self.delivered(place).await?;
            if let Some(said) = self.said.get_mut(place) {
                said.arrival = arrival;
            }
            self.relay_repeats(place, &keys).await?;
        }
        Ok(())
    }

    /// Takes down a message that nobody could write.
    pub(super) fn cannot_say(&mut self) {
        self.said.push(Said {
            id: None,
            in_gate: Vec::new(),
            status: None,
            shown: Vec::new(),
            ended: Ended::NotWritten,
            arrival: None,
            decisions: Vec::new(),
            compose_us: 0,
            on_the_wire: OnTheWire::default(),
        });
    }

    fn on_the_wire_since(&self, number: u64) -> OnTheWire {
        let all = self.world.tap().datagrams();
        let sent: Vec<_> =
            all.iter().filter(|one| one.number >= number && one.direction == Direction::ToRelay).collect();
        let next = sent.iter().skip(1);
        OnTheWire {
            sizes: sent.iter().map(|one| one.bytes.len() as f64).collect(),
            gaps: sent.iter().zip(next).map(|(one, next)| (next.at_us - one.at_us) as f64).collect(),
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
    async fn saved_file(&self, to: Person, id: MessageId) -> Result<Vec<u8>, WorldError> {
        let folder = self.folder.join(format!("saved by {to}"));
        let unreadable = |source| WorldError::Folder { folder: folder.clone(), source };
        fs::create_dir_all(&folder).map_err(unreadable)?;
        let saved = self.world.engine(to).save(id, SaveTo::Folder(folder.clone())).await;
        let saved = saved.doing(to.name(), "save a file")?;
        let bytes = fs::read(&saved.path).map_err(unreadable)?;
        self.world.note_received(to, bytes.as_slice().into());
        Ok(bytes)
    }

    /// What the recipient has of a message that was sent, once its sender knows that they have it; none of one that was
    /// not sent.
    pub(super) async fn delivered(&self, place: usize) -> Result<Option<Arrival>, WorldError> {
        let (Some(message), Some(Said { id: Some(id), ended: Ended::Sent(chosen), .. })) =
            (self.conversation.messages.get(place), self.said.get(place))
        else {
            return Ok(None);
        };
        let (to, from) = (self.world.engine(message.to), self.world.engine(message.from));
        let mut arrived = None;
        until("a message to arrive", || {
            arrived = to.message(*id).doing(message.to.name(), "read messages")?;
            Ok(arrived.is_some())
        })
        .await?;
        let Some(arrived) = arrived else { return Ok(None) };
        let saved = match arrived.file {
            Some(_) => Some(self.saved_file(message.to, *id).await?),
            None => None,
        };
        // Whoever stays gathers receipts for seconds; whoever leaves sends them at once. With them there, nothing is on
        // its way, and the next message finds the same state each time.
        self.world.go_offline(message.to).await;
        self.world.go_online(message.to).await;
        until("a receipt to arrive", || {
            let sent = from.message(*id).doing(message.from.name(), "read messages")?;
            Ok(sent.is_some_and(|sent| sent.delivery == Delivery::Delivered))
        })
        .await?;
        self.world.outbox_empty(message.to).await?;
        let scripted = message.file.as_ref().map(|file| file.bytes.as_slice());
        let saved = saved.as_deref();
        Ok(Some(Arrival {
            as_written: arrived.text == message.text && saved == scripted,
            as_chosen: arrived.text == chosen.text && saved == scripted.filter(|_| chosen.with_file),
        }))
    }

    /// Brings the authority online until it has fetched all that the relay has for it: reports and anything else.
    pub(super) async fn authority_fetches(&mut self) -> Result<(), WorldError> {
        let world = self.world;
        world.outbox_empty(Person::Alice).await?;
        self.note_envelopes(Person::Authority)?;
        world.go_online(Person::Authority).await;
        let made = world.alice().reports_made().doing("Alice", "list her reports")?;
        let expected = made.iter().filter(|made| made.bytes > 0).count();
        until("the reports to reach the authority", || {
            let received = world.authority().reports_received().doing("Authority", "read its reports")?;
            Ok(received.len() >= expected)
        })
        .await?;
        world.mailbox_empty(Person::Authority).await
    }

    /// Takes down what the relay stored since the last time, for those who are not there to fetch it: what comes for
    /// the others are receipts, which come when they come. Gives the envelopes for the recipient.
    fn note_envelopes(&mut self, to: Person) -> Result<Vec<EnvelopeKey>, WorldError> {
        let stored = self.world.stored()?;
        let mut keys = Vec::new();
        for envelope in stored.iter().filter(|envelope| envelope.number > self.last_envelope) {
            let Some(mailbox) = self.world.owner(&envelope.key.device) else { continue };
            let bytes = envelope.sealed.len() as u64;
            if mailbox == to {
                keys.push(envelope.key);
            }
            if mailbox == to || mailbox == Person::Authority {
                self.envelopes.push(EnvelopeSeen { mailbox, bytes });
            }
        }
        self.last_envelope = stored.last().map_or(self.last_envelope, |envelope| envelope.number);
        Ok(keys)
    }
}

/// A decision in the audit log, which is about the message that was sent if `sent` is its id.
fn decision(record: &AuditRecord, sent: Option<MessageId>) -> Result<Option<DecisionSeen>, WorldError> {
    let AuditEntry::Decided(decision) = &record.entry else { return Ok(None) };
    let verdict = VerdictSeen::ALL.into_iter().find(|known| known.name() == decision.verdict);
    let verdict = verdict.ok_or_else(|| WorldError::Made {
        what: "sense of the audit log",
        why: format!("the lab knows no verdict `{}`", decision.verdict),
    })?;
    Ok(Some(DecisionSeen {
        hook: decision.hook.id.clone(),
        component: HEXLOWER.encode(&decision.hook.component),
        mode: Some(decision.mode),
        verdict,
        score: decision.score,
        effect: decision.effect,
        fuel: decision.fuel,
        of_sent: sent == Some(decision.message),
    }))
}

/// The findings that concern one message, for each party that was looked at: gate, disk and vault are the sender's, a
/// recipient is the one written to.
pub(crate) fn by_party(
    observations: &Observations,
    findings: Vec<Finding>,
    message: &ScriptedMessage,
) -> BTreeMap<Party, Vec<Finding>> {
    let owner = |party| match party {
        Party::Hook | Party::Disk | Party::Vault => Some(message.from),
        Party::Recipient => Some(message.to),
        Party::Wire | Party::Relay | Party::Log | Party::Authority => None,
    };
    let looked_at = Party::ALL.into_iter().filter(|party| observations.is_whole(*party, owner(*party)));
    let mut sorted: BTreeMap<Party, Vec<Finding>> = looked_at.map(|party| (party, Vec::new())).collect();
    for finding in findings {
        if owner(finding.party).is_none_or(|owner| finding.owner == Some(owner)) {
            sorted.entry(finding.party).or_default().push(finding);
        }
    }
    sorted
}
