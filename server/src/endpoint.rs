//! The QUIC endpoint: our TLS identity, our transport limits, our socket.

use std::{
    io,
    net::{SocketAddr, UdpSocket},
    sync::Arc,
    time::Duration,
};

use airlock_wire::ALPN;
use quinn::{
    ConnectionId, ConnectionIdGenerator, Endpoint, EndpointConfig, IdleTimeout, ServerConfig, TokioRuntime,
    TransportConfig, VarInt, crypto::rustls::QuicServerConfig,
};
use ring::hmac;
use socket2::{Domain, Protocol, Socket, Type};

use crate::{
    error::StartError,
    identity::Identity,
    limits::{
        BIDI_STREAMS_MAX, CONNECTION_ID_BYTES, CONNECTION_WINDOW_BYTES, HANDSHAKES_MAX, IDLE_TIMEOUT,
        KEEP_ALIVE, SEND_WINDOW_BYTES, SOCKET_BUFFER_BYTES, STREAM_WINDOW_BYTES,
    },
};

/// Listens. Must be called inside a tokio runtime.
pub(crate) fn listen(identity: &Identity, listen: SocketAddr) -> Result<Endpoint, StartError> {
    let mut server = ServerConfig::with_crypto(Arc::new(tls(identity)?));
    server.transport_config(Arc::new(transport()?)).migration(true).max_incoming(HANDSHAKES_MAX);
    let failed = |source| StartError::Listen { listen, source };
    let socket = socket(listen).map_err(failed)?;
    Endpoint::new(resettable(identity), Some(server), socket, Arc::new(TokioRuntime)).map_err(failed)
}

/// A key for stateless resets (RFC 9000 §10.3) that outlives the process: a client of a relay that was killed and
/// started again is told at once that its connection is gone, and need not wait for silence.
fn resettable(identity: &Identity) -> EndpointConfig {
    let reset = hmac::Key::new(hmac::HMAC_SHA256, &identity.derive("stateless reset"));
    let mut config = EndpointConfig::new(Arc::new(reset));
    config.cid_generator(|| Box::new(RandomIds));
    config
}

/// Random connection ids. The default ones are checked by a key of their process, and what an earlier process gave
/// out would be dropped without the reset that is wanted.
struct RandomIds;

impl ConnectionIdGenerator for RandomIds {
    fn generate_cid(&mut self) -> ConnectionId {
        let mut id = [0; CONNECTION_ID_BYTES];
        // Without randomness the id is a constant, which two connections can't share: quinn asks again.
        getrandom::fill(&mut id).ok();
        ConnectionId::new(&id)
    }

    fn cid_len(&self) -> usize {
        CONNECTION_ID_BYTES
    }

    fn cid_lifetime(&self) -> Option<Duration> {
        None
    }
}

fn tls(identity: &Identity) -> Result<QuicServerConfig, StartError> {
    let refused = |error: rustls::Error| StartError::Tls(error.to_string());
    let (certificate, key) = identity.certificate()?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(refused)?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key.into())
        .map_err(refused)?;
    tls.alpn_protocols = vec![ALPN.to_vec()];
    // No 0-RTT: its data can be replayed. Without tickets a client's connections can't be linked by them.
    tls.max_early_data_size = 0;
    tls.send_tls13_tickets = 0;
    QuicServerConfig::try_from(tls).map_err(|error| StartError::Tls(error.to_string()))
}

fn transport() -> Result<TransportConfig, StartError> {
    let idle = IdleTimeout::try_from(IDLE_TIMEOUT).map_err(|error| StartError::Tls(error.to_string()))?;
    let mut transport = TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(VarInt::from_u32(BIDI_STREAMS_MAX))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .stream_receive_window(VarInt::from_u32(STREAM_WINDOW_BYTES))
        .receive_window(VarInt::from_u32(CONNECTION_WINDOW_BYTES))
        .send_window(SEND_WINDOW_BYTES)
        .datagram_receive_buffer_size(None)
        .max_idle_timeout(Some(idle))
        .keep_alive_interval(Some(KEEP_ALIVE));
    Ok(transport)
}

fn socket(listen: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(listen), Type::DGRAM, Some(Protocol::UDP))?;
    if listen.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    socket.set_recv_buffer_size(SOCKET_BUFFER_BYTES)?;
    socket.set_send_buffer_size(SOCKET_BUFFER_BYTES)?;
    let granted = socket.recv_buffer_size()?;
    if granted < SOCKET_BUFFER_BYTES {
        tracing::info!(
            granted,
            asked = SOCKET_BUFFER_BYTES,
            "small UDP buffers: many busy connections may stall; raise net.core.rmem_max and wmem_max"
        );
    }
    socket.bind(&listen.into())?;
    Ok(socket.into())
}
