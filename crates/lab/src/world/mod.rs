//! A world: relay, tap, Alice, Bob and an authority in one process on loopback, in one folder.
//!
//! Everything in it is the real thing; only the network is short.

mod clock;
mod hook_observer;
mod observations;
mod relay_hand;
mod seat;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use airlock_engine::{AddError, Composed, Contact, Engine, SessionError, Start};
use airlock_relay::{Config, Relay};
use airlock_wire::{AccountId, DeviceId, RelayAddress};
use sha2::{Digest as _, Sha256};

pub use self::{clock::WorldClock, seat::Lock};
pub(crate) use self::{hook_observer::add_views, relay_hand::Withheld, seat::Seat};
use crate::{
    error::{Doing, WorldError},
    logs::{self, LogMark},
    opened_vault::{self, Access},
    person::Person,
    request_watch::RequestWatch,
    tap::{RECORD_BYTES_MAX, Tap},
    watch::{SeenEnvelope, StoreWatch},
};

/// How long a step in a world may take. On loopback it takes milliseconds; a busy machine may need seconds.
const STEP_TIME_MAX: Duration = Duration::from_secs(30);

/// How often a condition is looked at while waiting for it: short against what people notice.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// Longer than the most that an acknowledgement is put off (25 ms unless told, RFC 9000 §18.2).
const QUIET: Duration = Duration::from_millis(30);

/// Handshakes of one world, all from one address.
const HANDSHAKES_MAX: u32 = 10_000;

/// Most messages read of a conversation: more than one sitting of typing.
const MESSAGES_MAX: usize = 10_000;

/// How a world is made.
#[derive(Clone, Debug)]
pub struct WorldOptions {
    /// Bytes of datagrams that the tap keeps.
    pub record_bytes_max: usize,
    /// What time it is in it.
    pub clock: WorldClock,
    /// Who talks with Alice, beside Bob.
    pub others: Vec<Person>,
    /// What keys, ids and nonces of the clients are drawn from; the system's randomness when there is none.
    pub seed: Option<u64>,
    /// How Alice's home is locked.
    pub alice_lock: Lock,
    /// Whether Alice and Bob have met. Otherwise nobody has been introduced to anybody.
    pub introduced: bool,
}

impl Default for WorldOptions {
    fn default() -> Self {
        Self {
            record_bytes_max: RECORD_BYTES_MAX,
            clock: WorldClock::System,
            others: Vec::new(),
            seed: None,
            alice_lock: Lock::KeyFile,
            introduced: true,
        }
    }
}

/// A running world. [`World::shutdown`] ends it; dropping it ends it less gracefully.
pub struct World {
    // Fields are dropped in this order: the clients first, the relay last.
    alice: Seat,
    bob: Seat,
    carol: Seat,
    authority: Seat,
    /// Who takes part.
    people: Vec<Person>,
    tap: Tap,
    watch: StoreWatch,
    requests: RequestWatch,
    relay_folder: PathBuf,
    /// None while somebody has its store in hand.
    relay: tokio::sync::Mutex<Option<Relay>>,
    relay_config: Config,
    clock: clock::Running,
    seed: Option<u64>,
    log_from: LogMark,
    /// Files that were given to clients, by their SHA-256.
    files: Mutex<BTreeMap<[u8; 32], Arc<[u8]>>>,
    /// Files that came with messages, as those who got them saved them.
    received: Mutex<Vec<(Person, Arc<[u8]>)>>,
}

impl World {
    /// Starts a world in `root`, which should be empty, and introduces everyone: Alice and Bob are contacts of each
    /// other, and the authority is one of Alice's.
    ///
    /// # Errors
    /// When a part does not start, or does not do its part in time.
    pub async fn start(root: &Path, options: WorldOptions) -> Result<Self, WorldError> {
        let log_from = logs::mark();
        let relay_folder = root.join("relay");
        let mut relay_config = Config::loopback(&relay_folder);
        // Everybody comes from one address here, and again with each message.
        relay_config.limits.prefix_handshakes = HANDSHAKES_MAX;
        let requests = RequestWatch::default();
        let relay = Relay::start_observed(relay_config.clone(), requests.listen()).await?;
        let tap = Tap::start(relay.local_addr(), options.record_bytes_max).await.map_err(WorldError::Tap)?;
        let watch = StoreWatch::start(&relay_folder)?;
        let address = through(tap.address(), &relay.address());
        let clock = options.clock.start();
        let seat = |person, lock| Seat::new(person, root, lock, options.seed, clock.clone());
        let (alice, bob) = (seat(Person::Alice, options.alice_lock)?, seat(Person::Bob, Lock::KeyFile)?);
        let (carol, authority) =
            (seat(Person::Carol, Lock::KeyFile)?, seat(Person::Authority, Lock::KeyFile)?);
        let people =
            [Person::Alice, Person::Bob].into_iter().chain(options.others).chain([Person::Authority]);
        let world = Self {
            alice,
            bob,
            carol,
            authority,
            people: people.collect(),
            tap,
            watch,
            requests,
            relay_folder,
            relay: tokio::sync::Mutex::new(Some(relay)),
            relay_config,
            clock,
            seed: options.seed,
            log_from,
            files: Mutex::default(),
            received: Mutex::default(),
        };
        for person in world.people() {
            world.seat(person).join(&address).await?;
        }
        if options.introduced {
            world.introduce_all().await?;
        }
        Ok(world)
    }

    /// Makes everyone contacts who talk with each other.
    pub(crate) async fn introduce_all(&self) -> Result<(), WorldError> {
        // One after the other, so that each pair has one session and not two.
        for person in self.people().filter(|person| Person::PEOPLE[1..].contains(person)) {
            self.introduce(Person::Alice, person).await?;
            self.introduce(person, Person::Alice).await?;
        }
        self.introduce(Person::Alice, Person::Authority).await?;
        self.outboxes_empty().await
    }

    /// Who takes part, in order.
    pub fn people(&self) -> impl Iterator<Item = Person> + '_ {
        self.people.iter().copied()
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
        self.people().find(|person| self.seat(*person).device == *device)
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

    /// Remembers a file that someone sends: the audit log names it by its digest.
    pub(crate) fn note_file(&self, file: Arc<[u8]>) {
        let digest = Sha256::digest(&file).into();
        self.files.lock().unwrap_or_else(PoisonError::into_inner).insert(digest, file);
    }

    /// Remembers a file that someone got and saved.
    pub(crate) fn note_received(&self, person: Person, file: Arc<[u8]>) {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).push((person, file));
    }

    /// Every file that somebody got.
    pub(crate) fn received_files(&self) -> Vec<(Person, Arc<[u8]>)> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The file with this SHA-256.
    pub(crate) fn file(&self, digest: &[u8; 32]) -> Option<Arc<[u8]>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).get(digest).cloned()
    }

    /// Closes Alice's client, gives her opened vault away, and opens the client again.
    pub(crate) async fn with_alices_vault<T>(
        mut self,
        hand: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<T>,
    ) -> Result<(Self, T), WorldError> {
        let open = |home: &Path| {
            let closed = WorldError::Made { what: "the key to Alice's vault", why: "it is wrapped".into() };
            let vault = opened_vault::open(home, Access::Write)?.ok_or(closed)?;
            Ok(hand(&vault)?)
        };
        let result;
        (self.alice, result) = self.alice.reopened(self.seed, self.clock.clone(), open).await?;
        Ok((self, result))
    }

    /// Lets time go by.
    pub(crate) fn let_pass(&self, days: u64) {
        self.clock.let_pass(days);
    }

    /// The time in it, in ms since 1970.
    pub(crate) fn now_ms(&self) -> u64 {
        self.clock.now_ms()
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

    /// Waits until the relay has let go of everything for someone who is connected: their client has it then.
    pub(crate) async fn mailbox_empty(&self, person: Person) -> Result<(), WorldError> {
        let device = self.device(person);
        until("a mailbox to be empty", || {
            Ok(!self.stored()?.iter().any(|envelope| envelope.held && envelope.key.device == device))
        })
        .await
    }

    /// Waits until nothing has passed for longer than anybody delays an acknowledgement: what passes next is of
    /// something new.
    pub(crate) async fn wire_quiet(&self) -> Result<(), WorldError> {
        let (mut passed, mut since) = (self.tap.totals().datagrams(), Instant::now());
        until("the wire to be quiet", || {
            let now = self.tap.totals().datagrams();
            if now != passed {
                (passed, since) = (now, Instant::now());
            }
            Ok(since.elapsed() > QUIET)
        })
        .await
    }

    async fn outboxes_empty(&self) -> Result<(), WorldError> {
        for person in self.people() {
            self.outbox_empty(person).await?;
        }
        Ok(())
    }

    /// Ends the world: clients first, so that the relay can let them go.
    pub async fn shutdown(self) {
        for person in self.people() {
            self.engine(person).shutdown().await;
        }
        drop(self.watch);
        if let Some(relay) = self.relay.into_inner() {
            relay.shutdown().await;
        }
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
            Person::Alice | Person::Bob | Person::Carol => {
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

    /// What is wrong with the keys that Alice's client got when she added someone by their link; none when it took them.
    pub(crate) async fn try_add(&self, who: Person, to: Person) -> Result<Option<SessionError>, WorldError> {
        use SessionError::{Bundle, Devices, Rollback};
        let link = self.engine(to).link().doing(to.name(), "make a contact link")?;
        match self.engine(who).add(&link, None).await {
            Ok(_) => Ok(None),
            Err(AddError::Session(error @ (Devices(_) | Rollback { .. } | Bundle(_)))) => Ok(Some(error)),
            // Whoever could not be reached, or has no keys, was not found out.
            Err(error) => Err(error).doing(who.name(), "add a contact"),
        }
    }

    pub(crate) fn seat(&self, person: Person) -> &Seat {
        match person {
            Person::Alice => &self.alice,
            Person::Bob => &self.bob,
            Person::Carol => &self.carol,
            Person::Authority => &self.authority,
        }
    }
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").field("relay_folder", &self.relay_folder).finish_non_exhaustive()
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
