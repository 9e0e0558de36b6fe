//! The answer to one request, given from whichever thread knows it.

use std::sync::Arc;

use airlock_wire::{Answer, FromRelay, Refusal, RequestId};
use tokio::sync::{mpsc, oneshot};

use crate::metrics::{Kind, Metrics, Outcome};

/// The duty to answer one request.
#[derive(Debug)]
#[must_use = "a request without an answer leaves its client waiting"]
pub(crate) enum Reply {
    /// On a connection's stream of requests, with a place for the answer already taken in its queue: so an answer never
    /// waits, and a connection can't have more requests open than its queue has places.
    Request { id: RequestId, place: mpsc::OwnedPermit<FromRelay>, kind: Kind, metrics: Arc<Metrics> },
    /// To a task of our own, which serves a blob stream.
    Task(oneshot::Sender<Result<Answer, Refusal>>),
}

impl Reply {
    pub(crate) fn give(self, answer: Result<Answer, Refusal>) {
        match self {
            Self::Request { id, place, kind, metrics } => {
                let outcome = answer.as_ref().err().map_or(Outcome::Ok, Outcome::from);
                metrics.requests.count((kind, outcome));
                place.send(FromRelay::Answer { id, answer });
            }
            // Nobody waits for it any more when its client has gone.
            Self::Task(asker) => {
                asker.send(answer).ok();
            }
        }
    }
}
