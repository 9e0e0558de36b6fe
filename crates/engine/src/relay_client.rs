//! One connection to a relay: requests out, answers and pushes in.
//!
//! Each connection has a socket of its own, so that a relay can't tell by the port that the one who delivers is
//! the one who receives.

use std::{
    collections::HashMap,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use airlock_wire::{
    AccountId, Answer, Bundle, Challenge, CloseReason, CodecError, DeliveryToken, DeviceId,
    FRAME_HEADER_BYTES, Fingerprint, FromRelay, Push, Refusal, RelayAddress, Request, RequestId, Signature,
    SignedDeviceList, ToRelay, decode, frame, frame_length, request::EXPORTER_LABEL,
};
use quinn::{
    ClientConfig, Connection, ConnectionError, Endpoint, IdleTimeout, RecvStream, SendStream,
    TransportConfig, VarInt, crypto::rustls::QuicClientConfig,
};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::timeout,
};

use crate::tls::Tls;

/// A relay that has not answered a handshake by then is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A relay that has not answered a request by then has lost it; requests are safe to repeat.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

/// Silence after which a connection counts as dead.
const IDLE_TIMEOUT_MS: u32 = 15_000;

/// Often enough to keep the path through address translators open, well under [`IDLE_TIMEOUT_MS`].
const KEEP_ALIVE: Duration = Duration::from_secs(5);

/// Bytes that are handed to a connection and not yet acknowledged, at most. A megabyte fills a line of 80 Mbit/s at a
/// round trip of 100 ms, and an upload's progress is never further ahead of the truth than that.
const SEND_WINDOW_BYTES: u64 = 1024 * 1024;

/// Pushes under way. The window that we ask a relay for is the same, so the channel is never full.
pub(crate) const PUSH_WINDOW: u16 = 64;

/// Why a relay could not be asked, or did not do it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum NetworkError {
    /// No relay is known yet.
    #[error("this client is not registered at a relay yet")]
    NotRegistered,
    /// The name does not resolve, nothing answers, or the connection broke.
    #[error("the relay {address} cannot be reached: {why}")]
    Unreachable {
        /// Which.
        address: Box<RelayAddress>,
        /// What went wrong.
        why: String,
    },
    /// Something answers, and it is not the relay of the address.
    #[error("what answers at {} is another relay: its fingerprint is {got}, not {expected}", address.host)]
    WrongFingerprint {
        /// Which.
        address: Box<RelayAddress>,
        /// In the address.
        expected: Fingerprint,
        /// Shown by what answered.
        got: Fingerprint,
    },
    /// It said no.
    #[error("the relay refuses: {0}")]
    Refused(Refusal),
    /// Another connection of this device has taken over: a copy of this home is in use.
    #[error("another client has connected as this device: a copy of this home is in use somewhere")]
    Superseded,
    /// It answered something else than was asked.
    #[error("the relay does not keep to the protocol: {0}")]
    Protocol(String),
}

type Waiting = Arc<Mutex<HashMap<RequestId, oneshot::Sender<Result<Answer, Refusal>>>>>;

/// A request that has no answer yet.
pub(crate) struct PendingAnswer {
    id: RequestId,
    answer: oneshot::Receiver<Result<Answer, Refusal>>,
}

/// An open connection. Dropping it closes it.
pub(crate) struct RelayClient {
    address: RelayAddress,
    connection: Connection,
    endpoint: Endpoint,
    sender: tokio::sync::Mutex<SendStream>,
    waiting: Waiting,
    next: AtomicU32,
    reader: JoinHandle<()>,
}

impl RelayClient {
    /// Connects. What the relay pushes later comes out of the receiver, which ends with the connection.
    pub(crate) async fn connect(
        address: &RelayAddress,
    ) -> Result<(Self, mpsc::Receiver<Push>), NetworkError> {
        let unreachable = |why: String| NetworkError::Unreachable { address: Box::new(address.clone()), why };
        let target = tokio::net::lookup_host((address.host.as_str(), address.port))
            .await
            .map_err(|error| unreachable(error.to_string()))?
            .next()
            .ok_or_else(|| unreachable("its name has no address".into()))?;
        let Tls { config, pin } = Tls::with(address).map_err(|error| unreachable(error.to_string()))?;
        let endpoint = endpoint(target, config).map_err(|error| unreachable(error.to_string()))?;
        let connecting =
            endpoint.connect(target, &address.host).map_err(|error| unreachable(error.to_string()))?;
        let connection = match timeout(CONNECT_TIMEOUT, connecting).await {
            Ok(Ok(connection)) => connection,
            Ok(Err(error)) => {
                return Err(match (address.fingerprint, pin.and_then(|pin| pin.shown())) {
                    (Some(expected), Some(got)) if expected != got => {
                        NetworkError::WrongFingerprint { address: Box::new(address.clone()), expected, got }
                    }
                    _ => unreachable(error.to_string()),
                });
            }
            Err(_) => return Err(unreachable(format!("no answer in {} s", CONNECT_TIMEOUT.as_secs()))),
        };
        let (sender, receiver) =
            connection.open_bi().await.map_err(|error| unreachable(error.to_string()))?;
        let waiting = Waiting::default();
        let (pushes_in, pushes) = mpsc::channel(usize::from(PUSH_WINDOW) + 1);
        let reader = tokio::spawn(read(receiver, Arc::clone(&waiting), pushes_in, connection.clone()));
        let client = Self {
            address: address.clone(),
            connection,
            endpoint,
            sender: tokio::sync::Mutex::new(sender),
            waiting,
            next: AtomicU32::new(0),
            reader,
        };
        Ok((client, pushes))
    }

    /// For streams beside the one of the requests.
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Asks, and waits for the answer.
    pub(crate) async fn ask(&self, request: Request) -> Result<Answer, NetworkError> {
        let pending = self.send(request).await?;
        self.answer(pending).await
    }

    /// Asks, without waiting: requests go out in the order of these calls.
    pub(crate) async fn send(&self, request: Request) -> Result<PendingAnswer, NetworkError> {
        let id = RequestId(self.next.fetch_add(1, Ordering::Relaxed));
        let (answer_in, answer) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(id, answer_in);
        let bytes = frame(&ToRelay { id, request });
        match self.sender.lock().await.write_all(&bytes).await {
            Ok(()) => Ok(PendingAnswer { id, answer }),
            Err(error) => Err(self.broken(&error.to_string())),
        }
    }

    /// Waits for an answer.
    pub(crate) async fn answer(&self, pending: PendingAnswer) -> Result<Answer, NetworkError> {
        match timeout(ANSWER_TIMEOUT, pending.answer).await {
            Ok(Ok(Ok(answer))) => Ok(answer),
            Ok(Ok(Err(refusal))) => Err(NetworkError::Refused(refusal)),
            Ok(Err(_)) => Err(self.broken("the connection ended")),
            Err(_) => {
                self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&pending.id);
                Err(self.broken(&format!("no answer in {} s", ANSWER_TIMEOUT.as_secs())))
            }
        }
    }

    /// Asks for something that has no other answer than "done".
    pub(crate) async fn tell(&self, request: Request) -> Result<(), NetworkError> {
        self.done(self.send(request).await?).await
    }

    /// Waits for the answer "done".
    pub(crate) async fn done(&self, pending: PendingAnswer) -> Result<(), NetworkError> {
        match self.answer(pending).await? {
            Answer::Done => Ok(()),
            other => Err(unexpected(&other)),
        }
    }

    /// Proves to the relay which device this is. `sign` signs a challenge, bound to this connection.
    pub(crate) async fn authenticate(
        &self,
        device: DeviceId,
        sign: impl FnOnce(&Challenge, &[u8; 32]) -> Signature,
    ) -> Result<(), NetworkError> {
        let challenge = match self.ask(Request::Challenge).await? {
            Answer::Challenge(challenge) => challenge,
            other => return Err(unexpected(&other)),
        };
        let mut exporter = [0; 32];
        self.connection
            .export_keying_material(&mut exporter, EXPORTER_LABEL, &[])
            .map_err(|_| NetworkError::Protocol("it gives no channel binding".into()))?;
        let signature = sign(&challenge, &exporter);
        self.tell(Request::Authenticate { device, signature }).await
    }

    /// Fetches what is needed to start sessions with an account's devices.
    pub(crate) async fn fetch_bundles(
        &self,
        account: AccountId,
        token: DeliveryToken,
    ) -> Result<(SignedDeviceList, Vec<Bundle>), NetworkError> {
        match self.ask(Request::FetchBundles { account, token }).await? {
            Answer::Bundles { devices, bundles } => Ok((devices, bundles)),
            other => Err(unexpected(&other)),
        }
    }

    /// Ends the connection and waits until the relay has been told.
    pub(crate) async fn close(self) {
        self.connection.close(VarInt::from_u32(0), b"done");
        let endpoint = self.endpoint.clone();
        drop(self);
        let _ = timeout(Duration::from_secs(1), endpoint.wait_idle()).await;
    }

    /// Ends the connection, and waits for nothing: it drains for three timeouts (RFC 9000 §10.2), which are some 80 ms
    /// even on one machine, and what comes next on another connection must not.
    pub(crate) fn leave(self) {
        tokio::spawn(self.close());
    }

    /// The connection failed; the reason that it was closed for, if there is one, else `why`.
    pub(crate) fn broken(&self, why: &str) -> NetworkError {
        if let Some(ConnectionError::ApplicationClosed(close)) = self.connection.close_reason()
            && close.error_code == VarInt::from_u32(CloseReason::Superseded.code())
        {
            return NetworkError::Superseded;
        }
        let why = match self.connection.close_reason() {
            Some(reason) => reason.to_string(),
            None => why.to_owned(),
        };
        NetworkError::Unreachable { address: Box::new(self.address.clone()), why }
    }
}

impl Drop for RelayClient {
    fn drop(&mut self) {
        self.reader.abort();
        self.connection.close(VarInt::from_u32(0), b"done");
    }
}

/// An answer that does not belong to the request.
pub(crate) fn unexpected(answer: &Answer) -> NetworkError {
    let kind = match answer {
        Answer::Done => "done",
        Answer::Challenge(_) => "a challenge",
        Answer::PrekeysLeft { .. } => "a count of prekeys",
        Answer::Bundles { .. } => "prekeys",
        Answer::Accepted => "accepted",
    };
    NetworkError::Protocol(format!("it answered with {kind}, which was not asked"))
}

fn endpoint(target: SocketAddr, tls: rustls::ClientConfig) -> Result<Endpoint, Box<dyn std::error::Error>> {
    let local: SocketAddr =
        if target.is_ipv4() { (Ipv4Addr::UNSPECIFIED, 0).into() } else { (Ipv6Addr::UNSPECIFIED, 0).into() };
    let mut endpoint = Endpoint::client(local)?;
    let tls = QuicClientConfig::try_from(tls)?;
    let mut transport = TransportConfig::default();
    transport.keep_alive_interval(Some(KEEP_ALIVE));
    transport.max_idle_timeout(Some(IdleTimeout::from(VarInt::from_u32(IDLE_TIMEOUT_MS))));
    transport.send_window(SEND_WINDOW_BYTES);
    // A relay opens no streams: it answers on ours.
    transport.max_concurrent_bidi_streams(VarInt::from_u32(0));
    transport.max_concurrent_uni_streams(VarInt::from_u32(0));
    let mut config = ClientConfig::new(Arc::new(tls));
    config.transport_config(Arc::new(transport));
    endpoint.set_default_client_config(config);
    Ok(endpoint)
}

/// Hands frames on until the connection ends or the relay breaks the rules.
async fn read(
    mut receiver: RecvStream,
    waiting: Waiting,
    pushes: mpsc::Sender<Push>,
    connection: Connection,
) {
    while let Some(body) = next_frame(&mut receiver).await {
        match decode::<FromRelay>(&body) {
            Ok(FromRelay::Answer { id, answer }) => {
                let waits = waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
                if let Some(waits) = waits {
                    let _ = waits.send(answer);
                }
            }
            Ok(FromRelay::Push(push)) => {
                // More than the window was pushed: a relay that floods is cut off, not buffered.
                if pushes.try_send(push).is_err() {
                    break;
                }
            }
            Ok(FromRelay::GoAway) | Err(_) => break,
        }
    }
    connection.close(VarInt::from_u32(1), b"end of frames");
    waiting.lock().unwrap_or_else(PoisonError::into_inner).clear();
}

/// The body of the next frame. None when there is none, or its length is over the limit.
pub(crate) async fn next_frame(receiver: &mut RecvStream) -> Option<Vec<u8>> {
    let mut header = [0; FRAME_HEADER_BYTES];
    receiver.read_exact(&mut header).await.ok()?;
    let length: Result<usize, CodecError> = frame_length(header);
    let mut body = vec![0; length.ok()?];
    receiver.read_exact(&mut body).await.ok()?;
    Some(body)
}
