//! Incoming content: sealed bytes → `Received` → `Opened`.
//!
//! A [`Received`] is what the outer layer held: a claim about who sent it. An [`Opened`] authenticated, and is made
//! by [`Session::open`] and [`FirstMessage::accept`] alone.

use alloc::vec::Vec;

use airlock_wire::{CodecError, Device, DeviceList, DeviceListError, KemRole, PrekeyId, SignedDeviceList};

use crate::{
    agreement::WeakKey,
    both_ratchets::Headers,
    envelope::{self, Body, First, Inner},
    identity::{LocalIdentity, Peer},
    letter::{Letter, LetterError},
    pqxdh::{self, PqxdhError, Prekeys},
    ratchet::{FORWARD_JUMP_MAX, OpenRatchetError},
    session::{Session, SessionId},
};

/// A message whose outer layer is open. Who sent it is a claim.
#[derive(Debug)]
#[must_use = "a message that is dropped unopened is lost once it is acknowledged"]
#[expect(clippy::large_enum_variant, reason = "there is one at a time, and it is taken apart at once")]
pub enum Received {
    /// It can start a session; it may also repeat the start of one that exists.
    First(FirstMessage),
    /// It belongs to a session.
    Ratchet(RatchetMessage),
}

/// A message with all that is needed to accept its session.
#[must_use = "a message that is dropped unopened is lost once it is acknowledged"]
pub struct FirstMessage {
    message: RatchetMessage,
    first: First,
    devices: DeviceList,
    /// The sender's, as the list has it.
    device: Device,
}

/// A message of a session.
#[must_use = "a message that is dropped unopened is lost once it is acknowledged"]
pub struct RatchetMessage {
    pub(crate) sender: Peer,
    pub(crate) session: SessionId,
    pub(crate) headers: Headers,
    pub(crate) ciphertext: Vec<u8>,
    /// Of a first message: the digest of what came with it.
    pub(crate) first: Option<[u8; 32]>,
}

/// A message that authenticated: `sender` wrote it, for us, and it was not opened before.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "it can be opened only once"]
pub struct Opened {
    /// Who sent it.
    pub sender: Peer,
    /// When, by their clock.
    pub sent_at_ms: u64,
    /// What it says.
    pub letter: Letter,
}

/// The prekeys of ours that a first message was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrekeysNeeded {
    /// The signed one.
    pub signed: PrekeyId,
    /// The one-time one, if any.
    pub one_time: Option<PrekeyId>,
    /// The KEM one. Of the last resort stays, a one-time one is deleted with [`PrekeysNeeded::one_time`].
    pub kem: (KemRole, PrekeyId),
}

/// Why a message can't be opened. Nothing has changed then, except for [`OpenError::Letter`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// No envelope has this length.
    #[error("an envelope of {got} bytes does not exist: its length is a power of two from 512 to 65536")]
    EnvelopeLength {
        /// Its bytes.
        got: usize,
    },
    /// Made by another version.
    #[error("the envelope has version {0}, and this build reads version 1")]
    EnvelopeVersion(u8),
    /// Sealed to another device, or changed on the way.
    #[error("the envelope was not sealed to this device, or was damaged on the way")]
    NotForUs,
    /// The padding is not what it must be.
    #[error("the envelope's padding is wrong")]
    Padding,
    /// The inner part does not decode.
    #[error("the envelope's content is malformed: {0}")]
    Malformed(CodecError),
    /// A public key in it is no key.
    #[error(transparent)]
    WeakKey(WeakKey),
    /// The sender's device list is refused.
    #[error("the sender's device list is refused: {0}")]
    DeviceList(DeviceListError),
    /// The account that it claims to be from does not list the device that it claims to be from.
    #[error("the sender's account does not list the sender's device")]
    SenderNotListed,
    /// The session can't be set up.
    #[error("the session can't be accepted: {0}")]
    Pqxdh(PqxdhError),
    /// It starts a session without a post-quantum ratchet, as a client of an earlier version does.
    #[error(
        "the message starts a session of version 1, which is not post-quantum: its sender's client is too old"
    )]
    Outdated,
    /// It names another session, or another sender, than the one that was to open it.
    #[error("the message does not belong to this session")]
    WrongSession,
    /// Its key was used already, or given up: it was opened before, or comes too late.
    #[error("the message was opened before, or comes too late")]
    Repeated,
    /// Too many messages are missing before it.
    #[error("{got} messages are missing before this one, and at most {FORWARD_JUMP_MAX} may be")]
    Gap {
        /// How many.
        got: u32,
    },
    /// Its tag is wrong: it is forged, or was changed on the way.
    #[error("the message is not authentic")]
    NotAuthentic,
    /// It authenticated, but its sender's client broke the rules. Its key is used up: the session has changed.
    #[error("the message is authentic, but {0}")]
    Letter(LetterError),
}

impl OpenError {
    /// Whether the message was probably opened before, so that nobody need hear of it: relays deliver at least once.
    #[must_use]
    pub fn is_repeat(&self) -> bool {
        matches!(self, Self::Repeated)
    }
}

impl From<OpenRatchetError> for OpenError {
    fn from(error: OpenRatchetError) -> Self {
        match error {
            OpenRatchetError::Repeated => Self::Repeated,
            OpenRatchetError::Gap { got } => Self::Gap { got },
            OpenRatchetError::WeakKey(weak) => Self::WeakKey(weak),
            OpenRatchetError::OutOfTurn | OpenRatchetError::NotAuthentic => Self::NotAuthentic,
        }
    }
}

impl Received {
    /// Opens the outer layer of what a relay pushed.
    ///
    /// # Errors
    /// When it is not for this device, or not well-formed, or its sender's device list does not verify.
    pub fn parse(sealed: &[u8], us: &LocalIdentity) -> Result<Self, OpenError> {
        let Inner { sender, session, body, header, ciphertext } = envelope::open(sealed, us.device())?;
        let (first, post_quantum) = match body {
            Body::FirstOfVersion1(first) => (Some(first), None),
            Body::RatchetOfVersion1 => (None, None),
            Body::First(first, header) => (Some(first), Some(header)),
            Body::Ratchet(header) => (None, Some(header)),
        };
        let headers = Headers { classical: header, post_quantum };
        let message = RatchetMessage { sender, session, headers, ciphertext, first: None };
        match first {
            None => Ok(Self::Ratchet(message)),
            Some(first) => FirstMessage::verify(message, first).map(Self::First),
        }
    }

    /// Who claims to have sent it.
    #[must_use]
    pub fn sender(&self) -> Peer {
        match self {
            Self::First(first) => first.sender(),
            Self::Ratchet(message) => message.sender(),
        }
    }

    /// Which session opens it, if it exists.
    #[must_use]
    pub fn session_id(&self) -> SessionId {
        match self {
            Self::First(first) => first.session_id(),
            Self::Ratchet(message) => message.session_id(),
        }
    }
}

impl FirstMessage {
    fn verify(message: RatchetMessage, first: First) -> Result<Self, OpenError> {
        let devices = first.devices.verify().map_err(OpenError::DeviceList)?;
        if devices.account != message.sender.account {
            return Err(OpenError::SenderNotListed);
        }
        let device = devices.device(&message.sender.device).ok_or(OpenError::SenderNotListed)?.clone();
        let message = RatchetMessage { first: Some(first.digest()), ..message };
        Ok(Self { message, first, devices, device })
    }

    /// Who claims to have sent it.
    #[must_use]
    pub fn sender(&self) -> Peer {
        self.message.sender
    }

    /// The session that it starts.
    #[must_use]
    pub fn session_id(&self) -> SessionId {
        self.message.session
    }

    /// The sender's device list. Its account signed it; whether it is newer than what is known is for the caller to
    /// say.
    #[must_use]
    pub fn devices(&self) -> &DeviceList {
        &self.devices
    }

    /// The same, as signed, to be stored.
    #[must_use]
    pub fn signed_devices(&self) -> &SignedDeviceList {
        &self.first.devices
    }

    /// Which prekeys [`FirstMessage::accept`] will need.
    #[must_use]
    pub fn prekeys_needed(&self) -> PrekeysNeeded {
        let handshake = &self.first.handshake;
        PrekeysNeeded {
            signed: handshake.signed,
            one_time: handshake.one_time,
            kem: (handshake.kem_role, handshake.kem),
        }
    }

    /// Accepts the session and opens the message (PQXDH §3.4).
    ///
    /// The caller deletes the one-time prekeys in the same transaction that stores the session.
    ///
    /// # Errors
    /// When the session can't be set up, or the message does not authenticate: then the prekeys must stay.
    pub fn accept(
        self,
        us: &LocalIdentity,
        prekeys: Prekeys<'_>,
        now_ms: u64,
    ) -> Result<(Session, Opened), OpenError> {
        let Self { message, first, device, devices } = self;
        if message.headers.post_quantum.is_none() {
            return Err(OpenError::Outdated);
        }
        let agreed = pqxdh::respond(us, (devices.account, &device), &first.handshake, prekeys)
            .map_err(OpenError::Pqxdh)?;
        if agreed.session() != message.session {
            return Err(OpenError::NotAuthentic);
        }
        let theirs = message.headers.classical.key;
        let mut session = Session::respond(message.sender, &device, &agreed, prekeys.signed, theirs, now_ms)?;
        let opened = session.open(message, now_ms)?;
        Ok((session, opened))
    }
}

impl RatchetMessage {
    /// Who claims to have sent it.
    #[must_use]
    pub fn sender(&self) -> Peer {
        self.sender
    }

    /// The session that opens it.
    #[must_use]
    pub fn session_id(&self) -> SessionId {
        self.session
    }
}

/// A first message whose session exists already: its sender has not heard from us yet, and repeats the start.
impl From<FirstMessage> for RatchetMessage {
    fn from(first: FirstMessage) -> Self {
        first.message
    }
}

impl From<Received> for RatchetMessage {
    fn from(received: Received) -> Self {
        match received {
            Received::First(first) => first.into(),
            Received::Ratchet(message) => message,
        }
    }
}

impl core::fmt::Debug for FirstMessage {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("FirstMessage").field("message", &self.message).finish_non_exhaustive()
    }
}

impl core::fmt::Debug for RatchetMessage {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("RatchetMessage")
            .field("sender", &self.sender)
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}
