//! What the relay is asked, as it has it in memory after decryption: which requests came on one connection, and what
//! stands in them.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Mutex, PoisonError},
};

use airlock_relay::{Observed, ObservedRequest};
use airlock_wire::{AccountId, BlobRequest, Device, DeviceId, Request, encode};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Most bytes of requests that are remembered: thousands of short messages. Beyond it the oldest go, whenever somebody
/// looks.
const REMEMBERED_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A request that the relay got.
#[derive(Clone, Debug)]
pub(crate) struct SeenRequest {
    /// Counts the requests, from 1.
    pub(crate) number: u64,
    /// As the relay decrypted it.
    pub(crate) bytes: Vec<u8>,
    /// On which connection, counted over all lives of the relay.
    connection: (u64, u64),
    telling: Telling,
}

/// What a request tells of people.
#[derive(Clone, Debug)]
enum Telling {
    /// For which device the connection speaks.
    Speaks,
    /// Which agreement key each of these devices has.
    Registers(Vec<Device>),
    /// Something is brought for whoever has this mailbox or account.
    Brings(Recipient),
    /// Somebody wants to write to this account.
    AsksForKeys,
    /// Anything else.
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Recipient {
    Device(DeviceId),
    Account(AccountId),
}

/// Somebody who can be named to the relay.
pub(crate) struct Nameable {
    pub(crate) account: AccountId,
    pub(crate) device: DeviceId,
}

/// What came for somebody, and how much of it named whom it is from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Deliveries {
    /// Envelopes and files that were brought.
    pub(crate) brought: u64,
    /// Of these, on a connection that had proved, or proved later, for which device it speaks.
    pub(crate) on_known_connections: u64,
    /// Of these, with a public key of somebody who is not the recipient in them: of an account or of a device, for
    /// signing or for agreement.
    pub(crate) naming_others: u64,
    /// How often somebody's keys were asked for on a connection that had proved, or proved later, for which device it
    /// speaks: that tells who is about to write to whom.
    pub(crate) keys_on_known_connections: u64,
}

/// Remembers what the relays of one world are asked.
#[derive(Debug, Default)]
pub(crate) struct RequestWatch(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    coming: Option<UnboundedReceiver<Observed>>,
    requests: VecDeque<SeenRequest>,
    bytes: usize,
    /// Which life of the relay is watched.
    life: u64,
    /// The number of the last one.
    last: u64,
}

impl RequestWatch {
    /// Where the next life of the relay is to tell its requests.
    pub(crate) fn listen(&self) -> UnboundedSender<Observed> {
        let (listener, coming) = unbounded_channel();
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        memory.look();
        memory.life += 1;
        memory.coming = Some(coming);
        listener
    }

    /// Everything remembered, oldest first.
    pub(crate) fn requests(&self) -> Vec<SeenRequest> {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        memory.look();
        memory.requests.iter().cloned().collect()
    }

    /// How many requests are no longer remembered.
    pub(crate) fn missed(&self) -> u64 {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        memory.look();
        memory.last - memory.requests.len() as u64
    }
}

impl Memory {
    fn look(&mut self) {
        while let Some(observed) = self.coming.as_mut().and_then(|coming| coming.try_recv().ok()) {
            self.last += 1;
            let request = SeenRequest::new(self.last, self.life, &observed);
            self.bytes += request.bytes.len();
            self.requests.push_back(request);
            while self.bytes > REMEMBERED_BYTES_MAX {
                let Some(oldest) = self.requests.pop_front() else { break };
                self.bytes -= oldest.bytes.len();
            }
        }
    }
}

impl SeenRequest {
    fn new(number: u64, life: u64, observed: &Observed) -> Self {
        let (bytes, telling) = match &observed.request {
            ObservedRequest::Request(request) => (encode(request), Telling::of(request)),
            ObservedRequest::Blob(request) => (encode(request), Telling::of_blob(request)),
        };
        Self { number, bytes, connection: (life, observed.connection), telling }
    }

    fn holds(&self, key: &[u8; 32]) -> bool {
        memchr::memmem::find(&self.bytes, key).is_some()
    }
}

impl Telling {
    fn of(request: &Request) -> Self {
        match request {
            Request::Authenticate { .. } => Self::Speaks,
            Request::Register { devices, .. } => {
                devices.verify().map_or(Self::Other, |list| Self::Registers(list.devices))
            }
            Request::Deliver { envelope, .. } => Self::Brings(Recipient::Device(envelope.device)),
            Request::FetchBundles { .. } => Self::AsksForKeys,
            _ => Self::Other,
        }
    }

    fn of_blob(request: &BlobRequest) -> Self {
        match request {
            BlobRequest::Put { account, .. } => Self::Brings(Recipient::Account(*account)),
            BlobRequest::Get { .. } => Self::Other,
        }
    }
}

impl Deliveries {
    /// How much of it told the relay whom it is from, or who is about to write.
    pub(crate) fn telling(&self) -> u64 {
        self.on_known_connections + self.naming_others + self.keys_on_known_connections
    }
}

/// Counts what was brought, and what of it told the relay whom it is from.
pub(crate) fn deliveries(requests: &[SeenRequest], people: &[Nameable]) -> Deliveries {
    let mut known: BTreeSet<(u64, u64)> = BTreeSet::new();
    let mut agreement: BTreeMap<DeviceId, [u8; 32]> = BTreeMap::new();
    for request in requests {
        match &request.telling {
            Telling::Speaks => drop(known.insert(request.connection)),
            Telling::Registers(devices) => {
                agreement.extend(devices.iter().map(|device| (device.id, device.agreement)));
            }
            Telling::Brings(_) | Telling::AsksForKeys | Telling::Other => {}
        }
    }
    let mut counted = Deliveries::default();
    for request in requests {
        let is_known = u64::from(known.contains(&request.connection));
        match request.telling {
            Telling::Brings(recipient) => {
                let names = |person: &Nameable| {
                    let keys =
                        [Some(&person.account.0), Some(&person.device.0), agreement.get(&person.device)];
                    keys.into_iter().flatten().any(|key| request.holds(key))
                };
                let mut others = people.iter().filter(|person| !recipient.is(person));
                counted.brought += 1;
                counted.on_known_connections += is_known;
                counted.naming_others += u64::from(others.any(names));
            }
            Telling::AsksForKeys => counted.keys_on_known_connections += is_known,
            Telling::Speaks | Telling::Registers(_) | Telling::Other => {}
        }
    }
    counted
}

impl Recipient {
    fn is(self, person: &Nameable) -> bool {
        match self {
            Self::Device(device) => device == person.device,
            Self::Account(account) => account == person.account,
        }
    }
}

#[cfg(test)]
mod tests {
    use airlock_protocol::AccountKey;
    use airlock_wire::{DeliveryToken, DeliveryTokenHash, DeviceList, Envelope, Signature, SubmitId};

    use super::*;

    const ALICE: Nameable = Nameable { account: AccountId([1; 32]), device: DeviceId([2; 32]) };
    const ALICES_AGREEMENT_KEY: [u8; 32] = [8; 32];
    const BOB: Nameable = Nameable { account: AccountId([3; 32]), device: DeviceId([4; 32]) };

    /// The relay's copy of Alice's device list.
    fn registers() -> Request {
        let account = AccountKey::from_bytes(&[9; 32]);
        let devices = vec![Device { id: ALICE.device, agreement: ALICES_AGREEMENT_KEY }];
        let list = DeviceList { account: account.id(), version: 1, devices };
        let token = DeliveryTokenHash([6; 32]);
        Request::Register { devices: account.sign_device_list(&list), token, invite: None }
    }

    fn deliver(sealed: &[u8]) -> Request {
        let envelope = Envelope { device: BOB.device, sealed: sealed.to_vec() };
        Request::Deliver { submit: SubmitId([5; 16]), token: DeliveryToken([6; 16]), envelope }
    }

    fn watched(requests: impl IntoIterator<Item = (u64, Request)>) -> Vec<SeenRequest> {
        let watch = RequestWatch::default();
        let relay = watch.listen();
        for (connection, request) in requests {
            relay.send(Observed { connection, request: ObservedRequest::Request(request) }).unwrap();
        }
        watch.requests()
    }

    fn counted(requests: impl IntoIterator<Item = (u64, Request)>) -> Deliveries {
        deliveries(&watched(requests), &[ALICE, BOB])
    }

    fn speaks() -> Request {
        Request::Authenticate { device: ALICE.device, signature: Signature([7; 64]) }
    }

    #[test]
    fn a_delivery_on_a_connection_of_its_own_names_nobody() {
        let requests = [(1, speaks()), (2, deliver(b"sealed"))];
        assert_eq!(counted(requests), Deliveries { brought: 1, ..Deliveries::default() });
    }

    #[test]
    fn a_connection_that_speaks_for_a_device_names_it_for_all_that_it_brings() {
        for requests in [[speaks(), deliver(b"sealed")], [deliver(b"sealed"), speaks()]] {
            let counted = counted(requests.map(|request| (1, request)));
            assert_eq!(counted.on_known_connections, 1);
        }
    }

    #[test]
    fn whoever_asks_for_keys_as_a_device_tells_that_it_is_about_to_write() {
        let fetch = Request::FetchBundles { account: BOB.account, token: DeliveryToken([6; 16]) };
        for (other, expected) in [(1, 1), (2, 0)] {
            let counted = counted([(1, speaks()), (other, fetch.clone())]);
            assert_eq!((counted.keys_on_known_connections, counted.telling()), (expected, expected));
        }
    }

    #[test]
    fn a_public_key_of_the_senders_in_an_envelope_is_found_and_the_recipients_is_not() {
        let naming = |key: [u8; 32]| {
            let envelope = deliver(&[b"..", &key[..], b".."].concat());
            counted([(1, registers()), (2, envelope)]).naming_others
        };
        assert_eq!(naming(ALICE.account.0), 1);
        assert_eq!(naming(ALICE.device.0), 1);
        assert_eq!(naming(ALICES_AGREEMENT_KEY), 1);
        assert_eq!(naming(BOB.account.0), 0);
    }

    #[test]
    fn connections_of_two_lives_of_a_relay_are_two() {
        let watch = RequestWatch::default();
        for request in [speaks(), deliver(b"sealed")] {
            let observed = Observed { connection: 1, request: ObservedRequest::Request(request) };
            watch.listen().send(observed).unwrap();
        }
        assert_eq!(deliveries(&watch.requests(), &[ALICE, BOB]).on_known_connections, 0);
    }

    #[test]
    fn what_is_no_longer_remembered_is_counted() {
        let watch = RequestWatch::default();
        let relay = watch.listen();
        let large = vec![0; 64 * 1024];
        for _ in 0..300 {
            let request = ObservedRequest::Request(deliver(&large));
            relay.send(Observed { connection: 1, request }).unwrap();
        }
        assert!(watch.missed() > 0 && watch.requests().len() as u64 + watch.missed() == 300);
    }
}
