//! A world: relay, tap, Alice, Bob and an authority in one process on loopback, in one folder.
//!
//! Everything in it is the real thing; only the network is short.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use airlock_engine::{Composed, Contact, Engine, Home, Message, Start, Unlock};
use airlock_relay::{Config, Relay};
use airlock_wire::{AccountId, DeviceId, RelayAddress};

use crate::{
    error::{Doing, WorldError},
    marker::Marker,
    observer::{Finding, Observations, Party},
    person::Person,
    tap::{Direction, RECORD_BYTES_MAX, Tap},
    watch::{SeenEnvelope, StoreWatch},
};

/// How long a step in a world may take. On loopback it takes milliseconds; a busy machine may need seconds.
const STEP_TIME_MAX: Duration = Duration::from_secs(30);

/// How often a condition is looked at while waiting for it: short against what people notice.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// Most drafts kept to be compared with the audit log: more than one sitting of typing.
const DRAFTS_MAX: usize = 1_000;

/// Most messages read of a conversation: more than one sitting of typing.
const MESSAGES_MAX: usize = 10_000;

/// How a world is made.
#[derive(Clone, Debug)]
pub struct WorldOptions {
    /// Bytes of datagrams that the tap keeps.
    pub record_bytes_max: usize,
}

impl Default for WorldOptions {
    fn default() -> Self {
        Self { record_bytes_max: RECORD_BYTES_MAX }
    }
}

/// A running world. [`World::shutdown`] ends it; dropping it ends it less gracefully.
pub struct World {
    // Fields are dropped in this order: the clients first, the relay last.
    alice: Seat,
    bob: Seat,
    authority: Seat,
    tap: Tap,
    watch: StoreWatch,
    relay_folder: PathBuf,
    relay: Relay,
    drafts: Mutex<VecDeque<String>>,
}

/// One client: its home, and the engine that is open on it.
struct Seat {
    person: Person,
    home: PathBuf,
    account: AccountId,
    device: DeviceId,
    engine: Engine,
}

impl World {
    /// Starts a world in `root`, which should be empty, and introduces everyone: Alice and Bob are contacts of each
    /// other, and the authority is one of Alice's.
    ///
    /// # Errors
    /// When a part does not start, or does not do its part in time.
    pub async fn start(root: &Path, options: WorldOptions) -> Result<Self, WorldError> {
        let relay_folder = root.join("relay");
        let relay = Relay::start(Config::loopback(&relay_folder)).await?;
        let tap = Tap::start(relay.local_addr(), options.record_bytes_max).await.map_err(WorldError::Tap)?;
        let watch = StoreWatch::start(&relay_folder)?;
        let address = through(tap.address(), &relay.address());
        let seat = |person| Seat::new(person, root, &address);
        let (alice, bob, authority) =
            (seat(Person::Alice).await?, seat(Person::Bob).await?, seat(Person::Authority).await?);
        let drafts = Mutex::new(VecDeque::new());
        let world = Self { alice, bob, authority, tap, watch, relay_folder, relay, drafts };
        // One after the other, so that each pair has one session and not two.
        world.introduce(Person::Alice, Person::Bob).await?;
        world.introduce(Person::Bob, Person::Alice).await?;
        world.introduce(Person::Alice, Person::Authority).await?;
        world.outboxes_empty().await?;
        Ok(world)
    }

    /// Alice's engine, whose gate is compared.
    #[must_use]
    pub fn alice(&self) -> &Engine {
        self.engine(Person::Alice)
    }

    /// Bob's engine.
    #[must_use]
    pub fn bob(&self) -> &Engine {
        self.engine(Person::Bob)
    }

    /// The authority's engine.
    #[must_use]
    pub fn authority(&self) -> &Engine {
        self.engine(Person::Authority)
    }

    /// Someone's engine.
    #[must_use]
    pub fn engine(&self, person: Person) -> &Engine {
        &self.seat(person).engine
    }

    /// Someone's account.
    #[must_use]
    pub fn account(&self, person: Person) -> AccountId {
        self.seat(person).account
    }

    /// Someone's only device.
    #[must_use]
    pub fn device(&self, person: Person) -> DeviceId {
        self.seat(person).device
    }

    /// Whose device this is, in this world.
    #[must_use]
    pub fn owner(&self, device: &DeviceId) -> Option<Person> {
        Person::ALL.into_iter().find(|person| self.seat(*person).device == *device)
    }

    /// Disconnects or connects Bob's client. While it is disconnected, the relay has to keep his envelopes.
    pub async fn set_bob_online(&self, online: bool) {
        match online {
            true => self.go_online(Person::Bob).await,
            false => self.go_offline(Person::Bob).await,
        }
    }

    /// Connects someone's client.
    pub async fn go_online(&self, person: Person) {
        self.engine(person).start(Start::DeliverAndReceive).await;
    }

    /// Disconnects someone's client: what they have can be read, and nothing reaches them or leaves them.
    pub async fn go_offline(&self, person: Person) {
        self.engine(person).shutdown().await;
    }

    /// Remembers a text that someone wrote, so that [`World::observations`] can tell whether the hook ran on it.
    /// Texts that were sent are in the vault anyway; this is for those that were not.
    pub fn note_draft(&self, text: &str) {
        let mut drafts = self.drafts.lock().unwrap_or_else(PoisonError::into_inner);
        if drafts.len() == DRAFTS_MAX {
            drafts.pop_front();
        }
        drafts.push_back(text.to_owned());
    }

    pub(crate) fn drafts(&self) -> Vec<String> {
        self.drafts.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Everything that every party got until now.
    ///
    /// # Errors
    /// When something of it can't be read: a search that skipped it would prove nothing.
    pub fn observations(&self) -> Result<Observations, WorldError> {
        let mut all = Observations::default();
        for datagram in self.tap.datagrams() {
            let (party, way) = match datagram.direction {
                Direction::ToRelay => (Some(Party::Relay), "to the relay"),
                Direction::FromRelay => (None, "from the relay"),
            };
            for party in [Some(Party::Wire), party].into_iter().flatten() {
                all.add(party, None, format!("datagram {} {way}", datagram.number), datagram.bytes.clone());
            }
        }
        for envelope in self.watch.envelopes()? {
            let place = format!("stored envelope {}", envelope.number);
            all.add(Party::Relay, None, place, envelope.sealed);
        }
        self.add_folder(&mut all, Party::Relay, None, &self.relay_folder)?;
        for person in [Person::Alice, Person::Bob] {
            self.add_folder(&mut all, Party::Disk, Some(person), &self.seat(person).home)?;
            for message in self.received(person)? {
                let place = format!("message {}", message.id);
                all.add(Party::Recipient, Some(person), place, message.text.into_bytes());
            }
            crate::hook_observer::add(self, person, &mut all)?;
        }
        for message in self.received(Person::Authority)? {
            all.add(Party::Authority, None, format!("message {}", message.id), message.text.into_bytes());
        }
        let reports = self.authority().reports_received().doing("Authority", "read its reports")?;
        for (number, report) in (1..).zip(reports) {
            all.add(Party::Authority, None, format!("report {number}"), report.evidence);
        }
        Ok(all)
    }

    /// Looks for a text in everything that every party got until now.
    ///
    /// # Errors
    /// When the text is too short to be found by anything but chance, or something can't be read.
    pub fn search(&self, text: &str) -> Result<Vec<Finding>, WorldError> {
        let marker = Marker::new(text)?;
        Ok(self.observations()?.search(&marker))
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

    fn received(&self, person: Person) -> Result<Vec<Message>, WorldError> {
        let mut messages = self.messages(person)?;
        messages.retain(|message| message.direction == airlock_engine::Direction::In);
        Ok(messages)
    }

    pub(crate) fn tap(&self) -> &Tap {
        &self.tap
    }

    /// Envelopes that the relay's store has or had, oldest first.
    pub(crate) fn stored(&self) -> Result<Vec<SeenEnvelope>, WorldError> {
        Ok(self.watch.envelopes()?)
    }

    /// The number of the newest of them.
    pub(crate) fn last_envelope(&self) -> Result<u64, WorldError> {
        Ok(self.stored()?.last().map_or(0, |envelope| envelope.number))
    }

    pub(crate) fn missed_envelopes(&self) -> u64 {
        self.watch.missed()
    }

    /// Waits until nothing is left to send in any client that is connected.
    pub(crate) async fn outbox_empty(&self, person: Person) -> Result<(), WorldError> {
        until("an outbox to be empty", || {
            Ok(self.engine(person).outbox_len().doing(person.name(), "read the outbox")? == 0)
        })
        .await
    }

    async fn outboxes_empty(&self) -> Result<(), WorldError> {
        for person in Person::ALL {
            self.outbox_empty(person).await?;
        }
        Ok(())
    }

    /// Ends the world: clients first, so that the relay can let them go.
    pub async fn shutdown(self) {
        for person in Person::ALL {
            self.engine(person).shutdown().await;
        }
        drop(self.watch);
        self.relay.shutdown().await;
    }

    /// Adds a contact and waits until both sides know of it.
    async fn introduce(&self, who: Person, to: Person) -> Result<(), WorldError> {
        let engine = self.engine(who);
        let link = self.engine(to).link().doing(to.name(), "make a contact link")?;
        let named = match to {
            // An authority gets reports and is told no name.
            Person::Authority => {
                engine.add_authority(&link, None).await.doing(who.name(), "add the authority")?;
                false
            }
            Person::Alice | Person::Bob => {
                let added = engine.add(&link, None).await.doing(who.name(), "add a contact")?;
                match added.introduction {
                    Some(Composed::Queued { .. }) => true,
                    Some(_) => return Err(WorldError::Introduction { who: who.name() }),
                    None => false,
                }
            }
        };
        let account = self.account(who);
        until("an introduction to arrive", || {
            let contacts = self.engine(to).contacts().doing(to.name(), "list contacts")?;
            let arrived =
                |known: &Contact| known.account == account && (known.introduced_as.is_some() || !named);
            Ok(contacts.iter().any(arrived))
        })
        .await
    }

    fn seat(&self, person: Person) -> &Seat {
        match person {
            Person::Alice => &self.alice,
            Person::Bob => &self.bob,
            Person::Authority => &self.authority,
        }
    }

    fn add_folder(
        &self,
        all: &mut Observations,
        party: Party,
        owner: Option<Person>,
        folder: &Path,
    ) -> Result<(), WorldError> {
        all.add_folder(party, owner, folder)
            .map_err(|source| WorldError::Folder { folder: folder.to_owned(), source })
    }
}

impl Seat {
    /// Makes someone's client, registers it and connects it.
    async fn new(person: Person, root: &Path, relay: &RelayAddress) -> Result<Self, WorldError> {
        let home = root.join(person.name().to_lowercase());
        let name = person.name();
        let engine = Engine::create(Home::new(&home), &Unlock::KeyFile, name).doing(name, "make a home")?;
        engine.register(relay.clone(), None).await.doing(name, "register")?;
        engine.start(Start::DeliverAndReceive).await;
        let me = engine.me().doing(name, "read the vault")?;
        Ok(Self { person, home, account: me.account, device: me.device, engine })
    }
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").field("relay_folder", &self.relay_folder).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Seat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seat").field("person", &self.person).finish_non_exhaustive()
    }
}

/// The relay's address with the tap's port: the pin stays, so TLS goes through the tap unopened.
fn through(tap: SocketAddr, relay: &RelayAddress) -> RelayAddress {
    RelayAddress { host: tap.ip().to_string(), port: tap.port(), fingerprint: relay.fingerprint }
}

/// Waits until a condition holds.
pub(crate) async fn until(
    what: &'static str,
    mut holds: impl FnMut() -> Result<bool, WorldError>,
) -> Result<(), WorldError> {
    let started = Instant::now();
    while !holds()? {
        if started.elapsed() > STEP_TIME_MAX {
            return Err(WorldError::Timeout { what, waited_s: STEP_TIME_MAX.as_secs() });
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(())
}
