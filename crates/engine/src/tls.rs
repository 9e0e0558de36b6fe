//! Which relay certificates are believed: the pinned one, or one that chains to a public root.

use std::sync::Arc;

use airlock_wire::{ALPN, RelayAddress, pinned_key::PinnedKey};
use rustls::{ClientConfig, Error, RootCertStore, client::Resumption, crypto::ring};

/// How to connect to one relay, each time without a trace of the time before.
pub(crate) struct Tls {
    pub(crate) config: ClientConfig,
    /// Who is believed, and what was shown instead; none where public roots say who.
    pub(crate) pin: Option<Arc<PinnedKey>>,
}

impl Tls {
    pub(crate) fn with(relay: &RelayAddress) -> Result<Self, Error> {
        if let Some(expected) = relay.fingerprint {
            let pin = PinnedKey::new(expected);
            return Ok(Self { config: pin.config()?, pin: Some(pin) });
        }
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![ALPN.to_vec()];
        config.resumption = Resumption::disabled();
        Ok(Self { config, pin: None })
    }
}
