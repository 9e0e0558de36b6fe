//! The relay as a value: start it, ask where it is, shut it down.

use std::{net::SocketAddr, sync::Arc, time::Instant};

use airlock_wire::{CloseReason, InviteCode, RelayAddress};
use quinn::Endpoint;
use tokio::{
    sync::watch,
    task::{JoinHandle, spawn_blocking},
    time::timeout,
};

use crate::{
    accept::{Serving, accept},
    admission::Admission,
    blobs::Blobs,
    clock::unix_seconds,
    config::{Config, ConfigError},
    endpoint,
    error::StartError,
    identity::{DirLock, Identity, create_data_dir},
    invite,
    limits::{DRAIN_TIMEOUT, FAREWELL_TIMEOUT},
    metrics::Metrics,
    monitor::{self, Monitored},
    observer::Observer,
    store::{Status, Store, StoreError},
};

/// A running relay. Dropped without [`Relay::shutdown`], it stops as if killed: what it accepted is on disk.
#[derive(Debug)]
pub struct Relay {
    address: RelayAddress,
    local: SocketAddr,
    endpoint: Endpoint,
    config: Config,
    serving: Serving,
    draining: watch::Sender<Option<CloseReason>>,
    accepting: JoinHandle<()>,
    monitoring: Option<Monitoring>,
    _lock: DirLock,
}

/// The task that answers to the operator.
#[derive(Debug)]
struct Monitoring {
    address: SocketAddr,
    answering: JoinHandle<()>,
}

impl Monitoring {
    /// Starts, if the configuration has an address for it.
    async fn start(config: &Config, monitored: &Arc<Monitored>) -> Result<Option<Self>, StartError> {
        let Some(address) = config.metrics else { return Ok(None) };
        let listener = monitor::listen(address).await?;
        let address = listener.local_addr().map_err(|source| StartError::Metrics { address, source })?;
        let answering = tokio::spawn(monitor::serve(listener, monitored.clone()));
        Ok(Some(Self { address, answering }))
    }
}

impl Drop for Monitoring {
    fn drop(&mut self) {
        self.answering.abort();
    }
}

impl Relay {
    /// Starts a relay on its data directory, making key and store at the first start.
    ///
    /// # Errors
    /// [`StartError`] says what is in the way and what to do about it.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        Self::start_with(config, Observer::default()).await
    }

    /// The same, and tells `listener` of each request: what whoever runs a relay could read in its memory.
    ///
    /// # Errors
    /// As [`Self::start`].
    #[cfg(feature = "observer")]
    pub async fn start_observed(
        config: Config,
        listener: tokio::sync::mpsc::UnboundedSender<crate::observer::Observed>,
    ) -> Result<Self, StartError> {
        Self::start_with(config, Observer::telling(listener)).await
    }

    async fn start_with(config: Config, observer: Observer) -> Result<Self, StartError> {
        config.check()?;
        let (lock, identity, config) = blocking(move || {
            create_data_dir(config.data_dir.path())?;
            let lock = DirLock::take(config.data_dir.path())?;
            let identity = Identity::load_or_create(config.data_dir.path())?;
            Ok((lock, identity, config))
        })
        .await?;
        // Before the store, which may take its time: whoever asks meanwhile hears that it is not ready.
        let metrics = Arc::new(Metrics::default());
        let monitored = Monitored::new(metrics.clone());
        let monitoring = Monitoring::start(&config, &monitored).await?;
        let (store, config) = {
            let metrics = metrics.clone();
            blocking(move || Ok((Store::open(&config, metrics)?, config))).await?
        };

        let endpoint = endpoint::listen(&identity, config.listen)?;
        let local =
            endpoint.local_addr().map_err(|source| StartError::Listen { listen: config.listen, source })?;
        let address = RelayAddress { fingerprint: Some(identity.fingerprint()), ..config.advertised(local)? };
        let store = Arc::new(store);
        let (draining, drain_begins) = watch::channel(None);
        let serving = Serving {
            blobs: Arc::new(Blobs::new(store.clone(), config.limits.blob_bytes)),
            store,
            admission: Arc::new(Admission::new(&config.limits, Instant::now())),
            draining: drain_begins,
            metrics,
            observer,
        };
        let accepting = tokio::spawn(accept(endpoint.clone(), serving.clone()));
        monitored.serves(serving.clone());
        Ok(Self { address, local, endpoint, config, serving, draining, accepting, monitoring, _lock: lock })
    }

    /// Goes by another configuration from now on, in which only `registration` and `limits` may differ from the one
    /// that it was started with. Connections, accounts and mail that are there stay, even above a new limit.
    ///
    /// # Errors
    /// [`ConfigError`] names the key. Then nothing has changed.
    pub fn reload(&self, config: &Config) -> Result<(), ConfigError> {
        self.config.check_reload(config)?;
        self.serving.admission.set_limits(&config.limits);
        self.serving.blobs.set_bytes_max(config.limits.blob_bytes);
        self.serving.store.reload(config);
        Ok(())
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

    /// Where metrics and health are served, if they are.
    #[must_use]
    pub fn metrics_addr(&self) -> Option<SocketAddr> {
        self.monitoring.as_ref().map(|monitoring| monitoring.address)
    }

    /// Makes an invite that lets one account register within `seconds`.
    ///
    /// # Errors
    /// [`StartError::Store`] when it can't be stored.
    pub async fn make_invite(&self, seconds: u64) -> Result<InviteCode, StartError> {
        let data_dir = self.serving.store.data_dir().clone();
        spawn_blocking(move || invite::make(data_dir, seconds))
            .await
            .map_err(|_| StoreError::Thread { thread: "invite", source: None })?
            .map(|invite| invite.code)
    }

    /// What the relay holds, in figures.
    ///
    /// # Errors
    /// [`StartError::Store`] when it can't be read.
    pub async fn status(&self) -> Result<Status, StartError> {
        let data_dir = self.serving.store.data_dir().clone();
        let read = spawn_blocking(move || Status::read(&data_dir, unix_seconds()))
            .await
            .map_err(|_| StoreError::Thread { thread: "status", source: None })?;
        Ok(read?)
    }

    /// Returns when the store has failed. From then on nothing is accepted; what was accepted is on disk.
    pub async fn failure(&self) -> Arc<StoreError> {
        self.serving.store.failed().await
    }

    /// Stops in order: no new connections, requests in hand answered, clients told, the store closed.
    pub async fn shutdown(mut self) {
        let failed = self.serving.store.failure().borrow().is_some();
        let reason = if failed { CloseReason::StorageFailed } else { CloseReason::Shutdown };
        self.draining.send_replace(Some(reason));
        if timeout(DRAIN_TIMEOUT, &mut self.accepting).await.is_err() {
            tracing::warn!("some connections did not finish in time and are cut");
            self.accepting.abort();
        }
        self.endpoint.close(reason.code().into(), reason.to_string().as_bytes());
        timeout(FAREWELL_TIMEOUT, self.endpoint.wait_idle()).await.ok();
        let store = self.serving.store.clone();
        // The store's threads tell of their own failures.
        spawn_blocking(move || store.close()).await.ok();
    }
}

/// Does what may block at the start.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StartError> + Send + 'static,
) -> Result<T, StartError> {
    spawn_blocking(work).await.map_err(|_| StoreError::Thread { thread: "opening", source: None })?
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.accepting.abort();
        self.endpoint.close(CloseReason::Shutdown.code().into(), b"");
    }
}
