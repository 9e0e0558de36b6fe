//! A session between two devices: the public face of PQXDH and the Double Ratchet.

use alloc::vec::Vec;
use core::fmt;

use airlock_wire::{AccountId, Device, DeviceId, Envelope, encode};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    agreement::WeakKey,
    envelope::{self, Body, First, INNER_BYTES_MAX, Inner, SealEnvelopeError},
    identity::{LocalIdentity, Peer},
    incoming::{OpenError, Opened, RatchetMessage},
    letter::{Outgoing, decode_letter, encode_letter},
    pqxdh::{self, Agreed, AssociatedData, Handshake, PqxdhError},
    prekey::{CurvePrekeySecret, VerifiedBundle},
    ratchet::{DoubleRatchet, SealRatchetError, saved::SavedRatchet},
    saved::{self, Kind, SavedError},
};

/// Most sessions to keep with one device of someone else: the one in use, and one more, for when both sides start at
/// the same time. More would let an old, stolen session live on beside the new one.
pub const SESSIONS_PER_DEVICE_MAX: usize = 2;

/// Longest time to send on a session that was never answered, in milliseconds: 30 days. Until the answer there is no
/// new secret in it. The same limit as in libsignal.
pub const UNANSWERED_MS_MAX: u64 = 30 * 24 * 60 * 60 * 1_000;

/// Bytes of an inner part beside the ciphertext and a first message's own: ids, header, lengths, tag, rounded up.
const INNER_OVERHEAD_BYTES: usize = 192;

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
    unanswered: Option<Handshake>,
    ratchet: DoubleRatchet,
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
    /// 2^32 - 1 messages in a row had no answer.
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
        let (handshake, Agreed { secret, session, associated }) = pqxdh::initiate(us, &bundle, rng)?;
        let ratchet = DoubleRatchet::initiate(&secret, bundle.signed.public, rng)?;
        Ok(Self {
            id: session,
            peer: bundle.peer(),
            agreement: bundle.device.agreement,
            created_ms: now_ms,
            associated,
            unanswered: Some(handshake),
            ratchet,
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
        let ratchet =
            DoubleRatchet::respond(&agreed.secret, signed.secret(), theirs).map_err(OpenError::WeakKey)?;
        Ok(Self {
            id: agreed.session,
            peer,
            agreement: device.agreement,
            created_ms: now_ms,
            associated: agreed.associated,
            unanswered: None,
            ratchet,
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
        let age_ms = sent_at_ms.saturating_sub(self.created_ms);
        if !self.is_answered() && age_ms > UNANSWERED_MS_MAX {
            return Err(SealError::Unanswered { days: age_ms / (24 * 60 * 60 * 1_000) });
        }
        let first =
            self.unanswered.clone().map(|handshake| First { devices: us.device_list().clone(), handshake });
        let plaintext = encode_letter(outgoing.into(), sent_at_ms, TAG_BYTES)?;
        // Before the ratchet moves: a message that is refused must not use up a key.
        let first_bytes = first.as_ref().map_or(0, |first| encode(first).len());
        let got = plaintext.len() + first_bytes + INNER_OVERHEAD_BYTES;
        if got > INNER_BYTES_MAX {
            return Err(SealError::TooLarge { got, max: INNER_BYTES_MAX });
        }
        let associated = self.associated_data(first.as_ref().map(First::digest).as_ref());
        let (header, ciphertext) =
            self.ratchet.encrypt(plaintext, &associated, rng).map_err(|error| match error {
                SealRatchetError::Exhausted => SealError::Exhausted,
                SealRatchetError::WeakKey(weak) => SealError::WeakKey(weak),
            })?;
        let body = first.map_or(Body::Ratchet, Body::First);
        let inner = Inner { sender: us.peer(), session: self.id, body, header, ciphertext };
        Ok(Encrypted { recipient: self.peer, agreement: self.agreement, inner })
    }

    /// Opens a message of this session. The session must be stored together with what comes out.
    ///
    /// # Errors
    /// [`OpenError`]. Nothing has changed then, except for [`OpenError::Letter`].
    pub fn open(&mut self, message: impl Into<RatchetMessage>, now_ms: u64) -> Result<Opened, OpenError> {
        let RatchetMessage { sender, session, header, ciphertext, first } = message.into();
        if sender != self.peer || session != self.id {
            return Err(OpenError::WrongSession);
        }
        let associated = self.associated_data(first.as_ref());
        let plaintext = self.ratchet.decrypt(&header, &associated, ciphertext, now_ms)?;
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
        let Self { id, peer, agreement, created_ms, associated, unanswered, ratchet } = self;
        let saved = SavedSession {
            id: *id,
            peer: *peer,
            agreement: *agreement,
            created_ms: *created_ms,
            associated: associated.0,
            unanswered: unanswered.clone(),
            ratchet: ratchet.to_saved(),
        };
        saved::save(Kind::Session, &saved)
    }

    /// What [`Session::save`] made.
    ///
    /// # Errors
    /// When the bytes are of another version or kind, or damaged.
    pub fn restore(bytes: &[u8]) -> Result<Self, SavedError> {
        let saved: SavedSession = saved::restore(Kind::Session, bytes)?;
        let SavedSession { id, peer, agreement, created_ms, associated, unanswered, ratchet } = saved;
        let ratchet = DoubleRatchet::from_saved(ratchet)?;
        Ok(Self {
            id,
            peer,
            agreement,
            created_ms,
            associated: AssociatedData(associated),
            unanswered,
            ratchet,
        })
    }
}

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
        let Self { id, peer, agreement: _, created_ms, associated: _, unanswered, ratchet } = self;
        f.debug_struct("Session")
            .field("id", id)
            .field("peer", peer)
            .field("created_ms", created_ms)
            .field("answered", &unanswered.is_none())
            .field("ratchet", ratchet)
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
