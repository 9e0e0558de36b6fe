//! Accepting connections: decides about each client before work is done for it, and again once it has proved its
//! address.

use std::{net::IpAddr, sync::Arc, time::Instant};

use airlock_wire::CloseReason;
use quinn::{Endpoint, Incoming};
use tokio::{task::JoinSet, time::timeout};

use crate::{
    admission::{Admission, Crowded, Place},
    blobs::Blobs,
    connection::{self, Draining, close, drained},
    limits::{CROWDED_TOLD_EVERY, HANDSHAKES_MAX, OPENING_TIMEOUT, RETRY_ABOVE_HANDSHAKES},
    metrics::{Metrics, OneOf, Refused},
    observer::Observer,
    store::Store,
    token_bucket::{Rate, TokenBucket},
};

/// What each connection needs.
#[derive(Clone, Debug)]
pub(crate) struct Serving {
    pub(crate) store: Arc<Store>,
    pub(crate) blobs: Arc<Blobs>,
    pub(crate) admission: Arc<Admission>,
    pub(crate) draining: Draining,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) observer: Observer,
}

/// Accepts connections until the relay drains or its store fails, then waits for those that are open.
pub(crate) async fn accept(endpoint: Endpoint, serving: Serving) {
    let metrics = &serving.metrics;
    let mut crowd = Crowd { told: TokenBucket::full(Instant::now()) };
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            incoming = endpoint.accept() => {
                let Some(incoming) = incoming else { break };
                let handshakes = usize::try_from(metrics.handshakes.get()).unwrap_or(usize::MAX);
                match admit(incoming, &serving.admission, handshakes) {
                    Admitted::Yes(incoming, place) => {
                        let handshake = OneOf::begin(&metrics.handshakes);
                        connections.spawn(open(incoming, handshake, place, serving.clone()));
                    }
                    Admitted::MustProve => {
                        metrics.retries.inc();
                    }
                    Admitted::No(refused) => {
                        metrics.connections_refused.count(refused);
                        crowd.tell(refused);
                    }
                }
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            _ = drained(serving.draining.clone()) => break,
            _ = serving.store.failed() => break,
        }
    }
    endpoint.set_server_config(None);
    while connections.join_next().await.is_some() {}
}

enum Admitted {
    /// With its place, if its address is proved.
    Yes(Box<Incoming>, Option<Place>),
    /// It was asked to come again with a token that only its address gets.
    MustProve,
    No(Refused),
}

impl From<Crowded> for Refused {
    fn from(crowded: Crowded) -> Self {
        match crowded {
            Crowded::Relay => Self::Connections,
            Crowded::Prefix => Self::Prefix,
        }
    }
}

/// Decides about a client. Whoever has not proved its address is never refused because of its prefix: it may be spoofed
/// to have its owner refused.
fn admit(incoming: Incoming, admission: &Arc<Admission>, handshakes: usize) -> Admitted {
    if handshakes >= HANDSHAKES_MAX {
        incoming.refuse();
        return Admitted::No(Refused::Handshakes);
    }
    let (address, now) = (incoming.remote_address().ip(), Instant::now());
    let place = if incoming.remote_address_validated() {
        admission.enter(address, now).map(Some)
    } else {
        match admission.ask(address, now) {
            Ok(()) if handshakes < RETRY_ABOVE_HANDSHAKES => Ok(None),
            Ok(()) | Err(Crowded::Prefix) => {
                // An error gives the connection back, which is then dropped: refused.
                incoming.retry().ok();
                return Admitted::MustProve;
            }
            Err(Crowded::Relay) => Err(Crowded::Relay),
        }
    };
    match place {
        Ok(place) => Admitted::Yes(Box::new(incoming), place),
        Err(crowded) => {
            incoming.refuse();
            Admitted::No(crowded.into())
        }
    }
}

/// Finishes the handshake and serves the connection.
async fn open(incoming: Box<Incoming>, handshake: OneOf, place: Option<Place>, serving: Serving) {
    let address: IpAddr = incoming.remote_address().ip();
    let Ok(connecting) = incoming.accept() else { return };
    let connected = timeout(OPENING_TIMEOUT, connecting).await;
    drop(handshake);
    let Ok(Ok(connection)) = connected else { return };
    let place = match place {
        Some(place) => Ok(place),
        // The whole handshake is the proof.
        None => serving.admission.enter(address, Instant::now()),
    };
    match place {
        Ok(_place) => {
            serving.metrics.connections_accepted.inc();
            let _open = OneOf::begin(&serving.metrics.connections);
            connection::serve(connection, serving.clone()).await;
        }
        Err(crowded) => {
            serving.metrics.connections_refused.count(crowded.into());
            close(&connection, CloseReason::Crowded);
        }
    }
}

/// Tells the operator of refused connections, and not once for each: a flood must not fill the disk with logs.
struct Crowd {
    told: TokenBucket,
}

impl Crowd {
    fn tell(&mut self, refused: Refused) {
        if self.told.take(Rate { burst: 1, interval: CROWDED_TOLD_EVERY }, Instant::now()).is_ok() {
            let limit = match refused {
                Refused::Connections => "`limits.connections` are open",
                Refused::Handshakes => "can be opening at once",
                Refused::Prefix => "`limits.prefix_…` allow from one address prefix",
            };
            tracing::warn!("connections are refused: as many as {limit}; not told again for a minute");
        }
    }
}
