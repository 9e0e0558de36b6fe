//! The session protocol and the gate, as typed states.
//!
//! What this crate promises: nothing is encrypted that did not go through the gate
//! ([`Draft`] → [`Checked`] → [`Sealed`]), and nothing is shown that did not authenticate
//! ([`Received`] → [`Opened`]). It does no I/O, reads no clock and makes no randomness: bytes, time and random
//! generators come in as arguments. `docs/protocol.md` is the text that the code cites.
//!
//! Reading order: [`outgoing`] and [`gate`] (the argument), [`identity`], [`prekey`], [`pqxdh`], `ratchet`,
//! `pq_ratchet`, `both_ratchets`, [`session`], `envelope`, [`incoming`], [`attachment`]; every label and derivation is
//! in `kdf`.

#![no_std]

extern crate alloc;

mod agreement;
pub mod attachment;
mod both_ratchets;
mod envelope;
pub mod gate;
pub mod identity;
pub mod incoming;
mod kdf;
mod kem;
pub mod letter;
pub mod outgoing;
mod pq_ratchet;
pub mod pqxdh;
pub mod prekey;
mod ratchet;
mod safety_number;
mod saved;
pub mod session;
#[cfg(test)]
mod tests;
mod verdict;

pub use agreement::WeakKey;
pub use attachment::{
    Attachment, AttachmentError, AttachmentOpener, AttachmentSealer, OpenAttachmentError, Pointer,
    SealAttachmentError, SealedAttachment,
};
pub use gate::{Examination, Finding, Hook, HookIdentity, Mode, Verdict};
pub use identity::{AccountKey, DeviceKeys, IdentityError, LocalIdentity, Peer, verify_order};
pub use incoming::{FirstMessage, OpenError, Opened, PrekeysNeeded, RatchetMessage, Received};
pub use letter::{Letter, LetterError, Outgoing};
pub use outgoing::{Checked, Content, Control, Draft, MessageId, Report};
pub use pq_ratchet::{EPOCH_MESSAGES, EPOCH_MS};
pub use pqxdh::{PqxdhError, Prekeys};
pub use prekey::{BundleError, CurvePrekeySecret, CurveRole, KemPrekeySecret, VerifiedBundle};
pub use ratchet::{FORWARD_JUMP_MAX, SKIPPED_KEYS_MAX, SKIPPED_MS_MAX};
pub use safety_number::SafetyNumber;
pub use saved::SavedError;
pub use session::{
    Encrypted, SESSIONS_PER_DEVICE_MAX, SealError, Sealed, Session, SessionId, UNANSWERED_MS_MAX,
};
