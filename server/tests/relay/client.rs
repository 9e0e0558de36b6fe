//! A plain client: sends requests, keeps what comes back. It pins the relay's key as a real one does.

use std::{
    collections::{HashMap, VecDeque},
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use airlock_relay::{Config, Relay};
use airlock_wire::{pinned_key::PinnedKey, *};
use ed25519_dalek::{Signer, SigningKey};
use quinn::{ClientConfig, Connection, Endpoint, RecvStream, SendStream, crypto::rustls::QuicClientConfig};

/// Longer than anything here takes; a test that waits this long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const TOKEN: DeliveryToken = DeliveryToken([7; 16]);

/// Where to connect to: a relay in this process, or one that printed its address.
pub(crate) trait Place {
    fn place(&self) -> RelayAddress;
}

impl Place for Relay {
    fn place(&self) -> RelayAddress {
        self.address()
    }
}

impl Place for RelayAddress {
    fn place(&self) -> RelayAddress {
        self.clone()
    }
}

/// A relay open to all, in a folder that goes with it.
pub(crate) async fn relay() -> (Relay, tempfile::TempDir) {
    relay_with(|_| {}).await
}

pub(crate) async fn relay_with(change: impl FnOnce(&mut Config)) -> (Relay, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let mut config = Config::loopback(dir.path());
    change(&mut config);
    (Relay::start(config).await.unwrap(), dir)
}

/// An account with one device.
pub(crate) struct Person {
    pub(crate) account: SigningKey,
    pub(crate) device: SigningKey,
}

impl Person {
    pub(crate) fn new(seed: u8) -> Self {
        Self {
            account: SigningKey::from_bytes(&[seed; 32]),
            device: SigningKey::from_bytes(&[seed ^ 0x80; 32]),
        }
    }

    pub(crate) fn account_id(&self) -> AccountId {
        AccountId(self.account.verifying_key().to_bytes())
    }

    pub(crate) fn device_id(&self) -> DeviceId {
        DeviceId(self.device.verifying_key().to_bytes())
    }

    pub(crate) fn devices(&self, version: u64) -> SignedDeviceList {
        self.devices_and(version, &[])
    }

    pub(crate) fn devices_and(&self, version: u64, others: &[DeviceId]) -> SignedDeviceList {
        let ids = [&[self.device_id()], others].concat();
        let devices = ids.into_iter().map(|id| Device { id, agreement: [1; 32] }).collect();
        let list = DeviceList { account: self.account_id(), version, devices };
        SignedDeviceList::new(&list, |bytes| Signature(self.account.sign(bytes).to_bytes()))
    }

    pub(crate) fn register(&self, version: u64, invite: Option<InviteCode>) -> Request {
        Request::Register { devices: self.devices(version), token: TOKEN.hash(), invite }
    }

    /// An authenticated connection.
    pub(crate) async fn connect(&self, relay: &impl Place) -> Client {
        let mut client = Client::connect(relay).await;
        client.authenticate(&self.device).await.unwrap();
        client
    }

    /// An authenticated connection of a registered device.
    pub(crate) async fn join(&self, relay: &impl Place) -> Client {
        let mut client = self.connect(relay).await;
        assert_eq!(client.ask(self.register(1, None)).await, Ok(Answer::Done));
        client
    }

    pub(crate) fn delivery(&self, submit: u32, sealed: impl Into<Vec<u8>>) -> Request {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&submit.to_le_bytes());
        let envelope = Envelope { device: self.device_id(), sealed: sealed.into() };
        Request::Deliver { submit: SubmitId(id), token: TOKEN, envelope }
    }
}

pub(crate) struct Client {
    pub(crate) connection: Connection,
    pub(crate) sending: SendStream,
    receiving: RecvStream,
    next_id: u32,
    answers: HashMap<RequestId, Result<Answer, Refusal>>,
    pushes: VecDeque<Push>,
    pub(crate) told_to_go: bool,
}

impl Client {
    pub(crate) async fn connect(relay: &impl Place) -> Self {
        Self::open(connection(relay, ALPN).await.unwrap()).await
    }

    pub(crate) async fn open(connection: Connection) -> Self {
        let (sending, receiving) = connection.open_bi().await.unwrap();
        Self {
            connection,
            sending,
            receiving,
            next_id: 0,
            answers: HashMap::new(),
            pushes: VecDeque::new(),
            told_to_go: false,
        }
    }

    pub(crate) async fn authenticate(&mut self, device: &SigningKey) -> Result<Answer, Refusal> {
        let Ok(Answer::Challenge(challenge)) = self.ask(Request::Challenge).await else {
            panic!("no challenge");
        };
        let request = self.proof(device, &challenge);
        self.ask(request).await
    }

    /// The request that proves for this connection that it speaks for the device.
    pub(crate) fn proof(&self, device: &SigningKey, challenge: &Challenge) -> Request {
        let mut exporter = [0; 32];
        self.connection.export_keying_material(&mut exporter, EXPORTER_LABEL, &[]).unwrap();
        let id = DeviceId(device.verifying_key().to_bytes());
        let message = authentication_message(challenge, &exporter, &id);
        Request::Authenticate { device: id, signature: Signature(device.sign(&message).to_bytes()) }
    }

    /// Sends a request without waiting for its answer.
    pub(crate) async fn send(&mut self, request: Request) -> RequestId {
        let id = RequestId(self.next_id);
        self.next_id += 1;
        self.send_bytes(&frame(&ToRelay { id, request })).await;
        id
    }

    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        self.sending.write_all(bytes).await.unwrap();
    }

    pub(crate) async fn ask(&mut self, request: Request) -> Result<Answer, Refusal> {
        let id = self.send(request).await;
        self.answer(id).await
    }

    pub(crate) async fn answer(&mut self, id: RequestId) -> Result<Answer, Refusal> {
        loop {
            if let Some(answer) = self.answers.remove(&id) {
                return answer;
            }
            assert!(self.take_frame().await, "the relay closed: {:?}", self.connection.close_reason());
        }
    }

    pub(crate) async fn push(&mut self) -> Push {
        loop {
            if let Some(push) = self.pushes.pop_front() {
                return push;
            }
            assert!(self.take_frame().await, "the relay closed: {:?}", self.connection.close_reason());
        }
    }

    pub(crate) async fn subscribe(&mut self, window: u16) {
        assert_eq!(self.ask(Request::Subscribe { window }).await, Ok(Answer::Done));
    }

    pub(crate) async fn acknowledge(&mut self, sequences: &[Sequence]) {
        let request = Request::Acknowledge { sequences: sequences.to_vec() };
        assert_eq!(self.ask(request).await, Ok(Answer::Done));
    }

    /// The answer to this request, if it has come.
    pub(crate) fn answered(&self, id: RequestId) -> Option<&Result<Answer, Refusal>> {
        self.answers.get(&id)
    }

    /// Pushes that came so far and were not asked for.
    pub(crate) fn unread_pushes(&self) -> usize {
        self.pushes.len()
    }

    /// Reads until the relay ends the stream or the connection, and says why it closed, if it did.
    pub(crate) async fn until_closed(&mut self) -> Option<CloseReason> {
        while self.take_frame().await {}
        match tokio::time::timeout(PATIENCE, self.connection.closed()).await.expect("still open") {
            quinn::ConnectionError::ApplicationClosed(close) => {
                CloseReason::from_code(close.error_code.into_inner())
            }
            other => panic!("closed in another way: {other}"),
        }
    }

    /// `false` when no more frames come.
    async fn take_frame(&mut self) -> bool {
        let reading = async {
            let mut header = [0; FRAME_HEADER_BYTES];
            self.receiving.read_exact(&mut header).await.ok()?;
            let mut body = vec![0; frame_length(header).unwrap()];
            self.receiving.read_exact(&mut body).await.ok()?;
            Some(decode::<FromRelay>(&body).unwrap())
        };
        match tokio::time::timeout(PATIENCE, reading).await.expect("the relay says nothing") {
            Some(FromRelay::Answer { id, answer }) => {
                assert_eq!(self.answers.insert(id, answer), None, "one request was answered twice");
            }
            Some(FromRelay::Push(push)) => self.pushes.push_back(push),
            Some(FromRelay::GoAway) => self.told_to_go = true,
            None => return false,
        }
        true
    }
}

/// A connection that speaks this protocol name, from a socket of its own.
pub(crate) async fn connection(
    relay: &impl Place,
    alpn: &[u8],
) -> Result<Connection, quinn::ConnectionError> {
    let place = relay.place();
    let config = pinned(&place, alpn);
    let address = SocketAddr::new(place.host.parse().unwrap(), place.port);
    endpoint(Ipv4Addr::LOCALHOST).connect_with(config, address, "airlock-relay").unwrap().await
}

/// A socket at this address of the loopback network.
pub(crate) fn endpoint(source: Ipv4Addr) -> Endpoint {
    Endpoint::client(SocketAddr::from((source, 0))).unwrap()
}

/// What a client that pins the relay's key connects with.
pub(crate) fn pinned(place: &RelayAddress, alpn: &[u8]) -> ClientConfig {
    let mut tls = PinnedKey::new(place.fingerprint.unwrap()).config().unwrap();
    tls.alpn_protocols = vec![alpn.to_vec()];
    ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls).unwrap()))
}
