//! A plain client of a relay: one QUIC connection, one stream, frames. It encrypts nothing, which the relay can't tell.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _, UdpSocket},
    sync::Arc,
    time::Duration,
};

use airlock_wire::{
    Answer, Fingerprint, FromRelay, Refusal, RelayAddress, Request, RequestId, ToRelay, frame,
    pinned_key::PinnedKey,
};
use quinn::{
    ClientConfig, Connection, Endpoint, EndpointConfig, RecvStream, SendStream, TokioRuntime,
    TransportConfig, VarInt, crypto::rustls::QuicClientConfig,
};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::time::timeout;

use crate::{error::LoadError, frames::Frames};

/// Longest wait for one answer outside of a measurement.
const PATIENCE: Duration = Duration::from_secs(30);

/// As the relay asks for: with the kernel's default, many busy connections lose packets to a full buffer.
const SOCKET_BUFFER_BYTES: usize = 4 * 1024 * 1024;

/// Bytes that a client lets come before it has read them, on its one stream.
const WINDOW_BYTES: u32 = 1024 * 1024;

/// Where the relay is, and how clients connect to it.
#[derive(Clone)]
pub(crate) struct Place {
    address: SocketAddr,
    config: ClientConfig,
}

impl Place {
    pub(crate) fn of(relay: &RelayAddress) -> Result<Self, LoadError> {
        let fingerprint = relay.fingerprint.ok_or(LoadError::NoFingerprint)?;
        let mut addresses = (relay.host.as_str(), relay.port)
            .to_socket_addrs()
            .map_err(LoadError::system(format!("look up {}", relay.host)))?;
        let address = addresses.next().ok_or_else(|| LoadError::NoAddress(relay.host.clone()))?;
        Ok(Self { address, config: config(fingerprint)? })
    }

    /// A socket for connections to it. Many share one.
    pub(crate) fn endpoint(&self) -> Result<Endpoint, LoadError> {
        let from: IpAddr = match self.address {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let opened = socket(SocketAddr::new(from, 0)).and_then(|socket| {
            Endpoint::new(EndpointConfig::default(), None, socket, Arc::new(TokioRuntime))
        });
        opened.map_err(LoadError::system("open a UDP socket"))
    }
}

/// A connection on which requests are asked one at a time.
pub(crate) struct Client {
    pub(crate) connection: Connection,
    pub(crate) sending: SendStream,
    pub(crate) frames: Frames,
    next_id: u32,
}

impl Client {
    pub(crate) async fn connect(endpoint: &Endpoint, place: &Place) -> Result<Self, LoadError> {
        let connecting = endpoint
            .connect_with(place.config.clone(), place.address, "airlock-relay")
            .map_err(|error| LoadError::Connect(error.to_string()))?;
        let connection = connecting.await.map_err(|error| LoadError::Connect(error.to_string()))?;
        let (sending, receiving): (SendStream, RecvStream) =
            connection.open_bi().await.map_err(|error| LoadError::Connect(error.to_string()))?;
        Ok(Self { connection, sending, frames: Frames::new(receiving), next_id: 0 })
    }

    /// Asks and waits for the answer. Nothing else may be open on the connection.
    pub(crate) async fn ask(&mut self, what: &'static str, request: Request) -> Result<Answer, LoadError> {
        let id = RequestId(self.next_id);
        self.next_id += 1;
        let bytes = frame(&ToRelay { id, request });
        self.sending.write_all(&bytes).await.map_err(|error| LoadError::Lost(error.to_string()))?;
        let next = timeout(PATIENCE, self.frames.next()).await;
        let next =
            next.map_err(|_| LoadError::TooSlow { what: "an answer", seconds: PATIENCE.as_secs() })??;
        match next {
            Some(FromRelay::Answer { id: answered, answer }) if answered == id => {
                answer.map_err(|refusal: Refusal| LoadError::Refused { what, refusal })
            }
            Some(_) => Err(LoadError::OtherAnswer),
            None => Err(LoadError::Lost("it ended the stream".to_owned())),
        }
    }
}

fn socket(from: SocketAddr) -> std::io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(from), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_recv_buffer_size(SOCKET_BUFFER_BYTES)?;
    socket.set_send_buffer_size(SOCKET_BUFFER_BYTES)?;
    socket.bind(&from.into())?;
    Ok(socket.into())
}

fn config(fingerprint: Fingerprint) -> Result<ClientConfig, LoadError> {
    let refused = |error: rustls::Error| LoadError::Tls(error.to_string());
    let tls = PinnedKey::new(fingerprint).config().map_err(refused)?;
    let tls = QuicClientConfig::try_from(tls).map_err(|error| LoadError::Tls(error.to_string()))?;
    let mut transport = TransportConfig::default();
    // The relay opens no streams, and thousands of connections must fit in this process.
    transport
        .max_concurrent_bidi_streams(VarInt::from_u32(0))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .stream_receive_window(VarInt::from_u32(WINDOW_BYTES))
        .receive_window(VarInt::from_u32(WINDOW_BYTES))
        .datagram_receive_buffer_size(None);
    let mut config = ClientConfig::new(Arc::new(tls));
    config.transport_config(Arc::new(transport));
    Ok(config)
}
