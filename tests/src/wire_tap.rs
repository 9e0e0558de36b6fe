//! The network between clients and relay, with someone listening.

use std::net::SocketAddr;

use airlock_lab::tap::{RECORD_BYTES_MAX, Tap};
use tokio::runtime::Runtime;

/// A UDP tap that runs beside a test that is not async.
pub struct WireTap {
    tap: Option<Tap>,
    runtime: Runtime,
}

impl WireTap {
    /// Forwards between clients and the relay at this address.
    ///
    /// # Panics
    /// When the system gives no socket or thread.
    #[must_use]
    pub fn start(relay: SocketAddr) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime starts");
        let tap = runtime.block_on(Tap::start(relay, RECORD_BYTES_MAX)).expect("the tap starts");
        Self { tap: Some(tap), runtime }
    }

    /// Where clients are to connect.
    ///
    /// # Panics
    /// Never: the tap lives as long as this value.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.tap.as_ref().expect("the tap runs").address()
    }

    /// The payloads of all datagrams that passed, in order.
    ///
    /// # Panics
    /// When so many passed that some are no longer kept: the answer would not be whole.
    #[must_use]
    pub fn datagrams(&self) -> Vec<Vec<u8>> {
        let tap = self.tap.as_ref().expect("the tap runs");
        assert_eq!(tap.totals().dropped.datagrams, 0, "the record is not whole");
        tap.datagrams().into_iter().map(|datagram| datagram.bytes.to_vec()).collect()
    }
}

impl Drop for WireTap {
    fn drop(&mut self) {
        // Its tasks belong to the runtime, so it goes first.
        let _inside = self.runtime.enter();
        self.tap = None;
    }
}
