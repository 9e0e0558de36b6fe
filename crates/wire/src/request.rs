//! What a client asks of a relay, and what the relay answers, on one bidirectional QUIC stream.
//!
//! The first stream of a connection is such a stream; further ones carry blobs ([`crate::blob`]). Requests are
//! pipelined: each has a [`RequestId`] that its answer repeats, and answers may come in another order. After
//! [`Request::Authenticate`] the connection speaks for a device; deliveries use a connection that never authenticates,
//! so that the relay does not learn who sends.

use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize};

use crate::{
    blob::BlobId,
    device_list::SignedDeviceList,
    id::{AccountId, DeliveryToken, DeliveryTokenHash, DeviceId, InviteCode, Sequence, SubmitId},
    prekey::{Bundle, PrekeyUpload, Signature},
};

/// The protocol name of the TLS handshake (RFC 7301). A change that old peers can't read changes the number.
pub const ALPN: &[u8] = b"airlock/1";

/// Largest sealed envelope in bytes: the largest padding bucket. Anything larger is an attachment.
pub const ENVELOPE_BYTES_MAX: usize = 64 * 1024;

/// Most one-time prekeys of each kind in one upload: 32 KEM keys with signatures are 40 KiB, well in a frame.
pub const PREKEYS_PER_UPLOAD_MAX: usize = 32;

/// Links a request to its answer. Chosen by the client, unique among its open requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RequestId(pub u32);

/// A frame from client to relay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToRelay {
    /// Repeated in the answer.
    pub id: RequestId,
    /// What is asked.
    pub request: Request,
}

/// Sealed bytes and the device whose mailbox they are for: all that a relay stores of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// The mailbox.
    pub device: DeviceId,
    /// At most [`ENVELOPE_BYTES_MAX`] bytes that only the device can open.
    #[serde(with = "serde_bytes")]
    pub sealed: Vec<u8>,
}

/// Random bytes that a device signs to prove that it holds its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge(pub [u8; 32]);

/// What a client asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Asks for the challenge of this connection. Answer: [`Answer::Challenge`].
    Challenge,
    /// Proves that this connection speaks for `device`: a signature over [`authentication_message`].
    /// A challenge is good for one attempt. Answer: [`Answer::Done`].
    Authenticate {
        /// Who.
        device: DeviceId,
        /// By the device's key.
        signature: Signature,
    },
    /// Makes an account on this relay, or replaces its device list and token. The authenticated device must be
    /// on the list. Answer: [`Answer::Done`].
    Register {
        /// Signed by the account; a lower version than the stored one is refused.
        devices: SignedDeviceList,
        /// Hash of the token that senders must show.
        token: DeliveryTokenHash,
        /// Needed once, at a relay whose policy is `invite`.
        invite: Option<InviteCode>,
    },
    /// Publishes prekeys of the authenticated device. Answer: [`Answer::PrekeysLeft`].
    PublishPrekeys(PrekeyUpload),
    /// How many one-time prekeys the authenticated device has left. Answer: [`Answer::PrekeysLeft`].
    CountPrekeys,
    /// From now on, pushes the authenticated device's mailbox: everything not acknowledged, oldest first.
    /// The newest subscribed connection of a device closes the one before.
    /// Answer: [`Answer::Done`], then [`FromRelay::Push`].
    Subscribe {
        /// How many envelopes may be under way without an [`Request::Acknowledge`].
        window: u16,
    },
    /// The device has these envelopes safe: the relay deletes them. Answer: [`Answer::Done`].
    Acknowledge {
        /// As pushed.
        sequences: Vec<Sequence>,
    },
    /// The device list of an account and one bundle per device. Answer: [`Answer::Bundles`].
    FetchBundles {
        /// Whose.
        account: AccountId,
        /// The account's token.
        token: DeliveryToken,
    },
    /// Stores an envelope. Answer: [`Answer::Accepted`], only after it is on disk.
    Deliver {
        /// The same for each retry.
        submit: SubmitId,
        /// The recipient account's token.
        token: DeliveryToken,
        /// What to store, and for whom.
        envelope: Envelope,
    },
    /// The authenticated device has this blob safe, or does not want it. When every device of the account has said so,
    /// the relay deletes it. Answer: [`Answer::Done`], also for a blob that is not there.
    ReleaseBlob {
        /// Which.
        blob: BlobId,
    },
}

/// A frame from relay to client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromRelay {
    /// The answer to one request.
    Answer {
        /// Of the request.
        id: RequestId,
        /// What came of it.
        answer: Result<Answer, Refusal>,
    },
    /// An envelope from the mailbox of the authenticated device.
    Push(Push),
    /// The relay stops; the client should connect again later. Nothing that was accepted is lost.
    GoAway,
}

/// An envelope on its way to the device that it is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Push {
    /// To acknowledge it by.
    pub sequence: Sequence,
    /// As delivered.
    #[serde(with = "serde_bytes")]
    pub sealed: Vec<u8>,
}

/// A request that succeeded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// Nothing more to say.
    Done,
    /// To [`Request::Challenge`].
    Challenge(Challenge),
    /// One-time prekeys left after the request.
    PrekeysLeft {
        /// X25519.
        curve: u32,
        /// ML-KEM-768.
        kem: u32,
    },
    /// To [`Request::FetchBundles`].
    Bundles {
        /// Not verified by anyone yet.
        devices: SignedDeviceList,
        /// One per device that has published prekeys.
        bundles: Vec<Bundle>,
    },
    /// The envelope is on disk.
    Accepted,
}

/// Why a relay did not do what it was asked. Its text is for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Refusal {
    /// The request needs [`Request::Authenticate`] first.
    #[error("this connection has not proved which device it is")]
    NotAuthenticated,
    /// The signature does not fit the device, the challenge and this connection.
    #[error("the signature over the challenge is wrong")]
    BadSignature,
    /// The device list does not verify, or does not name the authenticated device.
    #[error("the device list is refused: {0}")]
    BadDeviceList(String),
    /// A newer device list is already stored.
    #[error("the relay already has version {stored} of this device list")]
    OldDeviceList {
        /// The version stored.
        stored: u64,
    },
    /// The policy is `closed`.
    #[error("this relay takes no new accounts")]
    RegistrationClosed,
    /// The policy is `invite` and no code was shown.
    #[error("this relay takes new accounts by invite only")]
    InviteNeeded,
    /// The code is not known.
    #[error("the relay does not know this invite")]
    InviteUnknown,
    /// The code was used before.
    #[error("this invite has been used already")]
    InviteUsed,
    /// The code was not used in time.
    #[error("this invite has expired")]
    InviteExpired,
    /// No such account or device, or not this token: the relay does not say which.
    #[error("the relay knows no such recipient, or the delivery token is not theirs")]
    NoSuchRecipient,
    /// The recipient has registered but not published prekeys yet.
    #[error("the recipient has published no keys yet")]
    NoPrekeys,
    /// Something is larger than its limit.
    #[error("{what} has {got} bytes or entries, and the limit is {max}")]
    TooLarge {
        /// What.
        what: String,
        /// Its size.
        got: u64,
        /// The limit.
        max: u64,
    },
    /// The recipient's mailbox is full. The sender may try again later.
    #[error("the recipient's mailbox is full")]
    MailboxFull,
    /// Too many requests; try again after the time given.
    #[error("too many requests; try again in {retry_after_seconds} s")]
    Busy {
        /// Seconds.
        retry_after_seconds: u32,
    },
    /// The relay can't write to its disk. It stops, because it can no longer promise anything.
    #[error("the relay cannot store anything: its disk fails or is full")]
    StorageFailed,
    /// The authenticated device is on no device list that this relay has: register first.
    #[error("this device is registered at no account of this relay")]
    NotRegistered,
    /// No such blob, or it has expired, or it was released, or it has not come whole yet.
    #[error("the relay does not have this attachment, or no longer has it")]
    NoSuchBlob,
    /// What was uploaded has another digest than was announced. The relay has thrown it away.
    #[error("the attachment arrived damaged, so the relay threw it away")]
    BlobDamaged,
    /// The same id was announced before with another length, digest or account.
    #[error("the relay has another attachment under this id")]
    BlobConflict,
    /// The recipient's or the relay's space for blobs is used up. The sender may try again later.
    #[error("the recipient's relay has no space left for attachments to them")]
    BlobsFull,
}

impl Refusal {
    /// Whether the same request may succeed later without any change by the one who asks.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(
            self,
            Self::NoPrekeys
                | Self::MailboxFull
                | Self::Busy { .. }
                | Self::StorageFailed
                | Self::BlobDamaged
                | Self::BlobsFull
        )
    }
}

/// What a device signs to authenticate is this label, a zero byte, and what [`authentication_message`] adds.
pub const AUTHENTICATION_LABEL: &[u8] = b"Airlock v1 device authentication";

/// What a device signs to authenticate (docs/protocol.md (2)): bound to the relay's challenge and, by the TLS
/// exporter (RFC 9266's idea, with a label of our own), to this very connection, so that it can't be replayed or
/// relayed.
#[must_use]
pub fn authentication_message(challenge: &Challenge, exporter: &[u8; 32], device: &DeviceId) -> Vec<u8> {
    [AUTHENTICATION_LABEL, &[0], &challenge.0, exporter, &device.0].concat()
}

/// Label for the TLS exporter whose 32 bytes go into [`authentication_message`].
pub const EXPORTER_LABEL: &[u8] = b"EXPORTER-airlock-device-authentication";
