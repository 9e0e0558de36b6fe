//! Accepting connections: decides about each client before work is done for it, and again once it has proved its
//! address.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use airlock_wire::CloseReason;
use quinn::{Endpoint, Incoming};
use tokio::{task::JoinSet, time::timeout};

use crate::{
    admission::{Admission, Crowded, Place},
    blobs::Blobs,
    connection::{self, Draining, close, drained},
    limits::{CROWDED_TOLD_EVERY, HANDSHAKES_MAX, OPENING_TIMEOUT, RETRY_ABOVE_HANDSHAKES},
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
}

/// Accepts connections until the relay drains or its store fails, then waits for those that are open.
pub(crate) async fn accept(endpoint: Endpoint, serving: Serving) {
    let handshakes = Arc::new(AtomicUsize::new(0));
    let mut crowd = Crowd { told: TokenBucket::full(Instant::now()) };
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            incoming = endpoint.accept() => {
                let Some(incoming) = incoming else { break };
                let admitted = admit(incoming, &serving.admission, handshakes.load(Ordering::Relaxed));
                match admitted {
                    Admitted::Yes(incoming, place) => {
                        let handshake = Handshake::begin(&handshakes);
                        connections.spawn(open(incoming, handshake, place, serving.clone()));
                    }
                    Admitted::MustProve => {}
                    Admitted::No(crowded) => crowd.tell(crowded),
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
    No(Crowded),
}

/// Decides about a client. Whoever has not proved its address is never refused because of its prefix: it may be spoofed
/// to have its owner refused.
fn admit(incoming: Incoming, admission: &Arc<Admission>, handshakes: usize) -> Admitted {
    if handshakes >= HANDSHAKES_MAX {
        incoming.refuse();
        return Admitted::No(Crowded::Relay);
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
            Admitted::No(crowded)
        }
    }
}

/// Finishes the handshake and serves the connection.
async fn open(incoming: Box<Incoming>, handshake: Handshake, place: Option<Place>, serving: Serving) {
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
        Ok(_place) => connection::serve(connection, serving.store, serving.blobs, serving.draining).await,
        Err(_) => close(&connection, CloseReason::Crowded),
    }
}

/// Tells the operator of refused connections, and not once for each: a flood must not fill the disk with logs.
struct Crowd {
    told: TokenBucket,
}

impl Crowd {
    fn tell(&mut self, crowded: Crowded) {
        if self.told.take(Rate { burst: 1, interval: CROWDED_TOLD_EVERY }, Instant::now()).is_ok() {
            let limit = match crowded {
                Crowded::Relay => "`limits.connections` are open, or too many are opening",
                Crowded::Prefix => "`limits.prefix_…` allow from one address prefix",
            };
            tracing::warn!("connections are refused: as many as {limit}; not told again for a minute");
        }
    }
}

/// Counts a handshake while it is under way.
struct Handshake(Arc<AtomicUsize>);

impl Handshake {
    fn begin(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count.clone())
    }
}

impl Drop for Handshake {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
