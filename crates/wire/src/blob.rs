//! Blobs: the ciphertext of attachments, on QUIC streams of their own (docs/protocol.md §10.3).
//!
//! The first stream of a connection carries requests ([`crate::request`]); each further one carries one blob. A client
//! begins it with one frame, a [`BlobRequest`]; the relay answers with frames, each a [`BlobReply`]; the blob's bytes
//! go between them as they are. Uploads use a connection that never authenticates, like deliveries.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    id::{AccountId, DeliveryToken},
    request::Refusal,
};

/// Names a blob at its relay, and is the right to fetch it: 256 random bits, chosen by the sender, known to the relay
/// and to the recipients of the letter that carries it. It has no `Debug` text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BlobId(pub [u8; 32]);

impl fmt::Debug for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlobId").finish_non_exhaustive()
    }
}

/// What is uploaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blob {
    /// Chosen by the sender.
    pub id: BlobId,
    /// Its length, padding and tags included.
    pub bytes: u64,
    /// SHA-256 over all of it, which the relay compares before it answers [`BlobAnswer::Stored`].
    pub digest: [u8; 32],
}

/// The first frame of a blob stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BlobRequest {
    /// Uploads, or goes on where an upload of the same blob ended. The newest upload of a blob ends the one before.
    /// Answer: [`BlobAnswer::Ready`], then, after the bytes and the end of the stream, [`BlobAnswer::Stored`]; or the
    /// latter at once, when the blob is there already.
    Put {
        /// For whom: it counts against this account's space.
        account: AccountId,
        /// The account's token.
        token: DeliveryToken,
        /// What comes.
        blob: Blob,
    },
    /// Downloads, whole or in part. Answer: [`BlobAnswer::Coming`], the bytes, and the end of the stream.
    Get {
        /// Which.
        id: BlobId,
        /// Where to begin, at most the blob's length.
        offset: u64,
        /// How many bytes at most. `u64::MAX` stands for all that follow.
        length: u64,
    },
}

/// What a relay says about a blob.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BlobAnswer {
    /// To [`BlobRequest::Put`]: the relay has this many bytes and waits for the rest.
    Ready {
        /// From where.
        offset: u64,
    },
    /// To [`BlobRequest::Put`]: all of it is on disk and has the announced digest.
    Stored,
    /// To [`BlobRequest::Get`]: bytes follow.
    Coming {
        /// How many.
        bytes: u64,
    },
}

/// A frame from relay to client on a blob stream.
pub type BlobReply = Result<BlobAnswer, Refusal>;

#[cfg(test)]
mod tests {
    use alloc::format;

    use proptest::prelude::*;

    use super::*;
    use crate::codec::{decode, encode};

    fn put(id: [u8; 32], bytes: u64, digest: [u8; 32]) -> BlobRequest {
        let blob = Blob { id: BlobId(id), bytes, digest };
        BlobRequest::Put { account: AccountId([1; 32]), token: DeliveryToken([2; 16]), blob }
    }

    proptest! {
        #[test]
        fn a_blob_request_survives_the_wire(id: [u8; 32], bytes: u64, digest: [u8; 32], offset: u64, length: u64) {
            for request in [put(id, bytes, digest), BlobRequest::Get { id: BlobId(id), offset, length }] {
                prop_assert_eq!(decode::<BlobRequest>(&encode(&request)), Ok(request));
            }
        }

        #[test]
        fn no_bytes_panic_the_decoder_of_blob_streams(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode::<BlobRequest>(&bytes);
            let _ = decode::<BlobReply>(&bytes);
        }
    }

    #[test]
    fn replies_survive_the_wire() {
        let replies: [BlobReply; 4] = [
            Ok(BlobAnswer::Ready { offset: 65_536 }),
            Ok(BlobAnswer::Stored),
            Ok(BlobAnswer::Coming { bytes: u64::MAX }),
            Err(Refusal::NoSuchBlob),
        ];
        for reply in replies {
            assert_eq!(decode::<BlobReply>(&encode(&reply)), Ok(reply));
        }
    }

    #[test]
    fn the_right_to_fetch_a_blob_is_not_shown_in_debug() {
        assert_eq!(format!("{:?}", BlobId([0xAB; 32])), "BlobId { .. }");
    }
}
