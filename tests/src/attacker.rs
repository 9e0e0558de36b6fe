//! Someone who speaks QUIC to a relay's port, and then whatever they like.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use airlock_wire::{ALPN, CloseReason, FRAME_HEADER_BYTES, FromRelay, decode, frame_length};
use quinn::{
    ClientConfig, Connection, ConnectionError, Endpoint, RecvStream, SendStream,
    crypto::rustls::QuicClientConfig,
};
use rustls::{
    DigitallySignedStruct, Error, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use tokio::{runtime::Runtime, sync::Mutex, time::timeout};

use crate::waiting::PATIENCE;

/// What an attacker says when it connects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handshake {
    /// What a client says.
    Right,
    /// The name of another protocol.
    OtherProtocol,
}

/// A connection with one stream, on which nothing has been said.
pub struct Attacker {
    connection: Connection,
    stream: Mutex<(SendStream, RecvStream)>,
    // Kept because the connection ends with them; the runtime last, because they live on it.
    _endpoint: Endpoint,
    runtime: Runtime,
}

impl Attacker {
    /// Connects to a relay, whatever its certificate.
    ///
    /// # Errors
    /// When the relay refuses the handshake.
    ///
    /// # Panics
    /// When the relay does not answer at all.
    pub fn connect(relay: SocketAddr, handshake: Handshake) -> Result<Self, ConnectionError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime starts");
        let (endpoint, connection, stream) = runtime.block_on(async {
            let mut endpoint = Endpoint::client((Ipv4Addr::LOCALHOST, 0).into()).expect("a socket");
            endpoint.set_default_client_config(config(handshake));
            let connecting = endpoint.connect(relay, "relay").expect("the request is well formed");
            let connection = timeout(PATIENCE, connecting).await.expect("the relay answers")?;
            let stream = connection.open_bi().await?;
            Ok::<_, ConnectionError>((endpoint, connection, stream))
        })?;
        Ok(Self { connection, stream: Mutex::new(stream), _endpoint: endpoint, runtime })
    }

    /// Sends these bytes.
    ///
    /// # Panics
    /// When the relay has closed the connection.
    pub fn send(&self, bytes: &[u8]) {
        self.runtime
            .block_on(async { self.stream.lock().await.0.write_all(bytes).await })
            .expect("it is taken");
    }

    /// Sends these bytes until the relay takes no more, or the time is over.
    pub fn send_as_much_as_is_taken(&self, bytes: &[u8], limit: Duration) {
        let sending = async {
            let mut stream = self.stream.lock().await;
            while stream.0.write_all(bytes).await.is_ok() {}
        };
        // Running out of time and being closed are both what a relay may do.
        let _ = self.runtime.block_on(async { timeout(limit, sending).await });
    }

    /// Sends a request and gives the answer.
    ///
    /// # Panics
    /// When none comes, or one that can't be read.
    #[must_use]
    pub fn ask(&self, framed: &[u8]) -> FromRelay {
        let answer = async {
            let mut stream = self.stream.lock().await;
            stream.0.write_all(framed).await.expect("the request is taken");
            let mut header = [0; FRAME_HEADER_BYTES];
            stream.1.read_exact(&mut header).await.expect("an answer begins");
            let mut body = vec![0; frame_length(header).expect("a length within limits")];
            stream.1.read_exact(&mut body).await.expect("the answer is whole");
            decode(&body).expect("the answer can be read")
        };
        self.runtime.block_on(async { timeout(PATIENCE, answer).await }).expect("the relay answers")
    }

    /// Sends these bytes and gives the reason with which the relay then closes the connection.
    ///
    /// # Panics
    /// When it does not close it, or gives a reason that no relay has.
    #[must_use]
    pub fn send_and_be_closed(&self, bytes: &[u8]) -> CloseReason {
        self.send(bytes);
        let closed = self.runtime.block_on(async { timeout(PATIENCE, self.connection.closed()).await });
        match closed.expect("the relay closes the connection") {
            ConnectionError::ApplicationClosed(close) => {
                CloseReason::from_code(close.error_code.into_inner()).expect("a known reason")
            }
            other => panic!("closed otherwise: {other}"),
        }
    }
}

fn config(handshake: Handshake) -> ClientConfig {
    let provider = Arc::new(ring::default_provider());
    let mut tls = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("TLS 1.3 is there")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(BelievesAnyone(provider)))
        .with_no_client_auth();
    tls.alpn_protocols = vec![match handshake {
        Handshake::Right => ALPN.to_vec(),
        Handshake::OtherProtocol => b"h3".to_vec(),
    }];
    ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls).expect("TLS 1.3 serves QUIC")))
}

/// An attacker does not care whose relay it is.
#[derive(Debug)]
struct BelievesAnyone(Arc<CryptoProvider>);

impl ServerCertVerifier for BelievesAnyone {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.2 is not spoken".into()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
