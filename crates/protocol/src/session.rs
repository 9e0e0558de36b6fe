//! A session between two devices: the public face of PQXDH and the two ratchets.

use alloc::{boxed::Box, vec::Vec};
use core::fmt;

use airlock_wire::{AccountId, Device, DeviceId, Envelope, encode};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    agreement::WeakKey,
    both_ratchets::{BothRatchets, Headers},
    envelope::{self, Body, First, INNER_BYTES_MAX, Inner, SealEnvelopeError},
    identity::{LocalIdentity, Peer},
    incoming::{OpenError, Opened, RatchetMessage},
    letter::{Outgoing, decode_letter, encode_letter},
    pq_ratchet::saved::SavedPqRatchet,
    pqxdh::{self, Agreed, AssociatedData, Handshake, PqxdhError},
    prekey::{CurvePrekeySecret, KEM_PUBLIC_BYTES, VerifiedBundle},
    ratchet::{SealRatchetError, saved::SavedRatchet},
    saved::{self, Kind, SAVED_VERSION, SavedError},
};

/// Most sessions to keep with one device of someone else: the one in use, and one more, for when both sides start at
/// the same time. More would let an old, stolen session live on beside the new one.
pub const SESSIONS_PER_DEVICE_MAX: usize = 2;

/// Longest time to send on a session that was never answered, in milliseconds: 30 days. Until the answer there is no
/// new secret in it. The same limit as in libsignal.
pub const UNANSWERED_MS_MAX: u64 = 30 * 24 * 60 * 60 * 1_000;

/// Bytes of an inner part beside the ciphertext and a first message's own: ids, headers, lengths, tag, rounded up. A
/// key of the post-quantum ratchet is always reckoned with, so that one never makes a message too large.
const INNER_OVERHEAD_BYTES: usize = 208 + KEM_PUBLIC_BYTES;

/// First byte of a saved session that has a post-quantum ratchet.
const SESSION_VERSION: u8 = 2;

/// The public name of a session, derived beside its secret, so that both sides have it and no other session does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SessionId(pub [u8; 16]);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({self})")
    }
}

/// A session. Its state is to be stored after each [`Session::seal`] before the bytes leave, and after each
/// [`Session::open`] together with what was opened.
pub struct Session {
    id: SessionId,
    peer: Peer,
    /// Their identity key, to seal envelopes to.
    agreement: [u8; 32],
    created_ms: u64,
    associated: AssociatedData,
    /// Repeated in each message until they answer.
    unanswered: Option<Box<Handshake>>,
    ratchets: BothRatchets,
    /// Whether it may be sealed with although it has no post-quantum ratchet. Never saved.
    classical_allowed: bool,
}

/// Why a session can't seal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It does not fit the largest envelope.
    #[error("the message takes {got} bytes, and an envelope has room for {max}")]
    TooLarge {
        /// Bytes that it takes.
        got: usize,
        /// Room in the largest envelope.
        max: usize,
    },
    /// The session is too old to have had no answer. A new one is to be started.
    #[error("the session was never answered in {days} days")]
    Unanswered {
        /// Its age.
        days: u64,
    },
    /// It is of version 1. A new one is to be started.
    #[error("the session was started by an earlier version, without a post-quantum ratchet")]
    Outdated,
    /// 2^32 - 1 messages in a row had no answer, or 2^32 - 1 of one epoch.
    #[error("the session has run out of message numbers")]
    Exhausted,
    /// A public key of theirs is no key.
    #[error(transparent)]
    WeakKey(WeakKey),
    /// The message announces a file that was not encrypted yet.
    #[error("the attachment was not encrypted, so its letter would lead nowhere")]
    NoBlob,
    /// The encrypted file is not the one that this message announces.
    #[error("the encrypted file belongs to another message")]
    OtherBlob,
}

/// A message after the ratchet and before its envelope. It exists so that the two steps can be timed apart.
#[must_use = "the ratchet has moved on: a message that is dropped here is lost"]
pub struct Encrypted {
    recipient: Peer,
    agreement: [u8; 32],
    inner: Inner,
}

/// Bytes that only one device can open. Made by [`Session::seal`] from what the gate let through.
#[must_use = "the ratchet has moved on: a sealed message that is dropped is lost"]
pub struct Sealed {
    recipient: Peer,
    bytes: Vec<u8>,
}

impl Session {
    /// Starts a session with the device of a verified bundle (PQXDH §3.3).
    ///
    /// # Errors
    /// When one of the other side's keys is weak, or the device is this very one.
    pub fn initiate(
        us: &LocalIdentity,
        bundle: VerifiedBundle,
        now_ms: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, PqxdhError> {
        let (handshake, agreed) = pqxdh::initiate(us, &bundle, rng)?;
        let ratchets = BothRatchets::initiate(&agreed.keys, bundle.signed.public, now_ms, rng)?;
        Ok(Self {
            id: agreed.session(),
            peer: bundle.peer(),
            agreement: bundle.device.agreement,
            created_ms: now_ms,
            associated: agreed.associated,
            unanswered: Some(Box::new(handshake)),
            ratchets,
            classical_allowed: false,
        })
    }

    pub(crate) fn respond(
        peer: Peer,
        device: &Device,
        agreed: &Agreed,
        signed: &CurvePrekeySecret,
        theirs: [u8; 32],
        now_ms: u64,
    ) -> Result<Self, OpenError> {
        let ratchets = BothRatchets::respond(&agreed.keys, signed.secret(), theirs, now_ms)
            .map_err(OpenError::WeakKey)?;
        Ok(Self {
            id: agreed.session(),
            peer,
            agreement: device.agreement,
            created_ms: now_ms,
            associated: agreed.associated,
            unanswered: None,
            ratchets,
            classical_allowed: false,
        })
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// The other side.
    #[must_use]
    pub fn peer(&self) -> Peer {
        self.peer
    }

    /// When this side made it.
    #[must_use]
    pub fn created_ms(&self) -> u64 {
        self.created_ms
    }

    /// Whether the other side is known to have it. Until then, each message carries what they need to accept it.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.unanswered.is_none()
    }

    /// Whether it has a post-quantum ratchet. One of version 1, saved by an earlier version of this program, has none:
    /// it opens what still comes for it, and is sent on no more.
    #[must_use]
    pub fn is_post_quantum(&self) -> bool {
        self.ratchets.is_post_quantum()
    }

    /// Whether [`Session::seal`] works now, by the session's version and age. If not, a new one is to be started.
    #[must_use]
    pub fn is_for_sending(&self, now_ms: u64) -> bool {
        self.refuse_sending(now_ms).is_ok()
    }

    fn refuse_sending(&self, now_ms: u64) -> Result<(), SealError> {
        if !self.is_post_quantum() && !self.classical_allowed {
            return Err(SealError::Outdated);
        }
        let age_ms = now_ms.saturating_sub(self.created_ms);
        if !self.is_answered() && age_ms > UNANSWERED_MS_MAX {
            return Err(SealError::Unanswered { days: age_ms / (24 * 60 * 60 * 1_000) });
        }
        Ok(())
    }

    /// Lets a session of version 1 be sent on, without a post-quantum ratchet, until it is restored again: for tests
    /// and measurements of the Double Ratchet alone. No client may call it.
    pub fn dangerously_send_classical(&mut self) {
        self.classical_allowed = true;
    }

    /// Seals something that the gate made, or that has no free text, for the other side.
    ///
    /// The session must be stored before the result leaves this device.
    ///
    /// # Errors
    /// When it is too large, or the session is to be replaced.
    pub fn seal<'a>(
        &mut self,
        us: &LocalIdentity,
        outgoing: impl Into<Outgoing<'a>>,
        sent_at_ms: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Sealed, SealError> {
        self.encrypt(us, outgoing, sent_at_ms, rng)?.enclose(rng)
    }

    /// The first half of [`Session::seal`]: the ratchet step.
    ///
    /// # Errors
    /// As [`Session::seal`].
    pub fn encrypt<'a>(
        &mut self,
        us: &LocalIdentity,
        outgoing: impl Into<Outgoing<'a>>,
        sent_at_ms: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Encrypted, SealError> {
        self.refuse_sending(sent_at_ms)?;
        let first = self
            .unanswered
            .as_deref()
            .map(|handshake| First { devices: us.device_list().clone(), handshake: handshake.clone() });
        let plaintext = encode_letter(outgoing.into(), sent_at_ms, TAG_BYTES)?;
        // Before the ratchet moves: a message that is refused must not use up a key.
        let first_bytes = first.as_ref().map_or(0, |first| encode(first).len());
        let got = plaintext.len() + first_bytes + INNER_OVERHEAD_BYTES;
        if got > INNER_BYTES_MAX {
            return Err(SealError::TooLarge { got, max: INNER_BYTES_MAX });
        }
        let associated = self.associated_data(first.as_ref().map(First::digest).as_ref());
        let (Headers { classical: header, post_quantum }, ciphertext) =
            self.ratchets.encrypt(plaintext, &associated, sent_at_ms, rng).map_err(|error| match error {
                SealRatchetError::Exhausted => SealError::Exhausted,
                SealRatchetError::WeakKey(weak) => SealError::WeakKey(weak),
            })?;
        let body = match (first, post_quantum) {
            (Some(first), Some(header)) => Body::First(first, header),
            (None, Some(header)) => Body::Ratchet(header),
            (Some(first), None) => Body::FirstOfVersion1(first),
            (None, None) => Body::RatchetOfVersion1,
        };
        let inner = Inner { sender: us.peer(), session: self.id, body, header, ciphertext };
        Ok(Encrypted { recipient: self.peer, agreement: self.agreement, inner })
    }

    /// Opens a message of this session. The session must be stored together with what comes out.
    ///
    /// # Errors
    /// [`OpenError`]. Nothing has changed then, except for [`OpenError::Letter`].
    pub fn open(&mut self, message: impl Into<RatchetMessage>, now_ms: u64) -> Result<Opened, OpenError> {
        let RatchetMessage { sender, session, headers, ciphertext, first } = message.into();
        if sender != self.peer || session != self.id {
            return Err(OpenError::WrongSession);
        }
        let associated = self.associated_data(first.as_ref());
        let plaintext = self.ratchets.decrypt(headers, &associated, ciphertext, now_ms)?;
        self.unanswered = None;
        let (sent_at_ms, letter) = decode_letter(&plaintext).map_err(OpenError::Letter)?;
        Ok(Opened { sender, sent_at_ms, letter })
    }

    /// AD of the ratchet: the session's, and of a first message also the digest of what comes with it.
    fn associated_data(&self, first: Option<&[u8; 32]>) -> Vec<u8> {
        [self.associated.0.as_slice(), first.map_or(&[], |digest| digest)].concat()
    }

    /// The whole state, to be stored by a caller who encrypts it.
    #[must_use]
    pub fn save(&self) -> Zeroizing<Vec<u8>> {
        let Self { id, peer, agreement, created_ms, associated, unanswered, ratchets, classical_allowed: _ } =
            self;
        let (ratchet, post_quantum) = ratchets.to_saved();
        let session = SavedSession {
            id: *id,
            peer: *peer,
            agreement: *agreement,
            created_ms: *created_ms,
            associated: associated.0,
            unanswered: unanswered.as_deref().cloned(),
            ratchet,
        };
        match post_quantum {
            Some(post_quantum) => {
                saved::save_version(SESSION_VERSION, Kind::Session, &(session, post_quantum))
            }
            None => saved::save(Kind::Session, &session),
        }
    }

    /// What [`Session::save`] made, in this version or an earlier one.
    ///
    /// # Errors
    /// When the bytes are of another version or kind, or damaged.
    pub fn restore(bytes: &[u8]) -> Result<Self, SavedError> {
        let (session, post_quantum): (SavedSession, Option<SavedPqRatchet>) = match bytes.first() {
            Some(&SAVED_VERSION) => (saved::restore(Kind::Session, bytes)?, None),
            _ => {
                let (session, post_quantum) = saved::restore_version(SESSION_VERSION, Kind::Session, bytes)?;
                (session, Some(post_quantum))
            }
        };
        let SavedSession { id, peer, agreement, created_ms, associated, unanswered, ratchet } = session;
        Ok(Self {
            id,
            peer,
            agreement,
            created_ms,
            associated: AssociatedData(associated),
            unanswered: unanswered.map(Box::new),
            ratchets: BothRatchets::from_saved(ratchet, post_quantum)?,
            classical_allowed: false,
        })
    }
}

/// A session of version 1, which is also the beginning of one of version 2.
#[derive(Serialize, Deserialize)]
struct SavedSession {
    id: SessionId,
    peer: Peer,
    agreement: [u8; 32],
    created_ms: u64,
    associated: [u8; 32],
    unanswered: Option<Handshake>,
    ratchet: SavedRatchet,
}

const TAG_BYTES: usize = 16;

impl Encrypted {
    /// The second half of [`Session::seal`]: the envelope, which hides the sender.
    ///
    /// # Errors
    /// When it does not fit, or the recipient's identity key is weak.
    pub fn enclose(self, rng: &mut (impl CryptoRng + ?Sized)) -> Result<Sealed, SealError> {
        let Self { recipient, agreement, inner } = self;
        let device = Device { id: recipient.device, agreement };
        let bytes = envelope::seal(&device, &inner, rng).map_err(|error| match error {
            SealEnvelopeError::TooLarge { got } => SealError::TooLarge { got, max: INNER_BYTES_MAX },
            SealEnvelopeError::WeakKey(weak) => SealError::WeakKey(weak),
        })?;
        Ok(Sealed { recipient, bytes })
    }
}

impl Sealed {
    /// Who can open it.
    #[must_use]
    pub fn recipient(&self) -> Peer {
        self.recipient
    }

    /// The account of who can open it.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.recipient.account
    }

    /// The device that can open it.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.recipient.device
    }

    /// To be handed to the recipient's relay.
    #[must_use]
    pub fn into_envelope(self) -> Envelope {
        Envelope { device: self.recipient.device, sealed: self.bytes }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            id,
            peer,
            agreement: _,
            created_ms,
            associated: _,
            unanswered,
            ratchets,
            classical_allowed: _,
        } = self;
        f.debug_struct("Session")
            .field("id", id)
            .field("peer", peer)
            .field("created_ms", created_ms)
            .field("answered", &unanswered.is_none())
            .field("ratchets", ratchets)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Encrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { recipient, agreement: _, inner: _ } = self;
        f.debug_struct("Encrypted").field("recipient", recipient).finish_non_exhaustive()
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { recipient, bytes } = self;
        f.debug_struct("Sealed").field("recipient", recipient).field("bytes", &bytes.len()).finish()
    }
}
