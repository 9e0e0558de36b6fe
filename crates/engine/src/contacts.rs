//! Contacts: adding them by link, naming them, verifying them.

use std::collections::HashMap;

use airlock_protocol::{
    BundleError, Control, Draft, MessageId, PqxdhError, SafetyNumber, SealError, Session, VerifiedBundle,
    outgoing::{NAME_BYTES_MAX, ReturnAddress},
};
use airlock_wire::{
    AccountId, Bundle, DeliveryToken, DeviceId, DeviceListError, RelayAddress, SignedDeviceList, SubmitId,
};
use rand_core::CryptoRng;
use rusqlite::Connection;

use crate::{
    compose::{ComposeError, Composed},
    engine::{Engine, State, contact_name},
    event::Event,
    link::ContactLink,
    relay_client::{NetworkError, RelayClient},
    vault::{
        VaultError, contacts,
        contacts::Contact,
        outbox::{self, Subject},
        sessions, settings,
    },
};

/// A contact that was added, and what became of the introduction.
#[derive(Debug)]
pub struct Added {
    /// Who.
    pub contact: Contact,
    /// Our name goes to them through the gate, like all that a person says. None when they know it already.
    pub introduction: Option<Composed>,
}

/// Whether the account key of a contact was confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verified {
    /// By comparing safety numbers, or by a link from a trusted place.
    Yes,
    /// Not, or no longer.
    No,
}

/// Why a contact was not added.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// The link is our own.
    #[error("this is your own link")]
    Ourselves,
    /// Another contact has that name.
    #[error(transparent)]
    Name(#[from] ContactError),
    /// Sessions could not be started.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The introduction could not be sent.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// The vault refuses.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// Why there is no session with a contact.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// Their relay can't be reached, or refuses.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// Their relay gave somebody else's device list, or a malformed one.
    #[error("the relay gave a device list that is not this contact's: {0}")]
    Devices(String),
    /// Their relay gave an older device list than one that we have seen.
    #[error("the relay gave an old device list (version {got}, and version {known} is known)")]
    Rollback {
        /// As given.
        got: u64,
        /// As known.
        known: u64,
    },
    /// A key does not verify.
    #[error("the relay gave keys that do not verify: {0}")]
    Bundle(#[from] BundleError),
    /// The agreement fails.
    #[error("no session can be started: {0}")]
    Agreement(#[from] PqxdhError),
    /// None of their devices has published keys.
    #[error("this contact has published no keys yet")]
    NoKeys,
    /// The first message can't be sealed.
    #[error("the first message cannot be sealed: {0}")]
    Seal(#[from] SealError),
    /// The vault refuses.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// Why a contact can't be had, or named so.
#[derive(Debug, thiserror::Error)]
pub enum ContactError {
    /// None has this name or id.
    #[error("there is no contact `{wanted}`")]
    Unknown {
        /// As asked for.
        wanted: String,
        /// All names, for whoever asked.
        known: Vec<String>,
    },
    /// More than one account id starts like this.
    #[error("more than one contact's id starts with `{0}`")]
    Ambiguous(String),
    /// Taken.
    #[error("another contact is called `{0}` already")]
    Taken(String),
    /// Empty or too long.
    #[error("the name `{0}` is empty or longer than {NAME_BYTES_MAX} bytes")]
    Name(String),
    /// The vault refuses.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl Engine {
    /// All contacts, by name.
    ///
    /// # Errors
    /// When the vault can't be read.
    pub fn contacts(&self) -> Result<Vec<Contact>, VaultError> {
        contacts::all(self.state()?.vault.read())
    }

    /// The contact of this name, or whose account id starts like this (at least six characters).
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub fn contact(&self, wanted: &str) -> Result<Contact, ContactError> {
        let all = self.contacts()?;
        if let Some(contact) = all.iter().find(|contact| contact.name.eq_ignore_ascii_case(wanted)) {
            return Ok(contact.clone());
        }
        let id = wanted.to_ascii_lowercase();
        let starts = |contact: &&Contact| id.len() >= 6 && contact.account.to_string().starts_with(&id);
        match all.iter().filter(starts).collect::<Vec<_>>().as_slice() {
            [one] => Ok((*one).clone()),
            [] => Err(ContactError::Unknown {
                wanted: wanted.into(),
                known: all.into_iter().map(|contact| contact.name).collect(),
            }),
            _ => Err(ContactError::Ambiguous(wanted.into())),
        }
    }

    /// Gives a contact another name.
    ///
    /// # Errors
    /// When the name is taken, empty or too long.
    pub fn rename(&self, account: AccountId, name: &str) -> Result<(), ContactError> {
        let name = contact_name(name).ok_or_else(|| ContactError::Name(name.into()))?;
        self.state()?.vault.write(|db| {
            if contacts::name_taken(db, &name, &account)? {
                return Err(ContactError::Taken(name.clone()));
            }
            Ok(contacts::rename(db, &account, &name)?)
        })?;
        self.tell(Event::Contact { account });
        Ok(())
    }

    /// The number that both sides of a conversation compare.
    ///
    /// # Errors
    /// When the vault can't be read.
    pub fn safety_number(&self, account: AccountId) -> Result<SafetyNumber, VaultError> {
        Ok(SafetyNumber::of(self.state()?.us.account(), account))
    }

    /// Notes whether a contact's account key was confirmed.
    ///
    /// # Errors
    /// When the vault can't be written.
    pub fn set_verified(&self, account: AccountId, verified: Verified) -> Result<(), VaultError> {
        let verified = verified == Verified::Yes;
        self.state()?.vault.write(|db| contacts::set_verified(db, &account, verified))?;
        self.tell(Event::Contact { account });
        Ok(())
    }

    /// Adds the account of a link as a contact, starts sessions with its devices, and introduces us by name.
    ///
    /// The link carries the account's key, so the contact counts as verified: whoever takes a link from an
    /// untrusted place should compare safety numbers.
    ///
    /// # Errors
    /// When we have no relay yet, theirs can't be reached, or what it gives does not verify. Nothing is added then.
    pub async fn add(&self, link: &ContactLink, name: Option<&str>) -> Result<Added, AddError> {
        let known = self.meet(link, name).await?;
        let introduction = if known { None } else { Some(self.introduce(link.account).await?) };
        self.tell(Event::Contact { account: link.account });
        let contact = contacts::get(self.state()?.vault.read(), &link.account)?;
        let lost = ContactError::Unknown { wanted: link.name.clone(), known: Vec::new() };
        Ok(Added { contact: contact.ok_or(lost)?, introduction })
    }

    /// As [`Engine::add`], without telling our name: for an authority.
    ///
    /// # Errors
    /// As [`Engine::add`].
    pub async fn add_authority(&self, link: &ContactLink, name: Option<&str>) -> Result<Contact, AddError> {
        self.meet(link, name).await?;
        self.tell(Event::Contact { account: link.account });
        Ok(self.contact(&link.account.to_string())?)
    }

    /// Makes the contact and the sessions; true when there were sessions already.
    async fn meet(&self, link: &ContactLink, name: Option<&str>) -> Result<bool, AddError> {
        let (us, has_session, old_name) = {
            let state = self.state()?;
            let db = state.vault.read();
            let devices = contacts::devices(db, &link.account)?;
            let listed = devices.as_ref().map_or(&[][..], |list| &list.devices);
            let mut has_session = false;
            for device in listed {
                has_session |= sessions::for_sending(db, &device.id)?.is_some();
            }
            let old_name = contacts::get(db, &link.account)?.map(|contact| contact.name);
            (state.us.account(), has_session, old_name)
        };
        if us == link.account {
            return Err(AddError::Ourselves);
        }
        let wanted = name.or(old_name.as_deref()).unwrap_or(&link.name);
        let name = contact_name(wanted).ok_or_else(|| ContactError::Name(wanted.into()))?;
        let address = ReturnAddress { relay: link.relay.clone(), account: link.account, token: link.token };
        let fetched =
            if has_session { None } else { Some(self.fetch(&link.relay, link.account, link.token).await?) };
        let return_address = self.return_address()?;
        let now_ms = self.now_ms();
        let mut state = self.state()?;
        let State { vault, us, rng, .. } = &mut *state;
        vault.write(|db| -> Result<(), AddError> {
            if contacts::name_taken(db, &name, &link.account)? {
                return Err(ContactError::Taken(name.clone()).into());
            }
            contacts::put(db, &address, &name, true, now_ms)?;
            contacts::rename(db, &link.account, &name)?;
            let Some(fetched) = fetched else { return Ok(()) };
            let started = start_sessions(db, us, &mut **rng, link.account, fetched, now_ms)?;
            let control = Control::Reachable(return_address);
            for mut session in started {
                let sealed = session.seal(us, &control, now_ms, &mut **rng).map_err(SessionError::from)?;
                sessions::put(db, &session, None)?;
                let envelope = sealed.into_envelope();
                outbox::put(db, submit_id(&mut **rng), &link.account, &envelope, Subject::Nothing)?;
            }
            Ok(())
        })?;
        drop(state);
        self.inner.outgoing.notify_one();
        Ok(has_session)
    }

    async fn introduce(&self, account: AccountId) -> Result<Composed, ComposeError> {
        let name = self.me()?.name;
        let draft = Draft::profile(self.message_id()?, &name)?;
        self.pass_gate(account, draft, None).await
    }

    pub(crate) fn message_id(&self) -> Result<MessageId, VaultError> {
        let mut id = MessageId([0; 16]);
        self.state()?.rng.fill_bytes(&mut id.0);
        Ok(id)
    }

    /// Where others reach us.
    fn return_address(&self) -> Result<ReturnAddress, SessionError> {
        let state = self.state()?;
        let db = state.vault.read();
        let relay: Option<RelayAddress> = settings::get(db, settings::Name::Relay)?;
        let relay = relay.ok_or(NetworkError::NotRegistered)?;
        let token = settings::need(db, settings::Name::Token)?;
        Ok(ReturnAddress { relay, account: state.us.account(), token })
    }

    /// Makes sure that there is a session with a contact on which sealing works.
    pub(crate) async fn ensure_session(&self, account: AccountId) -> Result<(), SessionError> {
        let (relay, token) = {
            let now_ms = self.now_ms();
            let state = self.state()?;
            let db = state.vault.read();
            for device in contacts::devices(db, &account)?.map(|list| list.devices).unwrap_or_default() {
                if sessions::for_sending(db, &device.id)?
                    .is_some_and(|session| session.is_for_sending(now_ms))
                {
                    return Ok(());
                }
            }
            let (contact, token) = (contacts::get(db, &account)?, contacts::token(db, &account)?);
            let (Some(contact), Some(token)) = (contact, token) else { return Err(SessionError::NoKeys) };
            (contact.relay, token)
        };
        let fetched = self.fetch(&relay, account, token).await?;
        let control = Control::Reachable(self.return_address()?);
        let now_ms = self.now_ms();
        let mut state = self.state()?;
        let State { vault, us, rng, .. } = &mut *state;
        vault.write(|db| {
            for mut session in start_sessions(db, us, &mut **rng, account, fetched, now_ms)? {
                let sealed = session.seal(us, &control, now_ms, &mut **rng)?;
                sessions::put(db, &session, None)?;
                let envelope = sealed.into_envelope();
                outbox::put(db, submit_id(&mut **rng), &account, &envelope, Subject::Nothing)?;
            }
            Ok(())
        })
    }

    async fn fetch(
        &self,
        relay: &RelayAddress,
        account: AccountId,
        token: DeliveryToken,
    ) -> Result<(SignedDeviceList, Vec<Bundle>), SessionError> {
        let (client, _pushes) = RelayClient::connect(relay).await?;
        let fetched = client.fetch_bundles(account, token).await?;
        client.close().await;
        Ok(fetched)
    }
}

/// Verifies what a relay gave and starts a session with each device. The sessions are not stored yet.
fn start_sessions(
    db: &Connection,
    us: &airlock_protocol::LocalIdentity,
    rng: &mut (dyn CryptoRng + Send),
    account: AccountId,
    (signed, bundles): (SignedDeviceList, Vec<Bundle>),
    now_ms: u64,
) -> Result<Vec<Session>, SessionError> {
    let list = signed.verify().map_err(|error: DeviceListError| SessionError::Devices(error.to_string()))?;
    if list.account != account {
        return Err(SessionError::Devices("it belongs to another account".into()));
    }
    if let Some(known) = contacts::devices(db, &account)?
        && known.version > list.version
    {
        return Err(SessionError::Rollback { got: list.version, known: known.version });
    }
    contacts::set_devices(db, &account, &signed)?;
    // A relay that gives two bundles for one device gets one session.
    let by_device: HashMap<DeviceId, Bundle> =
        bundles.into_iter().map(|bundle| (bundle.device, bundle)).collect();
    let mut sessions = Vec::new();
    for bundle in by_device.into_values() {
        let verified = VerifiedBundle::verify(bundle, &list)?;
        let session = Session::initiate(us, verified, now_ms, rng)?;
        sessions::put(db, &session, None)?;
        sessions::trim(db, &session, now_ms)?;
        sessions.push(session);
    }
    if sessions.is_empty() { Err(SessionError::NoKeys) } else { Ok(sessions) }
}

pub(crate) fn submit_id(rng: &mut (dyn CryptoRng + Send)) -> SubmitId {
    let mut id = SubmitId([0; 16]);
    rng.fill_bytes(&mut id.0);
    id
}
