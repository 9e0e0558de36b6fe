//! What whoever runs a relay could read in its memory: each request as it was decrypted, and which of them came on one
//! connection. It is there for the lab, which asks what that tells.
//!
//! No command, file or flag of `airlock-relay` makes an observer that tells anybody: only a program that embeds the
//! relay, and calls `Relay::start_observed`, which is there with the feature `observer` alone.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use airlock_wire::{BlobRequest, Request};
use tokio::sync::mpsc::UnboundedSender;

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
    #[cfg(feature = "observer")]
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
