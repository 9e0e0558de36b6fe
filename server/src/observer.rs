//! What whoever runs a relay could read in its memory: each request as it was decrypted, and which of them came on one
//! connection. It is there for the lab, which asks what that tells.
//!
//! Without the feature `observer` nothing of it is compiled. With it, no command, file or flag of `airlock-relay` starts
//! it: only a program that calls [`crate::Relay::start_observed`].

use airlock_wire::{BlobRequest, Request};

#[cfg(not(feature = "observer"))]
pub(crate) use self::blind::{ConnectionObserver, Observer};
#[cfg(feature = "observer")]
pub(crate) use self::observing::{ConnectionObserver, Observer};
#[cfg(feature = "observer")]
pub use self::observing::{Observed, ObservedRequest};

#[cfg(feature = "observer")]
mod observing {
    use std::sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    };

    use tokio::sync::mpsc::UnboundedSender;

    use super::{BlobRequest, Request};

    /// A request, on the first stream of a connection or on one for a blob.
    #[derive(Clone, Debug)]
    pub enum ObservedRequest {
        /// On the first stream.
        Request(Request),
        /// On a further one; the bytes of the blob follow it.
        Blob(BlobRequest),
    }

    /// Something that a client asked of the relay.
    #[derive(Clone, Debug)]
    pub struct Observed {
        /// Counts the connections of one relay process, from 1.
        pub connection: u64,
        /// What was asked.
        pub request: ObservedRequest,
    }

    /// Tells of all connections, if anybody listens.
    #[derive(Clone, Debug, Default)]
    pub(crate) struct Observer(Option<(UnboundedSender<Observed>, Arc<AtomicU64>)>);

    /// Tells of one.
    #[derive(Clone, Debug)]
    pub(crate) struct ConnectionObserver(Option<(UnboundedSender<Observed>, u64)>);

    impl Observer {
        pub(crate) fn telling(listener: UnboundedSender<Observed>) -> Self {
            Self(Some((listener, Arc::default())))
        }

        pub(crate) fn connection(&self) -> ConnectionObserver {
            let telling = |(listener, last): &(UnboundedSender<Observed>, Arc<AtomicU64>)| {
                (listener.clone(), last.fetch_add(1, Ordering::Relaxed) + 1)
            };
            ConnectionObserver(self.0.as_ref().map(telling))
        }
    }

    impl ConnectionObserver {
        pub(crate) fn request(&self, request: &Request) {
            self.tell(|| ObservedRequest::Request(request.clone()));
        }

        pub(crate) fn blob_request(&self, request: &BlobRequest) {
            self.tell(|| ObservedRequest::Blob(request.clone()));
        }

        fn tell(&self, request: impl FnOnce() -> ObservedRequest) {
            if let Some((listener, connection)) = &self.0 {
                // Whoever listened may be gone.
                listener.send(Observed { connection: *connection, request: request() }).ok();
            }
        }
    }
}

#[cfg(not(feature = "observer"))]
mod blind {
    use super::{BlobRequest, Request};

    /// Tells nobody.
    #[derive(Clone, Debug, Default)]
    pub(crate) struct Observer;

    /// Tells nobody.
    #[derive(Clone, Debug)]
    pub(crate) struct ConnectionObserver;

    impl Observer {
        pub(crate) fn connection(&self) -> ConnectionObserver {
            ConnectionObserver
        }
    }

    impl ConnectionObserver {
        pub(crate) fn request(&self, _request: &Request) {}

        pub(crate) fn blob_request(&self, _request: &BlobRequest) {}
    }
}
