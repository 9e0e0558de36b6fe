//! One envelope, opened and stored with the ratchet that opened it.

#[cfg(test)]
mod tests;

use airlock_protocol::{
    Content, Control, CurveRole, FirstMessage, Letter, LocalIdentity, MessageId, OpenError, Opened, Peer,
    Prekeys, Received, outgoing::ReturnAddress,
};
use airlock_wire::{AccountId, KemRole};
use getrandom::SysRng;
use rand_core::{Rng, UnwrapErr};
use rusqlite::Connection as Database;

use crate::{
    engine::contact_name,
    event::Event,
    vault::{
        VaultError,
        attachments::{self, FileState, StoredFile},
        contacts,
        messages::{self, Delivery, Direction, Message},
        prekeys, reports, sessions,
    },
};

/// Why one envelope is not shown. Its text is for the recipient.
pub(super) enum Rejection {
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

/// Opens one envelope and stores what is in it, with the ratchet that opened it.
pub(super) fn open(
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
