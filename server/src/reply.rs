//! The answer to one request, given from whichever thread knows it.

use airlock_wire::{Answer, FromRelay, Refusal, RequestId};
use tokio::sync::{mpsc, oneshot};

/// The duty to answer one request.
#[derive(Debug)]
#[must_use = "a request without an answer leaves its client waiting"]
pub(crate) enum Reply {
    /// On a connection's stream of requests, with a place for the answer already taken in its queue: so an answer never
    /// waits, and a connection can't have more requests open than its queue has places.
    Request { id: RequestId, place: mpsc::OwnedPermit<FromRelay> },
    /// To a task of our own, which serves a blob stream.
    Task(oneshot::Sender<Result<Answer, Refusal>>),
}

impl Reply {
    pub(crate) fn give(self, answer: Result<Answer, Refusal>) {
        match self {
            Self::Request { id, place } => {
                place.send(FromRelay::Answer { id, answer });
            }
            // Nobody waits for it any more when its client has gone.
            Self::Task(asker) => {
                asker.send(answer).ok();
            }
        }
    }
}
