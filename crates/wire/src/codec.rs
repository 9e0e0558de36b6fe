//! Frames and the encoding inside them.
//!
//! A frame is its body's length (`u32`, little-endian) and the body: one format version byte, then a value in
//! postcard's encoding (<https://postcard.jamesmunns.com/wire-format>). Trailing bytes are refused, so a value
//! has one frame.

use alloc::vec::Vec;
use core::mem;

use serde::{Serialize, de::DeserializeOwned};

/// Bytes before a frame's body.
pub const FRAME_HEADER_BYTES: usize = 4;

/// Largest frame body in bytes: a full envelope, or 32 KEM prekeys, with what goes around them.
/// A larger announced length is refused before anything is allocated.
pub const FRAME_BYTES_MAX: usize = 80 * 1024;

/// First byte of each encoded value.
pub const FORMAT_VERSION: u8 = 1;

/// Why bytes are not a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// No bytes at all.
    #[error("it is empty")]
    Empty,
    /// Written by a version that we don't know.
    #[error("it has format version {0}, and this build reads version {FORMAT_VERSION}")]
    Version(u8),
    /// Longer than allowed.
    #[error("it has {got} bytes, and the limit is {max}")]
    TooLong {
        /// Announced or present.
        got: usize,
        /// Allowed.
        max: usize,
    },
    /// Cut, or not of this type.
    #[error("it is cut short or is not what was expected")]
    Malformed,
    /// More bytes than the value has.
    #[error("{0} bytes follow after its end")]
    Trailing(usize),
}

/// Encodes a value, version byte first.
#[must_use]
pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    append(value, &mut bytes);
    bytes
}

#[expect(
    clippy::expect_used,
    reason = "postcard fails only on unsized sequences and on a full buffer; neither exists here"
)]
fn append<T: Serialize>(value: &T, bytes: &mut Vec<u8>) {
    bytes.push(FORMAT_VERSION);
    *bytes = postcard::to_extend(value, mem::take(bytes)).expect("wire types always encode");
}

/// Decodes what [`encode`] made.
///
/// # Errors
/// [`CodecError`]: never panics, and never allocates more than a small multiple of `bytes`.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    let (version, body) = bytes.split_first().ok_or(CodecError::Empty)?;
    if *version != FORMAT_VERSION {
        return Err(CodecError::Version(*version));
    }
    let (value, rest) = postcard::take_from_bytes(body).map_err(|_| CodecError::Malformed)?;
    if rest.is_empty() { Ok(value) } else { Err(CodecError::Trailing(rest.len())) }
}

/// Encodes a value as a whole frame, header and body.
#[must_use]
pub fn frame<T: Serialize>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    append_frame(value, &mut bytes);
    bytes
}

/// Encodes a value as a whole frame behind what is there.
pub fn append_frame<T: Serialize>(value: &T, bytes: &mut Vec<u8>) {
    let start = bytes.len();
    bytes.extend([0; FRAME_HEADER_BYTES]);
    append(value, bytes);
    if let Some((header, body)) =
        bytes.get_mut(start..).and_then(<[u8]>::split_first_chunk_mut::<FRAME_HEADER_BYTES>)
    {
        // A body over u32::MAX can't be built from bounded parts; were it, the peer would refuse the length.
        *header = u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes();
    }
}

/// The length of the body that follows `header`.
///
/// # Errors
/// [`CodecError::TooLong`] when it is over [`FRAME_BYTES_MAX`].
pub fn frame_length(header: [u8; FRAME_HEADER_BYTES]) -> Result<usize, CodecError> {
    let got = u32::from_le_bytes(header) as usize;
    if got > FRAME_BYTES_MAX { Err(CodecError::TooLong { got, max: FRAME_BYTES_MAX }) } else { Ok(got) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        id::{DeliveryToken, DeviceId, SubmitId},
        request::{ENVELOPE_BYTES_MAX, Envelope, FromRelay, Request, RequestId, ToRelay},
    };

    fn delivery(sealed: Vec<u8>) -> ToRelay {
        ToRelay {
            id: RequestId(7),
            request: Request::Deliver {
                submit: SubmitId([1; 16]),
                token: DeliveryToken([2; 16]),
                envelope: Envelope { device: DeviceId([3; 32]), sealed },
            },
        }
    }

    #[test]
    fn the_largest_envelope_fits_a_frame() {
        let framed = frame(&delivery(alloc::vec![0; ENVELOPE_BYTES_MAX]));
        let (header, body) = framed.split_first_chunk().unwrap();
        assert_eq!(frame_length(*header), Ok(body.len()));
    }

    #[test]
    fn an_oversized_length_is_refused_before_reading() {
        let got = FRAME_BYTES_MAX + 1;
        let header = u32::try_from(got).unwrap().to_le_bytes();
        assert_eq!(frame_length(header), Err(CodecError::TooLong { got, max: FRAME_BYTES_MAX }));
    }

    #[test]
    fn trailing_bytes_are_refused() {
        let mut bytes = encode(&delivery(alloc::vec![1, 2, 3]));
        bytes.push(0);
        assert_eq!(decode::<ToRelay>(&bytes), Err(CodecError::Trailing(1)));
    }

    #[test]
    fn another_version_is_refused_by_number() {
        let mut bytes = encode(&delivery(Vec::new()));
        bytes[0] = 9;
        assert_eq!(decode::<ToRelay>(&bytes), Err(CodecError::Version(9)));
        assert_eq!(decode::<ToRelay>(&[]), Err(CodecError::Empty));
    }

    proptest! {
        #[test]
        fn a_request_survives_the_wire(sealed in proptest::collection::vec(any::<u8>(), 0..600)) {
            let request = delivery(sealed);
            prop_assert_eq!(decode::<ToRelay>(&encode(&request)), Ok(request));
        }

        #[test]
        fn a_cut_frame_is_refused(cut in 0usize..80) {
            let bytes = encode(&delivery(alloc::vec![9; 40]));
            prop_assert!(decode::<ToRelay>(&bytes[..cut.min(bytes.len() - 1)]).is_err());
        }

        #[test]
        fn no_bytes_panic_the_decoder(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = decode::<ToRelay>(&bytes);
            let _ = decode::<FromRelay>(&bytes);
        }
    }
}
