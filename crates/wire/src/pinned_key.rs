//! TLS with a relay that is known by its key: what follows `#` in its address ([`Fingerprint`]).

extern crate std;

use alloc::{sync::Arc, vec, vec::Vec};
use std::sync::OnceLock;

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
    client::{
        Resumption,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use webpki::EndEntityCert;

use crate::{ALPN, Fingerprint};

/// Believes one public key, whatever the names and dates in its certificate, and remembers which one it was shown.
#[derive(Debug)]
pub struct PinnedKey {
    expected: Fingerprint,
    shown: OnceLock<Fingerprint>,
    provider: Arc<CryptoProvider>,
}

impl PinnedKey {
    /// Believes the relay whose key has this fingerprint.
    #[must_use]
    pub fn new(expected: Fingerprint) -> Arc<Self> {
        let provider = Arc::new(ring::default_provider());
        Arc::new(Self { expected, shown: OnceLock::new(), provider })
    }

    /// A configuration for connections to that relay: TLS 1.3 alone, no resumption, so that a relay can't link two
    /// connections by a ticket.
    ///
    /// # Errors
    /// When the provider has no TLS 1.3, which ring's has.
    pub fn config(self: &Arc<Self>) -> Result<ClientConfig, Error> {
        let mut config = ClientConfig::builder_with_provider(self.provider.clone())
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .dangerous()
            .with_custom_certificate_verifier(self.clone())
            .with_no_client_auth();
        config.alpn_protocols = vec![ALPN.to_vec()];
        config.resumption = Resumption::disabled();
        Ok(config)
    }

    /// The fingerprint of the key that was shown first, if any was.
    #[must_use]
    pub fn shown(&self) -> Option<Fingerprint> {
        self.shown.get().copied()
    }
}

impl ServerCertVerifier for PinnedKey {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let certificate = EndEntityCert::try_from(end_entity)
            .map_err(|_| Error::InvalidCertificate(CertificateError::BadEncoding))?;
        let shown = Fingerprint::of_spki(certificate.subject_public_key_info().as_ref());
        // Only the first is kept.
        self.shown.set(shown).ok();
        if shown == self.expected {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
        }
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
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
