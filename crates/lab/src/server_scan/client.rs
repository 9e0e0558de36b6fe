//! A client of the scanning server. It stands for everybody's: who asks is in the request.

use std::{net::SocketAddr, sync::Arc};

use quinn::{ClientConfig, Connection, Endpoint};
use rustls::{RootCertStore, pki_types::CertificateDer};

use super::letter::{Letter, Reply, Request, STREAM_BYTES_MAX};
use crate::{error::WorldError, person::Person};

/// A connection to the server.
pub(super) struct Client {
    endpoint: Endpoint,
    connection: Connection,
}

fn failed(error: impl ToString) -> WorldError {
    WorldError::Made { what: "a connection to the scanning server", why: error.to_string() }
}

impl Client {
    pub(super) async fn connect(
        server: SocketAddr,
        certificate: CertificateDer<'static>,
    ) -> Result<Self, WorldError> {
        let mut roots = RootCertStore::empty();
        roots.add(certificate).map_err(failed)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(failed)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let tls = quinn::crypto::rustls::QuicClientConfig::try_from(tls).map_err(failed)?;
        let mut endpoint = Endpoint::client(SocketAddr::from(([127, 0, 0, 1], 0))).map_err(failed)?;
        endpoint.set_default_client_config(ClientConfig::new(Arc::new(tls)));
        let connection = endpoint.connect(server, "localhost").map_err(failed)?.await.map_err(failed)?;
        Ok(Self { endpoint, connection })
    }

    pub(super) async fn send(&self, letter: &Letter) -> Result<Reply, WorldError> {
        self.ask(&Request::Send(letter.clone())).await
    }

    pub(super) async fn fetch(&self, person: Person) -> Result<Vec<Letter>, WorldError> {
        match self.ask(&Request::Fetch(person)).await? {
            Reply::Letters(letters) => Ok(letters),
            Reply::Accepted | Reply::Refused { .. } => Err(failed("it gave no letters")),
        }
    }

    pub(super) fn close(&self) {
        self.connection.close(0_u32.into(), b"");
        self.endpoint.close(0_u32.into(), b"");
    }

    async fn ask(&self, request: &Request) -> Result<Reply, WorldError> {
        let (mut send, mut receive) = self.connection.open_bi().await.map_err(failed)?;
        send.write_all(&serde_json::to_vec(request).map_err(failed)?).await.map_err(failed)?;
        send.finish().map_err(failed)?;
        let reply = receive.read_to_end(STREAM_BYTES_MAX).await.map_err(failed)?;
        serde_json::from_slice(&reply).map_err(failed)
    }
}
