//! What a client sends to a relay, without the frame around it: whatever decodes has one encoding that decodes to the
//! same.
#![no_main]

use airlock_wire::{ToRelay, decode, encode};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(frame) = decode::<ToRelay>(bytes) {
        assert_eq!(decode(&encode(&frame)), Ok(frame));
    }
});
