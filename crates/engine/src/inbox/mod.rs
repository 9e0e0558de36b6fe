//! In: our relay's pushes, opened in one transaction with the ratchet, then acknowledged.

#[cfg(test)]
mod tests;

use std::time::Duration;

use airlock_protocol::{
    Content, Control, CurveRole, FirstMessage, Letter, LocalIdentity, MessageId, OpenError, Opened, Peer,
    Prekeys, Received, outgoing::ReturnAddress,
};
use airlock_wire::{AccountId, KemRole, Push, RelayAddress, Request, Sequence};
use getrandom::SysRng;
use rand_core::{Rng, UnwrapErr};
use rusqlite::Connection as Database;
use tokio::sync::mpsc;

use crate::{
    backoff::Backoff,
    compose::{ComposeError, seal_for_all},
    engine::{Engine, RegisterError, State, contact_name},
    event::{Connection, Event},
    relay_client::{NetworkError, PUSH_WINDOW, RelayClient},
    vault::{
        VaultError,
        attachments::{self, FileState, StoredFile},
        contacts,
        messages::{self, Delivery, Direction, Message},
        outbox::Subject,
        prekeys, reports, sessions, settings,
    },
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

/// Why one envelope is not shown. Its text is for the recipient.
enum Rejection {
    /// Its sender's fault, or an attack: it is dropped, and said.
    Because(String),
    /// It was here before: dropped without a word.
    Repeat,
    /// Our fault: nothing is acknowledged.
    Vault(VaultError),
}

impl From<VaultError> for Rejection {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}

impl From<OpenError> for Rejection {
    fn from(error: OpenError) -> Self {
        if error.is_repeat() { Self::Repeat } else { Self::Because(error.to_string()) }
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

    async fn drain(
        &self,
        client: &RelayClient,
        mut pushes: mpsc::Receiver<Push>,
    ) -> Result<std::convert::Infallible, InboxError> {
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
                    client.tell(Request::Acknowledge { sequences }).await?;
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
                    Ok(()) | Err(Rejection::Repeat) => {}
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

/// Opens one envelope and stores what is in it, with the ratchet that opened it.
fn open(
    db: &Database,
    us: &LocalIdentity,
    sealed: &[u8],
    now_ms: u64,
    events: &mut Vec<Event>,
    prekeys_used: &mut bool,
) -> Result<(), Rejection> {
    let received = Received::parse(sealed, us)?;
    let opened = match (sessions::get(db, &received.session_id())?, received) {
        (Some(mut session), received) => {
            let opened = match received {
                Received::First(first) => session.open(first, now_ms),
                Received::Ratchet(message) => session.open(message, now_ms),
            };
            if let Ok(_) | Err(OpenError::Letter(_)) = &opened {
                sessions::put(db, &session, Some(now_ms))?;
            }
            opened?
        }
        (None, Received::First(first)) => {
            *prekeys_used = true;
            accept(db, us, first, now_ms, events)?
        }
        (None, Received::Ratchet(_)) => {
            return Err(Rejection::Because("it belongs to a session that this device does not have".into()));
        }
    };
    store(db, opened, now_ms, events)
}

/// Opens the first message of a session and makes the session; its one-time keys go in the same transaction.
fn accept(
    db: &Database,
    us: &LocalIdentity,
    first: FirstMessage,
    now_ms: u64,
    events: &mut Vec<Event>,
) -> Result<Opened, Rejection> {
    let Peer { account, .. } = first.sender();
    if sessions::is_forgotten(db, &first.session_id())? {
        return Err(Rejection::Because("it belongs to a session that this device has forgotten".into()));
    }
    if let Some(known) = contacts::devices(db, &account)?
        && known.version > first.devices().version
    {
        return Err(Rejection::Because("its sender shows an old device list".into()));
    }
    let needed = first.prekeys_needed();
    let gone = || Rejection::Because("it was made for keys that this device no longer has".into());
    let signed = prekeys::curve(db, CurveRole::Signed, needed.signed)?.ok_or_else(gone)?;
    let one_time = match needed.one_time {
        Some(id) => Some(prekeys::curve(db, CurveRole::OneTime, id)?.ok_or_else(gone)?),
        None => None,
    };
    let (role, id) = needed.kem;
    let kem = prekeys::kem(db, role, id)?.ok_or_else(gone)?;
    let devices = first.signed_devices().clone();
    let keys = Prekeys { signed: &signed, one_time: one_time.as_ref(), kem: &kem };
    let (session, opened) = first.accept(us, keys, now_ms)?;
    if sessions::heard(db, &account)? {
        renewed(db, account, now_ms, events)?;
    }
    sessions::put(db, &session, Some(now_ms))?;
    sessions::trim(db, &session, now_ms)?;
    if let Some(id) = needed.one_time {
        prekeys::delete_curve(db, id)?;
    }
    if role == KemRole::OneTime {
        prekeys::delete_kem(db, id)?;
    }
    if let Letter::Control(Control::Reachable(address)) = &opened.letter {
        meet(db, account, address, now_ms)?;
    }
    contacts::set_devices(db, &account, &devices)?;
    Ok(opened)
}

/// Notes in the conversation that an account which was heard before began anew, on the same device or another: that was
/// updated from version 1, restored or reset, has had no answer for long, or somebody else has the account's key.
/// Sessions that both sides begin at once are not told of, unless an earlier one was heard on.
fn renewed(
    db: &Database,
    account: AccountId,
    now_ms: u64,
    events: &mut Vec<Event>,
) -> Result<(), VaultError> {
    // Ours alone: a peer that knew it could put a message in the notice's place.
    let mut id = MessageId([0; 16]);
    UnwrapErr(SysRng).fill_bytes(&mut id.0);
    let notice = Message { delivery: Delivery::Renewed, ..incoming(account, id, String::new(), now_ms) };
    if contacts::get(db, &account)?.is_some() && messages::put(db, &notice)? {
        events.push(Event::Received { account, id });
    }
    Ok(())
}

/// Stores what an authentic message says.
fn store(db: &Database, opened: Opened, now_ms: u64, events: &mut Vec<Event>) -> Result<(), Rejection> {
    let Opened { sender: Peer { account, .. }, sent_at_ms, letter } = opened;
    match letter {
        Letter::Control(Control::Reachable(address)) => {
            meet(db, account, &address, now_ms)?;
            events.push(Event::Contact { account });
        }
        Letter::Control(Control::Delivered(ids)) => {
            for id in ids {
                if messages::confirm(db, &account, &id)? {
                    events.push(Event::Delivery { account, id, delivery: Delivery::Delivered });
                }
            }
        }
        Letter::Report(report) => {
            reports::put_received(db, &account, &report, sent_at_ms, now_ms)?;
            events.push(Event::ReportReceived);
        }
        Letter::Message { content: Content::Profile(name), .. } => {
            introduce(db, account, &name)?;
            events.push(Event::Contact { account });
        }
        Letter::Message { id, content: Content::Text(text) } => {
            let message = incoming(account, id, text, sent_at_ms);
            say(db, &message, None, events)?;
        }
        Letter::Message { content: Content::Attachment(_), .. } => {
            return Err(Rejection::Because("it announces a file and does not say where it is".into()));
        }
        Letter::Attachment { id, attachment, pointer } => {
            let text = attachment.caption.clone().unwrap_or_default();
            let message = incoming(account, id, text, sent_at_ms);
            let (key, blob, state) = (message.file_key(), pointer.blob(), FileState::Offered);
            let file = StoredFile { key, attachment, pointer, blob, upload: None, state };
            say(db, &message, Some(&file), events)?;
        }
    }
    Ok(())
}

fn incoming(account: AccountId, id: MessageId, text: String, sent_at_ms: u64) -> Message {
    Message {
        id,
        account,
        direction: Direction::In,
        text,
        original: None,
        at_ms: sent_at_ms,
        delivery: Delivery::Received,
        effect: None,
        file: None,
    }
}

/// Puts what somebody said, with its file if it has one, into the conversation with them.
fn say(
    db: &Database,
    message: &Message,
    file: Option<&StoredFile>,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    let Message { account, id, .. } = message;
    if contacts::get(db, account)?.is_none() {
        return Err(Rejection::Because("its sender has not said how to be reached".into()));
    }
    if messages::put(db, message)? {
        if let Some(file) = file {
            attachments::put(db, file)?;
        }
        events.push(Event::Received { account: *account, id: *id });
    }
    Ok(messages::owe_receipt(db, account, id)?)
}

/// Notes where an account is to be reached; a new one becomes an unverified contact under the start of its id.
fn meet(db: &Database, account: AccountId, address: &ReturnAddress, now_ms: u64) -> Result<(), Rejection> {
    if address.account != account {
        return Err(Rejection::Because("its sender gives somebody else's address".into()));
    }
    contacts::put(db, address, &placeholder(account), false, now_ms)?;
    Ok(())
}

/// Takes the name that somebody gives themselves, unless we have one for them, or for another of that name.
fn introduce(db: &Database, account: AccountId, name: &str) -> Result<(), Rejection> {
    let Some(contact) = contacts::get(db, &account)? else {
        return Err(Rejection::Because("its sender has not said how to be reached".into()));
    };
    let name = contact_name(name)
        .ok_or_else(|| Rejection::Because("its sender introduces themselves without a name".into()))?;
    contacts::introduce(db, &account, &name)?;
    if contact.name == placeholder(account) && !contacts::name_taken(db, &name, &account)? {
        contacts::rename(db, &account, &name)?;
    }
    Ok(())
}

fn placeholder(account: AccountId) -> String {
    account.to_string().chars().take(8).collect()
}
