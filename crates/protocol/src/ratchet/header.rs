//! The header of a message: sent with it, authenticated with it.

use serde::{Deserialize, Serialize};

/// `HEADER(dh_pair, pn, n)` (Double Ratchet §3.1), and the nonce of the AEAD.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    /// DHs of whoever sent it.
    pub(crate) key: [u8; 32],
    /// PN.
    pub(crate) previous: u32,
    /// N.
    pub(crate) number: u32,
    /// Random.
    pub(crate) nonce: [u8; 12],
}

/// Bytes of a header in the associated data.
const HEADER_BYTES: usize = 32 + 4 + 4 + 12;

impl Header {
    /// As it stands in the associated data: fixed size, numbers little-endian.
    pub(crate) fn to_bytes(&self) -> [u8; HEADER_BYTES] {
        let Self { key, previous, number, nonce } = self;
        let mut bytes = [0; HEADER_BYTES];
        bytes[..32].copy_from_slice(key);
        bytes[32..36].copy_from_slice(&previous.to_le_bytes());
        bytes[36..40].copy_from_slice(&number.to_le_bytes());
        bytes[40..].copy_from_slice(nonce);
        bytes
    }
}
