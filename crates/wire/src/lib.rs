//! What crosses the network: ids, envelopes, device lists, prekeys, requests and the frames around them.
//!
//! This crate is all that a relay ever understands of Airlock, and it knows no secret: it can verify a
//! public signature, but holds no code that could decrypt. It does no I/O.
//!
//! Reading order: [`id`], [`address`], [`device_list`], [`prekey`], [`request`], [`blob`], [`close`], [`codec`]. With the
//! feature `tls` also `pinned_key`, by which whoever connects knows a relay.

#![no_std]

extern crate alloc;

pub mod address;
pub mod blob;
pub mod close;
pub mod codec;
pub mod device_list;
pub mod id;
#[cfg(feature = "tls")]
pub mod pinned_key;
pub mod prekey;
pub mod request;

pub use address::{AddressError, Fingerprint, RelayAddress};
pub use blob::{Blob, BlobAnswer, BlobId, BlobReply, BlobRequest};
pub use close::CloseReason;
pub use codec::{
    CodecError, FRAME_BYTES_MAX, FRAME_HEADER_BYTES, append_frame, decode, encode, frame, frame_length,
};
pub use device_list::{DEVICES_MAX, Device, DeviceList, DeviceListError, SignedDeviceList};
pub use id::{
    AccountId, DeliveryToken, DeliveryTokenHash, DeviceId, IdError, InviteCode, InviteCodeHash, Sequence,
    SubmitId,
};
pub use prekey::{Bundle, CurvePrekey, KemPrekey, KemRole, PrekeyId, PrekeyUpload, Signature};
pub use request::{
    ALPN, Answer, Challenge, ENVELOPE_BYTES_MAX, EXPORTER_LABEL, Envelope, FromRelay, PREKEYS_PER_UPLOAD_MAX,
    Push, Refusal, Request, RequestId, ToRelay, authentication_message,
};
