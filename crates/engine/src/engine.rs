//! The engine: one device's keys and vault, opened.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use airlock_protocol::{LocalIdentity, MessageId, outgoing::NAME_BYTES_MAX};
use airlock_wire::{AccountId, DeliveryToken, DeviceId, InviteCode, RelayAddress, Request};
use getrandom::SysRng;
use rand_core::{CryptoRng, UnwrapErr};
use serde::Serialize;
use tokio::{
    sync::{Notify, broadcast},
    task::JoinSet,
};

use crate::{
    attachments::Transfers,
    event::{Connection, EVENTS_KEPT, Event},
    gate::Gate,
    home::{Home, HomeLock},
    link::ContactLink,
    relay_client::{NetworkError, RelayClient},
    vault::{
        Vault, VaultError, messages,
        messages::{Delivery, Message},
        outbox,
        reports::{self, ReportMade, ReportReceived},
        settings,
    },
};

/// How long [`Engine::shutdown`] waits for what is on its way.
const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(2);

/// One device of one account. Clones share everything; call [`Engine::shutdown`] before the last one goes.
#[derive(Clone)]
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) home: Home,
    state: Mutex<State>,
    gate: Mutex<Arc<Gate>>,
    clock: Clock,
    pub(crate) events: broadcast::Sender<Event>,
    connection: Mutex<Connection>,
    delivery_problem: Mutex<Option<String>>,
    /// Something was put in the outbox.
    pub(crate) outgoing: Notify,
    /// Files that are on their way now.
    pub(crate) transfers: Transfers,
    pub(crate) tasks: tokio::sync::Mutex<Tasks>,
    _lock: HomeLock,
}

type Clock = Box<dyn Fn() -> u64 + Send + Sync>;

impl Inner {
    pub(crate) fn new(home: Home, state: State, gate: Gate, clock: Clock, lock: HomeLock) -> Self {
        Self {
            home,
            state: Mutex::new(state),
            gate: Mutex::new(Arc::new(gate)),
            clock,
            events: broadcast::Sender::new(EVENTS_KEPT),
            connection: Mutex::new(Connection::Offline),
            delivery_problem: Mutex::default(),
            outgoing: Notify::new(),
            transfers: Transfers::default(),
            tasks: tokio::sync::Mutex::default(),
            _lock: lock,
        }
    }
}

#[derive(Default)]
pub(crate) struct Tasks {
    pub(crate) running: JoinSet<()>,
    delivers: bool,
    receives: bool,
}

/// What is behind the one lock: the ratchets must not be stepped by two at once.
pub(crate) struct State {
    pub(crate) vault: Vault,
    pub(crate) us: LocalIdentity,
    pub(crate) rng: Box<dyn CryptoRng + Send>,
    /// A first message has used prekeys since the relay's stock was looked at.
    pub(crate) prekeys_used: bool,
}

/// Where randomness and time come from.
pub struct Sources {
    /// For keys, ids and nonces.
    pub rng: Box<dyn CryptoRng + Send>,
    /// Milliseconds since 1970.
    pub clock: Box<dyn Fn() -> u64 + Send + Sync>,
}

impl Default for Sources {
    /// The system's.
    fn default() -> Self {
        let clock = || {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        };
        Self { rng: Box::new(UnwrapErr(SysRng)), clock: Box::new(clock) }
    }
}

/// What runs in the background.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// The outbox alone: enough to send.
    DeliverOnly,
    /// The outbox and the inbox.
    DeliverAndReceive,
}

/// Who we are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Me {
    /// Our account.
    pub account: AccountId,
    /// This device.
    pub device: DeviceId,
    /// The name by which we introduce ourselves.
    pub name: String,
    /// Where we receive, once registered.
    pub relay: Option<RelayAddress>,
}

/// Why there is no link to hand out yet.
#[derive(Debug, thiserror::Error)]
pub enum LinkUnavailable {
    /// A link needs a relay.
    #[error("this client is not registered at a relay yet")]
    NotRegistered,
    /// The vault can't be read.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl Engine {
    pub(crate) fn state(&self) -> Result<MutexGuard<'_, State>, VaultError> {
        self.inner.state.lock().map_err(|_| VaultError::Poisoned)
    }

    pub(crate) fn current_gate(&self) -> Arc<Gate> {
        Arc::clone(&self.inner.gate.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn replace_gate(&self, gate: Arc<Gate>) {
        *self.inner.gate.lock().unwrap_or_else(PoisonError::into_inner) = gate;
        self.tell(Event::Gate);
    }

    pub(crate) fn now_ms(&self) -> u64 {
        (self.inner.clock)()
    }

    /// Tells whoever watches; nobody need.
    pub(crate) fn tell(&self, event: Event) {
        let _ = self.inner.events.send(event);
    }

    pub(crate) fn set_connection(&self, connection: Connection) {
        *self.inner.connection.lock().unwrap_or_else(PoisonError::into_inner) = connection.clone();
        self.tell(Event::Connection(connection));
    }

    /// Registers the account at a relay, which is where it receives from now on. May be repeated.
    ///
    /// # Errors
    /// When the relay can't be reached, is another one, or refuses; the vault stays as it was then.
    pub async fn register(
        &self,
        relay: RelayAddress,
        invite: Option<InviteCode>,
    ) -> Result<(), RegisterError> {
        let (client, _pushes) = RelayClient::connect(&relay).await?;
        let (device, devices, token) = {
            let state = self.state()?;
            let token: DeliveryToken = settings::need(state.vault.read(), settings::Name::Token)?;
            (state.us.device().id(), state.us.device_list().clone(), token)
        };
        self.authenticate(&client, device).await?;
        client.tell(Request::Register { devices, token: token.hash(), invite }).await?;
        self.publish_prekeys(&client).await?;
        self.state()?.vault.write(|db| settings::put(db, settings::Name::Relay, &relay))?;
        client.close().await;
        Ok(())
    }

    pub(crate) async fn authenticate(
        &self,
        client: &RelayClient,
        device: DeviceId,
    ) -> Result<(), NetworkError> {
        let sign = |challenge: &_, exporter: &_| match self.inner.state.lock() {
            Ok(state) => state.us.device().sign_authentication(challenge, exporter),
            Err(poisoned) => poisoned.into_inner().us.device().sign_authentication(challenge, exporter),
        };
        client.authenticate(device, sign).await
    }

    /// Who we are.
    ///
    /// # Errors
    /// When the vault can't be read.
    pub fn me(&self) -> Result<Me, VaultError> {
        let state = self.state()?;
        Ok(Me {
            account: state.us.account(),
            device: state.us.device().id(),
            name: settings::need(state.vault.read(), settings::Name::Profile)?,
            relay: settings::get(state.vault.read(), settings::Name::Relay)?,
        })
    }

    /// The link to hand to others, by a way that they trust.
    ///
    /// # Errors
    /// Before [`Engine::register`] has succeeded.
    pub fn link(&self) -> Result<ContactLink, LinkUnavailable> {
        let Me { account, name, relay, .. } = self.me()?;
        let relay = relay.ok_or(LinkUnavailable::NotRegistered)?;
        let token = settings::need(self.state()?.vault.read(), settings::Name::Token)?;
        Ok(ContactLink { account, relay, token, name })
    }

    /// The newest messages of a conversation, oldest first.
    ///
    /// # Errors
    /// When the vault can't be read.
    pub fn messages(&self, account: AccountId, newest: usize) -> Result<Vec<Message>, VaultError> {
        messages::newest(self.state()?.vault.read(), &account, newest)
    }

    /// One message.
    ///
    /// # Errors
    /// When the vault can't be read.
    pub fn message(&self, id: MessageId) -> Result<Option<Message>, VaultError> {
        messages::get(self.state()?.vault.read(), &id)
    }

    /// Incoming messages that this call has not given out yet, oldest first. Each is given out once.
    ///
    /// # Errors
    /// When the vault can't be written; nothing is given out then.
    pub fn take_new(&self) -> Result<Vec<Message>, VaultError> {
        self.state()?.vault.write(messages::take)
    }

    /// All messages of a conversation have been seen.
    ///
    /// # Errors
    /// When the vault can't be written.
    pub fn mark_read(&self, account: AccountId) -> Result<(), VaultError> {
        self.state()?.vault.write(|db| messages::mark_read(db, &account))
    }

    /// The reports that our gate made, oldest first.
    ///
    /// # Errors
    /// When the vault can't be read.
    pub fn reports_made(&self) -> Result<Vec<ReportMade>, VaultError> {
        reports::made(self.state()?.vault.read())
    }

    /// The reports that reached us as an authority, oldest first.
    ///
    /// # Errors
    /// When the vault can't be read.
    pub fn reports_received(&self) -> Result<Vec<ReportReceived>, VaultError> {
        reports::received(self.state()?.vault.read())
    }

    /// Envelopes that wait for a relay's "accepted".
    ///
    /// # Errors
    /// When the vault can't be read.
    pub fn outbox_len(&self) -> Result<usize, VaultError> {
        outbox::len(self.state()?.vault.read())
    }

    /// What happens from now on.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.inner.events.subscribe()
    }

    /// How the connection to our own relay stands.
    #[must_use]
    pub fn connection(&self) -> Connection {
        self.inner.connection.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Why the outbox could not be delivered at the last attempt, if that failed.
    #[must_use]
    pub fn delivery_problem(&self) -> Option<String> {
        self.inner.delivery_problem.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_delivery_problem(&self, problem: Option<String>) {
        *self.inner.delivery_problem.lock().unwrap_or_else(PoisonError::into_inner) = problem;
    }

    /// Waits until one of our messages is no longer queued.
    ///
    /// # Errors
    /// When the vault can't be read.
    pub async fn settled(&self, id: MessageId) -> Result<Option<Delivery>, VaultError> {
        let mut events = self.events();
        loop {
            match self.message(id)?.map(|message| message.delivery) {
                Some(Delivery::Queued) => {}
                other => return Ok(other),
            }
            // A lagging watcher reads the vault again, which is what the loop does.
            if let Err(broadcast::error::RecvError::Closed) = events.recv().await {
                return Ok(None);
            }
        }
    }

    /// Starts the background work. Calling it again adds what is not running yet.
    pub async fn start(&self, what: Start) {
        let mut tasks = self.inner.tasks.lock().await;
        if !std::mem::replace(&mut tasks.delivers, true) {
            tasks.running.spawn(self.clone().deliver());
        }
        if what == Start::DeliverAndReceive && !std::mem::replace(&mut tasks.receives, true) {
            tasks.running.spawn(self.clone().receive());
        }
    }

    /// Gives what is on its way a moment to arrive, then stops the background work.
    pub async fn shutdown(&self) {
        let was_online = self.connection() == Connection::Online;
        if self.send_receipts().is_ok() && was_online {
            let _ = tokio::time::timeout(SHUTDOWN_PATIENCE, self.outbox_empty()).await;
        }
        let mut tasks = self.inner.tasks.lock().await;
        tasks.running.shutdown().await;
        (tasks.delivers, tasks.receives) = (false, false);
        drop(tasks);
        self.set_connection(Connection::Offline);
    }

    async fn outbox_empty(&self) {
        let mut events = self.events();
        while self.outbox_len().is_ok_and(|waiting| waiting > 0) {
            if let Err(broadcast::error::RecvError::Closed) = events.recv().await {
                return;
            }
        }
    }
}

/// Why an account could not be registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The relay can't be reached, or refuses.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The vault refuses.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// A name that fits a line and has nothing in it that moves a cursor; None when nothing is left.
pub(crate) fn contact_name(name: &str) -> Option<String> {
    let name: String = name.chars().filter(|c| !c.is_control()).collect();
    let name = name.trim();
    (!name.is_empty() && name.len() <= NAME_BYTES_MAX).then(|| name.to_owned())
}
