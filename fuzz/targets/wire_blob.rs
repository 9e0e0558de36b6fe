//! What begins a blob stream, and what a relay says on it: whatever decodes has one encoding that decodes to the same.
#![no_main]

use airlock_wire::{BlobReply, BlobRequest, decode, encode};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(request) = decode::<BlobRequest>(bytes) {
        assert_eq!(decode(&encode(&request)), Ok(request));
    }
    if let Ok(reply) = decode::<BlobReply>(bytes) {
        assert_eq!(decode::<BlobReply>(&encode(&reply)), Ok(reply));
    }
});
