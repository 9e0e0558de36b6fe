//! Secrets at rest: versioned bytes (docs/protocol.md §8).
//!
//! Live types have no serde; each has a mirror here or beside it, made of plain fields, so that what is stored
//! changes only on purpose. The bytes are plain: whoever stores them encrypts them (the vault does).

use alloc::vec::Vec;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// First byte of everything saved, but for sessions of version 2.
pub(crate) const SAVED_VERSION: u8 = 1;

/// Second byte: what it is, so that one kind is never read as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    Device = 1,
    CurvePrekey = 2,
    KemPrekey = 3,
    Session = 4,
}

/// Why saved bytes can't be restored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SavedError {
    /// Written by another version of this program.
    #[error("it was saved in format {0}, which this build does not read")]
    Version(u8),
    /// Something else was saved.
    #[error("it is another kind of saved key or session")]
    Kind,
    /// Cut, changed, or over a limit.
    #[error("the saved bytes are damaged")]
    Damaged,
}

/// A secret of 32 bytes in a mirror.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub(crate) struct SavedSecret(pub(crate) [u8; 32]);

/// Encodes a mirror.
pub(crate) fn save<T: Serialize>(kind: Kind, value: &T) -> Zeroizing<Vec<u8>> {
    save_version(SAVED_VERSION, kind, value)
}

/// The same in another version than most.
pub(crate) fn save_version<T: Serialize>(version: u8, kind: Kind, value: &T) -> Zeroizing<Vec<u8>> {
    encode_exactly(&[version, kind as u8], value, 0)
}

/// Decodes a mirror.
pub(crate) fn restore<T: DeserializeOwned>(kind: Kind, bytes: &[u8]) -> Result<T, SavedError> {
    restore_version(SAVED_VERSION, kind, bytes)
}

/// The same in another version than most.
pub(crate) fn restore_version<T: DeserializeOwned>(
    expected: u8,
    kind: Kind,
    bytes: &[u8],
) -> Result<T, SavedError> {
    let (&[version, found], body) = bytes.split_first_chunk().ok_or(SavedError::Damaged)?;
    if found != kind as u8 {
        return Err(SavedError::Kind);
    }
    if version != expected {
        return Err(SavedError::Version(version));
    }
    match postcard::take_from_bytes(body) {
        Ok((value, [])) => Ok(value),
        _ => Err(SavedError::Damaged),
    }
}

/// `prefix`, then `value` in postcard's encoding, in a buffer that never grows, with `spare` bytes left: a buffer
/// that grows would leave copies of secrets behind in memory that nobody wipes.
#[expect(
    clippy::expect_used,
    reason = "postcard fails only on sequences of unknown length, which no type here has"
)]
pub(crate) fn encode_exactly<T: Serialize>(prefix: &[u8], value: &T, spare: usize) -> Zeroizing<Vec<u8>> {
    let size = postcard::serialize_with_flavor(value, postcard::ser_flavors::Size::default());
    let size = size.expect("plain types always encode");
    let mut bytes = Vec::with_capacity(prefix.len() + size + spare);
    bytes.extend_from_slice(prefix);
    Zeroizing::new(postcard::to_extend(value, bytes).expect("plain types always encode"))
}
