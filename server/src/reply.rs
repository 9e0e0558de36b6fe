//! The answer to one request, given from whichever thread knows it.

use airlock_wire::{Answer, FromRelay, Refusal, RequestId};
use tokio::sync::mpsc;

/// The duty to answer one request, with a place for the answer already taken in its connection's queue: so an
/// answer never waits, and a connection can't have more requests open than its queue has places.
#[derive(Debug)]
#[must_use = "a request without an answer leaves its client waiting"]
pub(crate) struct Reply {
    pub(crate) id: RequestId,
    pub(crate) place: mpsc::OwnedPermit<FromRelay>,
}

impl Reply {
    pub(crate) fn give(self, answer: Result<Answer, Refusal>) {
        self.place.send(FromRelay::Answer { id: self.id, answer });
    }
}
