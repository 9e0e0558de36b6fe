//! The relay as a value: start it, ask where it is, shut it down.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use airlock_wire::{CloseReason, InviteCode, RelayAddress};
use quinn::{Endpoint, Incoming};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::{JoinHandle, JoinSet, spawn_blocking},
    time::timeout,
};

use crate::{
    blobs::Blobs,
    clock::unix_seconds,
    config::Config,
    connection::{self, Draining, drained},
    endpoint,
    error::StartError,
    identity::{DirLock, Identity, create_data_dir},
    invite,
    limits::{DRAIN_TIMEOUT, FAREWELL_TIMEOUT, HANDSHAKES_MAX, OPENING_TIMEOUT, RETRY_ABOVE_HANDSHAKES},
    store::{Status, Store, StoreError},
};

/// A running relay. Dropped without [`Relay::shutdown`], it stops as if killed: what it accepted is on disk.
#[derive(Debug)]
pub struct Relay {
    address: RelayAddress,
    local: SocketAddr,
    endpoint: Endpoint,
    store: Arc<Store>,
    draining: watch::Sender<Option<CloseReason>>,
    accepting: JoinHandle<()>,
    _lock: DirLock,
}

impl Relay {
    /// Starts a relay on its data directory, making key and store at the first start.
    ///
    /// # Errors
    /// [`StartError`] says what is in the way and what to do about it.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        config.check()?;
        let (lock, identity, store, config) = spawn_blocking(move || {
            create_data_dir(&config.data_dir)?;
            let lock = DirLock::take(&config.data_dir)?;
            let identity = Identity::load_or_create(&config.data_dir)?;
            let store = Store::open(&config)?;
            Ok::<_, StartError>((lock, identity, store, config))
        })
        .await
        .map_err(|_| StoreError::Thread { thread: "opening", source: None })??;

        let endpoint = endpoint::listen(&identity, config.listen)?;
        let local =
            endpoint.local_addr().map_err(|source| StartError::Listen { listen: config.listen, source })?;
        let address = RelayAddress { fingerprint: Some(identity.fingerprint()), ..config.advertised(local)? };
        let store = Arc::new(store);
        let (draining, drain_begins) = watch::channel(None);
        let connections = usize::try_from(config.limits.connections).unwrap_or(usize::MAX);
        let blobs = Arc::new(Blobs::new(store.clone(), config.limits.blob_bytes));
        let accepting =
            tokio::spawn(accept(endpoint.clone(), store.clone(), blobs, drain_begins, connections));
        Ok(Self { address, local, endpoint, store, draining, accepting, _lock: lock })
    }

    /// The address to hand out.
    #[must_use]
    pub fn address(&self) -> RelayAddress {
        self.address.clone()
    }

    /// Where the relay listens.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Makes an invite that lets one account register within `seconds`.
    ///
    /// # Errors
    /// [`StartError::Store`] when it can't be stored.
    pub async fn make_invite(&self, seconds: u64) -> Result<InviteCode, StartError> {
        let path = self.store.path().to_owned();
        spawn_blocking(move || invite::make_in_store(&path, seconds))
            .await
            .map_err(|_| StoreError::Thread { thread: "invite", source: None })?
            .map(|invite| invite.code)
    }

    /// What the relay holds, in figures.
    ///
    /// # Errors
    /// [`StartError::Store`] when it can't be read.
    pub async fn status(&self) -> Result<Status, StartError> {
        let path = self.store.path().to_owned();
        let read = spawn_blocking(move || Status::read(&path, unix_seconds()))
            .await
            .map_err(|_| StoreError::Thread { thread: "status", source: None })?;
        Ok(read?)
    }

    /// Returns when the store has failed. From then on nothing is accepted; what was accepted is on disk.
    pub async fn failure(&self) -> Arc<StoreError> {
        failure_of(&self.store).await
    }

    /// Stops in order: no new connections, requests in hand answered, clients told, the store closed.
    pub async fn shutdown(mut self) {
        let failed = self.store.failure().borrow().is_some();
        let reason = if failed { CloseReason::StorageFailed } else { CloseReason::Shutdown };
        self.draining.send_replace(Some(reason));
        if timeout(DRAIN_TIMEOUT, &mut self.accepting).await.is_err() {
            tracing::warn!("some connections did not finish in time and are cut");
            self.accepting.abort();
        }
        self.endpoint.close(reason.code().into(), reason.to_string().as_bytes());
        timeout(FAREWELL_TIMEOUT, self.endpoint.wait_idle()).await.ok();
        let store = self.store.clone();
        // The store's threads tell of their own failures.
        spawn_blocking(move || store.close()).await.ok();
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.accepting.abort();
        self.endpoint.close(CloseReason::Shutdown.code().into(), b"");
    }
}

async fn failure_of(store: &Store) -> Arc<StoreError> {
    let mut failure = store.failure();
    loop {
        if let Some(error) = failure.borrow_and_update().clone() {
            return error;
        }
        if failure.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Accepts connections until the relay drains or its store fails, then waits for those that are open.
async fn accept(
    endpoint: Endpoint,
    store: Arc<Store>,
    blobs: Arc<Blobs>,
    draining: Draining,
    connections_max: usize,
) {
    let room = Arc::new(Semaphore::new(connections_max.min(Semaphore::MAX_PERMITS)));
    let handshakes = Arc::new(AtomicUsize::new(0));
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            incoming = endpoint.accept() => {
                let Some(incoming) = incoming else { break };
                if let Some((incoming, place)) = admit(incoming, &room, &handshakes) {
                    let guard = Handshake::begin(&handshakes);
                    connections.spawn(open(incoming, guard, place, store.clone(), blobs.clone(), draining.clone()));
                }
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            _ = drained(draining.clone()) => break,
            _ = failure_of(&store) => break,
        }
    }
    endpoint.set_server_config(None);
    while connections.join_next().await.is_some() {}
}

/// Decides about a client before any work is done for it.
fn admit(
    incoming: Incoming,
    room: &Arc<Semaphore>,
    handshakes: &AtomicUsize,
) -> Option<(Incoming, OwnedSemaphorePermit)> {
    let under_way = handshakes.load(Ordering::Relaxed);
    if under_way >= HANDSHAKES_MAX {
        incoming.refuse();
        return None;
    }
    if under_way >= RETRY_ABOVE_HANDSHAKES && !incoming.remote_address_validated() && incoming.may_retry() {
        // An error gives the connection back, which is then dropped: refused.
        incoming.retry().ok();
        return None;
    }
    match room.clone().try_acquire_owned() {
        Ok(place) => Some((incoming, place)),
        Err(_) => {
            tracing::warn!("a connection is refused: as many as `limits.connections` are open");
            incoming.refuse();
            None
        }
    }
}

/// Finishes the handshake and serves the connection.
async fn open(
    incoming: Incoming,
    handshake: Handshake,
    _place: OwnedSemaphorePermit,
    store: Arc<Store>,
    blobs: Arc<Blobs>,
    draining: Draining,
) {
    let Ok(connecting) = incoming.accept() else { return };
    let connected = timeout(OPENING_TIMEOUT, connecting).await;
    drop(handshake);
    if let Ok(Ok(connection)) = connected {
        connection::serve(connection, store, blobs, draining).await;
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
