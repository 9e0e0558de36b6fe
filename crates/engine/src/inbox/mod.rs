//! In: our relay's pushes, opened in one transaction with the ratchet, then acknowledged.

mod open;

use std::{convert::Infallible, time::Duration};

use airlock_protocol::Control;
use airlock_wire::{Push, RelayAddress, Request, Sequence};
use getrandom::SysRng;
use rand_core::UnwrapErr;
use tokio::sync::mpsc;

use self::open::{Rejection, open};
use crate::{
    backoff::Backoff,
    compose::{ComposeError, seal_for_all},
    engine::{Engine, RegisterError, State},
    event::{Connection, Event},
    relay_client::{NetworkError, PUSH_WINDOW, PendingAnswer, RelayClient},
    vault::{VaultError, messages, outbox::Subject, settings},
};

/// How long receipts are collected before they go out: the relay can't match a receipt to the message that it
/// answers by its time alone, and one envelope serves many messages.
const RECEIPT_DELAY: Duration = Duration::from_secs(2);

/// Receipts in one envelope: fits the smallest padding buckets.
const RECEIPTS_PER_ENVELOPE: usize = 64;

/// Why the inbox had to stop.
enum InboxError {
    Network(NetworkError),
    Vault(VaultError),
}

impl From<NetworkError> for InboxError {
    fn from(error: NetworkError) -> Self {
        Self::Network(error)
    }
}

impl From<VaultError> for InboxError {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}

impl From<RegisterError> for InboxError {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::Network(error) => Self::Network(error),
            RegisterError::Vault(error) => Self::Vault(error),
        }
    }
}

impl Engine {
    /// Runs until the vault fails: connects to our relay, again and again.
    pub(crate) async fn receive(self) {
        let mut backoff = Backoff::default();
        loop {
            let error = match self.receive_once(&mut backoff).await {
                InboxError::Vault(error) => return self.tell(Event::Stopped { why: error.to_string() }),
                InboxError::Network(error) => error,
            };
            let wait = backoff.next(&mut UnwrapErr(SysRng));
            let why = error.to_string();
            if let NetworkError::Superseded = error {
                // Coming back would close the other, and so on for ever.
                return self.set_connection(Connection::Refused { why });
            }
            self.set_connection(match error {
                NetworkError::Unreachable { .. } => Connection::Waiting {
                    why,
                    retry_in_ms: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
                },
                _ => Connection::Refused { why },
            });
            tokio::time::sleep(wait).await;
        }
    }

    async fn receive_once(&self, backoff: &mut Backoff) -> InboxError {
        self.set_connection(Connection::Connecting);
        let connected = async {
            let relay: Option<RelayAddress> =
                settings::get(self.state()?.vault.read(), settings::Name::Relay)?;
            let (client, pushes) = RelayClient::connect(&relay.ok_or(NetworkError::NotRegistered)?).await?;
            let device = self.state()?.us.device().id();
            self.authenticate(&client, device).await?;
            self.publish_prekeys(&client).await?;
            client.tell(Request::Subscribe { window: PUSH_WINDOW }).await?;
            Ok((client, pushes))
        };
        let (client, pushes) = match connected.await {
            Ok(connected) => connected,
            Err(error) => return error,
        };
        backoff.reset();
        self.set_connection(Connection::Online);
        match self.drain(&client, pushes).await {
            Ok(never) => match never {},
            Err(error) => error,
        }
    }

    /// The relay gathers acknowledgements before it answers them, and no message waits for that.
    async fn drain(
        &self,
        client: &RelayClient,
        pushes: mpsc::Receiver<Push>,
    ) -> Result<Infallible, InboxError> {
        let (acknowledged, answers) = mpsc::channel(usize::from(PUSH_WINDOW));
        tokio::select! {
            ended = self.take(client, pushes, acknowledged) => ended,
            error = refused(client, answers) => Err(error.into()),
        }
    }

    async fn take(
        &self,
        client: &RelayClient,
        mut pushes: mpsc::Receiver<Push>,
        acknowledged: mpsc::Sender<PendingAnswer>,
    ) -> Result<Infallible, InboxError> {
        let mut receipts = tokio::time::interval(RECEIPT_DELAY);
        let mut batch = Vec::new();
        loop {
            tokio::select! {
                _ = receipts.tick() => self.send_receipts()?,
                count = pushes.recv_many(&mut batch, usize::from(PUSH_WINDOW)) => {
                    if count == 0 {
                        return Err(client.broken("the relay ended the connection").into());
                    }
                    let sequences = self.open_all(batch.drain(..))?;
                    let answer = client.send(Request::Acknowledge { sequences }).await?;
                    // Fails only when `refused` has ended, and this with it.
                    let _ = acknowledged.send(answer).await;
                    self.publish_prekeys_if_used(client).await?;
                }
            }
        }
    }

    /// First messages use prekeys up; the relay tells how many are left.
    async fn publish_prekeys_if_used(&self, client: &RelayClient) -> Result<(), InboxError> {
        let used = std::mem::take(&mut self.state()?.prekeys_used);
        if used { Ok(self.publish_prekeys(client).await?) } else { Ok(()) }
    }

    /// Opens pushes in one transaction. What can't be opened is dropped and said; then all are acknowledged.
    fn open_all(&self, pushes: impl Iterator<Item = Push>) -> Result<Vec<Sequence>, VaultError> {
        let now_ms = self.now_ms();
        let mut sequences = Vec::new();
        let mut state = self.state()?;
        let State { vault, us, prekeys_used, .. } = &mut *state;
        let events = vault.write(|db| {
            let mut events = Vec::new();
            for Push { sequence, sealed } in pushes {
                sequences.push(sequence);
                match open(db, us, &sealed, now_ms, &mut events, prekeys_used) {
                    Ok(()) => {}
                    Err(Rejection::Repeat) => events.push(Event::Repeated),
                    Err(Rejection::Because(why)) => events.push(Event::Rejected { why }),
                    Err(Rejection::Vault(error)) => return Err(error),
                }
            }
            Ok::<_, VaultError>(events)
        })?;
        drop(state);
        for event in events {
            self.tell(event);
        }
        Ok(sequences)
    }

    /// Seals the receipts that are owed.
    pub(crate) fn send_receipts(&self) -> Result<(), VaultError> {
        let now_ms = self.now_ms();
        let mut state = self.state()?;
        let State { vault, us, rng, .. } = &mut *state;
        let mut sent = false;
        loop {
            let more = vault.write(|db| {
                let Some((account, ids)) = messages::take_receipts(db, RECEIPTS_PER_ENVELOPE)? else {
                    return Ok(false);
                };
                let control = Control::Delivered(ids);
                match seal_for_all(db, us, &mut **rng, account, (&control).into(), Subject::Nothing, now_ms) {
                    // A receipt that can't be sealed is not worth an error: its sender sees "sent".
                    Ok(_) => Ok(true),
                    Err(ComposeError::Vault(error)) => Err(error),
                    Err(_) => Ok(true),
                }
            })?;
            if !more {
                break;
            }
            sent = true;
        }
        drop(state);
        if sent {
            self.inner.outgoing.notify_one();
        }
        Ok(())
    }
}

/// Awaits the answers to acknowledgements until one is not "done".
async fn refused(client: &RelayClient, mut answers: mpsc::Receiver<PendingAnswer>) -> NetworkError {
    while let Some(answer) = answers.recv().await {
        if let Err(error) = client.done(answer).await {
            return error;
        }
    }
    client.broken("the connection ended")
}
